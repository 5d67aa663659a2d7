"""What holds on every call there is: ids, rates, problems, packing, keeping, methods."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from service.app import create_app, given
from service.domain.access import Scope
from service.domain.addresses import TAKEN
from service.domain.imported import ImportKind
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, new_key
from tests.api.support import (
    CORRIDOR,
    EVERY_ROUTE,
    JOB,
    JSON,
    OUTCOME,
    PERSON,
    QUESTION,
    ROUTES,
    SUBSCRIPTION,
    KeyMaker,
    Route,
    errors,
    problem,
)
from tests.conftest import settings_in
from tests.waiting import until_imported, until_ready

every_route = pytest.mark.parametrize("route", ROUTES, ids=EVERY_ROUTE)
METHODS: Final = {"GET", "PUT", "POST", "PATCH", "DELETE"}


@pytest.fixture(scope="module")
def rated(api_tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client over the shared store whose application counts, without a key of its own."""
    settings = settings_in(tmp_path_factory.mktemp("rated"))
    tight = settings.model_copy(update={"rate_limit": 40})
    app = create_app(tight, lambda: given(api_tools))
    app.add_api_route("/v1/broken", _broken)
    with TestClient(app, raise_server_exceptions=False) as client:
        until_ready(client)
        yield client


def _broken() -> None:
    raise ZeroDivisionError


@pytest.fixture
def fresh(api_tools: Tools) -> dict[str, str]:
    """The header of a key that may do anything and has asked nothing yet."""
    _, secret = new_key(api_tools, FIRST_ORGANISATION, "manners", frozenset({Scope.ADMIN}))
    return {"Authorization": f"Bearer {secret}"}


def _remaining(answer: Any) -> int:  # noqa: ANN401 - a response
    return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])


@every_route
def test_every_answer_has_its_manners(
    rated: TestClient, fresh: dict[str, str], route: Route
) -> None:
    """With a good request and a bad one: the id that was sent, the rate, who may keep it."""
    sent = fresh | {"X-Request-ID": "mine-7", "Accept-Encoding": "gzip"}
    joint = "&" if route.query else "?"
    asked = rated.request(route.method, route.url(), json=route.body, headers=sent)
    refused = rated.request(
        route.method, f"{route.url()}{joint}no_such=1", json=route.body, headers=sent
    )
    problem(refused, 422, "invalid_input")
    for answer, left in ((asked, 39), (refused, 38)):
        assert answer.headers["x-request-id"] == "mine-7"
        assert answer.headers["ratelimit-policy"] == '"key";q=40;w=60'
        assert _remaining(answer) == left
        if answer.status_code >= 400:
            body = problem(answer, answer.status_code, answer.json()["code"])
            assert body["request_id"] == "mine-7"
        if len(answer.content) > 2_048 and answer.is_success:
            assert answer.headers["content-encoding"] == "gzip"
    assert "no-store" in refused.headers["cache-control"]
    kept = asked.headers["cache-control"]
    assert kept in {"no-store", "private, no-cache"}
    if "listings/" not in route.path and "corridors/" not in route.path:
        assert kept == "no-store"


@every_route
def test_another_method_is_told_which_there_are(
    rated: TestClient, fresh: dict[str, str], route: Route
) -> None:
    """405 with all that the path takes; HEAD wherever GET is."""
    takes = {one.method for one in ROUTES if _same_place(one.path, route.path)}
    for method in ("OPTIONS", "TRACE", *sorted(METHODS - takes)):
        answer = rated.request(method, route.url(), headers=fresh)
        assert problem(answer, 405, "method_not_allowed")
        allowed = set(answer.headers["allow"].split(", "))
        assert allowed == takes | ({"HEAD"} if "GET" in takes else set())
        assert "ratelimit" in answer.headers
    head = rated.head(route.url(), headers=fresh)
    if "GET" in takes:
        get = rated.get(route.url() + route.query, headers=fresh)
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
    else:
        assert head.status_code == 405


def _same_place(one: str, other: str) -> bool:
    """Tell whether a path with names filled in is served by both patterns."""
    mine, theirs = one.split("/"), other.split("/")
    return len(mine) == len(theirs) and all(
        a == b or a.startswith("{") for a, b in zip(mine, theirs, strict=True)
    )


@every_route
def test_a_stranger_learns_nothing_of_a_body(rated: TestClient, route: Route) -> None:
    """Broken, too large, of the wrong type: without a key the answer is 401, and no rate."""
    for content, kind in ((b"{", "application/json"), (b"x" * 1_100_000, "text/plain")):
        answer = rated.request(
            route.method, route.url(), content=content, headers={"Content-Type": kind}
        )
        problem(answer, 401, "unauthenticated")
        assert "ratelimit" not in answer.headers
    problem(rated.get("/v1/no-such-call"), 401, "unauthenticated")


