"""Every page: in every language, by keyboard and ear, in light and dark, light on the line."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.console.languages import LANGUAGES, PSEUDO
from tests.console.browsing import (
    Served,
    assert_accessible,
    assert_fits,
    no_other_host,
    traffic_of,
)
from tests.console.support import PASSWORD, Office, sign_in

PAGES = (
    "/console/",
    "/console/match",
    "/console/about",
    "/console/account",
    "/console/nowhere",
    "/console/people",
    "/console/people?q=nobody-of-this-name",
    "/console/people/new",
)
DOORS = ("/console/sign-in", "/console/calendar")
_VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect", "circle"}
_SHOWN = ("aria-label", "placeholder", "title", "alt", "data-unsaved", "data-label")


class _Strays(HTMLParser):
    """Collects letters that are neither a message in brackets nor isolated data."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._look(*(said.get(name) or "" for name in _SHOWN))
        apart = (
            tag in {"bdi", "time", "script", "style", "textarea"} or said.get("translate") == "no"
        )
        if tag not in _VOID:
            self._open.append(apart)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self._look(data)

    def _look(self, *texts: str) -> None:
        for text in texts:
            bare = re.sub(r"⟦[^⟧]*⟧?|[^⟦]*⟧|Homeward", "", text)
            if any(one.isalpha() for one in bare):
                self.found.append(text.strip())


def strays(html: str) -> list[str]:
    """Return the texts of a page in the pseudo language that are no messages."""
    reader = _Strays()
    reader.feed(html)
    return reader.found


@pytest.fixture
def pseudo(office: Office) -> Iterator[TestClient]:
    """A signed-in client that reads in brackets."""
    office.app.state.console.pseudo = True
    office.hire("brackets")
    with office.visitor() as client:
        client.cookies.set("homeward-language", PSEUDO)
        sign_in(client, "brackets")
        yield client
    office.app.state.console.pseudo = False


@pytest.mark.parametrize("path", PAGES)
def test_no_text_stands_outside_the_catalogues(pseudo: TestClient, path: str) -> None:
    """Every letter is a message or isolated data."""
    html = pseudo.get(path).text
    assert "⟦" in html
    assert strays(html) == []


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_page_speaks_every_language(office: Office, code: str) -> None:
    """With its direction."""
    with office.visitor(code) as client:
        pages = [client.get(path).text for path in DOORS]
        sign_in(client, "shirin")
        pages += [client.get(path).text for path in PAGES]
    for html in pages:
        direction = LANGUAGES[code].direction
        assert f'<html lang="{code}" dir="{direction}">' in html


@pytest.mark.parametrize("path", [*PAGES, *DOORS])
def test_pages_are_accessible_and_fit(open_page: Callable[..., Page], path: str) -> None:
    """axe-core finds nothing in light and dark, and nothing is cut on a phone, in any direction."""
    for locale, width in (("en", 1366), ("bn", 360), ("ur", 360)):
        page = open_page(
            signed_in=path in PAGES, locale=locale, viewport={"width": width, "height": 740}
        )
        page.goto(path)
        assert_fits(page)
        assert_accessible(page)


def test_a_page_is_light_and_asks_nobody_else(
    open_page: Callable[..., Page], served: Served
) -> None:
    """150 kB the first time, 30 kB from then on."""
    page = open_page()
    seen = traffic_of(page)
    page.goto("/console/", wait_until="networkidle")
    assert seen.bytes <= 150_000
    cold = seen.bytes
    page.goto("/console/about", wait_until="networkidle")
    assert seen.bytes - cold <= 30_000
    no_other_host(seen, served)


def test_escape_twice_hides_everything(open_page: Callable[..., Page], office: Office) -> None:
    """A calendar stands there, the way back does not lead to the page, the session is locked."""
    page = open_page(signed_in=False, locale="en")
    page.goto("/console/sign-in?next=/console/account")
    page.fill("#f-username", office.hire("hasty"))
    page.fill("#f-password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/console/account")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.wait_for_url("**/console/calendar")
    assert "Homeward" not in page.content()
    page.goto("/console/")
    page.wait_for_url("**/console/locked?**")


def test_the_summary_takes_the_focus_and_leads_to_the_field(open_page: Callable[..., Page]) -> None:
    """By keyboard alone."""
    page = open_page(signed_in=False, locale="en")
    page.goto("/console/sign-in")
    page.click("button.primary")
    page.wait_for_selector(".summary:focus")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-username:focus")
    assert_accessible(page)
