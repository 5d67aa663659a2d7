"""A subscription and its messages on the wire."""

from datetime import datetime, time
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from service.api.fields import CountryCode, EmailAddress, Flag, Line, Model, TimeZone, Words
from service.domain.alert import (
    AlertType,
    Delivery,
    DeliveryState,
    Digest,
    MailTo,
    StoredSubscription,
    Subscription,
    Watch,
    Weekday,
)
from service.domain.match import Tier
from service.domain.person import Route

_OF: Final = {
    Watch.LISTINGS: frozenset({"text", "home_country", "routes", "countries", "sectors"}),
    Watch.RETURNEE: frozenset({"returnee_id", "routes", "countries", "sectors"}),
    Watch.CANDIDATES: frozenset({"source"}),
}
_REQUIRED: Final = {Watch.LISTINGS: "text", Watch.RETURNEE: "returnee_id"}


MinTier = TypeAliasType("MinTier", Literal["good", "strong"])


class _Watched(Model):
    """What is to be watched.

    `listings`: listings that match `text`. `returnee`: listings that match a person of yours, as
    long as they agree to it. `candidates`: people for your own listings, all or of one `source`.
    """

    kind: Watch
    active: Flag = True
    min_tier: Annotated[MinTier, Field(description="The least to be told.")] = "good"
    text: Annotated[Words | None, Field(description="listings: what the person can do.")] = None
    home_country: CountryCode | None = None
    routes: Annotated[list[Route], Field(max_length=3)] = []
    countries: Annotated[list[CountryCode], Field(max_length=250)] = []
    sectors: Annotated[list[Line], Field(max_length=50)] = []
    returnee_id: Annotated[Line | None, Field(description="returnee: whose matches.")] = None
    source: Annotated[
        Line | None, Field(description="candidates: of your listings only those of this source.")
    ] = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        required = _REQUIRED.get(self.kind)
        if required is not None and getattr(self, required) is None:
            detail = f"{required} is required to watch {self.kind.value}."
            raise PydanticCustomError("homeward", detail)
        for name in sorted(frozenset().union(*_OF.values()) - _OF[self.kind]):
            if getattr(self, name) not in (None, []):
                detail = f"{name} has no meaning where {self.kind.value} are watched; leave it out."
                raise PydanticCustomError("homeward", detail)
        return self

    @property
    def way(self) -> dict[str, Any]:
        """Where it is told, by the names of the domain."""
        raise NotImplementedError

    def to_domain(self) -> Subscription:
        """Return the domain value."""
        return Subscription(
            watch=self.kind,
            active=self.active,
            min_tier=Tier(self.min_tier),
            text=self.text,
            home_country=self.home_country,
            routes=tuple(dict.fromkeys(self.routes)),
            countries=tuple(self.countries),
            sectors=tuple(self.sectors),
            returnee_id=self.returnee_id,
            source=self.source,
            **self.way,
        )


