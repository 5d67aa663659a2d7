"""The store over SQL: opens the database, checks schema and keys, serves every query."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from service.adapters.store import migrate
from service.adapters.store import tables as t
from service.adapters.store.access import AccessQueries
from service.adapters.store.audit import AuditQueries
from service.adapters.store.batches import BatchQueries
from service.adapters.store.corridors import CorridorQueries
from service.adapters.store.cursors import SealedCursors
from service.adapters.store.database import Database, SqliteDatabase
from service.adapters.store.keystore import KeyQueries, KeyStore, missing
from service.adapters.store.ledger import Ledger
from service.adapters.store.letters import LetterQueries
from service.adapters.store.listings import ListingQueries
from service.adapters.store.officers import OfficerQueries
from service.adapters.store.outcomes import OutcomeQueries
from service.adapters.store.people import PersonQueries
from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.store.reconcile import Reconciler, is_own
from service.adapters.store.replies import ReplyQueries
from service.adapters.store.retention import RetentionQueries
from service.adapters.store.server_keys import ServerKeys, ServerLedger
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.twins import TwinQueries
from service.adapters.store.vault import LINKS, Vault
from service.domain.audit import Access
from service.domain.errors import StorageError

DATABASE_NAME = "homeward.sqlite3"
Noting = Callable[[Mapping[str, str]], Sequence[Access]]
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

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Serve from an open, migrated database."""
        vault = subjects.master
        ListingQueries.__init__(self, database)
        TwinQueries.__init__(self, database)
        PersonQueries.__init__(self, database, subjects)
        CorridorQueries.__init__(self, database)
        BatchQueries.__init__(self, database, subjects, self)
        OutcomeQueries.__init__(self, database, subjects)
        LetterQueries.__init__(self, database, vault)
        AccessQueries.__init__(self, database, vault)
        AuditQueries.__init__(self, database, vault)
        OfficerQueries.__init__(self, database, subjects)
        ReplyQueries.__init__(self, database, subjects)
        self._database = database
        self._vault = vault
        RetentionQueries.__init__(self, database, subjects)
        self.cursors = SealedCursors(vault)

    @classmethod
    def open(
        cls, records: Path | ServerUrl, keys: "KeyPlaces | Path", *, writable: bool = True
    ) -> "SqlStore":
        """Open the store in a data directory or on a server, creating and migrating if `writable`.

        keys: where they lie; a path alone is the key file, and the rest lies beside it. Who was
        erased is erased again here, should a backup have brought them back.

        Raises StorageError if it is missing, away, in use, newer than this release, or encrypted
        with a key that the key file does not hold, or if keys of people are lost.
        """
        places = keys if isinstance(keys, KeyPlaces) else KeyPlaces.beside(keys)
        with ExitStack() as undo:
            store = cls(*open_parts(records, places, undo, writable=writable))
            undo.pop_all()
        return store

    def link_keys(self) -> dict[str, bytes]:
        """Return what links in mail are signed with: a key of 32 bytes by its id, newest last."""
        derived = self._vault.derived(LINKS)
        return {name: derived[name] for name in sorted(derived, key=self._vault.active.__eq__)}

    def written(self) -> int | None:
        """See the port."""
        return self._database.written()

    def healthy(self) -> bool:
        """See the port."""
        try:
            with self._database.read() as connection:
                return connection.execute(sa.text("SELECT 1")).scalar() == 1
        except (sa.exc.SQLAlchemyError, StorageError):
            return False

    def reads_elsewhere(self) -> bool:
        """See the port."""
        return isinstance(self._database, PostgresDatabase) and self._database.standby_in_use

    def turn(self, job: str) -> AbstractContextManager[bool]:
        """See the port."""
        return self._database.turn(job)

    @property
    def database(self) -> Database:
        """Where the records lie."""
        return self._database

    def close(self) -> None:
        """Close all connections."""
        self._subjects.close()
        self._database.close()


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """Where keys lie, none of it in the data directory.

    master: the key file. people: the file of people's keys, or the server that has them. ledger:
    who was erased; beside keys on a server, what such a file says is taken in.
    """

    master: Path
    people: Path | ServerUrl
    ledger: Path

    @classmethod
    def beside(
        cls, master: Path, people: "str | Path | None" = None, ledger: Path | None = None
    ) -> "KeyPlaces":
        """Fill in what is not named: beside the key file, and called after it.

        people: a path, or the URL of a server; raises StorageError where it is neither.
        """
        place: Path | ServerUrl | None = None
        if isinstance(people, str) and ServerUrl.is_one(people):
            place = ServerUrl(people, "HOMEWARD_PERSON_KEYS")
        elif people is not None:
            place = Path(people)
        return cls(
            master,
            place or master.with_name(f"{master.stem}-people.sqlite3"),
            ledger or master.with_name(f"{master.stem}-erased.jsonl"),
        )


