"""Who may come in: keys, scopes, organisations, rates."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app, given
from service.domain.access import ApiKey, Organisation, Scope
from service.ports import Tools
from service.settings import Settings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key, new_key, secret_hash
from service.wiring import open_tools
from tests.api.support import (
    EVERY_ROUTE,
    OPEN,
    OUTCOME,
    PERSON,
    REFERRAL,
    ROUTES,
    KeyMaker,
    Route,
    errors,
    problem,
    stored,
)
from tests.conftest import ADMIN, client_over, settings_in
from tests.waiting import until_ready

every_route = pytest.mark.parametrize("route", ROUTES, ids=EVERY_ROUTE)
METHODS = {"get", "put", "post", "patch", "delete"}


def test_the_table_of_routes_is_complete(api: TestClient) -> None:
    """Every documented route stands in the table that the tests below walk through."""
    paths = api.get("/openapi.json").json()["paths"]
    documented = {
        f"{method.upper()} {path}" for path, item in paths.items() for method in METHODS & set(item)
    }
    assert documented == set(EVERY_ROUTE) | {f"GET {path}" for path in OPEN}


@every_route
@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer wrong-key", "Basic dXNlcjpwYXNz", f"Token {ADMIN}"]
)
def test_no_route_opens_without_a_valid_key(
    api: TestClient, api_tools: Tools, route: Route, sent: str
) -> None:
    """Whatever is sent in place of a key, the answer is 401 and nothing is stored."""
    before = stored(api_tools)
    answer = api.request(
        route.method, route.url(), json=route.body, headers={"Authorization": sent}
    )
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert stored(api_tools) == before


@every_route
def test_a_stranger_is_not_told_what_is_wrong_with_a_request(api: TestClient, route: Route) -> None:
    """Without a key even a bad parameter and a bad body are answered with 401."""
    answer = api.request(
        route.method,
        f"{route.url()}{'&' if route.query else '?'}no_such_parameter=1",
        json=None if route.body is None else {"no_such_field": 1},
        headers={"Authorization": ""},
    )
    problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    ("route", "lacking"),
    [
        pytest.param(route, scope, id=f"{name} {scope}")
        for name, route in EVERY_ROUTE.items()
        for scope in route.scopes
    ],
)
def test_each_scope_of_a_route_is_needed(
    api: TestClient, api_tools: Tools, key_with: KeyMaker, route: Route, lacking: str
) -> None:
    """With every scope but one (and without admin) the answer is 403 and names that one."""
    held = [scope.value for scope in Scope if scope.value not in {lacking, "admin"}]
    sent = key_with(*held)
    before = stored(api_tools)
    answer = api.request(
        route.method, route.url(), json=route.body, headers={"Authorization": sent}
    )
    assert f'"{lacking}"' in problem(answer, 403, "forbidden")["detail"]
    assert stored(api_tools) == before


@pytest.fixture(scope="module")
def apart(
    tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path
) -> Iterator[tuple[TestClient, Tools]]:
    """A client and its tools that only the next test writes to."""
    settings = settings_in(tmp_path_factory.mktemp("apart"))
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as opened:
        ensure_first_key(opened, ADMIN)
        for client in client_over(opened, settings):
            yield client, opened


@every_route
def test_the_scopes_of_a_route_suffice(apart: tuple[TestClient, Tools], route: Route) -> None:
    """With just the scopes it needs, a route goes as far as finding nothing, or does its work."""
    client, tools = apart
    granted = frozenset(Scope(one) for one in route.scopes)
    _, secret = new_key(tools, FIRST_ORGANISATION, "test", granted)
    answer = client.request(
        route.method, route.url(), json=route.body, headers={"Authorization": f"Bearer {secret}"}
    )
    if route.method == "PUT" and answer.status_code == 201:
        # The next route has to find nothing by this name.
        made = answer.headers.get("location", route.url())
        client.delete(made if "returnees" in made else route.url())
    if (
        route.body in (OUTCOME, REFERRAL)
        or "_id}" in route.path.replace("{external_id}", "")
        or ("{" in route.path and route.method != "PUT")
    ):
        problem(answer, 404, "not_found")
    else:
        assert answer.status_code in {200, 201, 202}, answer.text


def test_a_key_does_not_open_before_or_after_its_time(api: TestClient, api_tools: Tools) -> None:
    """An expired key is no key."""
    now = datetime.now(UTC)
    for name, ends, status in (("late", -1, 401), ("fresh", 60, 200)):
        key = ApiKey(
            f"key_{name}",
            FIRST_ORGANISATION,
            name,
            frozenset({Scope.LISTINGS_READ}),
            now - timedelta(days=1),
            now + timedelta(seconds=ends),
        )
        api_tools.store.add_key(key, secret_hash(f"secret-{name}"))
        answer = api.get("/v1/listings", headers={"Authorization": f"Bearer secret-{name}"})
        assert answer.status_code == status


def test_a_revoked_key_opens_nothing(api: TestClient) -> None:
    """Revoking works at once."""
    made = api.post("/v1/keys", json={"name": "short", "scopes": ["listings:read"]}).json()
    sent = {"Authorization": f"Bearer {made['key']}"}
    assert api.get("/v1/listings", headers=sent).status_code == 200
    assert api.delete(f"/v1/keys/{made['id']}").status_code == 204
    problem(api.get("/v1/listings", headers=sent), 401, "unauthenticated")


@pytest.fixture
def other(api: TestClient, api_tools: Tools, key_with: KeyMaker) -> str:
    """The header of a key that may do anything with people, in another organisation."""
    if "other-ngo" not in {one.id for one in api_tools.store.organisations()}:
        api.post("/v1/organisations", json={"id": "other-ngo", "name": "Other"})
    return key_with(
        "returnees:read", "returnees:write", "match", "restricted", organisation="other-ngo"
    )


def test_people_are_seen_by_their_organisation_only(
    api: TestClient, api_tools: Tools, other: str
) -> None:
    """To another organisation a person does not exist: not to read, match, change or erase."""
    made = api.put("/v1/returnees/crm/isolated", json=PERSON | {"consent": {"matching": True}})
    url = f"/v1/returnees/{made.json()['id']}"
    before = stored(api_tools)
    sent = {"Authorization": other}
    for answer in (
        api.get(url, headers=sent),
        api.get(f"{url}/matches", headers=sent),
        api.get("/v1/returnees/crm/isolated", headers=sent),
        api.patch(url, json={"region": "Dhaka"}, headers=sent),
        api.delete(url, headers=sent),
    ):
        problem(answer, 404, "not_found")
    assert api.get("/v1/returnees", headers=sent).json()["items"] == []
    assert stored(api_tools) == before


def test_two_organisations_may_use_the_same_names(api: TestClient, other: str) -> None:
    """A source and external id belong to the organisation that gave them."""
    mine = api.put("/v1/returnees/crm/shared", json=PERSON)
    theirs = api.put("/v1/returnees/crm/shared", json=PERSON, headers={"Authorization": other})
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    url = f"/v1/returnees/{theirs.json()['id']}"
    assert api.delete(url, headers={"Authorization": other}).status_code == 204


def test_an_organisation_may_not_delete_anothers_listing(
    api: TestClient, api_tools: Tools, key_with: KeyMaker
) -> None:
    """Listings are read by all and written by their owner."""
    if "boards" not in {one.id for one in api_tools.store.organisations()}:
        api_tools.store.add_organisation(Organisation("boards", "Boards", datetime.now(UTC)))
    sent = {"Authorization": key_with("listings:read", "listings:write", organisation="boards")}
    body = {"kind": "job", "title": "Mason", "country": "BD"}
    made = api.put("/v1/listings/site/owned", json=body).json()
    assert api.get(f"/v1/listings/{made['id']}", headers=sent).json()["title"] == "Mason"
    problem(api.delete("/v1/listings/site/owned", headers=sent), 404, "not_found")
    assert api.delete("/v1/listings/site/owned").status_code == 204


def test_an_administrator_manages_their_own_organisation_only(
    api: TestClient, api_tools: Tools, key_with: KeyMaker
) -> None:
    """Only the first organisation's administrators reach beyond their own."""
    if "south-ngo" not in {one.id for one in api_tools.store.organisations()}:
        api.post("/v1/organisations", json={"id": "south-ngo", "name": "South"})
    sent = {"Authorization": key_with("admin", organisation="south-ngo")}
    seen = api.get("/v1/organisations", headers=sent).json()["items"]
    assert [one["id"] for one in seen] == ["south-ngo"]
    keys = api.get("/v1/keys", headers=sent).json()["items"]
    assert {one["organisation"] for one in keys} == {"south-ngo"}
    theirs = {one["id"] for one in api.get("/v1/keys").json()["items"]} - {k["id"] for k in keys}
    before = stored(api_tools)
    problem(api.delete(f"/v1/keys/{min(theirs)}", headers=sent), 404, "not_found")
    body = {"id": "new-ngo", "name": "New"}
    problem(api.post("/v1/organisations", json=body, headers=sent), 403, "forbidden")
    wide = {"name": "x", "scopes": ["admin"], "organisation": FIRST_ORGANISATION}
    problem(api.post("/v1/keys", json=wide, headers=sent), 403, "forbidden")
    assert stored(api_tools) == before


