"""Every access leaves its line: who, what, on whom, allowed or not, and no word of anybody's."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.adapters.store.keystore import KeyStore
from service.domain.access import Organisation
from service.domain.audit import AccessQuery, Action
from service.ports import Tools
from service.usecases.verify_log import verify_log
from service.web.audit import declared
from tests.api.support import (
    CORRIDOR,
    EVERY_ROUTE,
    JOB,
    JSON,
    SUBSCRIPTION,
    KeyMaker,
    errors,
    problem,
)
from tests.contracts.test_audit_store import NoBar
from tests.waiting import until, until_imported

WATCHED: Final = ("/v1/returnees", "/v1/imports", "/v1/outcomes", "/v1/access-log")
ALSO: Final = {
    "GET /v1/listings/{listing_id}/candidates": Action.CANDIDATES_READ,
    "GET /v1/subscriptions/{subscription_id}/deliveries": Action.DELIVERY_LIST,
    "POST /v1/subscriptions/{subscription_id}/deliveries/{event_id}/replay": Action.DELIVERY_REPLAY,
    "POST /v1/referrals": Action.REFERRAL_PRINT,
    "POST /v1/corridors": Action.CORRIDOR_CHANGE,
    "PUT /v1/corridors/{corridor_id}": Action.CORRIDOR_CHANGE,
    "DELETE /v1/corridors/{corridor_id}": Action.CORRIDOR_CHANGE,
    "POST /v1/keys": Action.KEY_CREATE,
    "POST /v1/keys/{key_id}/rotate": Action.KEY_ROTATE,
    "DELETE /v1/keys/{key_id}": Action.KEY_REVOKE,
    "POST /v1/organisations": Action.ORGANISATION_CREATE,
}
PERSON: JSON = {
    "text": "I weld Zarigarwork gates",
    "home_country": "BD",
    "region": "Shariatpur",
    "name": "Rokeya Khatun",
    "phone": "+8801711223344",
    "consent": {"matching": True, "share_with": ["north"]},
}
PERSONAL: Final = (
    "Zarigar",
    "Shariatpur",
    "Rokeya",
    "rokeya",
    "Khatun",
    "88017",
    "01711",
    "case-0042",
    "crm",
)


def _routes(api: TestClient) -> Iterator[tuple[str, Any]]:
    """Yield every route of the application below /v1 by its method and path."""
    app = api.app
    assert isinstance(app, FastAPI)
    waiting: list[Any] = list(app.router.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "effective_route_contexts", None)
        if inner is not None:
            waiting.extend(inner())
            continue
        path = getattr(route, "path", "")
        if path.startswith("/v1/"):
            for method in route.methods:
                yield f"{method} {path}", route


def test_no_route_to_people_is_without_an_action(api: TestClient) -> None:
    """A route that is added below these paths and declares nothing fails here."""
    routes = dict(_routes(api))
    assert set(routes) == set(EVERY_ROUTE)
    found = {name: declared(route) for name, route in routes.items()}
    for name, declaration in found.items():
        path = name.split(" ")[1]
        if path.startswith(WATCHED) or "{returnee_id}" in path or path.endswith("/candidates"):
            assert declaration is not None, name
    for name, action in ALSO.items():
        declaration = found[name]
        assert declaration is not None, name
        assert declaration.action is action
    writing = {name for name in found if not name.startswith("GET") and found[name] is not None}
    assert all(one.at_once for name in writing if (one := found[name]) is not None)
    assert found["POST /v1/match"] is None


def _lines(api: TestClient, query: str = "", **headers: str) -> list[JSON]:
    """Return every line there is, through the API."""
    found: list[JSON] = []
    cursor = ""
    while True:
        answer = api.get(f"/v1/access-log?limit=100{query}{cursor}", headers=headers or None)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return found
        cursor = f"&cursor={answer.json()['next_cursor']}"


def _left(api: TestClient, method: str, url: str, **sent: Any) -> list[JSON]:  # noqa: ANN401
    """Send a request; return the lines it left, found by its id."""
    name = f"t-{time.monotonic_ns()}"
    headers = {"X-Request-ID": name} | sent.pop("headers", {})
    answer = api.request(method, url, headers=headers, **sent)
    assert answer.headers["x-request-id"] == name
    return [one for one in _lines(api) if one["request_id"] == name]


def _one(api: TestClient, method: str, url: str, **sent: Any) -> tuple[str, list[str], str | None]:  # noqa: ANN401
    (line,) = _left(api, method, url, **sent)
    assert line["organisation"] == "home-office" or line["code"] is not None
    assert line["key"].startswith("key_")
    assert datetime.fromisoformat(line["at"]).tzinfo is not None
    assert line["outcome"] == ("allowed" if line["code"] is None else "refused")
    return line["action"], line["subjects"], line["code"]


@pytest.fixture(scope="module")
def north(api_tools: Tools, key_with: KeyMaker) -> dict[str, str]:
    """Headers of an administrator of another organisation."""
    api_tools.store.add_organisation(Organisation("north", "North", datetime.now(UTC)))
    return {"Authorization": key_with("admin", organisation="north")}


def test_each_route_to_a_person_leaves_its_line(api: TestClient, api_tools: Tools) -> None:
    """From writing down to erasing, with the person's id, which stays when the person is gone."""
    named = "/v1/returnees/crm/case-0042"
    action, (person,), code = _one(api, "PUT", named, json=PERSON)
    assert (action, code) == ("returnee.create", None)
    url = f"/v1/returnees/{person}"
    expected = [
        ("PUT", named, "returnee.change", {"json": PERSON | {"birth_year": 1980}}),
        ("GET", named, "returnee.read", {}),
        ("GET", url, "returnee.read", {}),
        ("PATCH", url, "returnee.change", {"json": {"birth_year": 1981}}),
        ("GET", f"{url}/matches?limit=1", "match.stored", {}),
        ("GET", f"{url}/pathways?limit=1", "pathways.read", {}),
        ("DELETE", url, "returnee.erase", {}),
    ]
    for method, path, does, sent in expected:
        assert _one(api, method, path, **sent) == (does, [person], None)
    assert _one(api, "GET", url) == ("returnee.read", [person], "not_found")
    assert _one(api, "GET", named) == ("returnee.read", [], "not_found")
    action, (posted,), _ = _one(api, "POST", "/v1/returnees", json=PERSON)
    assert action == "returnee.create"
    action, listed, _ = _one(api, "GET", "/v1/returnees?limit=100")
    assert action == "returnee.list"
    assert posted in listed
    assert person not in listed
    assert len(_lines(api, f"&returnee_id={person}")) == 2 + len(expected)
    assert verify_log(api_tools.store, NoBar()).broken is None


