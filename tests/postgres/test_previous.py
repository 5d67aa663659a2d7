"""The release before this one, on the schema that this one has made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from service.adapters.store import migrate
from service.adapters.store.postgres import PostgresDatabase
from tests.postgres.previous import CHOSEN, ROOT, unpack
from tests.postgres.server import TestServer, server_url


def _migrations(root: Path) -> set[str]:
    return {path.name for path in (root / "service/adapters/store/migrations").rglob("*.py")}


def test_the_previous_release_works_on_this_schema(postgres: TestServer, tmp_path: Path) -> None:
    """Its own code passes its own contract suite there: it starts, reads and writes."""
    unpack(tmp_path)
    if _migrations(tmp_path) == _migrations(ROOT):
        pytest.skip("the schema is the previous release's")
    database = PostgresDatabase(server_url(postgres.create("migrated")))
    migrate.upgrade(database.writer_engine)
    with database.write() as connection:
        migrate.note_fit(connection)
    database.close()
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
    assert done.returncode == 0, done.stdout + done.stderr
