"""Match what has changed: some listings for one person, or one changed person with all listings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.domain.corridor import StoredCorridor
from service.domain.embedding import Vectors
from service.domain.listing import Kind, StoredListing
from service.domain.match import Tier
from service.domain.person import Profile, Route
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.domain.work_said import Crowd
from service.matching.score import best_rows
from service.ports import Tools
from service.rules.candidacy import route_for
from service.rules.eligible import RouteRules, Rulebook, reasons_against, rules_for
from service.usecases.explain_answer import tier_of
from service.usecases.reach import once_each
from service.usecases.rulebook import Recorded, rulebook
from service.usecases.score_listing import RANKED, job_scores, scores_for, wanted_of
from service.usecases.score_pools import (
    WIDE,
    as_ranked,
    measured_by,
    said_to_keep,
    scored_together,
)

Tiers = dict[str, Tier]
"""How well each listing matches, by its id; stretches are left out."""


@dataclass(slots=True)
class Shared:
    """What many questions of one moment rest on, read or worked out once for all of them."""

    tools: Tools
    listings: dict[str, StoredListing | None] = field(default_factory=dict)
    corridors: dict[str, list[StoredCorridor]] = field(default_factory=dict)
    affinity: dict[str, Vectors] = field(default_factory=dict)
    answers: dict[tuple[str, str, tuple[str, ...]], Tiers] = field(default_factory=dict)
    """The best listings of some sources for a person: by who is told, the person, the sources."""
    same: dict[str, Sequence[frozenset[str]]] = field(default_factory=dict)

    def recorded_for(self, profile: Profile) -> Recorded:
        """Return the corridors from where somebody lives."""
        origin = profile.home_country
        if origin is not None and origin not in self.corridors:
            self.corridors[origin] = self.tools.store.corridors_from(origin)
        return self.corridors

    def same_for(self, organisation_id: str | None) -> Sequence[frozenset[str]]:
        """Return the sets of listings that an organisation has confirmed to be the same."""
        if organisation_id is None:
            return ()
        if organisation_id not in self.same:
            self.same[organisation_id] = self.tools.store.same_listings(organisation_id)
        return self.same[organisation_id]

    def stored(self, names: Iterable[str]) -> dict[str, StoredListing]:
        """Return those listings that exist, by id."""
        wanted = list(names)
        missing = [name for name in wanted if name not in self.listings]
        if missing:
            self.listings |= dict.fromkeys(missing) | self.tools.store.listings(missing)
        found = {name: self.listings[name] for name in wanted}
        return {name: one for name, one in found.items() if one is not None}

    def affinity_of(self, pool: Pool) -> Vectors:
        """Return the cosine of each listing's text with each unit group, (n, g)."""
        missing = [row for row, name in enumerate(pool.ids) if name not in self.affinity]
        if missing:
            found = self.tools.taxonomy.affinity(pool.whole[missing])
            self.affinity |= {pool.ids[row]: line for row, line in zip(missing, found, strict=True)}
        return np.stack([self.affinity[name] for name in pool.ids])


@dataclass(frozen=True, slots=True)
class Ground:
    """What one person may be shown: the rules' ground, the rules of each route, and filters."""

    book: Rulebook
    filters: Filters
    rules: dict[Route, RouteRules] = field(default_factory=dict)

    @classmethod
    def of(  # noqa: PLR0913 - the last two go by name
        cls,
        tools: Tools,
        profile: Profile,
        filters: Filters,
        routes: Iterable[Route] = (),
        shared: Shared | None = None,
        *,
        viewer: str | None,
    ) -> "Ground":
        """Gather the rules as of now. routes: narrow the person's own, none narrow nothing.

        viewer: the organisation that is told.
        """
        recorded = None if shared is None else shared.recorded_for(profile)
        book = rulebook(tools, profile, recorded, viewer=viewer)
        wished, asked = profile.preferences.routes or tuple(Route), tuple(routes) or tuple(Route)
        rules = {
            route: rules_for(route, book, filters)
            for route in Route
            if route in wished and route in asked
        }
        return cls(book, filters, rules)

    def may_see(self, stored: StoredListing) -> bool:
        """Tell whether every rule and filter lets a listing through."""
        listing = stored.content
        rules = self.rules.get(route_for(listing, self.book.profile))
        if listing.kind not in RANKED or rules is None:
            return False
        sectors = self.filters.sectors
        if sectors and not set(sectors) & set(listing.sectors):
            return False
        return not reasons_against(stored, rules.allowed, self.book)


@dataclass(frozen=True, slots=True)
class Asking:
    """One person's standing question: their words as read, and what they may be shown."""

    read: SavedUnderstanding
    ground: Ground

    @property
    def says_work(self) -> bool:
        """Whether the words hold anything to be matched."""
        return len(self.read.vectors) > 1


def tiers_of_listings(tools: Tools, asking: Asking, listings: Sequence[StoredListing]) -> Tiers:
    """Return how well each of some listings matches, as the person's own answer would say."""
    if not asking.says_work:
        return {}
    seen = [one for one in listings if asking.ground.may_see(one)]
    jobs = [one.id for one in seen if one.content.kind is Kind.JOB]
    scores: dict[str, float] = {}
    pool = tools.index.pool_of(jobs).pool
    if pool.ids:
        found = job_scores(tools, pool, said_to_keep(tools, asking.read))
        scores = dict(zip(pool.ids, found.tolist(), strict=True))
    alone = Crowd.of([said_to_keep(tools, asking.read)])
    for one in seen:
        # What a training is worth to somebody depends on what else is there for them.
        if one.content.kind is Kind.JOB:
            continue
        wanted = wanted_of(tools, one, asking.ground.book.viewer)
        if wanted is not None:
            scores[one.id] = float(scores_for(tools, wanted, alone)[0])
    return _tiers(tools, asking, scores)


def best_of_all(tools: Tools, asking: Asking, limit: int, shared: Shared | None = None) -> Tiers:
    """Return the best listings for a person, `limit` a route at most, as their answer has them.

    shared: what others asked at the same moment have brought up already.
    """
    ground, known = asking.ground, shared or Shared(tools)
    if not asking.says_work or not ground.rules:
        return {}
    read, size = asking.read, max(WIDE, 2 * limit)
    query = PoolQuery(
        vectors=read.vectors,
        words=read.work_text,
        asks=tuple(Ask(rule.allowed, size) for rule in ground.rules.values()),
    )
    measured, sets = measured_by(tools, read), known.same_for(ground.book.viewer)
    scores: dict[str, float] = {}
    pools = tools.index.pools(query)
    plain = scored_together(tools, pools, measured, known.affinity_of)
    for route, found, score in zip(ground.rules, pools, plain, strict=True):
        ranked = as_ranked(route, found, score, measured[0])
        pool, ranked = once_each(found, ranked, sets)
        scores |= {pool.ids[row]: float(ranked[row]) for row in best_rows(ranked, limit)}
    # Stretches first: most are, and to read and check each costs more than to score it.
    tiers = _tiers(tools, asking, scores)
    stored = known.stored(tiers)
    # In the order of their rank: they are told in this order.
    return {
        name: tier
        for name, tier in tiers.items()
        if name in stored and ground.may_see(stored[name])
    }


def _tiers(tools: Tools, asking: Asking, scores: dict[str, float]) -> Tiers:
    understood = asking.read.understanding
    tiers = {name: tier_of(tools, score, understood) for name, score in scores.items()}
    return {name: tier for name, tier in tiers.items() if tier is not Tier.STRETCH}
