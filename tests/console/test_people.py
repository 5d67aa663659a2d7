"""People: registered, found again, changed, settled as one, taken back, erased; outcomes; today."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Page

from service.domain.access import Organisation, Scope
from service.domain.errors import ConflictError, NotFoundError
from service.domain.listing import Kind, Listing
from service.domain.officer import SCOPES, Role
from service.domain.outcome import Outcome, OutcomeKind
from service.domain.person import (
    Consent,
    Contact,
    Market,
    Preferences,
    Profile,
    Route,
    SkillStatus,
    StoredPerson,
)
from service.domain.records import Put
from service.domain.register import Sought
from service.skills.filing import sought
from service.usecases.manage_keys import FIRST_ORGANISATION
from service.usecases.manage_officers import officer_named
from service.usecases.put_listings import put_listings
from service.usecases.record_outcome import record_outcome
from service.usecases.register_person import register_person
from tests.console.browsing import assert_accessible, assert_fits
from tests.console.support import (
    Office,
    form_of,
    heading,
    hidden,
    hidden_all,
    hidden_forms,
    sign_in,
)

NEW = "/console/people/new"
WORDS = "আমি দাম্মামে আট বছর ওয়েল্ডিং করেছি"


@pytest.fixture(scope="module", autouse=True)
def other_house(office: Office) -> str:
    """Another organisation that people may be shared with."""
    now = office.tools.clock.now()
    with suppress(ConflictError):
        office.tools.store.add_organisation(Organisation("org_training", "Training House", now))
    return "org_training"


@pytest.fixture
def listing(office: Office) -> str:
    """A job that closes within a week."""
    closes = office.tools.clock.today() + timedelta(days=7)
    job = Listing(kind=Kind.JOB, title="Welder <b>", country="BD", valid_through=closes)
    put = Put(
        organisation_id=FIRST_ORGANISATION, source="console-people", external_id="1", content=job
    )
    return put_listings(office.tools, [put])[0].record.id


def register(client: TestClient, **fields: str | list[str]) -> Any:  # noqa: ANN401 - the client's own
    """Send the form as a browser does; return the answer."""
    sent: dict[str, str | list[str]] = {**hidden(client.get(NEW).text, NEW), **fields}
    return client.post(NEW, data=sent)


def person_at(office: Office, url: object) -> StoredPerson:
    """Return whose page an address is."""
    person_id = str(url).rsplit("/", 1)[1]
    return office.tools.store.person(FIRST_ORGANISATION, person_id)


def _changed(office: Office, person: StoredPerson, **fields: Any) -> None:  # noqa: ANN401 - fields of a profile
    put = Put(
        organisation_id=person.organisation_id,
        record_id=person.id,
        content=replace(person.profile, **fields),
    )
    register_person(office.tools, put, person.contact)


@pytest.fixture
def somebody(office: Office) -> Iterator[StoredPerson]:
    """A person whose agreement ends in twelve days, and who goes after the test."""
    until = office.tools.clock.today() + timedelta(days=12)
    profile = Profile(
        text="I weld pipes",
        home_country="BD",
        region="Noakhali",
        consent=Consent(matching=True, until=until),
    )
    put = Put(organisation_id=FIRST_ORGANISATION, content=profile)
    contact = Contact("Rahima Begum", "+880 1712 345678")
    made = register_person(office.tools, put, contact).record
    yield made
    with suppress(NotFoundError):
        office.tools.store.delete_person(made, if_version=None)


def test_nothing_is_agreed_to_before_it_is_said(officer: TestClient) -> None:
    """Consent comes first and is never ticked; gender comes late, and may be left out."""
    html = officer.get(NEW).text
    assert " checked" not in html
    order = ["f-matching", "f-veto", "f-text", "f-home", "f-name", "f-gender"]
    places = [html.index(f'id="{one}"') for one in order]
    assert places == sorted(places)


def test_a_person_is_registered_in_their_own_words(office: Office, officer: TestClient) -> None:
    """Every field arrives; digits of any script are read; the page says it back."""
    until = office.tools.clock.today() + timedelta(days=90)
    answer = register(
        officer,
        matching="yes",
        share=["org_training", "org_nobody"],
        until=until.isoformat(),
        veto=["গৃহকর্মী", ""],
        veto_market=["overseas", "all"],
        veto_code=["", ""],
        text=WORDS,
        home="BD",
        region="কুমিল্লা",
        document=["Welding 3G", "", ""],
        document_status=["certified", "claimed", "claimed"],
        certificate=["NTVQF 2", "", ""],
        language=["ar", "", ""],
        level=["A2", "", ""],
        route=["local", "overseas"],
        country=["SA", "", ""],
        not_country=["KW", "", ""],
        pay="২৫,০০০",
        currency="",
        period="month",
        distance="40",
        name="সালমা <script>",
        phone="01811 000001",
        born="১৯৮৭",
    )
    assert answer.status_code == 200, answer.text
    person = person_at(office, answer.url)
    profile = person.profile
    assert profile.consent == Consent(matching=True, share_with=("org_training",), until=until)
    assert (profile.text, profile.birth_year) == (WORDS, 1987)
    assert [(one.text, one.market) for one in profile.preferences.vetoes] == [
        ("গৃহকর্মী", Market.OVERSEAS)
    ]
    assert profile.skills[0].status is SkillStatus.CERTIFIED
    wage = profile.preferences.min_wage
    assert wage is not None
    assert (wage.amount, wage.currency) == (25000, "BDT")
    assert profile.preferences.exclude_countries == ("KW",)
    assert "<script>" not in answer.text.replace("<script src", "")
    assert "Training House" in answer.text
    assert "Agreement ends in 8" in answer.text or "Agreement ends in 90" in answer.text
    office.app.state.accesses.flush()
    assert "registered the person" in officer.get(answer.url.path).text
    office.tools.store.delete_person(person, if_version=None)


def test_what_is_wrong_stands_beside_its_field_and_is_kept(officer: TestClient) -> None:
    """The summary leads there; nothing typed is lost."""
    answer = register(officer, region="Sylhet", phone="call me", born="87", until="2020-01-01")
    assert answer.status_code == 422
    for name in ("text", "phone", "born", "until"):
        assert f'href="#f-{name}"' in answer.text
        assert f'id="f-{name}"' in answer.text
    assert 'value="call me"' in answer.text
    assert 'value="Sylhet"' in answer.text


def test_sending_twice_registers_once(office: Office, officer: TestClient) -> None:
    """The same form leads to the same record."""
    sent = hidden(officer.get(NEW).text, NEW) | {"text": "I drive a crane", "matching": "yes"}
    before = office.tools.store.count_people(FIRST_ORGANISATION)
    first, second = (officer.post(NEW, data=sent) for _ in range(2))
    assert first.url == second.url
    assert office.tools.store.count_people(FIRST_ORGANISATION) == before + 1
    office.tools.store.delete_person(person_at(office, first.url), if_version=None)


def test_the_same_telephone_is_shown_and_the_officer_decides(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """Side by side; nothing is saved before; one record or two, as they say."""
    before = office.tools.store.count_people(FIRST_ORGANISATION)
    typed = {"matching": "yes", "text": "Also I cook", "phone": "01712-345678", "name": "Rohima"}
    answer = register(officer, **typed, veto=["maid"], veto_market=["all"], veto_code=[""])
    assert heading(answer.text) == "Is this the same person?"
    assert office.tools.store.count_people(FIRST_ORGANISATION) == before
    assert "Noakhali" in answer.text
    sent = hidden(answer.text, NEW) | {"decision": somebody.id}
    answer = officer.post(NEW, data=sent)
    person = person_at(office, answer.url)
    assert person.id == somebody.id
    assert person.profile.text == "I weld pipes\nAlso I cook"
    assert person.profile.region == "Noakhali"
    assert person.profile.consent == Consent(matching=True)
    assert [one.text for one in person.profile.preferences.vetoes] == ["maid"]
    answer = register(officer, **typed)
    sent = hidden(answer.text, NEW) | {"decision": "new"}
    other = person_at(office, officer.post(NEW, data=sent).url)
    assert other.id != somebody.id
    office.tools.store.delete_person(other, if_version=None)


@pytest.mark.parametrize(
    "typed",
    ["rahima", "Raheema begam", "রহিমা", "noakh", "01712345678", "+8801712345678", "weld rahi"],
)
def test_people_are_found_however_they_are_spelt(
    office: Office, officer: TestClient, somebody: StoredPerson, typed: str
) -> None:
    """By name in any spelling or script, place, telephone, words of work."""
    _filed(office, somebody)
    answer = officer.get("/console/people", params={"q": typed})
    assert f"/console/people/{somebody.id}" in answer.text
    part = officer.get("/console/people", params={"q": typed}, headers={"HX-Target": "found"})
    assert "<html" not in part.text
    assert somebody.id in part.text


def _filed(office: Office, person: StoredPerson) -> None:
    """Wait until the register has taken somebody in."""
    deadline = time.monotonic() + 20
    while person.id not in office.tools.register.find(_words(person), 50).ids:
        office.tools.register.follow()
        assert time.monotonic() < deadline


def _words(person: StoredPerson) -> Sought:
    return sought(person.organisation_id, person.contact.name or "")


def test_nobody_of_another_organisation_is_found_or_shown(
    office: Office, officer: TestClient, other_house: str
) -> None:
    """Not even who is shared with the officer's own: their record is their organisation's."""
    profile = Profile(
        text="I weld", consent=Consent(matching=True, share_with=(FIRST_ORGANISATION,))
    )
    put = Put(organisation_id=other_house, content=profile)
    theirs = register_person(office.tools, put, Contact("Zulekha Unique", "01999 999999")).record
    _filed(office, theirs)
    for typed in ("Zulekha", "01999999999"):
        assert theirs.id not in officer.get("/console/people", params={"q": typed}).text
    assert officer.get(f"/console/people/{theirs.id}").status_code == 404
    office.tools.store.delete_person(theirs, if_version=None)


def test_a_record_is_changed_unless_somebody_was_quicker(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """What the form does not show stays; a record that moved on is not written over in silence."""
    path = f"/console/people/{somebody.id}/change"
    sent = hidden(officer.get(path).text, path)
    assert sent["version"] == "1"
    answer = officer.post(path, data=sent | {"text": "I weld ships", "matching": "yes"})
    assert "The record is saved." in answer.text
    late = sent | {"text": "I weld tanks", "_once": "another", "matching": "yes"}
    answer = officer.post(path, data=late)
    assert answer.status_code == 412
    assert "I weld tanks" in answer.text
    again = hidden(answer.text, path) | {"text": "I weld tanks", "matching": "yes"}
    officer.post(path, data=again)
    person = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert (person.profile.text, person.contact.name) == ("I weld tanks", None)


def test_no_country_is_lost_by_saving(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """However many are stored, each has its field; and there is a free one."""
    refused = ("SA", "KW", "QA", "OM", "LY")
    wishes = Preferences(countries=("MY", "SG", "RO", "IT"), exclude_countries=refused)
    _changed(office, somebody, preferences=wishes)
    path = f"/console/people/{somebody.id}/change"
    html = officer.get(path).text
    assert html.count('name="not_country"') == 6
    officer.post(path, data=form_of(html, path))
    person = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert person.profile.preferences == wishes


def test_a_form_grows_by_what_is_typed_alone(office: Office, officer: TestClient) -> None:
    """A draft that is opened again and again has no more rows than it needs: one free."""
    sent = form_of(officer.get(NEW).text, NEW) | {"text": ["Drove a crane"]}
    for _ in range(3):
        officer.post("/console/drafts/person-new", data=sent)
        again = form_of(officer.get(NEW).text, NEW)
        assert {name: len(values) for name, values in again.items()} == {
            name: len(values) for name, values in sent.items()
        }
        sent = again
    sent["veto"][-1], sent["level"][-1] = "cooking", "B1"
    officer.post("/console/drafts/person-new", data=sent)
    again = form_of(officer.get(NEW).text, NEW)
    assert (again["veto"][-2:], again["level"][-2:]) == (["cooking", ""], ["B1", ""])
    me = officer_named(office.tools, "shirin")
    office.tools.store.forget_drafts(me.id, ["person-new"])


def test_the_same_person_keeps_what_was_said_before(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """Wishes are added to; what is too long together is shown, not cut."""
    before = Preferences(routes=(Route.LOCAL,), countries=("QA",), exclude_countries=("SA",))
    _changed(office, somebody, preferences=before, text="stored " * 2_000)
    typed: dict[str, str | list[str]] = {
        "matching": "yes",
        "phone": "01712-345678",
        "text": "typed " * 2_000,
        "route": ["overseas"],
        "country": ["MY", ""],
        "not_country": ["LY"],
    }
    answer = register(officer, **typed)
    answer = officer.post(NEW, data=hidden_all(answer.text, NEW) | {"decision": somebody.id})
    assert answer.status_code == 422
    path = f"/console/people/{somebody.id}/change"
    assert 'href="#f-text"' in answer.text
    assert "typed typed</textarea>" in answer.text
    stored = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert stored.profile.text.strip() == ("stored " * 2_000).strip()
    officer.post(path, data=form_of(answer.text, path) | {"text": "both, in short"})
    person = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert person.profile.text == "both, in short"
    assert person.profile.preferences == Preferences(
        routes=(Route.LOCAL, Route.OVERSEAS),
        countries=("QA", "MY"),
        exclude_countries=("SA", "LY"),
    )


def test_a_changed_telephone_of_somebody_else_is_shown_first(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """As on registration; nobody's own number is held against them."""
    put = Put(organisation_id=FIRST_ORGANISATION, content=somebody.profile)
    other = register_person(office.tools, put, Contact("Salma", "01811 222222")).record
    path = f"/console/people/{other.id}/change"
    sent = form_of(officer.get(path).text, path)
    assert "The record is saved." in officer.post(path, data=sent | {"name": ["Salma B"]}).text
    sent = form_of(officer.get(path).text, path) | {"phone": ["01712 345678"]}
    answer = officer.post(path, data=sent)
    assert heading(answer.text) == "Is this the same person?"
    assert f"/console/people/{somebody.id}" in answer.text
    assert office.tools.store.person(FIRST_ORGANISATION, other.id).contact.phone == "01811 222222"
    sent = hidden_all(answer.text, path) | {"decision": ["new"]}
    assert "The record is saved." in officer.post(path, data=sent).text
    assert office.tools.store.person(FIRST_ORGANISATION, other.id).contact.phone == "01712 345678"
    office.tools.store.delete_person(
        office.tools.store.person(FIRST_ORGANISATION, other.id), if_version=None
    )


