"""Who may do what: organisations, keys and scopes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.errors import ForbiddenError


class Scope(StrEnum):
    """What a key may do. `admin` includes every other scope."""

    ADMIN = "admin"
    LISTINGS_READ = "listings:read"
    LISTINGS_WRITE = "listings:write"
    RETURNEES_READ = "returnees:read"
    RETURNEES_WRITE = "returnees:write"
    MATCH = "match"
    CORRIDORS_WRITE = "corridors:write"
    INSIGHTS_READ = "insights:read"
    OUTCOMES_READ = "outcomes:read"
    OUTCOMES_WRITE = "outcomes:write"
    SUBSCRIPTIONS = "subscriptions"
    RESTRICTED = "restricted"
    METRICS_READ = "metrics:read"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A ministry, NGO, training centre or job board."""

    id: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key's record; the secret itself is never stored."""

    id: str
    organisation_id: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    former_until: datetime | None = None
    """Until when the secret before the last rotation opens as well; None without a rotation."""

    def valid_at(self, moment: datetime) -> bool:
        """Tell whether the key opens anything at `moment` (timezone-aware UTC)."""
        if self.revoked_at is not None:
            return False
        return self.expires_at is None or moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Caller:
    """The authenticated caller of one request."""

    key_id: str
    """Of the key, or of the person (`Principal`) where they have signed in."""
    organisation_id: str
    scopes: frozenset[Scope]
    signed_in: bool = False
    """Whether it is a person with a token, not a program with a key."""

    def may(self, scope: Scope) -> bool:
        """Tell whether the caller holds `scope`, itself or through `admin`."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, *scopes: Scope) -> None:
        """Raise ForbiddenError, naming the first of `scopes` that the caller does not hold."""
        for scope in scopes:
            if not self.may(scope):
                held_by = "Your role" if self.signed_in else "This key"
                message = f'{held_by} lacks the scope "{scope.value}".'
                raise ForbiddenError(message)
