"""Every eligible vector is looked at: first along a few axes (faiss), the nearest then as a whole.

What comes first is the same for everybody and rests on nobody, so that whoever may not be seen
changes nothing about who is found.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import faiss as _typed_faiss
import numpy as np
import numpy.typing as npt

from service.adapters.vectors.segment import top
from service.domain.eligibility import Mask
from service.domain.embedding import Vectors

# faiss annotates its C++ side; what Python passes (arrays for pointers) does not fit it.
faiss: Any = _typed_faiss

Rows = npt.NDArray[np.int64]
Near = tuple[npt.NDArray[np.float32], Rows]
"""Cosines, best first, and the rows that have them."""
Codes = npt.NDArray[np.int8]

_STEPS: Final = 448
"""Steps to 1. A byte then reaches to 0.28; no number of 14,551 real vectors goes beyond 0.273."""
_MOST: Final = 127
_AXES: Final = 128
_WIDER: Final = 8
"""How many times as many as are wanted are looked at as a whole. With 128 axes of words about work
0.997 of the nearest are among them, where 64 axes hold 0.977 (99,269 people, 60 listings)."""
_THREADS: Final = min(4, os.cpu_count() or 1)


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

    codes: (n, d). axes: (d, c) from `principal_axes`. coarse: a faiss index of the n vectors along
    these.
    """

    codes: Codes
    axes: Vectors
    coarse: Any

    @classmethod
    def of(cls, vectors: Vectors, axes: Vectors) -> Self:
        """Take unit vectors, shape (n, d)."""
        codes = np.clip(np.rint(vectors * _STEPS), -_MOST, _MOST).astype(np.int8)
        coarse = _empty(axes.shape[1])
        coarse.add(_whole_steps(vectors, axes))
        return cls(codes, axes, coarse)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.codes)

    def joined(self, kept: Mask, other: "Scan", other_kept: Mask) -> "Scan":
        """Return the vectors of this that are kept, then those of the other."""
        codes = np.concatenate([self.codes[kept], other.codes[other_kept]])
        along = np.concatenate([_bytes(self.coarse)[kept], _bytes(other.coarse)[other_kept]])
        coarse = _empty(self.axes.shape[1])
        faiss.copy_array_to_vector(along.ravel(), coarse.codes)
        coarse.ntotal = len(along)
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
        if int(eligible.sum()) <= max(many, default=0):
            return np.flatnonzero(eligible)
        bitmap = np.packbits(eligible, bitorder="little")
        some = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))
        along = _whole_steps(queries, self.axes)
        # A setting of the calling thread; what limits numpy's own threads may have changed it.
        faiss.omp_set_num_threads(_THREADS)
        _, rows = self.coarse.search(along, max(many), params=some)
        near = [line[:k] for line, k in zip(rows, many, strict=True)]
        return np.unique(np.concatenate(near))


def _whole_steps(vectors: Vectors, axes: Vectors) -> Vectors:
    """Return unit vectors along the axes in 127ths, (n, c): faiss takes queries for bytes too."""
    # No unit vector reaches beyond 1 along any axis.
    steps: Vectors = np.ascontiguousarray(np.rint(vectors @ axes * _MOST), dtype=np.float32)
    return steps


def _bytes(index: Any) -> npt.NDArray[np.uint8]:  # noqa: ANN401 - see above
    """Return what a faiss index holds, (n, c), a copy."""
    held: npt.NDArray[np.uint8] = faiss.vector_to_array(index.codes)
    return held.reshape(index.ntotal, index.d)


def _empty(dimensions: int) -> Any:  # noqa: ANN401
    return faiss.IndexScalarQuantizer(
        dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )
