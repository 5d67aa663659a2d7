"""Measure the ranking on the gold set, beside what a partner could assemble from parts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.eligibility import Eligibility
from service.domain.errors import InvalidInputError
from service.domain.listing import Kind, StoredListing
from service.domain.person import Route
from service.domain.pool import Ask, PoolQuery
from service.domain.request import MatchRequest
from service.matching.baselines import bm25, character_tfidf, word_tfidf
from service.matching.features import NAMES
from service.matching.metrics import ndcg_at, ranking, recall_at, reciprocal_rank
from service.ports import Encoder, ProgressBar, Tools
from service.usecases.find_matches import match_profile
from service.usecases.gold import GoldPerson
from service.usecases.load_sample import SOURCE
from service.usecases.score_pools import measured_by, scored
from service.usecases.understand import understand

REFERRED_FROM: Final = 2
"""Grade from which an officer would refer: most skills carry over."""
_DEPTH, _RECALL_DEPTH = 10, 50
_ROUTE_LIMIT: Final = 100
_BINS: Final = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Board:
    """The listings that are ranked (everything but services), in one order."""

    listings: tuple[StoredListing, ...]

    @property
    def names(self) -> list[str]:
        """External ids, as the judgements name them."""
        return [one.external_id for one in self.listings]

    def texts(self) -> list[str]:
        """Title, skills, outcomes and description of each: what a baseline would index."""
        return [
            ". ".join(
                (
                    x.content.title,
                    *x.content.skills,
                    *x.content.outcomes,
                    x.content.description or "",
                )
            )
            for x in self.listings
        ]


@dataclass(frozen=True, slots=True)
class PersonResult:
    """How one system did for one person."""

    ndcg: float
    mrr: float
    recall: float


@dataclass(frozen=True, slots=True)
class SystemResult:
    """A system's results, person by person, in the order of the gold people."""

    name: str
    people: tuple[PersonResult, ...]

    def values(self, measure: str) -> Floats:
        """Return one measure for every person."""
        return np.array([getattr(one, measure) for one in self.people])


def board_of(tools: Tools) -> Board:
    """Return the sample listings of the store; services are referred to, not ranked."""
    found, after = [], 0
    while True:
        page = tools.store.page_of_listings(after=after, limit=500, where={"source": SOURCE})
        found += [one for one in page.items if one.content.kind is not Kind.SERVICE]
        if page.next_after is None:
            return Board(tuple(found))
        after = page.next_after


def homeward_scores(
    tools: Tools, people: Sequence[GoldPerson], board: Board, bar: ProgressBar | None = None
) -> Floats:
    """Return the score of every listing for every person, as the service answers them.

    A listing that is not in an answer (beyond its limit) scores 0.
    """
    column = {name: at for at, name in enumerate(board.names)}
    scores = np.zeros((len(people), len(column)))
    for row, person in enumerate(people):
        request = MatchRequest(profile=person.profile, routes=tuple(Route), limit=_ROUTE_LIMIT)
        try:
            routes = match_profile(tools, request).routes
        except InvalidInputError:
            routes = {}  # nothing was taken for work: no listing is found
        for match in (match for matches in routes.values() for match in matches):
            scores[row, column[match.listing.external_id]] = match.score
        if bar is not None:
            bar.advance(1)
    return scores


CHANNELS: Final = ("whole", "top3", "coverage", "title", "lexical", "group")
"""Features that could rank alone; the evaluation shows each beside their combination."""


def channel_scores(
    tools: Tools, people: Sequence[GoldPerson], board: Board, bar: ProgressBar | None = None
) -> dict[str, Floats]:
    """Return the scores, (people, listings), of each channel of the ranking alone."""
    column = {one.id: at for at, one in enumerate(board.listings)}
    scores = {name: np.zeros((len(people), len(column))) for name in CHANNELS}
    ask = Ask(Eligibility(), size=10 * len(column))
    for row, person in enumerate(people):
        read = understand(tools, person.profile)
        if bar is not None:
            bar.advance(1)
        if len(read.vectors) <= 1:
            continue
        pool = tools.index.pools(PoolQuery(read.vectors, read.work_text, (ask,)))[0]
        _, features = scored(tools, pool, measured_by(tools, read))
        columns = [column.get(one, -1) for one in pool.ids]
        kept = [at for at, where in enumerate(columns) if where >= 0]
        for name in CHANNELS:
            values = features[kept, NAMES.index(name)]
            scores[name][row, [columns[at] for at in kept]] = values
    return scores


Baseline = Callable[[Sequence[str], Sequence[str]], Floats]


def baselines(encoders: dict[str, Encoder]) -> dict[str, Baseline]:
    """Return the systems to compare with; every encoder ranks by whole-text cosine."""

    def by_cosine(encoder: Encoder) -> Baseline:
        def scores(queries: Sequence[str], documents: Sequence[str]) -> Floats:
            asked = encoder.encode(queries)
            return (asked @ encoder.encode(documents).T).astype(np.float64)

        return scores

    found: dict[str, Baseline] = {
        "BM25": bm25,
        "word TF-IDF": word_tfidf,
        "character TF-IDF": character_tfidf,
    }
    found |= {name: by_cosine(encoder) for name, encoder in encoders.items()}
    return found


