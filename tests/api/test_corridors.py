"""/v1/corridors: recorded by officers, held on every match, never forgotten."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.api.support import CORRIDOR, JSON, errors, problem

WELDER: JSON = {"kind": "job", "title": "Welder", "country": "LY", "skills": ["weld steel pipes"]}
QUESTION: JSON = {"text": "I weld steel pipes", "home_country": "NP", "routes": ["overseas"]}


def _codes(api: TestClient) -> list[list[str]]:
    answer = api.post("/v1/match", json=QUESTION).json()
    assert not (answer["routes"]["overseas"] and answer["blocked"])
    return [[reason["code"] for reason in one["reasons"]] for one in answer["blocked"]]


def test_what_ships_is_there_once(client: TestClient) -> None:
    """The dated fact of the report, with its source and its day."""
    (shipped,) = client.get("/v1/corridors?origin=BD&destination=AE").json()["items"]
    assert shipped["visa_class"] == "employment"
    assert shipped["from"] == "2012-01-01"
    assert shipped["to"] is None
    assert "2020" in shipped["source"]
    assert shipped["last_verified"] == "2020-02-01"
    assert shipped["status"] == "closed"


def test_a_corridor_holds_until_it_is_opened(client: TestClient) -> None:
    """Recorded, changed, removed: each at once, on the next answer."""
    client.put("/v1/listings/board/welder", json=WELDER)
    assert _codes(client) == []
    made = client.post("/v1/corridors", json=CORRIDOR)
    assert made.status_code == 201
    url = made.headers["Location"]
    assert _codes(client) == [["corridor_closed"]]
    ended = CORRIDOR | {"from": "2010-01-01", "to": "2020-01-01"}
    assert client.put(url, json=ended).status_code == 200
    assert _codes(client) == []
    client.put(url, json=CORRIDOR)
    assert client.delete(url).status_code == 204
    assert _codes(client) == []
    problem(client.get(url), 404, "not_found")


def test_history_keeps_every_version_and_who_made_it(client: TestClient) -> None:
    """The first words, the change and the removal, in order."""
    url = client.post("/v1/corridors", json=CORRIDOR).headers["Location"]
    client.put(url, json=CORRIDOR | {"reason": "Still no agreement."})
    client.put(url, json=CORRIDOR | {"reason": "Still no agreement."})
    client.delete(url)
    items = client.get(f"{url}/history").json()["items"]
    assert [one["version"] for one in items] == [1, 2, 3]
    assert [one["corridor"] and one["corridor"]["reason"] for one in items] == [
        "No labour agreement.",
        "Still no agreement.",
        None,
    ]
    assert all(one["changed_by"].startswith("key_") for one in items)
    problem(client.get("/v1/corridors/cor_nowhere/history"), 404, "not_found")


def test_nobody_overwrites_what_they_have_not_read(client: TestClient) -> None:
    """ETag and If-Match, on change and removal."""
    made = client.post("/v1/corridors", json=CORRIDOR)
    url, old = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    changed = client.put(url, json=CORRIDOR | {"visa_class": "employment"}, headers=old)
    assert changed.headers["ETag"] != made.headers["ETag"]
    problem(client.put(url, json=CORRIDOR, headers=old), 412, "precondition_failed")
    problem(client.delete(url, headers=old), 412, "precondition_failed")
    assert client.get(url).headers["ETag"] == changed.headers["ETag"]


def test_a_repeated_post_records_nothing_twice(client: TestClient) -> None:
    """The same corridor again is the one that is there."""
    first, second = (client.post("/v1/corridors", json=CORRIDOR).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert len(client.get("/v1/corridors?origin=NP").json()["items"]) == 1


def test_pages_hold_every_corridor_once(client: TestClient) -> None:
    """By cursor, in order of recording."""
    for number in range(5):
        client.post("/v1/corridors", json=CORRIDOR | {"reason": f"Reason {number}."})
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/corridors?origin=NP&limit=2{cursor and f'&cursor={cursor}'}").json()
        seen += [one["reason"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"Reason {number}." for number in range(5)]


@pytest.mark.parametrize(
    ("changes", "pointer", "words"),
    [
        ({"origin": "Nepal"}, "/origin", '"NP"'),
        ({"destination": "NP"}, "", "same country"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "", "to lies before from"),
        ({"from": "yesterday"}, "/from", "date"),
        ({"reason": ""}, "/reason", ""),
        ({"source": None}, "/source", ""),
        ({"status": "shut"}, "/status", ""),
        ({"form": "2026-01-01"}, "/form", '"from"'),
        ({"starts": "2026-01-01"}, "/starts", ""),
    ],
)
def test_a_bad_corridor_is_refused_by_name(
    api: TestClient, changes: dict[str, Any], pointer: str, words: str
) -> None:
    """Each field says what would be right; nothing is ignored."""
    found = errors(api.post("/v1/corridors", json=CORRIDOR | changes))
    assert words in found[pointer]
