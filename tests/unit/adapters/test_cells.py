"""Approximate search against exact search, with filters that are spread and that cluster."""

from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pytest

from service.adapters.vectors import cells
from service.adapters.vectors.cells import Cells
from service.adapters.vectors.facets import Facets
from service.adapters.vectors.repeated import SharedVectors
from service.adapters.vectors.segment import CELLS_FROM, Segment
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
    """Vectors that lie in clusters, as those of texts do, in one segment with cells.

    They differ along some axes more than others, as texts about work do: 0.93 of it along 192.
    """

    def __init__(self) -> None:
        """Draw the clusters, the rows and the queries, and build the segment."""
        draw = np.random.default_rng(7)
        fall = (1 + np.arange(384, dtype=np.float32)) ** -0.5
        centres = unit_rows(draw, CLUSTERS, 384) * fall
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        self.cluster = draw.integers(0, CLUSTERS, SIZE + QUERIES)
        rows = centres[self.cluster]
        apart = draw.standard_normal(rows.shape, dtype=np.float32) * fall
        rows += 0.8 * apart / np.linalg.norm(apart, axis=1, keepdims=True)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        self.vectors = rows[:SIZE]
        self.queries = rows[SIZE:]
        self.cluster = self.cluster[:SIZE]
        self.cosines = self.queries @ self.vectors.T
        listing = StoredListing("lst", "home", "board", "1", 1, _NOW, _NOW, job("cook"))
        self.segment = Segment.assemble(
            ids=tuple(f"{row}" for row in range(SIZE)),
            facets=Facets.joined([(Facets.of([listing]), np.zeros(SIZE, np.int64))]),
            whole=self.vectors.astype(np.float16),
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
    """At least 99 of 100 nearest neighbours are found, and only eligible ones."""
    assert corpus.segment.cells is not None
    eligible = corpus.mask(share, spread=spread)
    hits = 0
    for query in range(QUERIES):
        rows = corpus.segment.nearest(corpus.queries[[query]], [NEAREST], eligible)
        assert len(rows) == NEAREST
        assert eligible[rows].all()
        hits += len(corpus.exact(query, eligible) & set(rows.tolist()))
    assert hits / (QUERIES * NEAREST) >= 0.99


@pytest.mark.parametrize("spread", [True, False])
def test_the_cells_that_lie_near_are_enough(
    corpus: Corpus,
    monkeypatch: pytest.MonkeyPatch,
    spread: bool,  # noqa: FBT001
) -> None:
    """With a quarter looked at, wherever the eligible ones lie, the nearest are still found."""
    monkeypatch.setattr(cells, "_LOOKED_AT", 2500)
    monkeypatch.setattr(cells, "_FOR_EACH", 0)
    made = corpus.segment.cells
    assert made is not None
    eligible = corpus.mask(0.4, spread=spread)
    hits = 0
    for query in range(QUERIES):
        rows = made.worth_a_look(corpus.queries[[query]], [NEAREST], eligible)
        assert eligible[rows].all()
        assert np.array_equal(rows, np.unique(rows))
        # As many as lie in the query's own cluster.
        nearest = np.argsort(-np.where(eligible, corpus.cosines[query], -2))[:10]
        hits += len(np.intersect1d(nearest, rows))
    assert hits / (QUERIES * 10) >= 0.9


def test_every_row_lies_in_one_cell(corpus: Corpus) -> None:
    """Also where many vectors are one and the same, or there is nothing in them."""
    vectors = np.concatenate([corpus.vectors[:3000], np.zeros((500, 384)), corpus.vectors[:1]])
    vectors = np.concatenate([vectors, np.repeat(corpus.vectors[:1], 4000, axis=0)])
    made = Cells.of(vectors.astype(np.float16))
    assert sorted(made.rows.tolist()) == list(range(len(vectors)))
    everybody = np.ones(len(vectors), np.bool_)
    rows = made.worth_a_look(corpus.queries[:2], [10, 20], everybody)
    for query, k in ((0, 10), (1, 20)):
        cosines = vectors @ corpus.queries[query]
        assert np.sort(cosines[rows])[-k:] == pytest.approx(np.sort(cosines)[-k:], abs=2e-3)


def test_fewer_eligible_rows_than_wanted_are_all_found(corpus: Corpus) -> None:
    """A search for more than there is gives what there is."""
    eligible = np.zeros(SIZE, np.bool_)
    assert corpus.segment.nearest(corpus.queries[:1], [10], eligible).tolist() == []
    eligible[[3, 77, 400]] = True
    assert corpus.segment.nearest(corpus.queries[:1], [10], eligible).tolist() == [3, 77, 400]


def test_small_segments_have_no_cells(corpus: Corpus) -> None:
    """The corpus above is large enough for cells, and one row less than needed has none."""
    assert SIZE >= CELLS_FROM
    few = np.zeros(SIZE, np.bool_)
    few[: CELLS_FROM - 2] = True
    one = np.zeros(SIZE, np.bool_)
    one[-1] = True
    assert corpus.segment.merged(few, corpus.segment, one).cells is None
