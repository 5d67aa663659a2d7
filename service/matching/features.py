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
from service.domain.work_said import Crowd, Said, Shares

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
_KEPT: Final = 64
_STATED: Final = 0.5
_TOP: Final = 3
_MET_AT, _MET_SLOPE = 0.5, 12.0
_LONG_YEARS: Final = 20.0
_MANY_PHRASES: Final = 20
_KINDS: Final = tuple(Kind)


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
    raised /= raised.sum(axis=1, keepdims=True)
    found: Vectors = raised
    return found


def nearest_shares(affinity: Vectors) -> Shares:
    """Turn cosines with unit groups, (r, g), into the largest shares of each text.

    Groups that are far add next to nothing to any cosine of shares, and would be six sevenths of
    what is kept of a person's occupations and read for every listing.
    """
    kept = min(_KEPT, affinity.shape[1])
    groups = np.argpartition(-affinity, kept - 1, axis=1)[:, :kept]
    order = np.argsort(-np.take_along_axis(affinity, groups, axis=1), axis=1, kind="stable")
    groups = np.take_along_axis(groups, order, axis=1)
    parts = np.take_along_axis(shares(affinity), groups, axis=1)
    return Shares(groups.astype(np.uint16), parts.astype(np.float16).astype(np.float32))


def similarities(pool: Pool, said: Said) -> Vectors:
    """Return the cosine of each phrase with each requirement of the pool, (p, r)."""
    return said.phrases @ pool.requirements.T


def pair_features(
    pool: Pool, said: Said, similarity: Vectors, affinity: Vectors, yardsticks: Yardsticks
) -> Features:
    """Return the features of one person with every listing of a pool, (n, features).

    similarity: (p, r) from `similarities`. affinity: (n, g) cosine of each listing's text
    with each unit group.
    """
    here = pool.lexical[None, :]
    crowd = Crowd.of([said])
    found: Features = crowd_features(pool, crowd, similarity, here, affinity, yardsticks)[0]
    return found


def crowd_features(  # noqa: PLR0913, PLR0917 - both sides, and what is known of their pairs
    pool: Pool,
    people: Crowd,
    similarity: Vectors,
    lexical: Vectors,
    affinity: Vectors,
    yardsticks: Yardsticks,
) -> Features:
    """Return the features of m people with the n listings of a pool, (m, n, features).

    The same numbers for a pair whichever side asks. similarity: (all phrases, r), the people's
    phrases one after the other. lexical: (m, n) cosines of their words with each listing's.
    affinity: (n, g) cosine of each listing's text with each unit group.
    """
    firsts, sizes = pool.starts[:-1], np.diff(pool.starts)
    counts, by_person = people.counts, people.firsts
    wholes, phrases = people.apart(people.vectors)
    best_phrase = np.maximum.reduceat(similarity, by_person, axis=0)
    title = best_phrase[:, firsts]
    rest = np.add.reduceat(best_phrase, firsts, axis=1) - title
    coverage = np.where(sizes > 1, rest / np.maximum(sizes - 1, 1), title)
    best_requirement = np.maximum.reduceat(similarity, firsts, axis=1)
    met = 1 / (1 + np.exp(-_MET_SLOPE * (best_phrase - _MET_AT)))
    met_share = np.add.reduceat(met, firsts, axis=1) - met[:, firsts]
    met_share = np.where(sizes > 1, met_share / np.maximum(sizes - 1, 1), met[:, firsts])
    support = 1 / (1 + np.exp(-_MET_SLOPE * (best_requirement - _MET_AT)))
    standing = np.maximum.reduceat(phrases @ yardsticks.standings.T, by_person, axis=0)
    wanted = pool.requirements[firsts] @ yardsticks.standings.T
    group, minor, phrase_group = _occupation_overlap(
        pool, people, by_person, affinity, yardsticks.occupations
    )
    here = (len(people), len(pool.ids))
    columns = [
        wholes @ pool.whole.T,
        _mean_of_best(best_requirement, by_person, counts),
        np.add.reduceat(best_requirement, by_person, axis=0) / counts[:, None],
        coverage,
        title,
        wholes @ pool.requirements[firsts].T,
        lexical,
        group,
        minor,
        _of_people(people.sure, here),
        _of_people(np.minimum(1.0, counts / _MANY_PHRASES), here),
        phrase_group,
        met_share,
        np.broadcast_to(pool.kind == _KINDS.index(Kind.TRAINING), here),
        np.broadcast_to(pool.kind == _KINDS.index(Kind.ENTERPRISE), here),
        _of_people(np.minimum(1.0, people.years / _LONG_YEARS), here),
        *(_of_people(one, here) for one in standing.T),
        *(np.broadcast_to(one, here) for one in wanted.T),
        _present_before_past(pool, people, by_person, similarity),
        np.add.reduceat(support, by_person, axis=0) / counts[:, None],
    ]
    return np.stack(columns, axis=2).astype(np.float32)