def test_a_single_record_is_not_sent_twice(api: TestClient) -> None:
    """Each that is stored has an ETag; who holds it is answered 304, with no body and its id."""
    person = api.post("/v1/returnees", json=PERSON).json()["id"]
    listing = api.put("/v1/listings/manners/mason", json=JOB).json()["id"]
    outcome = {**OUTCOME, "returnee": person, "listing": listing}
    done = api.post("/v1/imports?kind=listings&dry_run=true", content=b'[{"title": "x"}]')
    api.put("/v1/returnees/manners/one", json=PERSON)
    places = (
        f"/v1/returnees/{person}",
        "/v1/returnees/manners/one",
        f"/v1/listings/{listing}",
        "/v1/listings/manners/mason",
        api.post("/v1/outcomes", json=outcome).headers["location"],
        api.post("/v1/corridors", json=CORRIDOR | {"reason": "etag"}).headers["location"],
        api.post("/v1/subscriptions", json=SUBSCRIPTION).headers["location"],
        done.headers["location"],
    )
    until_imported(api, done.headers["location"])
    single = {one.path.rsplit("/", 1)[0] for one in ROUTES if one.path.endswith("_id}")}
    assert {f"/v1/{place.split('/')[2]}" for place in places} | {"/v1/keys"} == {
        one.split("/{")[0] for one in single
    }
    for place in places:
        read = api.get(place)
        for held in (read.headers["etag"], "*", f'"old", W/{read.headers["etag"]}'):
            again = api.get(place, headers={"If-None-Match": held, "X-Request-ID": "again"})
            assert (again.status_code, again.content) == (304, b""), place
            assert again.headers["x-request-id"] == "again"
            for name in ("etag", "cache-control"):
                assert again.headers[name] == read.headers[name]


def test_a_rate_is_told_on_304_and_202_and_as_lines_stream(
    rated: TestClient, fresh: dict[str, str]
) -> None:
    """Whatever kind of answer it is."""
    made = rated.put("/v1/listings/manners/rated", json=JOB, headers=fresh)
    held = fresh | {"If-None-Match": made.headers["etag"]}
    again = rated.get("/v1/listings/manners/rated", headers=held)
    taken = rated.post("/v1/imports?kind=listings&dry_run=true", content=b"[1]", headers=fresh)
    lines = rated.post("/v1/match:batch", json={"items": [QUESTION]}, headers=fresh)
    answers = (made, again, taken, lines)
    assert [one.status_code for one in answers] == [201, 304, 202, 200]
    assert [_remaining(one) for one in answers] == [39, 38, 37, 36]


def test_a_fault_of_ours_has_its_manners_too(rated: TestClient, fresh: dict[str, str]) -> None:
    """It gives its id to be quoted, and nothing of what happened."""
    answer = rated.get("/v1/broken", headers=fresh | {"X-Request-ID": "ours"})
    assert problem(answer, 500, "internal")["request_id"] == "ours"
    assert "Zero" not in answer.text
    assert (_remaining(answer), answer.headers["cache-control"]) == (39, "no-store")


def test_many_questions_count_as_many(rated: TestClient, fresh: dict[str, str]) -> None:
    """All or none: what does not fit is 429 before any of it is begun."""
    lines = rated.post("/v1/match:batch", json={"items": [QUESTION] * 3}, headers=fresh)
    assert (len(lines.text.splitlines()), _remaining(lines)) == (3, 37)
    refused = rated.post("/v1/match:batch", json={"items": [QUESTION] * 38}, headers=fresh)
    problem(refused, 429, "rate_limited")
    assert (refused.headers["retry-after"], _remaining(refused)) == ("60", 36)
    never = rated.post("/v1/match:batch", json={"items": [QUESTION] * 41}, headers=fresh)
    assert "40 a minute" in errors(never, "batch_beyond_rate")["/items"]
    assert _remaining(never) == 35


def test_a_stated_return_category_needs_its_scope(api: TestClient, key_with: KeyMaker) -> None:
    """Asked ad hoc as well as stored; the refusal names the place."""
    asked: JSON = QUESTION | {"profile": {"return_category": "success"}}
    plain = {"Authorization": key_with("match")}
    for url, body, place in (
        ("/v1/match", asked, "/profile/return_category"),
        ("/v1/match:batch", {"items": [QUESTION, asked]}, "/items/1/profile/return_category"),
    ):
        refused = problem(api.post(url, json=body, headers=plain), 403, "forbidden")
        assert [one["pointer"] for one in refused["errors"]] == [place]
        may = {"Authorization": key_with("match", "restricted")}
        assert api.post(url, json=body, headers=may).status_code == 200
    assert api.post("/v1/match", json=QUESTION, headers=plain).status_code == 200


def test_no_name_hides_a_record(api: TestClient) -> None:
    """What stands behind an id in some address cannot be an external id, in a file neither."""
    behind: dict[str, set[str]] = {kind.value: set() for kind in ImportKind}
    for one in ROUTES:
        parts = one.path.split("/")
        if len(parts) == 5 and parts[2] in behind and not parts[4].startswith("{"):
            behind[parts[2]].add(parts[4])
    assert {kind.value: set(names) for kind, names in TAKEN.items()} == behind
    for kind, names in TAKEN.items():
        body = PERSON if kind is ImportKind.RETURNEES else JOB
        for name in names:
            refused = api.put(f"/v1/{kind}/crm/{name}", json=body)
            assert "another call" in errors(refused)["path:external_id"]
            row = json.dumps([body | {"external_id": name}])
            sent = api.post(f"/v1/imports?kind={kind}&source=taken-names", content=row)
            until_imported(api, sent.headers["location"])
            found: JSON = api.get(sent.headers["location"]).json()
            assert found["counts"]["refused"] == 1, str(found)
            assert "another call" in str(found["errors"])
