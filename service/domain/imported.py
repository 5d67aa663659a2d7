"""Records on their way in: what a file holds before it is known to fit the contract."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self


class FileFormat(StrEnum):
    """The formats an upload may have. JSON is an array of objects or a single one."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    JSON = "json"
    JSON_LD = "json_ld"
    HTML = "html"
    JSON_RESUME = "json_resume"


class ImportKind(StrEnum):
    """What the records of a file become."""

    LISTINGS = "listings"
    RETURNEES = "returnees"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with one place in a row.

    field: a column's header, for XLSX with the cell, such as "wage (C7)"; a JSON pointer for
    JSON ("" is the whole record).
    """

    field: str
    detail: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """One record as the file has it.

    number: the line it starts at (CSV, JSON Lines), the sheet's row (XLSX), else its place,
    from 1. values: header -> trimmed cell, empty ones left out, or the parsed object.
    problem: why the row cannot be used; `values` then holds what could be read, if anything.
    """

    number: int
    values: Mapping[str, Any]
    problem: RowProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a file is read. Bytes, seconds, and characters of one cell."""

    max_bytes: int = 200 * 2**20
    max_rows: int = 50_000
    max_columns: int = 200
    max_cell: int = 100_000
    max_line: int = 5_000_000
    json_bytes: int = 64 * 2**20
    """JSON in one piece, JSON-LD and HTML are held in memory whole."""
    xlsx_memory: int = 512 * 2**20
    xlsx_seconds: float = 60
    xlsx_expanded: int = 500 * 2**20
    """What a workbook may unzip to."""


@dataclass(slots=True)
class Opened:
    """A file being read, row by row; usable once. Close it, or use it as a context.

    columns: the header of a table, None for JSON kinds. notes: what a person should know of
    how it was read, in plain words. Iterating raises UnreadableFileError where the rest of the
    file cannot be read.
    """

    columns: tuple[str, ...] | None
    rows: Iterator[RawRow]
    notes: tuple[str, ...] = ()
    on_close: Callable[[], None] = field(default=lambda: None)

    def __iter__(self) -> Iterator[RawRow]:
        """Return itself."""
        return self

    def __next__(self) -> RawRow:
        """Return the next row."""
        return next(self.rows)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the file."""
        self.close()

    def close(self) -> None:
        """Let go of the file, and of whatever reads it; no row comes after that."""
        self.rows = iter(())
        self.on_close()
