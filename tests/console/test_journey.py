"""The whole way in a browser: from an empty database to a sheet to take home."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page

from service.app import create_app, given
from service.ports import Tools
from service.settings import Settings
from tests.conftest import ADMIN
from tests.console.browsing import assert_accessible, assert_fits, serving
from tests.console.support import PASSWORD
from tests.waiting import until_ready

_DESK = {"width": 1366, "height": 768}
_PHONE = {"width": 360, "height": 740}
_ZOOMED = {"width": 320, "height": 192}
"""A window of 1280 × 768 at 400%."""
_MOST_STOPS = 400

WORDS = {
    "en": ("Karim", "Mason", "lay bricks\nplaster walls", "I laid bricks in Kuwait for six years"),
    "bn": ("করিম", "রাজমিস্ত্রি", "ইট গাঁথা\nপ্লাস্টার করা", "কুয়েতে ছয় বছর রাজমিস্ত্রির কাজ করেছি"),
    "ur": (
        "کریم",
        "راج مستری",
        "اینٹیں لگانا\nپلستر کرنا",
        "کویت میں چھ سال راج مستری کا کام کیا",
    ),
}


@pytest.fixture
def empty(tools: Tools, settings: Settings) -> Iterator[str]:
    """The address of a service over an empty store, where nobody has an account."""
    app = create_app(settings, lambda: given(tools))
    with TestClient(app) as client:
        until_ready(client)
        with serving(app) as url:
            yield url


@pytest.fixture
def visit(browser: Browser, empty: str) -> Iterator[Callable[..., Page]]:
    """Return a maker of pages of that service: a language and options of a context in."""
    contexts = []

    def opened(language: str, **options: object) -> Page:
        headers = {"Accept-Language": language}
        made = browser.new_context(base_url=empty, extra_http_headers=headers, **options)  # type: ignore[arg-type]
        contexts.append(made)
        return made.new_page()

    yield opened
    for one in contexts:
        one.close()


class Keys:
    """Somebody who has no mouse."""

    def __init__(self, page: Page) -> None:
        """Sit down before a page."""
        self.page = page

    def reach(self, selector: str) -> None:
        """Go from stop to stop until the focus is there."""
        self.page.wait_for_selector(selector)
        for _ in range(_MOST_STOPS):
            if self.page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{selector} is not to be reached by keyboard on {self.page.url}")

    def type(self, selector: str, text: str) -> None:
        """Write into a field, as an input method does."""
        self.reach(selector)
        self.page.keyboard.insert_text(text)

    def press(self, selector: str, key: str = "Enter") -> None:
        """Press a key on what has the focus then."""
        self.reach(selector)
        self.page.keyboard.press(key)

    def choose(self, selector: str, value: str) -> None:
        """Go down a list until it says so."""
        self.reach(selector)
        if self.page.input_value(selector) != value:
            self.page.keyboard.press("Home")
        for _ in range(_MOST_STOPS):
            if self.page.input_value(selector) == value:
                return
            self.page.keyboard.press("ArrowDown")
        pytest.fail(f"{selector} has no {value}")


def _first_account(keys: Keys, name: str) -> None:
    keys.page.goto("/console/")
    keys.type("#f-admin_key", ADMIN)
    keys.type("#f-name", name)
    keys.type("#f-username", "karim")
    keys.type("#f-password", PASSWORD)
    keys.press("button.primary")
    keys.page.wait_for_url("**/console/sign-in**")
    keys.type("#f-username", "karim")
    keys.type("#f-password", PASSWORD)
    keys.page.keyboard.press("Enter")
    keys.page.wait_for_url("**/console/")


def _write_a_job(keys: Keys, title: str, skills: str) -> None:
    keys.press('a[href="/console/listings"]')
    keys.press('a[href="/console/listings/new"]')
    keys.type("#f-title", title)
    keys.choose("#f-country", "BD")
    keys.type("#f-skills", skills)
    keys.press("form[action='/console/listings/new'] button.primary")
    keys.page.wait_for_url("**/console/listings/lst_*")


@pytest.mark.parametrize(
    ("language", "window"), [("en", _DESK), ("bn", _DESK), ("ur", _PHONE), ("bn", _ZOOMED)]
)
def test_from_an_empty_database_to_a_sheet_by_keyboard(
    visit: Callable[..., Page], tmp_path: Path, language: str, window: dict[str, int]
) -> None:
    """The first account, a job, somebody's words, and the sheet: printed, and as a file."""
    name, title, skills, words = WORDS[language]
    page = visit(language, viewport=window)
    keys = Keys(page)
    _first_account(keys, name)
    _write_a_job(keys, title, skills)
    keys.press('a[href="/console/match"]')
    keys.choose("#f-home", "BD")
    keys.type("#f-text", words)
    page.wait_for_selector(".option")
    assert title in page.locator(".option").first.inner_text()
    assert_fits(page)
    keys.press('.option input[name="pick"]', "Space")
    keys.press('button[formaction="/console/referral"]')
    page.wait_for_url("**/console/referral")
    assert title in page.locator(".sheet").inner_text()
    assert_fits(page)
    assert_accessible(page)
    with page.expect_download() as saved:
        keys.press('button[formaction="/console/referral/pdf"]')
    file = tmp_path / "sheet.pdf"
    saved.value.save_as(file)
    with pypdfium2.PdfDocument(file) as printed:
        assert len(printed) == 1
    page.emulate_media(media="print")
    assert page.locator(".sheet").is_visible()
    assert not page.locator("header nav").first.is_visible()


@pytest.mark.parametrize("language", ["en", "ur"])
def test_the_core_of_it_needs_no_script(visit: Callable[..., Page], language: str) -> None:
    """On a phone: words, options, the sheet."""
    name, title, skills, words = WORDS[language]
    page = visit(language, viewport=_PHONE, java_script_enabled=False)
    page.goto("/console/")
    for field, value in (("admin_key", ADMIN), ("name", name), ("username", "karim")):
        page.fill(f"#f-{field}", value)
    page.fill("#f-password", PASSWORD)
    page.click("button.primary")
    page.fill("#f-username", "karim")
    page.fill("#f-password", PASSWORD)
    page.click("button.primary")
    page.goto("/console/listings/new")
    page.fill("#f-title", title)
    page.select_option("#f-country", "BD")
    page.fill("#f-skills", skills)
    page.click("form[action='/console/listings/new'] button.primary")
    page.wait_for_url("**/console/listings/lst_*")
    page.goto("/console/match")
    page.select_option("#f-home", "BD")
    page.fill("#f-text", words)
    page.click("form button.primary")
    assert title in page.locator(".option").first.inner_text()
    page.locator('.option input[name="pick"]').first.check()
    page.locator('button[formaction="/console/referral"]').first.click()
    assert title in page.locator(".sheet").inner_text()