@pytest.fixture
def limited(api_tools: Tools, settings: Settings) -> Iterator[TestClient]:
    """A client whose key may send three requests a minute."""
    tight = settings.model_copy(update={"rate_limit": 3})
    app = create_app(tight, lambda: given(api_tools))
    with TestClient(app, headers={"Authorization": f"Bearer {ADMIN}"}) as client:
        until_ready(client)
        yield client


def test_a_key_is_told_its_rate_and_refused_beyond_it(
    limited: TestClient, key_with: KeyMaker
) -> None:
    """Answers count down, errors count too, 429 says when to return; other keys are untouched."""
    first = limited.get("/v1/listings")
    assert first.headers["ratelimit-policy"] == '"key";q=3;w=60'
    assert first.headers["ratelimit"].startswith('"key";r=2;t=')
    missing = limited.get("/v1/listings/lst_none")
    assert problem(missing, 404, "not_found")
    assert missing.headers["ratelimit"].startswith('"key";r=1;t=')
    assert errors(limited.post("/v1/match", json={}))
    refused = limited.post("/v1/returnees", json=PERSON)
    problem(refused, 429, "rate_limited")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"key";r=0;t=')
    another = limited.get("/v1/listings", headers={"Authorization": key_with("listings:read")})
    assert another.status_code == 200
    assert limited.get("/healthz").status_code == 200


def test_without_a_limit_nothing_is_counted(api: TestClient) -> None:
    """A limit of 0 sends no RateLimit headers."""
    assert "ratelimit" not in api.get("/v1/listings").headers
