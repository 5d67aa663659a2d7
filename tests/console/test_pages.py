"""Every page: in every language, by keyboard and ear, in light and dark, light on the line."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.console.languages import LANGUAGES, PSEUDO
from service.domain.batch import ENDED
from service.domain.imported import ImportKind
from service.domain.listing import Kind, Listing, WagePeriod
from service.domain.officer import Role
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import (
    Consent,
    Contact,
    Preferences,
    Profile,
    Skill,
    SkillStatus,
    Veto,
)
from service.domain.records import Put
from service.usecases.hold_file import hold, run_held
from service.usecases.keep_drafts import save_draft
from service.usecases.manage_officers import officer_named
from service.usecases.put_listings import put_listing
from service.usecases.record_outcome import record_outcome
from service.usecases.register_person import register_person
from service.usecases.sign_in import caller_of_officer
from service.usecases.submit_import import Upload
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
    "/console/people/{person}",
    "/console/people/{person}/change",
    "/console/people/{person}/erase",
    "/console/people/{person}/match",
    "/console/referral",
    "/console/listings",
    "/console/listings?state=all&q=weld",
    "/console/listings/new",
    "/console/listings/{listing}",
    "/console/listings/{listing}/edit",
    "/console/listings/{listing}/people",
    "/console/listings/corridors",
    "/console/import",
    "/console/import/{file}/columns",
    "/console/import/{tried}",
    "/console/planning",
    "/console/planning?area=x&market=local",
    "/console/planning/markets?origin=BD",
    "/console/officers",
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
        self._brackets = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self._look(*(said.get(name) or "" for name in _SHOWN))
        apart = (
            tag in {"bdi", "time", "script", "style", "textarea"}
            or said.get("translate") == "no"
            # Somebody's words, paragraph by paragraph.
            or (tag == "p" and said.get("dir") == "auto")
        )
        if tag not in _VOID:
            self._open.append(apart)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        # A message goes on behind what is isolated in it.
        stray = ""
        for one in "" if any(self._open) else data:
            self._brackets += {"⟦": 1, "⟧": -1}.get(one, 0)
            stray += one if self._brackets == 0 and one != "⟧" else ""
        self._look(stray)

    def _look(self, *texts: str) -> None:
        for text in texts:
            bare = re.sub(r"⟦[^⟧]*⟧|\u2068[^\u2069]*\u2069|Homeward", "", text)
            if any(one.isalpha() for one in bare):
                self.found.append(text.strip())


def strays(html: str) -> list[str]:
    """Return the texts of a page in the pseudo language that are no messages."""
    reader = _Strays()
    reader.feed(html)
    return reader.found


@pytest.fixture(scope="module")
def username() -> str:
    """The administrator: every page is open to her."""
    return "boss"


@pytest.fixture(scope="module")
def places(office: Office) -> Iterator[dict[str, str]]:
    """What stands in the paths of pages: a person, a listing, a file and what it would bring."""
    tools, boss = office.tools, officer_named(office.tools, "boss")
    consent = Consent(matching=True, until=tools.clock.today() + timedelta(days=20))
    profile = Profile(
        text="I welded steel pipes in Kuwait for six years, asdf qwer",
        home_country="BD",
        region="Khulna",
        birth_year=1988,
        skills=(Skill("Welding 3G", SkillStatus.CERTIFIED, "NTVQF 2"),),
        preferences=Preferences(exclude_countries=("SA",), vetoes=(Veto(text="cooking"),)),
        consent=consent,
    )
    put = Put(organisation_id=boss.organisation_id, content=profile)
    person = register_person(tools, put, Contact("Rahela Page", "+880 1712 999999")).record
    job = Listing(
        kind=Kind.JOB,
        title="Pipe welder of pages",
        employer="Page Works",
        country="BD",
        region="Khulna",
        skills=("weld steel pipes", "read drawings"),
        wage_min=25_000,
        wage_currency="BDT",
        wage_period=WagePeriod.MONTH,
        valid_through=tools.clock.today() + timedelta(days=9),
    )
    put_job = Put(
        organisation_id=boss.organisation_id, source="pages", external_id="1", content=job
    )
    listing = put_listing(tools, put_job).record
    outcome = Outcome(
        returnee_id=person.id, listing_id=listing.id, kind=OutcomeKind.REFERRED, note="Monday"
    )
    record_outcome(tools, boss.organisation_id, outcome)
    caller = caller_of_officer(boss)
    table = b"Postn,Country,Salary\nWelder,Bangladesh,BDT 25000\nCook,Atlantis,much\n"
    upload = Upload(content=table, kind=ImportKind.LISTINGS, name="jobs.csv", source="pages")
    file, other = hold(tools, upload, caller), hold(tools, upload, caller)
    columns = {"Postn": "title", "Country": "country", "Salary": "wage"}
    tried = run_held(tools, other, columns, caller, dry_run=True)
    deadline = time.monotonic() + 60
    while tools.store.batch(boss.organisation_id, tried.batch.id).progress.state not in ENDED:
        assert time.monotonic() < deadline
    yield {
        "person": person.id,
        "listing": listing.id,
        "file": file.batch.id,
        "tried": tried.batch.id,
    }
    tools.store.delete_person(person, if_version=None)


def ticked(office: Office, username: str, places: dict[str, str]) -> None:
    """Have an officer stand before the sheet of the person, with the listing on it."""
    save_draft(
        office.tools,
        officer_named(office.tools, username),
        "referral",
        {"person": [places["person"]], "pick": [places["listing"]]},
        places["person"],
    )


@pytest.fixture
def pseudo(office: Office) -> Iterator[TestClient]:
    """A signed-in client that reads in brackets."""
    office.app.state.console.pseudo = True
    office.hire("brackets", Role.ADMIN)
    with office.visitor() as client:
        client.cookies.set("homeward-language", PSEUDO)
        sign_in(client, "brackets")
        yield client
    office.app.state.console.pseudo = False


@pytest.mark.parametrize("path", PAGES)
def test_no_text_stands_outside_the_catalogues(
    office: Office, pseudo: TestClient, places: dict[str, str], path: str
) -> None:
    """Every letter is a message or isolated data."""
    ticked(office, "brackets", places)
    answer = pseudo.get(path.format(**places))
    html = answer.text
    assert answer.url.path == path.format(**places).partition("?")[0]
    assert "⟦" in html
    assert strays(html) == []


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_every_page_speaks_every_language(
    office: Office, places: dict[str, str], code: str
) -> None:
    """With its direction."""
    ticked(office, "boss", places)
    with office.visitor(code) as client:
        pages = [client.get(path).text for path in DOORS]
        sign_in(client, "boss")
        pages += [client.get(path.format(**places)).text for path in PAGES]
    for html in pages:
        direction = LANGUAGES[code].direction
        assert f'<html lang="{code}" dir="{direction}">' in html


@pytest.mark.parametrize("path", [*PAGES, *DOORS])
def test_pages_are_accessible_and_fit(
    open_page: Callable[..., Page], office: Office, places: dict[str, str], path: str
) -> None:
    """axe-core finds nothing in light and dark; nothing is cut on a phone, or at 400% (320 px)."""
    ticked(office, "boss", places)
    for locale, width in (("en", 1366), ("bn", 360), ("ur", 320)):
        page = open_page(
            signed_in=path in PAGES, locale=locale, viewport={"width": width, "height": 740}
        )
        page.goto(path.format(**places))
        assert page.url.endswith(path.format(**places))
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
