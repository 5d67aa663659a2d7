"""Keys and organisations over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from service.domain.access import Scope
from service.ports import Tools
from service.usecases.manage_keys import (
    FIRST_ORGANISATION,
    ensure_first_key,
    new_key,
    rotate_key,
)
from tests.api.support import JSON, errors, problem, stored


def test_a_new_key_is_shown_once(api: TestClient) -> None:
    """The secret stands in the answer that makes it, opens at once, and is listed nowhere."""
    made = api.post("/v1/keys", json={"name": "board", "scopes": ["listings:read", "match"]})
    assert made.status_code == 201
    key = made.json()
    assert key["scopes"] == ["listings:read", "match"]
    assert (key["organisation"], key["revoked_at"]) == ("home-office", None)
    sent = {"Authorization": f"Bearer {key['key']}"}
    assert api.get("/v1/listings", headers=sent).status_code == 200
    listed = api.get("/v1/keys")
    assert key["key"] not in listed.text
    record = next(one for one in listed.json()["items"] if one["id"] == key["id"])
    assert record["last_used_at"] is not None
    assert "key" not in record


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_can_be_given(api: TestClient, scope: Scope) -> None:
    """The names of scopes are those of the contract."""
    made = api.post("/v1/keys", json={"name": "one", "scopes": [scope.value]})
    assert made.json()["scopes"] == [scope.value]


def test_a_keys_end_is_the_same_moment_in_any_zone(api: TestClient) -> None:
    """An end given in Dhaka's time is kept as that moment, not as that clock face."""
    ends = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0)
    there = (ends + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%S+06:00")
    body = {"name": "zone", "scopes": ["match"], "expires_at": there}
    made = api.post("/v1/keys", json=body).json()
    listed = {one["id"]: one for one in api.get("/v1/keys").json()["items"]}
    for one in (made, listed[made["id"]]):
        assert datetime.fromisoformat(one["expires_at"]) == ends


def test_a_revoked_key_stays_on_record(api: TestClient) -> None:
    """It is listed with the moment it was revoked; there is no key behind an unknown id."""
    key = api.post("/v1/keys", json={"name": "old", "scopes": ["match"]}).json()
    assert api.delete(f"/v1/keys/{key['id']}").status_code == 204
    listed = {one["id"]: one for one in api.get("/v1/keys").json()["items"]}
    assert listed[key["id"]]["revoked_at"] is not None
    problem(api.delete("/v1/keys/key_none"), 404, "not_found")


def test_nobody_revokes_the_key_they_hold(api: TestClient, api_tools: Tools) -> None:
    """So that nobody locks everyone out."""
    key = api.post("/v1/keys", json={"name": "self", "scopes": ["admin"]}).json()
    sent = {"Authorization": f"Bearer {key['key']}"}
    api.get("/v1/listings", headers=sent)
    before = stored(api_tools)
    problem(api.delete(f"/v1/keys/{key['id']}", headers=sent), 403, "own_key")
    assert stored(api_tools) == before


@pytest.mark.parametrize(
    ("extra", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["listing:read"]}, "/scopes/0"),
        ({"scopes": "match"}, "/scopes"),
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"organisation": "nobody"}, "/organisation"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "/expires_at"),
        ({"expires_at": "soon"}, "/expires_at"),
    ],
)
def test_a_bad_key_is_not_made(
    api: TestClient, api_tools: Tools, extra: JSON, pointer: str
) -> None:
    """Each wrong field is named and no key is stored."""
    before = stored(api_tools)
    body = {"name": "x", "scopes": ["match"]} | extra
    assert list(errors(api.post("/v1/keys", json=body))) == [pointer]
    assert stored(api_tools) == before


def test_a_misspelt_scope_is_suggested(api: TestClient) -> None:
    """The nearest scope is named."""
    body = {"name": "x", "scopes": ["listing:read"]}
    assert '"listings:read"' in errors(api.post("/v1/keys", json=body))["/scopes/0"]


