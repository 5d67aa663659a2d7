"""The listing index of all processes together, in their database."""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np
import sqlalchemy as sa
import structlog

from service.adapters.vectors.facets import country_code, currency_code
from service.adapters.vectors.lexical import FEATURES, Scores, grams_of
from service.adapters.vectors.pgvector.eligible import Rules
from service.adapters.vectors.pgvector.filling import Filler, Source
from service.adapters.vectors.pgvector.search import EXACT_BELOW, Columns, Search, picked
from service.adapters.vectors.pgvector.tables import Database, State, Tables
from service.adapters.vectors.pgvector.words import Known, Rows, Words
from service.domain.eligibility import Eligibility
from service.domain.embedding import Grams, ManyGrams
from service.domain.errors import StorageError
from service.domain.listing import Kind
from service.domain.match import IndexState
from service.domain.pool import LexicalPool, ListingVectors, Pool, PoolQuery, joined
from service.domain.stock import Stock
from service.domain.text import fold

_log = structlog.get_logger(__name__)

_MOST_VIEWERS: Final = 256
_MOST_STOCKS: Final = 64
_PATIENT_FROM_S: Final = 0.2
_KEPT_EVERY_S: Final = 3600.0
_PATIENCE: Final = 20
"""Jobs that take long to count are counted anew once so many times as long has passed."""


class PgvectorListingIndex:
    """Implements `service.ports.ListingIndex`.

    What is found is read from the database; a process remembers numbers whose size does not grow
    with the listings, but for the stock of jobs it was asked for.
    """

    def __init__(self, database: Database, source: Source, *, writable: bool = True) -> None:
        """Use the index of the source's model, and make it if `writable`.

        Raises StorageError without pgvector, or where there is no index and none may be made.
        """
        self._database, self._store, self._model = database, source.store, source.model
        self._writable = writable
        self._tables = Tables(self._model)
        self._filler = Filler(database, self._tables, source)
        self._words = Words(self._tables)
        self._search = Search(self._tables, self._words)
        self._following, self._tidying = threading.Lock(), threading.Lock()
        self._seen: tuple[int, dict[str, IndexState]] = (-1, {})
        self._stocks: dict[tuple[str | None, date], tuple[int, float, Stock]] = {}
        self._kept_at = time.monotonic()
        if writable:
            self._tables.make(database, FEATURES)
        with database.read() as connection:
            if not self._tables.exist(connection):
                message = "The database has no index of this encoder yet: homeward serve makes it."
                raise StorageError(message)
            self._state = self._tables.state_of(connection)
        if writable and 0 < self._state.sequence < self._store.listing_changes_known_from():
            _log.warning("index is older than the removals still known, rebuilding")
            self._filler.start_over()

    @property
    def schema(self) -> str:
        """Where its tables are in the database."""
        return self._tables.name

    @property
    def state(self) -> IndexState:
        """See the port."""
        return _public(self._state, self._state.generation, self._state.private)

    def seen_by(self, viewer: str | None) -> IndexState:
        """See the port."""
        state = self._state
        if viewer is None or not (state.private or state.generation > state.public_changes):
            return _public(state, state.public_changes, 0)
        generation, known = self._seen
        if generation != state.generation or len(known) >= _MOST_VIEWERS:
            known = {}
        if viewer not in known:
            known = {**known, viewer: self._read_seen_by(state, viewer)}
            self._seen = (state.generation, known)
        return known[viewer]

    def _read_seen_by(self, state: State, viewer: str) -> IndexState:
        c, v = self._tables.listings.c, self._tables.views.c
        with self._database.read() as connection:
            theirs = connection.execute(
                sa.select(sa.func.count()).where(
                    c.row < 0, c.readers.contains(sa.literal([viewer], sa.ARRAY(sa.Text)))
                )
            ).scalar_one()
            changes = connection.execute(
                sa.select(v.changes).where(v.organisation_id == viewer)
            ).scalar()
        return _public(state, state.public_changes + (changes or 0), theirs)

    def pools(self, query: PoolQuery) -> list[Pool]:
        """See the port."""
        words = fold(query.words)
        with self._database.read() as connection:
            state = self._tables.state_of(connection)
            known = self._words.known(connection, state)
            found = self._search.found(connection, state, query, known, words)
            rows = np.unique(
                np.concatenate([part for one in found for part in (one.rows, one.candidates)])
            )
            columns = self._search.by_rows(connection, rows)
        lexical = known.cosines(words, columns.rows, columns.counts)
        chosen = [
            picked(ask, one, columns, lexical) for ask, one in zip(query.asks, found, strict=True)
        ]
        return self._pools(columns, lexical, chosen)

    def _pools(self, columns: Columns, lexical: Scores, chosen: Sequence[Rows]) -> list[Pool]:
        wanted = np.unique(np.concatenate([*chosen, np.zeros(0, np.int64)]))
        names = [columns.ids[at] for at in wanted.tolist()]
        # In a transaction of its own: a request never holds two connections.
        vectors = self._store.listing_vectors(names, self._model)
        return [_pool(columns, lexical, vectors, some, self._model.dimensions) for some in chosen]

    def grams(self, texts: Sequence[str]) -> list[Grams]:
        """See the port."""
        return grams_of([fold(text) for text in texts])

    def pool_of(self, listing_ids: Sequence[str], texts: ManyGrams | None = None) -> LexicalPool:
        """See the port."""
        texts = texts or ManyGrams.of([])
        with self._database.read() as connection:
            known = self._words.known(connection, self._tables.state_of(connection))
            columns = self._search.by_ids(connection, listing_ids)
        nothing = np.zeros(len(columns.ids), np.float32)
        pool = self._pools(columns, nothing, [np.arange(len(columns.ids))])[0]
        place = {name: at for at, name in enumerate(columns.ids)}
        rows = np.array([place[name] for name in pool.ids], np.int64)
        return LexicalPool(pool, _likeness(known, columns, rows, texts))

    def stock(self, day: date, viewer: str | None = None) -> Stock:
        """See the port."""
        state = self._state
        if not state.private:
            viewer = None
        known = self._stocks.get((viewer, day))
        if known is not None:
            generation, until, stock = known
            if generation == state.generation or time.monotonic() < until:
                return stock
        began = time.monotonic()
        stock = self._read_stock(day, viewer)
        took = time.monotonic() - began
        until = time.monotonic() + (_PATIENCE * took if took > _PATIENT_FROM_S else 0)
        kept = list(self._stocks.items())[-_MOST_STOCKS + 1 :]
        self._stocks = {**dict(kept), (viewer, day): (state.generation, until, stock)}
        return stock

    def _read_stock(self, day: date, viewer: str | None) -> Stock:
        c = self._tables.listings.c
        rule = Eligibility(kinds=frozenset({Kind.JOB}), valid_on=day, viewer=viewer)
        # One long value for each column, which numpy reads as it is: rows take ten times as long.
        packed = [
            sa.func.string_agg(sa.func.int4send(sa.cast(column, sa.Integer)), sa.literal(b""))
            for column in (c.country, c.isco, c.currency)
        ]
        wage = sa.func.string_agg(
            sa.func.float8send(sa.func.coalesce(c.wage, sa.cast("NaN", sa.Double))), sa.literal(b"")
        )
        rows = sa.select(*packed, wage).where(Rules(self._tables.listings).eligible(rule))
        with self._database.read() as connection:
            *found, wages = (one or b"" for one in connection.execute(rows).one())
        country, isco, currency = (np.frombuffer(one, ">i4").astype(np.int32) for one in found)
        countries, at_country = np.unique(country, return_inverse=True)
        currencies, at_currency = np.unique(currency, return_inverse=True)
        return Stock(
            countries=tuple(country_code(int(one)) for one in countries),
            country=at_country.astype(np.int32),
            occupation=isco,
            currencies=tuple(currency_code(int(one)) for one in currencies),
            currency=at_currency.astype(np.int32),
            wage=np.frombuffer(wages, ">f8").astype(np.float64),
        )

    def follow(self) -> int:
        """See the port."""
        with self._following:
            seen = 0
            while self._writable and self._store.listing_changes(self._state.sequence, 1):
                seen += self._filler.take_in()
                self._look()
            self._look()
            return seen

    def _look(self) -> None:
        with self._database.read() as connection:
            self._state = self._tables.state_of(connection)

    def tidy(self) -> None:
        """See the port: one process's turn at a time."""
        if not self._writable:
            return
        if time.monotonic() - self._kept_at > _KEPT_EVERY_S:
            self._tables.keep(self._database)
            self._kept_at = time.monotonic()
        if not self._due():
            return
        with self._tidying, self._database.turn(f"{self._tables.name} tidy") as mine:
            if not mine:
                return
            rows = self._state.public + self._state.private
            if not self._state.graph and rows >= EXACT_BELOW:
                self._tables.build_graph(self._database, rows)
            while self._close():
                self._look()
            self._look()

    def _due(self) -> bool:
        state = self._state
        return (not state.graph and state.public + state.private >= EXACT_BELOW) or any(
            self._words.due(last - closed)
            for last, closed in (
                (state.last_public, state.closed_public),
                (state.last_private, state.closed_private),
            )
        )

    def _close(self) -> bool:
        with self._database.beside(self._tables.name) as connection:
            return self._words.close(connection, self._tables.state_of(connection))

    def close(self) -> None:
        """Nothing is left to be saved."""


