"""Dependencies of every route: the open tools, and a caller with the right scope."""

import threading
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from service.domain.access import Caller, Scope
from service.domain.errors import (
    FieldProblem,
    HomewardError,
    InvalidInputError,
    NotReadyError,
    RateLimitedError,
    UnauthenticatedError,
)
from service.ports import Tools
from service.usecases.identify_caller import caller_presenting
from service.usecases.manage_keys import authenticated_at_hand
from service.web.suggest import nearest_name

_WINDOW_S: Final = 60
_bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="key",
    description="A key made with POST /v1/keys or `homeward keys create`, or a token of the issuer "
    "that is trusted here. The scopes that an operation needs stand beside it.",
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

    def count(self, key_id: str, now: float, cost: int = 1) -> tuple[dict[str, str], int | None]:
        """Count `cost` requests, all or none.

        Returns the RateLimit headers, and seconds to wait if refused.
        """
        if not self.per_minute:
            return {}, None
        allowed = self._limiter.hit(self._item, key_id, cost=cost)
        stats = self._limiter.get_window_stats(self._item, key_id)
        reset = max(1, round(stats.reset_time - now))
        headers = {
            "RateLimit-Policy": f'"key";q={self.per_minute};w={_WINDOW_S}',
            "RateLimit": f'"key";r={stats.remaining};t={reset}',
        }
        # One fits as soon as the oldest has passed; of several all that is sure is a whole window.
        return headers, None if allowed else (reset if cost == 1 else _WINDOW_S)


def tools_of(request: Request) -> Tools:
    """Return the open tools of this application."""
    holder: ToolsHolder = request.app.state.tools
    return holder.get()


async def _tools_on_the_loop(request: Request) -> Tools:
    return tools_of(request)


ToolsDep = Annotated[Tools, Depends(_tools_on_the_loop)]
"""Like every dependency here that waits for nothing a coroutine: FastAPI takes plain functions to a
thread each, and the way there and back cost more than half of an answer given again."""


def admit(request: Request) -> Caller:
    """Return who calls, within their rate: of a key, or of a person who has signed in.

    Nobody else is told what else is wrong.

    Raises NotReadyError, UnauthenticatedError, RateLimitedError, and what `caller_presenting` does.
    """
    return _let_in(request, caller_presenting(tools_of(request), _presented(request)))


def admit_at_once(request: Request) -> bool:
    """Admit a caller whose key is at hand, without waiting; tell whether it was.

    Raises NotReadyError, UnauthenticatedError and RateLimitedError.
    """
    caller = authenticated_at_hand(tools_of(request), _presented(request))
    if caller is not None:
        _let_in(request, caller)
    return caller is not None


def _presented(request: Request) -> str:
    scheme, secret = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer" or not secret:
        raise UnauthenticatedError
    return secret


def _let_in(request: Request, caller: Caller) -> Caller:
    request.state.caller = caller
    count(request, 1)
    return caller


def count(request: Request, cost: int) -> None:
    """Count requests of this caller's key, all of them or none; raise RateLimitedError."""
    limiter: KeyLimiter = request.app.state.limiter
    now = tools_of(request).clock.now().timestamp()
    # The edge writes them on whatever the answer will be.
    request.state.rate_headers, wait = limiter.count(request.state.caller.key_id, now, cost)
    if wait is not None:
        raise RateLimitedError(wait)


def count_questions(request: Request, questions: int) -> None:
    """Count a request that asks several things as that many, before any of it is begun.

    Raises RateLimitedError, and InvalidInputError for more than ever fit.
    """
    most = request.app.state.limiter.per_minute
    if most and questions > most:
        detail = f"{questions:,} questions never fit: this service takes {most:,} a minute and key."
        problem = FieldProblem("/items", f"{detail} Send fewer at a time.")
        raise InvalidInputError(problem.detail, code="batch_beyond_rate", problems=(problem,))
    if questions > 1:
        # The request itself was counted at the door.
        count(request, questions - 1)


async def caller_of(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """Return who calls, whom the edge has let in."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller if caller is not None else await run_in_threadpool(admit, request)


CallerDep = Annotated[Caller, Depends(caller_of)]


class WithScope:
    """A dependency that lets in callers who hold all of `scopes`."""

    def __init__(self, scopes: tuple[Scope, ...]) -> None:
        """Ask for all of `scopes`; the OpenAPI document names them."""
        self.scopes = scopes

    async def __call__(self, caller: CallerDep) -> Caller:
        """Return the caller; raise ForbiddenError naming the first scope that lacks."""
        caller.require(*self.scopes)
        return caller


def with_scope(*scopes: Scope) -> WithScope:
    """Return a dependency that lets in callers who hold all of `scopes`."""
    return WithScope(scopes)


async def only_known_parameters(request: Request, _: CallerDep) -> None:
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
