"""What the API tests share: every route with the scope it needs, problems, what is stored."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from service.ports import Tools
from service.usecases.manage_keys import FIRST_ORGANISATION

JSON = dict[str, Any]

JOB: JSON = {"kind": "job", "title": "Mason", "country": "BD", "skills": ["lay brick walls"]}
PERSON: JSON = {"text": "I lay bricks and plaster walls", "home_country": "BD"}
QUESTION: JSON = {"text": "I lay bricks and plaster walls", "home_country": "BD"}

KeyMaker = Callable[..., str]
"""Makes a key with the given scopes and returns its Authorization header."""


class Response(Protocol):
    """What is looked at of an answer, whichever HTTP library the test client brings."""

    @property
    def status_code(self) -> int:
        """The status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, whatever their case."""
        ...

    @property
    def text(self) -> str:
        """The body as text."""
        ...

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON."""
        ...


@dataclass(frozen=True)
class Route:
    """One route: how to call it, and the scopes it needs."""

    method: str
    path: str
    scopes: tuple[str, ...]
    body: JSON | None = None
    query: str = ""

    def url(self) -> str:
        """Return the path with names filled in that exist nowhere."""
        return re.sub(r"\{\w+\}", "nowhere", self.path) + self.query


CORRIDOR: JSON = {
    "origin": "NP",
    "destination": "LY",
    "reason": "No labour agreement.",
    "source": "a test",
}
OUTCOME: JSON = {"returnee": "ret_nowhere", "listing": "lst_nowhere", "outcome": "referred"}
REFERRAL: JSON = QUESTION | {"listings": ["lst_nowhere"]}
SUBSCRIPTION: JSON = {
    "kind": "listings",
    "url": "https://partner.example/alerts",
    "text": "I lay bricks and plaster walls",
    "home_country": "BD",
}
ROUTES = (
    Route("GET", "/v1/listings", ("listings:read",)),
    Route("GET", "/v1/listings/{listing_id}", ("listings:read",)),
    Route(
        "GET",
        "/v1/listings/{listing_id}/candidates",
        ("match", "listings:read", "returnees:read"),
    ),
    Route("GET", "/v1/listings/{source}/{external_id}", ("listings:read",)),
    Route("PUT", "/v1/listings/{source}/{external_id}", ("listings:write",), JOB),
    Route("DELETE", "/v1/listings/{source}/{external_id}", ("listings:write",)),
    Route("POST", "/v1/match", ("match",), QUESTION),
    Route("POST", "/v1/match:batch", ("match",), {"items": [QUESTION]}),
    Route("GET", "/v1/returnees/{returnee_id}/matches", ("match", "returnees:read")),
    Route("GET", "/v1/returnees/{returnee_id}/pathways", ("match", "returnees:read")),
    Route("POST", "/v1/referrals", ("match",), REFERRAL),
    Route("GET", "/v1/corridors", ()),
    Route("POST", "/v1/corridors", ("corridors:write",), CORRIDOR),
    Route("GET", "/v1/corridors/{corridor_id}", ()),
    Route("PUT", "/v1/corridors/{corridor_id}", ("corridors:write",), CORRIDOR),
    Route("DELETE", "/v1/corridors/{corridor_id}", ("corridors:write",)),
    Route("GET", "/v1/corridors/{corridor_id}/history", ()),
    Route("POST", "/v1/imports", ("listings:write",), JOB, "?kind=listings&dry_run=true"),
    Route("GET", "/v1/imports", ()),
    Route("GET", "/v1/imports/{import_id}", ()),
    Route("GET", "/v1/imports/{import_id}/rows", ()),
    Route("GET", "/v1/imports/{import_id}/refused.csv", ()),
    Route("POST", "/v1/outcomes", ("outcomes:write",), OUTCOME),
    Route("GET", "/v1/outcomes", ("outcomes:read",)),
    Route("GET", "/v1/outcomes/{outcome_id}", ("outcomes:read",)),
    Route("DELETE", "/v1/outcomes/{outcome_id}", ("outcomes:write",)),
    Route("GET", "/v1/markets", ("match",)),
    Route("GET", "/v1/insights/skill-gaps", ("insights:read",)),
    Route("GET", "/v1/returnees", ("returnees:read",)),
    Route("POST", "/v1/returnees", ("returnees:write",), PERSON),
    Route("GET", "/v1/returnees/{returnee_id}", ("returnees:read",)),
    Route("PATCH", "/v1/returnees/{returnee_id}", ("returnees:write",), {"region": "Dhaka"}),
    Route("DELETE", "/v1/returnees/{returnee_id}", ("returnees:write",)),
    Route("GET", "/v1/returnees/{source}/{external_id}", ("returnees:read",)),
    Route("PUT", "/v1/returnees/{source}/{external_id}", ("returnees:write",), PERSON),
    Route("GET", "/v1/access-log", ("admin",)),
    Route("GET", "/v1/subscriptions", ("subscriptions",)),
    Route("POST", "/v1/subscriptions", ("subscriptions", "match", "listings:read"), SUBSCRIPTION),
    Route("GET", "/v1/subscriptions/{subscription_id}", ("subscriptions",)),
    Route("PUT", "/v1/subscriptions/{subscription_id}", ("subscriptions",), SUBSCRIPTION),
    Route("DELETE", "/v1/subscriptions/{subscription_id}", ("subscriptions",)),
    Route("POST", "/v1/subscriptions/{subscription_id}/secret", ("subscriptions",)),
    Route("POST", "/v1/subscriptions/{subscription_id}/test", ("subscriptions",)),
    Route("GET", "/v1/subscriptions/{subscription_id}/deliveries", ("subscriptions",)),
    Route(
        "POST",
        "/v1/subscriptions/{subscription_id}/deliveries/{event_id}/replay",
        ("subscriptions",),
    ),
    Route("GET", "/v1/keys", ("admin",)),
    Route("POST", "/v1/keys", ("admin",), {"name": "partner", "scopes": ["match"]}),
    Route("DELETE", "/v1/keys/{key_id}", ("admin",)),
    Route("GET", "/v1/organisations", ("admin",)),
    Route("POST", "/v1/organisations", ("admin",), {"id": "north-ngo", "name": "North"}),
)
OPEN = ("/healthz", "/readyz", "/metrics")

