"""An office for each file of console tests, a signed-in client, a browser on a real server."""

import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from service.app import create_app, given
from service.domain.officer import Role
from service.ports import Tools
from service.usecases.manage_keys import ensure_first_key
from service.wiring import open_tools
from tests.conftest import ADMIN, settings_in
from tests.console.browsing import Served, chromium, serving, signed_in_state
from tests.console.support import Office, sign_in
from tests.waiting import until_ready


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Write no log lines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
def console_tools(
    tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path
) -> Iterator[Tools]:
    """Tools over a store that a file of tests writes to; no other file finds its records."""
    settings = settings_in(tmp_path_factory.mktemp("console"))
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as opened:
        ensure_first_key(opened, ADMIN)
        yield opened


@pytest.fixture(scope="module")
def office(console_tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An application over them, with an officer "shirin" and an administrator "boss"."""
    settings = settings_in(tmp_path_factory.mktemp("unused-console"))
    app = create_app(settings, lambda: given(console_tools))
    with TestClient(app) as client:
        until_ready(client)
        made = Office(app, console_tools)
        made.hire("shirin")
        made.hire("boss", Role.ADMIN, "Nasrin Sultana")
        yield made


@pytest.fixture
def officer(office: Office) -> Iterator[TestClient]:
    """A client that "shirin" has signed in with; English, cookies of its own."""
    with office.visitor() as client:
        sign_in(client, "shirin")
        yield client


@pytest.fixture(scope="module")
def served(office: Office) -> Iterator[Served]:
    """The same application on a port, for browsers."""
    with serving(office.app) as url:
        yield Served(url, office)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for a file of tests: while it is driven, its event loop holds the main thread."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def username() -> str:
    """Whoever is signed in where pages are opened; a file of tests may have somebody else."""
    return "shirin"


@pytest.fixture(scope="module")
def signed_in(browser: Browser, served: Served, username: str) -> dict[str, object]:
    """The cookies of a browser on which they are signed in, for new contexts."""
    return signed_in_state(browser, served, username)


@pytest.fixture
def open_page(
    browser: Browser, served: Served, signed_in: dict[str, object]
) -> Iterator[Callable[..., Page]]:
    """Return a maker of pages on which `username` is signed in: options of a browser context in.

    A page fails its test where a script fails or the policy of contents is broken.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    cookies = signed_in

    def make(*, signed_in: bool = True, **options: object) -> Page:
        state = {"storage_state": cookies} if signed_in else {}
        context = browser.new_context(base_url=served.url, **state, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda said: faults.append(said.text) if "Content Security" in said.text else None,
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []
