"""What receivers are sent, for the webhooks of the OpenAPI document. Nothing here is called."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, status
from pydantic import Field

from service.api.fields import Model
from service.api.subscription_models import MinTier

router = APIRouter()

Id = Annotated[
    str, Header(alias="webhook-id", description="The same over all attempts: drop what you know.")
]
SentAt = Annotated[
    str, Header(alias="webhook-timestamp", description="Of this attempt, seconds since 1970.")
]
Signature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="Standard Webhooks v1; several, separated by a space, while secrets change.",
    ),
]


class ListingData(Model):
    """Which listing, for whom: ids only, to be read with your key."""

    subscription: str
    listing: str
    returnee: Annotated[str | None, Field(description="null for a query without a person.")]
    tier: MinTier


class CandidateData(ListingData):
    """Who, for which of your listings: ids only."""

    returnee: str


class TestData(Model):
    """Which subscription was tried."""

    subscription: str


class ListingMatched(Model):
    """A new or changed listing matches."""

    type: Literal["listing.matched"]
    timestamp: datetime
    data: ListingData


class CandidateMatched(Model):
    """Somebody matches a listing of yours."""

    type: Literal["candidate.matched"]
    timestamp: datetime
    data: CandidateData


class SubscriptionTest(Model):
    """You asked for it."""

    type: Literal["subscription.test"]
    timestamp: datetime
    data: TestData


@router.post(
    "listing.matched",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["subscriptions"],
    operation_id="listing_matched",
)
def listing_matched(body: ListingMatched, name: Id, at: SentAt, signature: Signature) -> None:
    """A listing matches a query or a person that is watched. Answer 2xx within ten seconds."""


@router.post(
    "candidate.matched",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["subscriptions"],
    operation_id="candidate_matched",
)
def candidate_matched(body: CandidateMatched, name: Id, at: SentAt, signature: Signature) -> None:
    """Somebody whom you may see matches a listing of yours."""


@router.post(
    "subscription.test",
    status_code=status.HTTP_204_NO_CONTENT,
    tags=["subscriptions"],
    operation_id="subscription_test",
)
def subscription_test(body: SubscriptionTest, name: Id, at: SentAt, signature: Signature) -> None:
    """Sent when a subscription is tried."""
