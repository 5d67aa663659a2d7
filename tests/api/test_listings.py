"""Listings over HTTP: written, read, listed, removed; versions and cursors."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from service.ports import Tools
from tests.api.support import JOB, JSON, errors, problem, stored

LATER = datetime.now(UTC).date() + timedelta(days=30)

FULL: JSON = {
    "kind": "training",
    "title": "Tile laying, level 2",
    "description": "Six weeks in the hall, two on a site.",
    "employer": "Agargaon TTC",
    "country": "BD",
    "region": "Dhaka",
    "url": "https://ttc.example/tiles",
    "skills": ["read a drawing"],
    "isco08": "7122",
    "min_experience_years": 1.5,
    "languages": [{"code": "bn", "level": "B1"}, {"code": "en", "level": None}],
    "certificates": ["Class 8"],
    "wage_min": 100.5,
    "wage_max": 200.0,
    "wage_currency": "BDT",
    "wage_period": "day",
    "fee": 0.0,
    "fee_currency": "BDT",
    "visa_class": "none",
    "recruiter_licensed": True,
    "positions": 20,
    "posted_at": "2026-01-31T00:00:00Z",
    "valid_through": LATER.isoformat(),
    "outcomes": ["lay floor tiles"],
    "duration_weeks": 8.0,
    "cost": 1500.0,
    "cost_currency": "BDT",
    "provider": "BMET",
    "certification": "NTVQF 2",
    "sectors": ["construction"],
    "lat": 23.78,
    "lon": 90.37,
}


def test_a_listing_comes_back_as_it_was_written(api: TestClient) -> None:
    """Every field of the contract is kept, by its owner's names and by its id."""
    made = api.put("/v1/listings/round/full", json=FULL)
    assert made.status_code == 201
    listing = made.json()
    assert made.headers["location"] == f"/v1/listings/{listing['id']}"
    assert made.headers["etag"] == '"v1"'
    for url in ("/v1/listings/round/full", made.headers["location"]):
        read = api.get(url)
        assert (read.status_code, read.headers["etag"]) == (200, '"v1"')
        assert read.json() == listing
    assert {name: listing[name] for name in FULL} == FULL
    assert (listing["source"], listing["external_id"]) == ("round", "full")


def test_what_is_not_said_stays_unknown(api: TestClient) -> None:
    """A listing of only its required fields has null or an empty list everywhere else."""
    body = {"kind": "job", "title": "Mason", "country": "BD"}
    listing = api.put("/v1/listings/round/bare", json=body).json()
    said = {*body, "id", "source", "external_id", "created_at", "updated_at", "visibility"}
    assert all(value in (None, []) for name, value in listing.items() if name not in said)


def test_a_repeat_changes_nothing_and_a_change_counts_up(api: TestClient, api_tools: Tools) -> None:
    """The same content again keeps version, feed and index; other content replaces all of it."""
    url = "/v1/listings/round/again"
    assert api.put(url, json=FULL).status_code == 201
    before = stored(api_tools)
    again = api.put(url, json=FULL)
    assert (again.status_code, again.headers["etag"]) == (200, '"v1"')
    assert stored(api_tools) == before
    changed = api.put(url, json=JOB)
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert changed.json()["description"] is None
    assert changed.json()["created_at"] == again.json()["created_at"]
    assert changed.json()["updated_at"] > again.json()["updated_at"]


def test_words_keep_their_script_and_marks(api: TestClient) -> None:
    """Right-to-left words and marks, joiners and emoji beside words are stored as sent."""
    title = "\u200fبنّاء \u2067محترف\u2069 👷🏽\u200d♂️ ක්\u200dරමය"  # noqa: RUF001
    made = api.put("/v1/listings/round/script", json=JOB | {"title": title})
    assert made.json()["title"] == title


@pytest.mark.parametrize("name", ["a b", "ক-১", "x.y~z", "%25", "a+b", "q%3Fq"])
def test_names_may_be_anything_a_path_can_hold(api: TestClient, name: str) -> None:
    """Spaces, other scripts and escaped signs are good names."""
    made = api.put(f"/v1/listings/names/{name}", json=JOB)
    assert made.status_code == 201
    assert api.get(f"/v1/listings/names/{name}").json()["id"] == made.json()["id"]


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": '"v1"'},
        {"If-Match": '"v99999999999999999999"'},
        {"If-Match": "v2"},
        {"If-Match": 'W/"v2"'},
        {"If-Match": '"nonsense"'},
        {"If-None-Match": "*"},
    ],
)
def test_a_condition_that_does_not_hold_stops_a_write(
    api: TestClient, api_tools: Tools, headers: dict[str, str]
) -> None:
    """Neither PUT nor DELETE touches a record that has moved on (or exists, for *)."""
    url = "/v1/listings/round/conditions"
    if api.get(url).status_code != 200:
        api.put(url, json=JOB)
        api.put(url, json=JOB | {"region": "Dhaka"})
    before = stored(api_tools)
    problem(api.put(url, json=FULL, headers=headers), 412, "precondition_failed")
    if "If-Match" in headers:
        problem(api.delete(url, headers=headers), 412, "precondition_failed")
    assert stored(api_tools) == before


