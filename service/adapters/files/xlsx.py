"""XLSX: a sheet's rows out of a process that may not take much memory or time."""

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from service.adapters.files.tables import Cells, Table
from service.adapters.files.workbook import Sheet, damaged, inspect, locked, too_large
from service.domain.imported import Limits, Opened

_PIECE: Final = 1 << 16
_CHILD: Final = "service.adapters.files.xlsx_child"
_KEPT: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""What the child may know of the environment, which holds keys."""


def open_xlsx(path: Path, limits: Limits) -> Opened:
    """Open the first sheet with cells.

    Raises:
        UnreadableFileError: damaged, locked, too large, or its header is not clear.
    """
    sheet, others = inspect(path, limits)
    child = _Child(path, sheet, limits)
    try:
        table = Table(child.rows(), limits, sheet=True)
    except BaseException:
        child.close()
        raise
    notes = list(table.notes)
    if others:
        names = ", ".join(f'"{name}"' for name in others[:10])
        notes.insert(0, f'Only sheet "{sheet.name}" is read; {names} left out.')
    return Opened(table.columns, table.rows(), tuple(notes), child.close)


class _Child:
    """The process, and the lines it writes."""

    def __init__(self, path: Path, sheet: Sheet, limits: Limits) -> None:
        self._sheet = sheet
        self._left = limits.xlsx_seconds
        words = [str(path.resolve()), sheet.name, str(limits.xlsx_memory)]
        seconds = str(max(1, round(limits.xlsx_seconds)))
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", _CHILD, *words, seconds],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT if name in os.environ}
            | {"PYTHONIOENCODING": "utf-8"},
        )

    def close(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def rows(self) -> Iterator[Cells]:
        """Yield the rows that hold something."""
        bad: dict[int, dict[int, str]] = {}
        for (row, at), detail in self._sheet.bad.items():
            bad.setdefault(row, {})[at] = detail
        for line in self._lines():
            said = json.loads(line)
            if isinstance(said, Mapping):
                raise locked() if said["error"] == "password" else damaged()
            number, kept = said
            wrong = bad.get(number, {})
            cells = [""] * (max(kept[-1][0], *wrong, 0) + 1)
            # A formula that was never worked out has no value, yet must not pass for no cell.
            for column in wrong:
                cells[column] = "="
            for column, text in kept:
                cells[column] = text
            yield Cells(number, cells, wrong)
        if self._process.wait():
            raise too_large()

    def _lines(self) -> Iterator[bytes]:
        """Yield lines, as long as the child has not kept us waiting for too long altogether.

        Only waiting counts: a slow reader of the rows is not the file's fault.
        """
        pipe = self._process.stdout
        if pipe is None:  # pragma: no cover - asked for above
            return
        rest = b""
        with selectors.DefaultSelector() as ready:
            ready.register(pipe, selectors.EVENT_READ)
            while True:
                before = time.monotonic()
                come = ready.select(max(self._left, 0))
                self._left -= time.monotonic() - before
                if not come:
                    self.close()
                    raise too_large()
                piece = os.read(pipe.fileno(), _PIECE)
                if not piece:
                    break
                *whole, rest = (rest + piece).split(b"\n")
                yield from whole
        if rest and self._process.wait() == 0:
            yield rest
