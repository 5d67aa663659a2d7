"""One immutable part of the index: columns, vectors, n-grams and, when large, a graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.adapters.vectors.facets import STATED, Facets, ReadOff
from service.adapters.vectors.graph import Graph
from service.adapters.vectors.lexical import Lexicon, count
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors
from service.domain.listing import StoredListing
from service.domain.pool import ListingVectors

Rows = npt.NDArray[np.int64]

GRAPH_FROM: Final = 20_000
"""Rows from which a segment carries an HNSW graph; below, exact search is as fast."""
_EXACT_BELOW: Final = 6_000
_EXACT_SHARE: Final = 8
"""Less than one row in this many eligible: the graph would walk further than exact search."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Segment:
    """The columns of n listings.

    whole: (n, d) float32. requirements: (r, d) float16, those of listing i in rows
    starts[i]..starts[i + 1]. counts: (n, features) raw n-gram counts.
    """

    ids: tuple[str, ...]
    row_of: dict[str, int]
    facets: Facets
    whole: Vectors
    requirements: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]
    counts: sp.csr_matrix
    lexicon: Lexicon
    graph: Graph | None

    @classmethod
    def of(
        cls,
        listings: Sequence[StoredListing],
        vectors: Sequence[ListingVectors],
        words: Sequence[str],
        read_off: ReadOff = STATED,
    ) -> "Segment":
        """Build a segment from listings, their vectors and folded words, in the same order."""
        sizes = [len(made.requirements) for made in vectors]
        return cls.assemble(
            ids=tuple(stored.id for stored in listings),
            facets=Facets.of(listings, read_off),
            whole=np.stack([made.whole for made in vectors]).astype(np.float32),
            requirements=np.concatenate([made.requirements for made in vectors]).astype(np.float16),
            starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            counts=count(words),
        )

    @classmethod
    def assemble(  # noqa: PLR0913 - the columns of the class itself
        cls,
        *,
        ids: tuple[str, ...],
        facets: Facets,
        whole: Vectors,
        requirements: npt.NDArray[np.float16],
        starts: npt.NDArray[np.int64],
        counts: sp.csr_matrix,
        lexicon: Lexicon | None = None,
        graph: Graph | None = None,
    ) -> "Segment":
        """Derive what is not given: row numbers, lexical weights and, when large, the graph."""
        if graph is None and len(ids) >= GRAPH_FROM:
            graph = Graph.build(whole)
        return cls(
            ids=ids,
            row_of={listing_id: row for row, listing_id in enumerate(ids)},
            facets=facets,
            whole=whole,
            requirements=requirements,
            starts=starts,
            counts=counts,
            lexicon=lexicon or Lexicon.of(counts),
            graph=graph,
        )

    def __len__(self) -> int:
        """Return the number of listings, dead ones included."""
        return len(self.ids)

    def merged(self, alive: Mask, other: "Segment", other_alive: Mask) -> "Segment":
        """Return one segment of the living rows of both."""
        a, b = np.flatnonzero(alive), np.flatnonzero(other_alive)
        requirements_a, sizes_a = self.requirements_of(a)
        requirements_b, sizes_b = other.requirements_of(b)
        return Segment.assemble(
            ids=(*(self.ids[row] for row in a), *(other.ids[row] for row in b)),
            facets=self.facets.taken(a).joined(other.facets.taken(b)),
            whole=np.concatenate([self.whole[a], other.whole[b]]),
            requirements=np.concatenate([requirements_a, requirements_b]),
            starts=np.concatenate([[0], np.cumsum(np.concatenate([sizes_a, sizes_b]))]),
            counts=sp.csr_matrix(sp.vstack([self.counts[a], other.counts[b]])),
        )

    def requirements_of(self, rows: Rows) -> tuple[npt.NDArray[np.float16], Rows]:
        """Return the requirement vectors of these rows, one after the other, and how many each."""
        sizes = self.starts[rows + 1] - self.starts[rows]
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        flat = np.arange(int(sizes.sum())) + np.repeat(self.starts[rows] - first, sizes)
        return self.requirements[flat], sizes

    def nearest(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> Rows:
        """Return the union, for each query, of its `wanted` nearest eligible rows."""
        rows = np.flatnonzero(eligible)
        if len(rows) == 0:
            return rows
        enough = max(_EXACT_BELOW, len(self) // _EXACT_SHARE)
        if self.graph is not None and len(rows) >= enough:
            # Apart by how many are wanted: a phrase's ten need no walk as wide as a text's hundred.
            lines = [
                self.graph.search(queries[np.equal(wanted, k)], k, eligible).ravel()
                for k in dict.fromkeys(wanted)
            ]
            unique: Rows = np.unique(np.concatenate(lines))
            return unique[unique >= 0]
        if len(rows) * 3 > len(self):
            similarity = (queries @ self.whole.T)[:, rows]
        else:
            similarity = queries @ self.whole[rows].T
        found = [top(line, k) for line, k in zip(similarity, wanted, strict=True)]
        return rows[np.unique(np.concatenate(found))]

    def lexically_nearest(self, scores: npt.NDArray[np.float32], k: int, eligible: Mask) -> Rows:
        """Return the `k` eligible rows with the highest lexical scores above nought."""
        rows = np.flatnonzero(eligible & (scores > 0))
        return rows[top(scores[rows], k)]


def top(values: npt.NDArray[np.float32], k: int) -> Rows:
    """Return where the `k` highest values stand, in no promised order."""
    if len(values) <= k:
        return np.arange(len(values))
    return np.argpartition(-values, k - 1)[:k]
