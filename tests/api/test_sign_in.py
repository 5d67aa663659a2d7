"""People who sign in with a token beside programs with keys, over HTTP."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.domain.errors import StorageError
from service.ports import Tools
from service.settings import Settings
from service.usecases.manage_keys import ensure_first_key
from service.web.access import KeyLimiter
from service.wiring import open_tools
from tests.api.support import PERSON, QUESTION, SUBSCRIPTION, Response, problem
from tests.conftest import ADMIN, client_over, settings_in
from tests.identity.issuers import AUDIENCE, SECOND, Issuer, ago, serving, signed

MAPPING = {
    "organisations": {"HO": "home-office", "home-office": "home-office", "N": "north", "X": "gone"},
    "roles": {
        "officer": ["match", "listings:read", "returnees:read", "returnees:write"],
        "watcher": ["subscriptions", "match", "listings:read"],
        "auditor": ["admin"],
        "meter": ["metrics:read"],
    },
}


@dataclass
class Office:
    """A service that trusts an issuer, and the issuer."""

    api: TestClient
    tools: Tools
    issuer: Issuer

    def get(self, path: str, **claims: object) -> Response:
        """Get a path as the person whom the claims describe."""
        return self.api.get(path, headers=self.sent(**claims))

    def sent(self, **claims: object) -> dict[str, str]:
        """Return the header of a request of that person's."""
        return {"Authorization": f"Bearer {signed(self.issuer.claims(**claims))}"}


def trusting(folder: Path, issuer: Issuer, **other: Any) -> Settings:  # noqa: ANN401 - settings
    """Return settings under which that issuer's people may sign in."""
    (folder / "mapping.json").write_text(json.dumps(MAPPING))
    said = {
        "oidc_issuer": issuer.url,
        "oidc_audience": AUDIENCE,
        "oidc_mapping": folder / "mapping.json",
        "oidc_allow_http": True,
    }
    return settings_in(folder).model_copy(update=said | other)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, encoded_taxonomy: Path) -> Iterator[Office]:
    """An office with two organisations."""
    folder = tmp_path_factory.mktemp("office")
    with serving() as issuer:
        settings = trusting(folder, issuer)
        shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
        with open_tools(settings) as tools:
            ensure_first_key(tools, ADMIN)
            for api in client_over(tools, settings):
                api.post("/v1/organisations", json={"id": "north", "name": "North"})
                yield Office(api, tools, issuer)


def test_a_person_does_what_their_role_allows(office: Office) -> None:
    """Scopes are those of the role, and nothing else opens."""
    assert office.get("/v1/listings").status_code == 200
    answer = problem(office.get("/v1/keys"), 403, "forbidden")
    assert answer["detail"] == 'Your role lacks the scope "admin".'
    asked = office.api.post("/v1/match:batch", json={"items": [QUESTION]}, headers=office.sent())
    assert asked.status_code == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"roles": []}, "role_unknown"),
        ({"roles": None}, "role_unknown"),
        ({"roles": ["admin"]}, "role_unknown"),
        ({"roles": ["Officer"]}, "role_unknown"),
        ({"roles": {"officer": True}}, "role_unknown"),
        ({"organisation": None}, "organisation_unknown"),
        ({"organisation": "north"}, "organisation_unknown"),
        ({"organisation": ["HO", "N"]}, "organisation_unknown"),
        ({"organisation": "X"}, "organisation_unknown"),
    ],
)
def test_nothing_is_given_by_accident(office: Office, claims: dict[str, object], code: str) -> None:
    """A role or an organisation that nobody has mapped, or that is not here, opens nothing."""
    problem(office.get("/v1/corridors", **claims), 403, code)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": ago(minutes=2)}, "token_expired"),
        ({"nbf": ago(hours=-9)}, "token_not_yet_valid"),
        ({"aud": "https://other.example"}, "token_audience"),
        ({"iss": "https://other.example"}, "token_issuer_unknown"),
        ({"typ": "Refresh"}, "token_invalid"),
    ],
)
def test_a_refused_token_says_why(office: Office, claims: dict[str, object], code: str) -> None:
    """By its code, and as RFC 6750 has it."""
    answer = office.get("/v1/listings", **claims)
    problem(answer, 401, code)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_an_unknown_key_is_refused(office: Office) -> None:
    """Whoever signs with a key of their own is nobody."""
    token = signed(office.issuer.claims(), SECOND, "ES256")
    answer = office.api.get("/v1/listings", headers={"Authorization": f"Bearer {token}"})
    problem(answer, 401, "token_key_unknown")


def test_figures_about_people_are_for_those_whose_role_may_see_them(office: Office) -> None:
    """As with a key: all of them in the first organisation, what is open to others, 401 to none."""
    for claims, seen in (
        ({"roles": ["meter"]}, True),
        ({}, False),
        ({"roles": ["meter"], "organisation": "N"}, False),
        ({"roles": []}, False),
    ):
        answer = office.get("/metrics", **claims)
        assert answer.status_code == 200
        assert ("homeward_consents_ended" in answer.text) is seen, claims
    problem(office.get("/metrics", exp=ago(minutes=2)), 401, "token_expired")


def test_people_of_an_organisation_see_its_people_only(office: Office) -> None:
    """The token's organisation is the owner of what is written, and of what is read."""
    sent = office.sent(organisation="N")
    made = office.api.post("/v1/returnees", json=PERSON, headers=sent)
    assert made.status_code == 201
    path = f"/v1/returnees/{made.json()['id']}"
    assert office.get(path, organisation=["N"]).status_code == 200
    problem(office.get(path), 404, "not_found")


