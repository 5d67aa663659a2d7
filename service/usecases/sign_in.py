"""Signing in, staying in, locking: sessions are random tokens that are stored as hashes only."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.domain.access import Caller
from service.domain.errors import (
    RateLimitedError,
    SessionLockedError,
    SignInRefusedError,
    UnauthenticatedError,
)
from service.domain.officer import SCOPES, Attempts, Officer, OfficerChange, Session
from service.ports import Tools
from service.usecases.manage_keys import secret_hash
from service.usecases.manage_officers import password_fits, username_of

_FREE: Final = 5
"""Attempts that may fail in a row before anybody has to wait."""
_FIRST_WAIT: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(minutes=15)
_TOUCH_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class SessionRules:
    """How long a session may rest before it locks, and how long it may last in all."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Credentials:
    """What somebody signs in with. browser: the token this browser got at an earlier sign-in."""

    username: str
    password: str
    browser: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session and its two tokens, for cookies."""

    session: Session
    token: str
    browser: str


def sign_in(tools: Tools, rules: SessionRules, sent: Credentials) -> SignedIn:
    """Open a session.

    Raises SignInRefusedError, and RateLimitedError while nobody may try. A browser on which the
    officer was before counts apart: strangers who fail elsewhere do not keep the officer out.
    """
    username = username_of(sent.username)
    found = tools.store.officer_by_username(username)
    place = _place(tools, found[0] if found else None, username, sent.browser)
    return _open(tools, rules, _tried(tools, found, sent.password, place), sent.browser)


def require_password(tools: Tools, officer: Officer, token: str, password: str) -> None:
    """Raise SignInRefusedError for a wrong password in a session that is open, or as `sign_in`."""
    found = tools.store.officer_by_username(officer.username)
    _tried(tools, found, password, f"{officer.username}/session/{secret_hash(token).hex()}")


def _tried(tools: Tools, found: tuple[Officer, str] | None, password: str, place: str) -> Officer:
    """Return the officer where the password fits and may be tried; count what fails."""
    now, before = tools.clock.now(), tools.store.attempts(place)
    if before.not_before is not None and now < before.not_before:
        raise RateLimitedError(max(1, round((before.not_before - now).total_seconds())))
    fits = password_fits(password, found[1] if found else None)
    if found is None or not fits or found[0].disabled:
        failures = before.failures + 1
        tools.store.note_attempts(place, Attempts(failures, _wait_until(now, failures)), now)
        raise SignInRefusedError
    if before.failures:
        tools.store.note_attempts(place, Attempts(0, None), now)
    return found[0]


def _place(tools: Tools, officer: Officer | None, username: str, browser: str | None) -> str:
    if officer is not None and browser is not None:
        hashed = secret_hash(browser)
        if tools.store.knows_browser(hashed, officer.id):
            return f"{username}/{hashed.hex()}"
    return username


def _wait_until(now: datetime, failures: int) -> datetime | None:
    if failures < _FREE:
        return None
    return now + min(_FIRST_WAIT * (1 << min(failures - _FREE, 10)), _LONGEST_WAIT)


def _open(tools: Tools, rules: SessionRules, officer: Officer, browser: str | None) -> SignedIn:
    now = tools.clock.now()
    token, browser = secrets.token_urlsafe(32), browser or secrets.token_urlsafe(32)
    session = Session(officer=officer, seen_at=now, ends_at=now + rules.longest)
    tools.store.open_session(secret_hash(token), session)
    tools.store.know_browser(secret_hash(browser), officer.id, now)
    return SignedIn(session, token, browser)


def session_of(tools: Tools, rules: SessionRules, token: str) -> Session:
    """Return the session of a token and note that it is used.

    Raises SessionLockedError where it is locked or has rested too long, UnauthenticatedError
    where it has ended or never was.
    """
    session, now = tools.store.session(secret_hash(token)), tools.clock.now()
    if session is None or session.officer.disabled or now >= session.ends_at:
        raise UnauthenticatedError
    if session.locked or now - session.seen_at > rules.idle:
        raise SessionLockedError
    if now - session.seen_at > _TOUCH_EVERY:
        tools.store.touch_session(secret_hash(token), now, locked=False)
    return session


def resting_session(tools: Tools, token: str) -> Session | None:
    """Return a session whatever its state, as long as the account may be used.

    It proves who was here: enough to keep their draft, not to show them anything.
    """
    session = tools.store.session(secret_hash(token))
    return None if session is None or session.officer.disabled else session


def lock(tools: Tools, token: str) -> None:
    """Let nothing be seen in this session until the password is given again."""
    tools.store.touch_session(secret_hash(token), tools.clock.now(), locked=True)


def unlock(tools: Tools, rules: SessionRules, token: str, sent: Credentials) -> SignedIn:
    """Go on in a new session in place of a locked one; raises as `sign_in`."""
    opened = sign_in(tools, rules, sent)
    tools.store.close_sessions(opened.session.officer.id, only=secret_hash(token))
    return opened


def choose_locale(tools: Tools, officer: Officer, locale: str) -> None:
    """Remember the language an officer works in."""
    if officer.locale != locale:
        tools.store.change_officer(officer.id, OfficerChange(locale=locale))


def caller_of_officer(officer: Officer) -> Caller:
    """Return the officer as who calls: the access log names them where it names keys."""
    return Caller(officer.id, officer.organisation_id, SCOPES[officer.role])