def _of_people(values: npt.ArrayLike, here: tuple[int, int]) -> Vectors:
    """Give each person's value, (m,), to all of their pairs, (m, n)."""
    return np.broadcast_to(np.asarray(values, dtype=np.float32)[:, None], here)


def _mean_of_best(
    best_requirement: Vectors, by_person: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]
) -> Vectors:
    """Return the mean of each person's best three phrases for each listing, (p, n) to (m, n)."""
    if len(counts) == 1:
        found: Vectors = np.sort(best_requirement, axis=0)[-_TOP:].mean(axis=0)[None, :]
        return found
    place = np.arange(len(best_requirement)) - np.repeat(by_person, counts)
    owner = np.repeat(np.arange(len(counts)), counts)
    apart = np.full(
        (len(counts), int(counts.max()), best_requirement.shape[1]), -np.inf, dtype=np.float32
    )
    apart[owner, place] = best_requirement
    best = np.sort(apart, axis=1)[:, -_TOP:]
    held = np.minimum(counts, _TOP)[:, None]
    total: Vectors = np.where(np.isfinite(best), best, 0.0).sum(axis=1) / held
    return total


def _present_before_past(
    pool: Pool,
    people: Crowd,
    by_person: npt.NDArray[np.int64],
    similarity: Vectors,
) -> Vectors:
    """Return how much nearer each listing is to what is done now than to what was done before.

    Mean over requirements of the best cosine, (m, n); 0 for who says only one of the two. Caps
    are sold at the bus stand for want of better: a career says more.
    """
    found = np.zeros((len(people), len(pool.ids)), dtype=np.float32)
    counts = people.counts
    now_said = np.add.reduceat(people.present, by_person, dtype=np.int64)
    sizes = np.maximum(np.diff(pool.starts), 1)
    for at in np.flatnonzero((now_said > 0) & (now_said < counts)):
        here = slice(by_person[at], by_person[at] + counts[at])
        now, rows = people.present[here], similarity[here]
        gap = rows[now].max(axis=0) - rows[~now].max(axis=0)
        found[at] = np.add.reduceat(gap, pool.starts[:-1]) / sizes
    return found


def _occupation_overlap(
    pool: Pool,
    people: Crowd,
    by_person: npt.NDArray[np.int64],
    affinity: Vectors,
    occupations: Occupations,
) -> tuple[Vectors, Vectors, Vectors]:
    """Return the cosine between each person's and each listing's shares of occupations, (m, n).

    By unit group, by minor group, and by unit group for the phrase that comes nearest: who
    has had several trades is near each of them. A stated code counts half of a listing's shares.
    """
    listings = shares(affinity)
    column = np.searchsorted(occupations.numbers, pool.occupation)
    column = np.minimum(column, len(occupations.numbers) - 1)
    known = occupations.numbers[column] == pool.occupation
    listings[known] *= 1 - _STATED
    listings[known, column[known]] += _STATED
    said = people.shares
    lengths = np.linalg.norm(listings, axis=1) * said.lengths()[:, None]
    by_whole, by_phrase = people.apart(said.products(listings) / np.maximum(lengths, 1e-9))
    wholes = said[people.starts[:-1]]
    return (
        by_whole,
        _cosines(
            wholes.gathered(occupations.minor_of, len(occupations.minor)),
            np.add.reduceat(listings, occupations.minor, axis=1),
        ),
        np.maximum.reduceat(by_phrase, by_person, axis=0),
    )


def _cosines(rows: Vectors, others: Vectors) -> Vectors:
    """Return (m, n) cosines of the rows of two matrices."""
    lengths = np.linalg.norm(rows, axis=1)[:, None] * np.linalg.norm(others, axis=1)
    found: Vectors = (rows @ others.T) / np.maximum(lengths, 1e-9)
    return found
