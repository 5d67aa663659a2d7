"""What is typed is kept as it is typed, and goes along into another language."""

from fastapi import APIRouter, Response

from service.console import cookies as c
from service.console.desk import Desk, DeskDep, own_path
from service.console.forms import ABOUT, FORM, LANGUAGE, ONCE, PAGE, fields_of
from service.console.languages import N_, language
from service.usecases.keep_drafts import save_draft
from service.usecases.manage_keys import secret_hash
from service.usecases.sign_in import choose_locale

router = APIRouter(prefix="/console", include_in_schema=False)


def keep(desk: Desk, form: str | None = None) -> None:
    """Keep what was sent as the draft of its form, where it belongs to one that keeps drafts."""
    name, token = form or desk.field(FORM), desk.field(ONCE)
    # A last keystroke's draft may come in behind the form itself; it must not stand there again.
    sent = bool(token) and desk.tools.store.was_sent(secret_hash(token))
    if name and not sent:
        about = desk.field(ABOUT) or None
        save_draft(desk.tools, desk.me, name, fields_of(desk.fields()), about)


@router.post("/drafts/{form}")
def take_draft(form: str, desk: DeskDep) -> Response:
    """Keep it and say since when."""
    keep(desk, form)
    return desk.page("fragments/saved.html", at=desk.tools.clock.now())


@router.post("/drafts/{form}/forget")
def forget_draft(form: str, desk: DeskDep) -> Response:
    """Erase it, for who wants to begin anew."""
    desk.tools.store.forget_drafts(desk.me.id, [form])
    return desk.redirect(own_path(desk.field(PAGE)), N_("The draft is erased."))


@router.post("/language")
def take_language(desk: DeskDep) -> Response:
    """Go on in another language on the same page, with what was typed."""
    keep(desk)
    chosen = language(desk.field(LANGUAGE)) or desk.language
    choose_locale(desk.tools, desk.me, chosen.code)
    response = desk.redirect(own_path(desk.field(PAGE)))
    desk.cookies.put(response, c.LANGUAGE, chosen.code)
    return response
