"""Every eligible vector is looked at: first along a few axes, the nearest then as a whole.

What comes first is the same for everybody and rests on nobody, so that whoever may not be seen
changes nothing about who is found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.products import Bytes, as_bytes, as_levels, products
from service.adapters.vectors.wordings import top
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors

Rows = npt.NDArray[np.int64]
Near = tuple[npt.NDArray[np.float32], Rows]
"""Cosines, best first, and the rows that have them."""
Codes = npt.NDArray[np.int8]
Products = npt.NDArray[np.int32]

_STEPS: Final = 448
"""Steps to 1. A byte then reaches to 0.28; no number of 14,551 real vectors goes beyond 0.273."""
_MOST: Final = 127
_AXES: Final = 128
_WIDER: Final = 8
"""How many times as many as are wanted are looked at as a whole. With 128 axes of words about work
0.997 of the nearest are among them, where 64 axes hold 0.977 (99,269 people, 60 listings)."""
_EVERY: Final = 16
"""One of so many is looked at to guess where the nearest of all begin."""
_SURELY: Final = 8
_LINE: Final = 64


def principal_axes(vectors: Vectors) -> Vectors:
    """Return the axes along which vectors differ most, (d, c), orthonormal; c is 128 at most.

    vectors: (n, d), of what everybody may know: never of the people who are searched.
    """
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    found: Vectors = np.ascontiguousarray(axes[:_AXES].T, dtype=np.float32)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """n unit vectors, a byte for each number: a cosine is off by some 0.001.

    codes: (n, d). axes: (d, c) from `principal_axes`. coarse: (n, c), the vectors along these.
    """

    codes: Codes
    axes: Vectors
    coarse: Bytes

    @classmethod
    def of(cls, vectors: Vectors, axes: Vectors) -> Self:
        """Take unit vectors, shape (n, d)."""
        codes = np.clip(np.rint(vectors * _STEPS), -_MOST, _MOST).astype(np.int8)
        return cls(codes, axes, _along(vectors, axes))

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.codes)

    def joined(self, kept: Mask, other: "Scan", other_kept: Mask) -> "Scan":
        """Return the vectors of this that are kept, then those of the other."""
        codes = np.concatenate([self.codes[kept], other.codes[other_kept]])
        coarse = np.concatenate([self.coarse[kept], other.coarse[other_kept]])
        return Scan(codes, self.axes, coarse)

    def search(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> list[Near]:
        """Return, for each query, its `wanted` nearest rows among the eligible, or all there are.

        queries: (q, d). eligible: (n,).
        """
        rows = self._worth_a_look(queries, wanted, eligible)
        cosines = self.codes[rows].astype(np.float32) @ queries.T.astype(np.float32)
        cosines /= np.float32(_STEPS)
        found = []
        for line, k in zip(cosines.T, wanted, strict=True):
            best = top(line, k)
            # Of equals the first: in what order they were found says nothing.
            best = best[np.lexsort((rows[best], -line[best]))]
            found.append((line[best], rows[best]))
        return found

    def _worth_a_look(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> Rows:
        """Return the eligible rows that come near any query along the axes, in order."""
        many = [_WIDER * k for k in wanted]
        rows = np.flatnonzero(eligible)
        if len(rows) <= max(many, default=0):
            return rows
        # Of everybody, and eligible ones looked up after: how long it takes tells nothing of them.
        near = products(self.coarse, as_levels(queries @ self.axes))
        bars = _bars(near[rows[::_EVERY]], many, len(rows))
        # One pass over all numbers; then a few thousand are left to look at.
        passed, column = np.divmod(_passing(near, bars), len(many))
        held = eligible[passed]
        passed, column = passed[held], column[held]
        chosen = np.zeros(len(self), dtype=np.bool_)
        for at, k in enumerate(many):
            few = passed[column == at]
            # A bar too high is not used.
            nearest = few if len(few) >= k else rows
            line = near[nearest, at]
            # With all that are as near as the last: which of them came first is nobody's merit.
            chosen[nearest[line >= np.partition(line, -k)[-k]]] = True
        return np.flatnonzero(chosen)


def _bars(sampled: Products, many: Sequence[int], n: int) -> Products:
    """Return for each query a bar that more than `many` of n rows are guessed to pass, (q,).

    sampled: (m, q), of some of the n: a few thousand are then put in order instead of a register.
    """
    bars = np.full(len(many), np.iinfo(np.int32).min, dtype=np.int32)
    for at, k in enumerate(many):
        place = 2 * k * len(sampled) // n + _SURELY
        if place < len(sampled):
            bars[at] = np.partition(sampled[:, at], -place)[-place]
    return bars


def _passing(near: Products, bars: Products) -> Rows:
    """Return where (n, q) numbers reach their column's bar, counted as they lie in memory.

    Long lines are compared and eight answers looked at together: a third of the time of one by one.
    """
    whole = len(near) // _LINE * _LINE
    lines = near[:whole].reshape(-1, _LINE * len(bars)) >= np.tile(bars, _LINE)
    rest = near[whole:] >= bars
    eights = np.flatnonzero(lines.view(np.uint64))
    places = (eights[:, None] * 8 + np.arange(8))[lines.reshape(-1, 8)[eights]]
    return np.concatenate([places, whole * len(bars) + np.flatnonzero(rest)])


def _along(vectors: Vectors, axes: Vectors) -> Bytes:
    """Return unit vectors along the axes in 127ths, (n, c)."""
    # No unit vector reaches beyond 1 along any axis.
    return as_bytes(np.rint(vectors @ axes * _MOST))