def test_a_condition_that_holds_lets_a_write_through(api: TestClient, api_tools: Tools) -> None:
    """If-None-Match: * creates, If-Match with the ETag read (or *) changes and deletes."""
    url = "/v1/listings/round/holding"
    problem(api.put(url, json=JOB, headers={"If-Match": "*"}), 412, "precondition_failed")
    problem(api.put(url, json=JOB, headers={"If-Match": '"v1"'}), 412, "precondition_failed")
    made = api.put(url, json=JOB, headers={"If-None-Match": "*"})
    assert made.status_code == 201
    next_ = api.put(url, json=FULL, headers={"If-Match": made.headers["etag"]})
    assert next_.headers["etag"] == '"v2"'
    assert api.put(url, json=JOB, headers={"If-Match": "*"}).headers["etag"] == '"v3"'
    before = stored(api_tools)
    wrong = api.put(url, json=FULL, headers={"If-None-Match": '"v3"'})
    assert errors(wrong) == {"header:If-None-Match": "Only * is understood on a write."}
    assert stored(api_tools) == before
    assert api.delete(url, headers={"If-Match": '"v3"'}).status_code == 204


def test_a_deleted_listing_is_gone(api: TestClient) -> None:
    """It cannot be read, listed or deleted again, and its name is free."""
    url = "/v1/listings/round/gone"
    listing = api.put(url, json=JOB).json()
    gone = api.delete(url)
    assert (gone.status_code, gone.content) == (204, b"")
    problem(api.get(url), 404, "not_found")
    problem(api.get(f"/v1/listings/{listing['id']}"), 404, "not_found")
    problem(api.delete(url), 404, "not_found")
    assert listing["id"] not in {x["id"] for x in _all(api, "/v1/listings?source=round")}
    assert api.put(url, json=JOB).json()["id"] != listing["id"]


def test_pages_hold_every_listing_once_in_order(api: TestClient) -> None:
    """Following cursors gives all records of a filter, in order of creation, none twice."""
    names = [f"n{number}" for number in range(7)]
    for name in names:
        country = "NP" if name in {"n2", "n5"} else "BD"
        api.put(f"/v1/listings/paged/{name}", json=JOB | {"country": country})
    for limit in (1, 2, 3, 7, 8):
        found = _all(api, f"/v1/listings?source=paged&limit={limit}")
        assert [one["external_id"] for one in found] == names
    nepal = _all(api, "/v1/listings?source=paged&country=NP&limit=1")
    assert [one["external_id"] for one in nepal] == ["n2", "n5"]
    assert _all(api, "/v1/listings?source=paged&kind=training") == []


def test_a_page_is_not_upset_by_changes(api: TestClient) -> None:
    """A record deleted between two pages costs no other, and one added comes at the end."""
    for name in "abcd":
        api.put(f"/v1/listings/moving/{name}", json=JOB)
    url = "/v1/listings?source=moving&limit=2"
    first = api.get(url).json()
    api.delete("/v1/listings/moving/b")
    api.put("/v1/listings/moving/e", json=JOB)
    rest = _all(api, f"{url}&cursor={first['next_cursor']}")
    assert [one["external_id"] for one in rest] == ["c", "d", "e"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "abc",
        "djE6",
        "djI6MQ",
        "djE6LTE",
        "djE6OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk",
        "djE6wrI",
        "%00",
        "%ff",
        "",
    ],
)
@pytest.mark.parametrize("url", ["/v1/listings", "/v1/returnees"])
def test_a_cursor_nobody_gave_out_is_refused(api: TestClient, url: str, cursor: str) -> None:
    """Made-up cursors are an error, not the first page."""
    assert list(errors(api.get(f"{url}?cursor={cursor}"), "bad_cursor")) == ["query:cursor"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "kind=jobs", "country=XX"])
def test_a_list_refuses_bad_parameters(api: TestClient, query: str) -> None:
    """Each is named under query:."""
    name = query.split("=", maxsplit=1)[0]
    assert [p.split("/")[0] for p in errors(api.get(f"/v1/listings?{query}"))] == [f"query:{name}"]


def test_a_listing_open_until_today_is_open(api: TestClient) -> None:
    """The last day counts; the day after does not."""
    today = datetime.now(UTC).date()  # now: the suite may have begun before midnight
    last = {"valid_through": today.isoformat()}
    assert api.put("/v1/listings/round/today", json=JOB | last).status_code == 201
    past = {"valid_through": (today - timedelta(days=1)).isoformat()}
    found = errors(api.put("/v1/listings/round/yesterday", json=JOB | past), "expired")
    assert list(found) == ["/valid_through"]
    problem(api.get("/v1/listings/round/yesterday"), 404, "not_found")


def _all(api: TestClient, url: str) -> list[JSON]:
    """Follow the cursors from `url` to the end."""
    found: list[JSON] = []
    cursor = ""
    while True:
        page = api.get(f"{url}{cursor}").json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
