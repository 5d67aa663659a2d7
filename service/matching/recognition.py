"""Whether a training fits what somebody has done already: assess it, or teach it."""

from typing import Final

import numpy as np

from service.domain.embedding import Vectors
from service.domain.pool import Pool
from service.matching.score import Floats

_DONE_FROM: Final = 0.5
_LONG_YEARS: Final = 2.0
_TAUGHT_AGAIN: Final = 0.95


def weighed(pool: Pool, score: Floats, phrases: Vectors, years: float) -> Floats:
    """Return the scores of trainings, (n,), in the light of what was done already.

    phrases: (p, d) of what the person has done; years: for how long, at most. To who has done a
    trade for years a course in it is worth a little less, where it could be assessed instead.

    To halve assessments of work that no phrase comes near was tried: they are what officers
    refer people to whose words say little, and recall@50 of trainings fell from 0.99 to 0.90.
    """
    if years < _LONG_YEARS or not pool.ids or not pool.assesses.any():
        return score
    near = np.maximum.reduceat((phrases @ pool.requirements.T).max(axis=0), pool.starts[:-1])
    done = near >= _DONE_FROM
    found = score.copy()
    for row in np.flatnonzero(pool.assesses & done):
        # The same trade: what the assessment leads to is what the course leads to.
        here = pool.requirements[pool.starts[row] : pool.starts[row + 1]]
        alike = np.maximum.reduceat((here @ pool.requirements.T).max(axis=0), pool.starts[:-1])
        again = done & ~pool.assesses & (alike >= _DONE_FROM)
        found[again] = np.minimum(found[again], score[again] * _TAUGHT_AGAIN)
    return found
