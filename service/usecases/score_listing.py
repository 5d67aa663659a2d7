"""Score listings for people who may be shown them, one or many on either side."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.eligibility import Eligibility
from service.domain.listing import Kind, StoredListing
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.work_said import Crowd, Said
from service.matching.features import crowd_features
from service.matching.recognition import weighed
from service.matching.score import Floats
from service.ports import Tools
from service.usecases.score_pools import yardsticks_of

RANKED: Final = frozenset({Kind.JOB, Kind.TRAINING, Kind.ENTERPRISE})
"""The kinds of listing that people are ranked for."""

_ASSESSMENTS: Final = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """The listing, at its row in a pool that holds with a training the assessments near it."""

    stored: StoredListing
    pool: Pool
    row: int

    @property
    def requirements(self) -> Floats:
        """Its own, (k, d), the title first."""
        return self.pool.requirements[self.pool.starts[self.row] : self.pool.starts[self.row + 1]]


def wanted_of(tools: Tools, stored: StoredListing, viewer: str | None) -> Wanted | None:
    """Return a listing ready to be scored for who looks, None where it is not searched yet."""
    pool = tools.index.pool_of([stored.id]).pool
    if not pool.ids:
        return None
    if stored.content.kind is Kind.JOB or pool.assesses[0]:
        return Wanted(stored, pool, 0)
    query = PoolQuery(
        vectors=np.vstack([pool.whole, pool.requirements]),
        words="",
        asks=(Ask(Eligibility(kinds=frozenset({Kind.TRAINING}), viewer=viewer), _ASSESSMENTS),),
    )
    near = tools.index.pools(query)[0]
    names = [near.ids[row] for row in np.flatnonzero(near.assesses)]
    around = tools.index.pool_of([stored.id, *names]).pool
    return Wanted(stored, around, around.ids.index(stored.id))


def scores_for(tools: Tools, wanted: Wanted, people: Crowd) -> Floats:
    """Return what the own answer of each of m people would score the listing with, (m,).

    people: with their n-grams, as they are kept.
    """
    if not len(people):
        return np.zeros(0, dtype=np.float32)
    found: Floats = _scores(tools, wanted.pool, people, trainings=len(wanted.pool.ids) > 1)[
        :, wanted.row
    ]
    return found


def job_scores(tools: Tools, pool: Pool, said: Said) -> Floats:
    """Return what one person's own answer would score each of n jobs with, (n,)."""
    found: Floats = _scores(tools, pool, Crowd.of([said]), trainings=False)[0]
    return found


def _scores(tools: Tools, pool: Pool, measured: Crowd, *, trainings: bool) -> Floats:
    likeness = tools.index.pool_of(pool.ids, measured.grams).likeness
    phrases = measured.apart(measured.vectors)[1]
    similarity = phrases @ pool.requirements.T
    affinity = tools.taxonomy.affinity(pool.whole)
    features = crowd_features(pool, measured, similarity, likeness, affinity, yardsticks_of(tools))
    m, n, width = features.shape
    scores = tools.scorer.score(features.reshape(m * n, width)).reshape(m, n)
    if trainings:
        scores = np.stack(
            [
                weighed(pool, line, said, years)
                for line, said, years in zip(
                    scores,
                    np.split(phrases, measured.firsts[1:]),
                    measured.years.tolist(),
                    strict=True,
                )
            ]
        )
    return scores
