"""Bring a database to the newest schema, and tell which one it has.

A schema says which is the oldest whose release can still work on it. So processes of the release
before go on, and may start, beside those of the next one.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.adapters.store.tables import facts
from service.domain.errors import StorageError

_FITS: Final = "fits_from"
_FIRST_TO_FIT: Final = "0017"
"""The first whose release knows that a newer schema may fit it."""


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


@lru_cache(maxsize=1)
def _fits_from() -> str:
    """Return the oldest schema whose release works on the newest one.

    It is what the last migration that takes something away names as `fits_from`.
    """
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    named = (getattr(script.module, _FITS, None) for script in scripts)
    return next((one for one in named if one is not None), _FIRST_TO_FIT)


def fits(connection: sa.Connection) -> bool:
    """Tell whether this release works on the schema that the database has."""
    found = current(connection)
    return found == newest() or (found is not None and _newer_that_fits(connection, found))


def _newer_that_fits(connection: sa.Connection, found: str) -> bool:
    return found not in _known() and _noted(connection) in _known()


def _noted(connection: sa.Connection) -> str | None:
    noted = connection.execute(sa.select(facts.c.value).where(facts.c.name == _FITS)).scalar()
    return None if noted is None else bytes(noted).decode()


def note_fit(connection: sa.Connection) -> None:
    """Note beside the newest schema which is the oldest whose release works on it."""
    if current(connection) == newest() and _noted(connection) != _fits_from():
        connection.execute(sa.delete(facts).where(facts.c.name == _FITS))
        connection.execute(sa.insert(facts).values(name=_FITS, value=_fits_from().encode()))


def current(connection: sa.Connection) -> str | None:
    """Return the revision the database has, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: sa.Engine) -> tuple[str | None, str]:
    """Migrate in one transaction; return (revision before, revision after).

    What a newer release has made is left as it is. Raises StorageError where this one cannot work
    on that any more.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        before = current(connection)
        if before is not None and before not in _known():
            if _newer_that_fits(connection, before):
                return before, before
            message = (
                f"The database has schema {before}, which this release does not know; "
                "use the newest release that has touched it."
            )
            raise StorageError(message)
        if before != newest():
            command.upgrade(_config(connection), "head")
        if before is not None:
            note_fit(connection)
        return before, newest()
