"""What a partner could assemble from parts: BM25, TF-IDF, a plain encoder. For comparison."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

Scores = npt.NDArray[np.float64]
"""Shape (queries, documents)."""

_K1: Final = 1.2
_B: Final = 0.75


def bm25(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    """Okapi BM25 with the usual k1 = 1.2, b = 0.75 (Robertson and Zaragoza, 2009)."""
    vectoriser = CountVectorizer()
    counts = vectoriser.fit_transform(documents).tocsc().astype(np.float64)
    n = counts.shape[0]
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    held_by = np.diff(counts.indptr)
    idf = np.log(1 + (n - held_by + 0.5) / (held_by + 0.5))
    normal = _K1 * (1 - _B + _B * lengths / lengths.mean())
    weighted = counts.tocoo()
    weighted.data = (
        weighted.data * (_K1 + 1) / (weighted.data + normal[weighted.row]) * idf[weighted.col]
    )
    asked = vectoriser.transform(queries)
    asked.data[:] = 1
    scores: Scores = np.asarray((asked @ weighted.tocsr().T).todense())
    return scores


def word_tfidf(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    """Cosine of TF-IDF over words and word pairs."""
    return _tfidf(TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)), queries, documents)


def character_tfidf(queries: Sequence[str], documents: Sequence[str]) -> Scores:
    """Cosine of TF-IDF over character 3- to 5-grams inside words."""
    vectoriser = TfidfVectorizer(sublinear_tf=True, analyzer="char_wb", ngram_range=(3, 5))
    return _tfidf(vectoriser, queries, documents)


def _tfidf(vectoriser: TfidfVectorizer, queries: Sequence[str], documents: Sequence[str]) -> Scores:
    held = vectoriser.fit_transform(documents)
    scores: Scores = np.asarray((vectoriser.transform(queries) @ held.T).todense())
    return scores
