"""Listings: found, shown in words, written by hand, closed; people for one of them; corridors."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.domain.access import Organisation
from service.domain.corridor import Corridor
from service.domain.errors import ConflictError
from service.domain.listing import Kind, Listing
from service.domain.officer import Role
from service.domain.person import Consent, Contact, Profile
from service.domain.records import Put
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.put_listings import put_listing
from service.usecases.register_person import register_person
from tests.console.browsing import assert_accessible, assert_fits
from tests.console.support import Office, heading, hidden, sign_in

_LIST = "/console/listings"
_FIELDS = {
    "kind": "job",
    "title": "Pipe welder <b>",
    "country": "BD",
    "region": "Khulna",
    "skills": "Weld steel pipes\nRead drawings",
    "wage_min": "২৫,০০০",
    "wage_max": "30000",
    "wage_currency": "BDT",
    "wage_period": "month",
}


@pytest.fixture
def manager(office: Office) -> Iterator[TestClient]:
    """A client that a manager has signed in with."""
    office.hire("lipi", Role.MANAGER, "Lipi Das")
    with office.visitor() as client:
        sign_in(client, "lipi")
        yield client


def written(client: TestClient, **fields: str) -> str:
    """Write a listing by hand; return its path."""
    form = hidden(client.get(f"{_LIST}/new").text, f"{_LIST}/new")
    answer = client.post(f"{_LIST}/new", data=form | _FIELDS | fields)
    assert answer.status_code == 200, answer.text
    return answer.url.path


def far(office: Office) -> str:
    """Return the id of another organisation."""
    with suppress(ConflictError):
        now = office.tools.clock.now()
        office.tools.store.add_organisation(Organisation("org_far", "Far Office", now))
    return "org_far"


def enrolled(office: Office, name: str, organisation: str, *shared: str) -> str:
    """Store somebody who welds; return the id."""
    put = Put(
        organisation_id=organisation,
        source="test",
        external_id=name,
        content=Profile(
            text="I welded steel pipes for five years and read drawings.",
            home_country="BD",
            consent=Consent(matching=True, share_with=shared),
        ),
    )
    return register_person(office.tools, put, Contact(name, None)).record.id


def test_a_listing_is_written_changed_and_closed(manager: TestClient, office: Office) -> None:
    """With Bangla digits; what was typed is text; unknown stays unknown."""
    path = written(manager)
    html = manager.get(path).text
    assert "Pipe welder &lt;b&gt;" in html
    assert "Not known: ask" in html
    stored = office.tools.store.listing(path.rsplit("/", 1)[1])
    assert (stored.content.wage_min, stored.content.fee) == (25_000.0, None)
    edit = f"{path}/edit"
    page = manager.get(edit).text
    assert "Weld steel pipes\nRead drawings" in page
    sent = hidden(page, edit) | _FIELDS | {"title": "Welder", "version": "1"}
    assert heading(manager.post(edit, data=sent).text) == "Welder"
    # Sent by somebody whose page is older.
    late = manager.post(
        edit, data=hidden(manager.get(edit).text, edit) | _FIELDS | {"version": "1"}
    )
    assert late.status_code == 412
    assert "Somebody changed this listing while you typed." in late.text
    shut = f"{path}/close"
    html = manager.post(shut, data=hidden(manager.get(path).text, shut)).text
    assert "The listing is closed." in html
    assert heading(html) == "Welder"
    assert path not in manager.get(f"{_LIST}?q=Welder").text
    assert path in manager.get(f"{_LIST}?q=Welder&state=all").text


def test_an_edit_that_collided_is_saved_when_sent_again(
    manager: TestClient, office: Office
) -> None:
    """Out of a draft too, which holds the version it began with; and it can be begun anew."""
    path = written(manager)
    edit = f"{path}/edit"
    form = hidden(manager.get(edit).text, edit)
    mine = form | _FIELDS | {"title": "Mine"}
    name = form["_form"]
    manager.post(f"/console/drafts/{name}", data=mine)
    stored = office.tools.store.listing(path.rsplit("/", 1)[1])
    put = Put(
        organisation_id=FIRST_ORGANISATION,
        source=stored.source,
        external_id=stored.external_id,
        content=replace(stored.content, title="Theirs"),
    )
    put_listing(office.tools, put)
    restored = manager.get(edit).text
    assert 'value="Mine"' in restored
    late = manager.post(edit, data=hidden(restored, edit) | _FIELDS | {"title": "Mine"})
    assert late.status_code == 412
    assert 'value="Mine"' in late.text
    saved = manager.post(edit, data=hidden(late.text, edit) | _FIELDS | {"title": "Mine"})
    assert heading(saved.text) == "Mine"
    manager.post(f"/console/drafts/{name}", data=mine | {"_once": "x", "title": "Begun"})
    begun = manager.get(edit).text
    assert 'value="Begun"' in begun
    forget = f"/console/drafts/{name}/forget"
    assert 'value="Mine"' in manager.post(forget, data=hidden(begun, forget)).text


def test_a_listing_is_refused_field_by_field(manager: TestClient) -> None:
    """In words, with what was typed."""
    form = hidden(manager.get(f"{_LIST}/new").text, f"{_LIST}/new")
    wrong = {"title": "", "wage_min": "much", "fee": "10", "valid_through": "2020-01-01"}
    answer = manager.post(f"{_LIST}/new", data=form | _FIELDS | wrong)
    assert answer.status_code == 422
    # The fee itself is right; what is missing is its currency.
    for name in ("title", "wage_min", "valid_through", "fee_currency"):
        assert f'href="#f-{name}"' in answer.text
    assert 'href="#f-fee"' not in answer.text
    assert 'value="much"' in answer.text
    back = manager.post(f"{_LIST}/new", data=form | _FIELDS | {"wage_min": "40000"})
    assert "The lower amount must come first" in back.text
    assert "The occupation code is not known" in (
        manager.post(f"{_LIST}/new", data=form | _FIELDS | {"isco08": "9999"}).text
    )


def test_an_officer_reads_and_does_not_write(
    office: Office, officer: TestClient, manager: TestClient
) -> None:
    """Nor does anybody change what another organisation has."""
    path = written(manager)
    job = Listing(kind=Kind.JOB, title="Welder far away", country="BD")
    put = Put(organisation_id=far(office), source="test", external_id="1", content=job)
    theirs = f"{_LIST}/{put_listing(office.tools, put).record.id}"
    page = manager.get(theirs)
    assert heading(page.text) == "Welder far away"
    assert f"{theirs}/edit" not in page.text
    assert manager.get(f"{theirs}/edit").status_code == 404
    sent = hidden(manager.get(path).text, f"{path}/close")
    for action in ("edit", "close"):
        answer = manager.post(f"{theirs}/{action}", data=sent | _FIELDS)
        assert answer.status_code == 404
    assert heading(manager.get(theirs).text) == "Welder far away"
    assert officer.get(path).status_code == 200
    assert officer.get(f"{path}/edit").status_code == 403
    assert officer.get(f"{_LIST}/new").status_code == 403


def test_filters_count_what_they_leave(manager: TestClient) -> None:
    """By kind and country."""
    written(manager, title="Zari embroiderer", country="QA")
    written(manager, title="Zari embroidery course", kind="training")
    html = manager.get(f"{_LIST}?q=zari").text
    assert "2 listings" in html
    assert "Training (1)" in html
    assert "Qatar (1)" in html
    assert "One listing" in manager.get(f"{_LIST}?q=zari&country=QA").text
    assert "Nothing was found" in manager.get(f"{_LIST}?q=zari%25").text


def test_people_for_a_listing_and_the_invitation(
    officer: TestClient, office: Office, manager: TestClient
) -> None:
    """One's own by name, others without; noted once; each look leaves a line."""
    other = far(office)
    mine = enrolled(office, "Rahim Uddin", FIRST_ORGANISATION)
    theirs = enrolled(office, "Hidden Name", other, FIRST_ORGANISATION)
    enrolled(office, "Unshared Name", other)
    path = written(manager)
    people = f"{path}/people"
    html = officer.get(people).text
    assert "Rahim Uddin" in html
    assert f"/console/people/{mine}" in html
    assert "Somebody known to <bdi>Far Office</bdi>" in html
    assert "Hidden Name" not in html
    assert "Unshared Name" not in html
    assert f"/console/people/{theirs}" not in html
    sent = hidden(html, "/console/outcomes")
    for _ in range(2):
        answer = officer.post("/console/outcomes", data=sent)
    assert answer.url.path == people
    assert '<span class="chip">Shortlisted</span>' in answer.text
    noted = office.tools.store.page_of_outcomes(
        FIRST_ORGANISATION, after=0, limit=10, where={"listing_id": path.rsplit("/", 1)[1]}
    )
    assert len(noted.items) == 1


