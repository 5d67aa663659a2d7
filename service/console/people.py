"""People: who has come, found again, their record, and its erasure."""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from service.console.desk import Desk, desk_with
from service.console.forms import Form
from service.console.languages import N_
from service.console.outcomes import seen_outcomes
from service.console.people_facts import consent_of, facts, people_lines, who_looked
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.person import Consent, StoredPerson
from service.domain.records import Put
from service.domain.text import fold
from service.usecases.erase_person import erase_person
from service.usecases.find_people import PeopleSeen, find_people
from service.usecases.register_person import register_person
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_SHOWN: Final = 25
_INVALID: Final = 422
_ERASE: Final = N_("erase")
"""What is typed to erase somebody for good."""

Reader = Annotated[Desk, Depends(desk_with(Scope.RETURNEES_READ))]
Writer = Annotated[Desk, Depends(desk_with(Scope.RETURNEES_READ, Scope.RETURNEES_WRITE))]
Reading = Annotated[Shown, Depends(Accessing(Action.RETURNEE_READ))]
Listing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_LIST))]
Changing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_CHANGE, at_once=True))]
Erasing = Annotated[Shown, Depends(Accessing(Action.RETURNEE_ERASE, at_once=True))]


@router.get("/people")
def search(desk: Reader, shown: Listing, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Find somebody again; htmx asks while it is typed, for the list alone."""
    text = q.strip()
    found = PeopleSeen((), 0)
    if text:
        found = find_people(desk.tools, desk.me.organisation_id, text, _SHOWN)
    shown.of(*(one.id for one in found.people))
    part = desk.request.headers.get("hx-target") == "found"
    return desk.page(
        "people/found.html" if part else "people/search.html",
        asked=text,
        lines=people_lines(desk, found.people),
        total=found.total,
        registered=desk.tools.store.count_people(desk.me.organisation_id),
        may_write=desk.may(Scope.RETURNEES_WRITE),
    )


def own_person(desk: Desk, person_id: str) -> StoredPerson:
    """Return one of the officer's organisation's people; raise NotFoundError."""
    return desk.tools.store.person(desk.me.organisation_id, person_id)


@router.get("/people/{person_id}")
def show(person_id: str, desk: Reader, shown: Reading) -> Response:
    """Show a record, what came of it, and who looked at it."""
    person = own_person(desk, person_id)
    shown.of(person.id)
    return desk.page(
        "people/show.html",
        person=person,
        facts=facts(desk, person.profile, person.contact),
        consent=consent_of(desk.tools, person),
        cases=seen_outcomes(desk, person.id),
        lines=who_looked(desk, person.id),
        shares=_shares(desk, person),
    )


def _shares(desk: Desk, person: StoredPerson) -> list[str]:
    named = {one.id: one.name for one in desk.tools.store.organisations()}
    return [named[one] for one in person.profile.consent.share_with if one in named]


@router.post("/people/{person_id}/withdraw")
def withdraw(person_id: str, desk: Writer, shown: Changing) -> Response:
    """End what the person agreed to, at once and everywhere; their record stays."""
    person = own_person(desk, person_id)
    shown.of(person.id)
    path = f"/console/people/{person.id}"

    def act() -> str:
        put = Put(
            organisation_id=person.organisation_id,
            record_id=person.id,
            content=replace(person.profile, consent=Consent()),
            if_version=person.version,
        )
        register_person(desk.tools, put, None)
        return path

    said = N_("The agreement is withdrawn. Nobody finds this person any more.")
    return desk.once(Form("", path), act, said)


@router.get("/people/{person_id}/erase")
def ask_to_erase(person_id: str, desk: Writer, shown: Reading) -> Response:
    """Say what would go and what would stay."""
    person = own_person(desk, person_id)
    shown.of(person.id)
    return _erasing(desk, person, Form("", desk.request.url.path))


def _erasing(desk: Desk, person: StoredPerson, form: Form, status: int = 200) -> Response:
    word = desk.text(_ERASE)
    return desk.page("people/erase.html", status, form=form, person=person, word=word)


@router.post("/people/{person_id}/erase")
def erase(person_id: str, desk: Writer, shown: Erasing) -> Response:
    """Erase a person for good, once it was typed out."""
    form = desk.form("")
    if fold(form.text("confirm")) not in {fold(desk.text(_ERASE)), fold(_ERASE)}:
        person = own_person(desk, person_id)
        # Nothing was erased; only looked at.
        shown.action = Action.RETURNEE_READ
        shown.of(person.id)
        form.refuse("confirm", desk.text(N_("Type the word as it stands above.")))
        return _erasing(desk, person, form, _INVALID)
    shown.of(person_id)

    def act() -> str:
        erase_person(desk.tools, own_person(desk, person_id), if_version=None)
        return "/console/people"

    return desk.once(form, act, N_("The record is erased."))
