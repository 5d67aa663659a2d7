"""Outcomes: what came of a recommendation, in two clicks, and taken back in one."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with, own_path
from service.console.forms import Form
from service.console.languages import N_
from service.console.words import OUTCOMES, REASONS
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import NotFoundError
from service.domain.listing import StoredListing
from service.domain.outcome import DeclineReason, Outcome, OutcomeKind, StoredOutcome
from service.usecases.read_shared import page_of_outcomes, seen_outcome
from service.usecases.record_outcome import record_outcome, take_back_outcome
from service.usecases.see_listing import seen_listings
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_MOST: Final = 200
_NOTE: Final = 2000
_ORDER: Final = tuple(OutcomeKind)

Writer = Annotated[Desk, Depends(desk_with(Scope.OUTCOMES_WRITE))]
Reporting = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REPORT, at_once=True))]
Removing = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REMOVE, at_once=True))]


@dataclass(frozen=True, slots=True)
class Stage:
    """One recorded outcome. house: the organisation that said it, None for the reader's own."""

    outcome: StoredOutcome
    words: str
    reason: str | None
    house: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """All that came of one listing for a person. listing None: it is no longer shown here."""

    listing_id: str
    listing: StoredListing | None
    stages: tuple[Stage, ...]

    @property
    def said(self) -> frozenset[str]:
        """What the reader's own organisation has said, by name."""
        return frozenset(x.outcome.content.kind.value for x in self.stages if x.house is None)


def seen_outcomes(desk: Desk, person_id: str) -> list[Case]:
    """Return what came of recommendations to a person, by listing, the newest first."""
    if not desk.may(Scope.OUTCOMES_READ):
        return []
    store, mine = desk.tools.store, desk.me.organisation_id
    where = {"returnee_id": person_id}
    found = page_of_outcomes(desk.tools, mine, after=0, limit=_MOST, where=where).items
    named = list(dict.fromkeys(x.content.listing_id for x in found))
    listings = seen_listings(desk.tools, mine, named)
    houses = {one.id: one.name for one in store.organisations()}
    cases: dict[str, list[Stage]] = {}
    for one in sorted(found, key=lambda x: _ORDER.index(x.content.kind)):
        reason = REASONS[one.content.reason] if one.content.reason else None
        house = None if one.organisation_id == mine else houses.get(one.organisation_id, "")
        stage = Stage(one, OUTCOMES[one.content.kind], reason, house)
        cases.setdefault(one.content.listing_id, []).append(stage)
    last = {name: max(x.outcome.sequence for x in some) for name, some in cases.items()}
    return [
        Case(name, listings.get(name), tuple(cases[name]))
        for name in sorted(cases, key=lambda x: -last[x])
    ]


@router.post("/outcomes")
def record(desk: Writer, shown: Reporting) -> Response:
    """Record a stage of a person with a listing, and go back to where it was said."""
    person_id, listing_id = desk.field("person"), desk.field("listing")
    kind, reason = desk.field("kind"), desk.field("reason")
    shown.of(person_id)
    if kind not in set(OutcomeKind):
        raise NotFoundError
    stage = OutcomeKind(kind)
    why = None
    if stage is OutcomeKind.DECLINED:
        why = DeclineReason(reason) if reason in set(DeclineReason) else DeclineReason.OTHER
    outcome = Outcome(
        returnee_id=person_id,
        listing_id=listing_id,
        kind=stage,
        reason=why,
        note=desk.field("note").strip()[:_NOTE] or None,
    )
    back = own_path(desk.field("back") or f"/console/people/{person_id}")

    def act() -> str:
        record_outcome(desk.tools, desk.me.organisation_id, outcome)
        return back

    here = back == f"/console/people/{person_id}"
    said = N_("Recorded. You can take it back below.") if here else N_("It is recorded.")
    return desk.once(Form("", back), act, said)


@router.post("/outcomes/{outcome_id}/undo")
def undo(outcome_id: str, desk: Writer, shown: Removing) -> Response:
    """Take back what was recorded by mistake."""
    back, mine = own_path(desk.field("back")), desk.me.organisation_id

    def act() -> str:
        stored = seen_outcome(desk.tools, mine, outcome_id)
        shown.of(stored.content.returnee_id)
        take_back_outcome(desk.tools, mine, stored, if_version=None)
        return back

    return desk.once(Form("", back), act, N_("It is taken back."))
