"""A subscription and its messages on the wire."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from service.api.fields import CountryCode, Flag, Line, Model, Words
from service.domain.alert import (
    AlertType,
    Delivery,
    DeliveryState,
    StoredSubscription,
    Subscription,
    Watch,
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


class SubscriptionIn(Model):
    """What is to be watched, and where it is told.

    `listings`: listings that match `text`. `returnee`: listings that match a person of yours, as
    long as they agree to it. `candidates`: people for your own listings, all or of one `source`.
    """

    kind: Watch
    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="Where messages are posted to; no address of a private network.",
            examples=["https://partner.example/homeward"],
        ),
    ]
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

    def to_domain(self) -> Subscription:
        """Return the domain value."""
        return Subscription(
            watch=self.kind,
            url=self.url,
            active=self.active,
            min_tier=Tier(self.min_tier),
            text=self.text,
            home_country=self.home_country,
            routes=tuple(dict.fromkeys(self.routes)),
            countries=tuple(self.countries),
            sectors=tuple(self.sectors),
            returnee_id=self.returnee_id,
            source=self.source,
        )


class SubscriptionOut(SubscriptionIn):
    """A subscription. key: in whose right it watches; when that ends, nothing is told any more."""

    id: str
    key: str
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def written(cls, stored: StoredSubscription) -> dict[str, Any]:
        """Return a subscription's fields under their names on the wire."""
        content = stored.content
        return {
            "id": stored.id,
            "key": stored.key_id,
            "version": stored.version,
            "created_at": stored.created_at,
            "updated_at": stored.updated_at,
            "kind": content.watch,
            "url": content.url,
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

    @classmethod
    def of(cls, stored: StoredSubscription) -> "SubscriptionOut":
        """Write a subscription out."""
        return cls.model_construct(**cls.written(stored))


class SecretOut(Model):
    """A secret to check messages with, in the form of Standard Webhooks; shown this once."""

    secret: Annotated[str, Field(pattern=r"^whsec_", examples=["whsec_…"])]


class NewSubscriptionOut(SubscriptionOut):
    """A new subscription with its secret, which is shown this once."""

    secret: str

    @classmethod
    def made(cls, stored: StoredSubscription, secret: str) -> "NewSubscriptionOut":
        """Write a new subscription out."""
        return cls.model_construct(**cls.written(stored), secret=secret)


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
    status: Annotated[int | None, Field(description="HTTP status of the last answer.")]
    error: Annotated[str | None, Field(description="Class of what went wrong last.")]
    next_attempt_at: datetime | None
    created_at: datetime
    attempted_at: datetime | None

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
        )


class DeliveryPage(Model):
    """Some messages of a subscription in order of creation."""

    items: list[DeliveryOut]
    next_cursor: str | None
