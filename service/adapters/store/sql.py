"""The store over SQL: opens the database, checks schema and key, serves every query."""

from pathlib import Path

import sqlalchemy as sa

from service.adapters.store import migrate
from service.adapters.store import tables as t
from service.adapters.store.access import AccessQueries
from service.adapters.store.audit import AuditQueries
from service.adapters.store.batches import BatchQueries
from service.adapters.store.corridors import CorridorQueries
from service.adapters.store.cursors import SealedCursors
from service.adapters.store.database import SqliteDatabase
from service.adapters.store.letters import LetterQueries
from service.adapters.store.listings import ListingQueries
from service.adapters.store.officers import OfficerQueries
from service.adapters.store.outcomes import OutcomeQueries
from service.adapters.store.people import PersonQueries
from service.adapters.store.replies import ReplyQueries
from service.adapters.store.retention import RetentionQueries
from service.adapters.store.twins import TwinQueries
from service.adapters.store.vault import Vault
from service.domain.errors import StorageError

DATABASE_NAME = "homeward.sqlite3"
_CANARY = b"homeward"


class SqlStore(
    ListingQueries,
    TwinQueries,
    PersonQueries,
    CorridorQueries,
    BatchQueries,
    OutcomeQueries,
    LetterQueries,
    AccessQueries,
    AuditQueries,
    OfficerQueries,
    RetentionQueries,
    ReplyQueries,
):
    """Implements `service.ports.Store`."""

    def __init__(self, database: SqliteDatabase, vault: Vault) -> None:
        """Serve from an open, migrated database."""
        ListingQueries.__init__(self, database)
        TwinQueries.__init__(self, database)
        PersonQueries.__init__(self, database, vault)
        CorridorQueries.__init__(self, database)
        BatchQueries.__init__(self, database, vault, self)
        OutcomeQueries.__init__(self, database, vault)
        LetterQueries.__init__(self, database, vault)
        AccessQueries.__init__(self, database, vault)
        AuditQueries.__init__(self, database, vault)
        OfficerQueries.__init__(self, database, vault)
        ReplyQueries.__init__(self, database, vault)
        self._database = database
        self._vault = vault
        RetentionQueries.__init__(self, database)
        self.cursors = SealedCursors(vault)

    @classmethod
    def open(cls, data_dir: Path, key_file: Path, *, writable: bool = True) -> "SqlStore":
        """Open the store in `data_dir`, creating and migrating it if `writable`.

        Raises StorageError if it is missing, in use, newer than this release, or encrypted
        with a key that the key file does not hold.
        """
        path = data_dir / DATABASE_NAME
        if not writable and not path.exists():
            message = f"There is no Homeward data in {data_dir}."
            raise StorageError(message)
        database = SqliteDatabase(path, writable=writable)
        before: str | None = ""
        after = ""
        try:
            if writable:
                before, after = migrate.upgrade(database.writer_engine)
                # A process killed between erasing and this has left its log behind.
                database.forget_deleted()
            with database.read() as connection:
                _check_schema(connection, path)
                sealed = connection.execute(
                    sa.select(t.facts.c.value).where(t.facts.c.name == "canary")
                ).scalar_one_or_none()
            vault = Vault.from_file(key_file, create=writable and sealed is None)
            if sealed is not None:
                vault.open(sealed, "facts/canary")
            elif writable:
                with database.write() as connection:
                    value = vault.seal(_CANARY, "facts/canary")
                    connection.execute(sa.insert(t.facts).values(name="canary", value=value))
            if before != after:
                # Here only: a head that is missing later was taken away.
                AuditQueries(database, vault).begin_log()
        except sa.exc.DatabaseError as error:
            database.close()
            message = f"{path} cannot be used ({error.orig}); restore it from a backup."
            raise StorageError(message) from error
        except BaseException:
            database.close()
            raise
        return cls(database, vault)

    def link_keys(self) -> dict[str, bytes]:
        """Return what links in mail are signed with: a key of 32 bytes by its id, newest last."""
        derived = self._vault.derived("links in mail")
        return {name: derived[name] for name in sorted(derived, key=self._vault.active.__eq__)}

    def healthy(self) -> bool:
        """See the port."""
        try:
            with self._database.read() as connection:
                return connection.execute(sa.text("SELECT 1")).scalar() == 1
        except sa.exc.SQLAlchemyError:
            return False

    def close(self) -> None:
        """Close all connections."""
        self._database.close()


def _check_schema(connection: sa.Connection, path: Path) -> None:
    found = migrate.current(connection)
    if found != migrate.newest():
        message = (
            f"{path} has schema {found or 'none'}, this release needs {migrate.newest()}; "
            'run "homeward migrate" with the newest release that has touched it.'
        )
        raise StorageError(message)
