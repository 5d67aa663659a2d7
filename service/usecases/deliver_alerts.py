"""Send what is due, once for each receiver that says it has it, and try again where it does not."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from service.domain.alert import (
    AlertType,
    Answered,
    Attempt,
    Delivery,
    DeliveryState,
    Due,
    Message,
)
from service.ports import Tools
from service.usecases.see_person import may_be_seen
from service.usecases.watch_changes import key_holds

BACKOFF: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long is waited after the first failure, the second, and so on: three days in all."""

_LONGEST: Final = timedelta(days=4)
_REST: Final = timedelta(minutes=5)
"""How long a receiver that fails is left alone at most, whatever waits for it."""
_CLAIM: Final = timedelta(minutes=2)
"""Longer than a message may take, names that nobody resolves included."""
_JITTER: Final = 0.2


def claim_due(tools: Tools, limit: int) -> list[Due]:
    """Return messages to be sent now, at most one for each receiver."""
    now = tools.clock.now()
    return tools.store.claim_deliveries(now, now + _CLAIM, limit)


def deliver(tools: Tools, due: Due, backoff: Sequence[timedelta] = BACKOFF) -> DeliveryState:
    """Send one claimed message and note what came of it.

    If the process dies in between, it is sent again under the same id once the claim has ended.
    """
    attempt = _given_up(tools, due)
    if attempt is None:
        sent_at = tools.clock.now()
        answered = tools.webhooks.send(_message(due, sent_at))
        attempt = _outcome(due, answered, tools.clock.now(), backoff)
    tools.store.note_attempt(due.delivery, attempt)
    return attempt.state


def _given_up(tools: Tools, due: Due) -> Attempt | None:
    """Return why a message is not sent any more, None if it is."""
    delivery, subscription = due.delivery, due.subscription
    if delivery.type is AlertType.TEST:
        return None
    reason = None
    if not subscription.content.active:
        reason = "subscription_inactive"
    elif not key_holds(tools, subscription):
        reason = "key_ended"
    elif not _may_still_tell(tools, delivery.listing_id or "", subscription.organisation_id):
        reason = "listing_gone"
    elif delivery.person_id is not None:
        person = tools.store.people([delivery.person_id]).get(delivery.person_id)
        if person is None or not may_be_seen(tools, person, subscription.organisation_id):
            reason = "consent_ended"
    if reason is None:
        return None
    return Attempt(DeliveryState.DROPPED, tools.clock.now(), sent=False, error=reason)


def _may_still_tell(tools: Tools, listing_id: str, organisation_id: str) -> bool:
    stored = tools.store.listings([listing_id]).get(listing_id)
    return stored is not None and stored.is_visible_to(organisation_id)


def _message(due: Due, at: datetime) -> Message:
    delivery = due.delivery
    data: dict[str, str | None] = {"subscription": delivery.subscription_id}
    if delivery.type is not AlertType.TEST:
        data |= {
            "listing": delivery.listing_id,
            "returnee": delivery.person_id,
            "tier": delivery.tier,
        }
    body = {
        "type": delivery.type,
        "timestamp": delivery.created_at.isoformat().replace("+00:00", "Z"),
        "data": data,
    }
    signing = [one.value for one in due.secrets if one.until is None or one.until > at]
    return Message(
        url=due.subscription.content.url,
        id=delivery.id,
        at=at,
        body=json.dumps(body, separators=(",", ":")),
        secrets=tuple(signing),
    )


def _outcome(due: Due, answered: Answered, now: datetime, backoff: Sequence[timedelta]) -> Attempt:
    status = answered.status
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Attempt(DeliveryState.DELIVERED, now, status=status)
    rest = now + min(backoff[min(due.failures, len(backoff) - 1)], _REST)
    error = answered.error or _error_of(status or 0)
    if status == HTTPStatus.GONE:
        return Attempt(DeliveryState.FAILED, now, status=status, error=error, rest=rest, gone=True)
    again = _again(due.delivery, now, backoff)
    state = DeliveryState.FAILED if again is None else DeliveryState.PENDING
    return Attempt(state, now, status=status, error=error, again=again, rest=rest)


def _error_of(status: int) -> str:
    if status == HTTPStatus.GONE:
        return "gone"
    redirects = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    return "redirect_not_followed" if redirects else "status"


def _again(delivery: Delivery, now: datetime, backoff: Sequence[timedelta]) -> datetime | None:
    """Return when a message that failed is tried again, None if it is not."""
    if delivery.attempts >= len(backoff) or now - delivery.created_at > _LONGEST:
        return None
    # Not all at the same moment, when a receiver comes back.
    late = 1 + _JITTER * secrets.randbelow(1000) / 1000
    return now + backoff[delivery.attempts] * late
