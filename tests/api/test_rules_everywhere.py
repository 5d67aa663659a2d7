"""Every path that shows listings or people holds every hard rule.

The paths are read off the API's own description: one that is added and answers with a listing
or a person fails here until it is walked through below, or its exemption is written down.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from service.domain.listing import Kind, Listing
from service.domain.records import Put
from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.put_listings import put_listing
from service.wiring import open_tools
from tests.api.support import JSON, problem
from tests.conftest import ADMIN, client_over, settings_in

SHOWS: Final = {"MatchListing", "ListingOut", "ReturneeOut", "ReferralOption"}
"""Schemas by which an answer shows a listing or a person."""

EXEMPT: Final = {
    "GET /v1/listings": "the register itself, for those who keep it",
    "GET /v1/listings/{listing_id}": "the register itself",
    "GET /v1/listings/{source}/{external_id}": "an owner's own record",
    "PUT /v1/listings/{source}/{external_id}": "echoes what its owner wrote",
    "GET /v1/returnees": "the organisation's own people, not an offer",
    "POST /v1/returnees": "echoes what was written",
    "GET /v1/returnees/{returnee_id}": "the organisation's own person",
    "GET /v1/returnees/{source}/{external_id}": "the organisation's own person",
    "PUT /v1/returnees/{source}/{external_id}": "echoes what was written",
    "PATCH /v1/returnees/{returnee_id}": "echoes what was written",
    "GET /v1/insights/skill-gaps": "trainings for a whole group, offered to nobody in it",
}

WORDS = "I lay bricks, plaster walls and set tiles, ten years as a mason"
PERSON: JSON = {
    "text": WORDS,
    "home_country": "BD",
    "lat": 23.8,
    "lon": 90.4,
    "birth_year": 1970,
    "consent": {"matching": True},
}
FARMER = "I planted rice and looked after goats on my farm"
"""To whom a mason's job is a stretch that a mason's course opens."""
MASON: JSON = {
    "kind": "job",
    "title": "Mason",
    "country": "BD",
    "skills": ["lay bricks", "plaster walls", "set tiles"],
}
COURSE: JSON = {
    "kind": "training",
    "title": "Mason's course",
    "country": "BD",
    "outcomes": ["mason", "lay bricks", "plaster walls", "read drawings"],
}

Wishes = dict[str, Any]
RULES: Final[dict[str, tuple[JSON, Wishes]]] = {
    "veto by code": (MASON | {"isco08": "7112"}, {"vetoes": [{"isco08": "71"}]}),
    "veto by word": (MASON, {"vetoes": [{"text": "mason"}]}),
    "veto in another language": (MASON, {"vetoes": [{"text": "রাজমিস্ত্রি"}]}),
    "veto of look-alike letters": (
        MASON | {"title": "M\u0430s\u043en"},
        {"vetoes": [{"text": "mason"}]},
    ),
    "veto in the market": (MASON, {"vetoes": [{"text": "mason", "market": "local"}]}),
    "veto of a training": (COURSE, {"vetoes": [{"text": "mason"}]}),
    "closed corridor": (MASON | {"country": "AE", "visa_class": "work visa"}, {}),
    "closed corridor, no visa named": (MASON | {"country": "AE"}, {}),
    "unwanted country": (MASON | {"country": "QA"}, {"exclude_countries": ["QA"]}),
    "not a wanted country": (MASON | {"country": "QA"}, {"countries": ["SA"]}),
    "too far": (MASON | {"lat": 22.3, "lon": 91.8}, {"max_distance_km": 50}),
    "too far by its region": (MASON | {"region": "Chattogram"}, {"max_distance_km": 50}),
    "below the floor": (
        MASON | {"wage_max": 9000, "wage_currency": "BDT"},
        {"min_wage": {"amount": 10_000, "currency": "BDT"}},
    ),
    "below the floor in other money": (
        MASON | {"country": "SA", "wage_max": 300, "wage_currency": "SAR"},
        {"min_wage": {"amount": 30_000, "currency": "BDT"}},
    ),
    "unknown wage, where asked": (
        MASON,
        {"min_wage": {"amount": 1, "currency": "BDT", "known_only": True}},
    ),
}


def _match(api: TestClient, person: JSON) -> str:
    profile = {name: value for name, value in person.items() if name != "consent"}
    answer = api.post("/v1/match", json={"profile": profile, "limit": 100})
    assert answer.status_code == 200, answer.text
    return _shown(answer.json())


def _stored(path: str) -> Callable[[TestClient, JSON], str]:
    def walk(api: TestClient, person: JSON) -> str:
        name = api.put("/v1/returnees/rules/person", json=person).json()["id"]
        answer = api.get(path.format(returnee_id=name))
        assert answer.status_code == 200, answer.text
        return _shown(answer.json())

    return walk


def _sought(api: TestClient, person: JSON) -> str:
    """Return every listing that finds the person, asked from its side."""
    name = api.put("/v1/returnees/rules/person", json=person).json()["id"]
    found = []
    for listing in api.get("/v1/listings?limit=100").json()["items"]:
        answer = api.get(f"/v1/listings/{listing['id']}/candidates")
        assert answer.status_code == 200, answer.text
        if name in json.dumps(answer.json()["items"]):
            found.append(listing["id"])
    return json.dumps(found)


def _printed(api: TestClient, person: JSON) -> str:
    """Return every listing that can be put on a sheet for the person, and what else is on it."""
    profile = {name: value for name, value in person.items() if name != "consent"}
    found = []
    for listing in api.get("/v1/listings?limit=100").json()["items"]:
        body = {"profile": profile, "listings": [listing["id"]]}
        answer = api.post("/v1/referrals", json=body, headers={"Accept": "application/json"})
        if answer.status_code == 200:
            found.append(answer.json())
        else:
            problem(answer, 409, "option_blocked")
    return json.dumps(found)


def _shown(answer: JSON) -> str:
    """Return all that an answer shows but what it says was kept out."""
    return json.dumps({name: value for name, value in answer.items() if name != "blocked"})


PATHS: Final[dict[str, Callable[[TestClient, JSON], str]]] = {
    "POST /v1/match": _match,
    "GET /v1/returnees/{returnee_id}/matches": _stored("/v1/returnees/{returnee_id}/matches"),
    "GET /v1/returnees/{returnee_id}/pathways": _stored("/v1/returnees/{returnee_id}/pathways"),
    "GET /v1/listings/{listing_id}/candidates": _sought,
    "POST /v1/referrals": _printed,
}


@pytest.fixture(scope="module")
def board_tools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tools]:
    """Tools of a service with no listings."""
    with open_tools(settings_in(tmp_path_factory.mktemp("rules"))) as tools:
        ensure_first_key(tools, ADMIN)
        yield tools


@pytest.fixture(scope="module")
def board(board_tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service with a job that no rule keeps out."""
    for api in client_over(board_tools, settings_in(tmp_path_factory.mktemp("unused"))):
        helper = MASON | {"title": "Store keeper", "skills": ["keep stock", "read drawings"]}
        api.put("/v1/listings/rules/allowed", json=helper)
        for country in ("BD", "NP"):
            api.put(f"/v1/listings/rules/{country}", json=COURSE | {"country": country})
        yield api


