"""The one place where accesses are noted: a route declares its action, the edge writes the line.

A route has a parameter `Annotated[Shown, Depends(Accessing(Action.…))]` and says on it whose
record it showed. The edge reads the declaration off the route, so that a refusal leaves a line as
well, whichever check made it.
"""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from service.domain.access import Caller
from service.domain.audit import Access, Action
from service.domain.errors import StorageError
from service.ports import Tools

_log = structlog.get_logger(__name__)

FLUSH_EVERY_S: Final = 0.2
_MOST_WAITING: Final = 5_000
_ID: Final = re.compile(r"(ret|lst|imp|key|cor|out|sub|off)_[0-9a-f]{32}")
_FOUNDED: Final = re.compile(rf"{_ID.pattern}|[a-z0-9][a-z0-9-]{{1,60}}")
"""Organisations are named by people, in a form that a person's name may have as well."""
_ERROR: Final = 400
_NOTED_REFUSALS: Final = frozenset({403, 404, 409, 412, 500, 503})
"""Whoever is refused for the form of a request (400, 413, 415, 422) or its rate has met nobody."""


class Shown:
    """What a route says about the request it is answering."""

    def __init__(self, action: Action) -> None:
        """Begin with the action the route declares, and nobody."""
        self.action = action
        self.subjects: tuple[str, ...] = ()

    def of(self, *ids: str) -> None:
        """Note whose record, or which, this request is about. Ids only."""
        self.subjects += ids


class Accessing:
    """The declaration of a route's action, as a dependency that gives the route its `Shown`."""

    def __init__(self, action: Action, *, at_once: bool = False) -> None:
        """at_once: no answer leaves before the line is on disk (writes, erasure, exports)."""
        self.action = action
        self.at_once = at_once

    async def __call__(self, request: Request) -> Shown:
        """Return what the route writes on."""
        request.state.shown = Shown(self.action)
        shown: Shown = request.state.shown
        return shown


def declared(route: Any) -> Accessing | None:  # noqa: ANN401 - any kind of route
    """Return what a route declares, None for one that does not."""
    dependant = getattr(route, "dependant", None)
    for one in dependant.dependencies if dependant is not None else ():
        if isinstance(one.call, Accessing):
            return one.call
    return None


def _ids(said: Iterable[str], form: re.Pattern[str]) -> tuple[str, ...]:
    """Return each id once; routes and paths name whatever was sent, which may be any words."""
    return tuple(dict.fromkeys(one for one in said if form.fullmatch(one)))


class AccessLog:
    """Lines on their way to the store: a short queue, and whoever empties it."""

    def __init__(self, tools: Callable[[], Tools]) -> None:
        """Write to the store of the open tools."""
        self._tools = tools
        self._waiting: list[Access] = []
        self._guard = threading.Lock()
        self._writing = threading.Lock()

    async def note(self, scope: Any, status: int) -> None:  # noqa: ANN401 - an ASGI scope
        """Note a request that is about to be answered with `status`.

        Raises StorageError where its line had to be on disk at once and is not, and where so many
        lines wait that the log must be taken to be lost: what cannot be logged is not answered.
        """
        declaration = declared(scope.get("route"))
        caller: Caller | None = scope["state"].get("caller")
        refused = status >= _ERROR
        if declaration is None or caller is None or (refused and status not in _NOTED_REFUSALS):
            return
        with self._guard:
            self._waiting.append(self._line(scope, declaration, caller, refused=refused))
            full = len(self._waiting) > _MOST_WAITING
        if full or (declaration.at_once and not refused):
            await run_in_threadpool(self.flush)

    def _line(self, scope: Any, declaration: Accessing, caller: Caller, *, refused: bool) -> Access:  # noqa: ANN401 - an ASGI scope
        state = scope["state"]
        shown: Shown = state.get("shown") or Shown(declaration.action)
        tried = (str(value) for value in scope.get("path_params", {}).values())
        founded = declaration.action is Action.ORGANISATION_CREATE and not refused
        named = _ids(shown.subjects, _FOUNDED if founded else _ID)
        return Access(
            at=self._tools().clock.now(),
            organisation_id=caller.organisation_id,
            key_id=caller.key_id,
            action=shown.action,
            subjects=named or _ids(tried, _ID),
            refused=state.get("problem", "internal") if refused else None,
            request_id=state["request_id"],
        )

    def flush(self) -> None:
        """Write all that waits, in order, in one transaction; raise StorageError if it fails."""
        with self._writing:
            with self._guard:
                lines, self._waiting = self._waiting, []
            try:
                self._tools().store.log_accesses(lines)
            except Exception as error:
                with self._guard:
                    self._waiting = lines + self._waiting
                message = "The access log cannot be written, so nothing is shown; try again."
                raise StorageError(message) from error

    def keep_flushing(self, stopping: threading.Event) -> None:
        """Write what waits every now and then until told to stop, and once more then."""
        while not stopping.wait(FLUSH_EVERY_S):
            self._try_to_flush()
        self._try_to_flush()

    def _try_to_flush(self) -> None:
        try:
            self.flush()
        except StorageError:
            # It stays in the queue; a database that is away for a moment must not end this.
            _log.exception("the access log could not be written; it is tried again")
