"""Accounts of the office, for its administrators: made, changed, closed, let in again."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, desk_with
from service.console.doors import SHORT
from service.console.forms import ONCE, Form
from service.console.languages import N_
from service.console.words import ROLES
from service.domain.access import Scope
from service.domain.audit import Action
from service.domain.errors import ConflictError, FormExpiredError, InvalidInputError
from service.domain.officer import Officer, Role
from service.usecases.keep_drafts import submit_once
from service.usecases.manage_officers import (
    add_officer,
    change_role,
    disable_officer,
    new_password,
    officer_of,
    set_password,
)
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_PATH: Final = "/console/officers"
_INVALID: Final = 422
_DOES: Final = {
    Role.OFFICER: N_("Sees people, finds matches, notes outcomes."),
    Role.MANAGER: N_("Brings in files, writes listings and plans as well."),
    Role.ADMIN: N_("Makes accounts as well."),
}
_WRONG: Final = {
    "username": N_("Use 2 to 40 letters a to z, digits, dots or hyphens."),
    "name": N_("Write a name of 80 characters at most."),
    "": SHORT,
}

Leading = Annotated[Desk, Depends(desk_with(Scope.ADMIN))]
Creating = Annotated[Shown, Depends(Accessing(Action.OFFICER_CREATE, at_once=True))]
Changing = Annotated[Shown, Depends(Accessing(Action.OFFICER_CHANGE, at_once=True))]


@router.get("/officers")
def show(desk: Leading) -> Response:
    """List the accounts; ask for another."""
    form = desk.form("officer")
    form.values.setdefault("role", [Role.OFFICER.value])
    return _page(desk, form)


def _page(
    desk: Desk, form: Form, status: int = 200, *, whose: Officer | None = None, password: str = ""
) -> Response:
    return desk.page(
        "officers/list.html",
        status,
        form=form,
        officers=desk.tools.store.officers(desk.me.organisation_id),
        roles=ROLES,
        does=_DOES,
        whose=whose,
        password=password,
        token=Form("", _PATH).token,
    )


def _shown_once(desk: Desk, form: Form, whose: Officer | None, password: str) -> Response:
    """Show a new password in the answer itself: it is in no address and in no cookie."""
    if whose is None:
        return desk.redirect(_PATH)
    desk.tools.store.forget_drafts(desk.me.id, ["officer"])
    form.values = {"role": [Role.OFFICER.value]}
    return _page(desk, form, whose=whose, password=password)


def _token(desk: Desk) -> str:
    token = desk.field(ONCE)
    if not token:
        raise FormExpiredError
    return token


@router.post("/officers")
def add(desk: Leading, shown: Creating) -> Response:
    """Make an account; its first password is shown once."""
    form = desk.form("officer", _PATH)
    password, made = new_password(), list[Officer]()
    if form.text("role") not in set(Role):
        form.refuse("role", desk.text(N_("Choose what they do.")))
        return _page(desk, form, _INVALID)

    def act() -> str:
        officer = add_officer(
            desk.tools,
            username=form.text("username"),
            name=form.text("name"),
            password=password,
            role=Role(form.text("role")),
            organisation_id=desk.me.organisation_id,
        )
        shown.of(officer.id)
        made.append(officer)
        return _PATH

    try:
        submit_once(desk.tools, desk.me, _token(desk), act)
    except InvalidInputError as error:
        words = {name: desk.text(said) for name, said in _WRONG.items()}
        form.blame(error, {"/username": "username", "/name": "name"}, words)
    except ConflictError:
        form.refuse("username", desk.text(N_("Somebody has this username already.")))
    if not form.ok:
        return _page(desk, form, _INVALID)
    return _shown_once(desk, form, made[0] if made else None, password)


def _other(desk: Desk, officer_id: str, shown: Shown) -> Officer:
    """Return an account that is not one's own: nobody locks themselves out."""
    shown.of(officer_id)
    officer = officer_of(desk.tools, desk.me.organisation_id, officer_id)
    if officer.id == desk.me.id:
        raise ConflictError
    return officer


@router.post("/officers/{officer_id}/password")
def reset(desk: Leading, officer_id: str, shown: Changing) -> Response:
    """Give a new password, shown once, and let the account in again."""
    officer = _other(desk, officer_id, shown)
    password, done = new_password(), list[Officer]()

    def act() -> str:
        set_password(desk.tools, officer, password)
        done.append(officer)
        return _PATH

    submit_once(desk.tools, desk.me, _token(desk), act)
    return _shown_once(desk, Form("officer", _PATH), done[0] if done else None, password)


@router.post("/officers/{officer_id}/role")
def take_role(desk: Leading, officer_id: str, shown: Changing) -> Response:
    """Let an account do more or less."""
    officer = _other(desk, officer_id, shown)
    role = desk.field("role")
    if role in set(Role):
        change_role(desk.tools, officer, Role(role))
    return desk.redirect(_PATH, N_("The account is changed; they sign in again."))


@router.post("/officers/{officer_id}/disable")
def disable(desk: Leading, officer_id: str, shown: Changing) -> Response:
    """Let nobody in with an account any more."""
    officer = _other(desk, officer_id, shown)
    disable_officer(desk.tools, officer.username)
    return desk.redirect(_PATH, N_("The account is closed; its sessions are ended."))
