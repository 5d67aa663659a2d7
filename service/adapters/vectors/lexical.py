"""The lexical channel: character n-grams, TF-IDF weighted, over hashed features.

Hashing needs no fitted vocabulary, so a new listing joins at once; the weights (IDF) are
those of the segment it lies in and follow when segments merge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from sklearn.feature_extraction.text import HashingVectorizer

from service.domain.embedding import Grams, ManyGrams

Scores = npt.NDArray[np.float32]

FEATURES = 2**18
# An n-gram that stands in more than this share of a large segment's listings ("ing")
# tells little and costs most of the time.
_TOO_COMMON = 0.2
_LARGE = 2000

_VECTORISER = HashingVectorizer(
    analyzer="char_wb",
    ngram_range=(3, 5),
    n_features=FEATURES,
    alternate_sign=False,
    norm=None,
    lowercase=False,
    dtype=np.float32,
)


def count(texts: Sequence[str]) -> sp.csr_matrix:
    """Return n-gram counts of folded texts, shape (n, features)."""
    if not texts:
        return sp.csr_matrix((0, FEATURES), dtype=np.float32)
    return sp.csr_matrix(_VECTORISER.transform(texts))


def grams_of(texts: Sequence[str]) -> list[Grams]:
    """Return the n-gram counts of each folded text."""
    counts = count(texts)
    return [
        Grams(counts.indices[start:end].astype(np.int32), counts.data[start:end].astype(np.float32))
        for start, end in pairwise(counts.indptr.tolist())
    ]


def idf_of(n: int, held_by: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return smooth IDF (features,): of n listings so many hold each; 0 where it tells nothing."""
    idf = (np.log((1 + n) / (1 + held_by)) + 1).astype(np.float32)
    idf[held_by == 0] = 0
    if n >= _LARGE:
        idf[held_by > _TOO_COMMON * n] = 0
    return idf


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Weighted n-grams of n wordings by column. `idf`: (features,), 0 where unused."""

    columns: sp.csc_matrix
    idf: npt.NDArray[np.float32]

    @classmethod
    def of(cls, counts: sp.csr_matrix, times: npt.NDArray[np.int64] | None = None) -> "Lexicon":
        """Weigh counts by their own IDF: see `weighing`.

        times: (n,) how many listings are worded so; None: one each.
        """
        if times is None:
            times = np.ones(counts.shape[0], np.int64)
        listings = np.repeat(times, np.diff(counts.indptr))
        held_by = np.bincount(counts.indices, listings, FEATURES).astype(np.int64)
        return cls.weighing(counts, idf_of(int(times.sum()), held_by))

    @classmethod
    def weighing(cls, counts: sp.csr_matrix, idf: npt.NDArray[np.float32]) -> "Lexicon":
        """Weigh counts: sublinear frequency times smooth IDF, rows of unit length."""
        weighted = counts.copy()
        weighted.data = (1 + np.log(weighted.data)) * idf[weighted.indices]
        squares = np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()
        lengths = np.sqrt(np.maximum(squares, 1e-12))
        weighted.data /= np.repeat(lengths, np.diff(weighted.indptr)).astype(np.float32)
        weighted.eliminate_zeros()
        return cls(columns=weighted.tocsc(), idf=idf)

    def scores(self, query: sp.csr_matrix) -> Scores:
        """Return the cosine of every listing with one text's counts, shape (n,)."""
        n = self.columns.shape[0]
        weights = self._weights(query.indices, query.data)
        length = float(np.sqrt((weights**2).sum()))
        if length == 0:
            return np.zeros(n, dtype=np.float32)
        # The columns of the query's n-grams copied out, then one pass in C: to walk the postings
        # in numpy took six times as long.
        found: Scores = self.columns[:, query.indices] @ (weights / length).astype(np.float32)
        return found

    def cosines(
        self, texts: ManyGrams, listings: sp.csr_matrix, rows: npt.NDArray[np.integer[Any]]
    ) -> Scores:
        """Return the cosine of each text, m of them, with n rows of listings' raw counts, (m, n).

        What `scores` says of one text and all listings, for some of both.
        """
        found = np.zeros((len(texts), len(rows)), dtype=np.float32)
        if not len(texts):
            return found
        features = texts.features
        weights = self._weights(features, texts.counts)
        owner = np.repeat(np.arange(len(texts)), texts.sizes)
        lengths = np.sqrt(np.bincount(owner, weights=weights**2, minlength=len(texts)))
        dense = np.zeros(FEATURES, dtype=np.float32)
        for at, row in enumerate(rows.tolist()):
            # Where it lies: to slice a sparse matrix takes longer than to compare with its row.
            here = slice(listings.indptr[row], listings.indptr[row + 1])
            own = listings.indices[here]
            asked = self._weights(own, listings.data[here])
            dense[own] = asked / np.sqrt(max(float((asked**2).sum()), 1e-12))
            shared = np.bincount(owner, weights=weights * dense[features], minlength=len(texts))
            found[:, at] = shared / np.maximum(lengths, 1e-12)
            dense[own] = 0
        return found

    def _weights(
        self, features: npt.NDArray[np.int32], counts: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        weights: npt.NDArray[np.float32] = (1 + np.log(counts)) * self.idf[features]
        return weights
