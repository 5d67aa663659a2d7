"""The release before this one, on the schema that this one has made."""

import os
import subprocess
import sys
from pathlib import Path

from service.adapters.store import migrate
from service.adapters.store.postgres import PostgresDatabase
from service.adapters.store.tables import metadata
from tests.postgres.previous import CHOSEN, unpack
from tests.postgres.server import TestServer, server_url


def _migrate(url: str) -> None:
    """Make this release's schema, and expand it as some next release may."""
    database = PostgresDatabase(server_url(url))
    migrate.upgrade(database.writer_engine)
    with database.write() as connection:
        migrate.note_fit(connection)
        for table in metadata.tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN added_later text")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'the next'")
    database.close()


def test_the_previous_release_works_on_this_schema(postgres: TestServer, tmp_path: Path) -> None:
    """Its own code passes its own contract suite there: it starts, reads and writes."""
    unpack(tmp_path)
    _migrate(postgres.create("migrated"))
    environment = {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(tmp_path),
        "HOMEWARD_TEST_POSTGRES": postgres.address,
        "HOMEWARD_TEST_TEMPLATE": postgres.name("migrated"),
    }
    words = ["-q", "-p", "no:cacheprovider", "--import-mode=importlib"]
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-m", "pytest", *words, f"@{CHOSEN}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    postgres.drop("migrated")
    assert done.returncode == 0, done.stdout + done.stderr
