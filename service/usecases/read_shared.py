"""Read what an organisation keeps about people, for as long as it may know of them.

What a partner reported of somebody else's person, and what it was told of her, is shown while she
agrees to be shared with it. After that it looks as if she had been erased: whether she is still
registered is none of its business. Pages are filled up from behind, so that no gap tells of her.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from service.domain.alert import Delivery, StoredSubscription
from service.domain.errors import NotFoundError
from service.domain.outcome import StoredOutcome
from service.domain.records import Page
from service.ports import Tools
from service.usecases.manage_subscriptions import replay_message
from service.usecases.see_person import known_people

R = TypeVar("R")
_AHEAD: Final = 100


def page_of_outcomes(
    tools: Tools, organisation_id: str, *, after: int, limit: int, where: Mapping[str, str]
) -> Page[StoredOutcome]:
    """Return what an organisation reported, and what others reported of its own people."""

    def fetch(place: int, size: int) -> Page[StoredOutcome]:
        return tools.store.page_of_outcomes(organisation_id, after=place, limit=size, where=where)

    def seen(some: Sequence[StoredOutcome]) -> list[StoredOutcome]:
        known = known_people(tools, organisation_id, [one.content.returnee_id for one in some])
        return [one for one in some if one.content.returnee_id in known]

    return _filled(fetch, seen, after, limit)


def seen_outcome(tools: Tools, organisation_id: str, outcome_id: str) -> StoredOutcome:
    """Return one outcome; raise NotFoundError for what this organisation may not see (any more)."""
    stored = tools.store.outcome(organisation_id, outcome_id)
    if not known_people(tools, organisation_id, [stored.content.returnee_id]):
        message = "There is no such outcome."
        raise NotFoundError(message)
    return stored


def page_of_deliveries(
    tools: Tools, stored: StoredSubscription, *, after: int, limit: int
) -> Page[Delivery]:
    """Return a subscription's messages in order of creation behind `after`."""

    def fetch(place: int, size: int) -> Page[Delivery]:
        return tools.store.page_of_deliveries(stored.id, after=place, limit=size)

    def seen(some: Sequence[Delivery]) -> list[Delivery]:
        about = [one.person_id for one in some if one.person_id is not None]
        known = known_people(tools, stored.organisation_id, about)
        return [one for one in some if one.person_id is None or one.person_id in known]

    return _filled(fetch, seen, after, limit)


def replay(tools: Tools, stored: StoredSubscription, event_id: str) -> Delivery:
    """Have a message sent again.

    Raises NotFoundError for what the log does not show, and what `replay_message` does.
    """
    person_id = tools.store.delivery(stored.id, event_id).person_id
    if person_id is not None and not known_people(tools, stored.organisation_id, [person_id]):
        message = "There is no such delivery."
        raise NotFoundError(message)
    return replay_message(tools, stored, event_id)


def _filled(
    fetch: Callable[[int, int], Page[R]],
    seen: Callable[[Sequence[R]], list[R]],
    after: int,
    limit: int,
) -> Page[R]:
    """Return a page of what is seen; it goes on only where something more is seen."""
    kept: list[R] = []
    place: int | None = after
    while place is not None and len(kept) < limit:
        page = fetch(place, limit - len(kept))
        kept += seen(page.items)
        place = page.next_after
    ahead = place
    while ahead is not None:
        page = fetch(ahead, _AHEAD)
        if seen(page.items):
            return Page(tuple(kept), place)
        ahead = page.next_after
    return Page(tuple(kept), None)
