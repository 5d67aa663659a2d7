"""What is known about a person and a listing, as numbers between about 0 and 1.

Every feature depends on the two alone, never on the other listings of a pool, so that a
score means the same in every answer and in both directions of matching.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Vectors
from service.domain.listing import Kind
from service.domain.occupation import Occupations
from service.domain.pool import Pool

Features = npt.NDArray[np.float32]

NAMES: Final = (
    "whole",
    "top3",
    "mean",
    "coverage",
    "title",
    "whole_title",
    "lexical",
    "group",
    "minor_group",
    "sure",
    "phrases",
    "phrase_group",
    "met_share",
    "training",
    "enterprise",
    "years",
    "leads",
    "helps",
    "teaches",
    "owns",
    "to_lead",
    "to_help",
    "to_teach",
    "to_own",
    "present",
    "support",
)
"""Column names of `pair_features`, in order."""

STANDINGS: Final = (
    "supervisor, foreman or team leader in charge of many workers",
    "helper or labourer, simple work without experience",
    "trainer, instructor or assessor who teaches others the trade",
    "own shop or small business, self-employed owner",
)
"""Where one may stand in a trade, in words: what a person is near and a listing is near says
whether their levels agree ("leads" of the person, "to_lead" of the listing, and so on)."""

_SHARPNESS: Final = 20.0
"""Turns cosines with occupations into shares; at 20, a lead of 0.05 makes a share e times
larger."""
_STATED: Final = 0.5
_TOP: Final = 3
_MET_AT, _MET_SLOPE = 0.5, 12.0
_LONG_YEARS: Final = 20.0
_KINDS: Final = tuple(Kind)


@dataclass(frozen=True, slots=True)
class PersonVectors:
    """A person's work words.

    whole: (d,). phrases: (p, d), p at least 1. affinity: (1 + p, g) cosine of the whole and of
    each phrase with each unit group. years: the longest stretch of work they name. present: (p,)
    whether a phrase says what is done now.
    """

    whole: Vectors
    phrases: Vectors
    affinity: Vectors
    years: float
    present: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Yardsticks:
    """What pairs are measured against besides each other.

    occupations: the unit groups. standings: (s, d) unit vectors of `STANDINGS`.
    """

    occupations: Occupations
    standings: Vectors


def shares(affinity: Vectors) -> Vectors:
    """Turn cosines with unit groups, (n, g), into shares that add up to 1."""
    raised = np.exp(_SHARPNESS * (affinity - affinity.max(axis=1, keepdims=True)))
    found: Vectors = raised / raised.sum(axis=1, keepdims=True)
    return found


def similarities(pool: Pool, said: PersonVectors) -> Vectors:
    """Return the cosine of each phrase with each requirement of the pool, (p, r)."""
    return said.phrases @ pool.requirements.T


def pair_features(
    pool: Pool, said: PersonVectors, similarity: Vectors, affinity: Vectors, yardsticks: Yardsticks
) -> Features:
    """Return the features of every listing of a pool that holds at least one, (n, features).

    similarity: (p, r) from `similarities`. affinity: (n, g) cosine of each listing's text
    with each unit group.
    """
    firsts, sizes = pool.starts[:-1], np.diff(pool.starts)
    best_phrase = similarity.max(axis=0)
    title = best_phrase[firsts]
    rest = np.add.reduceat(best_phrase, firsts) - title
    coverage = np.where(sizes > 1, rest / np.maximum(sizes - 1, 1), title)
    best_requirement = np.maximum.reduceat(similarity, firsts, axis=1)
    held = np.sort(best_requirement, axis=0)[-_TOP:].mean(axis=0)
    group, minor, phrase_group = _occupation_overlap(pool, said, affinity, yardsticks.occupations)
    met = 1 / (1 + np.exp(-_MET_SLOPE * (best_phrase - _MET_AT)))
    met_share = np.add.reduceat(met, firsts) - met[firsts]
    met_share = np.where(sizes > 1, met_share / np.maximum(sizes - 1, 1), met[firsts])
    standing = (said.phrases @ yardsticks.standings.T).max(axis=0)
    wanted = pool.requirements[firsts] @ yardsticks.standings.T
    n = len(pool.ids)
    columns = [
        pool.whole @ said.whole,
        held,
        best_requirement.mean(axis=0),
        coverage,
        title,
        pool.requirements[firsts] @ said.whole,
        pool.lexical,
        group,
        minor,
        np.full(n, said.affinity[0].max()),
        np.full(n, min(1.0, len(said.phrases) / 20)),
        phrase_group,
        met_share,
        pool.kind == _KINDS.index(Kind.TRAINING),
        pool.kind == _KINDS.index(Kind.ENTERPRISE),
        np.full(n, min(1.0, said.years / _LONG_YEARS)),
        *(np.full(n, one) for one in standing),
        *wanted.T,
        _present_before_past(pool, said, similarity),
        (1 / (1 + np.exp(-_MET_SLOPE * (best_requirement - _MET_AT)))).mean(axis=0),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _present_before_past(pool: Pool, said: PersonVectors, similarity: Vectors) -> Vectors:
    """Return how much nearer each listing is to what is done now than to what was done before.

    Mean over requirements of the best cosine, (n,); 0 for who says only one of the two. Caps are
    sold at the bus stand for want of better: a career says more.
    """
    now = said.present
    if now.all() or not now.any():
        return np.zeros(len(pool.ids), dtype=np.float32)
    gap = similarity[now].max(axis=0) - similarity[~now].max(axis=0)
    sizes = np.maximum(np.diff(pool.starts), 1)
    return (np.add.reduceat(gap, pool.starts[:-1]) / sizes).astype(np.float32)


def _occupation_overlap(
    pool: Pool, said: PersonVectors, affinity: Vectors, occupations: Occupations
) -> tuple[Vectors, Vectors, Vectors]:
    """Return the cosine between the person's and each listing's shares of occupations.

    By unit group, by minor group, and by unit group for the phrase that comes nearest: who
    has had several trades is near each of them. A stated code counts half of a listing's shares.
    """
    listings = shares(affinity)
    column = np.searchsorted(occupations.numbers, pool.occupation)
    column = np.minimum(column, len(occupations.numbers) - 1)
    known = occupations.numbers[column] == pool.occupation
    listings[known] *= 1 - _STATED
    listings[known, column[known]] += _STATED
    person = shares(said.affinity[:1])
    phrases = shares(said.affinity[1:])
    phrases /= np.linalg.norm(phrases, axis=1, keepdims=True)
    lengths = np.linalg.norm(listings, axis=1)
    by_phrase = (phrases @ listings.T).max(axis=0) / np.maximum(lengths, 1e-9)
    return (
        _cosine(listings, person[0]),
        _cosine(
            np.add.reduceat(listings, occupations.minor, axis=1),
            np.add.reduceat(person, occupations.minor, axis=1)[0],
        ),
        by_phrase,
    )


def _cosine(rows: Vectors, one: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1) * float(np.linalg.norm(one))
    found: Vectors = (rows @ one) / np.maximum(lengths, 1e-9)
    return found
