"""Referral: what a person takes home on paper."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with, require_scopes
from service.console.forms import Form, fields_of
from service.console.languages import N_
from service.console.question import MOST_PICKED, Question, clean, question_of
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import ConflictError, InvalidInputError, NotFoundError
from service.domain.officer import OfficerChange
from service.domain.person import StoredPerson
from service.domain.referral import Referral, ReferralRequest
from service.usecases.keep_drafts import save_draft
from service.usecases.make_referral import refer_corrected
from service.web.audit import Accessing, Shown
from service.web.problems import request_id
from service.web.references import sheet_reference

router = APIRouter(prefix="/console", include_in_schema=False)

Referrer = Annotated[Desk, Depends(desk_with(Scope.MATCH))]
Referring = Annotated[Shown, Depends(Accessing(Action.REFERRAL_PRINT, at_once=True))]

FORM: Final = "referral"
PAGE: Final = "/console/referral"
_OWN: Final = frozenset({"language", "office", "with_name", "begin", "do"})
"""Fields of this page; all others are the question that the options came from."""
_OFFICE_LINES: Final = 4
_LONGEST_LINE: Final = 100
_INVALID: Final = 422
_TICK = N_("Tick one to three options first.")
_GONE = N_("An option is no longer open, or a rule keeps it out today. Go back and choose again.")
_TELLS = N_(
    "A word here would tell whoever finds the sheet what it is about. Write the plain name."
)
_NO_WORDS = N_("There is nothing about work in the words. Go back and add some.")


@router.post("/referral")
def begin(desk: Referrer) -> Response:
    """Take over what was ticked on a page of options, and show the sheet."""
    sent = desk.form(FORM)
    about = desk.field("begin")
    person_id = about if about != "words" else ""
    back = f"/console/people/{person_id}/match" if person_id else "/console/match"
    fields = {name: one for name, one in sent.values.items() if name not in _OWN}
    # The page that was left shows the same when one comes back to it.
    name = f"match:{person_id}" if person_id else "match"
    save_draft(desk.tools, desk.me, name, fields, person_id or None)
    if not 1 <= len(set(sent.all("pick"))) <= MOST_PICKED:
        return desk.redirect(f"{back}#options", _TICK)
    fields["person"] = [person_id]
    save_draft(desk.tools, desk.me, FORM, fields, person_id or None)
    return desk.redirect(PAGE)


@router.get("/referral")
def show(desk: Referrer, shown: Referring) -> Response:
    """Show the sheet as it would be printed."""
    form = desk.form(FORM, PAGE)
    if form.draft is None:
        return desk.redirect("/console/match", _TICK)
    return _page(desk, form, shown)


@router.post("/referral/show")
def change(desk: Referrer, shown: Referring) -> Response:
    """Show it in another language, or with another office below."""
    form = _sent(desk)
    if "hx-request" in desk.request.headers:
        return _page(desk, form, shown, fragment=True)
    referral, _ = _referral(desk, form, shown)
    if referral is None:
        return _page(desk, form, shown)
    return desk.redirect(PAGE)


@router.post("/referral/pdf")
def pdf(desk: Referrer, shown: Referring) -> Response:
    """Give the sheet as a file to print."""
    form = _sent(desk)
    referral, _ = _referral(desk, form, shown)
    if referral is None:
        return _page(desk, form, shown)
    # The name of the file stands in histories and on screens, so it says nothing of anybody.
    return Response(
        desk.tools.printer.pdf(referral),
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{referral.reference}.pdf"'},
    )


def _sent(desk: Desk) -> Form:
    form = desk.form(FORM, PAGE)
    form.about = form.value("person") or None
    save_draft(desk.tools, desk.me, FORM, fields_of(form.values), form.about)
    return form


def _page(desk: Desk, form: Form, shown: Shown, *, fragment: bool = False) -> Response:
    if "office" not in form.values:
        form.values["office"] = ["\n".join(_usual_office(desk))]
    referral, question = _referral(desk, form, shown)
    person = question.person
    form.about = person.id if person else None
    return desk.page(
        "referral/sheet.html" if fragment else "referral/page.html",
        200 if form.ok or fragment else _INVALID,
        form=form,
        referral=referral,
        fragment=fragment,
        person=person,
        carried={name: all_ for name, all_ in form.values.items() if name not in _OWN},
        back=f"/console/people/{person.id}/match" if person else "/console/match",
        sheet_languages=desk.tools.phrases.languages,
        has_name=bool(person and person.contact.name),
    )


def _referral(desk: Desk, form: Form, shown: Shown) -> tuple[Referral | None, Question]:
    """Return the sheet, None where `form.errors` says why there is none, and its question."""
    person = _person(desk, form)
    question = question_of(form, desk.me.organisation_id, person)
    shown.of(*([person.id] if person else []), *question.picks)
    office = _office(desk, form)
    if office is None:
        return None, question
    language = form.value("language")
    asked = ReferralRequest(
        listing_ids=question.picks,
        language=language if language in desk.tools.phrases.languages else None,
        office=office,
        reference=sheet_reference(request_id(desk.request)),
        with_name=form.value("with_name") == "yes",
        viewer=desk.me.organisation_id,
    )
    try:
        referral = refer_corrected(
            desk.tools, question.profile, question.corrections, asked, person
        )
    except (ConflictError, NotFoundError):
        form.refuse("", desk.text(_GONE))
        return None, question
    except InvalidInputError as error:
        office_tells = any(one.pointer.startswith("/office") for one in error.problems)
        form.refuse(
            "office" if office_tells else "", desk.text(_TELLS if office_tells else _NO_WORDS)
        )
        return None, question
    form.values["language"] = [referral.language]
    if desk.sent is not None and office != desk.me.office:
        desk.tools.store.change_officer(desk.me.id, OfficerChange(office=office))
    return referral, question


def _person(desk: Desk, form: Form) -> StoredPerson | None:
    name = form.value("person")
    if not name:
        return None
    require_scopes(desk, [Scope.RETURNEES_READ])
    return desk.tools.store.person(desk.me.organisation_id, name)


def _office(desk: Desk, form: Form) -> tuple[str, ...] | None:
    """Return how to reach the office, None where it is too much for a sheet."""
    lines = tuple(one for line in form.text("office").splitlines() if (one := clean(line)))
    if len(lines) > _OFFICE_LINES or any(len(one) > _LONGEST_LINE for one in lines):
        form.refuse("office", desk.text(N_("At most four short lines.")))
        return None
    return lines


def _usual_office(desk: Desk) -> tuple[str, ...]:
    """Return what this officer, or else a colleague, last put below a sheet."""
    if desk.me.office:
        return desk.me.office
    colleagues = desk.tools.store.officers(desk.me.organisation_id)
    return next((one.office for one in colleagues if one.office), ())
