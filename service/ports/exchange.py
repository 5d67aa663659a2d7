"""What partners send, are told and report, as Protocols. Every method is one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from service.domain.alert import (
    Attempt,
    Behind,
    Delivery,
    Due,
    StoredSubscription,
    Subscription,
    Told,
)
from service.domain.batch import Batch, Progress, RowEffect, RowResult, StoredBatch
from service.domain.imported import ImportKind
from service.domain.letter import DueLetter, NotedLetter
from service.domain.outcome import Outcome, OutcomeKind, StoredOutcome
from service.domain.person import StoredPerson
from service.domain.records import Page, TakenRow, Written


class BatchStore(Protocol):
    """Imports, what was sent, and what became of each row; sealed wherever people stand in it."""

    def add_batch(
        self, batch: Batch, content: bytes, at: datetime, *, held: bool = False
    ) -> StoredBatch:
        """Keep what was sent and queue it, or hold it, in one transaction."""
        ...

    def let_go(self, batch_id: str) -> None:
        """Erase what is held; nothing happens to an import that is not."""
        ...

    def batch(self, organisation_id: str, batch_id: str) -> StoredBatch:
        """Return an import of this organisation; raise NotFoundError."""
        ...

    def page_of_batches(self, organisation_id: str, *, after: int, limit: int) -> Page[StoredBatch]:
        """Return this organisation's imports, held ones left out, in order of arrival."""
        ...

    def last_batches(self, organisation_id: str, limit: int) -> list[StoredBatch]:
        """Return this organisation's last imports, the newest first; held files are none."""
        ...

    def next_batch(self) -> StoredBatch | None:
        """Return the oldest import that is not finished, None where there is none."""
        ...

    def batch_content(self, batch_id: str) -> bytes:
        """Return what was sent; raise NotFoundError once it is finished and forgotten."""
        ...

    def note_progress(self, batch_id: str, progress: Progress, at: datetime) -> None:
        """Keep how far an import has come; what was sent is forgotten once it has ended.

        One that has ended stays as it ended.
        """
        ...

    def take_rows(self, batch: Batch, rows: Sequence[TakenRow], progress: Progress) -> Progress:
        """Write records, what became of their rows, and how far it has come, in one transaction.

        progress: as it was before; the counts after it come back. A dry run writes no record.
        """
        ...

    def page_of_rows(
        self, batch_id: str, *, after: int, limit: int, effect: RowEffect | None
    ) -> Page[RowResult]:
        """Return rows of an import in their order, behind the place `after` - 1."""
        ...

    def unchanged_rows(self, batch: Batch, rows: Sequence[TakenRow]) -> set[int]:
        """Return the places of rows whose record says just this already."""
        ...

    def mapping(
        self, organisation_id: str, kind: ImportKind, source: str
    ) -> Mapping[str, str | None] | None:
        """Return how this source's columns were read last, None where nobody has said."""
        ...

    def keep_mapping(self, batch: Batch, mapping: Mapping[str, str | None], at: datetime) -> None:
        """Read this source's columns so from now on."""
        ...


class OutcomeStore(Protocol):
    """What came of recommendations. Reporters see theirs, organisations what is about theirs."""

    def put_outcome(
        self, organisation_id: str, person: StoredPerson, outcome: Outcome
    ) -> Written[StoredOutcome]:
        """Record a stage, or change what this organisation has said of it.

        Raises NotFoundError where the person is no longer there.
        """
        ...

    def outcome(self, organisation_id: str, outcome_id: str) -> StoredOutcome:
        """Return an outcome this organisation may see; raise NotFoundError."""
        ...

    def page_of_outcomes(
        self,
        organisation_id: str,
        *,
        after: int,
        limit: int,
        where: Mapping[str, str],
    ) -> Page[StoredOutcome]:
        """Return what this organisation may see, in order of the last change behind `after`."""
        ...

    def last_outcomes(
        self, organisation_id: str, limit: int, kind: OutcomeKind | None = None
    ) -> list[StoredOutcome]:
        """Return the last changed of what this organisation may see, the newest first."""
        ...

    def delete_outcome(self, outcome: StoredOutcome, *, if_version: int | None) -> None:
        """Take back what was reported by mistake."""
        ...


