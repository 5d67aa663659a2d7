"""The keys of single people, wrapped by the master key, apart from the records.

Apart, because a key that lies in the backup of the records erases nothing when it is destroyed.
"""

import mmap
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import sqlalchemy as sa

from service.adapters.store.database import Database, SqliteDatabase, chunks
from service.adapters.store.keyfile import refuse_if_open_to_others, sync_folder
from service.domain.errors import StorageError

_VERSION: Final = 1
_NONCE_END: Final = 20
"""Where, in a wrapped key, what is random of it alone begins: behind the master key's id."""
_MANY: Final = 64
"""Of so many on, bytes are looked for all at once: fifty thousand one by one take minutes."""
_STREAMED: Final = 10_000
_HEAD: Final = 8
_BLOCK: Final = 1 << 20

metadata = sa.MetaData()

subject_keys = sa.Table(
    "subject_keys",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("store", sa.Text, nullable=False),
    sa.Column("wrapped", sa.LargeBinary, nullable=False),
    # Set until the record it was made for is known to stand; see `Minted`.
    sa.Column("pending_since", sa.Text),
)

subject_marks = sa.Table(
    "subject_marks",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("mark", sa.LargeBinary, primary_key=True, index=True),
)

erased = sa.Table(
    "erased",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)


@dataclass(slots=True)
class Minted:
    """What one transaction of records brings: new wrapped keys, and marks of whom it changed.

    A key is on disk before its record. Until the next such write it counts as pending: should
    the process die between the two, it names nobody, and is swept later.
    """

    keys: dict[str, bytes] = field(default_factory=dict)
    marks: dict[str, frozenset[bytes]] = field(default_factory=dict)


