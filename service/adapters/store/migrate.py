"""Bring a database to the newest schema, and tell which one it has."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.domain.errors import StorageError


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """Return the revision this release brings."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    return head or ""


def current(connection: sa.Connection) -> str | None:
    """Return the revision the database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: sa.Engine) -> tuple[str | None, str]:
    """Migrate in one transaction; return (revision before, revision after).

    Raises StorageError for a schema that a newer release has made.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    with engine.begin() as connection:
        before = current(connection)
        if before is not None and before not in known:
            message = (
                f"The data directory has schema {before}, which this release does not know; "
                "use the newest release that has touched it."
            )
            raise StorageError(message)
        if before != newest():
            command.upgrade(_config(connection), "head")
        return before, newest()