class AlertStore(Protocol):
    """Subscriptions, what each was told, and the messages; sealed where people's words are."""

    def add_subscription(
        self, organisation_id: str, key_id: str, content: Subscription, secret: str, at: datetime
    ) -> StoredSubscription:
        """Store a subscription that waits for what changes from now on."""
        ...

    def change_subscription(
        self,
        stored: StoredSubscription,
        content: Subscription,
        at: datetime,
        key_id: str,
        if_version: int | None,
    ) -> StoredSubscription:
        """Replace what is watched; raise NotFoundError or PreconditionFailedError.

        It goes on from where it was, and what it was told already stays told.
        """
        ...

    def remove_subscription(self, stored: StoredSubscription, if_version: int | None) -> None:
        """Remove it with its messages, sent or not. Raises as `change_subscription`."""
        ...

    def subscription(self, organisation_id: str, subscription_id: str) -> StoredSubscription:
        """Return a subscription of this organisation; raise NotFoundError."""
        ...

    def page_of_subscriptions(
        self, organisation_id: str, *, after: int, limit: int
    ) -> Page[StoredSubscription]:
        """Return this organisation's subscriptions in order of creation behind `after`."""
        ...

    def rotate_secret(
        self, stored: StoredSubscription, secret: str, at: datetime, until: datetime
    ) -> None:
        """Sign with another secret from now on, and with those before it until `until`."""
        ...

    def subscriptions_behind(self, limit: int) -> list[Behind]:
        """Return subscriptions that have not seen the ends of both feeds."""
        ...

    def tell(self, told: Sequence[Told], at: datetime) -> int:
        """Write messages, that they were told, and how far each looked, in one transaction.

        A match that was told before, or whose listing, person or subscription is gone, is left
        out. Returns how many messages there are.
        """
        ...

    def add_test(self, stored: StoredSubscription, at: datetime) -> Delivery:
        """Write a message that only tries the way."""
        ...

    def page_of_deliveries(self, subscription_id: str, *, after: int, limit: int) -> Page[Delivery]:
        """Return a subscription's messages in order of creation behind `after`."""
        ...

    def told_of(self, subscription_id: str, listing_ids: Sequence[str]) -> list[Delivery]:
        """Return a subscription's messages about some listings that were delivered."""
        ...

    def delivery(self, subscription_id: str, event_id: str) -> Delivery:
        """Return one message; raise NotFoundError."""
        ...

    def last_deliveries(self, organisation_id: str, since: datetime, limit: int) -> list[Delivery]:
        """Return what this organisation's subscriptions were told since then, the newest first."""
        ...

    def replay_delivery(self, subscription_id: str, event_id: str, at: datetime) -> Delivery:
        """Have a message sent again, under the same id; raise NotFoundError."""
        ...

    def subscription_by_mail(self, subscription_id: str) -> StoredSubscription | None:
        """Return a subscription of whatever organisation that is told by mail, None without one.

        For links in mail, which carry no key.
        """
        ...

    def unconfirmed_to(self, address: str) -> int:
        """Return how many subscriptions wait for somebody at this address to agree."""
        ...

    def answer_mail(
        self, stored: StoredSubscription, at: datetime, *, agreed: bool
    ) -> StoredSubscription:
        """Note that whoever reads the mailbox agrees, or wants no more, which ends it.

        Raises NotFoundError, and PreconditionFailedError where it is another mailbox by now.
        """
        ...

    def claim_letters(self, now: datetime, until: datetime, limit: int) -> list[DueLetter]:
        """Return mail that is due, at most one for each subscription, as `claim_deliveries`.

        Which messages a mail carries is kept, and it has the same id whenever it is claimed.
        """
        ...

    def note_letter(self, noted: NotedLetter) -> None:
        """Keep what came of a mail for each message in it, in one transaction."""
        ...

    def reschedule(self, subscription_id: str, due: datetime) -> None:
        """Have matches that wait for a mail sent at another time."""
        ...

    def claim_deliveries(self, now: datetime, until: datetime, limit: int) -> list[Due]:
        """Return messages that are due, at most one for each receiver and none for a busy one.

        Nobody else is given them before `until`, when whoever claimed them must have died.
        """
        ...

    def note_attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """Keep what came of sending a message, and free its receiver for the next."""
        ...
