"""What the claims of a person's token are worth here: an organisation, and scopes by role."""

from collections.abc import Mapping
from typing import Any

from service.domain.access import Scope
from service.domain.token import ClaimMapping


def organisation_of(claims: Mapping[str, Any], mapping: ClaimMapping) -> str | None:
    """Return the id of the organisation that claims name; None where they name none or several."""
    named = set(_values(claims, mapping.organisation_claim))
    if len(named) != 1:
        return None
    value = named.pop()
    return value if mapping.organisations is None else mapping.organisations.get(value)


def scopes_of(claims: Mapping[str, Any], mapping: ClaimMapping) -> frozenset[Scope]:
    """Return the scopes of all roles that claims name, none for a role nobody has mapped."""
    roles = _values(claims, mapping.roles_claim)
    return frozenset[Scope]().union(*(mapping.scopes.get(role, ()) for role in roles))


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the texts under a claim: of a list each, of a text each word (as `scope` has it)."""
    found = _found(claims, path)
    if isinstance(found, str):
        return found.split()
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _found(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON
    # A claim's name may hold dots itself, as https://id.example/roles does.
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
