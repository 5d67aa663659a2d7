"""Every eligible vector is looked at, each as bytes (faiss): exact but for the rounding."""

from collections.abc import Sequence
from typing import Any, Final, Self

import faiss as _typed_faiss
import numpy as np
import numpy.typing as npt

from service.domain.eligibility import Mask
from service.domain.embedding import Vectors

# faiss annotates its C++ side; what Python passes (arrays for pointers) does not fit it.
faiss: Any = _typed_faiss

Rows = npt.NDArray[np.int64]
Near = tuple[npt.NDArray[np.float32], Rows]
"""Cosines, best first, and the rows that have them."""

_STEPS: Final = 448
"""Steps to 1. A byte then reaches to 0.28; no number of 14,551 real vectors goes beyond 0.273."""
_MOST: Final = 127


class Scan:
    """n unit vectors, a byte for each number: a cosine is off by some 0.001.

    What a graph misses rests on every vector in it. Here only those that are asked for count:
    whoever may not be seen changes nothing about who is found.
    """

    def __init__(self, index: Any) -> None:  # noqa: ANN401 - see above
        """Wrap a faiss index; use `of`."""
        self._index = index

    @classmethod
    def of(cls, vectors: Vectors) -> Self:
        """Take unit vectors, shape (n, d)."""
        made = cls(_empty(vectors.shape[1]))
        made._index.add(np.clip(np.rint(vectors * _STEPS), -_MOST, _MOST).astype(np.float32))
        return made

    def __len__(self) -> int:
        """Return the number of vectors."""
        return int(self._index.ntotal)

    def joined(self, kept: Mask, other: "Scan", other_kept: Mask) -> "Scan":
        """Return the vectors of this that are kept, then those of the other."""
        codes = np.concatenate([self.codes[kept], other.codes[other_kept]])
        index = _empty(self._index.d)
        faiss.copy_array_to_vector(codes.ravel(), index.codes)
        index.ntotal = len(codes)
        return Scan(index)

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """The bytes, (n, d), a copy."""
        index = self._index
        codes: npt.NDArray[np.uint8] = faiss.vector_to_array(index.codes)
        return codes.reshape(index.ntotal, index.d)

    def search(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> list[Near]:
        """Return, for each query, its `wanted` nearest rows among the eligible, or all there are.

        queries: (q, d). eligible: (n,).
        """
        most = min(max(wanted), int(eligible.sum()))
        if not most:
            return [(np.zeros(0, np.float32), np.zeros(0, np.int64)) for _ in wanted]
        bitmap = np.packbits(eligible, bitorder="little")
        some = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bitmap))
        scaled = np.ascontiguousarray(queries * _STEPS, dtype=np.float32)
        products, rows = self._index.search(scaled, most, params=some)
        cosines = products / np.float32(_STEPS**2)
        return [(cosines[at, :k], rows[at, :k]) for at, k in enumerate(wanted)]


def _empty(dimensions: int) -> Any:  # noqa: ANN401
    return faiss.IndexScalarQuantizer(
        dimensions, faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
    )