class KeyQueries:
    """Keys in a database of their own; where that lies, and how bytes are wiped, is below."""

    def __init__(self, database: Database, store: str) -> None:
        """Work on this database. store: names the records' installation in it."""
        self._db = database
        self._store = store

    @property
    def name(self) -> str:
        """What to call it in an error."""
        return self._db.name

    @property
    def store(self) -> str:
        """The name of the records' installation here."""
        return self._store

    def wrapped(self, subjects: Sequence[str]) -> dict[str, bytes]:
        """Return the wrapped keys of those who have one."""
        found: dict[str, bytes] = {}
        columns = (subject_keys.c.subject, subject_keys.c.wrapped)
        with self._db.read() as connection:
            for chunk in chunks(subjects):
                wanted = sa.select(*columns).where(subject_keys.c.subject.in_(chunk))
                found |= {row.subject: row.wrapped for row in connection.execute(wanted)}
        return found

    def subjects(self) -> set[str]:
        """Return everybody who has a key, of this data directory or another."""
        everybody = sa.select(subject_keys.c.subject).execution_options(yield_per=_STREAMED)
        with self._db.read() as connection:
            return set(connection.execute(everybody).scalars())

    def shared(self) -> bool:
        """Tell whether another data directory has keys here."""
        others = sa.select(subject_keys.c.subject).where(subject_keys.c.store != self._store)
        with self._db.read() as connection:
            return connection.execute(others.limit(1)).first() is not None

    def carriers(self, marks: Collection[bytes]) -> dict[bytes, set[str]]:
        """Return who carries each of these marks, of those that somebody carries."""
        found: dict[bytes, set[str]] = {}
        if not marks:
            return found
        table = subject_marks.c
        wanted = sa.select(table.subject, table.mark).where(table.mark.in_(list(marks)))
        with self._db.read() as connection:
            for row in connection.execute(wanted):
                found.setdefault(bytes(row.mark), set()).add(row.subject)
        return found

    def marks(self, subjects: Sequence[str]) -> dict[str, frozenset[bytes]]:
        """Return the marks of those who have any."""
        found: dict[str, set[bytes]] = {}
        table = subject_marks.c
        with self._db.read() as connection:
            for chunk in chunks(subjects):
                wanted = sa.select(table.subject, table.mark).where(table.subject.in_(chunk))
                for row in connection.execute(wanted):
                    found.setdefault(row.subject, set()).add(row.mark)
        return {name: frozenset(some) for name, some in found.items()}

    def keep(self, minted: Minted, settled: Collection[str]) -> None:
        """Write new keys and marks in one durable transaction; those `settled` pend no longer."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._db.write() as connection:
            _settle(connection, settled)
            if minted.keys:
                rows = [
                    {"subject": name, "store": self._store, "wrapped": key, "pending_since": now}
                    for name, key in minted.keys.items()
                ]
                connection.execute(sa.insert(subject_keys), rows)
            changed = [name for name in minted.marks if name not in minted.keys]
            _remove(connection, subject_marks, changed)
            marks = [
                {"subject": name, "mark": mark}
                for name, some in minted.marks.items()
                for mark in some
            ]
            if marks:
                connection.execute(sa.insert(subject_marks), marks)

    def settle(self, subjects: Collection[str]) -> None:
        """Note that the records of these keys stand."""
        with self._db.write() as connection:
            _settle(connection, subjects)

    def pending(self, before: datetime) -> list[str]:
        """Return whose key of this data directory was made before then and never settled."""
        table = subject_keys.c
        wanted = sa.select(table.subject).where(
            table.store == self._store, table.pending_since < before.isoformat(timespec="seconds")
        )
        with self._db.read() as connection:
            return list(connection.execute(wanted).scalars())

    def destroy(self, subjects: Collection[str], names: Mapping[str, str]) -> None:
        """Remove keys so that no byte of them stays; note `names` as erased, with their moments.

        Raises StorageError where bytes stay, which then has not been an erasure.
        """
        raise NotImplementedError

    def erased(self) -> dict[str, str]:
        """Return the copy of the ledger that is kept here: forgotten name → moment."""
        with self._db.read() as connection:
            return {row.name: row.at for row in connection.execute(sa.select(erased))}

    def parts(self, size: int) -> Iterator[dict[str, bytes]]:
        """Yield all wrapped keys, so many at a time; each part read in a transaction of its own."""
        table, after = subject_keys.c, ""
        while True:
            wanted = sa.select(table.subject, table.wrapped).where(table.subject > after)
            with self._db.read() as connection:
                rows = connection.execute(wanted.order_by(table.subject).limit(size)).all()
            if not rows:
                return
            yield {row.subject: row.wrapped for row in rows}
            after = rows[-1].subject

    def rewrap(self, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> None:
        """Put newly wrapped keys in the place of these, where they still stand."""
        table = subject_keys
        change = (
            sa.update(table)
            .where(table.c.subject == sa.bindparam("name"), table.c.wrapped == sa.bindparam("old"))
            .values(wrapped=sa.bindparam("new"))
        )
        rows = [{"name": name, "old": before[name], "new": new} for name, new in after.items()]
        if rows:
            with self._db.write() as connection:
                connection.execute(change, rows)

    def count(self) -> int:
        """Return how many keys there are."""
        with self._db.read() as connection:
            return connection.execute(
                sa.select(sa.func.count()).select_from(subject_keys)
            ).scalar_one()

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """Return the files a backup of these keys has, by name, and what writes each."""
        return {}

    def compact(self) -> None:
        """Write the file anew, without anything that was replaced or removed."""
        self._db.compact()

    def close(self) -> None:
        """Close all connections."""
        self._db.close()


class KeyStore(KeyQueries):
    """Keys in an SQLite file. Several processes may write; a write is one small sync."""

    def __init__(self, path: Path, store: str, *, writable: bool = True) -> None:
        """Open the file, make it if `writable`. store: names the data directory in it.

        Raises StorageError where it is missing, readable by others or of a newer release.
        """
        self.path = path
        if not path.exists():
            if not writable:
                raise StorageError(missing(str(path)))
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            # SQLite makes the file's content durable, not its name.
            sync_folder(path.parent)
        refuse_if_open_to_others(path)
        self._file = SqliteDatabase(path, writable=writable, alone=False)
        super().__init__(self._file, store)
        try:
            if writable:
                with self._db.write() as connection:
                    _make(connection, path)
        except sa.exc.DatabaseError as error:
            self.close()
            message = f"{path} cannot be used ({error.orig}); restore it from a backup."
            raise StorageError(message) from error
        except BaseException:
            self.close()
            raise

    def destroy(self, subjects: Collection[str], names: Mapping[str, str]) -> None:
        """See `KeyQueries`: the file and its log are searched for the bytes."""
        gone = [wrapped[_NONCE_END:] for wrapped in self.wrapped(list(subjects)).values()]
        with self._db.write() as connection:
            remove_subjects(connection, subjects)
            _remove(connection, erased, names, by="name")
            if names:
                rows = [{"name": name, "at": at} for name, at in names.items()]
                connection.execute(sa.insert(erased), rows)
        self._db.forget_deleted()
        if gone and self._stays(gone):
            # SQLite zeroes what it deletes, but not what it has moved to another page before.
            self._db.compact()
            if self._stays(gone):
                message = f"An erased key is still in {self.path}; another process is reading it."
                raise StorageError(message, code="erasure_incomplete")

    def _stays(self, values: Sequence[bytes]) -> bool:
        """Tell whether any byte string stands anywhere in the file or its log."""
        for path in (self.path, self.path.with_name(f"{self.path.name}-wal")):
            if path.exists() and path.stat().st_size:
                with (
                    path.open("rb") as file,
                    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
                ):
                    if holds_any(content, values):
                        return True
        return False

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """See `KeyQueries`: the file, whole, as of one moment."""
        return {self.path.name: self._copy_to}

    def _copy_to(self, path: Path) -> None:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        self._file.copy_to(path)


def holds_any(content: mmap.mmap, values: Sequence[bytes]) -> bool:
    """Tell whether any byte string, all of one length, stands in a file; many take one pass."""
    if len(values) < _MANY:
        return any(content.find(value) >= 0 for value in values)
    size, wanted = len(values[0]), frozenset(values)
    heads = np.unique(np.array([int.from_bytes(one[:_HEAD], "little") for one in values], "<u8"))
    for start in range(0, len(content), _BLOCK):
        block = content[start : start + _BLOCK + size]
        for shift in range(min(_HEAD, len(block) - _HEAD + 1)):
            words = np.frombuffer(block, "<u8", (len(block) - shift) // _HEAD, shift)
            for place in np.flatnonzero(np.isin(words, heads)) * _HEAD + shift:
                if block[place : place + size] in wanted:
                    return True
    return False


def missing(name: str) -> str:
    """Say that people's keys are not where they should be, and what to do."""
    return (
        f"The file of people's keys {name} is missing, but this data directory holds people "
        "sealed with them. Restore it from its newest copy or set HOMEWARD_PERSON_KEYS to where "
        "it is. Nothing was removed."
    )


def _make(connection: sa.Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if found > _VERSION:
        message = f"{path} was written by a newer release; use that one."
        raise StorageError(message)
    if found < _VERSION:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version={_VERSION}")


def remove_subjects(connection: sa.Connection, subjects: Collection[str]) -> None:
    """Delete keys and marks."""
    for table in (subject_keys, subject_marks):
        _remove(connection, table, subjects)


def _settle(connection: sa.Connection, subjects: Collection[str]) -> None:
    table = subject_keys
    for chunk in chunks(list(subjects)):
        settle = sa.update(table).where(table.c.subject.in_(chunk))
        connection.execute(settle.values(pending_since=None))


def _remove(
    connection: sa.Connection, table: sa.Table, names: Collection[str], by: str = "subject"
) -> None:
    for chunk in chunks(list(names)):
        connection.execute(sa.delete(table).where(table.c[by].in_(chunk)))