def _names(schema: Any, schemas: JSON, seen: set[str]) -> set[str]:  # noqa: ANN401 - any JSON
    """Return the names of all schemas one leads to."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            name = reference.rsplit("/", 1)[1]
            if name not in seen:
                seen.add(name)
                _names(schemas[name], schemas, seen)
        for value in schema.values():
            _names(value, schemas, seen)
    elif isinstance(schema, list):
        for value in schema:
            _names(value, schemas, seen)
    return seen


def test_every_path_that_shows_listings_or_people_is_known(board: TestClient) -> None:
    """A path added later without the rules fails here."""
    described = board.get("/openapi.json").json()
    schemas = described["components"]["schemas"]
    showing = {
        f"{method.upper()} {path}"
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if SHOWS & _names(operation.get("responses", {}), schemas, set())
    }
    assert showing == set(PATHS) | set(EXEMPT)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("rule", RULES)
def test_every_rule_holds_on_every_path(board: TestClient, path: str, rule: str) -> None:
    """What a rule takes out is shown nowhere but among what was kept out."""
    listing, wishes = RULES[rule]
    name = board.put("/v1/listings/rules/refused", json=listing).json()["id"]
    person = PERSON | {"text": FARMER} if "pathways" in path else PERSON
    try:
        # Without the rule it is there, or there would be nothing to take out: no wishes, and for
        # the closed corridors somebody to whom they are open.
        free = person if wishes else person | {"home_country": "NP"}
        assert name in PATHS[path](board, free)
        assert name not in PATHS[path](board, person | {"preferences": wishes})
    finally:
        board.delete("/v1/listings/rules/refused")


@pytest.mark.parametrize("path", [path for path in PATHS if "{returnee_id}" in path])
@pytest.mark.parametrize("consent", [{}, {"matching": False}])
def test_without_consent_nothing_is_shown(board: TestClient, path: str, consent: JSON) -> None:
    """No path answers for somebody who has not agreed."""
    person = PERSON | {"consent": consent}
    name = board.put("/v1/returnees/rules/person", json=person).json()["id"]
    url = path.split(" ")[1].format(returnee_id=name)
    problem(board.get(url), 403, "consent_missing")


def test_without_consent_nobody_is_found(board: TestClient) -> None:
    """Asked from the listing's side, who has not agreed or no longer agrees is not there."""
    assert len(json.loads(_sought(board, PERSON))) > 1
    for consent in ({}, {"matching": False}):
        assert _sought(board, PERSON | {"consent": consent}) == "[]"


@pytest.mark.parametrize("path", PATHS)
def test_what_has_closed_is_shown_nowhere(board: TestClient, board_tools: Tools, path: str) -> None:
    """A listing is gone the day after its last, though it is still stored."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for ends, shown in ((yesterday + timedelta(days=2), True), (yesterday, False)):
        content = Listing(
            kind=Kind.JOB,
            title="Mason",
            country="BD",
            skills=("lay bricks", "read drawings"),
            valid_through=ends,
        )
        put = Put(
            organisation_id=FIRST_ORGANISATION, content=content, source="rules", external_id="ends"
        )
        name = put_listing(board_tools, put).record.id
        assert (name in _match(board, PERSON)) is shown
    assert name not in PATHS[path](board, PERSON)
    board.delete("/v1/listings/rules/ends")
