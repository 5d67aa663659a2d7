"""One immutable part of the index: columns, vectors, n-grams and, when large, cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.cells import Cells
from service.adapters.vectors.facets import STATED, Facets, ReadOff
from service.adapters.vectors.repeated import Rows, SharedVectors
from service.adapters.vectors.wordings import Wordings, top
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors
from service.domain.listing import StoredListing
from service.domain.pool import ListingVectors

CELLS_FROM: Final = 20_000
"""Rows from which a segment is divided into cells; of fewer all are compared."""
_AT_ONCE: Final = 20_000


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Segment:
    """The columns of n listings.

    whole: (n, d) float32; half floats in a draft and where there are cells.
    """

    ids: tuple[str, ...]
    row_of: dict[str, int]
    facets: Facets
    whole: npt.NDArray[Any]
    requirements: SharedVectors
    wordings: Wordings
    cells: Cells | None

    @classmethod
    def of(
        cls,
        listings: Sequence[StoredListing],
        vectors: Sequence[ListingVectors],
        words: Sequence[str],
        read_off: ReadOff = STATED,
        *,
        draft: bool = False,
    ) -> "Segment":
        """Build a segment from listings, their vectors and folded words, in the same order.

        draft: not to be searched, only to be joined with others.
        """
        whole = np.stack([made.whole for made in vectors])
        return cls.assemble(
            ids=tuple(stored.id for stored in listings),
            facets=Facets.of(listings, read_off),
            whole=whole.astype(_kept_as(len(whole), draft=draft)),
            requirements=SharedVectors.of([made.requirements for made in vectors], whole.shape[1]),
            wordings=Wordings.of(words),
            draft=draft,
        )

    @classmethod
    def assemble(  # noqa: PLR0913 - the columns of the class itself
        cls,
        *,
        ids: tuple[str, ...],
        facets: Facets,
        whole: npt.NDArray[Any],
        requirements: SharedVectors,
        wordings: Wordings,
        cells: Cells | None = None,
        draft: bool = False,
    ) -> "Segment":
        """Derive what is not given: row numbers, lexical weights and, when large, cells."""
        if cells is None and len(ids) >= CELLS_FROM and not draft:
            cells = Cells.of(whole)
            facets.read_words()
        if not draft:
            wordings = wordings.weighing()
        return cls(
            ids=ids,
            row_of={listing_id: row for row, listing_id in enumerate(ids)},
            facets=facets,
            whole=whole,
            requirements=requirements,
            wordings=wordings,
            cells=cells,
        )

    def __len__(self) -> int:
        """Return the number of listings, dead ones included."""
        return len(self.ids)

    def merged(self, alive: Mask, other: "Segment", other_alive: Mask) -> "Segment":
        """Return one segment of the living rows of both."""
        return Segment.joined([(self, alive), (other, other_alive)])

    @classmethod
    def joined(cls, parts: Sequence[tuple["Segment", Mask]], *, draft: bool = False) -> "Segment":
        """Return one segment of the living rows of all, one part after the other."""
        kept = [(one, np.flatnonzero(alive)) for one, alive in parts]
        many = sum(len(rows) for _, rows in kept)
        whole = np.empty((many, parts[0][0].whole.shape[1]), _kept_as(many, draft=draft))
        end = 0
        for one, rows in kept:
            for start in range(0, len(rows), _AT_ONCE):
                block = one.whole[rows[start : start + _AT_ONCE]]
                whole[end : end + len(block)] = block
                end += len(block)
        return cls.assemble(
            ids=tuple(one.ids[row] for one, rows in kept for row in rows.tolist()),
            facets=Facets.joined([(one.facets, rows) for one, rows in kept]),
            whole=whole,
            requirements=SharedVectors.joined([(one.requirements, rows) for one, rows in kept]),
            wordings=Wordings.joined([(one.wordings, rows) for one, rows in kept]),
            draft=draft,
        )

    def nearest(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> Rows:
        """Return the union, for each query, of its `wanted` nearest eligible rows."""
        if self.cells is None:
            rows = np.flatnonzero(eligible)
        else:
            rows = self.cells.worth_a_look(queries, wanted, eligible)
        if len(rows) == 0:
            return rows
        if self.cells is None and len(rows) * 3 > len(self):
            similarity = (queries @ self.whole.T)[:, rows]
        else:
            similarity = queries @ self.whole[rows].astype(np.float32, copy=False).T
        found = [top(line, k) for line, k in zip(similarity, wanted, strict=True)]
        return rows[np.unique(np.concatenate(found))]


def _kept_as(many: int, *, draft: bool) -> type[np.floating[Any]]:
    """Return how the vectors of whole texts are kept; the store's are half floats."""
    return np.float16 if draft or many >= CELLS_FROM else np.float32
