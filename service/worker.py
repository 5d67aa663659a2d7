"""Beside the requests: imports, one at a time; alerts and mail; forgetting what is old.

Any number of processes may do this on one database. What would be done twice is one process's turn
at a time; messages are claimed one by one, so that all may send.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

import structlog

from service.api.checks import Contract
from service.domain.alert import Due
from service.domain.letter import DueLetter
from service.domain.retention import Forgotten
from service.ports import Tools
from service.usecases.deliver_alerts import claim_due, deliver
from service.usecases.deliver_letters import claim_letters, deliver_letter
from service.usecases.forget_old import forget_brief, forget_old
from service.usecases.import_records import give_up, run_imports
from service.usecases.register_person import read_again
from service.usecases.watch_changes import Watcher

_log = structlog.get_logger(__name__)

IMPORTS: Final = "imports"
"""Whose turn it is to run what is queued."""
_LOOK_EVERY_S: Final = 0.5
_TRIES: Final = 10
_READ_AT_ONCE: Final = 20
_SENDERS: Final = 16
_FORGET_EVERY_S: Final = 24 * 3600.0
_FORGET_BRIEF_EVERY_S: Final = 600.0
_POSTERS: Final = 4

T = TypeVar("T", Due, DueLetter)


def start_beside(
    tools: Tools, stopping: threading.Event, note: Callable[[Forgotten], None] = lambda _: None
) -> list[threading.Thread]:
    """Start all that runs beside the requests, each in a thread: none waits for another.

    note: is told of what was forgotten.
    """
    named: dict[str, Callable[[], None]] = {
        "imports": lambda: work(tools, stopping),
        "look": lambda: look(tools, stopping),
        "send": lambda: send(tools, stopping),
        "post": lambda: post(tools, stopping),
        "read": lambda: read(tools, stopping),
        "forget": lambda: forget(tools, stopping, note),
    }
    threads = [
        threading.Thread(target=run, name=f"homeward-{name}", daemon=True)
        for name, run in named.items()
    ]
    for thread in threads:
        thread.start()
    return threads


def follow(tools: Tools, stopping: threading.Event) -> None:
    """Keep all indexes in step with the store until told to stop."""
    indexes = (tools.register, tools.index, tools.people)
    while not stopping.wait(_LOOK_EVERY_S):
        try:
            # To find somebody again must not wait until a graph is built.
            for index in indexes:
                index.follow()
            for index in indexes:
                index.tidy()
        except Exception:  # noqa: BLE001 - see `work`
            _log.exception("index could not follow")


def read(tools: Tools, stopping: threading.Event) -> None:
    """Read again whom another release has read, until told to stop.

    The turn is kept: two releases side by side would read everybody for ever, each for itself.
    """
    while not stopping.wait(_LOOK_EVERY_S):
        try:
            with tools.store.turn("read") as mine:
                if mine:
                    _read_while_mine(tools, stopping)
        except Exception:  # noqa: BLE001 - see `work`
            _log.exception("people could not be read again; it is tried again")


def _read_while_mine(tools: Tools, stopping: threading.Event) -> None:
    # To look for them goes through the whole register: only when somebody has changed since.
    read_at: int | None = None
    while not stopping.wait(_LOOK_EVERY_S):
        generation = tools.people.state.generation
        if generation != read_at:
            read_at = None if read_again(tools, _READ_AT_ONCE) else generation


def work(tools: Tools, stopping: threading.Event) -> None:
    """Run what is queued until told to stop; what is left undone then resumes at the next start."""
    contract, failed = Contract(), 0
    while not stopping.wait(_LOOK_EVERY_S):
        try:
            with tools.store.turn(IMPORTS) as mine:
                if mine:
                    if failed >= _TRIES:
                        give_up(tools)
                    run_imports(tools, contract, stopping.is_set)
            failed = 0
        except Exception:  # noqa: BLE001 - see below
            # A database that is away for a moment must not end the work for good.
            failed += 1
            _log.exception("an import could not go on; it is tried again")


def look(tools: Tools, stopping: threading.Event) -> None:
    """Look through what has changed for every subscription, until told to stop."""
    watcher = Watcher(tools)
    while not stopping.wait(_LOOK_EVERY_S):
        try:
            with tools.store.turn("look") as mine:
                if mine:
                    watcher.look(stopping.is_set)
        except Exception:  # noqa: BLE001 - see `work`
            _log.exception("subscriptions could not be looked after; it is tried again")


def send(tools: Tools, stopping: threading.Event) -> None:
    """Send what is due by webhook until told to stop: several at a time, one to each receiver.

    A receiver that hangs holds one of the senders for ten seconds and is then left alone for a
    while, so that it takes nothing from the others.
    """
    _keep_sending(tools, stopping, claim_due, deliver, _SENDERS)


def post(tools: Tools, stopping: threading.Event) -> None:
    """Send what is due by mail until told to stop, beside the webhooks: neither waits."""
    _keep_sending(tools, stopping, claim_letters, deliver_letter, _POSTERS)


def _keep_sending(
    tools: Tools,
    stopping: threading.Event,
    claim: Callable[[Tools, int], list[T]],
    go: Callable[[Tools, T], object],
    senders: int,
) -> None:
    with ThreadPoolExecutor(senders, thread_name_prefix=f"homeward-{go.__name__}") as pool:
        flying: set[Future[Any]] = set()
        while not stopping.is_set():
            try:
                for due in claim(tools, senders - len(flying)):
                    flying.add(pool.submit(go, tools, due))
            except Exception:  # noqa: BLE001 - see `work`
                _log.exception("messages could not be claimed; it is tried again")
                stopping.wait(_LOOK_EVERY_S)
            if flying:
                landed, flying = wait(flying, _LOOK_EVERY_S, FIRST_COMPLETED)
                _report(landed)
            else:
                stopping.wait(_LOOK_EVERY_S)


def forget(
    tools: Tools, stopping: threading.Event, note: Callable[[Forgotten], None] = lambda _: None
) -> None:
    """Forget what is kept no longer, now and every day, until told to stop. note: is told of it.

    What is kept for hours or few days goes every ten minutes.
    """
    wait_s, all_at = 0.0, 0.0
    while not stopping.wait(wait_s):
        wait_s = _FORGET_BRIEF_EVERY_S
        try:
            with tools.store.turn("forget") as mine:
                if not mine:
                    continue
                if time.monotonic() < all_at:
                    note(forget_brief(tools, stopping.is_set))
                else:
                    note(forget_old(tools, stopping.is_set))
                    all_at = time.monotonic() + _FORGET_EVERY_S
        except Exception:  # noqa: BLE001 - see `work`
            _log.exception("what is old could not be forgotten; it is tried again")


def _report(landed: set[Future[Any]]) -> None:
    for one in landed:
        error = one.exception()
        if error is not None:
            # It stays claimed, and is sent again once the claim has ended.
            _log.error("what came of a message could not be noted", exc_info=error)
