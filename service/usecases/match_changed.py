"""Match what has changed: some listings for one person, or one changed person with all listings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from service.domain.listing import Kind, StoredListing
from service.domain.match import Tier
from service.domain.person import Profile, Route
from service.domain.pool import Ask, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.matching.score import best_rows
from service.ports import Tools
from service.rules.candidacy import route_for
from service.rules.eligible import RouteRules, Rulebook, reasons_against, rules_for
from service.usecases.explain_answer import tier_of
from service.usecases.rulebook import rulebook
from service.usecases.score_listing import RANKED, job_scores, scores_for, wanted_of
from service.usecases.score_pools import WIDE, measured_by, route_scores

Tiers = dict[str, Tier]
"""How well each listing matches, by its id; stretches are left out."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One person's standing question: their words as read, what they may be shown, and where."""

    read: SavedUnderstanding
    book: Rulebook
    filters: Filters
    rules: dict[Route, RouteRules] = field(default_factory=dict)

    @classmethod
    def of(  # noqa: PLR0913 - the last two go by name
        cls,
        tools: Tools,
        profile: Profile,
        read: SavedUnderstanding,
        filters: Filters,
        routes: Iterable[Route] = (),
        *,
        viewer: str | None,
    ) -> "Asking":
        """Gather the rules as of now. routes: narrow the person's own, none narrow nothing.

        viewer: the organisation that is told.
        """
        book = rulebook(tools, profile, viewer=viewer)
        wished, asked = profile.preferences.routes or tuple(Route), tuple(routes) or tuple(Route)
        rules = {
            route: rules_for(route, book, filters)
            for route in Route
            if route in wished and route in asked
        }
        return cls(read, book, filters, rules)

    @property
    def says_work(self) -> bool:
        """Whether the words hold anything to be matched."""
        return len(self.read.vectors) > 1

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


def tiers_of_listings(tools: Tools, asking: Asking, listings: Sequence[StoredListing]) -> Tiers:
    """Return how well each of some listings matches, as the person's own answer would say."""
    if not asking.says_work:
        return {}
    seen = [one for one in listings if asking.may_see(one)]
    jobs = [one.id for one in seen if one.content.kind is Kind.JOB]
    scores: dict[str, float] = {}
    pool = tools.index.pool_of(jobs).pool
    if pool.ids:
        found = job_scores(tools, pool, asking.read)
        scores = dict(zip(pool.ids, found.tolist(), strict=True))
    for one in seen:
        # What a training is worth to somebody depends on what else is there for them.
        if one.content.kind is Kind.JOB:
            continue
        wanted = wanted_of(tools, one, asking.book.viewer)
        if wanted is not None:
            scores[one.id] = float(scores_for(tools, wanted, [asking.read])[0])
    return _tiers(tools, asking, scores)


def best_of_all(tools: Tools, asking: Asking, limit: int) -> Tiers:
    """Return the best listings for a person, `limit` a route at most, as their answer has them."""
    if not asking.says_work or not asking.rules:
        return {}
    read, size = asking.read, max(WIDE, 2 * limit)
    query = PoolQuery(
        vectors=read.vectors,
        words=read.work_text,
        asks=tuple(Ask(rule.allowed, size) for rule in asking.rules.values()),
    )
    measured = measured_by(tools, read)
    scores: dict[str, float] = {}
    for route, pool in zip(asking.rules, tools.index.pools(query), strict=True):
        score = route_scores(tools, route, pool, measured)
        scores |= {pool.ids[row]: float(score[row]) for row in best_rows(score, limit)}
    stored = tools.store.listings(list(scores))
    kept = {name: scores[name] for name, one in stored.items() if asking.may_see(one)}
    return _tiers(tools, asking, kept)


def _tiers(tools: Tools, asking: Asking, scores: dict[str, float]) -> Tiers:
    understood = asking.read.understanding
    tiers = {name: tier_of(tools, score, understood) for name, score in scores.items()}
    return {name: tier for name, tier in tiers.items() if tier is not Tier.STRETCH}
