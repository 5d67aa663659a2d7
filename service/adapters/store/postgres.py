"""PostgreSQL: one writing transaction at a time over all processes, readers beside it."""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Final
from zlib import crc32

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.pool import QueuePool

from service.adapters.store.database import before_commit
from service.adapters.store.standby import Primary, Standby
from service.domain.errors import InvalidInputError, StorageError

_log = structlog.get_logger(__name__)

_SCHEMES: Final = ("postgresql", "postgres")
_DRIVER: Final = "postgresql+psycopg"
_OURS: Final = 0x686F6D65
"""First half of every advisory lock taken here; the locks of others have another."""
_NAME: Final = "homeward"
_ME: Final = f"{_NAME} {os.getpid()} {secrets.token_hex(4)}"
_OTHERS: Final = sa.text(
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name LIKE :ours AND application_name <> :me"
)
_WRITING: Final = 1
_OPENING: Final = 2
_CONNECT_S: Final = 5
_WAIT_S: Final = 10
"""How long is waited for a connection to read on."""
_TURN_S: Final = 30
"""How long is waited for one's turn to write: an import may have several seconds of it."""
_SESSION: Final = {
    "statement_timeout": "60s",
    "lock_timeout": f"{_TURN_S}s",
    # A process that stands still must not keep all others from writing, nor one whose machine
    # is gone: its locks end with its session.
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "synchronous_commit": "on",
}
_KEPT_ALIVE: Final = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class ServerUrl:
    """The URL of a PostgreSQL database. Shows no password, wherever it is printed."""

    def __init__(
        self, text: str, setting: str, readers: int = 4, standby: str | None = None
    ) -> None:
        """Read `text`, which stands in `setting`; raise StorageError if it is no such URL.

        readers: how many connections of a process read at a time. standby: the URL of a server
        that follows this one, which is read while it is level.
        """
        self.setting, self.readers = setting, readers
        self.standby = standby and ServerUrl(standby, "HOMEWARD_DATABASE_STANDBY", readers)
        try:
            url = sa.make_url(text)
        except (sa.exc.ArgumentError, ValueError):
            url = None
        if url is None or url.drivername not in _SCHEMES or not url.database:
            # Never the text itself: it holds a password.
            message = f"{setting} is not of the form postgresql://user:password@host:5432/database."
            raise StorageError(message, code="database_not_supported")
        self.url = url.set(drivername=_DRIVER)

    def __str__(self) -> str:
        """Return where it is, without user and password."""
        return f"{self.url.host or 'local'}/{self.url.database}"

    @staticmethod
    def is_one(text: str) -> bool:
        """Tell whether a setting names a server rather than a file."""
        return text.partition("://")[0] in _SCHEMES


