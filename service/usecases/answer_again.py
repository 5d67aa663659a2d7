"""Answer for a stored person, and give the same answer again while nothing has changed.

Platforms ask for the same people over and over. An answer rests on the record, on the listings its
asker may see, on corridors, on what the organisation said is one listing, and on the day: where
each is as it was, so would the answer be. Consent is asked for every time.
"""

from collections.abc import Callable, Hashable

from service.domain.match import Answer, Remembered
from service.domain.person import StoredPerson
from service.domain.request import MatchRequest
from service.ports import Tools
from service.usecases.find_matches import match_person
from service.usecases.rulebook import rulebook
from service.usecases.see_person import require_consent


def answer_again(
    tools: Tools,
    person: StoredPerson,
    request: MatchRequest,
    write: Callable[[Answer], bytes],
) -> bytes:
    """Return what `write` makes of the person's matches; raises as `match_person`."""
    require_consent(tools, person)
    question = (person.id, *_asked(request))
    # Before the answer: what changes while it is made must not be taken for what it was made of.
    ground = _ground(tools, person, request)
    known = tools.answers.recall(question)
    if known is not None and known.ground == ground and _as_they_were(tools, known):
        return known.body
    answer = match_person(tools, person, request)
    body = write(answer)
    tools.answers.keep(question, Remembered(ground, _versions(answer), body))
    return body


def _asked(request: MatchRequest) -> tuple[Hashable, ...]:
    return request.viewer, request.routes, request.filters, request.limit, request.diversity


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