def open_parts(
    records: Path | ServerUrl,
    places: KeyPlaces,
    undo: ExitStack,
    *,
    writable: bool,
    giving_up: Noting | None = None,
) -> tuple[Database, SubjectVault]:
    """Open database and keys as `SqlStore.open` does. undo: takes what closes them again.

    giving_up: erase people whose keys are lost, in place of raising StorageError; it is given their
    organisations by their ids, and returns what the access log is to say.
    """
    database = open_database(records, writable=writable)
    undo.callback(database.close)
    with _plainly(database), database.opening() if writable else nullcontext():
        before: str | None = ""
        after = ""
        if writable:
            before, after = migrate.upgrade(database.writer_engine)
            # A process killed between erasing and this has left its log behind.
            database.forget_deleted()
        with database.read() as connection:
            _check_schema(connection, database)
            canary = _fact(connection, "canary")
        vault = Vault.from_file(places.master, create=writable and canary is None)
        if canary is not None:
            vault.open(canary, "facts/canary")
        elif writable:
            _put_fact(database, vault, "canary", _CANARY)
            with database.write() as connection:
                migrate.note_fit(connection)
        if before != after:
            # Here only: a head that is missing later was taken away.
            AuditQueries(database, vault).begin_log()
        if giving_up is None:
            _refuse_missing(database, places)
        subjects = _open_subjects(database, vault, places, writable=writable)
        undo.callback(subjects.close)
        reconciler = Reconciler(database, subjects)
        if giving_up is not None:
            lost = reconciler.lost()
            # First the lines: what the ledger names is erased whatever happens.
            AuditQueries(database, vault).log_accesses(giving_up(lost))
            subjects.note_erased(list(lost))
        if writable:
            reconciler.run()
        else:
            reconciler.refuse_lost_keys()
    return database, subjects


def open_database(records: Path | ServerUrl, *, writable: bool) -> Database:
    """Open what holds the records, without looking at what is in it; raise StorageError."""
    if isinstance(records, ServerUrl):
        return PostgresDatabase(records, writable=writable)
    path = records / DATABASE_NAME
    if not writable and not path.exists():
        message = f"There is no Homeward data in {records}."
        raise StorageError(message)
    return SqliteDatabase(path, writable=writable)


def _refuse_missing(database: Database, places: KeyPlaces) -> None:
    """Never make people's keys anew where people need them: everybody would look as if erased."""
    place = places.people
    there = ServerKeys.are_there(place) if isinstance(place, ServerUrl) else place.exists()
    if not there:
        with database.read() as connection:
            own = sa.select(t.people.c.id).where(is_own(t.people.c.sealed)).limit(1)
            in_use = connection.execute(own).first()
        if in_use is not None:
            raise StorageError(missing(str(place)), code="person_keys_lost")


def _open_subjects(
    database: Database, vault: Vault, places: KeyPlaces, *, writable: bool
) -> SubjectVault:
    with database.read() as connection:
        named = _fact(connection, "installation")
    if named is None and writable:
        named = _put_fact(database, vault, "installation", secrets.token_hex(8).encode())
    name = "" if named is None else vault.open(named, "facts/installation").decode()
    if isinstance(places.people, Path):
        kept = KeyStore(places.people, name, writable=writable)
        with _closing_on_error(kept):
            return SubjectVault(vault, kept, Ledger(places.ledger))
    keys = ServerKeys(places.people, name, writable=writable)
    with _closing_on_error(keys):
        ledger = ServerLedger(keys)
        if writable and places.ledger.exists():
            ledger.copy(Ledger(places.ledger).names)
        return SubjectVault(vault, keys, ledger)


@contextmanager
def _closing_on_error(keys: KeyQueries) -> Iterator[None]:
    try:
        yield
    except BaseException:
        keys.close()
        raise


@contextmanager
def _plainly(database: Database) -> Iterator[None]:
    try:
        yield
    except sa.exc.DatabaseError as error:
        cure = "; restore it from a backup" if isinstance(database, SqliteDatabase) else ""
        message = f"{database.name} cannot be used ({error.orig}){cure}."
        raise StorageError(message) from error


def _fact(connection: sa.Connection, name: str) -> bytes | None:
    query = sa.select(t.facts.c.value).where(t.facts.c.name == name)
    value: bytes | None = connection.execute(query).scalar_one_or_none()
    return value


def _put_fact(database: Database, vault: Vault, name: str, value: bytes) -> bytes:
    sealed = vault.seal(value, f"facts/{name}")
    with database.write() as connection:
        connection.execute(sa.insert(t.facts).values(name=name, value=sealed))
    return sealed


def _check_schema(connection: sa.Connection, database: Database) -> None:
    if not migrate.fits(connection):
        found = migrate.current(connection)
        message = (
            f"{database.name} has schema {found or 'none'}, this release needs {migrate.newest()}; "
            'run "homeward migrate" with the newest release that has touched it.'
        )
        raise StorageError(message)
