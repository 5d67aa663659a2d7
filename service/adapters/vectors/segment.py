"""One immutable part of the index: columns, vectors, n-grams and, when large, a graph."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.coarse import Coarse
from service.adapters.vectors.facets import STATED, Facets, ReadOff
from service.adapters.vectors.graph import Graph
from service.adapters.vectors.repeated import Rows, SharedVectors
from service.adapters.vectors.wordings import Wordings, top
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors
from service.domain.listing import StoredListing
from service.domain.pool import ListingVectors

GRAPH_FROM: Final = 20_000
"""Rows from which a segment carries an HNSW graph; below, exact search is as fast."""
_EXACT_BELOW: Final = 6_000
_EXACT_SHARE: Final = 8
"""Less than one row in this many eligible: the graph would walk further than a look at each."""
_LOOKED_AT_WHOLE: Final = 2_000
"""As many eligible rows are compared as a whole; of more, those that come near along some axes."""
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Segment:
    """The columns of n listings.

    whole: (n, d) float32; half floats, and the graph's own, where there is one.
    """

    ids: tuple[str, ...]
    row_of: dict[str, int]
    facets: Facets
    whole: npt.NDArray[Any]
    requirements: SharedVectors
    wordings: Wordings
    graph: Graph | None
    coarse: Coarse | None

    @classmethod
    def of(
        cls,
        listings: Sequence[StoredListing],
        vectors: Sequence[ListingVectors],
        words: Sequence[str],
        read_off: ReadOff = STATED,
    ) -> "Segment":
        """Build a segment from listings, their vectors and folded words, in the same order."""
        whole = np.stack([made.whole for made in vectors]).astype(np.float32)
        return cls.assemble(
            ids=tuple(stored.id for stored in listings),
            facets=Facets.of(listings, read_off),
            whole=[whole],
            requirements=SharedVectors.of([made.requirements for made in vectors], whole.shape[1]),
            wordings=Wordings.of(words),
        )

    @classmethod
    def assemble(  # noqa: PLR0913 - the columns of the class itself
        cls,
        *,
        ids: tuple[str, ...],
        facets: Facets,
        whole: Iterable[npt.NDArray[Any]],
        requirements: SharedVectors,
        wordings: Wordings,
        graph: Graph | None = None,
        coarse: Coarse | None = None,
    ) -> "Segment":
        """Derive what is not given: row numbers and, when large, the graph.

        whole: in blocks, one where no graph is built; not looked at beside one, which has them.
        """
        if graph is None and len(ids) >= GRAPH_FROM:
            graph = Graph.build(whole)
        if graph is not None:
            held: npt.NDArray[Any] = graph.vectors
            coarse = coarse or Coarse.of(graph.vectors)
        else:
            (held,) = whole
        return cls(
            ids=ids,
            row_of={listing_id: row for row, listing_id in enumerate(ids)},
            facets=facets,
            whole=held,
            requirements=requirements,
            wordings=wordings,
            graph=graph,
            coarse=coarse,
        )

    def __len__(self) -> int:
        """Return the number of listings, dead ones included."""
        return len(self.ids)

    def merged(self, alive: Mask, other: "Segment", other_alive: Mask) -> "Segment":
        """Return one segment of the living rows of both."""
        return Segment.joined([(self, alive), (other, other_alive)])

    @classmethod
    def joined(cls, parts: Sequence[tuple["Segment", Mask]]) -> "Segment":
        """Return one segment of the living rows of all, one part after the other."""
        kept = [(one, np.flatnonzero(alive)) for one, alive in parts]
        large = sum(len(rows) for _, rows in kept) >= GRAPH_FROM
        blocks = (
            one.whole[rows[start : start + _AT_ONCE]].astype(np.float32)
            for one, rows in kept
            for start in range(0, len(rows), _AT_ONCE)
        )
        return cls.assemble(
            ids=tuple(one.ids[row] for one, rows in kept for row in rows.tolist()),
            facets=Facets.joined([(one.facets, rows) for one, rows in kept]),
            whole=blocks if large else [np.concatenate([*blocks])],
            requirements=SharedVectors.joined([(one.requirements, rows) for one, rows in kept]),
            wordings=Wordings.joined([(one.wordings, rows) for one, rows in kept]),
        )

    def nearest(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> Rows:
        """Return the union, for each query, of its `wanted` nearest eligible rows."""
        rows = np.flatnonzero(eligible)
        if len(rows) == 0:
            return rows
        if self.graph is not None:
            if len(rows) >= max(_EXACT_BELOW, len(self) // _EXACT_SHARE):
                return self._walked(self.graph, queries, wanted, eligible)
            if self.coarse is not None and len(rows) > _LOOKED_AT_WHOLE:
                rows = self.coarse.worth_a_look(queries, wanted, rows)
        if self.graph is None and len(rows) * 3 > len(self):
            similarity = (queries @ self.whole.T)[:, rows]
        else:
            similarity = queries @ self.whole[rows].astype(np.float32, copy=False).T
        found = [top(line, k) for line, k in zip(similarity, wanted, strict=True)]
        return rows[np.unique(np.concatenate(found))]

    def _walked(
        self, graph: Graph, queries: Vectors, wanted: Sequence[int], eligible: Mask
    ) -> Rows:
        # Apart by how many are wanted: a phrase's ten need no walk as wide as a text's hundred.
        lines = [
            graph.search(queries[np.equal(wanted, k)], k, eligible).ravel()
            for k in dict.fromkeys(wanted)
        ]
        unique: Rows = np.unique(np.concatenate(lines))
        return unique[unique >= 0]
