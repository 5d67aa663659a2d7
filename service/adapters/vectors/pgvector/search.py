"""One search: which listings come near, with the rules in the WHERE."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import sqlalchemy as sa

from service.adapters.vectors.local import shares
from service.adapters.vectors.pgvector.eligible import Condition, Rules
from service.adapters.vectors.pgvector.refused import Refused, RefusedRows
from service.adapters.vectors.pgvector.tables import HalfVector, State, Tables, written
from service.adapters.vectors.pgvector.words import Known, Rows, Words, unpacked_counts
from service.adapters.vectors.wordings import top
from service.domain.pool import Ask, PoolQuery

EXACT_BELOW: Final = 12_000
"""About so many eligible listings are all looked at: thirteen vectors then take as long as one by
one through the graph, and nothing is missed."""
_SAMPLED: Final = 2_000
_WALKED: Final = 200
"""Listings that a walk brings for all asks at once; whoever lacks some then walks alone."""
_WIDTH, _FILTERED_WIDTH = 240, 400
_MOST_WALKED: Final = 60_000
_CANDIDATES: Final = 2_000
_MOST_CANDIDATES: Final = 30_000
_WALKING: Final = (
    "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
    " SET LOCAL enable_sort = off; SET LOCAL hnsw.iterative_scan = relaxed_order;"
    f" SET LOCAL hnsw.max_scan_tuples = {_MOST_WALKED}; SET LOCAL hnsw.ef_search = {{}}"
)
_LOOKING: Final = (
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_sort = on;"
    " SET LOCAL enable_indexscan = on; SET LOCAL jit = off; SET LOCAL work_mem = '64MB';"
    # What is asked for decides on the plan, and long lists are hashed only where they are known.
    " SET LOCAL plan_cache_mode = force_custom_plan"
)
_NO_ROWS: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Found:
    """What one ask brought: rows near in meaning, and rows that may be near in words."""

    rows: Rows
    candidates: Rows


@dataclass(frozen=True, slots=True)
class Columns:
    """Listings as columns, n of them in the order of their rows. lexical: (n,) exact cosines."""

    rows: Rows
    ids: tuple[str, ...]
    kind: npt.NDArray[np.int8]
    country: npt.NDArray[np.int16]
    isco: npt.NDArray[np.int32]
    assesses: npt.NDArray[np.bool_]
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    counts: sp.csr_matrix


class Search:
    """Searches the tables of one index, within a transaction."""

    def __init__(self, tables: Tables, words: Words) -> None:
        """Search these."""
        self._t = tables
        self._words = words
        self._refused = Refused(tables)

    def found(
        self, connection: sa.Connection, state: State, query: PoolQuery, known: Known, words: str
    ) -> list[Found]:
        """Return for each ask what comes near. words: folded."""
        connection.exec_driver_sql(_LOOKING)
        refused = self._refused.by(connection, state, query.asks)
        rules = [Rules(self._t.listings, refused).asked(ask) for ask in query.asks]
        eligible = self._how_many(connection, state, query.asks, refused)
        near = self._words.near(connection, known, words)
        exact: dict[int, tuple[Rows, Rows]] = {}
        for at, (ask, rule) in enumerate(zip(query.asks, rules, strict=True)):
            if rule is not None and (not state.graph or eligible[at] < EXACT_BELOW):
                exact[at] = self._all_looked_at(connection, query, ask, rule)
        walking = [at for at, rule in enumerate(rules) if rule is not None and at not in exact]
        passed = self._candidates(
            connection,
            state,
            near[0],
            [(query.asks[at].size, rules[at], eligible[at]) for at in walking],
        )
        walked = self._walked(connection, query, [(query.asks[at], rules[at]) for at in walking])
        found = []
        for at, ask in enumerate(query.asks):
            if at in exact:
                rows, all_of_them = exact[at]
                some = near[0][np.isin(near[0], all_of_them)]
                found.append(Found(rows, some[: 2 * ask.size]))
            elif at in walking:
                found.append(Found(walked[walking.index(at)], passed[walking.index(at)]))
            else:
                found.append(Found(_NO_ROWS, _NO_ROWS))
        return found

    def _how_many(
        self, connection: sa.Connection, state: State, asks: Sequence[Ask], refused: RefusedRows
    ) -> list[float]:
        """Return about how many listings each ask lets through, judged by some of them."""
        total = state.public + state.private
        if not state.graph or total <= EXACT_BELOW:
            return [0.0] * len(asks)
        share = min(100.0, 100 * _SAMPLED / total)
        some = sa.tablesample(self._t.listings, sa.func.system(share))
        rules = [Rules(some, refused).asked(ask) for ask in asks]
        counts = [sa.literal(0) if rule is None else sa.func.count().filter(rule) for rule in rules]
        row = connection.execute(sa.select(sa.func.count(), *counts).select_from(some)).one()
        return [total * count / max(row[0], 1) for count in row[1:]]

    def _asked(self, query: PoolQuery, wanted: Sequence[int], rows: Sequence[int]) -> Any:  # noqa: ANN401
        written_ones = sa.literal(written(query.vectors[list(rows)]), sa.ARRAY(sa.Text))
        # Here and not where they are compared: that would read their digits for every listing.
        vectors = sa.cast(written_ones, sa.ARRAY(HalfVector()))
        texts = sa.func.unnest(
            vectors, sa.literal([wanted[at] for at in rows], sa.ARRAY(sa.Integer))
        )
        return texts.table_valued(
            sa.column("v", HalfVector()), sa.column("k", sa.Integer), with_ordinality="n"
        ).render_derived(name="q")

    def _all_looked_at(
        self, connection: sa.Connection, query: PoolQuery, ask: Ask, rule: Condition
    ) -> tuple[Rows, Rows]:
        """Return the nearest of all that are eligible, and all of these."""
        c, wanted = self._t.listings.c, shares(ask.size, len(query.vectors))
        e = sa.select(c.row, c.whole).where(rule).cte("e").prefix_with("MATERIALIZED")
        q = self._asked(query, wanted, range(len(wanted)))
        near = sa.select(e.c.row).order_by(_distance(e.c.whole, q.c.v)).limit(q.c.k).lateral("near")
        best = sa.select(sa.func.array_agg(near.c.row.distinct())).select_from(
            q.join(near, sa.true())
        )
        both = sa.select(
            best.scalar_subquery(), sa.select(sa.func.array_agg(e.c.row)).scalar_subquery()
        )
        rows, all_of_them = connection.execute(both).one()
        return np.array(rows or [], np.int64), np.array(all_of_them or [], np.int64)

    def _walked(
        self,
        connection: sa.Connection,
        query: PoolQuery,
        asks: Sequence[tuple[Ask, Condition | None]],
    ) -> list[Rows]:
        """Walk once for all asks, then for each once more from where it lacks some."""
        if len(asks) <= 1:
            return [
                self._walked_alone(connection, query, ask, range(len(query.vectors)))
                for ask in asks
            ]
        c = self._t.listings.c
        connection.exec_driver_sql(_WALKING.format(_WIDTH))
        q = self._asked(query, [_WALKED] * len(query.vectors), range(len(query.vectors)))
        passes = [rule.label(f"a{at}") for at, (_, rule) in enumerate(asks) if rule is not None]
        distance = _distance(c.whole, q.c.v)
        line = sa.select(c.row, distance.label("far"), *passes).order_by(distance).limit(q.c.k)
        near = line.lateral("near")
        columns = [near.c[f"a{at}"] for at in range(len(asks))]
        wide = sa.select(q.c.n, near.c.row, near.c.far, *columns).select_from(
            q.join(near, sa.true())
        )
        got = connection.execute(wide).all()
        which = np.array([row[0] for row in got], np.int64) - 1
        rows, far = np.array([row[1] for row in got], np.int64), np.array([row[2] for row in got])
        found = []
        for at, (ask, rule) in enumerate(asks):
            kept = np.array([row[3 + at] for row in got], np.bool_)
            wanted, parts, lacking = shares(ask.size, len(query.vectors)), [], []
            for vector, k in enumerate(wanted):
                here = np.flatnonzero(kept & (which == vector))
                if len(here) >= k:
                    parts.append(rows[here[np.argsort(far[here])[:k]]])
                else:
                    lacking.append(vector)
            if lacking:
                parts.append(self._walked_alone(connection, query, (ask, rule), lacking))
            found.append(np.unique(np.concatenate(parts)))
        return found

    def _walked_alone(
        self,
        connection: sa.Connection,
        query: PoolQuery,
        asked: tuple[Ask, Condition | None],
        vectors: Sequence[int],
    ) -> Rows:
        ask, rule = asked
        c, wanted = self._t.listings.c, shares(ask.size, len(query.vectors))
        connection.exec_driver_sql(_WALKING.format(_FILTERED_WIDTH))
        q = self._asked(query, wanted, vectors)
        near = (
            sa.select(c.row)
            .where(rule if rule is not None else sa.false())
            .order_by(_distance(c.whole, q.c.v))
            .limit(q.c.k)
            .lateral("near")
        )
        found = connection.execute(sa.select(near.c.row).select_from(q.join(near, sa.true())))
        return np.array(found.scalars().all(), np.int64)

    def _candidates(
        self,
        connection: sa.Connection,
        state: State,
        near: Rows,
        asks: Sequence[tuple[int, Condition | None, float]],
    ) -> list[Rows]:
        """Return for each ask the first that it lets through, twice as many as are wanted."""
        if not asks or not len(near):
            return [_NO_ROWS] * len(asks)
        total = state.public + state.private
        worst = max(2 * size * total / max(many, 1) for size, _, many in asks)
        some = near[: int(min(_MOST_CANDIDATES, max(_CANDIDATES, 2 * worst)))]
        c = self._t.listings.c
        passes = [rule.label(f"a{at}") for at, (_, rule, _) in enumerate(asks) if rule is not None]
        here = c.row == sa.any_(sa.literal(some.tolist(), sa.ARRAY(sa.BigInteger)))
        got = connection.execute(sa.select(c.row, *passes).where(here)).all()
        found = []
        for at, (size, _, _) in enumerate(asks):
            passing = np.array([row[0] for row in got if row[1 + at]], np.int64)
            found.append(some[np.isin(some, passing)][: 2 * size])
        return found

    def columns(self, connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> Columns:
        """Read listings, in the order of their rows."""
        c = self._t.listings.c
        got = connection.execute(
            sa.select(
                c.row,
                c.listing_id,
                c.kind,
                c.country,
                c.isco,
                c.assesses,
                c.lat,
                c.lon,
                c.spread,
                c.counts,
            )
            .where(wanted)
            .order_by(c.row)
        ).all()
        line = list(zip(*got, strict=True)) if got else [()] * 10
        return Columns(
            rows=np.array(line[0], np.int64),
            ids=tuple(line[1]),
            kind=np.array(line[2], np.int8),
            country=np.array(line[3], np.int16),
            isco=np.array(line[4], np.int32),
            assesses=np.array(line[5], np.bool_),
            lat=np.array(line[6], np.float64),
            lon=np.array(line[7], np.float64),
            spread=np.array(line[8], np.float64),
            counts=unpacked_counts(line[9]),
        )

    def by_rows(self, connection: sa.Connection, rows: Rows) -> Columns:
        """Read listings by their rows."""
        wanted = sa.literal(rows.tolist(), sa.ARRAY(sa.BigInteger))
        return self.columns(connection, self._t.listings.c.row == sa.any_(wanted))

    def by_ids(self, connection: sa.Connection, ids: Sequence[str]) -> Columns:
        """Read listings by their ids, those that are there."""
        wanted = sa.literal(list(ids), sa.ARRAY(sa.Text))
        return self.columns(connection, self._t.listings.c.listing_id == sa.any_(wanted))


def picked(ask: Ask, found: Found, columns: Columns, lexical: npt.NDArray[np.float32]) -> Rows:
    """Return which of the columns are an ask's pool: the near ones, and the best in words."""
    candidates = np.flatnonzero(np.isin(columns.rows, found.candidates) & (lexical > 0))
    best = candidates[top(lexical[candidates], ask.size)]
    near = np.flatnonzero(np.isin(columns.rows, found.rows))
    both: Rows = np.union1d(near, best).astype(np.int64)
    within = ask.eligible.within
    if within is not None:
        beyond = within.surely_beyond(columns.lat[both], columns.lon[both], columns.spread[both])
        both = both[~beyond]
    return both


def _distance(
    whole: sa.ColumnElement[Any], other: sa.ColumnElement[Any]
) -> sa.ColumnElement[float]:
    # Vectors are of unit length: the inner product is the cosine, also of one that is all noughts.
    return whole.op("<#>", return_type=sa.Double())(other)