class PostgresDatabase:
    """One database of a server: one writing connection of this process, a pool of reading ones.

    Writing transactions of all processes take turns by an advisory lock. So a number that a
    feed was given is seen before any higher one, and whatever was read in a writing transaction
    still holds when it commits, as on SQLite.
    """

    def __init__(self, server: ServerUrl, *, writable: bool = True) -> None:
        """Connect; raise StorageError where the server does not answer or refuses."""
        self._server = server
        self._reader = _engine(server, _prepare_reader, server.readers, 0, _WAIT_S)
        self._apart_engine = _engine(server, _prepare, 1, 7, _WAIT_S)
        self._writer: sa.Engine | None = None
        self._standby: Standby | None = None
        if writable:
            # Threads take turns for the one connection, processes for the lock in the database.
            self._writer = _engine(server, _prepare, 1, 0, _TURN_S)
            sa.event.listen(self._writer, "begin", _take_turn)
        try:
            with self._reader.connect():
                pass
        except sa.exc.SQLAlchemyError as error:
            self.close()
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            message = f"The database that {server.setting} names cannot be used: {reason}"
            raise StorageError(message, code="database_unavailable") from error
        if server.standby:
            asked = Primary(_engine(server, _prepare_asker, 1, 0, _WAIT_S))
            there = _engine(server.standby, _prepare_reader, server.readers, 0, _WAIT_S)
            self._standby = Standby(str(server.standby), asked, there)

    @property
    def standby_in_use(self) -> bool:
        """Tell whether a standby is read from now."""
        return self._standby is not None and self._standby.in_use

    @property
    def name(self) -> str:
        """See `Database`."""
        return str(self._server)

    @contextmanager
    def write(self, *, aside: bool = False) -> Iterator[sa.Connection]:  # noqa: ARG002 - as written
        """See `Database`. Raises StorageError where the database is away or too slow."""
        with _plainly(), self.writer_engine.begin() as connection:
            yield connection
            last = before_commit.get()
            if last is not None and last[0] is self:
                last[1](connection)

    def written(self) -> None:
        """See `Database`: other processes write, too."""

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """See `Database`. Raises StorageError where the database is away or too slow."""
        with _plainly(), self._standby.read() if self._standby else nullcontext() as there:
            if there is not None:
                yield there
                return
            with self._reader.begin() as connection:
                yield connection

    @property
    def writer_engine(self) -> sa.Engine:
        """See `Database`."""
        if self._writer is None:
            message = "This database was opened for reading only."
            raise StorageError(message)
        return self._writer

    @contextmanager
    def opening(self) -> Iterator[None]:
        """See `Database`; waits for whoever is opening it now."""
        with _plainly(), self._apart() as connection:
            connection.exec_driver_sql("SET lock_timeout = 0; SET statement_timeout = 0")
            try:
                connection.execute(sa.select(sa.func.pg_advisory_lock(_OURS, _OPENING)))
                yield
            finally:
                # Its settings and its lock end with it.
                connection.invalidate()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `Database`: processes are told apart by what they call themselves."""
        with self.opening():
            with _plainly(), self._reader.begin() as connection:
                others = connection.execute(_OTHERS, {"ours": f"{_NAME} %", "me": _ME}).first()
            if others is not None:
                message = "Another homeward process uses this database: stop all of them first."
                raise StorageError(message, code="in_use")
            yield

    @contextmanager
    def turn(self, job: str) -> Iterator[bool]:
        """See `Database`. Whoever dies, or loses the connection, loses the turn with it."""
        lock = (_OURS, crc32(job.encode()) & 0x7FFFFFFF)
        with self._apart() as connection:
            with _plainly():
                mine = connection.execute(sa.select(sa.func.pg_try_advisory_lock(*lock))).scalar()
            try:
                yield bool(mine)
            finally:
                if mine:
                    _give_back(connection, lock)

    @contextmanager
    def beside(self, job: str) -> Iterator[sa.Connection]:
        """Open a transaction that waits for others at the same job, and for no other writer."""
        with _plainly(), self._apart_engine.begin() as connection:
            lock = (_OURS, crc32(job.encode()) & 0x7FFFFFFF)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(*lock)))
            yield connection

    def apart(self, *statements: str) -> None:
        """Run statements that no transaction may hold, however long they take."""
        with _plainly(), self._apart() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0; SET lock_timeout = 0")
            for statement in statements:
                connection.exec_driver_sql(statement)
            # Its settings end with it.
            connection.invalidate()

    @contextmanager
    def _apart(self) -> Iterator[sa.Connection]:
        with _plainly():
            connection = self._apart_engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
        with connection:
            yield connection

    def forget_deleted(self) -> None:
        """See `Database`: nothing to be done at once.

        What is deleted stays in the table's pages until they are vacuumed, and in the log. What
        is somebody's is sealed under a key of theirs, and that is what is destroyed.
        """

    def compact(self) -> None:
        """See `Database`."""
        with _plainly(), self._apart() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0; SET lock_timeout = 0")
            connection.exec_driver_sql("VACUUM (FULL)")
            connection.invalidate()

    def rewrite(self, table: str) -> int:
        """Write a small table anew; return how many deleted rows had to be taken along.

        They are those that a transaction which began before may still see.
        """
        left: list[str] = []
        with _plainly(), self._apart() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)  # noqa: S101 - the driver named above
            raw.add_notice_handler(lambda said: left.append(said.message_detail or ""))
            # Whoever waits for the table keeps those who come later from reading it.
            connection.exec_driver_sql("SET lock_timeout = '1s'")
            connection.exec_driver_sql(f"VACUUM (FULL, VERBOSE) {table}")
            connection.invalidate()
        return sum(int(found[0]) for said in left if (found := re.match(r"\d+", said)))

    def close(self) -> None:
        """See `Database`."""
        if self._standby is not None:
            self._standby.close()
        for engine in (self._reader, self._writer, self._apart_engine):
            if engine is not None:
                engine.dispose()


def _engine(
    server: ServerUrl, prepare: Callable[..., None], size: int, more: int, wait_s: float
) -> sa.Engine:
    engine = sa.create_engine(
        server.url,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=more,
        pool_timeout=wait_s,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_S,
            "application_name": _ME,
            **_KEPT_ALIVE,
        },
        # An error's text goes to the log, and what was to be written is somebody's.
        hide_parameters=True,
    )
    sa.event.listen(engine, "connect", prepare)
    return engine


def _prepare(connection: psycopg.Connection[Any], _record: object) -> None:
    # Whatever the server's own defaults are: each statement sees what was committed before it.
    connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    connection.autocommit = True
    said = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
    connection.execute(f"SELECT {said}".encode())
    connection.autocommit = False


def _prepare_reader(connection: psycopg.Connection[Any], record: object) -> None:
    _prepare(connection, record)
    connection.autocommit = True
    # Only a change of the schema keeps a reader waiting: an answer should not wait as long.
    connection.execute(f"SET lock_timeout = '{_WAIT_S}s'")
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True


def _prepare_asker(connection: psycopg.Connection[Any], record: object) -> None:
    _prepare(connection, record)
    connection.autocommit = True


def _take_turn(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_OURS}, {_WRITING})")


def _give_back(connection: sa.Connection, lock: tuple[int, int]) -> None:
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(*lock)))
    except sa.exc.SQLAlchemyError:
        # It went with the connection.
        connection.invalidate()


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise _too_slow() from error
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        if isinstance(error.orig, (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)):
            raise _too_slow() from error
        message = "The database does not answer; what was asked may be asked again."
        raise StorageError(message, code="database_unavailable") from error
    except sa.exc.DataError as error:
        message = "A text holds a character that cannot be stored (U+0000)."
        raise InvalidInputError(message) from error


def _too_slow() -> StorageError:
    message = "The database is too slow now; what was asked may be asked again."
    return StorageError(message, code="database_unavailable")
