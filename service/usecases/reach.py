"""What lies within reach of one person: jobs as columns, and what leads to them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz import fuzz

from service.domain.eligibility import Eligibility
from service.domain.embedding import Vectors
from service.domain.listing import Listing, StoredListing
from service.domain.match import Bridge, Missing, Tier
from service.domain.pathway import Step
from service.domain.person import Route
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.domain.text import fold
from service.domain.work_said import Said
from service.matching.features import Yardsticks
from service.matching.score import Floats
from service.ports import Tools
from service.rules.eligible import Rulebook, reasons_against, rules_for
from service.rules.flags import Setting, flags_for
from service.skills.gaps import recognises, teaches_languages
from service.skills.responsibility import leads, teaches
from service.usecases.clean_text import cleaned, encoded
from service.usecases.explain_match import other_gaps
from service.usecases.score_pools import scored

JOBS: Final = 150
DONE_FROM: Final = 0.5
"""Cosine from which a phrase and a requirement say the same work."""
_SEASONED_YEARS: Final = 10.0
_REACHED: Final = 12
_CERTIFIES_FROM: Final = 0.7
_SAME_NAME: Final = 85.0


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs within reach, as columns, with their records and routes.

    before: (n,) scores. done: (n,) whether the person has done that kind of work. gaps: what
    each asks for beside skills that the person's fields do not show.
    """

    pool: Pool
    records: Sequence[StoredListing]
    routes: Sequence[Route]
    affinity: Vectors
    before: Floats
    done: Sequence[bool]
    gaps: Sequence[tuple[Missing, ...]]


_WISH: Final = re.compile(r"\b(?:want|wish|hope|like|interested|dream|plan|learn)", re.IGNORECASE)
_WISHED_FROM, _WISHED = 0.3, 0.6
_ASSESSED, _LEADING, _TEACHING = 0.6, 0.5, 0.4
_ELEMENTARY: Final = "9"
_FAR_LIKELIER: Final = 0.2


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a person stands before any training.

    wishes: (w, d) of what they say they want to learn. seasoned: long enough in work to lead or
    to teach it.
    """

    said: Said
    wishes: Vectors
    seasoned: bool


def wishes_of(tools: Tools, read: SavedUnderstanding) -> Vectors:
    """Return the vectors of what a person's words want to learn, (w, d)."""
    language = read.understanding.language
    wished = [
        one.text
        for one in read.understanding.phrases
        if not one.work and (_WISH.search(one.text) or _WISH.search(one.means or ""))
    ]
    if not wished:
        return read.vectors[:0]
    return encoded(tools, language, [cleaned(tools, one, language) for one in wished])


def nearness(training: Listing, leads_to: Vectors, chance: float, stand: Stand) -> float:
    """Return how near a training is to a person, 0..1.

    chance: by the ranking, 0..1. Wishes count, and what recognises or uses work done for long.
    """
    near = chance
    if len(stand.wishes):
        wished = float((stand.wishes @ leads_to.T).max())
        near = max(near, min(1.0, max(0.0, (wished - _WISHED_FROM) / (_WISHED - _WISHED_FROM))))
    done = float((stand.said.phrases @ leads_to.T).max()) >= DONE_FROM
    if recognises(training) and done:
        near = max(near, _ASSESSED)
    named = " ".join((training.title, *training.outcomes))
    if stand.seasoned and done and leads(named):
        near = max(near, _LEADING)
    # A trade is taught by who has one, whatever it is; leading stays within it.
    if stand.seasoned and teaches(named):
        near = max(near, _TEACHING)
    return near


def is_seasoned(tools: Tools, said: Said, *, by_age: bool) -> bool:
    """Tell whether somebody has a trade, and long enough to lead or to teach it."""
    group = tools.taxonomy.codes[int(said.shares.groups[0, 0])]
    return (by_age or said.years >= _SEASONED_YEARS) and not group.startswith(_ELEMENTARY)


def job_rules(book: Rulebook) -> dict[Route, Eligibility]:
    """Return the rules of the routes to jobs that a person wants, of both if they named none."""
    wanted = book.profile.preferences.routes or tuple(Route)
    return {
        route: rules_for(route, book, Filters()).allowed
        for route in (Route.LOCAL, Route.OVERSEAS)
        if route in wanted
    }


def within_reach(training: Listing, leads_to: Vectors, said: Said) -> bool:
    """Tell whether a training is for this person: only who has done the work can be assessed."""
    if not recognises(training):
        return True
    return float((said.phrases @ leads_to.T).max()) >= DONE_FROM


def certified(tools: Tools, trainings: Sequence[StoredListing]) -> Vectors:
    """Return the vectors of what trainings certify, (n, d)."""
    return tools.listing_encoder.encode(
        [one.content.certification or one.content.title for one in trainings]
    )


def certifies(tools: Tools, training: Listing, certified_by: Vectors, certificate: str) -> bool:
    """Tell whether a training ends with a certificate, as far as its name says.

    certified_by: (d,) of what it certifies.
    """
    named = " ".join((training.title, training.certification or "", *training.outcomes))
    if fuzz.token_set_ratio(fold(certificate), fold(named)) >= _SAME_NAME:
        return True
    wanted = tools.listing_encoder.encode([certificate])[0]
    return float(certified_by @ wanted) >= _CERTIFIES_FROM


def rows_of(pool: Pool, at: int) -> Vectors:
    """Return what one listing of a pool asks for or leads to, (k, d), its title first."""
    return pool.requirements[pool.starts[at] : pool.starts[at + 1]]


