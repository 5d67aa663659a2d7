"""The erasure ledger: who was erased and when, outside the data directory, only ever added to.

A line holds no id but the `forgotten_name`, so the file may be copied anywhere and kept for ever.
"""

import json
import os
import threading
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import structlog

from service.adapters.store.keyfile import refuse_if_open_to_others, sync_folder

_log = structlog.get_logger(__name__)


class ErasureLedger(Protocol):
    """Who was erased, by forgotten name, and when."""

    def __contains__(self, name: str) -> bool:
        """Tell whether this forgotten name was erased, as far as was read."""
        ...

    @property
    def names(self) -> Mapping[str, str]:
        """Every forgotten name with its moment, as far as was read."""
        ...

    def read_on(self) -> None:
        """Take in what was added since, by whichever process."""
        ...

    def add(self, names: Collection[str], at: datetime | None = None) -> None:
        """Note these as erased; durable when this returns."""
        ...

    def copy(self, erased: Mapping[str, str]) -> None:
        """Note these with their moments, as far as they do not stand there; durable."""
        ...

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """Return the file a backup of it has, by name, and what writes it."""
        ...


class Ledger:
    """One JSON object a line: {"erased": forgotten name, "at": RFC 3339}. Safe to share."""

    def __init__(self, path: Path) -> None:
        """Read what stands in `path`, if it is there; raise StorageError if others may read it."""
        self.path = path
        self._lock = threading.Lock()
        self._read_to = 0
        self._names: dict[str, str] = {}
        if path.exists():
            refuse_if_open_to_others(path)
        self.read_on()

    def __contains__(self, name: str) -> bool:
        """Tell whether this forgotten name was erased, as far as was read."""
        return name in self._names

    @property
    def names(self) -> Mapping[str, str]:
        """Every forgotten name with its moment."""
        return self._names

    def read_on(self) -> None:
        """Take in what was added since, by whichever process."""
        with self._lock:
            if not self.path.exists():
                return
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                added = file.read()
            # A line without an end is being written, or was when its writer died.
            whole = added[: added.rfind(b"\n") + 1]
            self._read_to += len(whole)
            for line in whole.splitlines():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line)
            self._names.setdefault(said["erased"], said["at"])
        except (ValueError, KeyError, TypeError):
            # Torn in a crash, before the erasure was answered; the copy beside the keys has it.
            if line.strip():
                _log.warning("a line of the erasure ledger cannot be read", path=str(self.path))

    def add(self, names: Collection[str], at: datetime | None = None) -> None:
        """Note these as erased; on disk when this returns."""
        moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        self.copy(dict.fromkeys(names, moment))

    def copy(self, erased: Mapping[str, str]) -> None:
        """Note these with their moments, as far as they do not stand there; durable."""
        self.read_on()
        with self._lock:
            new = {name: at for name, at in erased.items() if name not in self._names}
            if not new:
                return
            self._append(lines_of(new))
            self._names |= new

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """See `ErasureLedger`."""
        return {self.path.name: self._copy_to} if self.path.exists() else {}

    def _copy_to(self, path: Path) -> None:
        path.touch(0o600)
        path.write_bytes(self.path.read_bytes())

    def _append(self, lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        born = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "rb+", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            if end and os.pread(file.fileno(), 1, end - 1) != b"\n":
                # What a crash has torn must not swallow this line.
                lines = b"\n" + lines
            written = os.write(file.fileno(), lines)
            if written != len(lines):
                raise OSError(None, "the erasure ledger could not be written whole")
            os.fsync(file.fileno())
        if born:
            sync_folder(self.path.parent)


def lines_of(erased: Mapping[str, str]) -> bytes:
    """Return forgotten names with their moments as lines of a ledger."""
    lines = (
        json.dumps({"erased": name, "at": at}, separators=(",", ":")) + "\n"
        for name, at in erased.items()
    )
    return "".join(lines).encode()
