"""Answer for a stored person, and give the same answer again while nothing has changed.

Platforms ask for the same people over and over. An answer rests on the record, on the listings its
asker may see, on corridors, on what the organisation said is one listing, and on the day: where
each is as it was, so would the answer be. Consent is asked for every time, unless nothing at all
was written since it was.
"""

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Final

from service.domain.match import Answer, Remembered
from service.domain.person import Profile, StoredPerson
from service.domain.request import MatchRequest
from service.ports import Tools
from service.usecases.find_matches import match_person
from service.usecases.rulebook import rulebook
from service.usecases.see_person import require_consent

NOBODY: Final = Profile()
"""Stands in a question about a stored person: their own profile is read with the record."""
_AS_OBJECTS: Final = 4
"""Bytes that objects take for each letter they are written with, about."""
_QUARTER_S: Final = 900
"""No time zone's day begins within a quarter of an hour."""


def answer_at_hand(
    tools: Tools, organisation_id: str, person_id: str, request: MatchRequest
) -> bytes | None:
    """Return the answer that `answer_again` would give, where that is known without waiting."""
    known = tools.answers.recall(_question(organisation_id, person_id, request))
    if known is None or known.moment is None or known.moment != _moment(tools, request):
        return None
    return known.body


def answer_again(
    tools: Tools,
    organisation_id: str,
    person_id: str,
    request: MatchRequest,
    write: Callable[[Answer], bytes],
) -> bytes:
    """Return what `write` makes of a stored person's matches.

    Raises NotFoundError for a person of another organisation, and as `match_person`.
    """
    question = _question(organisation_id, person_id, request)
    # Before the answer: what changes while it is made must not be taken for what it was made of.
    moment = _moment(tools, request)
    person = tools.store.person(organisation_id, person_id)
    request = replace(request, profile=person.profile)
    require_consent(tools, person)
    ground = _ground(tools, person, request)
    known = tools.answers.recall(question)
    if known is not None and known.ground == ground and _as_they_were(tools, known):
        # Not kept anew: what somebody said goes ten minutes after it was answered.
        known.moment = moment
        return known.body
    answer = match_person(tools, person, request)
    body = write(answer)
    # An organisation that has said of thousands of listings which are one has each of them here.
    size = len(body) + _AS_OBJECTS * (len(repr(ground)) + len(repr(question)))
    tools.answers.keep(question, Remembered(ground, _versions(answer), body, moment, size))
    return body


def _question(organisation_id: str, person_id: str, request: MatchRequest) -> Hashable:
    narrowed = (request.routes, request.filters, request.limit, request.diversity)
    return organisation_id, person_id, request.viewer, *narrowed


def _moment(tools: Tools, request: MatchRequest) -> Hashable:
    """Return what is another as soon as an answer may be another; None where that is not known."""
    written = tools.store.written()
    if written is None:
        return None
    quarter = tools.clock.now().timestamp() // _QUARTER_S
    return written, quarter, tools.reading, tools.index.seen_by(request.viewer)


def _ground(tools: Tools, person: StoredPerson, request: MatchRequest) -> object:
    """Return what an answer rests on beside the listings it shows, to be compared."""
    book = rulebook(tools, person.profile, viewer=request.viewer)
    viewer = request.viewer
    return (
        person.version,
        tools.reading,
        tools.index.seen_by(viewer),
        book.today,
        book.corridors,
        tuple(tools.store.same_listings(viewer)) if viewer is not None else (),
    )


def _versions(answer: Answer) -> dict[str, int]:
    """Return the versions of all listings that an answer shows.

    Bridges are ids alone: a course that is changed reaches the answer with the index.
    """
    matches = [one for some in answer.routes.values() for one in some]
    shown = [one.listing for one in (*matches, *answer.age_hint.options)]
    shown += [one.listing for one in answer.blocked]
    return {stored.id: stored.version for stored in shown}


def _as_they_were(tools: Tools, known: Remembered) -> bool:
    """Tell whether every listing shown stands as it stood: the index may be half a second late."""
    return tools.store.listings_stand(known.versions)
