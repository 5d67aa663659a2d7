"""Dependencies of every route: the open tools, and a caller with the right scope."""

import threading
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from service.domain.access import Caller, Scope
from service.domain.errors import (
    FieldProblem,
    ForbiddenError,
    HomewardError,
    InvalidInputError,
    NotReadyError,
    RateLimitedError,
    UnauthenticatedError,
)
from service.ports import Tools
from service.usecases.manage_keys import authenticate
from service.web.suggest import nearest_name

_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key made with POST /v1/keys or `homeward keys create`. The scopes that an "
    "operation needs stand beside it.",
)


class ToolsHolder:
    """Holds the tools once they are open; until then the service is not ready."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._tools: Tools | None = None
        self._failed: HomewardError | None = None
        self.stopping = threading.Event()

    def ready(self, tools: Tools) -> None:
        """Begin to serve."""
        self._tools = tools

    def failed(self, error: HomewardError) -> None:
        """Tell every caller why there is nothing to serve with."""
        self._failed = error

    def get(self) -> Tools:
        """Return the tools; raise NotReadyError, or why they could not be opened."""
        if self._tools is None:
            raise self._failed or NotReadyError()
        return self._tools


class KeyLimiter:
    """Counts requests per key over a moving minute, in this process."""

    def __init__(self, per_minute: int) -> None:
        """Allow `per_minute` requests a minute and key; 0 means any number."""
        self.per_minute = per_minute
        self._item = RateLimitItemPerMinute(max(per_minute, 1))
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, key_id: str, now: float) -> tuple[dict[str, str], int | None]:
        """Count one request; return the RateLimit headers, and seconds to wait if refused."""
        if not self.per_minute:
            return {}, None
        allowed = self._limiter.hit(self._item, key_id)
        stats = self._limiter.get_window_stats(self._item, key_id)
        reset = max(1, round(stats.reset_time - now))
        headers = {
            "RateLimit-Policy": f'"key";q={self.per_minute};w=60',
            "RateLimit": f'"key";r={stats.remaining};t={reset}',
        }
        return headers, None if allowed else reset


def tools_of(request: Request) -> Tools:
    """Return the open tools of this application."""
    holder: ToolsHolder = request.app.state.tools
    return holder.get()


ToolsDep = Annotated[Tools, Depends(tools_of)]


def caller_of(
    request: Request,
    response: Response,
    tools: ToolsDep,
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Return who calls, within the rate of their key."""
    if sent is None:
        raise UnauthenticatedError
    caller = authenticate(tools, sent.credentials)
    limiter: KeyLimiter = request.app.state.limiter
    headers, wait = limiter.count(caller.key_id, tools.clock.now().timestamp())
    response.headers.update(headers)
    # For answers that are errors: those are not built from `response`.
    request.state.caller, request.state.rate_headers = caller, headers
    if wait is not None:
        raise RateLimitedError(wait)
    return caller


CallerDep = Annotated[Caller, Depends(caller_of)]


class WithScope:
    """A dependency that lets in callers who hold all of `scopes`."""

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        """Ask for all of `scopes`; the OpenAPI document names them."""
        self.scopes = scopes

    def __call__(self, caller: CallerDep) -> Caller:
        """Return the caller; raise ForbiddenError naming the first scope that lacks."""
        for scope in self.scopes:
            if not caller.may(scope):
                message = f'This key lacks the scope "{scope.value}".'
                raise ForbiddenError(message)
        return caller


def with_scope(*scopes: Scope) -> WithScope:
    """Return a dependency that lets in callers who hold all of `scopes`."""
    return WithScope(scopes)


def only_known_parameters(request: Request, _: CallerDep) -> None:
    """Refuse a query parameter this route does not have, naming the nearest it has.

    Callers without a key are refused first, and learn nothing.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = [field.alias for field in route.dependant.query_params]
    problems = tuple(
        FieldProblem(f"query:{name}", f"There is no such parameter.{nearest_name(name, known)}")
        for name in dict.fromkeys(request.query_params)
        if name not in known
    )
    if problems:
        raise InvalidInputError(f"{problems[0].pointer}: {problems[0].detail}", problems=problems)
