"""Keys: made once, shown once, stored only as a hash."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from service.domain.access import ApiKey, Caller, Organisation, Scope
from service.domain.errors import (
    ConflictError,
    FieldProblem,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from service.ports import Records, Tools

FIRST_ORGANISATION: Final = "home-office"
_FIRST_KEY: Final = f"key_{uuid5(NAMESPACE_URL, 'urn:homeward:first-key').hex}"
"""One name in every process, so that only one can make it."""
OVERLAP: Final = timedelta(hours=24)
"""How long an exchanged secret opens beside the new one, unless said otherwise."""
TOUCH_EVERY: Final = timedelta(minutes=5)
"""How exactly is known when something was last used: a write for every request would be dear."""


def secret_hash(secret: str) -> bytes:
    """Return what is stored for a secret.

    Keys made here carry 256 random bits, so a plain SHA-256 cannot be guessed back; a
    slow hash would cost every request and protect nothing more.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def new_key(
    tools: Tools | Records,
    organisation_id: str,
    name: str,
    scopes: frozenset[Scope],
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; return its record and its secret, which nobody can read again."""
    now = tools.clock.now()
    if expires_at is not None and expires_at <= now:
        problem = FieldProblem("/expires_at", "This moment has passed.")
        raise InvalidInputError(problem.detail, problems=(problem,))
    secret = _new_secret()
    key = ApiKey(f"key_{uuid4().hex}", organisation_id, name, scopes, now, expires_at)
    tools.store.add_key(key, secret_hash(secret))
    return key, secret


def _new_secret() -> str:
    return f"hw_{secrets.token_urlsafe(32)}"


def administered_by(caller: Caller) -> str | None:
    """Return the one organisation that an administrator looks after, None for all of them."""
    return None if caller.organisation_id == FIRST_ORGANISATION else caller.organisation_id


def authenticate(tools: Tools | Records, secret: str) -> Caller:
    """Return which key calls with this secret; raise UnauthenticatedError."""
    key = tools.store.key_by_hash(secret_hash(secret))
    now = tools.clock.now()
    if key is None or not key.valid_at(now):
        raise UnauthenticatedError
    if _long_unused(key, now):
        tools.store.touch_key(key.id, now)
    return Caller(key.id, key.organisation_id, key.scopes)


def authenticated_at_hand(tools: Tools, secret: str) -> Caller | None:
    """Return the same without waiting; None where something has to be read or written for it."""
    key = tools.store.key_at_hand(secret_hash(secret))
    now = tools.clock.now()
    if key is None or not key.valid_at(now) or _long_unused(key, now):
        return None
    return Caller(key.id, key.organisation_id, key.scopes)


def _long_unused(key: ApiKey, now: datetime) -> bool:
    return key.last_used_at is None or now - key.last_used_at > TOUCH_EVERY


def revoke_key(tools: Tools | Records, caller: Caller, key_id: str, within: str | None) -> None:
    """Revoke a key of the organisation `within`, or of any.

    Nobody may revoke the key they are holding, so as not to lock everyone out.
    """
    if key_id == caller.key_id:
        message = "This is the key you are using; revoke it with another one."
        raise ForbiddenError(message, code="own_key")
    _key_within(tools, key_id, within)
    tools.store.revoke_key(key_id, tools.clock.now())


def rotate_key(
    tools: Tools | Records, key_id: str, within: str | None, overlap: timedelta = OVERLAP
) -> tuple[ApiKey, str]:
    """Give a key of the organisation `within`, or of any, another secret; return both.

    The secret before opens for `overlap` beside it, and what is older nothing more. The key stays
    the same: its subscriptions, its lines in the access log, its end. Raises NotFoundError, and
    ConflictError for a key that has ended.
    """
    now = tools.clock.now()
    if not _key_within(tools, key_id, within).valid_at(now):
        message = "This key has been revoked or has expired; make a new one."
        raise ConflictError(message)
    secret = _new_secret()
    tools.store.rotate_key(key_id, secret_hash(secret), now, now + overlap)
    return _key_within(tools, key_id, within), secret


def _key_within(tools: Tools | Records, key_id: str, within: str | None) -> ApiKey:
    for key in tools.store.keys(within):
        if key.id == key_id:
            return key
    message = "There is no such key."
    raise NotFoundError(message)


def ensure_first_organisation(tools: Tools | Records) -> None:
    """Make sure there is an organisation that records can belong to."""
    if not tools.store.organisations():
        now = tools.clock.now()
        # Another process may have been quicker.
        with suppress(ConflictError):
            tools.store.add_organisation(Organisation(FIRST_ORGANISATION, "Home office", now))


def ensure_first_key(tools: Tools | Records, given: str | None) -> str | None:
    """Make sure an administrator can get in: with the `given` secret, or with a new one.

    Returns a secret only where one was generated, to be printed once. A given secret that
    is unknown is added, so that changing the setting lets an administrator in again.
    """
    ensure_first_organisation(tools)
    if given is not None:
        if tools.store.key_by_hash(secret_hash(given)) is None:
            key = ApiKey(
                f"key_{uuid4().hex}",
                FIRST_ORGANISATION,
                "from HOMEWARD_ADMIN_KEY",
                frozenset({Scope.ADMIN}),
                tools.clock.now(),
            )
            with suppress(ConflictError):  # as above
                tools.store.add_key(key, secret_hash(given))
        return None
    if any(Scope.ADMIN in key.scopes for key in tools.store.keys(FIRST_ORGANISATION)):
        return None
    secret = _new_secret()
    now, admin = tools.clock.now(), frozenset({Scope.ADMIN})
    key = ApiKey(_FIRST_KEY, FIRST_ORGANISATION, "first admin key", admin, now)
    try:
        tools.store.add_key(key, secret_hash(secret))
    except ConflictError:
        if tools.store.keys(FIRST_ORGANISATION):
            # Another process that was started with this one has made it, and prints it.
            return None
        raise
    return secret


def admin_key(tools: Tools | Records, name: str) -> str:
    """Make another admin key of the first organisation and return its secret."""
    _, secret = new_key(tools, FIRST_ORGANISATION, name, frozenset({Scope.ADMIN}))
    return secret