def union(pools: Sequence[Pool]) -> Pool:
    """Return all listings of some pools once, in the order they come."""
    seen: dict[str, tuple[Pool, int]] = {}
    for pool in pools:
        for at, name in enumerate(pool.ids):
            seen.setdefault(name, (pool, at))
    first = pools[0]
    if not seen:
        return first
    places = list(seen.values())
    requirements = [rows_of(pool, at) for pool, at in places]
    sizes = [len(rows) for rows in requirements]
    return Pool(
        ids=tuple(seen),
        whole=np.stack([pool.whole[at] for pool, at in places]),
        occupation=np.array([pool.occupation[at] for pool, at in places]),
        kind=np.array([pool.kind[at] for pool, at in places]),
        lexical=np.array([pool.lexical[at] for pool, at in places]),
        requirements=np.concatenate(requirements),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        countries=tuple(pool.countries[at] for pool, at in places),
        assesses=np.array([pool.assesses[at] for pool, at in places]),
    )


def missing_vectors(jobs: Pool, said: Said) -> Vectors:
    """Return what the nearest jobs ask for and nothing the person says comes near, (m, d)."""
    if not jobs.ids:
        return said.whole[None, :]
    near = (said.phrases @ jobs.requirements.T).max(axis=0)
    nearest = np.argsort(-(jobs.whole @ said.whole), kind="stable")[:_REACHED]
    rows = [row for at in nearest for row in range(jobs.starts[at] + 1, jobs.starts[at + 1])]
    missing = [row for row in rows if near[row] < DONE_FROM]
    return jobs.requirements[missing] if missing else said.whole[None, :]


def led_to(tools: Tools, taught: Sequence[Vectors], rules: Sequence[Eligibility]) -> list[Pool]:
    """Return the jobs nearest to what some trainings lead to."""
    if not taught:
        return []
    vectors = np.vstack(taught)
    asks = tuple(Ask(rule, JOBS) for rule in rules)
    query = PoolQuery(np.vstack([vectors.mean(axis=0, keepdims=True), vectors]), "", asks)
    return tools.index.pools(query)


def jobs_of(
    tools: Tools,
    book: Rulebook,
    pool: Pool,
    measured: tuple[Said, Yardsticks],
    rules: Mapping[Route, Eligibility],
) -> Jobs:
    """Return the jobs that still stand and that the rules let through."""
    records = tools.store.listings(pool.ids)
    home = book.profile.home_country
    kept: dict[int, Route] = {}
    for at, name in enumerate(pool.ids):
        route = Route.LOCAL if pool.countries[at] == home else Route.OVERSEAS
        if name not in records or route not in rules:
            continue
        if not reasons_against(records[name], rules[route], book):
            kept[at] = route
    some = taken(pool, list(kept))
    before, _ = scored(tools, some, measured)
    # Two adverts of one vacancy are one job.
    same = tools.store.same_listings(book.viewer) if book.viewer is not None else ()
    some, before = once_each(some, before, same)
    titles = some.requirements[some.starts[:-1]] if some.ids else some.requirements[:0]
    said, routes = measured[0], {pool.ids[at]: route for at, route in kept.items()}
    done = (said.phrases @ titles.T).max(axis=0) >= DONE_FROM if some.ids else []
    found = [records[name] for name in some.ids]
    return Jobs(
        pool=some,
        records=found,
        routes=[routes[name] for name in some.ids],
        affinity=tools.taxonomy.affinity(some.whole) if some.ids else some.whole,
        before=before,
        done=[bool(one) for one in done],
        gaps=[tuple(other_gaps(one.content, book.profile, said.years)) for one in found],
    )


def taken(pool: Pool, rows: Sequence[int]) -> Pool:
    """Return these rows of a pool, in this order."""
    requirements = [rows_of(pool, at) for at in rows]
    sizes = [len(one) for one in requirements]
    return Pool(
        ids=tuple(pool.ids[at] for at in rows),
        whole=pool.whole[list(rows)],
        occupation=pool.occupation[list(rows)],
        kind=pool.kind[list(rows)],
        lexical=pool.lexical[list(rows)],
        requirements=np.concatenate(requirements) if rows else pool.requirements[:0],
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        countries=tuple(pool.countries[at] for at in rows),
        assesses=pool.assesses[list(rows)],
    )


def once_each(pool: Pool, score: Floats, sets: Sequence[frozenset[str]]) -> tuple[Pool, Floats]:
    """Return a scored pool with only the best of each set that was confirmed to be the same."""
    row_of = {name: row for row, name in enumerate(pool.ids)} if sets else {}
    spare: set[int] = set()
    for names in sets:
        rows = [row_of[name] for name in sorted(names) if name in row_of]
        if len(rows) > 1:
            spare |= set(rows) - {max(rows, key=lambda row: float(score[row]))}
    if not spare:
        return pool, score
    kept = [row for row in range(len(pool.ids)) if row not in spare]
    return taken(pool, kept), score[kept]


def step_of(training: StoredListing, setting: Setting) -> Step:
    """Return a training as a step of a pathway: how it helps, and what to mind about it."""
    way = Bridge.COURSE
    if recognises(training.content):
        way = Bridge.ASSESSMENT
    elif teaches_languages(training.content):
        way = Bridge.LANGUAGE_COURSE
    return Step(training, way, flags_for(training.content, setting))


def is_far_likelier(before: Tier, gain: float) -> bool:
    """Tell whether a job that was in the best tier before has gained enough to count as opened.

    Of jobs with chances of 0.59 and 0.61 neither is to be kept from the course that makes it sure.
    """
    return before is Tier.STRONG and gain >= _FAR_LIKELIER


def weeks_of(trainings: Sequence[StoredListing]) -> float:
    """Return how many weeks some trainings take, as far as they say."""
    return sum(one.content.duration_weeks or 0 for one in trainings)
