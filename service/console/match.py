"""Match: what a person can do, written down and understood, and what they could do next."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with
from service.console.forms import Form, fields_of
from service.console.languages import N_
from service.console.options import View, view_of
from service.console.question import (
    CURRENCIES,
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
from service.domain.errors import InvalidInputError
from service.domain.person import StoredPerson
from service.usecases.keep_drafts import save_draft
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

Matcher = Annotated[Desk, Depends(desk_with(Scope.MATCH))]
PersonMatcher = Annotated[Desk, Depends(desk_with(Scope.MATCH, Scope.RETURNEES_READ))]
Matching = Annotated[Shown, Depends(Accessing(Action.MATCH_STORED))]

FORM: Final = "match"
_INVALID: Final = 422
_HOMES: Final = {"bn": "BD", "ne": "NP", "ur": "PK", "hi": "IN"}
_SENDING: Final = ("BD", "IN", "NP", "PK", "LK", "PH", "ID", "KE", "ET", "UG", "MM", "VN")
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
        currencies=CURRENCIES,
        countries=_countries(desk),
        listing_pages="/console/listings/{listing_id}" in state_of(desk.request).paths,
        person_pages="/console/people/{person_id}" in state_of(desk.request).paths,
        sheets="/console/referral" in state_of(desk.request).paths,
    )


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


def _countries(desk: Desk) -> list[tuple[str, str]]:
    """Return the countries people come from first, then all others by name."""
    names = {
        str(code): str(name)
        for code, name in desk.language.locale.territories.items()
        if str(code).isalpha() and code not in _NO_COUNTRY
    }
    rest = sorted((name, code) for code, name in names.items() if code not in _SENDING)
    ordered = [*_SENDING, *(code for _, code in rest)]
    return [(code, desk.formats.country(code)) for code in ordered]


_NO_COUNTRY: Final = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list to read
)
