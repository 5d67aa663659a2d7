"""What came of recommendations: reported, changed, read as a feed, forgotten with the person."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from tests.api.support import JOB, JSON, PERSON, errors, problem


@pytest.fixture
def pair(client: TestClient) -> JSON:
    """A person and a job, by id."""
    listing = client.put("/v1/listings/board/mason", json=JOB).json()["id"]
    person = client.post("/v1/returnees", json=PERSON | {"consent": {"matching": True}}).json()[
        "id"
    ]
    return {"returnee": person, "listing": listing}


def _other(api: TestClient, *scopes: str) -> dict[str, str]:
    api.post("/v1/organisations", json={"id": "board", "name": "Job board"})
    body = {"name": "theirs", "scopes": list(scopes), "organisation": "board"}
    return {"Authorization": f"Bearer {api.post('/v1/keys', json=body).json()['key']}"}


def test_a_stage_is_reported_once_and_changed_after(client: TestClient, pair: JSON) -> None:
    """The same again changes nothing; other words change what was said, at the end of the feed."""
    made = client.post("/v1/outcomes", json=pair | {"outcome": "referred"})
    assert made.status_code == 201
    assert client.get(made.headers["location"]).json() == made.json()
    again = client.post("/v1/outcomes", json=pair | {"outcome": "referred"})
    assert (again.status_code, again.json()) == (200, made.json())
    placed = client.post("/v1/outcomes", json=pair | {"outcome": "placed", "note": "from May"})
    noted = client.post("/v1/outcomes", json=pair | {"outcome": "referred", "note": "by phone"})
    assert (noted.status_code, noted.json()["id"]) == (200, made.json()["id"])
    feed = client.get("/v1/outcomes").json()
    assert [one["id"] for one in feed["items"]] == [placed.json()["id"], made.json()["id"]]
    assert feed["next_cursor"] is None
    later = client.get("/v1/outcomes", params={"cursor": feed["resume"]}).json()
    assert (later["items"], later["resume"]) == ([], feed["resume"])


def test_a_declined_one_says_why(client: TestClient, pair: JSON) -> None:
    """With a reason that can be counted, and only then."""
    assert "reason" in str(errors(client.post("/v1/outcomes", json=pair | {"outcome": "declined"})))
    body = pair | {"outcome": "declined", "reason": "wage", "note": "18,000 is too little"}
    assert client.post("/v1/outcomes", json=body).json()["reason"] == "wage"
    errors(client.post("/v1/outcomes", json=pair | {"outcome": "placed", "reason": "wage"}))
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    late = client.post("/v1/outcomes", json=pair | {"outcome": "placed", "at": soon})
    assert "/at" in errors(late)
    for at in ("2026-01-31T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        wrong = client.post("/v1/outcomes", json=pair | {"outcome": "placed", "at": at})
        assert "/at" in errors(wrong)
    found = client.get("/v1/outcomes", params={"outcome": "declined"}).json()["items"]
    assert [one["note"] for one in found] == ["18,000 is too little"]


def test_partners_report_on_those_who_were_shared_with_them(client: TestClient, pair: JSON) -> None:
    """On nobody else. The person's organisation reads it; only the reporter takes it back."""
    theirs = _other(client, "outcomes:read", "outcomes:write")
    body = pair | {"outcome": "shortlisted"}
    problem(client.post("/v1/outcomes", json=body, headers=theirs), 404, "not_found")
    url = f"/v1/returnees/{pair['returnee']}"
    shared = {"consent": {"matching": True, "share_with": ["board"]}}
    assert client.patch(url, json=shared).status_code == 200
    made = client.post("/v1/outcomes", json=body, headers=theirs)
    assert (made.status_code, made.json()["organisation"]) == (201, "board")
    (seen,) = client.get("/v1/outcomes").json()["items"]
    assert seen == made.json()
    mine = client.post("/v1/outcomes", json=pair | {"outcome": "referred"}).json()
    assert [one["id"] for one in client.get("/v1/outcomes", headers=theirs).json()["items"]] == [
        made.json()["id"]
    ]
    problem(client.get(f"/v1/outcomes/{mine['id']}", headers=theirs), 404, "not_found")
    problem(client.delete(made.headers["location"]), 404, "not_found")
    assert client.delete(made.headers["location"], headers=theirs).status_code == 204
    ended = {"consent": {"matching": False, "share_with": ["board"]}}
    client.patch(url, json=ended)
    problem(client.post("/v1/outcomes", json=body, headers=theirs), 404, "not_found")


def test_outcomes_are_forgotten_with_the_person(client: TestClient, pair: JSON) -> None:
    """Whoever is erased takes along what was reported of them."""
    client.post("/v1/outcomes", json=pair | {"outcome": "placed"})
    assert client.delete(f"/v1/returnees/{pair['returnee']}").status_code == 204
    assert client.get("/v1/outcomes").json()["items"] == []
    problem(client.post("/v1/outcomes", json=pair | {"outcome": "placed"}), 404, "not_found")
