"""Stores of what is kept for a time only."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from service.domain.reply import Claim, Reply
from service.domain.retention import Kept


class RetentionStore(Protocol):
    """What is kept for a time only."""

    def count_old(self, what: Kept, before: datetime) -> int:
        """Return how much of this kind has ended before a moment."""
        ...

    def forget_old(self, what: Kept, before: datetime, limit: int) -> int:
        """Delete some of it, at most about `limit` rows; return how many, 0 where none is left."""
        ...

    def mark_feeds(self, at: datetime, before: datetime) -> None:
        """Note where the feeds of changes stand, and that removals of `before` are forgotten."""
        ...

    def wipe(self) -> None:
        """Leave no copy of what was deleted in the files."""
        ...


class ReplyStore(Protocol):
    """Replies to requests that name themselves, sealed, for `service.usecases.act_once`."""

    def claim_reply(
        self, claim: Claim, at: datetime, *, until: datetime, ends: datetime
    ) -> Reply | None:
        """Take the right to act until `until`, or return the reply that was kept.

        ends: when all of it is forgotten. Raises KeyReusedError for another request of this name,
        InProgressError while another attempt has the right, ReplyLostError where one has acted
        and left no reply.
        """
        ...

    def acting(self, claim: Claim) -> AbstractContextManager[None]:
        """While open, every write of this thread notes in its own transaction that it was done.

        Such a write raises InProgressError and writes nothing once the right was lost.
        """
        ...

    def keep_reply(self, claim: Claim, reply: Reply) -> None:
        """Keep what is answered, unless what it must not outlive is gone: then forget the claim."""
        ...

    def person_of_reply(self, claim: Claim) -> str | None:
        """Return whom the reply kept under this name is about, whatever the request was."""
        ...

    def forget_reply(self, claim: Claim, person_id: str) -> None:
        """Forget the reply of this name, if it is about this person: the name is free again."""
        ...

    def release_claim(self, claim: Claim) -> None:
        """Give the right back where nothing was written; the next attempt begins anew."""
        ...
