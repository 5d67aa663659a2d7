"""Score what a search found against what a person said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from service.domain.embedding import Vectors
from service.domain.person import Route
from service.domain.pool import Pool, joined
from service.domain.records import SavedUnderstanding
from service.domain.work_said import Said
from service.matching.features import (
    NAMES,
    STANDINGS,
    Features,
    Yardsticks,
    nearest_shares,
    pair_features,
    similarities,
)
from service.matching.recognition import weighed
from service.matching.score import Floats
from service.ports import Tools
from service.skills.experience import done_now, years_said


def measured_by(tools: Tools, read: SavedUnderstanding) -> tuple[Said, Yardsticks]:
    """Return what every pool of an answer is scored with: the person, and what measures them."""
    return said_of(tools, read), yardsticks_of(tools)


def yardsticks_of(tools: Tools) -> Yardsticks:
    """Return what pairs are measured against besides each other."""
    return Yardsticks(tools.taxonomy.occupations, tools.listing_encoder.encode(STANDINGS))


def said_of(tools: Tools, read: SavedUnderstanding) -> Said:
    """Return what a person said, as it is scored; of who speaks of work."""
    if read.said is not None:
        return read.said
    affinity = tools.taxonomy.affinity(read.vectors)
    return Said(
        vectors=read.vectors,
        shares=nearest_shares(affinity),
        sure=float(affinity[0].max()),
        years=years_said(read.work_text),
        present=np.array(done_now(read.understanding.phrases)),
    )


def said_to_keep(tools: Tools, read: SavedUnderstanding) -> Said:
    """Return the same with what a search among many people needs."""
    if read.said is not None and read.said.grams is not None:
        return read.said
    return replace(said_of(tools, read), grams=tools.index.grams([read.work_text])[0])


WIDE: Final = 120
"""About how many listings, or people, are scored for each ranking at the least."""


AffinityOf = Callable[[Pool], Vectors]
"""Returns the cosine of each listing's text with each unit group, (n, g)."""


def scored_together(
    tools: Tools,
    pools: Sequence[Pool],
    measured: tuple[Said, Yardsticks],
    affinity_of: AffinityOf | None = None,
) -> list[Floats]:
    """Return the scores of each pool, (n,): a score is of the pair alone, so all are made at once.

    affinity_of: for whoever scores the same listings for many.
    """
    together = joined(pools, measured[0].vectors.shape[1])
    score, _ = scored(tools, together, measured, affinity_of)
    return np.split(score, np.cumsum([len(pool.ids) for pool in pools])[:-1])


def as_ranked(route: Route, pool: Pool, score: Floats, said: Said) -> Floats:
    """Return the scores of one route's pool, (n,), as an answer ranks by them."""
    return weighed(pool, score, said.phrases, said.years) if route is Route.TRAINING else score


def scored(
    tools: Tools,
    pool: Pool,
    measured: tuple[Said, Yardsticks],
    affinity_of: AffinityOf | None = None,
) -> tuple[Floats, Features]:
    """Return scores (n,) and features of a pool."""
    if not pool.ids:
        nothing = np.zeros((0, len(NAMES)), dtype=np.float32)
        return np.zeros(0, dtype=np.float32), nothing
    said, yardsticks = measured
    affinity = tools.taxonomy.affinity(pool.whole) if affinity_of is None else affinity_of(pool)
    features = pair_features(pool, said, similarities(pool, said), affinity, yardsticks)
    return tools.scorer.score(features), features
