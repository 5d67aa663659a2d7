"""Planning figures with what is left out, and the accounts of the office."""

import re
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.console.languages import PSEUDO
from service.domain.listing import Kind, Listing
from service.domain.officer import Role
from service.domain.person import Consent, Profile
from service.domain.records import Put
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.put_listings import put_listings
from service.usecases.register_person import register_person
from tests.console.browsing import assert_accessible, assert_fits
from tests.console.support import PASSWORD, Office, hidden, sign_in
from tests.console.test_pages import strays


@pytest.fixture(scope="module")
def planned(office: Office) -> Office:
    """An office with a dozen people, and jobs that ask for more than they have."""
    jobs = [
        Listing(
            kind=Kind.JOB, title=f"Baker {at}", country=country, skills=("=bake bread", "ice cakes")
        )
        for at, country in enumerate(("BD", "BD", "QA", "QA", "RO"))
    ]
    puts = [
        Put(organisation_id=FIRST_ORGANISATION, source="plan", external_id=str(at), content=job)
        for at, job in enumerate(jobs)
    ]
    put_listings(office.tools, puts)
    for at in range(12):
        profile = Profile(
            text="I baked flat bread in a hotel.", home_country="BD", consent=Consent(matching=True)
        )
        put = Put(
            organisation_id=FIRST_ORGANISATION, source="plan", external_id=str(at), content=profile
        )
        register_person(office.tools, put, None)
    return office


@pytest.fixture
def manager(planned: Office) -> Iterator[TestClient]:
    """A client that a manager has signed in with."""
    planned.hire("tania", Role.MANAGER, "Tania Haque")
    with planned.visitor() as client:
        sign_in(client, "tania")
        yield client


@pytest.fixture
def boss(office: Office) -> Iterator[TestClient]:
    """A client that the administrator has signed in with."""
    with office.visitor() as client:
        sign_in(client, "boss")
        yield client


def test_gaps_are_drawn_listed_and_downloaded(manager: TestClient) -> None:
    """With what is left out explained; no cell of the download is a formula."""
    html = manager.get("/console/planning").text
    assert "is left out" in html
    assert 'class="chart" role="img"' in html
    assert "ice cakes" in html
    csv = manager.get("/console/planning/gaps.csv").text
    assert csv.startswith("\ufeffWhat is missing,Kind,People")
    assert not re.search(r"(?m)^=", csv)
    assert manager.get("/console/planning?market=local").status_code == 200
    both = "area=BD+unknown&market=local"
    answer = manager.get(f"/console/planning?{both}")
    assert answer.status_code == 422
    assert "Choose a district or the kind of jobs, not both." in answer.text
    assert "ice cakes" not in answer.text
    assert "not both" in manager.get(f"/console/planning/gaps.csv?{both}").text
    assert "Nothing may be shown here" in manager.get("/console/planning?area=nowhere").text


def test_markets_are_counted(manager: TestClient) -> None:
    """By destination, with the state of the way there."""
    html = manager.get("/console/planning/markets?origin=BD").text
    assert "Qatar" in html
    assert "The largest has" in html
    assert "Qatar" in manager.get("/console/planning/markets.csv?origin=BD").text


def test_an_officer_plans_nothing(officer: TestClient) -> None:
    """Figures and accounts are for others."""
    for path in ("/console/planning", "/console/planning/markets.csv", "/console/officers"):
        assert officer.get(path).status_code == 403


def test_accounts_are_made_and_passwords_shown_once(boss: TestClient, office: Office) -> None:
    """Made, refused twice, given another password, closed; never one's own."""
    page = boss.get("/console/officers").text
    sent = hidden(page, "/console/officers") | {
        "name": "Ruma Begum",
        "username": "ruma",
        "role": "officer",
    }
    answer = boss.post("/console/officers", data=sent).text
    first = re.search(r"<code>([a-z2-9-]{24})</code>", answer)
    assert first
    # Sent again nothing happens, and nothing is shown again.
    assert first[1] not in boss.post("/console/officers", data=sent).text
    with office.visitor() as client:
        assert "Ruma Begum" in sign_in(client, "ruma", first[1])
    sent = hidden(boss.get("/console/officers").text, "/console/officers") | {
        "name": "Else",
        "username": "ruma",
        "role": "officer",
    }
    assert "Somebody has this username already." in boss.post("/console/officers", data=sent).text
    ruma = office.tools.store.officer_by_username("ruma")
    assert ruma
    there = f"/console/officers/{ruma[0].id}"
    page = boss.get("/console/officers").text
    reset = boss.post(f"{there}/password", data=hidden(page, f"{there}/password")).text
    second = re.search(r"<code>([a-z2-9-]{24})</code>", reset)
    assert second
    assert second[1] != first[1]
    boss.post(f"{there}/role", data=hidden(page, f"{there}/role") | {"role": "manager"})
    assert office.tools.store.officer_by_username("ruma")[0].role is Role.MANAGER  # type: ignore[index]
    boss.post(f"{there}/disable", data=hidden(page, f"{there}/disable"))
    with office.visitor() as client:
        assert "not right" in sign_in(client, "ruma", second[1])
    mine = office.tools.store.officer_by_username("boss")
    assert mine
    own = f"/console/officers/{mine[0].id}/disable"
    assert boss.post(own, data=hidden(page, f"{there}/disable")).status_code == 409


@pytest.mark.usefixtures("planned")
def test_planning_in_a_browser(open_page: Callable[..., Page]) -> None:
    """With figures, accessible, and fits a phone."""
    page = open_page(signed_in=False, locale="en", viewport={"width": 360, "height": 740})
    page.goto("/console/sign-in?next=/console/planning")
    page.fill("#f-username", "boss")
    page.fill("#f-password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/console/planning")
    for path in ("/console/planning", "/console/planning/markets?origin=BD"):
        page.goto(path)
        assert_fits(page)
        assert_accessible(page)


@pytest.mark.parametrize(
    "path",
    [
        "/console/planning",
        "/console/planning/markets?origin=BD",
    ],
)
def test_no_text_stands_outside_the_catalogues(planned: Office, path: str) -> None:
    """With figures as well: every letter is a message or isolated data."""
    planned.app.state.console.pseudo = True
    try:
        planned.hire("signs", Role.ADMIN)
        with planned.visitor() as client:
            client.cookies.set("homeward-language", PSEUDO)
            sign_in(client, "signs")
            html = client.get(path).text
    finally:
        planned.app.state.console.pseudo = False
    assert "⟦" in html
    assert strays(html) == []
