"""Subscriptions: who may have which, where they may lead, and what they are signed with."""

import base64
import secrets
from datetime import timedelta
from typing import Final

from service.domain.access import Caller
from service.domain.alert import NEEDS, StoredSubscription, Subscription, Watch
from service.domain.errors import (
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
)
from service.domain.person import Profile
from service.ports import Tools
from service.usecases.find_matches import require_work_words
from service.usecases.understand import understand

OVERLAP: Final = timedelta(hours=24)
"""How long an exchanged secret still signs beside the new one."""

_BYTES: Final = 32


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
    return tools.store.change_subscription(
        stored, content, tools.clock.now(), caller.key_id, if_version
    )


def exchange_secret(tools: Tools, stored: StoredSubscription) -> str:
    """Return a new secret; the one before signs beside it for a day."""
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
    refusal = tools.webhooks.refusal(content.url)
    if refusal is not None:
        problem = FieldProblem("/url", refusal)
        raise InvalidInputError(refusal, code="url_not_allowed", problems=(problem,))
    if content.watch is Watch.LISTINGS:
        profile = Profile(text=content.text or "", home_country=content.home_country)
        require_work_words(understand(tools, profile))
    if content.returnee_id is not None:
        _require_own_person(tools, caller, content.returnee_id)


def _require_own_person(tools: Tools, caller: Caller, returnee_id: str) -> None:
    try:
        tools.store.person(caller.organisation_id, returnee_id)
    except NotFoundError as error:
        problem = FieldProblem("/returnee_id", "There is no such returnee.")
        raise InvalidInputError(problem.detail, problems=(problem,)) from error
