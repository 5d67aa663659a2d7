"""Send mail that is due, each match once, and try again where the server does not take it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from service.domain.alert import AlertType, Attempt, Delivery, DeliveryState
from service.domain.letter import DueLetter, NotedLetter, Posted, Verdict
from service.ports import Tools
from service.usecases.deliver_alerts import BACKOFF, again_after, dropped, rest_after
from service.usecases.still_holds import Standing
from service.usecases.write_letters import Writer

_CLAIM: Final = timedelta(minutes=2)
"""Longer than a mail may take, names that nobody resolves included."""


def claim_letters(tools: Tools, limit: int) -> list[DueLetter]:
    """Return mail to be sent now, at most one for each subscription."""
    if tools.mail.refusal is not None:
        return []
    now = tools.clock.now()
    return tools.store.claim_letters(now, now + _CLAIM, limit)


def deliver_letter(
    tools: Tools, due: DueLetter, backoff: Sequence[timedelta] = BACKOFF
) -> DeliveryState:
    """Send one claimed mail without what no longer holds, and note what came of it.

    If the process dies in between, it is sent again under the same Message-ID once the claim
    has ended.
    """
    standing = Standing.of(tools, due.subscription, due.deliveries)
    attempts: list[tuple[Delivery, Attempt]] = []
    kept: list[Delivery] = []
    for one in due.deliveries:
        reason = _reason_against(standing, one)
        if reason is None:
            kept.append(one)
        else:
            attempts.append((one, dropped(reason, tools.clock.now())))
    sent = None
    if kept:
        writer = Writer.of(tools, due.subscription)
        letter = writer.letter(due.id, tools.clock.now(), kept, standing.listings)
        posted = tools.mail.send(letter)
        sent = _outcome(due, kept[0], posted, tools.clock.now(), backoff)
        attempts += [(one, sent) for one in kept]
    tools.store.note_letter(NotedLetter(due.subscription.id, tuple(attempts), sent))
    return DeliveryState.DROPPED if sent is None else sent.state


def _reason_against(standing: Standing, one: Delivery) -> str | None:
    """Return why a message is not sent any more. Nothing but the question goes out unasked."""
    stored = standing.subscription
    asks = one.type is AlertType.CONFIRMATION
    if asks and (stored.confirmed_at is not None or not stored.content.active):
        return "confirmation_not_needed"
    if not asks and stored.confirmed_at is None:
        return "address_unconfirmed"
    return standing.reason_against(one)


def _outcome(
    due: DueLetter, first: Delivery, posted: Posted, now: datetime, backoff: Sequence[timedelta]
) -> Attempt:
    status, error = posted.status, posted.error
    if posted.verdict is Verdict.TAKEN:
        return Attempt(DeliveryState.DELIVERED, now, status=status)
    gone = posted.verdict is Verdict.GONE
    again = None
    if posted.verdict is Verdict.LATER:
        again = again_after(first.attempts, now, backoff)
    state = DeliveryState.FAILED if again is None else DeliveryState.PENDING
    rest = rest_after(due.failures, now, backoff)
    return Attempt(state, now, status=status, error=error, again=again, rest=rest, gone=gone)