def _public(state: State, generation: int, private: int) -> IndexState:
    return IndexState(generation=generation, listings=state.public + private)


def _pool(
    columns: Columns,
    lexical: Scores,
    vectors: Mapping[str, ListingVectors],
    chosen: Rows,
    dimensions: int,
) -> Pool:
    # Without vectors: what has been deleted, or is to be encoded anew.
    rows = [at for at in chosen.tolist() if columns.ids[at] in vectors]
    if not rows:
        return joined([], dimensions)
    made = [vectors[columns.ids[at]] for at in rows]
    sizes = [len(one.requirements) for one in made]
    return Pool(
        ids=tuple(columns.ids[at] for at in rows),
        whole=np.stack([one.whole for one in made]),
        occupation=columns.isco[rows],
        kind=columns.kind[rows],
        lexical=lexical[rows],
        requirements=np.concatenate([one.requirements for one in made]),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        countries=tuple(country_code(one) for one in columns.country[rows].tolist()),
        assesses=columns.assesses[rows],
    )


def _likeness(known: Known, columns: Columns, rows: Rows, texts: ManyGrams) -> Scores:
    found = np.zeros((len(texts), len(rows)), np.float32)
    for private in (False, True):
        here = np.flatnonzero((columns.rows[rows] < 0) == private)
        if len(here):
            lexicon = known.lexicon(private=private)
            found[:, here] = lexicon.cosines(texts, columns.counts, rows[here])
    return found