def test_candidates_name_the_listing_and_who_was_shown(api: TestClient) -> None:
    """A listing's id first, then the people's."""
    job = JOB | {"title": "Gate welder", "skills": ["weld gates"]}
    listing = api.put("/v1/listings/log/gates", json=job).json()["id"]
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    url = f"/v1/listings/{listing}/candidates?limit=100"
    shown = [one["returnee"]["id"] for one in api.get(url).json()["items"]]
    assert person in shown
    assert _one(api, "GET", url) == ("candidates.read", [listing, *shown], None)


def test_imports_corridors_keys_and_organisations_leave_lines(api: TestClient) -> None:
    """What was made, changed, downloaded or taken away, by its id."""
    rows = '{"id": "case-0042", "text": "I weld gates", "home_country": "Nowhereland"}'
    sent = {"content": rows, "headers": {"Content-Type": "application/x-ndjson"}}
    action, (batch,), _ = _one(api, "POST", "/v1/imports?kind=returnees&source=crm", **sent)
    assert action == "import.submit"
    url = f"/v1/imports/{batch}"
    until_imported(api, url)
    assert _one(api, "GET", url) == ("import.read", [batch], None)
    assert _one(api, "GET", f"{url}/rows")[:2] == ("import.rows", [batch])
    assert _one(api, "GET", f"{url}/refused.csv") == ("import.refused_download", [batch], None)
    action, batches, _ = _one(api, "GET", "/v1/imports?limit=100")
    assert (action, batch in batches) == ("import.list", True)
    action, (corridor,), _ = _one(api, "POST", "/v1/corridors", json=CORRIDOR)
    assert action == "corridor.change"
    for method, body in (("PUT", CORRIDOR | {"reason": "Another."}), ("DELETE", None)):
        line = _one(api, method, f"/v1/corridors/{corridor}", json=body)
        assert line == ("corridor.change", [corridor], None)
    key = {"name": "Rokeya's key", "scopes": ["match"]}
    action, (made,), _ = _one(api, "POST", "/v1/keys", json=key)
    assert action == "key.create"
    assert _one(api, "DELETE", f"/v1/keys/{made}") == ("key.revoke", [made], None)
    body = {"id": "log-ngo", "name": "Log"}
    line = _one(api, "POST", "/v1/organisations", json=body)
    assert line == ("organisation.create", ["log-ngo"], None)


