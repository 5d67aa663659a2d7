"""Rank those who agreed to it for one listing: the forward match, asked from the other side."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from service.domain.candidate import Candidate, Candidates, Contactable, PeopleQuery, Seeking
from service.domain.corridor import StoredCorridor
from service.domain.errors import InvalidInputError
from service.domain.listing import StoredListing
from service.domain.match import Notice, Tier
from service.domain.person import Route, StoredPerson
from service.domain.records import SavedUnderstanding
from service.domain.request import Filters
from service.ports import Tools
from service.rules.candidacy import route_for, seeking
from service.rules.eligible import RouteRules, Rulebook, reasons_against, rules_for
from service.usecases.explain_answer import Worded, reader_of, tier_of
from service.usecases.rulebook import Recorded, rulebook
from service.usecases.score_listing import RANKED, Wanted, scores_for, wanted_of
from service.usecases.see_listing import seen_listing
from service.usecases.see_person import may_be_seen

_ENOUGH: Final = 0.75
"""Share of a pool from which what the rules took out of it is not made up for."""

_NEAR: Final = 135
"""People near a listing's text who are scored for it, with a third as many near its title.

Among 150 they hold as many of the best (`homeward bench-people`) as did 200 who came near the text
or any requirement.
"""

_SPARE: Final = 1
"""How many more are opened than are wanted: the rules may take some out."""

_LEFT_OUT: Final = "(left out)"
_CLOSED: Final = Notice(
    "listing_closed", "Its last day has passed: nobody is shown it any more, and nobody for it."
)
_NOT_SEARCHED: Final = Notice(
    "listing_not_searched", "It has not been read by this model yet; try again in a moment."
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Somebody who may be shown the listing, and what that rests on."""

    person: StoredPerson
    read: SavedUnderstanding
    book: Rulebook
    route: Route
    rules: RouteRules


def find_candidates(
    tools: Tools, listing_id: str, organisation_id: str, limit: int = 10
) -> Candidates:
    """Return the best people for a listing among those whom this organisation may see.

    Theirs are all who agreed to matching; of other organisations those who agreed to be shared
    with this one. Raises NotFoundError, and InvalidInputError for a kind that is not ranked.
    """
    stored = seen_listing(tools, organisation_id, listing_id)
    if stored.content.kind not in RANKED:
        message = f"People are not ranked for a listing of the kind {stored.content.kind.value}."
        raise InvalidInputError(message, code="kind_not_ranked")
    tools.people.follow()
    wanted = wanted_of(tools, stored, organisation_id)
    if wanted is None:
        return Candidates(stored, (), tools.encoder.model, (_NOT_SEARCHED,))
    best = _ranked(tools, wanted, organisation_id, limit)
    # The listing is put into words once, not for each of them.
    listing = Worded.of(tools, stored, wanted.requirements)
    items = [_candidate(tools, one, listing, score, organisation_id) for one, score in best]
    return Candidates(
        listing=stored,
        items=tuple(
            replace(one, match=replace(one.match, rank=rank))
            for rank, one in enumerate(items, start=1)
        ),
        model=tools.encoder.model,
        notices=(_CLOSED,) if _has_closed(tools, stored) else (),
    )


def tiers_of_people(
    tools: Tools, stored: StoredListing, organisation_id: str, limit: int
) -> dict[str, Tier]:
    """Return who would be found for a listing and how well each fits, without the reasons.

    For whoever looks at many listings: explaining takes most of the time of an answer.
    """
    wanted = wanted_of(tools, stored, organisation_id) if stored.content.kind in RANKED else None
    if wanted is None:
        return {}
    return {
        one.person.id: tier_of(tools, score, one.read.understanding)
        for one, score in _ranked(tools, wanted, organisation_id, limit)
    }


