"""What a page works at: the officer, the tools, the language, the form that was sent.

`DeskDep` lets in officers with an open session and checks every form; `desk_with(scope)` asks
for a scope as well. `VisitDep` is for pages that nobody has signed in for.
"""

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from service.console import cookies as c
from service.console import forms as f
from service.console.cookies import Cookies
from service.console.formats import Formats
from service.console.languages import Language, language, negotiated, translations
from service.console.state import state_of
from service.console.templating import render
from service.domain.access import Scope
from service.domain.errors import (
    ForbiddenError,
    FormExpiredError,
    SessionLockedError,
    UnauthenticatedError,
)
from service.domain.officer import Officer, Session
from service.ports import Tools
from service.usecases.keep_drafts import save_draft, submit_once
from service.usecases.sign_in import caller_of_officer, resting_session, session_of
from service.web.access import ToolsDep
from service.web.uploads import form_of

_SAFE: Final = frozenset({"GET", "HEAD"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})
_SEE_OTHER: Final = 303


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by anybody. sent: the fields of a sent form, None where none was sent."""

    request: Request
    cookies: Cookies
    language: Language
    token: str
    sent: FormData | None = None
    officer: Officer | None = None

    @property
    def csrf(self) -> str:
        """What every form carries: known to this browser's pages only, and not stored."""
        return hmac.new(self.token.encode(), b"homeward csrf", sha256).hexdigest()

    @property
    def formats(self) -> Formats:
        """Numbers, days and names in the reader's language."""
        return Formats(self.language)

    def text(self, message: str) -> str:
        """Return a message in the reader's language; mark it with N_ where it is written."""
        return translations(self.language.code).gettext(message)

    def field(self, name: str) -> str:
        """Return what was sent in a field of one line or more; nothing for none and for files."""
        value = None if self.sent is None else self.sent.get(name)
        return value if isinstance(value, str) else ""

    def fields(self) -> dict[str, list[str]]:
        """Return every field that was sent, as text, with the console's own."""
        found: dict[str, list[str]] = {}
        for name, value in () if self.sent is None else self.sent.multi_items():
            if isinstance(value, str):
                found.setdefault(name, []).append(value)
        return found

    def page(self, template: str, status: int = 200, /, **context: Any) -> HTMLResponse:  # noqa: ANN401 - whatever a template shows
        """Return a page."""
        html = render(self.language, template, self._context() | context)
        response = HTMLResponse(html, status)
        if self.cookies.get(c.VISIT) is None and self.officer is None:
            self.cookies.put(response, c.VISIT, self.token)
        if self.cookies.get(c.FLASH) is not None:
            self.cookies.drop(response, c.FLASH)
        return response

    def _context(self) -> dict[str, Any]:
        state = state_of(self.request)
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        return {
            "csrf": self.csrf,
            "officer": self.officer,
            "here": f"{self.request.url.path}{query}",
            "path": self.request.url.path,
            "nav": state.nav(self.officer),
            "idle_s": int(state.rules.idle.total_seconds()),
            "flash": self.cookies.get(c.FLASH),
            "form": None,
            "language_action": "/console/language",
        }

    def redirect(self, path: str, said: str | None = None) -> RedirectResponse:
        """Lead to a page of the console. said: a message (N_) that it shows once."""
        response = RedirectResponse(own_path(path), _SEE_OTHER)
        if said is not None:
            self.cookies.put(response, c.FLASH, said)
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk(Visit):
    """One request of an officer at work."""

    tools: Tools
    session: Session

    @property
    def me(self) -> Officer:
        """The officer."""
        return self.session.officer

    def form(self, name: str, page: str | None = None, *, about: str | None = None) -> f.Form:
        """Return a form: with what was just sent, or else with its draft, or else empty.

        about: the id of the stored person it is about; their erasure erases the draft.
        """
        made = f.Form(name, page or self.request.url.path, about=about)
        if self.sent is not None:
            made.values = f.fields_of(self.fields())
            return made
        made.draft = self.tools.store.draft(self.me.id, name)
        if made.draft is not None:
            made.values = {key: list(values) for key, values in made.draft.fields.items()}
        return made

    def once(self, form: f.Form, act: Callable[[], str], said: str | None = None) -> Response:
        """Do what a form asks, once however often it is sent; forget its draft; show the result.

        act: does it and returns the path of the page that shows it.
        """
        token = self.field(f.ONCE)
        if not token:
            raise FormExpiredError
        location = submit_once(self.tools, self.me, token, act)
        self.tools.store.forget_drafts(self.me.id, [form.name])
        return self.redirect(location, said)

    def may(self, *scopes: Scope) -> bool:
        """Tell whether this officer may do all of these."""
        caller = caller_of_officer(self.me)
        return all(caller.may(scope) for scope in scopes)


