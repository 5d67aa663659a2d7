"""Outcomes: recorded beside an option, and silent of listings that became private to others."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.domain.access import Organisation
from service.domain.alert import AlertType, Hit, Seen, Subscription, Told, Watch
from service.domain.errors import ConflictError, NotFoundError
from service.domain.listing import Kind, Listing, StoredListing, Visibility
from service.domain.match import Tier
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import Consent, Contact, Profile, StoredPerson
from service.domain.records import Put
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.put_listings import put_listings
from service.usecases.record_outcome import record_outcome
from service.usecases.register_person import register_person
from tests.console.browsing import assert_accessible, assert_fits
from tests.console.support import Office, hidden

OTHERS = "org_secret"


@pytest.fixture
def joiner(office: Office) -> Iterator[StoredPerson]:
    """Somebody who joins wood, and who goes after the test."""
    profile = Profile(
        text="I made doors and windows of teak, as a joiner, for nine years",
        home_country="BD",
        consent=Consent(matching=True),
    )
    put = Put(organisation_id=FIRST_ORGANISATION, content=profile)
    made = register_person(office.tools, put, Contact("Jobeda Khatun", None)).record
    yield made
    with suppress(NotFoundError):
        office.tools.store.delete_person(made, if_version=None)


def _listed(
    office: Office, organisation_id: str, title: str, visibility: Visibility = Visibility.PUBLIC
) -> StoredListing:
    job = Listing(
        kind=Kind.JOB,
        title=title,
        country="BD",
        skills=("make doors of wood",),
        valid_through=office.tools.clock.today() + timedelta(days=5),
        visibility=visibility,
    )
    put = Put(
        organisation_id=organisation_id, source="outcomes", external_id=title[:5], content=job
    )
    return put_listings(office.tools, [put])[0].record


def _recorded(office: Office, person: StoredPerson) -> list[OutcomeKind]:
    found = office.tools.store.page_of_outcomes(
        FIRST_ORGANISATION, after=0, limit=9, where={"returnee_id": person.id}
    )
    return [one.content.kind for one in found.items]


def test_what_became_private_to_others_is_told_nowhere(
    office: Office, officer: TestClient, joiner: StoredPerson
) -> None:
    """Neither on the person's page, nor among what closes, nor among what was found."""
    store, now = office.tools.store, office.tools.clock.now()
    with suppress(ConflictError):
        store.add_organisation(Organisation(OTHERS, "Others", now))
    listing = _listed(office, OTHERS, "Joiner of the old bridge")
    outcome = Outcome(
        returnee_id=joiner.id, listing_id=listing.id, kind=OutcomeKind.REFERRED, at=now
    )
    record_outcome(office.tools, FIRST_ORGANISATION, outcome)
    watch = Subscription(watch=Watch.LISTINGS, text="joiner", url="https://example.org/told")
    (key, *_) = store.keys(FIRST_ORGANISATION)
    told = store.add_subscription(FIRST_ORGANISATION, key.id, watch, "secret", now)
    hit = Hit(listing.id, None, Tier.GOOD)
    store.tell([Told(told.id, AlertType.LISTING, (hit,), Seen(0, 0))], now)
    pages = (f"/console/people/{joiner.id}", "/console/")
    person, today = (officer.get(path).text for path in pages)
    assert "Joiner of the old bridge" in person
    assert today.count("Joiner of the old bridge") == 2
    secret = replace(listing.content, title="Joiner of the palace", visibility=Visibility.PRIVATE)
    put = Put(organisation_id=OTHERS, source="outcomes", external_id="Joine", content=secret)
    assert put_listings(office.tools, [put])[0].record.id == listing.id
    person, today = (officer.get(path).text for path in pages)
    assert "A listing that is no longer there" in person
    assert "Joiner of the" not in person + today
    store.remove_subscription(told, None)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_first_step_is_recorded_beside_its_option(
    open_page: Callable[..., Page], office: Office, joiner: StoredPerson, *, scripts: bool
) -> None:
    """One click from the options; what is ticked and typed stays; it is taken back elsewhere."""
    listing = _listed(office, FIRST_ORGANISATION, "Doors to be made")
    page = open_page(
        locale="en", java_script_enabled=scripts, viewport={"width": 360, "height": 740}
    )
    page.goto(f"/console/people/{joiner.id}")
    page.click("text=Find jobs and trainings")
    option = page.locator(f"article[aria-labelledby='t-{listing.id}']")
    option.locator("input[name=pick]").check()
    option.get_by_role("button", name="Shortlist").click()
    page.get_by_text("It is recorded. On the person's page").wait_for()
    assert page.url.endswith(f"#t-{listing.id}")
    assert _recorded(office, joiner) == [OutcomeKind.SHORTLISTED]
    assert option.locator(".chip").all_inner_texts() == ["Shortlisted"]
    assert option.get_by_role("button", name="Shortlist").count() == 0
    assert option.locator("input[name=pick]").is_checked()
    if scripts:
        assert_fits(page)
        assert_accessible(page)
    option.get_by_role("button", name="Referred").click()
    page.get_by_text("It is recorded. On the person's page").wait_for()
    assert set(_recorded(office, joiner)) == {OutcomeKind.SHORTLISTED, OutcomeKind.REFERRED}
    option.get_by_role("link", name="What came of it").click()
    page.get_by_role("button", name="Take back Referred").click()
    page.get_by_text("It is taken back.").wait_for()
    assert _recorded(office, joiner) == [OutcomeKind.SHORTLISTED]


def test_a_step_is_recorded_once_however_often_it_is_sent(
    office: Office, officer: TestClient, joiner: StoredPerson
) -> None:
    """And another button of the same page, opened again with "back", does what it says."""
    listing = _listed(office, FIRST_ORGANISATION, "Doors to be made")
    other = _listed(office, FIRST_ORGANISATION, "Windows to be made")
    page = f"/console/people/{joiner.id}/match"
    sent = hidden(officer.get(page).text, page)
    for one in (listing, listing, other):
        officer.post(f"{page}/outcome", data=sent | {"record": f"shortlisted:{one.id}"})
    assert _recorded(office, joiner) == [OutcomeKind.SHORTLISTED] * 2
    for wrong in ("placed:", "shortlisted:lst_none", ""):
        answer = officer.post(f"{page}/outcome", data=sent | {"record": wrong})
        assert answer.status_code == 404
    sent.pop("_once")
    answer = officer.post(f"{page}/outcome", data=sent | {"record": f"referred:{listing.id}"})
    assert "open too long" in answer.text
