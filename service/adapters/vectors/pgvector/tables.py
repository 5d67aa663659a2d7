"""Where the index lies in a database: a schema of its own for every model."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.embedding import ModelIdentity, Vectors
from service.domain.errors import StorageError

_FORMAT: Final = 2
_LEAST_VERSION: Final = (0, 8)
"""Of pgvector: from here on a walk goes on until enough rows pass the rules."""
_LINKS: Final = 32
_BUILD_WIDTH: Final = 256
_KEPT_DAYS: Final = 7
_OTHERS: Final = sa.text(
    "SELECT nspname FROM pg_catalog.pg_namespace"
    " WHERE nspname ~ '^homeward_index_[0-9a-f]{12}$' AND nspname <> :own"
)
_NOT_THERE: Final = (
    "HOMEWARD_LISTING_INDEX is pgvector, but the database has no pgvector 0.8 or newer ({reason}). "
    "Install it on the server, and let an owner of the database run CREATE EXTENSION vector."
)


class Database(Protocol):
    """What the index needs of a database."""

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Open a reading transaction: one consistent moment."""
        ...

    def beside(self, job: str) -> AbstractContextManager[sa.Connection]:
        """Open a transaction that waits for others at the same job only, then commits."""
        ...

    def turn(self, job: str) -> AbstractContextManager[bool]:
        """Tell whether a job is this process's to do until this ends, not another's."""
        ...

    def apart(self, *statements: str) -> None:
        """Run statements that no transaction may hold, however long they take."""
        ...


class HalfVector(sa.types.UserDefinedType[str]):
    """Half floats; a value is written as pgvector reads it, from `written`."""

    cache_ok = True

    def __init__(self, dimensions: int | None = None) -> None:
        """Of so many dimensions."""
        self.dimensions = dimensions

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
        """Return the type's name in SQL."""
        return "halfvec" if self.dimensions is None else f"halfvec({self.dimensions})"


def written(vectors: Vectors) -> list[str]:
    """Return each row (n, d) as pgvector reads it: five digits tell all half floats apart."""
    return ["[" + ",".join([f"{x:.5g}" for x in row]) + "]" for row in vectors.tolist()]


@dataclass(frozen=True, slots=True)
class State:
    """How far the index is. public, private: listings by who may know of them.

    sequence: of the store's feed. last_*: the highest number that a listing was given; closed_*: up
    to which they stand in segments of n-grams. closings: how often that has changed. weighed: of
    how many listings n-grams were counted into `held`. graph: whether vectors may be walked.
    """

    sequence: int
    generation: int
    public_changes: int
    public: int
    private: int
    last_public: int
    last_private: int
    closed_public: int
    closed_private: int
    closings: int
    weighed: int
    graph: bool


