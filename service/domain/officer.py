"""Officers who work in the console: roles, sessions, what they have begun to write."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from service.domain.access import Scope


class Role(StrEnum):
    """What somebody is in their organisation."""

    OFFICER = "officer"
    MANAGER = "manager"
    ADMIN = "admin"


_OFFICER: Final = frozenset(
    {
        Scope.LISTINGS_READ,
        Scope.RETURNEES_READ,
        Scope.RETURNEES_WRITE,
        Scope.MATCH,
        Scope.OUTCOMES_READ,
        Scope.OUTCOMES_WRITE,
        Scope.RESTRICTED,
    }
)
_MANAGER: Final = _OFFICER | {Scope.LISTINGS_WRITE, Scope.INSIGHTS_READ}
SCOPES: Final = {
    Role.OFFICER: _OFFICER,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _MANAGER | {Scope.ADMIN},
}
"""What each role may do: an officer sits with people, a manager plans and brings files in as well,
an admin also makes accounts and keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """An account. locale: a language of the console, None until one was chosen.

    office: how to reach the office, line by line, as it stands on sheets.
    """

    id: str
    organisation_id: str
    username: str
    name: str
    role: Role
    created_at: datetime
    locale: str | None = None
    disabled: bool = False
    office: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerChange:
    """What is to become of an account; None leaves a field as it is stored by then."""

    role: Role | None = None
    locale: str | None = None
    disabled: bool | None = None
    office: tuple[str, ...] | None = None
    password_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An officer at a browser. Moments are aware.

    seen_at: of the last request that did something. locked: by the officer, or for idleness.
    """

    officer: Officer
    seen_at: datetime
    ends_at: datetime
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Attempts:
    """Sign-ins that failed in a row. not_before: until then no other is looked at."""

    failures: int
    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Draft:
    """What an officer has typed into a form and not sent. fields: values by name, in order."""

    fields: dict[str, tuple[str, ...]]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftKey:
    """Whose draft of which form. about: the stored person it is about, with whom it goes."""

    officer_id: str
    form: str
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was sent. location: where its result stands, None while it is being made."""

    fresh: bool
    location: str | None = None
