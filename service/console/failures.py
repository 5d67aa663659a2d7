"""Error pages in the reader's language: what happened, what is safe, what to do next."""

from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.console.cookies import VISIT, Cookies
from service.console.desk import Visit, language_of
from service.console.forms import PAGE
from service.console.languages import N_

_SEE_OTHER: Final = 303
_UNAUTHENTICATED: Final = 401
_CALM: Final = (
    N_("Something went wrong here"),
    N_("What you typed is kept. Try again; if it happens again, give the number below."),
)
_WORDS: Final = {
    403: (
        N_("This is not open to you"),
        N_("Your account may not do this. Ask whoever leads your office."),
    ),
    404: (
        N_("There is no such page"),
        N_("It may have been removed, or it belongs to another office."),
    ),
    409: (
        N_("This was sent before"),
        N_("It may have been carried out already. Look first before you send it again."),
    ),
    413: (N_("This is too large"), N_("Send less at once, or a smaller file.")),
    429: (N_("Too much at once"), N_("Wait a minute and try again.")),
    503: (
        N_("The service is not ready"),
        N_("It is starting, or cannot reach its data. Try again in a minute; your text is kept."),
    ),
}
_BY_CODE: Final = {
    "form_expired": (
        N_("This page was open too long"),
        N_("Nothing was changed. Go back, open the page again and send it from there."),
    ),
    "consent_missing": (
        N_("No agreement to be matched"),
        N_("This person has not agreed that their record is used for matching."),
    ),
    "consent_ended": (
        N_("The agreement has ended"),
        N_("This person's agreement has run out. Ask them whether they agree again."),
    ),
}


def error_page(request: Request, status: int, code: str, headers: dict[str, str]) -> Response:
    """Return the page of an error; without a session, lead to where one is opened."""
    if status == _UNAUTHENTICATED:
        return _door(request, locked=code == "session_locked")
    cookies = Cookies.of(request)
    officer = getattr(request.state, "officer", None)
    visit = Visit(
        request,
        cookies,
        language_of(request, cookies, officer),
        cookies.get("session") or cookies.get(VISIT) or "none",
        officer=officer,
    )
    title, text = _BY_CODE.get(code) or _WORDS.get(status, _CALM)
    fragment = "hx-request" in request.headers
    template = "errors/fragment.html" if fragment else "errors/page.html"
    number = request.scope.get("state", {}).get("request_id", "")
    page = visit.page(template, status, title=title, text=text, number=number)
    for name, value in headers.items():
        if name.lower() == "retry-after":
            page.headers[name] = value
    return page


def _door(request: Request, *, locked: bool) -> Response:
    """Lead to the lock or to the sign-in, and back to this page afterwards."""
    back = request.url.path
    if request.method == "GET" and request.url.query:
        back += f"?{request.url.query}"
    if request.method != "GET":
        # The form's page, not where it was sent; the form was read before it was refused.
        sent = getattr(request, "_form", None)
        back = str(sent.get(PAGE) or "/console/") if sent is not None else "/console/"
    door = f"/console/{'locked' if locked else 'sign-in'}?next={quote(back, safe='')}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": door})
    return RedirectResponse(door, _SEE_OTHER)