def own_path(path: str) -> str:
    """Return a path inside the console; anything else leads to its start."""
    parts = urlsplit(path)
    inside = path.startswith("/console/") and not parts.scheme and not parts.netloc
    return path if inside and "\\" not in path and ".." not in parts.path else "/console/"


def language_of(request: Request, cookies: Cookies, officer: Officer | None) -> Language:
    """Return the language of a request: the officer's, this browser's, or the settings'."""
    state = state_of(request)
    for code in (officer.locale if officer else None, cookies.get(c.LANGUAGE)):
        found = language(code, pseudo=state.pseudo)
        if found is not None:
            return found
    return negotiated(request.headers.get("accept-language", ""), state.default_language)


async def visit_of(request: Request) -> Visit:
    """Return a visit of anybody; raise FormExpiredError for a form from elsewhere."""
    cookies = Cookies.of(request)
    token = cookies.get(c.SESSION) or cookies.get(c.VISIT) or secrets.token_urlsafe(32)
    sent = None if request.method in _SAFE else await form_of(request)
    visit = Visit(request, cookies, language_of(request, cookies, None), token, sent)
    if sent is not None:
        require_own_form(visit)
    return visit


def require_own_form(visit: Visit) -> None:
    """Raise FormExpiredError unless the form came from a page given out to this browser."""
    headers = visit.request.headers
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    foreign = site is not None and site not in _OWN_SITE
    if origin is not None and site is None:
        foreign = urlsplit(origin).netloc != headers.get("host")
    sent = visit.field(f.CSRF) or headers.get("x-csrf-token", "")
    if foreign or not hmac.compare_digest(sent.encode(), visit.csrf.encode()):
        raise FormExpiredError


VisitDep = Annotated[Visit, Depends(visit_of)]


async def desk_of(request: Request, tools: ToolsDep) -> Desk:
    """Return the desk of the officer who is signed in.

    Raises UnauthenticatedError or SessionLockedError; what was sent then is kept as a draft, and
    shown again once they are back.
    """
    visit = await visit_of(request)
    return await run_in_threadpool(_desk, visit, tools)


def _desk(visit: Visit, tools: Tools) -> Desk:
    token = visit.cookies.get(c.SESSION)
    if token is None:
        raise UnauthenticatedError
    state = state_of(visit.request)
    try:
        session = session_of(tools, state.rules, token)
    except (SessionLockedError, UnauthenticatedError):
        _keep(visit, tools, token)
        raise
    # For the access log, and for the pages of errors.
    visit.request.state.caller = caller_of_officer(session.officer)
    visit.request.state.officer = session.officer
    return Desk(
        request=visit.request,
        cookies=visit.cookies,
        language=language_of(visit.request, visit.cookies, session.officer),
        token=token,
        sent=visit.sent,
        officer=session.officer,
        tools=tools,
        session=session,
    )


def _keep(visit: Visit, tools: Tools, token: str) -> None:
    """Keep what somebody sent whose session is locked or has ended, to give it back to them."""
    resting = resting_session(tools, token)
    name = visit.field(f.FORM)
    if resting is not None and name:
        about = visit.field(f.ABOUT) or None
        save_draft(tools, resting.officer, name, f.fields_of(visit.fields()), about)


DeskDep = Annotated[Desk, Depends(desk_of)]


def desk_with(*scopes: Scope) -> Callable[[Desk], Desk]:
    """Return a dependency: the desk of an officer who holds all of `scopes`."""

    def check(desk: DeskDep) -> Desk:
        require_scopes(desk, scopes)
        return desk

    return check


def require_scopes(desk: Desk, scopes: Sequence[Scope]) -> None:
    """Raise ForbiddenError where the officer's role lacks one of these."""
    if not desk.may(*scopes):
        raise ForbiddenError
