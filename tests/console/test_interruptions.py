"""A form through a real page: whatever cuts it off, what was typed is there again.

HOMEWARD_INTERRUPTIONS says how many interruptions, drawn anew from a seed; the suite takes ten.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from service.usecases.manage_keys import FIRST_ORGANISATION, secret_hash
from service.usecases.manage_officers import officer_named
from tests.console.browsing import signed_in_state
from tests.console.support import PASSWORD, Office

NEW = "/console/people/new"
TIMES = int(os.environ.get("HOMEWARD_INTERRUPTIONS", "10"))
_SEED = 27
_PATIENCE_S = 20


class Line:
    """A server that can be stopped and started again on the same port, with the same store."""

    def __init__(self, office: Office) -> None:
        """Start to serve the office."""
        self._office = office
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, on the port it had before if it had one."""
        config = uvicorn.Config(self._office.app, port=self.port, log_level="error", lifespan="off")
        # Not to wait for what a browser holds open.
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def line(office: Office) -> Iterator[Line]:
    """A server of its own, for it is stopped in the middle of things."""
    made = Line(office)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def typing(browser: Browser, office: Office, line: Line) -> Iterator[Page]:
    """A page on which "farida" is signed in."""
    office.hire("farida", name="Farida Yasmin")
    state = signed_in_state(browser, line, "farida")  # type: ignore[arg-type]
    context = browser.new_context(base_url=line.url, storage_state=state, locale="en")  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def kept(office: Office, words: str) -> bool:
    """Whether the draft says this."""
    me = officer_named(office.tools, "farida")
    draft = office.tools.store.draft(me.id, "person-new")
    return draft is not None and draft.fields.get("text") == (words,)


def cut_line(page: Page, office: Office, line: Line, words: str) -> None:  # noqa: ARG001 - all alike
    """The line is cut while it is typed; the page says so, and tries again when it is back."""
    page.route("**/console/**", lambda route: route.abort())
    page.fill("#f-text", words)
    page.wait_for_selector("#unsaved:not(:empty)")
    page.unroute("**/console/**")
    page.dispatch_event("#work", "keep")
    until(lambda: kept(office, words), "kept once the line is back")
    page.reload()


def restart(page: Page, office: Office, line: Line, words: str) -> None:
    """The server is restarted after it was typed and before it was sent."""
    page.fill("#f-text", words)
    until(lambda: kept(office, words), "kept while it was typed")
    line.stop()
    line.start()
    page.goto(NEW)


def expiry(page: Page, office: Office, line: Line, words: str) -> None:  # noqa: ARG001
    """The session has ended when the form is sent; the words wait behind the sign-in."""
    (token,) = [one["value"] for one in page.context.cookies() if one["name"] == "homeward-session"]
    page.fill("#f-text", words)
    store, hashed = office.tools.store, secret_hash(token)
    long_ago = office.tools.clock.now() - timedelta(hours=2)
    store.touch_session(hashed, long_ago, locked=True)
    page.click("#work button.primary")
    page.wait_for_selector("#f-password")
    page.fill("#f-password", PASSWORD)
    page.click("main button.primary")
    page.wait_for_url(f"**{NEW}")


def back(page: Page, office: Office, line: Line, words: str) -> None:  # noqa: ARG001
    """The officer leaves within a second of typing, and comes Back."""
    page.fill("#f-text", words)
    page.goto("/console/about")
    page.go_back()
    page.wait_for_selector("#f-text")
    until(lambda: kept(office, words), "kept as the page went away")
    page.reload()


INTERRUPTIONS = (cut_line, restart, expiry, back)


def test_typed_words_survive_whatever_cuts_them_off(
    typing: Page, office: Office, line: Line
) -> None:
    """At random, and each kind at least once where there are turns enough; then sent, once."""
    draw = random.Random(_SEED)  # noqa: S311 - nothing secret
    turns = [INTERRUPTIONS[at % len(INTERRUPTIONS)] for at in range(TIMES)]
    draw.shuffle(turns)
    before = _people(office)
    typing.goto(NEW)
    for at, interrupt in enumerate(turns):
        words = f"Welded pipes in Dammam, {at} of them aloft ({draw.random():.6f})"
        interrupt(typing, office, line, words)
        assert typing.input_value("#f-text") == words, interrupt.__name__
    typing.check("#f-matching")
    # Sent three times within one turn of the browser, as by an impatient hand.
    typing.evaluate(
        "() => { const b = document.querySelector('#work button.primary');"
        " b.click(); b.click(); b.click(); }"
    )
    typing.wait_for_url("**/console/people/ret_*")
    done = typing.url
    typing.go_back()
    typing.wait_for_selector("#f-text")
    assert typing.input_value("#f-text") == ""
    made = [one for one in _people(office) if one not in before]
    assert [done.rsplit("/", 1)[1]] == made


def test_an_answer_that_never_came_does_not_save_twice(typing: Page, office: Office) -> None:
    """The form was carried out, its answer lost on the way; sent again it leads to the same."""
    before = _people(office)
    typing.goto(NEW)
    typing.fill("#f-text", "Painted ships")

    def lose(route: object) -> None:
        route.fetch(max_redirects=0)  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    typing.evaluate("() => { window.sentBefore = new FormData(document.getElementById('work')); }")
    typing.route(f"**{NEW}", lose, times=1)
    again = typing.evaluate(
        """async () => {
          const body = () => new URLSearchParams(window.sentBefore);
          try { await fetch('/console/people/new', {method: 'POST', body: body()}); } catch {}
          const answer = await fetch('/console/people/new', {method: 'POST', body: body()});
          return answer.url;
        }"""
    )
    made = [one for one in _people(office) if one not in before]
    assert made == [again.rsplit("/", 1)[1]]


def _people(office: Office) -> list[str]:
    after: int | None = 0
    found: list[str] = []
    while after is not None:
        page = office.tools.store.page_of_people(
            FIRST_ORGANISATION, after=after, limit=500, where={}
        )
        found += [one.id for one in page.items]
        after = page.next_after
    return found
