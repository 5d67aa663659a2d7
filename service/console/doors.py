"""The ways in and out: first account, signing in, locking, signing out, leaving in a hurry."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from service.console import cookies as c
from service.console.calendar import month
from service.console.cookies import Cookies
from service.console.desk import DeskDep, Visit, VisitDep, language_of, own_path
from service.console.forms import LANGUAGE, Form, fields_of
from service.console.languages import N_, language
from service.console.state import state_of
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import (
    ConflictError,
    InvalidInputError,
    RateLimitedError,
    SignInRefusedError,
    UnauthenticatedError,
)
from service.domain.officer import Role
from service.usecases.manage_keys import authenticate
from service.usecases.manage_officers import add_officer, username_of
from service.usecases.sign_in import (
    Credentials,
    SignedIn,
    caller_of_officer,
    lock,
    resting_session,
    sign_in,
    unlock,
)
from service.usecases.sign_out import sign_out
from service.web.access import ToolsDep
from service.web.audit import Accessing, Shown

router = APIRouter(include_in_schema=False)

_REFUSED: Final = 403
_INVALID: Final = 422
_WAIT: Final = 429
_MINUTE_S: Final = 60
WRONG: Final = N_("The username or the password is not right.")
SHORT: Final = N_("Use at least 10 characters that are hard to guess; a few words do well.")

Next = Annotated[str, Query(alias="next")]
SigningIn = Annotated[Shown, Depends(Accessing(Action.OFFICER_SIGN_IN, at_once=True))]
SigningOut = Annotated[Shown, Depends(Accessing(Action.OFFICER_SIGN_OUT, at_once=True))]
Creating = Annotated[Shown, Depends(Accessing(Action.OFFICER_CREATE, at_once=True))]


@router.get("/")
def root() -> RedirectResponse:
    """Lead to the console."""
    return RedirectResponse("/console/")


@router.get("/console/sign-in")
def show_sign_in(visit: VisitDep, tools: ToolsDep, back: Next = "/console/") -> Response:
    """Ask who is there; where nobody has an account yet, lead to making the first."""
    if not tools.store.officers():
        return visit.redirect("/console/first")
    return _sign_in_page(visit, Form("", "/console/sign-in"), back)


def _sign_in_page(visit: Visit, form: Form, back: str, status: int = 200) -> Response:
    return visit.page(
        "doors/sign_in.html", status, form=form, back=back, language_action="/console/sign-in"
    )


@router.post("/console/sign-in")
def take_sign_in(visit: VisitDep, tools: ToolsDep, shown: SigningIn) -> Response:
    """Open a session, or say why not with the username kept."""
    form = Form("", "/console/sign-in", fields_of(visit.fields()))
    back = own_path(visit.field("next"))
    if visit.field(LANGUAGE):
        return _in_language(visit, lambda there: _sign_in_page(there, form, back))
    for name in ("username", "password"):
        if not visit.field(name).strip():
            form.refuse(name, visit.text(N_("Please fill this in.")))
    if not form.ok:
        return _sign_in_page(visit, form, back, _INVALID)
    state = state_of(visit.request)
    sent = _credentials(visit, visit.field("username"))
    try:
        opened = sign_in(tools, state.rules, sent)
    except SignInRefusedError as error:
        _note_refusal(visit, tools, sent.username, error.code)
        form.refuse("password", visit.text(WRONG))
        return _sign_in_page(visit, form, back, _REFUSED)
    except RateLimitedError as error:
        form.refuse("password", wait_text(visit, error.retry_after_s))
        return _sign_in_page(visit, form, back, _WAIT)
    return _enter(visit, opened, shown, back)


def _credentials(visit: Visit, username: str) -> Credentials:
    return Credentials(username, visit.field("password"), visit.cookies.get(c.BROWSER))


def wait_text(visit: Visit, seconds: int) -> str:
    """Return how long nobody may try, in whole minutes."""
    template = N_("Too many attempts have failed. Try again in %(minutes)s min.")
    minutes = -(-seconds // _MINUTE_S)
    return visit.text(template) % {"minutes": visit.formats.plain(minutes)}


def _note_refusal(visit: Visit, tools: ToolsDep, username: str, code: str) -> None:
    """Let the access log name the account that was tried, where there is one."""
    found = tools.store.officer_by_username(username_of(username))
    visit.request.scope["state"]["problem"] = code
    if found is not None:
        visit.request.state.caller = caller_of_officer(found[0])


def _enter(visit: Visit, opened: SignedIn, shown: Shown, back: str) -> Response:
    officer = opened.session.officer
    visit.request.state.caller = caller_of_officer(officer)
    shown.of(officer.id)
    response = visit.redirect(back)
    visit.cookies.put(response, c.SESSION, opened.token)
    visit.cookies.put(response, c.BROWSER, opened.browser)
    visit.cookies.drop(response, c.VISIT)
    return response


def _in_language(visit: Visit, show: Callable[[Visit], Response]) -> Response:
    """Show the same page in another language, with what was typed."""
    chosen = language(visit.field(LANGUAGE)) or visit.language
    there = Visit(visit.request, visit.cookies, chosen, visit.token, visit.sent)
    response = show(there)
    visit.cookies.put(response, c.LANGUAGE, chosen.code)
    return response


@router.get("/console/locked")
def show_locked(visit: VisitDep, tools: ToolsDep, back: Next = "/console/") -> Response:
    """Ask for the password of who was here, or who else is there."""
    token = visit.cookies.get(c.SESSION)
    resting = None if token is None else resting_session(tools, token)
    if token is None or resting is None:
        raise UnauthenticatedError
    lock(tools, token)
    return _locked_page(visit, tools, Form("", "/console/locked"), back)


def _locked_page(
    visit: Visit, tools: ToolsDep, form: Form, back: str, status: int = 200
) -> Response:
    resting = resting_session(tools, visit.token)
    if resting is None:
        raise UnauthenticatedError
    there = Visit(
        visit.request,
        visit.cookies,
        language_of(visit.request, visit.cookies, resting.officer),
        visit.token,
        visit.sent,
    )
    return there.page(
        "doors/locked.html",
        status,
        form=form,
        back=back,
        who=resting.officer.name,
        language_action="/console/sign-in",
    )


@router.post("/console/locked")
def take_unlock(visit: VisitDep, tools: ToolsDep, shown: SigningIn) -> Response:
    """Give the work back to who knows the password."""
    resting = resting_session(tools, visit.token)
    if resting is None:
        raise UnauthenticatedError
    form = Form("", "/console/locked")
    back = own_path(visit.field("next"))
    state = state_of(visit.request)
    try:
        sent = _credentials(visit, resting.officer.username)
        opened = unlock(tools, state.rules, visit.token, sent)
    except SignInRefusedError as error:
        _note_refusal(visit, tools, resting.officer.username, error.code)
        form.refuse("password", visit.text(N_("The password is not right.")))
        return _locked_page(visit, tools, form, back, _REFUSED)
    except RateLimitedError as error:
        form.refuse("password", wait_text(visit, error.retry_after_s))
        return _locked_page(visit, tools, form, back, _WAIT)
    return _enter(visit, opened, shown, back)


@router.post("/console/lock")
def take_lock(desk: DeskDep) -> Response:
    """Lock at once; what was typed is in the draft."""
    lock(desk.tools, desk.token)
    back = quote(own_path(desk.field("next")), safe="")
    return desk.redirect(f"/console/locked?next={back}")


@router.post("/console/sign-out")
def take_sign_out(desk: DeskDep, shown: SigningOut) -> Response:
    """End this session, or every one of this account."""
    shown.of(desk.me.id)
    sign_out(desk.tools, desk.me, desk.token, everywhere=bool(desk.field("everywhere")))
    response = desk.redirect("/console/sign-in", N_("You are signed out."))
    desk.cookies.drop(response, c.SESSION)
    return response


@router.post("/console/leave")
def leave(visit: VisitDep, tools: ToolsDep) -> Response:
    """Lock and show a page that says nothing about where somebody was."""
    if visit.cookies.get(c.SESSION) is not None:
        lock(tools, visit.token)
    return visit.redirect("/console/calendar")


@router.get("/console/calendar")
def neutral(request: Request) -> Response:
    """Show a calendar, whoever asks; no word of the console, no way back but the address."""
    cookies = Cookies.of(request)
    visit = Visit(request, cookies, language_of(request, cookies, None), "none")
    return visit.page(
        "doors/calendar.html", month=month(datetime.now().astimezone().date(), visit.language)
    )


@router.get("/console/first")
def show_first(visit: VisitDep, tools: ToolsDep) -> Response:
    """Make the first account, as long as there is none."""
    if tools.store.officers():
        return visit.redirect("/console/sign-in")
    return _first_page(visit, Form("", "/console/first"))


def _first_page(visit: Visit, form: Form, status: int = 200) -> Response:
    return visit.page("doors/first.html", status, form=form, language_action="/console/first")


@router.post("/console/first")
def take_first(visit: VisitDep, tools: ToolsDep, shown: Creating) -> Response:
    """Make the first account for who holds the admin key: the key proves who set this up."""
    if tools.store.officers():
        return visit.redirect("/console/sign-in")
    form = Form("", "/console/first", fields_of(visit.fields()))
    if visit.field(LANGUAGE):
        return _in_language(visit, lambda there: _first_page(there, form))
    try:
        caller = authenticate(tools, visit.field("admin_key").strip())
    except UnauthenticatedError:
        caller = None
    if caller is None or not caller.may(Scope.ADMIN):
        form.refuse("admin_key", visit.text(N_("This is no admin key of this service.")))
        return _first_page(visit, form, _REFUSED)
    try:
        officer = add_officer(
            tools,
            username=form.text("username"),
            name=form.text("name"),
            password=visit.field("password"),
            role=Role.ADMIN,
            organisation_id=caller.organisation_id,
            locale=visit.language.code,
        )
    except (InvalidInputError, ConflictError) as error:
        blame_account(visit, form, error)
        return _first_page(visit, form, _INVALID)
    visit.request.state.caller = caller
    shown.of(officer.id)
    return visit.redirect("/console/sign-in", N_("The account is made. Sign in with it."))


def blame_account(visit: Visit, form: Form, error: InvalidInputError | ConflictError) -> None:
    """Say beside the fields of an account what is wrong with them."""
    if isinstance(error, ConflictError):
        form.refuse("username", visit.text(N_("There is an account of this name already.")))
        return
    words = {
        "username": visit.text(
            N_("Use 2 to 40 letters a to z, digits, dots or hyphens, without spaces.")
        ),
        "name": visit.text(N_("Please fill this in.")),
        "password": visit.text(SHORT),
    }
    form.blame(error, {f"/{name}": name for name in words}, words)
