"""Rank what a person could do next: jobs at home, jobs abroad, trainings."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import Final

import numpy as np
import numpy.typing as npt

from service.domain.eligibility import Eligibility
from service.domain.errors import InvalidInputError
from service.domain.match import (
    AgeHint,
    Answer,
    Blocked,
    Notice,
    Spread,
    Tier,
    Understanding,
)
from service.domain.person import Route, StoredPerson
from service.domain.pool import Ask, Pool, PoolQuery
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters, MatchRequest
from service.matching.diversify import spread_rows
from service.matching.score import Floats, best_rows
from service.ports import Tools
from service.rules.eligible import RouteRules, Rulebook, reasons_against, rules_for
from service.skills.limits import refuses
from service.usecases.bridge_gaps import add_bridges
from service.usecases.explain_answer import Chosen, Reader, reader_of
from service.usecases.explain_match import Judged
from service.usecases.find_twins import twins_by_id
from service.usecases.hint_by_age import MOST_OPTIONS, TEXTS, asks_for, fits, query_for, rule_of
from service.usecases.reach import once_each
from service.usecases.rulebook import rulebook
from service.usecases.score_pools import WIDE, as_ranked, measured_by, scored_together
from service.usecases.see_person import require_consent
from service.usecases.understand import understand

Rows = npt.NDArray[np.int64]

_BLOCKED_POOL: Final = 20
_BLOCKED_PER_ROUTE: Final = 5
_OPTIONS_POOL: Final = 30

_TURNS: Final = BoundedSemaphore(min(os.cpu_count() or 1, 4))
"""Answers in the making. Most of one is the interpreter's, which works on one thing at a time; with
thirty at once they only take it from each other: half as many a second on two cores."""

_NO_HOME: Final = Notice(
    "home_country_unknown",
    "Where the person lives is not recorded: every job counts as abroad, and closed corridors "
    "could not be checked. Add home_country.",
)
_NO_PLACE: Final = Notice(
    "distance_not_checked",
    "Where the person lives is not known well enough to measure from: nothing was left out for "
    "being too far. Add lat and lon, or a region as it is on the map.",
)
_REFUSAL_IN_WORDS: Final = Notice(
    "refusal_not_recorded",
    "The person's words say there is work they will not or cannot do. Only a recorded veto keeps "
    "such work out: ask, and enter it under vetoes.",
)
_VETO_NOT_UNDERSTOOD: Final = (
    "No kind of work is known by the name {words}: only listings that use these very words are "
    "kept out. Enter the veto as an ISCO-08 group, or in other words."
)


def match_profile(tools: Tools, request: MatchRequest) -> Answer:
    """Answer an ad-hoc question; stores nothing."""
    with _TURNS:
        return _answer(tools, request, understand(tools, request.profile))


def match_person(tools: Tools, person: StoredPerson, request: MatchRequest) -> Answer:
    """Answer for a stored person, whose words were read when they were stored.

    request: its profile is not looked at. Raises ConsentMissingError without a consent that
    holds today where they live.
    """
    with _TURNS:
        read = reading_of(tools, person)
        return _answer(tools, replace(request, profile=person.profile), read)


def reading_of(tools: Tools, person: StoredPerson) -> SavedUnderstanding:
    """Return how a stored person's words are read; raise ConsentMissingError without consent."""
    require_consent(tools, person)
    return tools.store.understanding(person, tools.reading) or understand(tools, person.profile)


def require_work_words(read: SavedUnderstanding) -> None:
    """Raise InvalidInputError where the words hold nothing about work."""
    if len(read.vectors) <= 1:
        message = "There is nothing about work in these words; ask what the person can do."
        raise InvalidInputError(message, code="no_work_words")


