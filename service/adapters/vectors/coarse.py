"""Vectors along a few axes, a byte for each: many are looked at quickly, the nearest then well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.products import Bytes, as_bytes, products
from service.domain.embedding import Vectors

Rows = npt.NDArray[np.int64]

_AXES: Final = 128
_SAMPLE: Final = 20_000
_STEPS: Final = 127
_WIDER: Final = 8
"""How many times as many as are wanted are worth a look."""
_AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True, eq=False)
class Coarse:
    """n unit vectors along the axes on which they differ most. axes: (d, c). codes: (n, c)."""

    axes: Vectors
    codes: Bytes

    @classmethod
    def of(cls, vectors: npt.NDArray[np.float16]) -> Self:
        """Take unit vectors, (n, d)."""
        sample = vectors[:: max(1, len(vectors) // _SAMPLE)].astype(np.float32)
        _, found = np.linalg.eigh(sample.T @ sample)
        axes = np.ascontiguousarray(found[:, ::-1][:, :_AXES], dtype=np.float32)
        codes = np.empty((len(vectors), axes.shape[1]), np.uint8)
        for start in range(0, len(vectors), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            codes[part] = _along(vectors[part].astype(np.float32), axes)
        return cls(axes, codes)

    def worth_a_look(self, queries: Vectors, wanted: Sequence[int], rows: Rows) -> Rows:
        """Return those of some rows that come near any query, in order."""
        near = products(self.codes[rows], _along(queries, self.axes))
        chosen = np.zeros(len(rows), dtype=np.bool_)
        for line, k in zip(near.T, wanted, strict=True):
            many = _WIDER * k
            if many >= len(rows):
                return rows
            chosen |= line >= _least_of(line, many)
        return rows[chosen]


def _least_of(values: npt.NDArray[np.int32], many: int) -> int:
    """Return a value that about `many` reach, `many` at the least."""
    return int(np.partition(values, len(values) - many)[len(values) - many])


def _along(vectors: Vectors, axes: Vectors) -> Bytes:
    """Return unit vectors along the axes in 127ths, (n, c)."""
    # No unit vector reaches beyond 1 along any axis.
    return as_bytes(np.rint(vectors @ axes * _STEPS))