def test_a_message_that_is_sent_again_names_whom_it_shows(
    api: TestClient, api_tools: Tools
) -> None:
    """The subscription, and the person if it is about one; refused, what was tried."""
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    listing = api.put("/v1/listings/log/replay", json=JOB).json()["id"]
    made = api.post("/v1/subscriptions", json=SUBSCRIPTION).json()["id"]
    url = f"/v1/subscriptions/{made}/deliveries"
    event = api.post(f"/v1/subscriptions/{made}/test").json()["id"]
    assert _one(api, "POST", f"{url}/{event}/replay") == ("delivery.replay", [made], None)
    with api_tools.store._database.write() as connection:  # type: ignore[attr-defined]
        about = "UPDATE alert_events SET person_id = ?, listing_id = ? WHERE id = ?"
        connection.exec_driver_sql(about, (person, listing, event))
    assert _one(api, "POST", f"{url}/{event}/replay") == ("delivery.replay", [made, person], None)
    line = _one(api, "POST", f"{url}/msg_{'0' * 32}/replay")
    assert line == ("delivery.replay", [made], "not_found")


def test_refused_attempts_are_logged(api: TestClient, key_with: KeyMaker) -> None:
    """With the code, whichever check refused; ids are kept only where they have the form of one."""
    url = f"/v1/returnees/ret_{'0' * 32}"
    weak = {"headers": {"Authorization": key_with("listings:read")}}
    nobody = [url.rsplit("/", 1)[1]]
    assert _one(api, "GET", url, **weak) == ("returnee.read", nobody, "forbidden")
    assert _one(api, "DELETE", url) == ("returnee.erase", nobody, "not_found")
    assert _one(api, "GET", f"{url}/matches") == ("match.stored", nobody, "not_found")
    assert _one(api, "GET", "/v1/returnees/Rokeya Khatun") == ("returnee.read", [], "not_found")
    for words in ("Rokeya Khatun 01711223344", "rokeya-khatun-01711223344"):
        body = {"returnee": words, "listing": words, "outcome": "referred"}
        line = _one(api, "POST", "/v1/outcomes", json=body)
        assert line == ("outcome.report", [], "not_found")
        line = _one(api, "POST", f"/v1/keys/{words}/rotate")
        assert line == ("key.rotate", [], "not_found")
    unasked = PERSON | {"consent": {"matching": False}}
    person = api.post("/v1/returnees", json=unasked).json()["id"]
    line = _one(api, "GET", f"/v1/returnees/{person}/pathways")
    assert line == ("pathways.read", [person], "consent_missing")
    for sent in ({"headers": {"Authorization": "Bearer wrong"}}, {"params": {"nonsense": "1"}}):
        assert _left(api, "GET", url, **sent) == []
    assert _left(api, "POST", "/v1/match", json={"text": "I weld", "home_country": "BD"}) == []