def _answer(tools: Tools, request: MatchRequest, read: SavedUnderstanding) -> Answer:
    require_work_words(read)
    profile = request.profile
    book = rulebook(tools, profile, viewer=request.viewer)
    routes = request.routes or profile.preferences.routes or tuple(Route)
    rules = {route: rules_for(route, book, request.filters) for route in routes}
    state = tools.index.seen_by(request.viewer)
    pools = tools.index.pools(_query(read, rules, request.limit))
    allowed, refused = pools[: len(rules)], pools[len(rules) :]
    measured = measured_by(tools, read)
    dial = tools.guidance.diversity if request.diversity is None else request.diversity
    sets = tools.store.same_listings(request.viewer) if request.viewer is not None else ()
    chosen, spread = {}, None
    scores = scored_together(tools, pools, measured)
    for route, found, plain_score in zip(rules, allowed, scores[: len(rules)], strict=True):
        ranked = as_ranked(route, found, plain_score, measured[0])
        pool, score = once_each(found, ranked, sets)
        plain = best_rows(score, request.limit)
        rows = plain
        if route is Route.OVERSEAS:
            rows = spread_rows(score, pool.countries, request.limit, dial)
            spread = _spread(pool, plain, rows, dial)
        chosen[route] = [Chosen.of(pool, score, row) for row in rows]
    blocked = {
        route: _best(pool, score, _BLOCKED_PER_ROUTE)
        for route, pool, score in zip(rules, refused, scores[len(rules) :], strict=True)
    }
    listings = tools.store.listings([one.listing_id for some in chosen.values() for one in some])
    reader = reader_of(tools, book, read)
    judged = {
        route: reader.judged([(one, rules[route].allowed) for one in some], listings)
        for route, some in chosen.items()
    }
    shown_ids = {one.listing_id for some in chosen.values() for one in some}
    hint, options = _age_hint(reader, read, request, rules, _Known(shown_ids, twins_by_id(sets)))
    # A search of their own, or the options would change which bridges the routes are given.
    options_bridged = add_bridges(tools, book, {None: options})[None]
    return Answer(
        understood=read.understanding,
        routes=add_bridges(tools, book, judged),
        blocked=_blocked(tools, blocked, rules, book),
        model=tools.encoder.model,
        index=state,
        age_hint=replace(
            hint,
            options=tuple(
                replace(one, rank=rank) for rank, one in enumerate(options_bridged, start=1)
            ),
        ),
        spread=spread,
        notices=_notices(book, request.filters, read.understanding),
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """The listings that an answer shows already. twins: as `twins_by_id` has them."""

    shown: set[str]
    twins: Mapping[str, frozenset[str]]

    def adds(self, listing_id: str) -> bool:
        """Tell whether neither a listing nor a twin of it is shown; from now on it is."""
        new = self.shown.isdisjoint(self.twins.get(listing_id, (listing_id,)))
        self.shown.add(listing_id)
        return new


def _notices(book: Rulebook, filters: Filters, understood: Understanding) -> tuple[Notice, ...]:
    found = [] if book.profile.home_country else [_NO_HOME]
    asked_near = filters.max_distance_km or book.profile.preferences.max_distance_km
    if asked_near is not None and book.home is None:
        found.append(_NO_PLACE)
    refused = any(refuses(one.text) or refuses(one.means or "") for one in understood.phrases)
    if refused and not book.profile.preferences.vetoes:
        found.append(_REFUSAL_IN_WORDS)
    unknown = [one.stated for one in book.refusals.values() if not one.known]
    if unknown:
        words = ", ".join(f'"{one}"' for one in unknown)
        found.append(Notice("veto_not_understood", _VETO_NOT_UNDERSTOOD.format(words=words)))
    return tuple(found)


def _query(read: SavedUnderstanding, rules: dict[Route, RouteRules], limit: int) -> PoolQuery:
    wide = max(WIDE, 2 * limit)
    return PoolQuery(
        vectors=read.vectors,
        words=read.work_text,
        asks=(
            *(Ask(rule.allowed, wide) for rule in rules.values()),
            *(Ask(rule.within_route, _BLOCKED_POOL, rule.allowed) for rule in rules.values()),
        ),
    )


def _best(pool: Pool, score: Floats, limit: int) -> list[Chosen]:
    return [Chosen.of(pool, score, row) for row in best_rows(score, limit)]


def _spread(pool: Pool, plain: Rows, rows: Rows, dial: float) -> Spread:
    def by_country(some: Rows) -> dict[str, int]:
        return dict(Counter(pool.countries[row] for row in some.tolist()).most_common())

    return Spread(
        dial=dial,
        exchanged=len(np.setdiff1d(rows, plain)),
        before=by_country(plain),
        after=by_country(rows),
    )


def _age_hint(
    reader: Reader,
    read: SavedUnderstanding,
    request: MatchRequest,
    rules: dict[Route, RouteRules],
    known: "_Known",
) -> tuple[AgeHint, list[Judged]]:
    """Return what age adds beside the routes: the hint, and listings not in them already."""
    tools, book = reader.tools, reader.book
    rule, age_from = rule_of(tools, book), tools.guidance.age_from
    if rule is None:
        return AgeHint(applied=False, age_from=age_from), []
    training = rules_for(Route.TRAINING, book, request.filters).allowed
    asks = asks_for(rule, rules, training)
    beside = "" if Route.TRAINING in rules else " and the options here"
    text = TEXTS[rule].format(age=age_from, beside=beside)
    if not asks:
        return AgeHint(applied=True, age_from=age_from, rule=rule, text=text), []
    pools = tools.index.pools(query_for(tools, read, asks))
    scores = scored_together(tools, pools, measured_by(tools, read))
    found = dict[str, tuple[Chosen, Eligibility]]()
    for ask, pool, score in zip(asks, pools, scores, strict=True):
        for one in _best(pool, score, _OPTIONS_POOL):
            found.setdefault(one.listing_id, (one, ask.eligible))
    listings = tools.store.listings(list(found))
    ranked = sorted(found.values(), key=lambda pair: -pair[0].score)
    fitting = [
        (one, eligible)
        for one, eligible in ranked
        if (stored := listings.get(one.listing_id)) is not None
        and fits(rule, stored.content)
        and known.adds(one.listing_id)
    ][:MOST_OPTIONS]
    judged = reader.judged(fitting, listings)
    return AgeHint(applied=True, age_from=age_from, rule=rule, text=text), judged


def _blocked(
    tools: Tools,
    blocked: dict[Route, list[Chosen]],
    rules: dict[Route, RouteRules],
    book: Rulebook,
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
        if stored is None or not stored.is_visible_to(book.viewer):
            continue
        reasons = reasons_against(stored, rules[route].allowed, book)
        if reasons:
            found.append(Blocked(listing=stored, reasons=reasons))
    return tuple(found)
