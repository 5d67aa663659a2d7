"""A process of its own that unpacks a workbook: a bad one takes only this process with it.

Usage: python -m service.adapters.files.xlsx_child PATH SHEET MEMORY SECONDS

Writes one JSON array a row to standard output, [row from 1, [[column from 0, cell], …]], and
{"error": "password" | "damaged"} where it cannot. Loads nothing of the service.
"""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from decimal import Decimal


def _confine(memory: int, seconds: int) -> None:
    """Take address space, processor time and core dumps away from this process for good."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def written(value: object) -> str:
    """Return a cell as a person would type it: 8 not 8.0, 2026-01-31, true."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        # Spreadsheets keep 15 digits; more are the dust of binary fractions.
        return format(Decimal(f"{value:.15g}"), "f")
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time.min
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def main(path: str, sheet: str) -> None:
    """Write the rows of one sheet."""
    from python_calamine import (  # noqa: PLC0415 - within the limits set before
        CalamineError,
        CalamineWorkbook,
        PasswordError,
    )

    try:
        with CalamineWorkbook.from_path(path) as book:
            table = book.get_sheet_by_name(sheet)
            left = (table.start or (0, 0))[1]
            _write(table.iter_rows(), left)
    except PasswordError:
        sys.stdout.write('{"error": "password"}\n')
    except (CalamineError, OSError, ValueError):
        sys.stdout.write('{"error": "damaged"}\n')


def _write(rows: Iterable[Sequence[object]], left: int) -> None:
    """Write rows that begin at the sheet's first row and its first column with something."""
    for number, row in enumerate(rows, start=1):
        cells = [[column, written(cell)] for column, cell in enumerate(row, start=left)]
        if kept := [cell for cell in cells if cell[1]]:
            sys.stdout.write(json.dumps([number, kept]) + "\n")


if __name__ == "__main__":
    _confine(int(sys.argv[3]), int(sys.argv[4]))
    main(sys.argv[1], sys.argv[2])
