"""Officers, their sessions, drafts and sent forms, as a Protocol. Every method is a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from service.domain.officer import (
    Attempts,
    Draft,
    DraftKey,
    Officer,
    OfficerChange,
    Session,
    Submission,
)


class OfficerStore(Protocol):
    """Accounts of the console and what hangs on them. Secrets come and stay as hashes."""

    def add_officer(self, officer: Officer, password_hash: str) -> None:
        """Store a new account; raise ConflictError where the username or organisation forbids."""
        ...

    def officers(self, organisation_id: str | None = None) -> list[Officer]:
        """Return the accounts of one organisation, or all, by username."""
        ...

    def officer_by_username(self, username: str) -> tuple[Officer, str] | None:
        """Return an account, disabled ones included, and the hash of its password."""
        ...

    def change_officer(self, officer_id: str, change: OfficerChange) -> Officer:
        """Change these fields of an account and no other; raise NotFoundError."""
        ...

    def open_session(self, token_hash: bytes, session: Session) -> None:
        """Keep a new session under the hash of its token."""
        ...

    def session(self, token_hash: bytes) -> Session | None:
        """Return the session of this token, ended and locked ones included."""
        ...

    def touch_session(self, token_hash: bytes, seen_at: datetime, *, locked: bool) -> None:
        """Note when the session was last used, and whether it is locked."""
        ...

    def close_sessions(
        self, officer_id: str, *, only: bytes | None = None, but: bytes | None = None
    ) -> None:
        """Forget one session of an officer, all but one, or all."""
        ...

    def know_browser(self, token_hash: bytes, officer_id: str, at: datetime) -> None:
        """Remember a browser on which this officer has signed in."""
        ...

    def knows_browser(self, token_hash: bytes, officer_id: str) -> bool:
        """Tell whether this officer has signed in on this browser before."""
        ...

    def attempts(self, place: str) -> Attempts:
        """Return the failed sign-ins at a place (a username, with or without a browser)."""
        ...

    def note_attempts(self, place: str, attempts: Attempts, at: datetime) -> None:
        """Keep them; none forgets the place."""
        ...

    def save_draft(self, key: DraftKey, fields: dict[str, tuple[str, ...]], at: datetime) -> None:
        """Keep what has been typed, in place of what was kept of this form."""
        ...

    def draft(self, officer_id: str, form: str) -> Draft | None:
        """Return what was typed and not sent, None where nothing was."""
        ...

    def drafts(self, officer_id: str) -> list[tuple[str, datetime]]:
        """Return which forms have a draft, and since when, the last one first."""
        ...

    def forget_drafts(self, officer_id: str, forms: Sequence[str]) -> None:
        """Erase drafts of these forms."""
        ...

    def claim_submission(self, token_hash: bytes, officer_id: str, at: datetime) -> Submission:
        """Take a form's one-time token; it is fresh for exactly one caller."""
        ...

    def was_sent(self, token_hash: bytes) -> bool:
        """Whether a form's one-time token is taken."""
        ...

    def finish_submission(self, token_hash: bytes, location: str | None) -> None:
        """Note where the result stands; None frees the token, since nothing was done."""
        ...
