"""Puts the console into an application: routers, error pages, headers, what it knows."""

from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.console import (
    about,
    account,
    assets,
    doors,
    drafts,
    imports,
    listings,
    listings_people,
    match,
    officers,
    outcomes,
    people,
    people_register,
    planning,
    referral,
    today,
)
from service.console.failures import error_page
from service.console.headers import ConsoleHeaders
from service.console.state import ConsoleState

_MODULES: Final = (
    assets,
    doors,
    today,
    match,
    people_register,
    people,
    listings,
    listings_people,
    imports,
    planning,
    outcomes,
    referral,
    account,
    officers,
    about,
    drafts,
)


def install(app: FastAPI, state: ConsoleState) -> None:
    """Add every page to `app`."""
    routes = [route for module in _MODULES for route in module.router.routes]
    state.paths = frozenset(route.path for route in routes if isinstance(route, APIRoute))
    app.state.console, app.state.error_page = state, error_page
    app.add_middleware(ConsoleHeaders)
    for module in _MODULES:
        app.include_router(module.router)
