"""Rank what a person could do next: jobs at home, jobs abroad, trainings."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from service.domain.errors import InvalidInputError
from service.domain.match import Answer, Blocked, Match, Tier, Understanding
from service.domain.person import Profile, Route, StoredPerson
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters, MatchRequest
from service.matching.evidence import PersonWords
from service.matching.features import (
    NAMES,
    STANDINGS,
    Features,
    PersonVectors,
    Yardsticks,
    pair_features,
    similarities,
)
from service.matching.score import Floats, best_rows
from service.ports import Tools
from service.rules.consent import require_matching
from service.rules.eligible import RouteRules, reasons_against, rules_for
from service.rules.flags import Setting, flags_for
from service.skills.experience import done_now, years_said
from service.usecases.clean_text import cleaned, cleaned_listing
from service.usecases.explain_match import Compared, Judged, add_bridges, explain
from service.usecases.understand import understand

_POOL: Final = 120
_BLOCKED_POOL: Final = 20
_BLOCKED_PER_ROUTE: Final = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """A listing of a pool that made it into the answer."""

    listing_id: str
    score: float
    requirements: Floats
    """(k, d) of what the listing asks for, title first."""


def match_profile(tools: Tools, request: MatchRequest) -> Answer:
    """Answer an ad-hoc question; stores nothing."""
    return _answer(tools, request, understand(tools, request.profile))


def match_person(
    tools: Tools, person: StoredPerson, *, routes: tuple[Route, ...], filters: Filters, limit: int
) -> Answer:
    """Answer for a stored person, whose words were read when they were stored.

    Raises ConsentMissingError without a consent that holds today.
    """
    require_matching(person.profile.consent, tools.clock.today())
    saved = tools.store.understanding(person, tools.reading)
    request = MatchRequest(profile=person.profile, routes=routes, filters=filters, limit=limit)
    return _answer(tools, request, saved or understand(tools, person.profile))


def _answer(tools: Tools, request: MatchRequest, read: SavedUnderstanding) -> Answer:
    if len(read.vectors) <= 1:
        message = "There is nothing about work in these words; ask what the person can do."
        raise InvalidInputError(message, code="no_work_words")
    profile = request.profile
    routes = request.routes or profile.preferences.routes or tuple(Route)
    today = tools.clock.today()
    rules = {route: rules_for(route, profile, request.filters, today) for route in routes}
    state = tools.index.state
    pools = tools.index.pools(_query(read, rules, request.limit))
    allowed, refused = pools[: len(rules)], pools[len(rules) :]
    measured = measured_by(tools, read)
    chosen = {
        route: _choose(tools, pool, measured, request.limit)
        for route, pool in zip(rules, allowed, strict=True)
    }
    blocked = {
        route: _choose(tools, pool, measured, _BLOCKED_PER_ROUTE)
        for route, pool in zip(rules, refused, strict=True)
    }
    return Answer(
        understood=read.understanding,
        routes=_matches(tools, profile, read, chosen, rules),
        blocked=_blocked(tools, blocked, rules),
        model=tools.encoder.model,
        index=state,
    )


def _query(read: SavedUnderstanding, rules: dict[Route, RouteRules], limit: int) -> PoolQuery:
    wide = max(_POOL, 2 * limit)
    return PoolQuery(
        vectors=read.vectors,
        words=read.work_text,
        asks=(
            *(Ask(rule.allowed, wide) for rule in rules.values()),
            *(Ask(rule.within_route, _BLOCKED_POOL, rule.allowed) for rule in rules.values()),
        ),
    )


def measured_by(tools: Tools, read: SavedUnderstanding) -> tuple[PersonVectors, Yardsticks]:
    """Return what every pool of an answer is scored with: the person, and what measures them."""
    said = PersonVectors(
        whole=read.vectors[0],
        phrases=read.vectors[1:],
        affinity=tools.taxonomy.affinity(read.vectors),
        years=years_said(read.work_text),
        present=np.array(done_now(read.understanding.phrases)),
    )
    standings = tools.listing_encoder.encode(STANDINGS)
    return said, Yardsticks(tools.taxonomy.occupations, standings)


def scored(
    tools: Tools, pool: Pool, measured: tuple[PersonVectors, Yardsticks]
) -> tuple[Floats, Features]:
    """Return scores (n,) and features of a pool."""
    if not pool.ids:
        nothing = np.zeros((0, len(NAMES)), dtype=np.float32)
        return np.zeros(0, dtype=np.float32), nothing
    said, yardsticks = measured
    affinity = tools.taxonomy.affinity(pool.whole)
    features = pair_features(pool, said, similarities(pool, said), affinity, yardsticks)
    return tools.scorer.score(features), features


def _choose(
    tools: Tools, pool: Pool, measured: tuple[PersonVectors, Yardsticks], limit: int
) -> list[Chosen]:
    score, _ = scored(tools, pool, measured)
    return [
        Chosen(
            listing_id=pool.ids[row],
            score=float(score[row]),
            requirements=pool.requirements[pool.starts[row] : pool.starts[row + 1]],
        )
        for row in best_rows(score, limit)
    ]


def _matches(
    tools: Tools,
    profile: Profile,
    read: SavedUnderstanding,
    chosen: dict[Route, list[Chosen]],
    rules: dict[Route, RouteRules],
) -> dict[Route, tuple[Match, ...]]:
    listings = tools.store.listings([one.listing_id for some in chosen.values() for one in some])
    setting = Setting(profile=profile, today=tools.clock.today())
    heard, understood = heard_of(tools, read), read.understanding

    def clean(text: str) -> str:
        return cleaned_listing(tools, text)[0].english

    judged: dict[Route, list[Judged]] = {}
    for route, some in chosen.items():
        # A listing deleted since the search is simply no longer there.
        present = [one for one in some if one.listing_id in listings]
        # Listings may have changed since the index saw them; the rules hold on what is stored.
        kept = [
            one
            for one in present
            if not reasons_against(listings[one.listing_id], rules[route].allowed)
        ]
        judged[route] = [
            explain(
                Match(
                    listing=listings[one.listing_id],
                    rank=rank,
                    score=round(one.score, 4),
                    tier=_tier(tools, one.score, understood),
                    evidence=(),
                    missing=(),
                    flags=flags_for(listings[one.listing_id].content, setting),
                ),
                profile,
                understood,
                Compared(heard, one.requirements, clean, tools.evidence),
            )
            for rank, one in enumerate(kept, start=1)
        ]
    return add_bridges(tools, profile, judged)


def heard_of(tools: Tools, read: SavedUnderstanding) -> PersonWords:
    """Return a person's work words, as the encoder got them, to be held against requirements."""
    language = read.understanding.language
    texts = [
        cleaned(tools, phrase.text, language).english
        for phrase in read.understanding.phrases
        if phrase.work
    ]
    return PersonWords.of(read.vectors[0], read.vectors[1:], texts)


def _tier(tools: Tools, score: float, understood: Understanding) -> Tier:
    """Never call an answer good when the words were hardly read."""
    return Tier.STRETCH if understood.notices else tools.scorer.tier(score)


def _blocked(
    tools: Tools, blocked: dict[Route, list[Chosen]], rules: dict[Route, RouteRules]
) -> tuple[Blocked, ...]:
    worth = {
        one.listing_id: (route, one.score)
        for route, some in blocked.items()
        for one in some
        if tools.scorer.tier(one.score) is not Tier.STRETCH
    }
    listings = tools.store.listings(list(worth))
    found = []
    for listing_id, (route, _) in sorted(worth.items(), key=lambda item: -item[1][1]):
        stored = listings.get(listing_id)
        if stored is None:
            continue
        reasons = reasons_against(stored, rules[route].allowed)
        if reasons:
            found.append(Blocked(listing=stored, reasons=reasons))
    return tuple(found)
