"""Requests that name themselves: each acts once, and its reply is kept for a day."""

import threading
import time
from datetime import timedelta
from typing import Final

from service.domain.errors import InProgressError
from service.domain.reply import Claim, Reply
from service.ports import Tools

KEPT: Final = timedelta(hours=24)
"""How long a reply is given again, and its name taken."""

RIGHT: Final = timedelta(seconds=60)
"""How long an attempt may take until another one may begin; what is late then writes nothing."""

_WAIT_S: Final = 5.0
_LOOK_EVERY_S: Final = 0.02
_WAITING: Final = threading.BoundedSemaphore(8)
"""Who waits holds a thread; more than these are told at once to come back."""


def begin(tools: Tools, claim: Claim) -> Reply | None:
    """Take the right to act, or return the reply that was kept.

    While another attempt acts, waits for its reply for a while. Raises KeyReusedError,
    InProgressError and ReplyLostError.
    """
    try:
        return _begin(tools, claim)
    except InProgressError:
        if not _WAITING.acquire(blocking=False):
            raise
    try:
        return _wait(tools, claim)
    finally:
        _WAITING.release()


def _wait(tools: Tools, claim: Claim) -> Reply | None:
    ends = time.monotonic() + _WAIT_S
    while True:
        time.sleep(_LOOK_EVERY_S)
        try:
            return _begin(tools, claim)
        except InProgressError:
            if time.monotonic() > ends:
                raise


def _begin(tools: Tools, claim: Claim) -> Reply | None:
    now = tools.clock.now()
    return tools.store.claim_reply(claim, now, until=now + RIGHT, ends=now + KEPT)


def sweep_replies(tools: Tools) -> int:
    """Erase the replies whose day has ended; return how many there were."""
    return tools.store.sweep_replies(tools.clock.now())
