"""A real browser: where it is, and what a page must never do."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from fastapi import FastAPI
from playwright.sync_api import Browser, Page

from tests.console.support import PASSWORD, Office
from tests.waiting import until

_CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Only what is broken comes back: most of the time went into carrying over what is in order.
_BROKEN = """async (rules) => {
  const found = await axe.run({runOnly: rules, resultTypes: ["violations"]});
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html}`));
}"""


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an application that has begun already on a port; yield its address."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server")
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@dataclass(frozen=True)
class Served:
    """A served application."""

    url: str
    office: Office


def chromium() -> str:
    """Return the path of Chromium: HOMEWARD_CHROMIUM, or where a distribution puts it."""
    named = os.environ.get("HOMEWARD_CHROMIUM")
    for one in (named,) if named else _CANDIDATES:
        found = shutil.which(one)
        if found is not None:
            return found
    message = (
        "The console is tested in a real browser: apt install chromium, or set HOMEWARD_CHROMIUM."
    )
    raise RuntimeError(message)


def signed_in_state(browser: Browser, served: Served, username: str) -> dict[str, Any]:
    """Sign in through the form; return the cookies, for contexts that begin signed in."""
    context = browser.new_context(base_url=served.url)
    page = context.new_page()
    page.goto("/console/sign-in")
    page.fill("#f-username", username)
    page.fill("#f-password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/console/")
    state: Any = context.storage_state()
    context.close()
    return dict(state)


def assert_accessible(page: Page) -> None:
    """Check the page with axe-core as it is, in light and, as to its colours, in dark."""
    page.evaluate(AXE_SCRIPT)
    schemes: tuple[tuple[Literal["light", "dark"], list[str]], ...]
    schemes = (("light", _RULES), ("dark", _OF_COLOURS))
    for scheme, rules in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        said = page.evaluate(_BROKEN, rules)
        assert not said, f"{page.url} ({scheme}): {said}"


def assert_fits(page: Page) -> None:
    """Check that nothing is wider than the window."""
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"


@dataclass
class Traffic:
    """What a page has asked for. bytes: as sent over the line, headers left out."""

    hosts: set[str]
    bytes: int = 0


def traffic_of(page: Page) -> Traffic:
    """Begin to count what a page asks for."""
    seen = Traffic(set())
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def sent(event: dict[str, Any]) -> None:
        seen.hosts.add(
            event["request"]["url"].split("/")[2] if "//" in event["request"]["url"] else ""
        )

    def came(event: dict[str, Any]) -> None:
        seen.bytes += int(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", came)
    return seen


def no_other_host(traffic: Traffic, served: Served) -> None:
    """Check that only the service itself was asked."""
    assert traffic.hosts <= {served.url.split("/")[2], ""}, traffic.hosts
