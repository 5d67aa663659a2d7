"""Pages behind the links in mail. Opening one changes nothing; its button, a POST, does.

A mail program's own button posts to the same place (RFC 8058), without a key and without a page.
"""

import base64
from hashlib import sha256
from html import escape
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from service.domain.letter import LinkPurpose
from service.ports import Tools
from service.skills.scripts import direction
from service.usecases.answer_mail import Followed, Standing, act_on_link, follow_link
from service.usecases.write_letters import Writer
from service.web.access import ToolsDep

PATH: Final = "/mail/"

router = APIRouter(prefix="/mail", include_in_schema=False)

_STYLE: Final = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;"
    "color:#111;background:#fff}"
    "button{font:inherit;padding:.7rem 1.4rem;min-height:2.75rem;color:#fff;background:#0b4f6c;"
    "border:2px solid #0b4f6c;border-radius:.3rem}"
    "button:focus-visible{outline:3px solid #b35900;outline-offset:3px}"
)
_HASH: Final = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_STATUS: Final = {Standing.BROKEN: 404, Standing.ENDED: 410}
_ANSWERED: Final = {
    LinkPurpose.CONFIRM: ("confirmed_title", "confirmed_text"),
    LinkPurpose.UNSUBSCRIBE: ("unsubscribed_title", "unsubscribed_text"),
}


@router.get("/{purpose}/{token}")
def ask(purpose: LinkPurpose, token: str, tools: ToolsDep) -> HTMLResponse:
    """Ask whether the link is meant, with a button."""
    return _page(tools, purpose, follow_link(tools, purpose, token))


@router.post("/{purpose}/{token}")
def act(purpose: LinkPurpose, token: str, tools: ToolsDep) -> HTMLResponse:
    """Do what the link is for; the body says nothing that is needed."""
    return _page(tools, purpose, act_on_link(tools, purpose, token))


def _page(tools: Tools, purpose: LinkPurpose, found: Followed) -> HTMLResponse:
    language, address, organisation = "en", "", ""
    if found.stored is not None and found.stored.content.mail is not None:
        mail, writer = found.stored.content.mail, Writer.of(tools, found.stored)
        language, address, organisation = mail.language, mail.address, writer.organisation
    keys = {
        Standing.OPEN: (f"{purpose}_title", f"{purpose}_question"),
        Standing.DONE: _ANSWERED[purpose],
        Standing.ENDED: ("ended_title", "ended_text"),
        Standing.BROKEN: ("broken_title", "broken_text"),
    }[found.standing]
    filled = {"address": address, "organisation": organisation}
    title, text = (escape(tools.mail_phrases.say(key, language, **filled)) for key in keys)
    form = ""
    if found.standing is Standing.OPEN:
        words = escape(tools.mail_phrases.say(f"{purpose}_button", language))
        form = f'<form method="post"><button type="submit">{words}</button></form>'
    page = (
        f'<!doctype html><html lang="{language}" dir="{direction(language)}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, '
        f'initial-scale=1"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"
    )
    return HTMLResponse(page, _STATUS.get(found.standing, 200), _HEADERS)