class Tables:
    """The tables of one model's index.

    listings: a row is never changed: what has changed comes anew, under a higher number. Numbers
    below nought are private listings. segments, postings: see `words.py`.
    """

    def __init__(self, model: ModelIdentity) -> None:
        """Name them; `make` makes them."""
        # A name that a model has may hold anything.
        named = f"{_FORMAT} {model.id} {model.revision} {model.dimensions}"
        self.name = f"homeward_index_{sha256(named.encode()).hexdigest()[:12]}"
        self._dimensions = model.dimensions
        number, text = sa.SmallInteger, sa.Text
        metadata = sa.MetaData(schema=self.name)
        self.listings = sa.Table(
            "listings",
            metadata,
            sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("listing_id", text, nullable=False, unique=True),
            sa.Column("kind", number, nullable=False),
            sa.Column("country", number, nullable=False),
            sa.Column("isco", sa.Integer, nullable=False),
            sa.Column("last_day", sa.Integer, nullable=False, index=True),
            sa.Column("licensed", number, nullable=False),
            sa.Column("visa", number, nullable=False),
            sa.Column("assesses", sa.Boolean, nullable=False),
            sa.Column("currency", number, nullable=False),
            sa.Column("wage", sa.Double),
            sa.Column("lat", sa.Double),
            sa.Column("lon", sa.Double),
            sa.Column("spread", sa.Double, nullable=False),
            sa.Column("source", text, nullable=False),
            sa.Column("named", text, nullable=False),
            sa.Column("words", text, nullable=False),
            sa.Column("sectors", ARRAY(text), nullable=False),
            sa.Column("readers", ARRAY(text)),
            sa.Column("whole", HalfVector(model.dimensions), nullable=False),
            sa.Column("counts", sa.LargeBinary, nullable=False),
            sa.Index(None, "country", "kind"),
        )
        self.segments = sa.Table(
            "segments",
            metadata,
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("private", sa.Boolean, nullable=False),
            sa.Column("low", sa.BigInteger, nullable=False),
            sa.Column("high", sa.BigInteger, nullable=False),
        )
        self.postings = sa.Table(
            "postings",
            metadata,
            sa.Column("segment", sa.BigInteger, primary_key=True),
            sa.Column("feature", sa.Integer, primary_key=True),
            sa.Column("packed", sa.LargeBinary, nullable=False),
        )
        self.views = sa.Table(
            "views",
            metadata,
            sa.Column("organisation_id", text, primary_key=True),
            sa.Column("changes", sa.BigInteger, nullable=False),
        )
        counted = [
            sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
            for name in State.__dataclass_fields__
            if name != "graph"
        ]
        self.state = sa.Table(
            "state",
            metadata,
            *counted,
            sa.Column("held", sa.LargeBinary, nullable=False),
            sa.Column("used_on", sa.Date, nullable=False, server_default=sa.func.current_date()),
        )
        self._metadata = metadata

    def make(self, database: Database, features: int) -> None:
        """Make them where they are not; raise StorageError without pgvector."""
        with database.beside(self.name) as connection:
            _require_pgvector(connection)
            if self.exist(connection):
                return
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {self.name}")
            self._metadata.create_all(connection)
            kept = f"ALTER TABLE {self.name}.listings ALTER COLUMN"
            # Compared all the time, or never compared and nothing to be gained by packing.
            connection.exec_driver_sql(f"{kept} whole SET STORAGE PLAIN")
            connection.exec_driver_sql(f"{kept} counts SET STORAGE EXTERNAL")
            for column, where in (("named", ""), ("words", "WHERE isco < 0")):
                connection.exec_driver_sql(
                    f"CREATE INDEX {column}_held ON {self.name}.listings"
                    f" USING gin (string_to_array({column}, ' ')) {where}"
                )
            none = np.zeros(features, np.int32).tobytes()
            connection.execute(sa.insert(self.state).values(held=none))

    def exist(self, connection: sa.Connection) -> bool:
        """Tell whether they are there."""
        found = connection.execute(sa.select(sa.func.to_regclass(f"{self.name}.state")))
        return found.scalar() is not None

    def state_of(self, connection: sa.Connection) -> State:
        """Return how far the index is."""
        names = [name for name in State.__dataclass_fields__ if name != "graph"]
        valid = (
            sa.select(sa.literal_column("indisvalid", sa.Boolean))
            .select_from(sa.text("pg_catalog.pg_index"))
            .where(sa.text(f"indexrelid = to_regclass('{self.name}.graph')"))
        )
        columns = [self.state.c[name] for name in names]
        row = connection.execute(sa.select(*columns, valid.scalar_subquery())).one()
        return State(**dict(zip(names, row[:-1], strict=True)), graph=bool(row[-1]))

    def build_graph(self, database: Database, rows: int) -> None:
        """Build the graph beside searches and changes; one that broke off is begun anew."""
        # What does not fit is built many times as slowly: vectors, links and some room.
        memory = min(4096, 64 + rows * (2 * self._dimensions + 24 * _LINKS) // 2**20)
        database.apart(
            f"DROP INDEX CONCURRENTLY IF EXISTS {self.name}.graph",
            f"SET maintenance_work_mem = '{memory}MB'",
            f"CREATE INDEX CONCURRENTLY graph ON {self.name}.listings USING hnsw"
            f" (whole halfvec_ip_ops) WITH (m = {_LINKS}, ef_construction = {_BUILD_WIDTH})",
            f"ANALYZE {self.name}.listings",
        )

    def keep(self, database: Database) -> None:
        """Note that this index is used, and remove those of models that no longer are."""
        with database.beside("homeward_index") as connection:
            connection.execute(sa.update(self.state).values(used_on=sa.func.current_date()))
            for name in connection.execute(_OTHERS, {"own": self.name}).scalars().all():
                unused = f"SELECT used_on < current_date - {_KEPT_DAYS} FROM {name}.state"  # noqa: S608 - named above
                if connection.exec_driver_sql(unused).scalar():
                    connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")


def _require_pgvector(connection: sa.Connection) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector")
    except sa.exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        raise StorageError(
            _NOT_THERE.format(reason=reason), code="database_not_supported"
        ) from error
    found = connection.exec_driver_sql(
        "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'vector'"
    ).scalar_one()
    if tuple(int(part) for part in str(found).split(".")[:2]) < _LEAST_VERSION:
        reason = f"it has {found}"
        raise StorageError(_NOT_THERE.format(reason=reason), code="database_not_supported")
