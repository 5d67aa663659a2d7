"""Idempotency-Key on every POST that acts: once, whatever happens between, and told so."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.adapters.store.sql import SqlStore
from service.domain.audit import Access, AccessQuery, Action
from service.domain.errors import StorageError
from service.domain.retention import Kept
from service.ports import Tools
from service.usecases.act_once import KEPT
from service.usecases.verify_log import verify_log
from tests.api.support import (
    CORRIDOR,
    JOB,
    JSON,
    PERSON,
    QUESTION,
    ROUTES,
    SUBSCRIPTION,
    KeyMaker,
    Response,
    errors,
    problem,
    stored,
)
from tests.contracts.test_audit_store import NoBar

POSTS: Final = [route for route in ROUTES if route.method == "POST"]
NOTHING_KEPT: Final = {"/v1/match", "/v1/match:batch", "/v1/referrals"}
ACTING: Final = [route.path for route in POSTS if route.path not in NOTHING_KEPT]


def _rows(tools: Tools) -> list[Any]:
    """Return the claims that are stored, in the order of their names."""
    assert isinstance(tools.store, SqlStore)
    with tools.store._database.read() as connection:
        return list(connection.exec_driver_sql("SELECT * FROM replies ORDER BY name"))


@pytest.fixture(scope="module")
def made(api: TestClient) -> dict[str, str]:
    """What the requests below are about, by name, and what stands for it in a path."""
    person = api.post("/v1/returnees", json=PERSON | {"consent": {"matching": True}}).json()["id"]
    listing = api.put("/v1/listings/once/mason", json=JOB).json()["id"]
    subscription = api.post("/v1/subscriptions", json=SUBSCRIPTION).json()["id"]
    event = api.post(f"/v1/subscriptions/{subscription}/test").json()["id"]
    key = api.post("/v1/keys", json={"name": "once", "scopes": ["match"]}).json()["id"]
    return {
        "key_id": key,
        "person": person,
        "listing": listing,
        "subscription_id": subscription,
        "event_id": event,
    }


def _asked(path: str, made: dict[str, str]) -> dict[str, Any]:
    """Return a request that succeeds, and whose repeat would have an effect of its own."""
    bodies: dict[str, JSON] = {
        route.path: {**route.body} for route in POSTS if route.body is not None
    }
    bodies["/v1/outcomes"] = {
        "returnee": made["person"],
        "listing": made["listing"],
        "outcome": "shortlisted",
        "note": uuid4().hex,
    }
    bodies["/v1/organisations"] = {"id": f"ngo-{uuid4().hex[:8]}", "name": "North"}
    bodies["/v1/corridors"] = CORRIDOR | {"reason": uuid4().hex}
    asked: dict[str, Any] = {"method": "POST", "url": path.format(**made)}
    if path == "/v1/imports":
        return asked | {"params": {"kind": "listings", "dry_run": "true"}, "content": b"[1]"}
    return asked | ({"json": bodies[path]} if path in bodies else {})


@pytest.mark.parametrize("path", ACTING)
def test_a_repeat_has_no_second_effect(
    api: TestClient, api_tools: Tools, made: dict[str, str], path: str
) -> None:
    """The same request under the same key gets the first reply again, header and all."""
    asked = _asked(path, made)
    sent = {"Idempotency-Key": uuid4().hex}
    first = api.request(**asked, headers=sent)
    assert first.status_code in {200, 201, 202}, first.text
    assert first.headers["idempotency-replayed"] == "false"
    before = (stored(api_tools), len(_rows(api_tools)))
    again = api.request(**asked, headers=sent)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("content-type", "location", "etag", "cache-control"):
        assert again.headers.get(name) == first.headers.get(name), name
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    acted, read = (_logged(api_tools, one) for one in (first, again))
    assert (read is None) == (acted is None)
    if acted is not None and read is not None:
        assert read.action in {Action.REPLY_READ, Action.RETURNEE_READ, Action.OUTCOME_READ}
        assert set(read.subjects) == set(acted.subjects)
    other = dict(asked, params={**asked.get("params", {}), "zz": "1"})
    assert errors(api.request(**other, headers=sent))
    assert (stored(api_tools), len(_rows(api_tools))) == before
    changed = asked | ({"content": b"[2]"} if "content" in asked else {"json": _other(asked)})
    problem(api.request(**changed, headers=sent), 422, "idempotency_key_reused")
    assert (stored(api_tools), len(_rows(api_tools))) == before
    assert verify_log(api_tools.store, NoBar()).broken is None


def _logged(tools: Tools, answer: Response) -> Access | None:
    """Return the line that an answered request left in the access log, None without one."""
    named = answer.headers["x-request-id"]
    last = (one.access for one in tools.store.last_accesses(AccessQuery(), 20))
    return next((one for one in last if one.request_id == named), None)


def _other(asked: dict[str, Any]) -> JSON:
    """Return another body of the right shape; of a call without one, any."""
    body: JSON = dict(asked.get("json", {"any": 1}))
    if "overlap_hours" in body:
        return {"overlap_hours": 2}
    for name in ("note", "name", "reason", "text"):
        if name in body:
            return body | {name: "another"}
    return body


def test_requests_at_the_same_moment_act_once(api: TestClient, made: dict[str, str]) -> None:
    """Twelve at once: one key is made; who could not wait is told to come back."""
    asked, sent = _asked("/v1/keys", made), {"Idempotency-Key": uuid4().hex}
    name = uuid4().hex
    asked["json"] = asked["json"] | {"name": name}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: api.request(**asked, headers=sent), range(12)))
    for one in answers:
        if one.status_code != 201:
            problem(one, 409, "idempotency_in_progress")
            assert one.headers["retry-after"] == "1"
    told = {one.text for one in answers if one.status_code == 201}
    assert told == {api.request(**asked, headers=sent).text}
    assert [one["name"] for one in api.get("/v1/keys").json()["items"]].count(name) == 1


def test_a_refusal_keeps_nothing(
    api: TestClient, api_tools: Tools, made: dict[str, str], key_with: KeyMaker
) -> None:
    """Wrong in form, not allowed, contradicted: no row is left, and the key is free to be used."""
    before = _rows(api_tools)
    sent = {"Idempotency-Key": uuid4().hex}
    errors(api.post("/v1/returnees", json={"txt": "weld"}, headers=sent))
    errors(api.post("/v1/returnees", content=b"{", headers=sent | JSON_TYPE), "invalid_json")
    errors(api.post("/v1/returnees", json={"home_country": "BD"}, headers=sent))
    reader = sent | {"Authorization": key_with("returnees:read")}
    problem(api.post("/v1/returnees", json=PERSON, headers=reader), 403, "forbidden")
    stranger = sent | {"Authorization": ""}
    problem(api.post("/v1/returnees", json=PERSON, headers=stranger), 401, "unauthenticated")
    nobody = {"returnee": "ret_none", "listing": made["listing"], "outcome": "referred"}
    problem(api.post("/v1/outcomes", json=nobody, headers=sent), 404, "not_found")
    first = {"id": "home-office", "name": "Again"}
    problem(api.post("/v1/organisations", json=first, headers=sent), 409, "conflict")
    assert _rows(api_tools) == before
    assert api.post("/v1/returnees", json=PERSON, headers=sent).status_code == 201


JSON_TYPE: Final = {"Content-Type": "application/json"}


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "schl\u00fcssel", "a\tb", "\u09ac"])
@pytest.mark.parametrize("path", ["/v1/returnees", "/v1/match"])
def test_a_key_has_a_form(api: TestClient, api_tools: Tools, path: str, key: str) -> None:
    """Anything else is named as what it is, on every call that reads the header."""
    before = _rows(api_tools)
    body = PERSON if path == "/v1/returnees" else QUESTION
    answer = api.post(path, json=body, headers=[(b"Idempotency-Key", key.encode())])
    assert "header:Idempotency-Key" in errors(answer)
    assert _rows(api_tools) == before


def test_two_keys_are_one_too_many(api: TestClient) -> None:
    """Neither is taken for the other."""
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert "header:Idempotency-Key" in errors(api.post("/v1/returnees", json=PERSON, headers=twice))


def test_where_nothing_is_stored_nothing_is_kept(api: TestClient, api_tools: Tools) -> None:
    """The key of a question is answered with: this is no reply given before."""
    before, sent = _rows(api_tools), {"Idempotency-Key": "question"}
    for _ in range(2):
        for path, body in (("/v1/match", QUESTION), ("/v1/match:batch", {"items": [QUESTION]})):
            answer = api.post(path, json=body, headers=sent)
            assert (answer.status_code, answer.headers["idempotency-replayed"]) == (200, "false")
    assert _rows(api_tools) == before


def test_the_document_names_the_header_where_it_is_read(api: TestClient) -> None:
    """Every POST has it as a parameter, and says how a repeat is told."""
    paths = api.get("/openapi.json").json()["paths"]
    for path, item in paths.items():
        for method, operation in item.items():
            names = {one["name"] for one in operation.get("parameters", ())}
            assert ("Idempotency-Key" in names) == (method == "post"), (method, path)
            if method == "post":
                told = [one for status, one in operation["responses"].items() if status[0] == "2"]
                assert all("Idempotency-Replayed" in one["headers"] for one in told)


def test_secrets_come_back_to_whoever_made_them_alone(
    api: TestClient, api_tools: Tools, key_with: KeyMaker, made: dict[str, str]
) -> None:
    """The repeat shows the secret again to the same API key; on disk it is nowhere to be read."""
    asked, sent = _asked("/v1/keys", made), {"Idempotency-Key": uuid4().hex}
    secret = api.request(**asked, headers=sent).json()["key"]
    assert api.request(**asked, headers=sent).json()["key"] == secret
    other = sent | {"Authorization": key_with("admin")}
    theirs = api.request(**asked, headers=other)
    assert (theirs.status_code, theirs.headers["idempotency-replayed"]) == (201, "false")
    assert theirs.json()["key"] != secret
    assert secret.encode() not in b"".join(bytes(one.sealed) for one in _rows(api_tools))


def test_the_same_file_in_another_form_is_the_same(api: TestClient) -> None:
    """A form draws its borders anew each time; another file under the key is refused."""
    url, sent = "/v1/imports?kind=listings&dry_run=true", {"Idempotency-Key": uuid4().hex}
    rows = b"title,country\n" + b"Mason,BD\n" * 5_000
    first = api.post(url, files={"file": ("jobs.csv", rows, "text/csv")}, headers=sent)
    again = api.post(url, files={"file": ("jobs.csv", rows, "text/csv")}, headers=sent)
    assert (first.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    for name, content in (("jobs.csv", rows + b"Cook,BD\n"), ("other.csv", rows)):
        other = api.post(url, files={"file": (name, content, "text/csv")}, headers=sent)
        problem(other, 422, "idempotency_key_reused")


def test_a_file_is_hashed_piece_by_piece(api: TestClient) -> None:
    """It is the same however it was cut on its way."""
    url, sent = "/v1/imports?kind=listings&dry_run=true", {"Idempotency-Key": uuid4().hex}
    rows = b"title,country\n" + b"Mason,BD\n" * 5_000
    api.post(url, content=rows, headers=sent)
    pieces = (rows[at : at + 999] for at in range(0, len(rows), 999))
    again = api.post(url, content=pieces, headers=sent)
    assert again.headers["idempotency-replayed"] == "true"


def test_an_erased_person_takes_every_reply_along(client: TestClient, tools: Tools) -> None:
    """Registered, reported on and watched under keys; after erasure no row is left of it."""
    sent = {"Idempotency-Key": "visit"}
    person = client.post("/v1/returnees", json=PERSON, headers=sent).json()["id"]
    listing = client.put("/v1/listings/board/mason", json=JOB).json()["id"]
    outcome = {"returnee": person, "listing": listing, "outcome": "referred", "note": "kin"}
    assert client.post("/v1/outcomes", json=outcome, headers=sent).status_code == 422
    sent = {"Idempotency-Key": "outcome"}
    assert client.post("/v1/outcomes", json=outcome, headers=sent).status_code == 201
    watch = {"kind": "returnee", "url": "https://partner.example/x", "returnee_id": person}
    sent = {"Idempotency-Key": "watch"}
    subscription = client.post("/v1/subscriptions", json=watch, headers=sent).json()["id"]
    for call in ("test", "secret"):
        sent = {"Idempotency-Key": call}
        assert client.post(f"/v1/subscriptions/{subscription}/{call}", headers=sent).is_success
    other = client.post("/v1/corridors", json=CORRIDOR, headers={"Idempotency-Key": "border"})
    assert len(_rows(tools)) == 6
    assert client.delete(f"/v1/returnees/{person}").status_code == 204
    (left,) = _rows(tools)
    assert (left.person_id, left.subscription_id) == (None, None)
    again = client.post("/v1/corridors", json=CORRIDOR, headers={"Idempotency-Key": "border"})
    assert again.text == other.text


def test_replies_are_swept_after_a_day(client: TestClient, tools: Tools) -> None:
    """Not before; it is told how many there were."""
    for number in range(3):
        client.post("/v1/returnees", json=PERSON, headers={"Idempotency-Key": f"k{number}"})
    now, forget = tools.clock.now(), tools.store.forget_old
    assert forget(Kept.REPLIES, now, 9) == 0
    assert forget(Kept.REPLIES, now + KEPT - timedelta(minutes=1), 9) == 0
    assert forget(Kept.REPLIES, now + KEPT, 9) == 3
    assert _rows(tools) == []


class _Unlogged:
    """A store whose access log cannot be written, until it is mended; all else is the real one."""

    def __init__(self, store: Any) -> None:  # noqa: ANN401 - whatever store there is
        self._store = store
        self.broken = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._store, name)

    def log_accesses(self, accesses: list[Access]) -> None:
        """See the port."""
        if self.broken:
            message = "disk full"
            raise StorageError(message)
        self._store.log_accesses(accesses)


@pytest.fixture
def unlogged(tools: Tools, client: TestClient) -> Iterator[_Unlogged]:
    """The store of `client`, whose log can be broken."""
    app = client.app
    assert isinstance(app, FastAPI)
    breaking = _Unlogged(tools.store)
    object.__setattr__(tools, "store", breaking)
    yield breaking
    object.__setattr__(tools, "store", breaking._store)


def test_what_was_answered_503_after_it_acted_is_told_later(
    client: TestClient, unlogged: _Unlogged
) -> None:
    """A log that could not be written hides the reply, not that the request was carried out."""
    sent = {"Idempotency-Key": "unlogged"}
    unlogged.broken = True
    problem(client.post("/v1/returnees", json=PERSON, headers=sent), 503, "storage")
    unlogged.broken = False
    again = client.post("/v1/returnees", json=PERSON, headers=sent)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    (person,) = client.get("/v1/returnees").json()["items"]
    assert person["id"] == again.json()["id"]
    told = client.get(f"/v1/access-log?returnee_id={person['id']}&limit=100").json()["items"]
    assert [one["action"] for one in told][:2] == ["returnee.create", "returnee.read"]


def test_after_a_crash_nothing_is_done_twice(client: TestClient, tools: Tools) -> None:
    """Killed between its write and its reply, a request is not carried out again: 409 says so."""
    sent = {"Idempotency-Key": "crash"}
    client.post("/v1/returnees", json=PERSON, headers=sent)
    # What a crash leaves: the note made in the write's own transaction, and a minute that has gone.
    assert isinstance(tools.store, SqlStore)
    with tools.store._database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE replies SET state = 'acted', sealed = NULL, person_id = NULL, "
            "claimed_until = '2020-01-01 00:00:00.000000'"
        )
    answer = client.post("/v1/returnees", json=PERSON, headers=sent)
    problem(answer, 409, "idempotency_reply_lost")
    assert len(client.get("/v1/returnees").json()["items"]) == 1
    assert json.loads(answer.text)["title"] == "Conflict"