def test_corridors_are_told_with_their_history(
    officer: TestClient, office: Office, manager: TestClient
) -> None:
    """Since when, on whose word; and on the page of a job there."""
    now = office.tools.clock.now()
    corridor = Corridor(
        origin="NP",
        destination="IQ",
        reason="Stopped after an attack.",
        source="Ministry notice 7",
        starts=date(2024, 2, 1),
    )
    stored = office.tools.store.add_corridor(corridor, now, None)
    html = officer.get(f"{_LIST}/corridors?origin=NP").text
    assert "Ministry notice 7" in html
    html = officer.get(f"{_LIST}/corridors/{stored.id}").text
    assert "Stopped after an attack." in html
    assert "Comes with Homeward" in html
    assert "Closed to workers from" in officer.get(written(manager, country="IQ")).text


def test_listings_in_a_browser(
    open_page: Callable[..., Page], office: Office, manager: TestClient
) -> None:
    """Pages are accessible and fit a phone; people are found by keyboard."""
    path = written(manager, title="Browser welder")
    enrolled(office, "Karim Browser", FIRST_ORGANISATION)
    page = open_page(locale="en", viewport={"width": 360, "height": 740})
    for one in (_LIST, path, f"{path}/people", f"{_LIST}/corridors"):
        page.goto(one)
        assert_fits(page)
        assert_accessible(page)
    page.goto(f"{path}/people")
    page.locator("details.confirm summary").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("It is recorded.").wait_for()
    assert page.url.endswith(f"{path}/people")
