"""What every table has: a header, and rows that must fit under it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from service.domain.errors import UnreadableFileError
from service.domain.imported import Limits, RawRow, RowProblem

_LOOK_AHEAD: Final = 10
"""Rows among which a header is looked for under a table's title."""
_TABLE: Final = 3
"""Cells in a row from which a lonely cell above it is a title, not the header."""
_VALUE: Final = re.compile(r"[\d\s.,:/+()-]*\d[\d\s.,:/+()-]*|[^@\s]+@[^@\s]+\.\w+|https?://.+")
_LITERAL: Final = re.compile(r'="([^"]*)"')
_ERRORS: Final = frozenset(
    "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC!".split()  # noqa: SIM905 - a list to read
)


@dataclass(frozen=True, slots=True)
class Cells:
    """One row before its header is known: its number and its cells, "" where there is nothing.

    bad: cells that hold no value, by column from 0: what is wrong with each.
    broken: why the whole row cannot be read.
    """

    number: int
    cells: Sequence[str]
    bad: Mapping[int, str] | None = None
    broken: str | None = None


def column_name(at: int) -> str:
    """Return a spreadsheet's name of a column, from 0: A, B, … Z, AA."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(65 + rest) + name
    return name


class Table:
    """A header found, and the rows under it."""

    def __init__(self, rows: Iterable[Cells], limits: Limits, *, sheet: bool) -> None:
        """Read as far as the header.

        sheet: problems name the cell besides the column.

        Raises:
            UnreadableFileError: no header, a repeated or unnamed one, too many columns.
        """
        self._limits = limits
        self._sheet = sheet
        self._rows = (row for row in rows if row.broken or any(map(str.strip, row.cells)))
        ahead = list(islice(self._rows, _LOOK_AHEAD))
        header, titles = _header(ahead)
        self.notes = tuple(f'Left out above the header: "{title}".' for title in titles)
        self.columns = _names(header, limits)
        self._first = iter(ahead[len(titles) + 1 :])

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows.

        Raises:
            UnreadableFileError: more rows than the limit.
        """
        count = 0
        for source in (self._first, self._rows):
            for row in source:
                count += 1
                if count > self._limits.max_rows:
                    raise too_many_rows(self._limits)
                yield self._row(row)

    def _row(self, row: Cells) -> RawRow:
        problem = RowProblem("", row.broken) if row.broken else None
        values = {}
        for at, cell in enumerate(row.cells):
            text = cell.strip()
            if not text:
                continue
            wrong = (row.bad or {}).get(at)
            if at >= len(self.columns):
                wrong = (
                    f"This row has {_filled(row.cells)} cells, the header {len(self.columns)}. Is "
                    f"there a separator inside a cell that is not in quotes?"
                )
            elif literal := _LITERAL.fullmatch(text):
                text = literal.group(1).strip()
            wrong = wrong or self._wrong(text)
            if wrong:
                problem = problem or RowProblem(self._place(row.number, at), wrong)
            elif text:
                values[self.columns[at]] = text
        return RawRow(row.number, values, problem)

    def _wrong(self, text: str) -> str | None:
        if len(text) > self._limits.max_cell:
            return f"A cell may have {self._limits.max_cell:,} characters; this has {len(text):,}."
        if text.startswith("="):
            return "This is a formula, not a value. Copy the column and paste it as values."
        if text in _ERRORS:
            return f"This is a spreadsheet's error ({text}), not a value."
        return None

    def _place(self, number: int, at: int) -> str:
        name = self.columns[at] if at < len(self.columns) else ""
        if not self._sheet:
            return name
        cell = f"{column_name(at)}{number}"
        return f"{name} ({cell})" if name else cell


def too_many_rows(limits: Limits) -> UnreadableFileError:
    """Return the refusal of a file with more rows than one import takes."""
    return UnreadableFileError(
        f"One file may have {limits.max_rows:,} records. Split it and send the parts.",
        code="file_too_large",
    )


def _header(ahead: Sequence[Cells]) -> tuple[Cells, list[str]]:
    """Return the row that is the header, and the titles above it."""
    if not ahead:
        raise UnreadableFileError("There is not one row in this table.", code="file_has_no_records")
    titles: list[str] = []
    for row in ahead:
        if row.broken:
            raise UnreadableFileError(
                f"The header (row {row.number}) cannot be read: {row.broken}", code="header_missing"
            )
        below = any(
            sum(bool(cell.strip()) for cell in other.cells) >= _TABLE
            for other in ahead[len(titles) + 1 :]
        )
        if sum(bool(cell.strip()) for cell in row.cells) > 1 or not below:
            return row, titles
        titles.append(next(cell.strip() for cell in row.cells if cell.strip())[:80])
    return ahead[0], []


def _filled(cells: Sequence[str]) -> int:
    return max((at + 1 for at, cell in enumerate(cells) if cell.strip()), default=0)


def _names(header: Cells, limits: Limits) -> tuple[str, ...]:
    names = [" ".join(cell.split()) for cell in header.cells[: _filled(header.cells)]]
    if len(names) > limits.max_columns:
        raise UnreadableFileError(
            f"A table may have {limits.max_columns} columns; this one has {len(names)}.",
            code="file_too_large",
        )
    if "" in names:
        at = names.index("")
        raise UnreadableFileError(
            f"Column {at + 1} ({column_name(at)}) has no name in row {header.number}. Name it, "
            f"or delete it.",
            code="header_missing",
        )
    seen: dict[str, str] = {}
    for name in names:
        if name.casefold() in seen:
            raise UnreadableFileError(
                f'The header has "{name}" twice. Give every column its own name.',
                code="header_repeated",
            )
        seen[name.casefold()] = name
    if any(name.startswith("=") for name in names):
        raise UnreadableFileError(
            f"The header (row {header.number}) holds a formula. Type the columns' names.",
            code="header_missing",
        )
    values = sum(bool(_VALUE.fullmatch(name)) for name in names)
    if 2 * values >= len(names):
        raise UnreadableFileError(
            f"Row {header.number} looks like a record, not like a header. Put a row with the "
            f"columns' names above it.",
            code="header_missing",
        )
    return tuple(names)