class WebhookSubscriptionIn(_Watched):
    """What is to be watched, and the URL that is told, at once and one message a match."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="Where messages are posted to; no address of a private network.",
            examples=["https://partner.example/homeward"],
        ),
    ]

    @property
    def way(self) -> dict[str, Any]:
        """See above."""
        return {"url": self.url}


class Mailbox(Model):
    """Whose mailbox, how often, and in which language. Every mail has a link to stop it."""

    address: EmailAddress
    digest: Annotated[
        Digest, Field(description="immediate: what is found within five minutes together.")
    ] = Digest.DAILY
    at: Annotated[
        str,
        Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="On the clock of time_zone."),
    ] = "08:00"
    time_zone: TimeZone = "UTC"
    weekday: Annotated[Weekday, Field(description="Of a weekly digest.")] = Weekday.MONDAY
    language: Annotated[
        Literal["en", "bn", "hi", "ur", "ne", "ar"], Field(description="Of the mail itself.")
    ] = "en"


class MailSubscriptionIn(_Watched):
    """What is to be watched, and the mailbox that is told, once somebody there has agreed."""

    email: Mailbox

    @property
    def way(self) -> dict[str, Any]:
        """See above."""
        mail = self.email
        return {
            "mail": MailTo(
                address=mail.address,
                digest=mail.digest,
                at=time.fromisoformat(mail.at),
                time_zone=mail.time_zone,
                weekday=mail.weekday,
                language=mail.language,
            )
        }


def _way_of(body: Any) -> str | None:  # noqa: ANN401 - any JSON
    """Tell by which of the two ways a body wants to be told; None for both."""
    if isinstance(body, Model):
        return "webhook" if hasattr(body, "url") else "mail"
    if not isinstance(body, dict) or ("url" in body and "email" in body):
        return None
    # With neither, all that is wrong with it is said as of a webhook.
    return "mail" if "email" in body else "webhook"


_Way: Final = Discriminator(
    _way_of,
    custom_error_type="homeward",
    custom_error_message="Give either url or email, where it is told, and not both.",
)
"""No field of its own: each form has one that it requires and the other forbids."""

SubscriptionIn = Annotated[
    Annotated[WebhookSubscriptionIn, Tag("webhook")] | Annotated[MailSubscriptionIn, Tag("mail")],
    _Way,
]


class _Stored(_Watched):
    """A subscription. key: in whose right it watches; when that ends, nothing is told any more."""

    id: str
    key: str
    version: int
    created_at: datetime
    updated_at: datetime


class WebhookSubscriptionOut(_Stored, WebhookSubscriptionIn):
    """A subscription that tells a URL. key: in whose right; when that ends, nothing is told."""


class MailSubscriptionOut(_Stored, MailSubscriptionIn):
    """A subscription that tells a mailbox. key: in whose right; when that ends, nothing is told."""

    confirmed: Annotated[
        bool, Field(description="Whether somebody there has agreed; nothing is sent before.")
    ]


SubscriptionOut = Annotated[
    Annotated[WebhookSubscriptionOut, Tag("webhook")] | Annotated[MailSubscriptionOut, Tag("mail")],
    _Way,
]


def subscription_out(stored: StoredSubscription) -> SubscriptionOut:
    """Write a subscription out."""
    mail, written = stored.content.mail, _written(stored)
    if mail is None:
        return WebhookSubscriptionOut.model_construct(**written)
    mailbox: dict[str, Any] = {
        "address": mail.address,
        "digest": mail.digest,
        "at": mail.at.isoformat("minutes"),
        "time_zone": mail.time_zone,
        "weekday": mail.weekday,
        "language": mail.language,
    }
    confirmed = stored.confirmed_at is not None
    email = Mailbox.model_construct(**mailbox)
    return MailSubscriptionOut.model_construct(**written, email=email, confirmed=confirmed)


def _written(stored: StoredSubscription) -> dict[str, Any]:
    """Return what both kinds have under its names on the wire, and the url where there is one."""
    content = stored.content
    return ({} if content.url is None else {"url": content.url}) | {
        "id": stored.id,
        "key": stored.key_id,
        "version": stored.version,
        "created_at": stored.created_at,
        "updated_at": stored.updated_at,
        "kind": content.watch,
        "active": content.active,
        "min_tier": content.min_tier.value,
        "text": content.text,
        "home_country": content.home_country,
        "routes": list(content.routes),
        "countries": list(content.countries),
        "sectors": list(content.sectors),
        "returnee_id": content.returnee_id,
        "source": content.source,
    }


class SecretOut(Model):
    """A secret to check messages with, in the form of Standard Webhooks; shown this once."""

    secret: Annotated[str, Field(pattern=r"^whsec_", examples=["whsec_…"])]


class NewWebhookSubscriptionOut(WebhookSubscriptionOut):
    """A new subscription with its secret, which is shown this once."""

    secret: str


NewSubscriptionOut = Annotated[
    Annotated[NewWebhookSubscriptionOut, Tag("webhook")]
    | Annotated[MailSubscriptionOut, Tag("mail")],
    _Way,
]


def new_subscription_out(stored: StoredSubscription, secret: str) -> NewSubscriptionOut:
    """Write a new subscription out; mail is not signed and has no secret."""
    if stored.content.url is None:
        written = subscription_out(stored)
        assert isinstance(written, MailSubscriptionOut)  # noqa: S101 - told by mail
        return written
    return NewWebhookSubscriptionOut.model_construct(**_written(stored), secret=secret)


class SubscriptionPage(Model):
    """Some subscriptions in order of creation."""

    items: list[SubscriptionOut]
    next_cursor: str | None


class DeliveryOut(Model):
    """A message and what became of it. Dropped: its ground was gone before it was sent."""

    id: Annotated[str, Field(description="The webhook-id, the same over all attempts.")]
    type: AlertType
    listing: str | None
    returnee: str | None
    tier: Tier | None
    state: DeliveryState
    attempts: int
    status: Annotated[
        int | None, Field(description="HTTP status of the last answer, or reply code of SMTP.")
    ]
    error: Annotated[str | None, Field(description="Class of what went wrong last.")]
    next_attempt_at: datetime | None
    created_at: datetime
    attempted_at: datetime | None
    mail: Annotated[
        str | None,
        Field(description="The mail that carried it: its Message-ID before the @."),
    ]

    @classmethod
    def of(cls, one: Delivery) -> "DeliveryOut":
        """Write a delivery out."""
        return cls.model_construct(
            id=one.id,
            type=one.type,
            listing=one.listing_id,
            returnee=one.person_id,
            tier=one.tier,
            state=one.state,
            attempts=one.attempts,
            status=one.status,
            error=one.error,
            next_attempt_at=one.next_attempt_at,
            created_at=one.created_at,
            attempted_at=one.attempted_at,
            mail=one.mail_id,
        )


class DeliveryPage(Model):
    """Some messages of a subscription in order of creation."""

    items: list[DeliveryOut]
    next_cursor: str | None
