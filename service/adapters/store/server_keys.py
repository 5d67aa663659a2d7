"""Keys of single people in a PostgreSQL database of their own, the erasure ledger beside them.

A key that was deleted must not stay in the table's pages. VACUUM leaves bytes there; a table
written anew does not hold them, so keys lie in many small parts, and a part that has lost one is
written anew at once.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql

from service.adapters.store.keystore import (
    KeyQueries,
    missing,
    remove_subjects,
    subject_keys,
    subject_marks,
)
from service.adapters.store.ledger import lines_of
from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.domain.errors import StorageError

_log = structlog.get_logger(__name__)

_VERSION: Final = 1
_PARTS: Final = 64
_AGAIN_S: Final = 0.05
_ERASING_S: Final = 2.0
"""How long an erasure waits for readers who began before it."""
_TABLES: Final = (
    "CREATE TABLE keys_schema (version integer NOT NULL)",
    f"INSERT INTO keys_schema VALUES ({_VERSION})",  # noqa: S608 - a number
    """CREATE TABLE subject_keys (subject text PRIMARY KEY, store text NOT NULL,
    wrapped bytea NOT NULL, pending_since text) PARTITION BY HASH (subject)""",
    """CREATE TABLE subject_marks (subject text, mark bytea, PRIMARY KEY (subject, mark))
    PARTITION BY HASH (subject)""",
    "CREATE INDEX ix_subject_marks_mark ON subject_marks (mark)",
    """CREATE TABLE erased (name text PRIMARY KEY, at text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY UNIQUE)""",
    "CREATE TABLE to_write_anew (part text PRIMARY KEY)",
    *(
        f"CREATE TABLE {table}_{number:02} PARTITION OF {table} "
        f"FOR VALUES WITH (MODULUS {_PARTS}, REMAINDER {number})"
        for table in ("subject_keys", "subject_marks")
        for number in range(_PARTS)
    ),
    # What a planner notes down of a column are values of it, and outlive the rows.
    *(
        f"ALTER TABLE {table} ALTER COLUMN subject SET STATISTICS 0, "
        f"ALTER COLUMN {column} SET STATISTICS 0"
        for table, column in (("subject_keys", "wrapped"), ("subject_marks", "mark"))
    ),
)
_ERASED: Final = sa.table("erased", sa.column("name"), sa.column("at"), sa.column("number"))
_WAITING: Final = sa.table("to_write_anew", sa.column("part"))


class ServerKeys(KeyQueries):
    """Keys in a database of a server, any number of machines beside each other."""

    def __init__(self, server: ServerUrl, store: str, *, writable: bool = True) -> None:
        """Open the database, make its tables if `writable`. store: names the records in it.

        Raises StorageError where it is missing, holds records, or is of a newer release.
        """
        self._server = PostgresDatabase(server, writable=writable)
        super().__init__(self._server, store)
        try:
            self._check(server, writable=writable)
            if writable:
                self._make_up()
        except BaseException:
            self.close()
            raise

    def _make_up(self) -> None:
        """Erase what could not be before; a backup in the way is no reason not to serve."""
        try:
            self._write_anew()
        except StorageError as error:
            if error.code != "erasure_incomplete":
                raise
            _log.warning("erased keys are still in the pages of their tables", keys=self.name)

    @staticmethod
    def are_there(server: ServerUrl) -> bool:
        """Tell whether the database has tables of keys at all."""
        database = PostgresDatabase(server, writable=False)
        try:
            with database.read() as connection:
                return _exists(connection, "keys_schema")
        finally:
            database.close()

    def _check(self, server: ServerUrl, *, writable: bool) -> None:
        with self._db.read() as connection:
            if _exists(connection, "alembic_version"):
                message = (
                    f"{server.setting} names the database of the records: a key that lies in their "
                    "backups is never destroyed. Name another database, with backups of its own."
                )
                raise StorageError(message, code="keys_with_records")
            made = _exists(connection, "keys_schema")
        if not made and not writable:
            raise StorageError(missing(self.name))
        if not made:
            with self._db.write() as connection:
                if not _exists(connection, "keys_schema"):
                    for statement in _TABLES:
                        connection.exec_driver_sql(statement)
        with self._db.read() as connection:
            found = connection.exec_driver_sql("SELECT version FROM keys_schema").scalar_one()
        if found > _VERSION:
            message = f"The keys in {self.name} were written by a newer release; use that one."
            raise StorageError(message)

    def destroy(self, subjects: Collection[str], names: Mapping[str, str]) -> None:
        """See `KeyQueries`: the parts of the tables that held them are written anew."""
        with self._db.write() as connection:
            parts = _parts_of(connection, subjects)
            remove_subjects(connection, subjects)
            if names:
                _note(connection, names)
            if parts:
                # Noted with the deletion: whoever dies before it is done leaves it to the next.
                rows = [{"part": one} for one in sorted(parts)]
                connection.execute(_new(_WAITING), rows)
        if parts:
            self._write_anew()

    def _write_anew(self) -> None:
        """Write every part anew that waits for it; raise StorageError where old rows stay."""
        with self._db.read() as connection:
            waiting = list(connection.execute(sa.select(_WAITING.c.part)).scalars())
        ends = time.monotonic() + _ERASING_S
        for part in waiting:
            while self._rewrite(part):
                if time.monotonic() > ends:
                    message = (
                        f"An erased key is still in {self.name}: somebody has been reading there "
                        "since before, perhaps a backup. The next erasure tries again."
                    )
                    raise StorageError(message, code="erasure_incomplete")
                time.sleep(_AGAIN_S)
            with self._db.write() as connection:
                connection.execute(sa.delete(_WAITING).where(_WAITING.c.part == part))

    def _rewrite(self, part: str) -> bool:
        """Write a part anew; tell whether somebody was in the way."""
        try:
            return self._server.rewrite(part) > 0
        except StorageError as error:
            if isinstance(error.__cause__, sa.exc.OperationalError) and isinstance(
                error.__cause__.orig, psycopg.errors.LockNotAvailable
            ):
                return True
            raise

    def compact(self) -> None:
        """See `KeyQueries`."""
        self._db.compact()


class ServerLedger:
    """Implements `ErasureLedger` with a table beside the keys."""

    def __init__(self, keys: ServerKeys) -> None:
        """Read what stands there."""
        self._db = keys._db  # noqa: SLF001 - two halves of one database
        self._lock = threading.Lock()
        self._last = 0
        self._names: dict[str, str] = {}
        self.read_on()

    def __contains__(self, name: str) -> bool:
        """See `ErasureLedger`."""
        return name in self._names

    @property
    def names(self) -> Mapping[str, str]:
        """See `ErasureLedger`."""
        return self._names

    def read_on(self) -> None:
        """See `ErasureLedger`."""
        with self._lock:
            new = sa.select(_ERASED).where(_ERASED.c.number > self._last)
            with self._db.read() as connection:
                rows = connection.execute(new.order_by(_ERASED.c.number)).all()
            for row in rows:
                self._names[row.name] = row.at
                self._last = row.number

    def add(self, names: Collection[str], at: datetime | None = None) -> None:
        """See `ErasureLedger`."""
        moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")
        self.copy(dict.fromkeys(names, moment))

    def copy(self, erased: Mapping[str, str]) -> None:
        """See `ErasureLedger`."""
        new = {name: at for name, at in erased.items() if name not in self._names}
        if new:
            with self._db.write() as connection:
                _note(connection, new)
            self.read_on()

    def copies(self) -> Mapping[str, Callable[[Path], None]]:
        """See `ErasureLedger`."""
        return {"keys-erased.jsonl": self._copy_to}

    def _copy_to(self, path: Path) -> None:
        self.read_on()
        path.touch(0o600)
        path.write_bytes(lines_of(self._names))


def _exists(connection: sa.Connection, table: str) -> bool:
    return connection.execute(sa.select(sa.func.to_regclass(table))).scalar() is not None


def _parts_of(connection: sa.Connection, subjects: Collection[str]) -> set[str]:
    """Return the tables that hold something of these."""
    found: set[str] = set()
    for table in (subject_keys, subject_marks):
        part: sa.ColumnElement[str] = sa.literal_column("tableoid::regclass::text", sa.Text)
        here = table.c.subject == sa.any_(sa.literal(list(subjects), sa.ARRAY(sa.Text)))
        wanted = sa.select(part).select_from(table).where(here).distinct()
        found.update(connection.execute(wanted).scalars())
    return found


def _new(table: sa.TableClause) -> sa.Insert:
    return postgresql.insert(table).on_conflict_do_nothing()


def _note(connection: sa.Connection, names: Mapping[str, str]) -> None:
    rows = [{"name": name, "at": at} for name, at in names.items()]
    connection.execute(_new(_ERASED), rows)
