"""Who could do this: people for a listing, and what is recorded of them and it."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.candidate import Candidate, Contactable
from service.domain.errors import InvalidInputError, NotFoundError
from service.domain.outcome import OutcomeKind
from service.usecases.find_candidates import find_candidates
from service.usecases.read_shared import page_of_outcomes
from service.usecases.word_referral import gap_worded
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_MOST: Final = 20
_WHY: Final = 3
_GAPS: Final = 4
_OUTCOMES: Final = 500

Seeking = Annotated[
    Desk, Depends(desk_with(Scope.MATCH, Scope.LISTINGS_READ, Scope.RETURNEES_READ))
]
Reading = Annotated[Shown, Depends(Accessing(Action.CANDIDATES_READ))]


@dataclass(frozen=True, slots=True)
class Card:
    """A person as they are shown: words and reasons, nothing else of them.

    name: of one's own people only. known_by: the organisation to ask about anybody else. gaps:
    in words. noted: what was recorded of them and this listing.
    """

    candidate: Candidate
    name: str
    known_by: str | None
    gaps: tuple[str, ...]
    noted: tuple[OutcomeKind, ...]


@router.get("/listings/{listing_id}/people")
def show(desk: Seeking, listing_id: str, shown: Reading) -> Response:
    """Rank people for a listing: one's own, and those who agreed to be shared."""
    tools, mine = desk.tools, desk.me.organisation_id
    try:
        found = find_candidates(tools, listing_id, mine, _MOST)
    except InvalidInputError as error:
        raise NotFoundError from error
    shown.of(listing_id, *(one.person.id for one in found.items))
    noted = _noted(desk, listing_id)
    names = {one.id: one.name for one in tools.store.organisations()}
    return desk.page(
        "listings/people.html",
        listing=found.listing.content,
        listing_id=listing_id,
        cards=[_card(desk, one, names, noted) for one in found.items],
        notices=[one.code for one in found.notices],
        most_why=_WHY,
        may_invite=desk.may(Scope.OUTCOMES_WRITE),
    )


def _noted(desk: Desk, listing_id: str) -> dict[str, list[OutcomeKind]]:
    page = page_of_outcomes(
        desk.tools,
        desk.me.organisation_id,
        after=0,
        limit=_OUTCOMES,
        where={"listing_id": listing_id},
    )
    found: dict[str, list[OutcomeKind]] = {}
    for one in page.items:
        found.setdefault(one.content.returnee_id, []).append(one.content.kind)
    return found


def _card(
    desk: Desk, one: Candidate, names: dict[str, str], noted: dict[str, list[OutcomeKind]]
) -> Card:
    directly = one.contactable is Contactable.DIRECTLY
    phrases = desk.tools.phrases
    code = desk.language.code if desk.language.code in phrases.languages else "en"
    return Card(
        candidate=one,
        name=(one.person.contact.name or "") if directly else "",
        known_by=None if directly else names.get(one.person.organisation_id, ""),
        gaps=tuple(gap_worded(phrases, code, gap).own for gap in one.match.missing[:_GAPS]),
        noted=tuple(noted.get(one.person.id, ())),
    )
