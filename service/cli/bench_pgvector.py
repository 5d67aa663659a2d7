"""pgvector beside the other floors: its bare search, and what its index finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from typing import Final

import numpy as np
import sqlalchemy as sa

from service.adapters.store.postgres import PostgresDatabase, ServerUrl
from service.adapters.vectors.facets import country_code, currency_code
from service.adapters.vectors.pgvector.filling import Source
from service.adapters.vectors.pgvector.index import PgvectorListingIndex
from service.adapters.vectors.pgvector.tables import written
from service.cli.bench_turns import Timed
from service.cli.bench_txtai import BEST
from service.cli.bench_within import RECALLED, Floor
from service.domain.eligibility import Eligibility, WageFloor
from service.domain.embedding import Vectors
from service.domain.person import MinWage
from service.domain.pool import Ask, PoolQuery
from service.ports import Tools

_WIDTH: Final = 200
_BARE: Final = "SELECT row FROM {}.listings ORDER BY whole <#> CAST(:v AS halfvec) LIMIT :k"


class Pgvector:
    """The listings of a floor in a database, and what is asked of them there."""

    def __init__(self, database: PostgresDatabase, tools: Tools, floor: Floor) -> None:
        """Fill the index of the tools' model, which may have been there before."""
        self._database, self._floor = database, floor
        self._index = PgvectorListingIndex(database, Source(tools.store, tools.encoder.model))
        self._index.follow()
        self._index.tidy()

    @classmethod
    @contextmanager
    def filled(cls, url: str, tools: Tools, floor: Floor) -> Iterator["Pgvector"]:
        """Open a database that is empty, or was used for this before; leave the index there."""
        database = PostgresDatabase(ServerUrl(url, "--database"))
        try:
            yield cls(database, tools, floor)
        finally:
            database.close()

    def alone(self) -> Timed:
        """Find the ten nearest of one vector in the graph, in plain SQL."""
        texts = cycle(written(self._floor.asked()))
        return Timed("pgvector", (partial(self._bare, one) for one in texts))

    def _bare(self, vector: str) -> None:
        with self._database.read() as connection:
            connection.exec_driver_sql(f"SET LOCAL hnsw.ef_search = {_WIDTH}")
            bare = sa.text(_BARE.format(self._index.schema))
            connection.execute(bare, {"v": vector, "k": BEST}).all()

    def recall(self) -> dict[str, float]:
        """Return the share of the 50 nearest that are found: of all, and under two filters.

        few: about one listing in a hundred, in one country and paid the most in its currency.
        """
        return {
            f"pgvector, {name}": round(
                float(np.mean([self._found(one, rule) for one in self._floor.asked()])), 4
            )
            for name, rule in self._rules().items()
        }

    def _rules(self) -> dict[str, Eligibility]:
        facets = self._floor.facets
        country = int(np.bincount(facets.country[facets.country >= 0]).argmax())
        home = facets.country == country
        currency = int(np.bincount(facets.currency[home & (facets.currency >= 0)]).argmax())
        wages = np.sort(facets.wage[home & (facets.currency == currency)])[::-1]
        least = float(wages[min(len(wages) - 1, len(facets) // 100)])
        code = currency_code(currency)
        few = WageFloor(MinWage(least, code), {code: least}, known_only=True)
        there = frozenset({country_code(country)})
        return {
            "all": Eligibility(),
            "country": Eligibility(countries=there),
            "few": Eligibility(countries=there, filter_wage=few),
        }

    def _found(self, vector: Vectors, rule: Eligibility) -> float:
        best = self._floor.nearest_cosines(vector, rule, RECALLED)
        if not len(best):
            return 1.0
        query = PoolQuery(vector[None], "", (Ask(rule, RECALLED),))
        pool = self._index.pools(query)[0]
        # By cosine, not by row: of two alike either will do. Half floats round the last digits.
        return float((pool.whole @ vector >= best[-1] - 1e-3).sum()) / len(best)
