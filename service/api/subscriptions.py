"""/v1/subscriptions: be told of matches as they appear, by signed messages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from service.api.common import (
    Cursor,
    IfMatch,
    Limit,
    etag,
    expected_version,
    read_cursor,
    write_cursor,
)
from service.api.subscription_models import (
    DeliveryOut,
    DeliveryPage,
    NewSubscriptionOut,
    SecretOut,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionPage,
    new_subscription_out,
    subscription_out,
)
from service.domain.access import Caller, Scope
from service.domain.alert import StoredSubscription
from service.domain.audit import Action
from service.domain.errors import NotFoundError
from service.ports import Tools
from service.usecases.manage_subscriptions import (
    change_subscription,
    exchange_secret,
    may_watch,
    subscribe,
    try_subscription,
)
from service.usecases.read_shared import page_of_deliveries
from service.usecases.read_shared import replay as replay_delivery
from service.web.access import ToolsDep, only_known_parameters, with_scope
from service.web.audit import Accessing, Shown
from service.web.once import OnceDep

router = APIRouter(
    prefix="/v1/subscriptions",
    tags=["subscriptions"],
    dependencies=[Depends(only_known_parameters)],
)

Subscriber = Annotated[Caller, Depends(with_scope(Scope.SUBSCRIPTIONS))]
Listing = Annotated[Shown, Depends(Accessing(Action.DELIVERY_LIST))]
Replaying = Annotated[Shown, Depends(Accessing(Action.DELIVERY_REPLAY, at_once=True))]


@router.post("", status_code=status.HTTP_201_CREATED, operation_id="create_subscription")
def post(
    body: SubscriptionIn,
    response: Response,
    tools: ToolsDep,
    caller: Subscriber,
    once: OnceDep,
) -> NewSubscriptionOut:
    """Watch what changes from now on.

    The secret is in this answer alone, and in that of the same Idempotency-Key.
    """
    with once.acting():
        stored, secret = subscribe(tools, caller, body.to_domain())
        once.of(stored.id, stored.content.returnee_id)
    response.headers["ETag"] = etag(stored.version)
    response.headers["Location"] = f"/v1/subscriptions/{stored.id}"
    return new_subscription_out(stored, secret)


@router.get("", operation_id="list_subscriptions")
def page(
    tools: ToolsDep,
    caller: Subscriber,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> SubscriptionPage:
    """List the subscriptions of your organisation that you may see, in order of creation."""
    found = tools.store.page_of_subscriptions(
        caller.organisation_id,
        after=read_cursor(tools, caller, "subscriptions", cursor),
        limit=limit,
    )
    return SubscriptionPage(
        items=[subscription_out(one) for one in found.items if may_watch(caller, one.content)],
        next_cursor=write_cursor(tools, caller, "subscriptions", found.next_after),
    )


@router.get("/{subscription_id}", operation_id="get_subscription")
def get(
    subscription_id: str, response: Response, tools: ToolsDep, caller: Subscriber
) -> SubscriptionOut:
    """Read one subscription, without its secret."""
    stored = _seen(tools, caller, subscription_id)
    response.headers["ETag"] = etag(stored.version)
    return subscription_out(stored)


@router.put("/{subscription_id}", operation_id="put_subscription")
def put(  # noqa: PLR0913 - one parameter per part of the request
    subscription_id: str,
    body: SubscriptionIn,
    response: Response,
    tools: ToolsDep,
    caller: Subscriber,
    if_match: IfMatch = None,
) -> SubscriptionOut:
    """Replace what is watched, or pause it; what was told stays told."""
    stored = _seen(tools, caller, subscription_id)
    version = expected_version(if_match)
    stored = change_subscription(tools, caller, stored, body.to_domain(), version)
    response.headers["ETag"] = etag(stored.version)
    return subscription_out(stored)


@router.delete(
    "/{subscription_id}", status_code=status.HTTP_204_NO_CONTENT, operation_id="delete_subscription"
)
def delete(
    subscription_id: str, tools: ToolsDep, caller: Subscriber, if_match: IfMatch = None
) -> None:
    """Watch no longer; messages that wait are not sent."""
    stored = _seen(tools, caller, subscription_id)
    tools.store.remove_subscription(stored, expected_version(if_match))


@router.post("/{subscription_id}/secret", operation_id="exchange_secret")
def post_secret(
    subscription_id: str, tools: ToolsDep, caller: Subscriber, once: OnceDep
) -> SecretOut:
    """Exchange the secret. For a day messages are signed with the new and with the old one."""
    with once.acting():
        stored = _seen(tools, caller, subscription_id)
        once.of(stored.id)
        return SecretOut(secret=exchange_secret(tools, stored))


@router.post(
    "/{subscription_id}/test", status_code=status.HTTP_202_ACCEPTED, operation_id="send_test"
)
def post_test(
    subscription_id: str, tools: ToolsDep, caller: Subscriber, once: OnceDep
) -> DeliveryOut:
    """Send a message that only tries the way, also while the subscription is paused."""
    with once.acting():
        stored = _seen(tools, caller, subscription_id)
        once.of(stored.id)
        return DeliveryOut.of(try_subscription(tools, stored))


@router.get("/{subscription_id}/deliveries", operation_id="list_deliveries")
def deliveries(  # noqa: PLR0913 - one parameter per part of the request
    subscription_id: str,
    tools: ToolsDep,
    caller: Subscriber,
    shown: Listing,
    cursor: Annotated[Cursor, Query()] = None,
    limit: Annotated[Limit, Query()] = 50,
) -> DeliveryPage:
    """List a subscription's messages and what became of each, in order of creation."""
    stored = _seen(tools, caller, subscription_id)
    after = read_cursor(tools, caller, stored.id, cursor)
    found = page_of_deliveries(tools, stored, after=after, limit=limit)
    shown.of(*dict.fromkeys(one.person_id for one in found.items if one.person_id is not None))
    return DeliveryPage(
        items=[DeliveryOut.of(one) for one in found.items],
        next_cursor=write_cursor(tools, caller, stored.id, found.next_after),
    )


@router.post(
    "/{subscription_id}/deliveries/{event_id}/replay",
    status_code=status.HTTP_202_ACCEPTED,
    operation_id="replay_delivery",
)
def replay(  # noqa: PLR0913 - one parameter per part of the request
    subscription_id: str,
    event_id: str,
    tools: ToolsDep,
    caller: Subscriber,
    shown: Replaying,
    once: OnceDep,
) -> DeliveryOut:
    """Send a message again under its id, if what it is about still holds."""
    with once.acting():
        stored = _seen(tools, caller, subscription_id)
        again = replay_delivery(tools, stored, event_id)
        about = () if again.person_id is None else (again.person_id,)
        shown.of(stored.id, *about)
        return DeliveryOut.of(again)


def _seen(tools: Tools, caller: Caller, subscription_id: str) -> StoredSubscription:
    stored = tools.store.subscription(caller.organisation_id, subscription_id)
    if not may_watch(caller, stored.content):
        message = "There is no such subscription."
        raise NotFoundError(message)
    return stored
