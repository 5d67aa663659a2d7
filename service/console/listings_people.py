"""Who could do this: people for a listing, and noting that one of them is to be invited."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with
from service.console.forms import Form
from service.console.languages import N_
from service.console.listings import PATH
from service.console.listings_words import OUTCOMES
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.candidate import Candidate, Contactable
from service.domain.errors import InvalidInputError, NotFoundError
from service.domain.outcome import Outcome, OutcomeKind
from service.usecases.find_candidates import find_candidates
from service.usecases.read_shared import page_of_outcomes
from service.usecases.record_outcome import record_outcome
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
Inviting = Annotated[Desk, Depends(desk_with(Scope.OUTCOMES_WRITE, Scope.RETURNEES_READ))]
Reading = Annotated[Shown, Depends(Accessing(Action.CANDIDATES_READ))]
Reporting = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REPORT, at_once=True))]


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
    token: str


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
        outcomes=OUTCOMES,
        most_why=_WHY,
        may_invite=Scope.OUTCOMES_WRITE in desk.scopes,
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
        token=Form("", PATH).token,
    )


@router.post("/listings/{listing_id}/invite")
def invite(desk: Inviting, listing_id: str, shown: Reporting) -> Response:
    """Note that a person is to be invited for a listing."""
    person_id = desk.field("person")
    shown.of(person_id)
    outcome = Outcome(returnee_id=person_id, listing_id=listing_id, kind=OutcomeKind.SHORTLISTED)

    def act() -> str:
        record_outcome(desk.tools, desk.me.organisation_id, outcome)
        return f"{PATH}/{listing_id}/people"

    return desk.once(Form("", PATH), act, N_("It is noted that this person is to be invited."))
