"""Connections: one writer, many readers, every one checked for durability."""

import fcntl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, Any, Final, Protocol

import pysqlite3.dbapi2 as sqlite
import sqlalchemy as sa
import structlog
from sqlalchemy.pool import QueuePool

from service.domain.errors import StorageError

_log = structlog.get_logger(__name__)

_SYNCHRONOUS_FULL = 2
_READERS = 16
_BUSY_MS = 10_000
# How long an erasure waits for readers before it leaves the rest to the next write.
_ERASING_MS = 2_000


_CHUNK = 500
"""Ids per IN list: well under SQLite's limit of bound values."""


class Database(Protocol):
    """Where records or keys lie. What is written is seen in the order in which it was written."""

    @property
    def name(self) -> str:
        """What to call it in an error."""
        ...

    @property
    def writer_engine(self) -> sa.Engine:
        """The engine migrations run on; its transactions take turns like those of `write`."""
        ...

    def write(self, *, aside: bool = False) -> AbstractContextManager[sa.Connection]:
        """Open the writing transaction; it commits at the end, or rolls back on any error.

        aside: it writes what no answer rests on, and leaves `written` as it is.
        """
        ...

    def written(self) -> int | None:
        """Return a number that is another after every commit; None where others write as well."""
        ...

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Open a reading transaction: one consistent moment."""
        ...

    def opening(self) -> AbstractContextManager[None]:
        """Keep others from opening it until this ends: schema and keys are made by one alone."""
        ...

    def alone(self) -> AbstractContextManager[None]:
        """Keep others from it as `opening` does; raise StorageError if another has it open."""
        ...

    def turn(self, job: str) -> AbstractContextManager[bool]:
        """Tell whether a job is this process's to do until this ends, not another's."""
        ...

    def forget_deleted(self) -> None:
        """Do what can be done so that no byte of what was deleted stays."""
        ...

    def compact(self) -> None:
        """Write everything anew, so that nothing removed is left in between."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


LastStep = Callable[[sa.Connection], None]
before_commit: Final = ContextVar["tuple[Database, LastStep] | None"]("before_commit", default=None)
"""What the next writing transactions of this context do last in one database; what it raises
rolls them back."""


def chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    """Cut a list of ids into pieces one statement can take."""
    return [ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK)]


def sqlite_is_safe(version: tuple[int, int, int]) -> bool:
    """Tell whether this SQLite has the fix of the write-ahead-log reset race.

    Fixed in 3.51.3 and, on older branches, in 3.50.7 and 3.44.6 (sqlite.org/wal.html).
    """
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    return version >= (3, 51, 3)


