"""Approximate search against exact search, with filters that are spread and that cluster."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from service.adapters.vectors.facets import Facets
from service.adapters.vectors.graph import Graph
from service.adapters.vectors.repeated import SharedVectors
from service.adapters.vectors.segment import GRAPH_FROM, Segment
from service.adapters.vectors.wordings import Wordings
from service.domain.listing import StoredListing
from tests.contracts.examples import job, unit_rows

SIZE: Final = 25_000
CLUSTERS: Final = 250
QUERIES: Final = 60
NEAREST: Final = 50
_NOW = datetime(2026, 1, 1, tzinfo=UTC)

Mask = npt.NDArray[np.bool_]


class Corpus:
    """Vectors that lie in clusters, as those of texts do, in one segment with a graph."""

    def __init__(self) -> None:
        """Draw the clusters, the rows and the queries, and build the segment."""
        draw = np.random.default_rng(7)
        centres = unit_rows(draw, CLUSTERS, 384)
        self.cluster = draw.integers(0, CLUSTERS, SIZE + QUERIES)
        rows = centres[self.cluster]
        rows += draw.standard_normal(rows.shape, dtype=np.float32) * np.float32(0.8 / 384**0.5)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.vectors = rows[:SIZE]
        self.queries = rows[SIZE:]
        self.cluster = self.cluster[:SIZE]
        self.cosines = self.queries @ self.vectors.T
        listing = StoredListing("lst", "home", "board", "1", 1, _NOW, _NOW, job("cook"))
        self.segment = Segment.assemble(
            ids=tuple(f"{row}" for row in range(SIZE)),
            facets=Facets.joined([(Facets.of([listing]), np.zeros(SIZE, np.int64))]),
            whole=[self.vectors],
            requirements=SharedVectors.of([np.zeros((0, 384))] * SIZE, 384),
            wordings=Wordings.of(["cook"] * SIZE),
        )

    def mask(self, share: float, *, spread: bool) -> Mask:
        """Return a filter that keeps `share` of the rows, anywhere or as whole clusters."""
        if spread:
            kept: Mask = np.random.default_rng(1).random(SIZE) < share
            return kept
        return self.cluster < CLUSTERS * share

    def exact(self, query: int, eligible: Mask) -> set[int]:
        """Return the nearest eligible rows by brute force."""
        cosines = np.where(eligible, self.cosines[query], -2)
        return set(np.argpartition(-cosines, NEAREST)[:NEAREST].tolist())


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """One corpus, built once: some seconds."""
    return Corpus()


FILTERS = [(1.0, True), (0.3, True), (0.3, False), (0.08, True), (0.08, False)]


@pytest.mark.parametrize(("share", "spread"), FILTERS)
def test_a_filtered_search_finds_what_exact_search_finds(
    corpus: Corpus,
    share: float,
    spread: bool,  # noqa: FBT001
) -> None:
    """At least 95 of 100 nearest neighbours are found, and only eligible ones."""
    assert corpus.segment.graph is not None
    eligible = corpus.mask(share, spread=spread)
    hits = 0
    for query in range(QUERIES):
        rows = corpus.segment.nearest(corpus.queries[[query]], [NEAREST], eligible)
        assert len(rows) == NEAREST
        assert eligible[rows].all()
        hits += len(corpus.exact(query, eligible) & set(rows.tolist()))
    assert hits / (QUERIES * NEAREST) >= 0.95


@pytest.mark.parametrize("spread", [True, False])
def test_the_graph_alone_bears_the_narrowest_filter_it_gets(corpus: Corpus, spread: bool) -> None:  # noqa: FBT001
    """With one row in eight eligible, the walk itself still reaches 95%."""
    assert corpus.segment.graph is not None
    eligible = corpus.mask(1 / 8, spread=spread)
    found = corpus.segment.graph.search(corpus.queries, NEAREST, eligible)
    hits = sum(
        len(corpus.exact(query, eligible) & set(rows.tolist())) for query, rows in enumerate(found)
    )
    assert eligible[found[found >= 0]].all()
    assert hits / (QUERIES * NEAREST) >= 0.95


def test_fewer_eligible_rows_than_wanted_are_all_found(corpus: Corpus) -> None:
    """A graph asked for more than there is gives what there is and -1 for the rest."""
    graph = Graph.build([corpus.vectors[:500]])
    eligible = np.zeros(500, np.bool_)
    eligible[[3, 77, 400]] = True
    (rows,) = graph.search(corpus.queries[:1], 10, eligible)
    assert set(rows.tolist()) == {3, 77, 400, -1}
    (rows,) = graph.search(corpus.queries[:1], 10, np.zeros(500, np.bool_))
    assert set(rows.tolist()) == {-1}


def test_small_segments_carry_no_graph(corpus: Corpus) -> None:
    """The corpus above is large enough for a graph, and one row less than needed has none."""
    assert SIZE >= GRAPH_FROM
    few = np.zeros(SIZE, np.bool_)
    few[: GRAPH_FROM - 2] = True
    one = np.zeros(SIZE, np.bool_)
    one[-1] = True
    assert corpus.segment.merged(few, corpus.segment, one).graph is None
