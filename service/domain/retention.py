"""How long things are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Kept(StrEnum):
    """What is kept for a time only, in the order in which it is forgotten."""

    HELD_FILES = "held_files"
    DRAFTS = "drafts"
    SESSIONS = "sessions"
    SENT_FORMS = "sent_forms"
    REPLIES = "replies"
    BROWSERS = "browsers"
    REFUSED_ROWS = "refused_rows"
    IMPORTS = "imports"
    DELIVERIES = "deliveries"
    TOLD = "told"
    CHANGES = "changes"
    KEYS = "keys"
    CONSENTS = "consents"


BRIEF: Final = (Kept.HELD_FILES, Kept.DRAFTS, Kept.SESSIONS, Kept.SENT_FORMS, Kept.REPLIES)
"""What is kept for so short a time that once a day would be late."""
_FIXED: Final = {
    Kept.HELD_FILES: timedelta(days=1),
    Kept.SENT_FORMS: timedelta(days=2),
    # It says itself when it ends.
    Kept.REPLIES: timedelta(0),
    Kept.BROWSERS: timedelta(days=365),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days for which each is kept behind its end; 0 keeps it.

    drafts: what an officer has typed and not sent, and sessions that have ended. refused_rows: what
    a refused row of an import said, behind the import's end. imports: an import and what became of
    its rows. deliveries: lines of the log of messages that need no more sending. told: that a match
    was told, once its listing has closed. changes: that a listing was removed or a person erased,
    in the feeds of changes. keys: expired or revoked ones that nothing names. consents: a person,
    behind the last day of their consent.
    """

    drafts: int = 7
    refused_rows: int = 90
    imports: int = 365
    deliveries: int = 90
    told: int = 90
    changes: int = 30
    keys: int = 365
    consents: int = 0

    def before(self, what: Kept, now: datetime) -> datetime | None:
        """Return the moment before which an end lies too long back, None where it is kept."""
        if what in _FIXED:
            return now - _FIXED[what]
        # Ended sessions stay as long as drafts: they let a form that was open be kept as a draft.
        name = Kept.DRAFTS if what is Kept.SESSIONS else what
        days: int = getattr(self, name.value)
        return now - timedelta(days=days) if days else None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was forgotten, or would be, by kind.

    ended: people whose consent has ended; None where nobody looked.
    """

    counts: Mapping[Kept, int] = field(default_factory=dict)
    ended: int | None = None
