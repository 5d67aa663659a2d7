"""Signing out, here or everywhere."""

from service.domain.officer import Officer
from service.ports import Tools
from service.usecases.manage_keys import secret_hash


def sign_out(tools: Tools, officer: Officer, token: str, *, everywhere: bool) -> None:
    """End the session of this token, or every session of the account."""
    tools.store.close_sessions(officer.id, only=None if everywhere else secret_hash(token))
