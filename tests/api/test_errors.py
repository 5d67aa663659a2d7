"""Bodies nobody can read and names nobody knows: one shape of answer, and nothing stored."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from service.ports import Tools
from tests.api.support import (
    EVERY_ROUTE,
    JOB,
    JSON,
    PERSON,
    QUESTION,
    ROUTES,
    WRITING,
    KeyMaker,
    Route,
    errors,
    problem,
    stored,
)

PLAIN = ("returnees:read", "returnees:write")

every_route = pytest.mark.parametrize("route", ROUTES, ids=EVERY_ROUTE)
every_body = pytest.mark.parametrize(
    "route", WRITING, ids=[f"{route.method} {route.path}" for route in WRITING]
)


@pytest.fixture(autouse=True)
def nothing_stored(api: TestClient, api_tools: Tools, key_with: KeyMaker) -> Iterator[None]:
    """Hold every test of this file to it: what is stored and searched stays as it was."""
    key_with(*PLAIN)
    key_with(*PLAIN, "restricted")
    api.put("/v1/returnees/nowhere/nowhere", json=PERSON)
    before = stored(api_tools)
    yield
    assert stored(api_tools) == before


def _url(api: TestClient, route: Route) -> str:
    """Return the route's address; a person's is that of somebody who exists."""
    if "{returnee_id}" not in route.path:
        return route.url()
    person = api.get("/v1/returnees/nowhere/nowhere").json()["id"]
    return route.path.replace("{returnee_id}", person)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"{", 422, "invalid_json", id="broken"),
        pytest.param(b"nonsense", 422, "invalid_json", id="no JSON"),
        pytest.param(b'{"text": "weld"} x', 422, "invalid_json", id="something behind it"),
        pytest.param(b'{"text": "\xff\xfe"}', 400, "invalid_utf8", id="not UTF-8"),
        pytest.param(b'{"text": "\xed\xa0\x80"}', 400, "invalid_utf8", id="raw surrogate"),
        pytest.param(b"[" * 100_000, 400, "invalid_body", id="deep"),
        pytest.param(b'{"limit": ' + b"9" * 5000 + b"}", 400, "invalid_body", id="long number"),
        pytest.param(b"", 422, "invalid_input", id="empty"),
        pytest.param(b"[]", 422, "invalid_input", id="list"),
        pytest.param(b"null", 422, "invalid_input", id="null"),
        pytest.param(b'"text"', 422, "invalid_input", id="string"),
        pytest.param(b"NaN", 422, "invalid_input", id="NaN"),
        pytest.param(b'{"\\ud800": 1}', 422, "invalid_input", id="surrogate in a name"),
        pytest.param(b'{"region": "\\udfff"}', 422, "invalid_input", id="surrogate in a value"),
    ],
)
@every_body
def test_an_unreadable_body_is_refused(
    api: TestClient, route: Route, content: bytes, status: int, code: str
) -> None:
    """Whatever arrives in place of a JSON object is answered with a problem, never a 5xx."""
    if route.path.endswith("/rotate") and content in {b"", b"null"}:
        pytest.skip("its body may be left out")
    sent = {"Content-Type": "application/json"}
    problem(
        api.request(route.method, _url(api, route), content=content, headers=sent), status, code
    )


@every_body
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "x"])
def test_a_body_of_another_type_is_refused(api: TestClient, route: Route, kind: str) -> None:
    """Only JSON is read; the answer says so."""
    answer = api.request(
        route.method, _url(api, route), content=b'{"a": 1}', headers={"Content-Type": kind}
    )
    assert "application/json" in problem(answer, 415, "wrong_content_type")["detail"]


@every_body
def test_a_body_with_a_charset_is_read(api: TestClient, route: Route) -> None:
    """Parameters of the content type do no harm: the refusal is about the field."""
    answer = api.request(
        route.method,
        _url(api, route),
        content=b'{"no_such_field_anywhere": 1}',
        headers={"Content-Type": "Application/JSON; charset=UTF-8"},
    )
    assert "/no_such_field_anywhere" in errors(answer)


@every_body
def test_a_body_that_is_too_large_is_refused(api: TestClient, route: Route) -> None:
    """A megabyte is the limit, whether the length is announced or the body comes in pieces."""
    large = b'{"text": "' + b"a" * 1_100_000 + b'"}'
    sent = {"Content-Type": "application/json"}
    url = _url(api, route)
    problem(api.request(route.method, url, content=large, headers=sent), 413, "too_large")
    pieces = (large[at : at + 65_536] for at in range(0, len(large), 65_536))
    problem(api.request(route.method, url, content=pieces, headers=sent), 413, "too_large")


@every_route
def test_an_unknown_parameter_is_named(api: TestClient, route: Route) -> None:
    """A query parameter no route has is an error under its own name."""
    joint = "&" if route.query else "?"
    answer = api.request(route.method, f"{_url(api, route)}{joint}zzzzzz=1", json=route.body)
    assert errors(answer) == {"query:zzzzzz": "There is no such parameter."}


@pytest.mark.parametrize(
    ("method", "url", "wrong", "right"),
    [
        ("GET", "/v1/listings", "limt", "limit"),
        ("GET", "/v1/listings", "knd", "kind"),
        ("GET", "/v1/listings", "contry", "country"),
        ("GET", "/v1/returnees", "home_contry", "home_country"),
        ("GET", "/v1/returnees", "curser", "cursor"),
        ("GET", "/v1/returnees/x/matches", "route", "routes"),
        ("GET", "/v1/returnees/x/matches", "licensed_recruiter", None),
        ("GET", "/v1/returnees/x/matches", "exclude_country", "exclude_countries"),
    ],
)
def test_the_nearest_parameter_is_suggested(
    api: TestClient, method: str, url: str, wrong: str, right: str | None
) -> None:
    """Within three edits the right name is given, beyond them none."""
    detail = errors(api.request(method, f"{url}?{wrong}=1"))[f"query:{wrong}"]
    assert detail == "There is no such parameter." + (f' Did you mean "{right}"?' if right else "")


@pytest.mark.parametrize(
    "wrong",
    [
        ("PUT", "/v1/listings/a/b", JOB | {"titel": "x"}, "/titel", "title"),
        ("PUT", "/v1/listings/a/b", JOB | {"wage_mni": 1}, "/wage_mni", "wage_min"),
        ("PUT", "/v1/listings/a/b", JOB | {"salary": 1}, "/salary", None),
        (
            "PUT",
            "/v1/listings/a/b",
            JOB | {"languages": [{"code": "en", "levl": "A1"}]},
            "/languages/0/levl",
            "level",
        ),
        ("POST", "/v1/match", QUESTION | {"limits": 3}, "/limits", "limit"),
        ("POST", "/v1/match", QUESTION | {"name": "Rahim"}, "/name", None),
        (
            "POST",
            "/v1/match",
            QUESTION | {"profile": {"name": "Rahim"}},
            "/profile/name",
            None,
        ),
        (
            "POST",
            "/v1/match",
            QUESTION | {"filters": {"countres": []}},
            "/filters/countres",
            "countries",
        ),
        (
            "POST",
            "/v1/match",
            QUESTION | {"profile": {"preferences": {"min_wage": {"amont": 1}}}},
            "/profile/preferences/min_wage/amont",
            "amount",
        ),
        ("POST", "/v1/returnees", PERSON | {"phne": "1"}, "/phne", "phone"),
        ("POST", "/v1/returnees", PERSON | {"a/b~c": "1"}, "/a~1b~0c", None),
        ("PUT", "/v1/returnees/a/b", PERSON | {"home_contry": 1}, "/home_contry", "home_country"),
        ("PATCH", "/v1/returnees/{}", {"regoin": "x"}, "/regoin", "region"),
        (
            "PATCH",
            "/v1/returnees/{}",
            {"consent": {"mathcing": True}},
            "/consent/mathcing",
            "matching",
        ),
        ("POST", "/v1/keys", {"name": "x", "scope": []}, "/scope", "scopes"),
        ("POST", "/v1/organisations", {"id": "xx", "nam": "x"}, "/nam", "name"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest(
    api: TestClient, wrong: tuple[str, str, JSON, str, str | None]
) -> None:
    """The pointer names the field; within three edits the right name is given."""
    method, url, body, pointer, right = wrong
    person = api.get("/v1/returnees/nowhere/nowhere").json()["id"]
    detail = errors(api.request(method, url.format(person), json=body))[pointer]
    assert detail == "There is no such field." + (f' Did you mean "{right}"?' if right else "")


def test_a_restricted_field_is_suggested_to_nobody_who_may_not_see_it(
    api: TestClient, key_with: KeyMaker
) -> None:
    """A misspelt return_category gets no suggestion without the scope, and one with it."""
    body = PERSON | {"return_categry": "success"}
    plain = {"Authorization": key_with(*PLAIN)}
    full = {"Authorization": key_with(*PLAIN, "restricted")}
    person = api.get("/v1/returnees/nowhere/nowhere").json()["id"]
    for method, url in (
        ("POST", "/v1/returnees"),
        ("PUT", "/v1/returnees/a/b"),
        ("PATCH", f"/v1/returnees/{person}"),
    ):
        hidden = errors(api.request(method, url, json=body, headers=plain))
        assert hidden["/return_categry"] == "There is no such field."
        shown = errors(api.request(method, url, json=body, headers=full))
        assert '"return_category"' in shown["/return_categry"]


def test_unknown_paths_and_methods_are_problems(api: TestClient) -> None:
    """What the framework refuses itself has the same shape, and says which methods there are."""
    problem(api.get("/v1/nope"), 404, "no_such_path")
    wrong = api.put("/v1/match", json={})
    problem(wrong, 405, "method_not_allowed")
    assert wrong.headers["allow"] == "POST"
    assert api.post("/v1/listings/a/b", json={}).headers["allow"] == "DELETE, GET, HEAD, PUT"
    assert api.request("OPTIONS", "/v1/listings").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("url", ["/healthz", "/v1/listings", "/v1/nope", "/v1/listings/x?y=1"])
def test_a_request_id_is_echoed(api: TestClient, url: str) -> None:
    """A well-formed X-Request-ID comes back, on good and on bad answers."""
    answer = api.get(url, headers={"X-Request-ID": "trace-42.a_b~C"})
    assert answer.headers["x-request-id"] == "trace-42.a_b~C"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "<script>", "a\tb", 'a"b'])
def test_an_unusable_request_id_is_replaced(api: TestClient, sent: str) -> None:
    """What could spoil a log line is not repeated; a fresh id stands in."""
    answer = api.get("/healthz", headers={"X-Request-ID": sent})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_an_error_does_not_repeat_what_was_sent(api: TestClient) -> None:
    """A refused value may be somebody's secret, so no message carries it."""
    said = "Rahima-01711-223344"
    bodies: list[JSON] = [
        PERSON | {"home_country": said},
        PERSON | {"birth_year": said},
        PERSON | {"languages": [{"code": said}]},
        PERSON | {"skills": [{"text": "weld", "status": said}]},
        PERSON | {"phone": f"{said}\u0000"},
    ]
    for body in bodies:
        answer = api.post("/v1/returnees", json=body)
        assert errors(answer)
        assert said not in answer.text