def test_an_organisation_is_added_once(api: TestClient, api_tools: Tools) -> None:
    """It is listed, keys can be made for it, and its id is taken."""
    body = {"id": "east-ngo", "name": "East"}
    made = api.post("/v1/organisations", json=body)
    assert (made.status_code, made.json()) == (201, body)
    assert body in api.get("/v1/organisations").json()["items"]
    key = {"name": "theirs", "scopes": ["match"], "organisation": "east-ngo"}
    assert api.post("/v1/keys", json=key).json()["organisation"] == "east-ngo"
    before = stored(api_tools)
    problem(api.post("/v1/organisations", json=body), 409, "conflict")
    assert stored(api_tools) == before


@pytest.mark.parametrize("bad", ["", "A", "a", "-a", "a b", "a/b", "é", "a" * 62])
def test_a_bad_organisation_id_is_refused(api: TestClient, api_tools: Tools, bad: str) -> None:
    """Ids are short, plain and fit for an address."""
    before = stored(api_tools)
    assert list(errors(api.post("/v1/organisations", json={"id": bad, "name": "X"}))) == ["/id"]
    assert stored(api_tools) == before


def test_a_rotated_key_opens_with_both_secrets_for_a_while(api: TestClient) -> None:
    """It stays the same key; the secret before the last opens nothing more."""
    key = api.post("/v1/keys", json={"name": "rotated", "scopes": ["match"]}).json()
    path, secrets = f"/v1/keys/{key['id']}/rotate", [key["key"]]
    for _ in range(2):
        answer = api.post(path, json={"overlap_hours": 2})
        assert answer.status_code == 200
        secrets.append(answer.json()["key"])
    assert answer.json()["id"] == key["id"]
    until = datetime.fromisoformat(answer.json()["former_secret_until"]) - datetime.now(UTC)
    assert timedelta(minutes=119) < until <= timedelta(hours=2)
    statuses = [
        api.get("/v1/markets", headers={"Authorization": f"Bearer {secret}"}).status_code
        for secret in secrets
    ]
    assert statuses == [401, 200, 200]


def test_without_overlap_the_secret_before_ends_at_once(api: TestClient) -> None:
    """So a secret that has got about is shut out; without a body both open for a day."""
    key = api.post("/v1/keys", json={"name": "leaked", "scopes": ["match"]}).json()
    sent = {"Authorization": f"Bearer {key['key']}"}
    path = f"/v1/keys/{key['id']}/rotate"
    api.post(path, json={"overlap_hours": 0})
    problem(api.get("/v1/markets", headers=sent), 401, "unauthenticated")
    until = datetime.fromisoformat(api.post(path).json()["former_secret_until"])
    assert until - datetime.now(UTC) > timedelta(hours=23)


def test_both_secrets_end_with_their_key(api: TestClient) -> None:
    """Revoking shuts the former secret out too, and what has ended is not rotated."""
    key = api.post("/v1/keys", json={"name": "ended", "scopes": ["match"]}).json()
    newer = api.post(f"/v1/keys/{key['id']}/rotate").json()["key"]
    api.delete(f"/v1/keys/{key['id']}")
    for secret in (key["key"], newer):
        sent = {"Authorization": f"Bearer {secret}"}
        problem(api.get("/v1/markets", headers=sent), 401, "unauthenticated")
    problem(api.post(f"/v1/keys/{key['id']}/rotate"), 409, "conflict")
    problem(api.post("/v1/keys/key_none/rotate"), 404, "not_found")


def test_a_former_admin_secret_is_not_taken_for_a_new_one(api_tools: Tools) -> None:
    """After a rotation, a restart with the old setting lets nobody in."""
    key, secret = new_key(api_tools, FIRST_ORGANISATION, "set", frozenset({Scope.ADMIN}))
    rotate_key(api_tools, key.id, FIRST_ORGANISATION, timedelta(0))
    before = len(api_tools.store.keys(None))
    ensure_first_key(api_tools, secret)
    assert len(api_tools.store.keys(None)) == before


@pytest.mark.parametrize("hours", [-1, 721, 1.5, "2", None])
def test_a_bad_overlap_is_refused(api: TestClient, api_tools: Tools, hours: object) -> None:
    """Whole hours, thirty days at most; no secret is exchanged."""
    key = api.post("/v1/keys", json={"name": "kept", "scopes": ["match"]}).json()
    before = stored(api_tools)
    answer = api.post(f"/v1/keys/{key['id']}/rotate", json={"overlap_hours": hours})
    assert list(errors(answer)) == ["/overlap_hours"]
    assert stored(api_tools) == before
