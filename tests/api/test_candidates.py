"""Who could do this: people ranked for a listing, over HTTP."""

import time
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from service.domain.records import Put
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION
from tests.api.support import JSON, problem
from tests.contracts.examples import reading

MASON: JSON = {
    "kind": "job",
    "title": "Mason",
    "country": "BD",
    "skills": ["lay bricks", "plaster walls"],
    "lat": 23.8,
    "lon": 90.4,
}
PERSON: JSON = {
    "text": "I lay bricks and plaster walls, nine years a mason",
    "home_country": "BD",
    "consent": {"matching": True},
}


def _offer(api: TestClient, **changes: object) -> str:
    found: str = api.put("/v1/listings/board/mason", json=MASON | changes).json()["id"]
    return found


def _register(api: TestClient, called: str, **changes: object) -> str:
    answer = api.put(f"/v1/returnees/a/{called}", json=PERSON | changes)
    assert answer.status_code in {200, 201}, answer.text
    found: str = answer.json()["id"]
    return found


def _other_organisation(api: TestClient) -> dict[str, str]:
    """Return the headers of a key of another organisation, "board"."""
    api.post("/v1/organisations", json={"id": "board", "name": "Job board"})
    scopes = ["match", "listings:read", "returnees:read"]
    made = api.post("/v1/keys", json={"name": "theirs", "scopes": scopes, "organisation": "board"})
    return {"Authorization": f"Bearer {made.json()['key']}"}


def _found(api: TestClient, listing: str, query: str = "") -> list[JSON]:
    answer = api.get(f"/v1/listings/{listing}/candidates{query}")
    assert answer.status_code == 200, answer.text
    items: list[JSON] = answer.json()["items"]
    return items


def test_people_are_ranked_with_their_own_words(client: TestClient) -> None:
    """The mason before the driver, with what of their words meets what is asked, and how far."""
    listing = _offer(client)
    driver = _register(client, "driver", text="I drive lorries at night")
    mason = _register(client, "mason", lat=23.9, lon=90.4)
    first, second = _found(client, listing)
    assert (first["returnee"]["id"], second["returnee"]["id"]) == (mason, driver)
    assert (first["rank"], second["rank"]) == (1, 2)
    assert first["tier"] in {"good", "strong"}
    assert {one["skill"] for one in first["evidence"]} <= {"I lay bricks", "plaster walls"}
    assert first["evidence"]
    assert (first["route"], first["contact"]) == ("local", "directly")
    assert 10 < first["distance_km"] < 13
    assert first["returnee"]["external_id"] == "mason"
    assert len(_found(client, listing, "?limit=1")) == 1


def test_both_directions_agree(sample_client: TestClient, sample_tools: Tools) -> None:
    """Score, evidence, gaps and flags are the same whichever side asks."""
    page = sample_tools.store.page_of_people(FIRST_ORGANISATION, after=0, limit=129, where={})
    compared = 0
    for person in page.items[::16]:
        answer = sample_client.get(f"/v1/returnees/{person.id}/matches?limit=3")
        for route, matches in answer.json()["routes"].items():
            for match in matches:
                items = _found(sample_client, match["listing"]["id"], "?limit=100")
                same = [one for one in items if one["returnee"]["id"] == person.id]
                # A hundred others may be nearer to it.
                for one in same:
                    compared += 1
                    exact = route != "training"
                    assert one["score"] == pytest.approx(
                        match["score"], abs=1e-4 if exact else 0.05
                    )
                    for part in ("evidence", "flags", "distance_km"):
                        assert one[part] == match[part]
                    gaps = [(x["requirement"], x["kind"]) for x in match["missing"]]
                    assert [(x["requirement"], x["kind"]) for x in one["missing"]] == gaps
    assert compared > 20


def test_revoked_consent_and_erasure_hold_at_once(client: TestClient) -> None:
    """The very next question no longer finds them."""
    listing, person = _offer(client), _register(client, "one")
    assert _found(client, listing)
    _register(client, "one", consent={"matching": False})
    assert _found(client, listing) == []
    _register(client, "one")
    assert _found(client, listing)
    assert client.delete(f"/v1/returnees/{person}").status_code == 204
    assert _found(client, listing) == []


def test_changed_words_are_found_as_they_are_now(client: TestClient) -> None:
    """A profile that changes is ranked by its new words."""
    listing = _offer(client)
    _register(client, "one", text="I drive lorries at night")
    (before,) = _found(client, listing)
    _register(client, "one")
    (after,) = _found(client, listing)
    assert after["score"] > before["score"] + 0.3


