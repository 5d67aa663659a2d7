"""Alerts: what a subscription watches, what it is told, and what became of each message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Final

from service.domain.access import Scope
from service.domain.match import Tier
from service.domain.person import Route


class Watch(StrEnum):
    """What a subscription waits for."""

    LISTINGS = "listings"
    RETURNEE = "returnee"
    CANDIDATES = "candidates"


NEEDS: Final[Mapping[Watch, tuple[Scope, ...]]] = {
    Watch.LISTINGS: (Scope.MATCH, Scope.LISTINGS_READ),
    Watch.RETURNEE: (Scope.MATCH, Scope.RETURNEES_READ),
    Watch.CANDIDATES: (Scope.MATCH, Scope.LISTINGS_READ, Scope.RETURNEES_READ),
}
"""The scopes without which one would be told what one may not ask."""


class AlertType(StrEnum):
    """What a message says has happened."""

    LISTING = "listing.matched"
    CANDIDATE = "candidate.matched"
    TEST = "subscription.test"
    CONFIRMATION = "subscription.confirmation"


MATCHES: Final = (AlertType.LISTING, AlertType.CANDIDATE)
"""Messages about something; the others are about the subscription itself."""


class Digest(StrEnum):
    """How often mail goes out where there is something to be told."""

    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class Weekday(StrEnum):
    """A day of the week, in the order of `datetime.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class DeliveryState(StrEnum):
    """How far a message has come. Dropped: its ground was gone before it was sent."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTo:
    """Whose mailbox, how often, and in which language.

    address: in ASCII. at: on the clock of time_zone (IANA). weekday: of a weekly digest.
    """

    address: str
    digest: Digest = Digest.DAILY
    at: time = time(8)
    time_zone: str = "UTC"
    weekday: Weekday = Weekday.MONDAY
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What is watched, and where it is told. Fields of another kind of watch are empty.

    Either url or mail, never both: ValueError. text, home_country: of `listings`. returnee_id: of
    `returnee`. source: of `candidates`; None stands for every listing of the organisation. Empty
    routes, countries, sectors narrow nothing.
    """

    watch: Watch
    url: str | None = None
    mail: MailTo | None = None
    active: bool = True
    min_tier: Tier = Tier.GOOD
    text: str | None = None
    home_country: str | None = None
    routes: tuple[Route, ...] = ()
    countries: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    returnee_id: str | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        """Refuse what would be told nowhere, or in two places."""
        if (self.url is None) == (self.mail is None):
            message = "a subscription has either a url or mail"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class StoredSubscription:
    """A subscription as the store keeps it. key_id: of who wrote it last, and in whose right.

    confirmed_at: when whoever reads the mailbox agreed; None as long as they have not.
    mailbox: a keyed hash of the address that the links in its mail are bound to.
    """

    id: str
    organisation_id: str
    key_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    content: Subscription
    confirmed_at: datetime | None = None
    mailbox: str | None = None

    @property
    def listens(self) -> bool:
        """Whether it is to be told anything."""
        confirmed = self.content.mail is None or self.confirmed_at is not None
        return self.content.active and confirmed


@dataclass(frozen=True, slots=True)
class Secret:
    """What messages are signed with, whsec_…; until: when it ends, None for the newest."""

    value: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Sequence numbers of the feeds of listings and of people."""

    listings: int
    people: int


@dataclass(frozen=True, slots=True)
class Behind:
    """A subscription that has not seen all there is. seen: how far it is, end: how far one can."""

    stored: StoredSubscription
    seen: Seen
    end: Seen


@dataclass(frozen=True, slots=True)
class Hit:
    """A match to be told. person_id: None where nobody stored is meant."""

    listing_id: str
    person_id: str | None
    tier: Tier


@dataclass(frozen=True, slots=True)
class Told:
    """What one look at the feeds brought a subscription, and how far it looked.

    due: when it is to be sent, None for at once. same: of a listing that was confirmed to be the
    same as others, all of them: whoever was told of one is told of no other.
    """

    subscription_id: str
    type: AlertType
    hits: tuple[Hit, ...]
    seen: Seen
    due: datetime | None = None
    same: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message and what became of it.

    status: of the last answer, of HTTP or SMTP. error: class of what went wrong last.
    next_attempt_at: None once nothing more will be tried. attempted_at: the last time. mail_id:
    the mail that carried it last.
    """

    id: str
    subscription_id: str
    type: AlertType
    listing_id: str | None
    person_id: str | None
    tier: Tier | None
    state: DeliveryState
    attempts: int
    status: int | None
    error: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    attempted_at: datetime | None
    mail_id: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A message claimed to be sent. failures: of its receiver, one after the other."""

    delivery: Delivery
    subscription: StoredSubscription
    secrets: tuple[Secret, ...]
    failures: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of sending. state PENDING: it is tried again at `again`.

    sent: False where it was not even tried. rest: until when the receiver is left alone, None
    where it has answered well. gone: it wants no more messages.
    """

    state: DeliveryState
    at: datetime
    sent: bool = True
    status: int | None = None
    error: str | None = None
    again: datetime | None = None
    rest: datetime | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to be signed. id: the same over all attempts. at: of this attempt, UTC."""

    url: str
    id: str
    at: datetime
    body: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver answered: a status, or the class of what went wrong before there was one."""

    status: int | None = None
    error: str | None = None
