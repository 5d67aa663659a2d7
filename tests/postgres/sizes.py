"""How much a listing and a person take on a PostgreSQL: `python -m tests.postgres.sizes`.

The sample is loaded as a service loads it, and its rows are then copied under other ids until there
are some tens of thousands: what words, vectors and seals weigh is real, whose they are is not.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import psycopg  # noqa: TC002 - as everywhere here

from service.settings import Settings, bundled
from service.usecases.load_sample import load_sample
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.wiring import open_tools
from tests.postgres.server import OwnServer

_LISTING: Final = "'lst_' || md5({} || n)"
_PERSON: Final = "'ret_' || md5({} || n)"
_OWNERS: Final = ("listings", "people")
_TABLES: Final[tuple[tuple[str, str, str, Mapping[str, str]], ...]] = (
    ("records", "listings", "listings", {"id": _LISTING, "external_id": "{} || n"}),
    ("records", "listings", "listing_vectors", {"listing_id": _LISTING}),
    ("records", "listings", "listing_changes", {"listing_id": _LISTING}),
    ("records", "listings", "listing_blocks", {"listing_id": _LISTING}),
    ("records", "people", "people", {"id": _PERSON, "external_id": "{} || n"}),
    ("records", "people", "person_readings", {"person_id": _PERSON}),
    ("records", "people", "person_changes", {"person_id": _PERSON, "name": "md5({} || n)"}),
    ("keys", "people", "subject_keys", {"subject": _PERSON}),
)
"""Database, whose rows, table, and what a copy is called otherwise."""
_SERIAL: Final = ("position", "sequence")
_SIZE: Final = """SELECT count(*), coalesce((SELECT sum(pg_total_relation_size(relid))
FROM pg_partition_tree('{table}')), pg_total_relation_size('{table}')) FROM {table}"""


@contextmanager
def _loaded() -> Iterator[OwnServer]:
    """Yield a server with the sample's records and keys."""
    server = OwnServer()
    with TemporaryDirectory() as folder:
        settings = Settings(
            data_dir=Path(folder) / "data",
            key_file=Path(folder) / "keys.json",
            database_url=server.create("records"),
            person_keys=server.create("keys"),
        )
        with open_tools(settings) as tools:
            ensure_first_key(tools, "measures-only-0001")
            load_sample(tools, bundled("data"), FIRST_ORGANISATION)
        yield server


def _row(connection: "psycopg.Connection[tuple[Any, ...]]", question: str) -> tuple[Any, ...]:
    found = connection.execute(question.encode()).fetchone()
    assert found is not None
    return found


def _copy(
    connection: "psycopg.Connection[tuple[Any, ...]]",
    table: str,
    named: Mapping[str, str],
    times: int,
) -> None:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
    ).fetchall()
    columns = [row[0] for row in found if row[0] not in _SERIAL]
    made = [named.get(one, "{}").format(f"t.{one}") for one in columns]
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(made)}"  # noqa: S608 - of the list above
        f" FROM {table} t, generate_series(1, {times}) n".encode()
    )


def main(rows: int) -> None:
    """Print, for each table, its rows, and its bytes with its indexes per listing or person."""
    with _loaded() as server:
        with server.connect("records") as connection:
            held = {of: _row(connection, f"SELECT count(*) FROM {of}")[0] for of in _OWNERS}  # noqa: S608
        for name, of, table, named in _TABLES:
            times = rows // held[of]
            with server.connect(name) as connection:
                _copy(connection, table, named, times)
                connection.execute(f"VACUUM FULL ANALYZE {table}".encode())
                count, size = _row(connection, _SIZE.format(table=table))
            each = size / (held[of] * (times + 1))
            print(f"{table}: {count} rows, {each:.0f} bytes for each of {of}")  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
