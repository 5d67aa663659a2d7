"""A streaming standby to read from: only while it has all that the primary has.

Nothing may be read that has been changed meanwhile: a key that was revoked, a consent that was
withdrawn, who was erased. So before each reading transaction the primary is asked how much it has
made durable, which touches no table, and the standby is used once it has replayed as much.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import sqlalchemy as sa
import structlog

_log = structlog.get_logger(__name__)

_CATCH_UP_S: Final = 0.05
"""How long a reader waits for the standby before the primary is read in its place."""
_LOOK_S: Final = 0.002
_AGAIN_S: Final = 0.5
"""How long a standby that was behind, or away, is left alone."""
# What is durable, not what is inserted: only that is sent. A commit is told after it is durable.
_DURABLE: Final = "SELECT pg_current_wal_flush_lsn()"
_REPLAYED: Final = "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= %s::pg_lsn"
_IDENTITY: Final = (
    "SELECT system_identifier::text, (SELECT oid FROM pg_database"
    " WHERE datname = current_database()) FROM pg_control_system()"
)
_FAILURES: Final = (psycopg.Error, sa.exc.OperationalError, sa.exc.InterfaceError)


class Primary:
    """Tells how much the primary has made durable."""

    def __init__(self, engine: sa.Engine) -> None:
        """Ask through this engine: one connection, each statement a transaction of its own."""
        self._engine = engine
        self._asking = threading.Lock()
        self._begun = self._answered = 0
        self._durable = ""
        self._failure: sa.exc.SQLAlchemyError | None = None

    def durable(self) -> str:
        """Return a position in the log that had been reached when this was called.

        Who comes while the primary is being asked shares the next answer with all who wait, or
        what it failed with: one after the other they would wait long for one that is away.
        """
        wanted = self._begun + 1
        with self._asking:
            if self._answered < wanted:
                self._begun += 1
                self._failure = None
                try:
                    self._durable = str(self.ask(_DURABLE)[0])
                except sa.exc.SQLAlchemyError as error:
                    self._failure = error
                self._answered = self._begun
            if self._failure is not None:
                raise self._failure
            return self._durable

    def ask(self, question: str) -> tuple[Any, ...]:
        """Return the one row that answers."""
        with self._engine.connect() as connection:
            return tuple(connection.exec_driver_sql(question).one())

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()


class Standby:
    """The standby of a primary. Who reads there sees what a reader of the primary would see."""

    def __init__(self, name: str, primary: Primary, engine: sa.Engine) -> None:
        """Begin to look for it. engine: of reading transactions. name: what to call it."""
        self._name, self._primary, self._engine = name, primary, engine
        self._changing = threading.Lock()
        self._closed = threading.Event()
        self._looking: threading.Thread | None = None
        self._said: str | None = None
        self.in_use = False
        """Whether it is read from now."""
        self._look()

    @contextmanager
    def read(self) -> Iterator[sa.Connection | None]:
        """Open a reading transaction there; None where the primary is to be read."""
        connection = self._level() if self.in_use else None
        if connection is None:
            yield None
            return
        with connection:
            try:
                with connection.begin():
                    yield connection
            except _FAILURES as error:
                # It went away, or had to end who was in the way of what it replays.
                self._leave(str(error))
                raise

    def _level(self) -> sa.Connection | None:
        """Return a connection to the standby, which has all that is durable now, or None."""
        durable = self._primary.durable()
        try:
            connection = self._engine.connect()
        except _FAILURES as error:
            self._leave(str(error))
            return None
        try:
            if self._has(connection, durable):
                return connection
        except _FAILURES as error:
            connection.invalidate()
            self._leave(str(error))
        else:
            self._leave()
        connection.close()
        return None

    @staticmethod
    def _has(connection: sa.Connection, durable: str) -> bool:
        """Wait until the standby has replayed so much, for a moment; tell whether it has."""
        raw = _driver(connection)
        ends = time.monotonic() + _CATCH_UP_S
        # In a transaction of its own: what is read later must begin behind it.
        raw.autocommit = True
        try:
            while True:
                row = raw.execute(_REPLAYED, (durable,)).fetchone()
                if row is not None and row[0]:
                    return True
                if time.monotonic() > ends:
                    return False
                time.sleep(_LOOK_S)
        finally:
            if not raw.closed:
                raw.autocommit = False

    def _leave(self, failure: str | None = None) -> None:
        """Read from the primary until it is level again."""
        with self._changing:
            if self.in_use:
                self.in_use = False
                if failure is not None:
                    # The others are as likely broken; those in use end by themselves.
                    self._engine.dispose()
                self._say(failure or "It is behind.")
                self._look()

    def _look(self) -> None:
        self._looking = threading.Thread(
            target=self._look_until_level, name="homeward-standby", daemon=True
        )
        self._looking.start()

    def _look_until_level(self) -> None:
        while not self._closed.is_set():
            why = self._fault()
            if why is None:
                with self._changing:
                    self.in_use = True
                self._say(None)
                return
            self._say(why)
            self._closed.wait(_AGAIN_S)

    def _fault(self) -> str | None:
        """Say why the standby cannot be used now, None where it can."""
        try:
            durable, identity = self._primary.durable(), self._primary.ask(_IDENTITY)
            with self._engine.connect() as connection:
                if tuple(connection.exec_driver_sql(_IDENTITY).one()) != identity:
                    return "It is no copy of this database."
            with self._engine.connect() as connection:
                return None if self._has(connection, durable) else "It is behind, or no standby."
        except (psycopg.Error, sa.exc.SQLAlchemyError) as error:
            return str(error)

    def _say(self, why: str | None) -> None:
        """Log a change, once."""
        if why is None and self._said != why:
            _log.info("reading from the standby", standby=self._name)
        elif why is not None and self._said is None:
            _log.warning("reading from the primary", standby=self._name, why=" ".join(why.split()))
        self._said = why

    def close(self) -> None:
        """Close all connections."""
        self._closed.set()
        if self._looking is not None:
            self._looking.join()
        self._engine.dispose()
        self._primary.close()


def _driver(connection: sa.Connection) -> "psycopg.Connection[tuple[Any, ...]]":
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 - the only driver there is
    return raw
