"""An officer's own account: who they are here, their password, their sessions."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from service.console.desk import Desk, DeskDep
from service.console.doors import SHORT, wait_text
from service.console.forms import Form
from service.console.languages import N_
from service.console.words import ROLES
from service.domain.audit import Action
from service.domain.errors import InvalidInputError, RateLimitedError, SignInRefusedError
from service.usecases.change_password import change_password
from service.web.audit import Accessing, Shown

router = APIRouter(prefix="/console", include_in_schema=False)

_PATH: Final = "/console/account"
_INVALID: Final = 422
Changing = Annotated[Shown, Depends(Accessing(Action.OFFICER_CHANGE, at_once=True))]


@router.get("/account")
def show(desk: DeskDep) -> Response:
    """Show the account."""
    return _page(desk, Form("", _PATH))


def _page(desk: Desk, form: Form, status: int = 200) -> Response:
    return desk.page("account.html", status, form=form, role=ROLES[desk.me.role])


@router.post("/account/password")
def take_password(desk: DeskDep, shown: Changing) -> Response:
    """Change the password and end every other session."""
    shown.of(desk.me.id)
    form = Form("", _PATH)
    try:
        change_password(
            desk.tools, desk.me, desk.token, desk.field("password"), desk.field("new_password")
        )
    except SignInRefusedError:
        form.refuse("password", desk.text(N_("The password is not right.")))
    except RateLimitedError as error:
        form.refuse("password", wait_text(desk, error.retry_after_s))
    except InvalidInputError:
        form.refuse("new_password", desk.text(SHORT))
    if not form.ok:
        return _page(desk, form, _INVALID)
    return desk.redirect(_PATH, N_("The password is changed; other sessions are ended."))
