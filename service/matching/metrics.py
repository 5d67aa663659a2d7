"""Measures of one ranking against judged relevance. Means over queries are the caller's.

Every function takes its rows in rank order, best first. `hits` says for each rank whether the
item there is relevant; `relevant` is how many relevant items exist, found or not, and defaults
to the hits in the ranking, which is right for a ranking of everything. Where nothing is
relevant no measure is defined: ValueError.
"""

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating]
Hits = npt.NDArray[np.bool_]
Gains = npt.NDArray[np.floating]
Ranks = npt.NDArray[np.intp]


def ranking(scores: Scores) -> Ranks:
    """Return item numbers, highest score first; equal scores keep their order. Shape (n,)."""
    return np.argsort(-scores, kind="stable")


def average_precision(hits: Hits, relevant: int | None = None) -> float:
    """Return the mean, over relevant items, of the precision at the rank of each.

    A relevant item that is not in the ranking counts as precision 0. Range [0, 1].
    """
    total = _total(hits, relevant)
    ranks = np.flatnonzero(hits) + 1
    return float((np.arange(1, len(ranks) + 1) / ranks).sum() / total)


def reciprocal_rank(hits: Hits) -> float:
    """Return 1 / rank of the first relevant item, 0 when the ranking holds none. [0, 1]."""
    ranks = np.flatnonzero(hits)
    return float(1 / (ranks[0] + 1)) if len(ranks) else 0.0


def recall_at(hits: Hits, k: int, relevant: int | None = None) -> float:
    """Return the share of the relevant items that stand in the first k ranks. Range [0, 1]."""
    _check_depth(k)
    return float(hits[:k].sum() / _total(hits, relevant))


def ndcg_at(gains: Gains, k: int, judged: Gains | None = None) -> float:
    """Return the discounted gain of the first k ranks over that of the best order. [0, 1].

    gains: worth of the item at each rank, 0 or more, taken as given (for the form of Burges
    et al. 2005 pass 2 ** grade - 1); the discount is 1 / log2(rank + 1) (Järvelin and
    Kekäläinen 2002). judged: the gains of all judged items, in any order, when the ranking
    does not hold every one of them.
    """
    _check_depth(k)
    best = np.sort(gains if judged is None else judged)[::-1]
    ideal = _discounted(best[:k])
    if ideal <= 0:
        message = "nDCG is not defined without a positive gain"
        raise ValueError(message)
    return _discounted(gains[:k]) / ideal


def _discounted(gains: Gains) -> float:
    return float((gains / np.log2(np.arange(2, len(gains) + 2))).sum())


def _total(hits: Hits, relevant: int | None) -> int:
    found = int(hits.sum())
    total = found if relevant is None else relevant
    if total < 1:
        message = "the measure is not defined without a relevant item"
        raise ValueError(message)
    if found > total:
        message = f"the ranking has {found} relevant items, more than the {total} that exist"
        raise ValueError(message)
    return total


def _check_depth(k: int) -> None:
    if k < 1:
        message = f"k must be 1 or more, not {k}"
        raise ValueError(message)