def test_an_erasure_that_left_bytes_behind_leaves_its_line(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record is gone all the same, so who erased it must stand there."""
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    monkeypatch.setattr(KeyStore, "_stays", lambda *_: True)
    answer = api.delete(f"/v1/returnees/{person}")
    assert (answer.status_code, answer.json()["code"]) == (503, "erasure_incomplete")
    assert api.get(f"/v1/returnees/{person}").status_code == 404
    lines = api.get("/v1/access-log", params={"action": "returnee.erase"}).json()["items"]
    said = [(one["subjects"], one["code"]) for one in lines]
    assert ([person], "erasure_incomplete") in said


def test_an_organisation_sees_its_own_lines_and_who_looked_at_its_people(
    api: TestClient, north: dict[str, str]
) -> None:
    """Of its own person everybody's, even once erased; of others' people nothing."""
    mine = api.post("/v1/returnees", json=PERSON).json()["id"]
    made = api.post("/v1/returnees", json=PERSON, headers=north).json()["id"]
    api.get(f"/v1/returnees/{made}")
    assert {one["organisation"] for one in _lines(api, **north)} == {"north"}
    assert _lines(api, f"&returnee_id={mine}", **north) == []
    for _ in range(2):
        seen = _lines(api, f"&returnee_id={made}", **north)
        looked = next(one for one in seen if one["organisation"] == "home-office")
        assert (looked["action"], looked["code"]) == ("returnee.read", "not_found")
        assert (looked["key"], looked["request_id"], looked["subjects"]) == (None, None, [made])
        api.delete(f"/v1/returnees/{made}", headers=north)
    assert {one["organisation"] for one in _lines(api)} >= {"north", "home-office"}


def test_lines_are_filtered_and_paged(api: TestClient) -> None:
    """By action and moment; a bad filter is named."""
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    for _ in range(3):
        api.get(f"/v1/returnees/{person}")
    query = f"/v1/access-log?returnee_id={person}&action=returnee.read&limit=2"
    first = api.get(query).json()
    rest = api.get(f"{query}&cursor={first['next_cursor']}").json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    assert _lines(api, f"&returnee_id={person}&since=2999-01-01T00:00:00Z") == []
    for bad in ("since=2026-01-01T00:00:00", "since=0001-01-01T00:00:00%2B09:00"):
        assert "query:since" in errors(api.get(f"/v1/access-log?{bad}"))
    assert "query:returnee_id" in errors(api.get("/v1/access-log?returnee_id=Rokeya"))


def test_reads_reach_the_disk_by_themselves(api: TestClient, api_tools: Tools) -> None:
    """Nobody has to ask for the log."""
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    api.get(f"/v1/returnees/{person}")
    query = AccessQuery(subject=person, action=Action.RETURNEE_READ)
    until(lambda: bool(api_tools.store.last_accesses(query, 1)), "the line in the log")


def test_a_write_that_cannot_be_logged_is_not_answered(
    api: TestClient, api_tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 in place of the answer; the line waits and is written when it can be."""

    def full(_: object) -> None:
        raise OSError

    monkeypatch.setattr(api_tools.store, "log_accesses", full)
    answer = api.put("/v1/returnees/crm/unlogged", json=PERSON)
    assert "access log" in problem(answer, 503, "storage")["detail"]
    assert "Zarigar" not in answer.text
    assert api.get("/v1/returnees/crm/unlogged").status_code == 200
    problem(api.get("/v1/access-log"), 503, "storage")
    monkeypatch.undo()
    (line,) = [x for x in _lines(api) if x["request_id"] == answer.headers["x-request-id"]]
    assert (line["action"], line["outcome"]) == ("returnee.create", "allowed")


def test_no_word_of_anybodys_is_in_the_table(api: TestClient, api_tools: Tools) -> None:
    """After every test above: ids, and nothing that was written about a person."""
    api.put("/v1/returnees/crm/case-0042", json=PERSON)
    api.get("/v1/returnees/crm/case-0042/Rokeya")
    api.get("/v1/access-log")
    with api_tools.store._database.read() as connection:  # type: ignore[attr-defined]
        rows = connection.exec_driver_sql("SELECT * FROM access_log").all()
    assert len(rows) > 1
    # Seals are random bytes, which may spell anything.
    everything = repr([[one for one in row if not isinstance(one, bytes)] for row in rows])
    assert not [one for one in PERSONAL if one in everything]
