"""What is inside a workbook, found out before anything unpacks it: bombs, far cells, formulas."""

import math
import posixpath
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from service.adapters.files.tables import column_name
from service.domain.errors import UnreadableFileError
from service.domain.imported import Limits

_ENTRIES: Final = 10_000
_RATIO: Final = 300
"""How far a part may be packed. Sheets of one repeated row come to about 100."""
_PACKINGS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SMALL: Final = 5 * 2**20
_PIECE: Final = 1 << 16
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ABOVE: Final = 100
"""Rows a title and empty lines may take above the records."""
_MOST_MARKED: Final = 200_000
FORMULA: Final = "This is a formula, not a value. Copy the column and paste it as values."


@dataclass(slots=True)
class Sheet:
    """A sheet's cells that hold something, as far as they matter before reading it.

    bad: (row from 1, column from 0) -> what is wrong with the cell.
    """

    name: str
    cells: int = 0
    last_row: int = 0
    last_column: int = 0
    bad: dict[tuple[int, int], str] = field(default_factory=dict)


class _Stop(Exception):  # noqa: N818 - not an error
    """Enough is known."""


def inspect(path: Path, limits: Limits) -> tuple[Sheet, tuple[str, ...]]:
    """Return the first visible sheet that holds cells, and the names of the others that do.

    Raises:
        UnreadableFileError: no workbook, a password, a bomb, cells too far out, nothing in it.
    """
    until = time.monotonic() + limits.xlsx_seconds
    try:
        with zipfile.ZipFile(path) as archive:
            _must_be_modest(archive, limits)
            sheets = _sheets(archive)
            found: Sheet | None = None
            others = []
            for name, part in sheets.items():
                sheet = Sheet(name)
                counter = _Counter(sheet, limits, stop=found is not None)
                _scan(archive.open(part), until, counter)
                if sheet.cells and found is not None:
                    others.append(name)
                elif sheet.cells:
                    found = sheet
    except UnreadableFileError:
        raise
    # RuntimeError: a password or a way of packing that zipfile does not know.
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError),
        *(RuntimeError, OverflowError, expat.ExpatError, IndexError),
    ) as error:
        raise damaged() from error
    if found is None:
        raise UnreadableFileError(
            "No visible sheet of this workbook has anything in it.", code="file_has_no_records"
        )
    return found, tuple(others)


def damaged() -> UnreadableFileError:
    """Return the refusal of a file that is no whole workbook."""
    return UnreadableFileError(
        "This workbook is damaged. Open it in a spreadsheet program and save it again as .xlsx."
    )


def too_large() -> UnreadableFileError:
    """Return the refusal of a file that takes too much to unpack."""
    return UnreadableFileError(
        "This workbook takes too much memory or time to unpack. Save the sheet with the records "
        "as CSV, or split it.",
        code="sheet_too_large",
    )


def locked() -> UnreadableFileError:
    """Return the refusal of a file with a password."""
    return UnreadableFileError(
        "This workbook has a password. Save it without one and send it again.",
        code="file_password",
    )


def _must_be_modest(archive: zipfile.ZipFile, limits: Limits) -> None:
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise locked()
    if any(part.compress_type not in _PACKINGS for part in parts):
        raise damaged()
    total = sum(part.file_size for part in parts)
    packed = any(
        part.file_size > _SMALL and part.file_size > _RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if len(parts) > _ENTRIES or total > limits.xlsx_expanded or packed:
        raise UnreadableFileError(
            f"Unpacked, this workbook is far larger than it looks ({total // 2**20} MB in "
            f"{len(parts):,} parts). Save only the sheet with the records, as CSV or .xlsx.",
            code="file_expands_too_much",
        )


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the visible sheets in order: name -> part of the archive."""
    targets: dict[str, str] = {}
    named: list[tuple[str, str]] = []

    def relation(tag: str, said: Mapping[str, str]) -> None:
        if tag == "Relationship" and said.get("Type", "").endswith("/worksheet"):
            target = said.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            targets[said.get("Id", "")] = posixpath.normpath(whole)

    def sheet(tag: str, said: Mapping[str, str]) -> None:
        if tag == "sheet" and said.get("state", "visible") == "visible":
            named.append((said.get("name", ""), said.get("id", "")))

    _parse(archive.open("xl/_rels/workbook.xml.rels"), relation)
    _parse(archive.open("xl/workbook.xml"), sheet)
    return {name: targets[at] for name, at in named if at in targets}


class _Tags:
    """A parser of one part. It refuses a document type, and with it every entity."""

    def __init__(self, source: IO[bytes], until: float = math.inf) -> None:
        self.source, self.until = source, until
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = False
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse

    @staticmethod
    def _refuse(*_said: object) -> None:
        raise damaged()

    def run(self) -> None:
        with self.source as source:
            while piece := source.read(_PIECE):
                if time.monotonic() > self.until:
                    raise too_large()
                self.parser.Parse(piece, False)  # noqa: FBT003 - expat takes no keywords
            self.parser.Parse(b"", True)  # noqa: FBT003


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _parse(source: IO[bytes], seen: Callable[[str, Mapping[str, str]], None]) -> None:
    tags = _Tags(source)

    def start(name: str, said: dict[str, str]) -> None:
        seen(_local(name), {_local(key): value for key, value in said.items()})

    tags.parser.StartElementHandler = start
    tags.run()


def _scan(source: IO[bytes], until: float, counter: "_Counter") -> None:
    """Count a sheet's cells with something in them."""
    tags = _Tags(source, until)
    tags.parser.StartElementHandler = counter.start
    try:
        tags.run()
    except _Stop:
        return


class _Counter:
    """Follows the cells of a sheet, with `stop` only to the first.

    A cell without a reference stands right of the one before.
    """

    def __init__(self, sheet: Sheet, limits: Limits, *, stop: bool) -> None:
        self.sheet, self.limits, self.stop = sheet, limits, stop
        self.row, self.column, self.error, self.counted = 0, -1, False, False

    def start(self, name: str, said: dict[str, str]) -> None:
        tag = _local(name)
        if tag == "row":
            self.row = int(said["r"]) if "r" in said else self.row + 1
            self.column = -1
        elif tag == "c":
            self._cell(said)
        elif tag in {"v", "is", "f"}:
            self._content(tag)

    def _cell(self, said: Mapping[str, str]) -> None:
        place = _CELL.fullmatch(said.get("r", ""))
        if place:
            self.column = -1
            for letter in place.group(1):
                self.column = (self.column + 1) * 26 + ord(letter) - 65
            self.row = int(place.group(2))
        else:
            self.column += 1
        self.error, self.counted = said.get("t") == "e", False

    def _content(self, tag: str) -> None:
        sheet = self.sheet
        if not self.counted:
            self.counted = True
            sheet.cells += 1
            if self.stop:
                raise _Stop
            self._must_be_near()
            sheet.last_row = max(sheet.last_row, self.row)
            sheet.last_column = max(sheet.last_column, self.column)
        if (tag == "f" or self.error) and len(sheet.bad) < _MOST_MARKED:
            wrong = FORMULA if tag == "f" else "This is a spreadsheet's error, not a value."
            sheet.bad.setdefault((self.row, self.column), wrong)

    def _must_be_near(self) -> None:
        if self.column >= self.limits.max_columns or self.row > self.limits.max_rows + _ABOVE:
            raise UnreadableFileError(
                f'Sheet "{self.sheet.name}" has something in cell {column_name(self.column)}'
                f"{self.row}. A table may have {self.limits.max_columns} columns and "
                f"{self.limits.max_rows:,} records: delete what is outside it, or split the file.",
                code="sheet_too_large",
            )
