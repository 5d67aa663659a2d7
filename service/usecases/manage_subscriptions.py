"""Subscriptions: who may have which, where they may lead, and what they are signed with."""

import base64
import secrets
from datetime import timedelta
from typing import Final

from service.domain.access import Caller
from service.domain.alert import (
    NEEDS,
    AlertType,
    Delivery,
    StoredSubscription,
    Subscription,
    Watch,
)
from service.domain.errors import (
    ConflictError,
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from service.domain.person import Profile
from service.ports import Tools
from service.rules.digests import next_mail
from service.usecases.find_matches import require_work_words
from service.usecases.understand import understand

OVERLAP: Final = timedelta(hours=24)
"""How long an exchanged secret still signs beside the new one."""

_BYTES: Final = 32
_ASK_AGAIN: Final = timedelta(hours=1)
_WAITING: Final = 5
"""Subscriptions to one address that may wait for somebody there to agree."""


def may_watch(caller: Caller, content: Subscription) -> bool:
    """Tell whether a caller may see what a subscription is told."""
    return all(caller.may(scope) for scope in NEEDS[content.watch])


def subscribe(
    tools: Tools, caller: Caller, content: Subscription
) -> tuple[StoredSubscription, str]:
    """Store a subscription; return it and its secret, which nobody can read again.

    Raises ForbiddenError, and InvalidInputError for what cannot be watched or reached.
    """
    _require_sound(tools, caller, content)
    if content.mail is not None:
        _require_few_waiting(tools, content.mail.address)
    secret = _new_secret()
    stored = tools.store.add_subscription(
        caller.organisation_id, caller.key_id, content, secret, tools.clock.now()
    )
    return stored, secret


def change_subscription(
    tools: Tools,
    caller: Caller,
    stored: StoredSubscription,
    content: Subscription,
    if_version: int | None,
) -> StoredSubscription:
    """Replace what is watched; from now on it is in this caller's right. Raises as `subscribe`."""
    _require_sound(tools, caller, content)
    if content.mail is not None and content.mail.address != _address(stored):
        _require_few_waiting(tools, content.mail.address)
    now = tools.clock.now()
    changed = tools.store.change_subscription(stored, content, now, caller.key_id, if_version)
    if content.mail != stored.content.mail:
        due = now if content.mail is None else next_mail(content.mail, now)
        tools.store.reschedule(stored.id, due)
    return changed


def try_subscription(tools: Tools, stored: StoredSubscription) -> Delivery:
    """Have a message sent that only tries the way; raise ConflictError before anyone agreed."""
    if stored.content.mail is not None and stored.confirmed_at is None:
        message = "Nobody at this address has agreed yet; replay the confirmation instead."
        raise ConflictError(message, code="address_unconfirmed")
    return tools.store.add_test(stored, tools.clock.now())


def replay_message(tools: Tools, stored: StoredSubscription, event_id: str) -> Delivery:
    """Have a message sent again, under its id.

    Raises NotFoundError, and ConflictError for a mailbox that was asked a moment ago.
    """
    now = tools.clock.now()
    found = tools.store.delivery(stored.id, event_id)
    asked = found.attempted_at or found.created_at
    if found.type is AlertType.CONFIRMATION and now - asked < _ASK_AGAIN:
        message = "This mailbox was asked a moment ago; ask again in an hour."
        raise ConflictError(message, code="asked_already")
    return tools.store.replay_delivery(stored.id, event_id, now)


def exchange_secret(tools: Tools, stored: StoredSubscription) -> str:
    """Return a new secret; the one before signs beside it for a day.

    Raises ConflictError where nothing is signed.
    """
    if stored.content.url is None:
        message = "Mail is not signed with a secret."
        raise ConflictError(message)
    secret, now = _new_secret(), tools.clock.now()
    tools.store.rotate_secret(stored, secret, now, now + OVERLAP)
    return secret


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(_BYTES)).decode()}"


def _require_sound(tools: Tools, caller: Caller, content: Subscription) -> None:
    if caller.signed_in:
        message = "A subscription outlasts a token: make it with a key."
        raise ForbiddenError(message, code="key_needed")
    caller.require(*NEEDS[content.watch])
    _require_way(tools, content)
    if content.watch is Watch.LISTINGS:
        profile = Profile(text=content.text or "", home_country=content.home_country)
        require_work_words(understand(tools, profile))
    if content.returnee_id is not None:
        _require_own_person(tools, caller, content.returnee_id)


def _require_way(tools: Tools, content: Subscription) -> None:
    if content.url is not None:
        refusal = tools.webhooks.refusal(content.url)
        if refusal is not None:
            problem = FieldProblem("/url", refusal)
            raise InvalidInputError(refusal, code="url_not_allowed", problems=(problem,))
    elif tools.mail.refusal is not None:
        problem = FieldProblem("/email", tools.mail.refusal)
        raise InvalidInputError(problem.detail, code="no_mail", problems=(problem,))


def _require_few_waiting(tools: Tools, address: str) -> None:
    """Refuse to ask one mailbox over and over, whoever wants it."""
    if tools.store.unconfirmed_to(address) >= _WAITING:
        message = "This address has been asked several times and has not agreed yet."
        raise ConflictError(message, code="asked_already")


def _address(stored: StoredSubscription) -> str | None:
    return None if stored.content.mail is None else stored.content.mail.address


def _require_own_person(tools: Tools, caller: Caller, returnee_id: str) -> None:
    try:
        tools.store.person(caller.organisation_id, returnee_id)
    except NotFoundError as error:
        problem = FieldProblem("/returnee_id", "There is no such returnee.")
        raise InvalidInputError(problem.detail, problems=(problem,)) from error
