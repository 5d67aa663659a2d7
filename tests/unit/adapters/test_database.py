"""Opening a data directory: versions, locks and schemas, and errors that say what to do."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from service.adapters.store import database as module
from service.adapters.store import migrate
from service.adapters.store.database import SqliteDatabase, sqlite_is_safe
from service.adapters.store.sql import DATABASE_NAME, SqlStore
from service.adapters.store.tables import facts, metadata
from service.domain.errors import StorageError
from service.domain.listing import Visibility
from tests.contracts.examples import HOME, job, sqlite_store, write_listing, write_person


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A store with one organisation, its writer's lock held by this process."""
    with sqlite_store(tmp_path) as opened:
        opened.add_organisation(HOME)
        yield opened


def _open_elsewhere(folder: Path, *, writable: bool) -> subprocess.CompletedProcess[str]:
    """Open the store of `folder` in another process and print how many listings it has."""
    code = (
        "import sys; from pathlib import Path\n"
        "from service.adapters.store.sql import SqlStore\n"
        "from service.domain.errors import StorageError\n"
        f"folder = Path({str(folder)!r})\n"
        "try:\n"
        "    store = SqlStore.open(folder / 'data', folder / 'keys.json',"
        f" writable={writable})\n"
        "except StorageError as error:\n"
        "    sys.exit(f'{error.code}: {error.detail}')\n"
        "print(store.count_listings())\n"
        "store.close()\n"
    )
    return subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 49, 9), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_with_the_log_race_are_known(version: tuple[int, int, int], safe: bool) -> None:  # noqa: FBT001
    """Only versions from the published fixes on count as safe."""
    assert sqlite_is_safe(version) is safe


def test_an_unsafe_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is opened or made, and the message names the version and the cure."""
    monkeypatch.setattr(sqlite, "sqlite_version_info", (3, 50, 4))
    monkeypatch.setattr(sqlite, "sqlite_version", "3.50.4")
    with pytest.raises(StorageError, match=r"SQLite 3\.50\.4 .* pysqlite3>=0\.6\.1"):
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json")
    assert list(tmp_path.iterdir()) == []


def test_the_sqlite_in_use_is_safe() -> None:
    """The driver that is installed carries a safe version."""
    assert sqlite_is_safe(sqlite.sqlite_version_info)


def test_every_connection_syncs_every_commit(store: SqlStore) -> None:
    """Writing and reading connections alike are in WAL mode with full syncing."""
    for connect in (store._database.write, store._database.read):
        with connect() as connection:
            for pragma, value in (
                ("journal_mode", "wal"),
                ("synchronous", 2),
                ("foreign_keys", 1),
                ("secure_delete", 1),
            ):
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_connection_that_would_not_sync_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If SQLite does not take the setting, nothing is written."""
    monkeypatch.setattr(module, "_SYNCHRONOUS_FULL", 3)
    with pytest.raises(StorageError, match="would not sync every commit"):
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json")


def test_a_second_writing_process_is_refused(store: SqlStore, tmp_path: Path) -> None:
    """The message says that another process writes there and what to do."""
    write_listing(store, "a")
    found = _open_elsewhere(tmp_path, writable=True)
    assert found.returncode == 1
    assert found.stderr.startswith("in_use: Another homeward process writes to ")
    assert "stop the other, or use its HTTP API" in found.stderr


def test_a_second_writer_in_the_same_process_is_refused(store: SqlStore, tmp_path: Path) -> None:
    """The lock holds against oneself, too, and the first writer goes on."""
    with pytest.raises(StorageError) as caught:
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json")
    assert caught.value.code == "in_use"
    write_listing(store, "a")
    assert store.count_listings() == 1


def test_a_reading_process_may_open_beside_the_writer(store: SqlStore, tmp_path: Path) -> None:
    """It sees what is committed, and the writer may go on."""
    write_listing(store, "a")
    found = _open_elsewhere(tmp_path, writable=False)
    assert (found.returncode, found.stdout.strip()) == (0, "1"), found.stderr
    write_listing(store, "b")
    assert store.count_listings() == 2


def test_a_reader_cannot_write(store: SqlStore, tmp_path: Path) -> None:
    """A store opened for reading refuses to change anything."""
    person = write_person(store, "I cook").record
    reader = SqlStore.open(tmp_path / "data", tmp_path / "keys.json", writable=False)
    try:
        assert reader.person(HOME.id, person.id) == person
        with pytest.raises(StorageError, match="reading only"):
            write_listing(reader, "a")
        with pytest.raises(StorageError, match="reading only"):
            reader.delete_person(person, if_version=None)
    finally:
        reader.close()
    assert store.person(HOME.id, person.id) == person


def test_a_closed_store_lets_the_next_one_write(tmp_path: Path) -> None:
    """Closing frees the lock at once."""
    for number in range(3):
        with sqlite_store(tmp_path) as store:
            if number == 0:
                store.add_organisation(HOME)
            write_listing(store, f"{number}")
            assert store.count_listings() == number + 1


