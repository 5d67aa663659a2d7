"""From a data directory to a server: every row as it is, so that sealed values open there, too."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import sqlalchemy as sa

from service.adapters.store import migrate
from service.adapters.store.database import Database
from service.adapters.store.keystore import KeyQueries, Minted
from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.store.server_keys import ServerKeys
from service.adapters.store.sql import KeyPlaces, open_parts
from service.adapters.store.tables import facts, metadata
from service.domain.errors import ConflictError, StorageError

_CHUNK = 500


def move(
    folder: Path, server: Path | ServerUrl, keys: KeyPlaces, advance: Callable[[int], None]
) -> tuple[int, int]:
    """Copy what a data directory holds to a server; return rows and keys of people.

    keys: as they lie afterwards; where people's go to a server, they are taken from beside the
    key file. The service must be stopped; what is copied stays where it was. advance: told of
    each part. Raises StorageError where no server is named, ConflictError where it holds records.
    """
    if not isinstance(server, ServerUrl):
        message = "Name the database to copy to in HOMEWARD_DATABASE_URL."
        raise StorageError(message, code="database_not_supported")
    here = keys
    if isinstance(keys.people, ServerUrl):
        here = KeyPlaces.beside(keys.master, ledger=keys.ledger)
    with ExitStack() as stack:
        source, subjects = open_parts(folder, here, stack, writable=True)
        target = PostgresDatabase(server)
        stack.callback(target.close)
        count = 0
        if isinstance(keys.people, ServerUrl):
            # A key is there before the record that needs it.
            kept = ServerKeys(keys.people, subjects.keys.store)
            stack.callback(kept.close)
            count = copy_keys(subjects.keys, kept)
        return copy_records(source, target, advance), count


def copy_records(source: Database, target: Database, advance: Callable[[int], None]) -> int:
    """Copy all rows into an empty database in one transaction; return how many they are.

    The source has this release's schema. advance: told of each part. Raises ConflictError where
    the target holds anything.
    """
    migrate.upgrade(target.writer_engine)
    count = 0
    with source.read() as here, target.write() as there:
        if there.execute(sa.select(facts.c.name).limit(1)).first() is not None:
            message = f"{target.name} holds records already; name an empty database."
            raise ConflictError(message, code="exists")
        for table in metadata.sorted_tables:
            rows = here.execution_options(yield_per=_CHUNK).execute(sa.select(table))
            for part in rows.mappings().partitions(_CHUNK):
                there.execute(sa.insert(table), [dict(row) for row in part])
                count += len(part)
                advance(len(part))
        for table in metadata.sorted_tables:
            _number_on(there, table)
    return count


def copy_keys(source: KeyQueries, target: KeyQueries) -> int:
    """Copy people's keys and marks; return how many keys. What stands there already stays."""
    known, count = target.subjects(), 0
    for part in source.parts(_CHUNK):
        new = {name: key for name, key in part.items() if name not in known}
        marks = source.marks([*new])
        target.keep(Minted(new, marks), ())
        target.settle([*new])
        count += len(new)
    return count


def _number_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let a table's own numbers go on behind those that were copied."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, sa.BigInteger):
        return
    named = sa.func.pg_get_serial_sequence(table.name, column.name)
    last = sa.select(sa.func.max(column)).scalar_subquery()
    connection.execute(
        sa.select(sa.func.setval(named, sa.func.coalesce(last, 1), last.is_not(None)))
    )