EVERY_ROUTE = {f"{route.method} {route.path}": route for route in ROUTES}
# The path that takes files reads anything that is a file, and refuses it by its own codes.
WRITING = [route for route in ROUTES if route.body is not None and "imports" not in route.path]


def problem(response: Response, status: int, code: str) -> JSON:
    """Check that an answer is a whole problem of this status and code; return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: JSON = response.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["type"] == f"urn:homeward:problem:{code}"
    assert body["request_id"] == response.headers["x-request-id"]
    return body


def errors(response: Response, code: str = "invalid_input") -> dict[str, str]:
    """Check that an answer refuses bad input; return detail by pointer."""
    body = problem(response, 422, code)
    return {one["pointer"]: one["detail"] for one in body["errors"]}


def stored(tools: Tools) -> tuple[object, ...]:
    """Return everything that is stored and searched, to be compared before and after."""
    store = tools.store
    keys = [replace(key, last_used_at=None) for key in store.keys(None)]
    organisations = store.organisations()
    people = [
        store.page_of_people(one.id, after=0, limit=100_000, where={}) for one in organisations
    ]
    return (
        store.page_of_listings(after=0, limit=100_000, where={}),
        store.listing_changes(0, 100_000),
        people,
        store.page_of_corridors(after=0, limit=100_000, origin=None, destination=None),
        [store.page_of_subscriptions(one.id, after=0, limit=100_000) for one in organisations],
        keys,
        organisations,
        tools.index.state,
    )


def first_organisation_people(tools: Tools) -> int:
    """Return how many people the first organisation has."""
    return len(
        tools.store.page_of_people(FIRST_ORGANISATION, after=0, limit=100_000, where={}).items
    )