def test_a_failed_opening_frees_the_lock(store: SqlStore, tmp_path: Path) -> None:
    """After an error at the door, the directory can be opened once the cause is mended."""
    store.close()
    keys = tmp_path / "keys.json"
    keys.rename(tmp_path / "away.json")
    with pytest.raises(StorageError, match="missing"):
        SqlStore.open(tmp_path / "data", keys)
    (tmp_path / "away.json").rename(keys)
    SqlStore.open(tmp_path / "data", keys).close()


def test_a_reader_makes_nothing(tmp_path: Path) -> None:
    """Where there is no data, a reader says so and leaves nothing behind."""
    with pytest.raises(StorageError, match="no Homeward data"):
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json", writable=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_place_of_the_data_directory_says_so(tmp_path: Path) -> None:
    """What cannot be a directory is a clear error."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match="cannot be used as data directory"):
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json")


@pytest.mark.parametrize("writable", [True, False])
def test_a_damaged_database_says_so(tmp_path: Path, writable: bool) -> None:  # noqa: FBT001
    """A file that is no database is named, and not touched."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / DATABASE_NAME
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(StorageError, match=r"cannot be used .*restore it from a backup"):
        SqlStore.open(tmp_path / "data", tmp_path / "keys.json", writable=writable)
    assert path.read_bytes() == b"no database at all" * 1000


def _migrated_by_the_next(store: SqlStore, fits_from: str) -> None:
    """Leave the store as a release would that adds a column."""
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        connection.exec_driver_sql("ALTER TABLE listings ADD COLUMN colour TEXT")
        noted = sa.update(facts).where(facts.c.name == "fits_from")
        assert connection.execute(noted.values(value=fits_from.encode())).rowcount == 1
    store.close()


def test_a_newer_schema_is_refused(store: SqlStore, tmp_path: Path) -> None:
    """A database is not touched that this release cannot work on any more."""
    _migrated_by_the_next(store, "9999")
    for writable in (True, False):
        with pytest.raises(StorageError, match="schema 9999"):
            SqlStore.open(tmp_path / "data", tmp_path / "keys.json", writable=writable)


def test_a_newer_schema_that_fits_is_worked_on(store: SqlStore, tmp_path: Path) -> None:
    """This release starts beside the next one, and leaves the schema as it is."""
    _migrated_by_the_next(store, migrate.newest())
    with sqlite_store(tmp_path) as again:
        assert write_listing(again, "a").record.version == 1
    with sqlite_store(tmp_path) as again, again._database.read() as connection:
        assert migrate.current(connection) == "9999"


def test_migrations_make_the_tables_that_queries_use(tmp_path: Path) -> None:
    """Between the migrated database and tables.py there is no difference."""
    database = SqliteDatabase(tmp_path / DATABASE_NAME)
    try:
        assert migrate.upgrade(database.writer_engine) == (None, migrate.newest())
        assert migrate.upgrade(database.writer_engine) == (migrate.newest(), migrate.newest())
        with database.read() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, metadata) == []
            assert _tables(connection) == {*metadata.tables, "alembic_version"}
    finally:
        database.close()


def test_going_back_takes_a_column_and_not_what_hangs_on_its_table(
    store: SqlStore, tmp_path: Path
) -> None:
    """Vectors of listings and readings of people stay; a listing that is private goes."""
    write_listing(store, "open")
    write_listing(store, "secret", job("secret", visibility=Visibility.PRIVATE))
    write_person(store, "I cook")
    store.close()
    database = SqliteDatabase(tmp_path / "data" / DATABASE_NAME)
    try:
        with database.writer_engine.begin() as connection:
            command.downgrade(migrate._config(connection), "0012")
            counts = {
                name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar()  # noqa: S608 - of this list
                for name in ("listings", "listing_vectors", "people", "person_readings")
            }
        assert counts == dict.fromkeys(counts, 1)
    finally:
        database.close()


def test_the_comparison_sees_a_difference(tmp_path: Path) -> None:
    """The check above notices a lost column and a lost constraint."""
    database = SqliteDatabase(tmp_path / DATABASE_NAME)
    try:
        migrate.upgrade(database.writer_engine)
        changed = sa.MetaData()
        for table in metadata.tables.values():
            table.to_metadata(changed)
        changed.tables["people"].append_column(sa.Column("extra", sa.Text))
        organisations = changed.tables["organisations"]
        organisations.append_constraint(sa.UniqueConstraint("name", name="uq_organisations_name"))
        with database.read() as connection:
            found = compare_metadata(MigrationContext.configure(connection), changed)
        assert sorted(str(one[0]) for one in found) == ["add_column", "add_constraint"]
    finally:
        database.close()


def test_a_failed_migration_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A migration is one transaction: what fails in the middle is undone."""
    database = SqliteDatabase(tmp_path / DATABASE_NAME)
    try:

        def fail_at_people(target: Operations, name: str, *rest: Any, **options: Any) -> sa.Table:  # noqa: ANN401 - Alembic's own
            if name == "people":
                raise RuntimeError("power cut")
            return create(target, name, *rest, **options)

        create = Operations.create_table
        monkeypatch.setattr(Operations, "create_table", fail_at_people)
        with pytest.raises(RuntimeError, match="power cut"):
            migrate.upgrade(database.writer_engine)
        with database.read() as connection:
            assert _tables(connection) == set()
    finally:
        database.close()


def _tables(connection: sa.Connection) -> set[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return set(connection.exec_driver_sql(query).scalars())