def _ranked(
    tools: Tools, wanted: Wanted, organisation_id: str, limit: int
) -> list[tuple[_Asked, float]]:
    """Return the best `limit` people whom every rule lets through, best first.

    Numbers first: what is stored of a person is opened and held against the rules from the best
    down, until there are enough. Most of those who come near are never opened.
    """
    stored = wanted.stored
    corridors = tools.store.corridors_to(stored.content.country)
    recorded: dict[str, list[StoredCorridor]] = defaultdict(list)
    for one in corridors:
        recorded[one.content.origin].append(one)
    whole = wanted.pool.whole[wanted.row]
    query = PeopleQuery(
        vectors=np.stack([whole, wanted.requirements[0]]).astype(np.float32),
        seeking=_seeking(tools, stored, organisation_id, corridors),
        size=max(_NEAR, 2 * limit),
    )
    waiting: list[tuple[float, str]] = []
    kept: list[tuple[_Asked, float]] = []
    refused = 0
    more = True
    while len(kept) < limit and (waiting or more):
        if more and (not waiting or refused >= (1 - _ENOUGH) * len(query.but_not)):
            # Nobody is left, or the rules took many out: whoever comes next near is asked too.
            found = tools.people.found(query)
            # Of equals the first in the index, which is nobody's id.
            waiting = sorted([*waiting, *_scored(tools, wanted, found.ids)], key=_best_first)
            seen = query.but_not.union(found.ids)
            query = replace(query, size=2 * query.size, but_not=seen)
            more = found.more and bool(found.ids)
            continue
        few = limit - len(kept) + _SPARE
        best, waiting = waiting[:few], waiting[few:]
        asked = _let_in(tools, stored, [name for _, name in best], organisation_id, recorded)
        kept += [(asked[name], score) for score, name in best if name in asked]
        refused += len(best) - len(asked)
    return kept[:limit]


def _best_first(one: tuple[float, str]) -> float:
    return -one[0]


def _scored(tools: Tools, wanted: Wanted, ids: Sequence[str]) -> list[tuple[float, str]]:
    """Return the score and the id of each, in the order of `ids`."""
    names, crowd = tools.store.said(ids, tools.reading)
    return list(zip(scores_for(tools, wanted, crowd).tolist(), names, strict=True))


def _let_in(
    tools: Tools,
    stored: StoredListing,
    ids: Sequence[str],
    organisation_id: str,
    recorded: Recorded,
) -> dict[str, _Asked]:
    """Return those of `ids` whom this organisation may see and every rule lets through."""
    people = tools.store.people(ids)
    free = {
        name: let
        for name, person in people.items()
        if may_be_seen(tools, person, organisation_id)
        and (let := _let_through(tools, stored, person, recorded, organisation_id)) is not None
    }
    reads = tools.store.readings(list(free), tools.reading)
    return {
        name: _Asked(people[name], read, *free[name])
        for name, read in reads.items()
        if read.said is not None
    }


def _seeking(
    tools: Tools, stored: StoredListing, asking: str, corridors: Sequence[StoredCorridor]
) -> Seeking:
    recorded = [one.content for one in corridors]
    tables = (tools.places, tools.rates)
    return seeking(stored.content, asking, recorded, tools.clock.now(), tables)


def _let_through(
    tools: Tools, stored: StoredListing, person: StoredPerson, recorded: Recorded, asking: str
) -> tuple[Rulebook, Route, RouteRules] | None:
    """Hold what is stored of a person against every rule; None where one keeps them out."""
    book = rulebook(tools, person.profile, recorded, viewer=asking)
    route = route_for(stored.content, person.profile)
    wished = person.profile.preferences.routes
    rules = rules_for(route, book, Filters())
    if (wished and route not in wished) or reasons_against(stored, rules.allowed, book):
        return None
    return book, route, rules


def _candidate(tools: Tools, one: _Asked, listing: Worded, score: float, asking: str) -> Candidate:
    """Explain one person as their own answer would explain the listing."""
    directly = one.person.organisation_id == asking
    read = one.read if directly else _in_clean_words(one.read)
    (judged,) = reader_of(tools, one.book, read).explained([(listing, score)])
    way = Contactable.DIRECTLY if directly else Contactable.THROUGH_ORGANISATION
    return Candidate(one.person, judged.match, one.route, way)


def _in_clean_words(read: SavedUnderstanding) -> SavedUnderstanding:
    """Return a reading as another organisation may see it: evidence and flags quote its phrases.

    Without the names and the like that stand in them, whatever part of the answer quotes one.
    """
    clean = iter(read.texts)
    phrases = tuple(
        replace(one, text=(text := next(clean)) or _LEFT_OUT, means=text or None)
        if one.work
        else one
        for one in read.understanding.phrases
    )
    return replace(read, understanding=replace(read.understanding, phrases=phrases))


def _has_closed(tools: Tools, stored: StoredListing) -> bool:
    ends = stored.content.valid_through
    return ends is not None and ends < tools.clock.today()
