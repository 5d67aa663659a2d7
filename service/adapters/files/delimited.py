"""CSV: tables in plain text, whatever stands between their cells."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

from service.adapters.files.tables import Cells, Table
from service.adapters.files.texts import encoding_of, lines
from service.domain.errors import UnreadableFileError
from service.domain.imported import Limits, Opened

_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE_LINES: Final = 200
_SAMPLE_LETTERS: Final = 200_000
_SEP: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_AGREE: Final = 0.5
"""Share of the first rows that must have as many cells as the header."""
_LONE_TITLE: Final = 3


def open_csv(path: Path, limits: Limits) -> Opened:
    """Open a table in text.

    Raises:
        UnreadableFileError: its encoding, its separator or its header are not clear.
    """
    codec, note = encoding_of(path)
    stream = path.open(encoding=codec, newline="")
    try:
        source = lines(stream, limits.max_line)
        sample: list[str] = []
        for line in source:
            sample.append(line)
            if len(sample) >= _SAMPLE_LINES or sum(map(len, sample)) > _SAMPLE_LETTERS:
                break
        first, delimiter = _delimiter(sample)
        rows = _rows(chain(sample[first:], source), delimiter, first)
        table = Table(rows, limits, sheet=False)
        _must_be_apart(table.columns, delimiter)
    except BaseException:
        stream.close()
        raise
    notes = (*((note,) if note else ()), *table.notes)
    return Opened(table.columns, table.rows(), notes, stream.close)


def _rows(source: Iterator[str], delimiter: str, skipped: int) -> Iterator[Cells]:
    """Parse lines into rows numbered by the line they start at.

    Strict: a quote that is not closed would else swallow the rest of the file into one cell.
    """
    reader = csv.reader(source, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        start = reader.line_num + skipped + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Cells(start, (), broken=_broken(error, start, reader.line_num + skipped))
        else:
            yield Cells(start, cells)


def _broken(error: csv.Error, start: int, end: int) -> str:
    said = str(error)
    if "unexpected end" in said or "field limit" in said or "field larger" in said:
        # What follows has been read as part of this cell: nothing behind it can be trusted.
        raise UnreadableFileError(
            f"A quote that opens in line {start} is never closed. Close it, or write two quotes "
            f'("") where a cell holds one.'
        ) from error
    where = f"Lines {start} to {end} have" if end > start else f"Line {start} has"
    return f'{where} text behind a closing quote. Write two quotes ("") where a cell holds one.'


def _delimiter(sample: Sequence[str]) -> tuple[int, str]:
    """Return how many lines stand before the table, and what stands between its cells."""
    if sample and (said := _SEP.fullmatch(sample[0])) and said.group(1) in _DELIMITERS:
        return 1, said.group(1)
    found = []
    for delimiter in _DELIMITERS:
        share, width = _agreement(sample, delimiter)
        if width > 1:
            found.append((share >= 0.9, width, share, delimiter))  # noqa: PLR2004 - nearly all
    if not found:
        return 0, ","
    best = max(found)
    if best[2] < _AGREE or sum(one[:2] == best[:2] for one in found) > 1:
        seen = " or ".join(_DELIMITERS[one[3]] for one in found)
        raise UnreadableFileError(
            f"It is not clear what stands between the cells ({seen}?): most rows have another "
            f"number of cells than the header. Put cells that hold the separator in quotes.",
            code="file_delimiter_unclear",
        )
    return 0, best[3]


def _agreement(sample: Sequence[str], delimiter: str) -> tuple[float, int]:
    """Return the share of rows that are as wide as the header, and how wide that is."""
    widths: list[int] = []
    reader = csv.reader(iter(sample), delimiter=delimiter, skipinitialspace=True)
    with suppress(csv.Error):
        widths.extend(len(row) for row in reader if any(map(str.strip, row)))
    # The last row may be cut off by the end of the sample.
    if len(widths) > _LONE_TITLE:
        widths = widths[:-1]
    while len(widths) > 1 and widths[0] == 1 and max(widths) >= _LONE_TITLE:
        del widths[0]
    if not widths:
        return 0, 0
    below = widths[1:]
    same = sum(1.0 if one == widths[0] else 0.5 if 1 < one < widths[0] else 0.0 for one in below)
    return (same / len(below) if below else 1.0), widths[0]


def _must_be_apart(columns: Sequence[str], delimiter: str) -> None:
    """Refuse a header that is one cell with separators in it."""
    inside = [name for mark, name in _DELIMITERS.items() if mark in columns[0] and len(columns) < 2]  # noqa: PLR2004 - one column
    if inside:
        raise UnreadableFileError(
            f"The whole header is one cell, with a {inside[0]} in it"
            f"{' and quotes around it' if inside[0] == _DELIMITERS[delimiter] else ''}. Save the "
            f"table again with each column in its own cell.",
            code="file_delimiter_unclear",
        )
