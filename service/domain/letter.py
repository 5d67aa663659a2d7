"""Mail: what is written, what became of it, and what the links in it are for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.domain.alert import Attempt, Delivery, StoredSubscription


class LinkPurpose(StrEnum):
    """What a link in a mail does once its button is pressed."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is about. mailbox: as in `StoredSubscription`. until: None without an end."""

    purpose: LinkPurpose
    subscription_id: str
    mailbox: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail ready to be sent. id: the same over all attempts. at: of this attempt, UTC.

    html: a whole page. unsubscribe: URL that takes a POST without a key.
    """

    id: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe: str
    at: datetime


class Verdict(StrEnum):
    """What a mail server says: taken, try later, not this mail, nobody there."""

    TAKEN = "taken"
    LATER = "later"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Posted:
    """What came of a mail. status: the reply code, None without one. error: what went wrong."""

    verdict: Verdict
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class DueLetter:
    """Messages of one subscription claimed to be sent as one mail, oldest first.

    failures: of this mailbox, one after the other.
    """

    id: str
    subscription: StoredSubscription
    deliveries: tuple[Delivery, ...]
    failures: int


@dataclass(frozen=True, slots=True)
class NotedLetter:
    """What came of a mail for each message in it, in any order; sent: of the mail as a whole."""

    subscription_id: str
    attempts: tuple[tuple[Delivery, Attempt], ...]
    sent: Attempt | None
