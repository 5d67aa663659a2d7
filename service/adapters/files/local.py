"""Uploads in memory, given to readers that want a path."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp

from service.adapters.files.read import read_rows
from service.adapters.files.sniff import sniff
from service.domain.imported import FileFormat, Limits, Opened

_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a file of our own, readable by nobody else


class LocalFiles:
    """Implements `service.ports.FileReader`.

    An upload is laid down as a file that only this user can read, in memory where the system has
    such a place: what people wrote must not stay behind on a disk.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        """Read within `limits`."""
        self._limits = limits or Limits()

    def sniff(self, content: bytes, content_type: str | None, name: str | None) -> FileFormat:
        """See the port."""
        with _laid_down(content) as path:
            return sniff(path, content_type, name)

    def open(self, content: bytes, kind: FileFormat) -> Opened:
        """See the port."""
        held = _laid_down(content)
        path = held.__enter__()

        def let_go() -> None:
            held.__exit__(None, None, None)

        try:
            opened = read_rows(path, kind, limits=self._limits)
        except BaseException:
            let_go()
            raise
        before = opened.on_close

        def close() -> None:
            before()
            let_go()

        opened.on_close = close
        return opened


@contextmanager
def _laid_down(content: bytes) -> Iterator[Path]:
    folder = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else None
    handle, name = mkstemp(prefix="homeward-", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        yield path
    finally:
        path.unlink(missing_ok=True)
