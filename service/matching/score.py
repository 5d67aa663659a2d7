"""Score a pool: how well a person's phrases meet what each listing asks. Pure numpy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors
from service.domain.match import Tier
from service.domain.pool import Pool

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic combination of features, all cosines; and where tiers begin.

    The first set, fitted by hand on the sample data; `score` becomes a calibrated chance
    when the gold set exists.
    """

    title: float = 5.0
    coverage: float = 4.0
    whole: float = 4.0
    lexical: float = 3.0
    bias: float = -6.0
    strong: float = 0.66
    good: float = 0.42


@dataclass(frozen=True, slots=True)
class Scored:
    """score: (n,) in 0..1; similarity: (p, r) cosine of each phrase with each requirement."""

    score: Floats
    similarity: Floats


def score_pool(pool: Pool, phrases: Vectors, weights: Weights) -> Scored:
    """Score every listing of `pool` against `phrases`, shape (p, d), p at least 1.

    title: the phrase nearest to the title. coverage: each other requirement's nearest
    phrase, averaged (the title's own where there is none). whole and lexical come with
    the pool.
    """
    if not pool.ids:
        nothing = np.zeros((len(phrases), 0), dtype=np.float32)
        return Scored(np.zeros(0, dtype=np.float32), nothing)
    similarity = phrases @ pool.requirements.T
    best = similarity.max(axis=0)
    firsts, sizes = pool.starts[:-1], np.diff(pool.starts)
    title = best[firsts]
    rest = np.add.reduceat(best, firsts) - title
    coverage = np.where(sizes > 1, rest / np.maximum(sizes - 1, 1), title)
    logit = (
        weights.title * title
        + weights.coverage * coverage
        + weights.whole * pool.whole
        + weights.lexical * pool.lexical
        + weights.bias
    )
    return Scored((1 / (1 + np.exp(-logit))).astype(np.float32), similarity)


def tier_of(score: float, weights: Weights) -> Tier:
    """Return the word an officer reads for a score."""
    if score >= weights.strong:
        return Tier.STRONG
    return Tier.GOOD if score >= weights.good else Tier.STRETCH


def best_rows(score: Floats, k: int) -> npt.NDArray[np.int64]:
    """Return the rows of the `k` highest scores, best first; ties keep their order."""
    return np.argsort(-score, kind="stable")[:k]