def test_wishes_let_others_through(client: TestClient) -> None:
    """Whom their own rules keep out takes nobody's place."""
    listing = _offer(client, wage_max=9000, wage_currency="BDT")
    floor = {"amount": 20_000, "currency": "BDT"}
    for number in range(150):
        wishes = {"vetoes": [{"text": "mason"}]} if number % 2 else {"min_wage": floor}
        profile = PERSON | {"preferences": wishes}
        _register(client, f"unwilling-{number}", **profile)
    willing = _register(client, "willing", text="I helped a mason carry bricks for a while")
    assert [one["returnee"]["id"] for one in _found(client, listing)] == [willing]


def test_only_those_shared_with_an_organisation_are_seen_by_it(
    client: TestClient,
) -> None:
    """Without a name of theirs, and through the organisation that knows them."""
    listing = _offer(client)
    theirs = _other_organisation(client)
    _register(client, "private", name="Shirin Akter")
    consent = {"matching": True, "share_with": ["board"]}
    text = "My name is Jamal Uddin, I lay bricks and plaster walls, nine years a mason"
    shared = _register(client, "shared", consent=consent, text=text, name="Jamal Uddin")
    answer = client.get(f"/v1/listings/{listing}/candidates", headers=theirs)
    (only,) = answer.json()["items"]
    assert only["returnee"]["id"] == shared
    assert only["contact"] == "through_organisation"
    assert (only["returnee"]["source"], only["returnee"]["external_id"]) == (None, None)
    assert "jamal" not in answer.text.lower()
    assert "shirin" not in answer.text.lower()
    assert only["evidence"]


def test_a_warning_quotes_no_name_to_another_organisation(client: TestClient) -> None:
    """Whatever part of the answer quotes what somebody said."""
    helper = {"kind": "job", "title": "Mason's helper", "country": "BD", "isco08": "9313"}
    listing = client.put("/v1/listings/board/helper", json=helper | {"skills": ["carry bricks"]})
    consent = {"matching": True, "share_with": ["board"]}
    text = "I Jamal Uddin led a crew of sixty masons, I carry bricks and lay bricks"
    _register(client, "shared", consent=consent, text=text)
    url = f"{listing.headers['location']}/candidates"
    assert "underuse" in client.get(url).text
    assert "Jamal" in client.get(url).text
    theirs = client.get(url, headers=_other_organisation(client))
    assert "underuse" in theirs.text
    assert "jamal" not in theirs.text.lower()


def test_the_store_has_the_last_word_on_who_is_shared(
    client: TestClient, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who takes a sharing back is gone although the index has not heard of it."""
    listing, theirs = _offer(client), _other_organisation(client)
    shared = _register(client, "one", consent={"matching": True, "share_with": ["board"]})
    url = f"/v1/listings/{listing}/candidates"
    assert client.get(url, headers=theirs).json()["items"]
    monkeypatch.setattr(type(tools.people), "follow", lambda _: 0)
    _register(client, "one", consent={"matching": True})
    assert client.get(url, headers=theirs).json()["items"] == []
    assert [one["returnee"]["id"] for one in _found(client, listing)] == [shared]


def test_who_registered_elsewhere_changes_nothing_for_others(
    client: TestClient,
) -> None:
    """A listing made to fit one person tells its owner nothing about her."""
    listing = _offer(client)
    theirs = _other_organisation(client)
    url = f"/v1/listings/{listing}/candidates"
    without = client.get(url, headers=theirs).json()
    _register(client, "her")
    assert client.get(url, headers=theirs).json() == without


def test_what_cannot_be_asked_is_said(client: TestClient) -> None:
    """Help desks rank nobody; what has closed says so; what is unknown is not found."""
    desk = {"kind": "service", "title": "Help desk", "country": "BD"}
    service = client.put("/v1/listings/board/desk", json=desk).json()["id"]
    problem(client.get(f"/v1/listings/{service}/candidates"), 422, "kind_not_ranked")
    problem(client.get("/v1/listings/lst_nowhere/candidates"), 404, "not_found")
    problem(client.get(f"/v1/listings/{service}/candidates?limit=0"), 422, "invalid_input")


def test_people_of_an_older_reading_are_read_again(client: TestClient, tools: Tools) -> None:
    """They are found once the service has come round to them."""
    listing, person = _offer(client), _register(client, "one")
    known = tools.store.person(FIRST_ORGANISATION, person)
    content = replace(known.profile, education="Class eight")
    put = Put(organisation_id=FIRST_ORGANISATION, content=content, record_id=person)
    tools.store.put_person(put, None, reading("read by an older release"))
    patience = time.monotonic() + 20
    while not _found(client, listing) and time.monotonic() < patience:
        time.sleep(0.05)
    assert [one["returnee"]["id"] for one in _found(client, listing)] == [person]
