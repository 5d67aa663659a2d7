"""Match: what a person can do, written down and understood, and what they could do next."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.choices import SENDING, countries, currencies
from service.console.desk import Desk, desk_with
from service.console.forms import ONCE, Form, fields_of
from service.console.languages import N_
from service.console.options import View, view_of
from service.console.outcomes import seen_outcomes
from service.console.question import (
    LANGUAGES,
    LEVELS,
    MOST_PICKED,
    Question,
    acted,
    question_of,
)
from service.console.state import state_of
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import FormExpiredError, InvalidInputError, NotFoundError
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import StoredPerson
from service.usecases.keep_drafts import save_draft, submit_once
from service.usecases.record_outcome import record_outcome
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

Matcher = Annotated[Desk, Depends(desk_with(Scope.MATCH))]
PersonMatcher = Annotated[Desk, Depends(desk_with(Scope.MATCH, Scope.RETURNEES_READ))]
Recorder = Annotated[
    Desk, Depends(desk_with(Scope.MATCH, Scope.RETURNEES_READ, Scope.OUTCOMES_WRITE))
]
Reporting = Annotated[Shown, Depends(Accessing(Action.OUTCOME_REPORT, at_once=True))]
Matching = Annotated[Shown, Depends(Accessing(Action.MATCH_STORED))]

FORM: Final = "match"
FIRST_STEPS: Final = (OutcomeKind.SHORTLISTED, OutcomeKind.REFERRED)
_INVALID: Final = 422
_HOMES: Final = {"bn": "BD", "ne": "NP", "ur": "PK", "hi": "IN"}
_WRONG: Final = {
    "long": N_("This is too long. Keep to what the person can do."),
    "number": N_("Write a number here, in digits."),
    "many": N_("Name at most twenty kinds of work, one on each line."),
    "empty": N_("Write down what the person can do, in any language."),
    "picked": N_("At most three options can be compared. Take one away first."),
}


@router.get("/match")
def show(desk: Matcher) -> Response:
    """Show the box, and the answer to what stands in it."""
    return _page(desk, _form(desk), None)


@router.post("/match")
def take(desk: Matcher) -> Response:
    """Answer what was typed; keep it, so that the page can be opened again."""
    return _taken(desk, _form(desk), None)


@router.get("/people/{person_id}/match")
def show_person(person_id: str, desk: PersonMatcher, shown: Matching) -> Response:
    """Show the answer for a stored person."""
    person = desk.tools.store.person(desk.me.organisation_id, person_id)
    shown.of(person.id)
    return _page(desk, _form(desk, person), person)


@router.post("/people/{person_id}/match")
def take_person(person_id: str, desk: PersonMatcher, shown: Matching) -> Response:
    """Answer for a stored person, narrowed or corrected."""
    person = desk.tools.store.person(desk.me.organisation_id, person_id)
    shown.of(person.id)
    return _taken(desk, _form(desk, person), person)


@router.post("/people/{person_id}/match/outcome")
def record(person_id: str, desk: Recorder, shown: Reporting) -> Response:
    """Record the first step with one of the options, and go back to it."""
    person = desk.tools.store.person(desk.me.organisation_id, person_id)
    shown.of(person.id)
    form = _form(desk, person)
    form.values.pop("record", None)
    acted(form, "")
    save_draft(desk.tools, desk.me, form.name, fields_of(form.values), form.about)
    kind, _, listing_id = desk.field("record").partition(":")
    token = desk.field(ONCE)
    if kind not in FIRST_STEPS:
        raise NotFoundError
    if not token:
        raise FormExpiredError
    outcome = Outcome(returnee_id=person.id, listing_id=listing_id, kind=OutcomeKind(kind))

    def act() -> str:
        record_outcome(desk.tools, desk.me.organisation_id, outcome)
        return f"{form.page}#t-{listing_id}"

    # All buttons of a page lie in one form, so that its token alone would let one of them through.
    location = submit_once(desk.tools, desk.me, f"{token} {kind} {listing_id}", act)
    return desk.redirect(location, N_("It is recorded. On the person's page it can be taken back."))


def _form(desk: Desk, person: StoredPerson | None = None) -> Form:
    form = (
        desk.form(FORM)
        if person is None
        else desk.form(f"{FORM}:{person.id}", f"/console/people/{person.id}/match", about=person.id)
    )
    if "home" not in form.values and person is None:
        locale = desk.language.code
        default = _HOMES.get(locale) or _HOMES.get(state_of(desk.request).default_language, "")
        form.values["home"] = [default]
    return form


def _taken(desk: Desk, form: Form, person: StoredPerson | None) -> Response:
    action = desk.field("do")
    form.values.pop("do", None)
    acted(form, action)
    fields = fields_of(form.values)
    save_draft(desk.tools, desk.me, form.name, fields, form.about)
    if "hx-request" in desk.request.headers:
        return _page(desk, form, person, fragment=True, action=action)
    question_of(form, desk.me.organisation_id, person)
    if form.errors or (person is None and not form.text("text")):
        return _page(desk, form, person, action=action)
    return desk.redirect(f"{form.page}#answer")


def _page(
    desk: Desk,
    form: Form,
    person: StoredPerson | None,
    *,
    fragment: bool = False,
    action: str = "",
) -> Response:
    question = question_of(form, desk.me.organisation_id, person)
    view, nothing = None, ""
    asked = person is not None or form.text("text") or question.corrections
    if len(question.picks) > MOST_PICKED:
        form.refuse("pick", "picked")
    if not asked and action == "find":
        form.refuse("text", "empty")
    if asked and not set(form.errors) - {"pick"}:
        view, nothing = _answered(desk, question)
    wrong = {name: desk.text(_WRONG.get(code, code)) for name, code in form.errors.items()}
    form.errors = wrong
    template = "match/answer.html" if fragment else "match/page.html"
    status = _INVALID if form.errors and not fragment else 200
    return desk.page(
        template,
        status,
        form=form,
        view=view,
        nothing=nothing,
        question=question,
        person=person,
        fragment=fragment,
        focus=bool(action),
        languages_spoken=LANGUAGES,
        levels=LEVELS,
        currencies=currencies(desk.language),
        countries=countries(desk.language, SENDING),
        listing_pages="/console/listings/{listing_id}" in state_of(desk.request).paths,
        person_pages="/console/people/{person_id}" in state_of(desk.request).paths,
        steps=FIRST_STEPS if person and desk.may(Scope.OUTCOMES_WRITE) else (),
        recorded=_recorded(desk, person),
        sheets="/console/referral" in state_of(desk.request).paths,
    )


def _recorded(desk: Desk, person: StoredPerson | None) -> dict[str, frozenset[str]]:
    """Return what this office has recorded of a person, by listing."""
    cases = seen_outcomes(desk, person.id) if person else []
    return {one.listing_id: one.said for one in cases}


def _answered(desk: Desk, question: Question) -> tuple[View | None, str]:
    """Return the answer, or why there is none: "no_work" or "script"."""
    try:
        return view_of(desk.tools, question, desk.language.code), ""
    except InvalidInputError as error:
        if error.code == "no_work_words":
            return None, "no_work"
        if error.code == "language_unknown":
            return None, "script"
        raise
