"""A person who has signed in elsewhere: what their token says, and what that is worth here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.domain.access import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedToken:
    """What a token says whose issuer, signature, audience and times have been checked.

    expires_at: aware. claims: as the issuer wrote them; what they are worth decides the mapping.
    """

    issuer: str
    subject: str
    expires_at: datetime
    claims: Mapping[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMapping:
    """What claims are worth here. Nothing that is not named is worth anything.

    organisation_claim, roles_claim: a claim's name, or a path of names joined by dots.
    organisations: claim value to organisation id; None where the value is the id itself.
    scopes: by role.
    """

    organisation_claim: str
    roles_claim: str
    organisations: Mapping[str, str] | None = None
    scopes: Mapping[str, frozenset[Scope]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person as the access log names them. The id says nothing of who it is.

    last_seen_at: to within some minutes, not of every request.
    """

    id: str
    issuer: str
    subject: str
    organisation_id: str
    first_seen_at: datetime
    last_seen_at: datetime