def judge(name: str, scores: Floats, people: Sequence[GoldPerson], board: Board) -> SystemResult:
    """Hold a system's scores, shape (people, listings), against the judgements."""
    return SystemResult(
        name,
        tuple(_person(line, person, board) for line, person in zip(scores, people, strict=True)),
    )


def grades_of(person: GoldPerson, board: Board) -> Floats:
    """Return the person's grade for every listing of the board."""
    return np.array([float(person.grades.get(name, 0)) for name in board.names])


def _person(scores: Floats, person: GoldPerson, board: Board) -> PersonResult:
    order = ranking(scores)
    grades = grades_of(person, board)
    gains = 2.0**grades - 1
    hits = grades[order] >= REFERRED_FROM
    if not gains.any():
        return PersonResult(0.0, 0.0, 0.0)
    if not hits.any():
        # Nobody would refer this person anywhere: only the order of fallbacks counts.
        return PersonResult(ndcg_at(gains[order], _DEPTH), float("nan"), float("nan"))
    return PersonResult(
        ndcg=ndcg_at(gains[order], _DEPTH),
        mrr=reciprocal_rank(hits),
        recall=recall_at(hits, _RECALL_DEPTH),
    )


def bootstrap_interval(values: Floats, *, seed: int = 0, rounds: int = 4000) -> tuple[float, float]:
    """Return the 95% interval of a mean over people, resampled with replacement."""
    kept = values[~np.isnan(values)]
    rng = np.random.default_rng(seed)
    means = kept[rng.integers(0, len(kept), (rounds, len(kept)))].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system against another on the same people: relative gain of mean nDCG@10."""

    gain: float
    low: float
    high: float


def compare(ours: SystemResult, theirs: SystemResult, *, seed: int = 0) -> Comparison:
    """Return the relative gain in mean nDCG@10 with its 95% paired-bootstrap interval."""
    a, b = ours.values("ndcg"), theirs.values("ndcg")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(a), (4000, len(a)))
    gains = a[drawn].mean(axis=1) / b[drawn].mean(axis=1) - 1
    low, high = np.percentile(gains, (2.5, 97.5))
    return Comparison(float(a.mean() / b.mean() - 1), float(low), float(high))


def by_route(
    scores: Floats, people: Sequence[GoldPerson], board: Board
) -> dict[str, tuple[Floats, Floats]]:
    """Return nDCG@10 and recall@50 within each route for every person; NaN where none is right.

    What is local for one person is overseas for another: each has routes of their own.
    """
    found: dict[str, tuple[list[float], list[float]]] = {one.value: ([], []) for one in Route}
    for line, person in zip(scores, people, strict=True):
        home = person.profile.home_country or ""
        routes = np.array([route_of(one, home).value for one in board.listings])
        grades = grades_of(person, board)
        for route, (ndcgs, recalls) in found.items():
            here = routes == route
            order = ranking(line[here])
            gains, hits = 2.0 ** grades[here] - 1, grades[here] >= REFERRED_FROM
            ndcgs.append(ndcg_at(gains[order], _DEPTH) if gains.any() else np.nan)
            recalls.append(recall_at(hits[order], _RECALL_DEPTH) if hits.any() else np.nan)
    return {route: (np.array(a), np.array(b)) for route, (a, b) in found.items()}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Expected calibration error over `pairs` shown matches; `bins`: (mean score, share, n)."""

    error: float
    pairs: int
    bins: tuple[tuple[float, float, int], ...]


def calibration(scores: Floats, people: Sequence[GoldPerson], board: Board) -> Calibration:
    """Hold scores against how often an officer would refer, over the first ten per route."""
    shown_scores, shown_hits = [], []
    for line, person in zip(scores, people, strict=True):
        grades = grades_of(person, board)
        home = person.profile.home_country or ""
        by_route: dict[Route, list[int]] = {route: [] for route in Route}
        for at in ranking(line):
            by_route[route_of(board.listings[at], home)].append(int(at))
        for rows in by_route.values():
            shown_scores += [line[at] for at in rows[:_DEPTH]]
            shown_hits += [grades[at] >= REFERRED_FROM for at in rows[:_DEPTH]]
    return binned(np.array(shown_scores), np.array(shown_hits, dtype=np.float64))


def binned(scores: Floats, hits: Floats) -> Calibration:
    """Hold scores, (n,), against what came of them, (n,) of 0 or 1, in ten bins."""
    edges = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    bins, error = [], 0.0
    for edge in range(_BINS):
        here = edges == edge
        count = int(here.sum())
        if count:
            mean, share = float(scores[here].mean()), float(hits[here].mean())
            bins.append((mean, share, count))
            error += count / len(scores) * abs(mean - share)
    return Calibration(error, len(scores), tuple(bins))


def route_of(stored: StoredListing, home: str) -> Route:
    """Return the route a listing is on for someone at home in a country."""
    if stored.content.kind is not Kind.JOB:
        return Route.TRAINING
    return Route.LOCAL if stored.content.country == home else Route.OVERSEAS
