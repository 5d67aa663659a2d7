"""What claims are worth: only what the mapping names."""

from typing import Any

import pytest

from service.domain.access import Scope
from service.domain.token import ClaimMapping
from service.rules.roles import organisation_of, scopes_of

MATCH = frozenset({Scope.MATCH})
LISTINGS = frozenset({Scope.LISTINGS_READ})


def mapping(path: str, **other: Any) -> ClaimMapping:  # noqa: ANN401 - fields of the mapping
    """Return a mapping whose claims are both found at `path`."""
    scopes = {"officer": MATCH, "reader": LISTINGS}
    return ClaimMapping(organisation_claim=path, roles_claim=path, scopes=scopes, **other)


@pytest.mark.parametrize(
    ("path", "claims", "scopes"),
    [
        ("roles", {"roles": ["officer"]}, MATCH),
        ("roles", {"roles": ["officer", "reader", "other", 7, None]}, MATCH | LISTINGS),
        ("scope", {"scope": "openid officer"}, MATCH),
        ("realm_access.roles", {"realm_access": {"roles": ["reader"]}}, LISTINGS),
        ("https://id.example/roles", {"https://id.example/roles": ["reader"]}, LISTINGS),
        ("realm_access.roles", {"realm_access": ["officer"]}, frozenset()),
        ("realm_access.roles", {"realm_access": {"roles": {"officer": 1}}}, frozenset()),
        ("roles", {}, frozenset()),
        ("roles", {"roles": None}, frozenset()),
        ("roles", {"roles": True}, frozenset()),
        ("roles", {"roles": ["admin", "match"]}, frozenset()),
    ],
)
def test_scopes_of_roles(path: str, claims: dict[str, Any], scopes: frozenset[Scope]) -> None:
    """Whatever stands there, only mapped roles are worth anything, and never by their mere name."""
    assert scopes_of(claims, mapping(path)) == scopes


@pytest.mark.parametrize(
    ("value", "mapped", "organisation"),
    [
        ("north", None, "north"),
        (["north"], None, "north"),
        (["north", "north"], None, "north"),
        (["north", "south"], None, None),
        ("ou-1", {"ou-1": "north"}, "north"),
        ("north", {"ou-1": "north"}, None),
        ("", None, None),
        (7, None, None),
        (None, None, None),
    ],
)
def test_one_organisation(value: object, mapped: Any, organisation: str | None) -> None:  # noqa: ANN401
    """Somebody belongs to one organisation, or to none that is known."""
    found = organisation_of({"org": value}, mapping("org", organisations=mapped))
    assert found == organisation