def test_the_agreement_is_taken_back_at_once(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """The page said until when; afterwards nothing leads to a match."""
    page = officer.get(f"/console/people/{somebody.id}").text
    assert "Agreement ends in 1" in page
    action = f"/console/people/{somebody.id}/withdraw"
    answer = officer.post(action, data=hidden(page, action))
    assert "Has not agreed to be matched" in answer.text
    assert f"/people/{somebody.id}/match" not in answer.text
    person = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert person.profile.consent == Consent()


def test_erasing_asks_for_the_word(
    office: Office, officer: TestClient, somebody: StoredPerson
) -> None:
    """Typed wrong, everything stays; typed right, the record and its drafts are gone."""
    path = f"/console/people/{somebody.id}/erase"
    sent = hidden(officer.get(path).text, path)
    assert officer.post(path, data=sent | {"confirm": "yes"}).status_code == 422
    answer = officer.post(path, data=sent | {"confirm": " Erase "})
    assert "The record is erased." in answer.text
    with pytest.raises(NotFoundError):
        office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert officer.get(f"/console/people/{somebody.id}").status_code == 404


def test_outcomes_take_one_click_and_another_takes_them_back(
    office: Office, officer: TestClient, somebody: StoredPerson, listing: str
) -> None:
    """Begun beside the option; sent twice it is recorded once; today shows what closes."""
    page = f"/console/people/{somebody.id}"
    options = officer.get(f"{page}/match").text
    step = f"referred:{listing}"
    assert f'formaction="{page}/match/outcome" name="record" value="{step}"' in options
    begun = hidden(options, f"{page}/match") | {"record": step}
    for _ in range(2):
        officer.post(f"{page}/match/outcome", data=begun)
    answer = officer.get(page)
    assert "Welder &lt;b&gt;" in answer.text
    stored = office.tools.store.page_of_outcomes(
        FIRST_ORGANISATION, after=0, limit=9, where={"returnee_id": somebody.id}
    ).items
    assert [one.content.kind for one in stored] == [OutcomeKind.REFERRED]
    _filed(office, somebody)
    today = officer.get("/console/").text
    assert "Referred, and the listing closes soon" in today
    assert "within a month" in today
    buttons = hidden_forms(answer.text, "/console/outcomes")
    (declined,) = [one for one in buttons if one.get("reason") == "wage"]
    answer = officer.post("/console/outcomes", data=declined)
    assert str(answer.url).endswith(page)
    assert "The pay was too low" in answer.text
    action = f"/console/outcomes/{stored[0].id}/undo"
    answer = officer.post(action, data=hidden(answer.text, action))
    assert "It is taken back." in answer.text
    assert officer.post("/console/outcomes", data=buttons[0] | {"kind": "?"}).is_error


def test_words_are_understood_before_they_are_saved(officer: TestClient) -> None:
    """As a fragment with a script; without one the form comes back with it, nothing lost."""
    fields = hidden(officer.get(NEW).text, NEW) | {"text": "I welded pipes for eight years"}
    part = officer.post("/console/people/understood", data=fields, headers={"HX-Request": "true"})
    assert "Understood as" in part.text
    assert "<html" not in part.text
    whole = officer.post("/console/people/understood", data=fields)
    assert "Understood as" in whole.text
    assert "I welded pipes for eight years</textarea>" in whole.text
    forget = hidden(whole.text, "/console/drafts/person-new/forget")
    officer.post("/console/drafts/person-new/forget", data=forget)


def test_why_somebody_came_back_is_for_restricted_roles_alone(
    office: Office, monkeypatch: pytest.MonkeyPatch, somebody: StoredPerson
) -> None:
    """Without the scope there is not even a field, and a field sent all the same is not heard."""
    monkeypatch.setitem(SCOPES, Role.MANAGER, SCOPES[Role.OFFICER] - {Scope.RESTRICTED})
    office.hire("limited", Role.MANAGER)
    path = f"/console/people/{somebody.id}/change"
    with office.visitor() as client:
        sign_in(client, "limited")
        html = client.get(path).text
        assert "f-category" not in html
        sent = hidden(html, path) | {"text": "I weld", "category": "victim_of_abuse"}
        client.post(path, data=sent)
    person = office.tools.store.person(FIRST_ORGANISATION, somebody.id)
    assert person.profile.return_category is None


def test_the_pages_are_open_to_everybody_who_may_use_them(
    open_page: Callable[..., Page], office: Office, somebody: StoredPerson, listing: str
) -> None:
    """In light and in dark, on a phone, right to left, and nothing is wider than the window."""
    outcome = Outcome(returnee_id=somebody.id, listing_id=listing, kind=OutcomeKind.PLACED)
    record_outcome(office.tools, FIRST_ORGANISATION, outcome)
    mine = f"/console/people/{somebody.id}"
    page = open_page(locale="en", viewport={"width": 360, "height": 740})
    for path in (mine, "/console/people?q=rahima", "/console/"):
        page.goto(path)
        assert_fits(page)
        assert_accessible(page)


def test_a_person_is_registered_by_keyboard_alone(
    open_page: Callable[..., Page], office: Office
) -> None:
    """Consent first; a mistake takes the focus and leads to its field; the rest is kept."""
    page = open_page(locale="en")
    page.goto(NEW)
    page.focus("#f-matching")
    page.keyboard.press("Space")
    page.focus("#f-phone")
    page.keyboard.type("none")
    page.keyboard.press("Enter")
    page.wait_for_selector(".summary:focus")
    assert page.is_checked("#f-matching")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#f-text:focus")
    page.keyboard.type("Sewed shirts")
    page.fill("#f-phone", "")
    page.focus("#f-phone")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/people/ret_*")
    made = person_at(office, page.url)
    assert (made.profile.text, made.profile.consent.matching) == ("Sewed shirts", True)
    office.tools.store.delete_person(made, if_version=None)


def test_everything_works_without_a_script(
    open_page: Callable[..., Page], office: Office, somebody: StoredPerson
) -> None:
    """Searching, seeing what is understood, registering, deciding who is who."""
    _filed(office, somebody)
    page = open_page(locale="en", java_script_enabled=False)
    page.goto("/console/people")
    page.fill("#q", "রহিমা")
    page.click("main .search button")
    page.click(f"a[href='/console/people/{somebody.id}']")
    page.goto(NEW)
    page.check("#f-matching")
    page.fill("#f-text", "Welded pipes for eight years")
    page.fill("#f-phone", "01712345678")
    page.click("text=See how it is understood")
    assert page.locator("#understood li").count()
    assert page.input_value("#f-text") == "Welded pipes for eight years"
    page.click("#work button.primary")
    page.click("text=Somebody else: register them")
    page.wait_for_url("**/console/people/ret_*")
    office.tools.store.delete_person(person_at(office, page.url), if_version=None)
