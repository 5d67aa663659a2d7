"""What one application's console knows: its rules, and what stands in its navigation."""

from dataclasses import dataclass, field
from typing import Final

from fastapi import Request

from service.console.languages import N_
from service.domain.access import Scope
from service.domain.officer import Officer
from service.usecases.import_records import Contract
from service.usecases.sign_in import SessionRules, caller_of_officer


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place of the navigation. scopes: who lacks one of them does not see it."""

    path: str
    label: str
    scopes: tuple[Scope, ...] = ()


NAVIGATION: Final = (
    NavItem("/console/", N_("Today")),
    NavItem("/console/match", N_("Match"), (Scope.MATCH,)),
    NavItem("/console/people", N_("People"), (Scope.RETURNEES_READ,)),
    NavItem("/console/listings", N_("Listings"), (Scope.LISTINGS_READ,)),
    NavItem("/console/import", N_("Import"), (Scope.LISTINGS_WRITE,)),
    NavItem("/console/planning", N_("Planning"), (Scope.INSIGHTS_READ,)),
)
"""A place is shown once a router has its path, so nothing leads to what is not there."""


@dataclass(slots=True)
class ConsoleState:
    """Held in `app.state.console`. secure: None, as each request came. pseudo: for tests.

    contract: what a listing written by hand is held against, as those that are sent are.
    """

    rules: SessionRules
    default_language: str
    secure: bool | None
    contract: Contract
    paths: frozenset[str] = field(default_factory=frozenset)
    pseudo: bool = False

    def nav(self, officer: Officer | None) -> list[NavItem]:
        """Return the places this officer may go to."""
        if officer is None:
            return []
        caller = caller_of_officer(officer)
        return [
            one
            for one in NAVIGATION
            if one.path in self.paths and all(caller.may(scope) for scope in one.scopes)
        ]


def state_of(request: Request) -> ConsoleState:
    """Return what the console of this application knows."""
    state: ConsoleState = request.app.state.console
    return state