class SqliteDatabase:
    """One SQLite file in WAL mode: one writing connection, a pool of reading ones."""

    def __init__(self, path: Path, *, writable: bool = True, alone: bool = True) -> None:
        """Open `path`, creating the file if `writable`.

        alone: let no other process write until close; otherwise writers take turns. Raises
        StorageError if another process writes here or this SQLite is unsafe.
        """
        if not sqlite_is_safe(sqlite.sqlite_version_info):
            message = f"SQLite {sqlite.sqlite_version} can corrupt a WAL; install pysqlite3>=0.6.1."
            raise StorageError(message)
        self.path = path
        self._lock_file: IO[str] | None = None
        if writable and alone:
            self._lock_file = _lock(path.with_name("writer.lock"))
        self._writing = threading.Lock()
        self._written = 0
        self._log_owed = False
        self._writer = self._engine(size=1, begin="BEGIN IMMEDIATE") if writable else None
        self._reader = self._engine(size=_READERS, begin="BEGIN")

    @property
    def name(self) -> str:
        """See `Database`."""
        return str(self.path)

    def _engine(self, *, size: int, begin: str) -> sa.Engine:
        engine = sa.create_engine(
            f"sqlite:///{self.path}",
            module=sqlite,
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=30,
            connect_args={"check_same_thread": False},
            # An error's text goes to the log, and what was to be written is somebody's.
            hide_parameters=True,
        )
        sa.event.listen(engine, "connect", _prepare)
        # The driver's own implicit transactions are off (isolation_level None): a
        # transaction begins where we say, and a writer takes its lock at once.
        sa.event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
        return engine

    @contextmanager
    def write(self, *, aside: bool = False) -> Iterator[sa.Connection]:
        """See `Database`."""
        if self._writer is None:
            message = "This data directory was opened for reading only."
            raise StorageError(message)
        with self._writing:
            try:
                with self._writer.begin() as connection:
                    yield connection
                    last = before_commit.get()
                    if last is not None and last[0] is self:
                        last[1](connection)
            finally:
                # After the commit: who reads this number next reads nothing older than it.
                self._written += not aside
            if self._log_owed:
                self._log_owed = not self._empty_log(self._writer, wait_ms=0)

    def written(self) -> int | None:
        """See `Database`: nobody else writes where this process holds the writer's lock."""
        return None if self._lock_file is None else self._written

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a reading transaction: one consistent moment."""
        with self._reader.begin() as connection:
            yield connection

    @contextmanager
    def opening(self) -> Iterator[None]:
        """See `Database`: the writer's lock has kept others out already."""
        yield

    alone = opening

    @contextmanager
    def turn(self, job: str) -> Iterator[bool]:  # noqa: ARG002 - nobody else is there
        """See `Database`: one process writes, so that every job is its own."""
        yield True

    @property
    def writer_engine(self) -> sa.Engine:
        """The engine migrations run on."""
        if self._writer is None:
            message = "This data directory was opened for reading only."
            raise StorageError(message)
        return self._writer

    def forget_deleted(self) -> None:
        """Move deletions into the main file and empty the log, so that erased means erased.

        `secure_delete` zeroes freed pages; until a checkpoint the old pages could still
        be read in the log. Somebody reading for long can hold it up: then every later
        write tries again.
        """
        if self._writer is not None:
            with self._writing:
                self._log_owed = not self._empty_log(self._writer, wait_ms=_ERASING_MS)

    def compact(self) -> None:
        """Write the whole file anew, so that nothing removed is left between its pages."""
        if self._writer is not None:
            with self._writing, self._writer.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None  # noqa: S101 - an open connection has one
                raw.cursor().execute("VACUUM")
            self.forget_deleted()

    def copy_to(self, path: Path) -> None:
        """Write what stands here at this moment into an empty file, beside whoever writes."""
        with self._reader.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None  # noqa: S101 - an open connection has one
            raw.cursor().execute("VACUUM INTO ?", (str(path),))

    @staticmethod
    def _empty_log(writer: sa.Engine, *, wait_ms: int) -> bool:
        """Checkpoint and truncate the log; return whether no reader was in the way."""
        with writer.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None  # noqa: S101 - an open connection has one
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA busy_timeout={wait_ms}")
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
            return not busy

    def close(self) -> None:
        """Close all connections and let another process write."""
        self._reader.dispose()
        if self._writer is not None:
            self._writer.dispose()
        if self._lock_file is not None:
            self._lock_file.close()


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver is untyped
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
    mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    cursor.close()
    if synchronous != _SYNCHRONOUS_FULL or mode != "wal":
        message = f"SQLite would not sync every commit (synchronous={synchronous}, {mode})."
        raise StorageError(message)


def _lock(path: Path) -> IO[str]:
    """Take the writer's lock; the operating system frees it however the process ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    except OSError as error:
        message = (
            f"{path.parent} cannot be used as data directory ({error.strerror}); "
            "set HOMEWARD_DATA_DIR."
        )
        raise StorageError(message) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        message = (
            f"Another homeward process writes to {path.parent}. "
            "On SQLite one process at a time may write: stop the other, or use its HTTP API."
        )
        raise StorageError(message, code="in_use") from error
    return file
