"""Requests that name themselves: each acts once, and its reply is kept for a day."""

import threading
import time
from datetime import timedelta
from typing import Final

from service.domain.errors import InProgressError
from service.domain.reply import Claim, Reply
from service.ports import Tools
from service.usecases.see_person import known_people

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

    What is about somebody whom the caller may no longer know of is forgotten, as erasing her would
    have done. While another attempt acts, waits for its reply for a while. Raises KeyReusedError,
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
    about = tools.store.person_of_reply(claim)
    if about is not None and not known_people(tools, claim.organisation_id, [about]):
        # Before the requests are compared: any other answer than to somebody unknown tells of her.
        tools.store.forget_reply(claim, about)
    now = tools.clock.now()
    return tools.store.claim_reply(claim, now, until=now + RIGHT, ends=now + KEPT)
