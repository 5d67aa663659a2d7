"""An HNSW graph over unit vectors that walks among eligible rows only (faiss)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import faiss as _typed_faiss
import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors

# faiss annotates its C++ side; what Python passes (arrays for pointers) does not fit it.
faiss: Any = _typed_faiss

_LINKS: Final = 32
_BUILD_WIDTH: Final = 80
_SEARCH_WIDTH: Final = 128
# Listings that a filter keeps often lie together (one country, one kind of work), away from
# the query: measured at 25,000, 128 then finds 92% of the nearest, 256 finds 97%.
_FILTERED_WIDTH: Final = 256
_WIDEST: Final = 2048
# Many neighbours need a wider walk: of the 50 nearest among 100,000, 128 found 97.6%, eight for
# each neighbour 99.1%, half a millisecond later.
_FOR_EACH: Final = 8
_ENOUGH: Final = 512


@contextmanager
def building_beside() -> Iterator[None]:
    """Let what this thread builds have half of the cores, one at the least."""
    all_cores = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(max(1, all_cores // 2))
    try:
        yield
    finally:
        faiss.omp_set_num_threads(all_cores)


class Graph:
    """Approximate nearest neighbours among n vectors, kept as half floats."""

    def __init__(self, index: Any) -> None:  # noqa: ANN401 - see above
        """Wrap a faiss index; use `build` or `load`."""
        self._index = index

    @classmethod
    def build(cls, blocks: Iterable[npt.NDArray[Any]]) -> Self:
        """Build from unit vectors, (n, d) in all: about 0.3 ms a row on two cores."""
        index: Any = None
        for block in blocks:
            # Rounded here to the nearest half: faiss would cut off what does not fit.
            vectors = np.ascontiguousarray(block.astype(np.float16).astype(np.float32))
            if index is None:
                index = faiss.IndexHNSWSQ(
                    vectors.shape[1],
                    faiss.ScalarQuantizer.QT_fp16,
                    _LINKS,
                    faiss.METRIC_INNER_PRODUCT,
                )
                index.hnsw.efConstruction = _BUILD_WIDTH
                index.train(vectors[:1])
            index.add(vectors)
        return cls(index)

    @property
    def vectors(self) -> npt.NDArray[np.float16]:
        """The vectors themselves, (n, d), where the graph has them: no copy."""
        return np.asarray(_Held(self._index))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Map what `save` wrote; a walk touches a small part, and the file is never changed."""
        return cls(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))

    def save(self, path: Path) -> None:
        """Write to a file."""
        faiss.write_index(self._index, str(path))

    def search(
        self, queries: Vectors, k: int, eligible: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Return (q, k) row numbers of the nearest eligible rows, best first, -1 for none.

        The walk passes through ineligible rows without keeping them, so it is widened by
        their share: recall then stays what it is without a filter.
        """
        count = int(np.count_nonzero(eligible))
        width = _SEARCH_WIDTH if count == len(eligible) else _FILTERED_WIDTH
        width = max(width, min(_FOR_EACH * k, _ENOUGH))
        wide = int(width * len(eligible) / max(count, 1))
        bitmap = np.packbits(eligible, bitorder="little")
        selector = None if count == len(eligible) else faiss.IDSelectorBitmap(bitmap)
        parameters = faiss.SearchParametersHNSW(efSearch=max(min(_WIDEST, wide), k), sel=selector)
        _, rows = self._index.search(np.ascontiguousarray(queries), k, params=parameters)
        found: npt.NDArray[np.int64] = rows
        return found


class _Held:
    """The vectors of a faiss index as numpy reads them; an array over it keeps the index."""

    def __init__(self, index: Any) -> None:  # noqa: ANN401 - see above
        self._index = index
        codes = faiss.downcast_index(index.storage).codes
        self.__array_interface__ = {
            "version": 3,
            "typestr": "<f2",
            "shape": (index.ntotal, index.d),
            "data": (int(codes.data()), True),
        }
