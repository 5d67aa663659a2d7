"""Where to look among many vectors: in the cells that lie near, and along a few axes first.

Of a million listings a search compares some thousands as a whole. No link leads from one vector
to the next, so that a filter, however narrow, and texts that come again and again break no path,
and to build it takes seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.products import Bytes, as_bytes, as_levels, products
from service.adapters.vectors.repeated import Rows, starting, within
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors

_AXES: Final = 192
_STEPS: Final = 127
_WIDER: Final = 4
"""How many times as many as are wanted are compared as a whole. Measured at 1,000,000 listings: of
the nearest 50 among a third of them, 1.000 come through along 192 axes, 0.993 along 128 at twice as
many, 0.985 along 96."""
_SAMPLE: Final = 20_000
_CELL: Final = 500
"""Listings in a cell, about."""
_ROUNDS: Final = 8
_LEARNT_FROM: Final = 40
"""Vectors for each cell from which its centre is learnt."""
_FEWEST: Final = 2_000
"""As many eligible rows are compared as a whole, without any choice."""
_LOOKED_AT: Final = 4_000
_FOR_EACH: Final = 500
_ENOUGH: Final = 30_000
"""Eligible rows looked at for a query, more for each that is wanted, and never more than enough.
Measured at 1,000,000: in 20,000 lie 0.996 of the nearest 50 or 120, in 30,000 nearly all."""
_MOST_CELLS: Final = 3
"""Beyond one row in this many, all eligible ones are looked at: quicker than to pick the cells."""
_AT_ONCE: Final = 5_000
_SEED: Final = 20261123


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """n unit vectors by the cell they lie in, and along the axes on which they differ most.

    axes: (d, c). centres: (k, c). rows: (n,) by cell. starts: (k + 1,), cell i holds
    rows[starts[i]]..rows[starts[i + 1]]. codes: (n, c), a byte each, in the order of `rows`: what
    is looked at together lies together.
    """

    axes: Vectors
    centres: Vectors
    rows: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    codes: Bytes

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float16]) -> Self:
        """Divide unit vectors, (n, d): half a minute of one core for a million."""
        sample = vectors[:: max(1, len(vectors) // _SAMPLE)].astype(np.float32)
        _, found = np.linalg.eigh(sample.T @ sample)
        axes = np.ascontiguousarray(found[:, ::-1][:, :_AXES], dtype=np.float32)
        centres = _centres(vectors, axes)
        codes = np.empty((len(vectors), axes.shape[1]), np.uint8)
        cell = np.empty(len(vectors), np.int32)
        for start in range(0, len(vectors), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            along = vectors[part].astype(np.float32) @ axes
            codes[part] = _coded(along)
            cell[part] = (along @ centres.T).argmax(axis=1)
        rows = np.argsort(cell, kind="stable").astype(np.int32)
        starts = starting(np.bincount(cell, minlength=len(centres)))
        return cls(axes, centres, rows, starts, codes[rows])

    def worth_a_look(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> Rows:
        """Return eligible rows that come near any query, (q, d), some times `wanted` of each."""
        count = int(np.count_nonzero(eligible))
        if count <= _FEWEST:
            return np.flatnonzero(eligible)
        along = queries @ self.axes
        places = self._near(along, wanted, eligible, count)
        chosen = np.zeros(len(places), dtype=np.bool_)
        for line, k in zip(self._products(places, along), wanted, strict=True):
            chosen |= line >= _least_of(line, min(_WIDER * k, len(line)))
        return np.sort(self.rows[places[chosen]]).astype(np.int64)

    def _near(self, along: Vectors, wanted: Sequence[int], eligible: Mask, count: int) -> Rows:
        """Return where the eligible ones of the cells nearest to each query stand in `rows`."""
        sizes = np.diff(self.starts)
        looked_in = np.zeros(len(sizes), dtype=np.bool_)
        for line, k in zip(along @ self.centres.T, wanted, strict=True):
            # As many eligible ones, if they are spread as all are.
            enough = _looked_at(k) * len(self.rows) / count
            order = np.argsort(-line)
            looked_in[order[: np.searchsorted(np.cumsum(sizes[order]), enough) + 1]] = True
            if _MOST_CELLS * sizes[looked_in].sum() > len(self.rows):
                return np.flatnonzero(eligible[self.rows])
        flat, _ = within(self.starts, np.flatnonzero(looked_in))
        found: Rows = flat[eligible[self.rows[flat]]]
        # Where they are spread otherwise, too few may lie here.
        if len(found) < min(count, _looked_at(max(wanted))) // 2:
            return np.flatnonzero(eligible[self.rows])
        return found

    def _products(self, places: Rows, along: Vectors) -> npt.NDArray[np.int32]:
        """Return how near some codes come to each query, (q, n)."""
        queries = as_levels(along)
        found = np.empty((len(queries), len(places)), np.int32)
        # As much at a time as the processor's cache holds while it is turned.
        for start in range(0, len(places), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            found[:, part] = products(self.codes[places[part]], queries).T
        return found


def _looked_at(wanted: int) -> int:
    return max(_WIDER * wanted, min(_LOOKED_AT + _FOR_EACH * wanted, _ENOUGH))


def _centres(vectors: npt.NDArray[np.float16], axes: Vectors) -> Vectors:
    """Return unit centres of cells along the axes, (k, c), learnt from some of the vectors."""
    many = max(1, len(vectors) // _CELL)
    draw = np.random.default_rng(_SEED)
    some = draw.choice(len(vectors), min(len(vectors), many * _LEARNT_FROM), replace=False)
    along = vectors[np.sort(some)].astype(np.float32) @ axes
    centres: Vectors = _unit(along[draw.choice(len(along), many, replace=False)])
    for _ in range(_ROUNDS):
        sums = np.zeros_like(centres)
        for start in range(0, len(along), _AT_ONCE):
            part = along[start : start + _AT_ONCE]
            np.add.at(sums, (part @ centres.T).argmax(axis=1), part)
        # A cell that nobody lies in stays where it is.
        held = sums.any(axis=1)
        centres[held] = _unit(sums[held])
    return centres


def _unit(vectors: Vectors) -> Vectors:
    found: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return found


def _least_of(values: npt.NDArray[np.int32], many: int) -> int:
    """Return the value that `many` of them reach."""
    # Few come into question at all: one in sixteen tells which, for a tenth of the time.
    sample = values[::16]
    expected = many / 16
    rank = int(expected + 4 * expected**0.5 + 4)
    if rank < len(sample):
        some = values[values >= np.partition(sample, len(sample) - rank)[len(sample) - rank]]
        if len(some) >= many:
            values = some
    return int(np.partition(values, len(values) - many)[len(values) - many])


def _coded(along: Vectors) -> Bytes:
    """Return unit vectors along the axes in 127ths, (n, c)."""
    # No unit vector reaches beyond 1 along any axis.
    return as_bytes(np.rint(along * _STEPS))
