"""Accounts of officers: made, changed, disabled; passwords kept as argon2id hashes only."""

import re
import secrets
import threading
from typing import Final
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from service.domain.errors import FieldProblem, InvalidInputError, NotFoundError
from service.domain.officer import Officer, OfficerChange, Role
from service.ports import Records, Tools

LEAST_PASSWORD: Final = 10
MOST_PASSWORD: Final = 200
_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_MOST_NAME: Final = 80
# What OWASP asks at least of argon2id: 19 MiB, two passes, one lane; tens of milliseconds.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Each hash takes memory and a core; more at once would let strangers slow down everybody.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_NOBODY: Final = _HASHER.hash(secrets.token_urlsafe(16))


def username_of(text: str) -> str:
    """Return a username as it is kept: small letters, no space around it."""
    return text.strip().casefold()


def add_officer(  # noqa: PLR0913 - what makes an account
    tools: Tools | Records,
    *,
    username: str,
    name: str,
    password: str,
    role: Role,
    organisation_id: str,
    locale: str | None = None,
) -> Officer:
    """Make an account; raise InvalidInputError naming fields, or ConflictError."""
    username, name = username_of(username), name.strip()
    problems = [*_name_problems(username, name), *password_problems(password, username)]
    if problems:
        raise InvalidInputError(problems[0].detail, problems=tuple(problems))
    officer = Officer(
        id=f"off_{uuid4().hex}",
        organisation_id=organisation_id,
        username=username,
        name=name,
        role=role,
        created_at=tools.clock.now(),
        locale=locale,
    )
    tools.store.add_officer(officer, _hash(password))
    return officer


def _name_problems(username: str, name: str) -> list[FieldProblem]:
    problems = []
    if not _USERNAME.fullmatch(username):
        text = "Use 2 to 40 letters a to z, digits, dots, hyphens; begin with a letter or digit."
        problems.append(FieldProblem("/username", text))
    if not name or len(name) > _MOST_NAME:
        problems.append(FieldProblem("/name", f"Use 1 to {_MOST_NAME} characters."))
    return problems


def password_problems(password: str, username: str) -> list[FieldProblem]:
    """Return what is wrong with a new password: length counts, not kinds of characters."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        text = f"Use at least {LEAST_PASSWORD} characters; a few words do well."
        return [FieldProblem("/password", text)]
    if username in password.casefold() or len(set(password)) < LEAST_PASSWORD // 2:
        return [FieldProblem("/password", "This is too easy to guess.")]
    return []


def officer_named(tools: Tools | Records, username: str) -> Officer:
    """Return the account of this username; raise NotFoundError."""
    found = tools.store.officer_by_username(username_of(username))
    if found is None:
        message = "There is no such account."
        raise NotFoundError(message)
    return found[0]


def disable_officer(tools: Tools | Records, username: str) -> Officer:
    """Let nobody in with this account any more, and end its sessions."""
    found = officer_named(tools, username)
    officer = tools.store.change_officer(found.id, OfficerChange(disabled=True))
    tools.store.close_sessions(officer.id)
    return officer


def officer_of(tools: Tools | Records, organisation_id: str, officer_id: str) -> Officer:
    """Return an account of an organisation; raise NotFoundError."""
    for one in tools.store.officers(organisation_id):
        if one.id == officer_id:
            return one
    message = "There is no such account."
    raise NotFoundError(message)


def change_role(tools: Tools | Records, officer: Officer, role: Role) -> Officer:
    """Let an account do more or less from now on; its sessions end."""
    changed = tools.store.change_officer(officer.id, OfficerChange(role=role))
    tools.store.close_sessions(officer.id)
    return changed


def set_password(
    tools: Tools | Records, officer: Officer, password: str, *, keep_session: bytes | None = None
) -> None:
    """Give an account another password and end its sessions; let it in again.

    keep_session: of an officer who changes their own; it stays, and a closed account stays closed.
    """
    problems = password_problems(password, officer.username)
    if problems:
        raise InvalidInputError(problems[0].detail, problems=tuple(problems))
    let_in = False if keep_session is None else None
    change = OfficerChange(password_hash=_hash(password), disabled=let_in)
    tools.store.change_officer(officer.id, change)
    tools.store.close_sessions(officer.id, but=keep_session)


def new_password() -> str:
    """Return a password that can be read out: five groups of four letters and digits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def _hash(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_fits(password: str, password_hash: str | None) -> bool:
    """Tell whether a password belongs to a hash; of nobody it takes as long to say no."""
    with _AT_ONCE:
        try:
            fits = _HASHER.verify(password_hash or _NOBODY, password[:MOST_PASSWORD])
        except (VerifyMismatchError, InvalidHashError):
            return False
    return fits and password_hash is not None