def test_who_looked_can_be_told(office: Office) -> None:
    """The log names the person by an id, the register of people says whose it is."""
    sent = office.sent(organisation="N", sub="somebody@north.example")
    name = office.api.post("/v1/returnees", json=PERSON, headers=sent).json()["id"]
    lines = office.api.get(f"/v1/access-log?returnee_id={name}").json()["items"]
    (line,) = [one for one in lines if one["action"] == "returnee.create"]
    assert line["key"].startswith("usr_")
    assert line["organisation"] == "north"
    seen = {one["id"]: one for one in office.api.get("/v1/principals").json()["items"]}
    who = seen[line["key"]]
    assert (who["issuer"], who["subject"]) == (office.issuer.url, "somebody@north.example")
    assert who["organisation"] == "north"
    assert datetime.fromisoformat(who["first_seen_at"]).tzinfo is not None
    # The name itself stands in clear in no file.
    folder = next(Path(office.tools.store._database.path.parent).glob("*.sqlite3"))  # type: ignore[attr-defined]
    assert b"somebody@north" not in folder.read_bytes()


def test_an_administrator_sees_their_own_people(office: Office) -> None:
    """Of those who have signed in an organisation sees its own, the first one all."""
    office.get("/v1/corridors", organisation="N", sub="of-north")
    office.get("/v1/corridors", sub="of-home")
    auditor = {"roles": ["auditor"], "sub": "auditor"}
    mine = office.get("/v1/principals", organisation="N", **auditor).json()["items"]
    assert {one["organisation"] for one in mine} == {"north"}
    everybody = office.get("/v1/principals", **auditor).json()["items"]
    assert {"of-north", "of-home"} <= {one["subject"] for one in everybody}


def test_somebody_who_moves_keeps_their_id(office: Office) -> None:
    """They are one person, and belong where their last token said."""
    for organisation in ("N", "HO"):
        office.get("/v1/corridors", organisation=organisation, sub="mover")
    found = [one for one in office.tools.store.principals(None) if one.subject == "mover"]
    assert [one.organisation_id for one in found] == ["home-office"]


def test_subscriptions_are_for_keys(office: Office) -> None:
    """What goes on for months is not made in the right of a token that ends within the hour."""
    sent = office.sent(roles=["watcher"])
    answer = office.api.post("/v1/subscriptions", json=SUBSCRIPTION, headers=sent)
    problem(answer, 403, "key_needed")
    assert office.get("/v1/subscriptions", roles=["watcher"]).status_code == 200


def test_each_person_has_a_rate(office: Office) -> None:
    """One person's requests do not use up another's."""
    app: Any = office.api.app
    before, app.state.limiter = app.state.limiter, KeyLimiter(2)
    try:
        statuses = [office.get("/v1/corridors", sub="busy").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert office.get("/v1/corridors", sub="calm").status_code == 200
    finally:
        app.state.limiter = before


def test_keys_work_while_the_issuer_is_down(tmp_path: Path, encoded_taxonomy: Path) -> None:
    """Tokens cannot be checked then, and the answer says so and when to come again."""
    with serving() as issuer:
        settings = trusting(tmp_path, issuer)
    shutil.copytree(encoded_taxonomy, settings.data_dir / "index")
    with open_tools(settings) as tools:
        ensure_first_key(tools, ADMIN)
        for api in client_over(tools, settings):
            sent = {"Authorization": f"Bearer {signed(issuer.claims())}"}
            answer = api.get("/v1/listings", headers=sent)
            problem(answer, 503, "issuer_unreachable")
            assert answer.headers["retry-after"] == "5"
            assert api.get("/v1/listings").status_code == 200
            problem(
                api.get("/v1/listings", headers={"Authorization": "Bearer x"}),
                401,
                "unauthenticated",
            )


def test_without_the_setting_a_token_is_nothing(api: TestClient) -> None:
    """Then keys alone open anything."""
    with serving() as issuer:
        sent = {"Authorization": f"Bearer {signed(issuer.claims())}"}
        problem(api.get("/v1/listings", headers=sent), 401, "unauthenticated")
        assert issuer.asked == []


@pytest.mark.parametrize(
    ("other", "mapping"),
    [
        ({"oidc_audience": None}, None),
        ({"oidc_mapping": None}, None),
        ({"oidc_issuer": None}, None),
        ({"oidc_allow_http": False}, None),
        ({"oidc_mapping": Path("/nowhere/mapping.json")}, None),
        ({}, "not json"),
        ({}, "[]"),
        ({}, "{}"),
        ({}, '{"roles": {}}'),
        ({}, '{"roles": {"officer": []}}'),
        ({}, '{"roles": {"officer": ["*"]}}'),
        ({}, '{"roles": {"officer": ["match"], "officer": ["admin"]}}'),
        ({}, '{"roles": {"officer": ["match"]}, "default": ["match"]}'),
    ],
)
def test_settings_by_halves_are_refused(
    tmp_path: Path, other: dict[str, Any], mapping: str | None
) -> None:
    """The service does not start in a way that nobody has meant."""
    with serving() as issuer:
        settings = trusting(tmp_path, issuer, **other)
    if mapping is not None:
        (tmp_path / "mapping.json").write_text(mapping)
    with pytest.raises(StorageError) as caught, open_tools(settings):
        pass
    assert caught.value.code == "oidc_unusable"
