"""Bring a database to the newest schema, and tell which one it has."""

from functools import lru_cache
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


@lru_cache(maxsize=1)
def _known() -> tuple[str, ...]:
    """Return all revisions of this release, the newest first; reading them takes a while."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(script.revision for script in scripts)


def newest() -> str:
    """Return the revision this release brings."""
    return _known()[0]


def current(connection: sa.Connection) -> str | None:
    """Return the revision the database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: sa.Engine) -> tuple[str | None, str]:
    """Migrate in one transaction; return (revision before, revision after).

    Raises StorageError for a schema that a newer release has made.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        before = current(connection)
        if before is not None and before not in _known():
            message = (
                f"The database has schema {before}, which this release does not know; "
                "use the newest release that has touched it."
            )
            raise StorageError(message)
        if before != newest():
            command.upgrade(_config(connection), "head")
        return before, newest()
