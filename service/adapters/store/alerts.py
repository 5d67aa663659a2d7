"""Messages in SQL: told once, claimed one by one, noted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import chunks
from service.adapters.store.subscriptions import SubscriptionQueries, end_of_feeds
from service.domain.alert import (
    AlertType,
    Attempt,
    Behind,
    Delivery,
    DeliveryState,
    Due,
    Hit,
    Seen,
    StoredSubscription,
    Told,
)
from service.domain.errors import NotFoundError
from service.domain.match import Tier
from service.domain.records import Page

_NO_DELIVERY: Final = "There is no such delivery."


class AlertQueries(SubscriptionQueries):
    """Implements `service.ports.AlertStore`."""

    def subscriptions_behind(self, limit: int) -> list[Behind]:
        """See the port."""
        table = t.subscriptions.c
        with self._db.read() as connection:
            end = end_of_feeds(connection)
            behind = sa.or_(table.listings_seen < end.listings, table.people_seen < end.people)
            query = sa.select(t.subscriptions).where(behind)
            rows = connection.execute(query.order_by(table.position).limit(limit)).all()
        return [
            Behind(self.subscription_in(row), Seen(row.listings_seen, row.people_seen), end)
            for row in rows
        ]

    def tell(self, told: Sequence[Told], at: datetime) -> int:
        """See the port."""
        table, count = t.subscriptions, 0
        with self._db.write() as connection:
            for one in told:
                moved = connection.execute(
                    sa.update(table)
                    .where(table.c.id == one.subscription_id)
                    .values(listings_seen=one.seen.listings, people_seen=one.seen.people)
                )
                # It may have been removed while it was looked for.
                if moved.rowcount:
                    hits = _still_there(connection, one.hits)
                    count += sum(_tell(connection, one, hit, at) for hit in hits)
        return count

    def add_test(self, stored: StoredSubscription, at: datetime) -> Delivery:
        """See the port."""
        with self._db.write() as connection:
            name = _insert(connection, stored.id, AlertType.TEST, None, at)
            return _delivery(_event(connection, stored.id, name))

    def page_of_deliveries(self, subscription_id: str, *, after: int, limit: int) -> Page[Delivery]:
        """See the port."""
        table = t.alert_events.c
        query = sa.select(t.alert_events).where(
            table.subscription_id == subscription_id, table.position > after
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(table.position).limit(limit + 1)).all()
        kept = rows[:limit]
        more = kept[-1].position if len(rows) > limit else None
        return Page(items=tuple(_delivery(row) for row in kept), next_after=more)

    def last_deliveries(self, organisation_id: str, since: datetime, limit: int) -> list[Delivery]:
        """See the port."""
        events = t.alert_events
        mine = sa.select(t.subscriptions.c.id).where(
            t.subscriptions.c.organisation_id == organisation_id
        )
        query = sa.select(events).where(
            events.c.subscription_id.in_(mine),
            events.c.created_at >= since,
            events.c.type != AlertType.TEST,
        )
        newest = query.order_by(events.c.position.desc()).limit(limit)
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(newest)]

    def replay_delivery(self, subscription_id: str, event_id: str, at: datetime) -> Delivery:
        """See the port."""
        table = t.alert_events
        with self._db.write() as connection:
            row = _event(connection, subscription_id, event_id)
            connection.execute(
                sa.update(table)
                .where(table.c.position == row.position)
                .values(state=DeliveryState.PENDING, attempts=0, next_attempt_at=at)
            )
            connection.execute(
                sa.update(t.subscriptions)
                .where(t.subscriptions.c.id == subscription_id)
                .values(resting_until=None)
            )
            return _delivery(_event(connection, subscription_id, event_id))

    def claim_deliveries(self, now: datetime, until: datetime, limit: int) -> list[Due]:
        """See the port."""
        with self._db.read() as connection:
            if connection.execute(_claimable(now, 1)).first() is None:
                return []
        table, subscriptions = t.alert_events, t.subscriptions
        found = []
        with self._db.write() as connection:
            for position in connection.execute(_claimable(now, limit)).scalars().all():
                here = table.c.position == position
                connection.execute(sa.update(table).where(here).values(claimed_until=until))
                event = connection.execute(sa.select(table).where(here)).one()
                owner = subscriptions.c.id == event.subscription_id
                connection.execute(sa.update(subscriptions).where(owner).values(attempted_at=now))
                row = connection.execute(sa.select(subscriptions).where(owner)).one()
                found.append(
                    Due(
                        _delivery(event),
                        self.subscription_in(row),
                        self.secrets_in(row),
                        row.failures,
                    )
                )
        return found

    def note_attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """See the port."""
        table, subscriptions = t.alert_events, t.subscriptions
        owner = subscriptions.c.id == delivery.subscription_id
        values: dict[str, Any] = {
            "state": attempt.state,
            "error": attempt.error,
            "next_attempt_at": attempt.again,
            "claimed_until": None,
        }
        if attempt.sent:
            values |= {
                "attempts": table.c.attempts + 1,
                "status": attempt.status,
                "attempted_at": attempt.at,
            }
        with self._db.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == delivery.id).values(values))
            if attempt.sent:
                failures = 0 if attempt.rest is None else subscriptions.c.failures + 1
                connection.execute(
                    sa.update(subscriptions)
                    .where(owner)
                    .values(failures=failures, resting_until=attempt.rest)
                )
            if attempt.gone:
                version = subscriptions.c.version + 1
                connection.execute(
                    sa.update(subscriptions)
                    .where(owner)
                    .values(active=False, version=version, updated_at=attempt.at)
                )


def _event(connection: sa.Connection, subscription_id: str, name: str) -> Any:  # noqa: ANN401
    table = t.alert_events
    query = sa.select(table).where(table.c.id == name, table.c.subscription_id == subscription_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(_NO_DELIVERY)
    return row


def _still_there(connection: sa.Connection, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits whose listing and person were not removed meanwhile."""

    def present(table: sa.Table, names: set[str]) -> set[str]:
        found: set[str] = set()
        for chunk in chunks(sorted(names)):
            query = sa.select(table.c.id).where(table.c.id.in_(chunk))
            found.update(connection.execute(query).scalars())
        return found

    listings = present(t.listings, {hit.listing_id for hit in hits})
    people = present(t.people, {hit.person_id for hit in hits if hit.person_id is not None})
    return [
        hit
        for hit in hits
        if hit.listing_id in listings and (hit.person_id is None or hit.person_id in people)
    ]


def _tell(connection: sa.Connection, told: Told, hit: Hit, at: datetime) -> bool:
    """Write a message, unless it was told before; return whether it was news."""
    table = t.alerts_told
    about = hit.person_id or ""
    known = sa.select(table.c.about).where(
        table.c.subscription_id == told.subscription_id,
        table.c.listing_id == hit.listing_id,
        table.c.about == about,
    )
    if connection.execute(known).first() is not None:
        return False
    connection.execute(
        sa.insert(table).values(
            subscription_id=told.subscription_id,
            listing_id=hit.listing_id,
            about=about,
            person_id=hit.person_id,
        )
    )
    _insert(connection, told.subscription_id, told.type, hit, at)
    return True


def _insert(
    connection: sa.Connection, subscription_id: str, kind: AlertType, hit: Hit | None, at: datetime
) -> str:
    name = f"msg_{uuid4().hex}"
    connection.execute(
        sa.insert(t.alert_events).values(
            id=name,
            subscription_id=subscription_id,
            type=kind,
            listing_id=hit and hit.listing_id,
            person_id=hit and hit.person_id,
            tier=hit and hit.tier,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at=at,
            created_at=at,
        )
    )
    return name


def _claimable(now: datetime, limit: int) -> sa.Select[tuple[int]]:
    """Return a query for one message of each receiver that is free, the longest waiting first."""
    event, owner = t.alert_events.c, t.subscriptions.c
    other = t.alert_events.alias()
    busy = sa.select(other.c.id).where(
        other.c.subscription_id == event.subscription_id, other.c.claimed_until > now
    )
    rested = sa.or_(
        owner.resting_until.is_(None), owner.resting_until <= now, event.type == AlertType.TEST
    )
    return (
        sa.select(sa.func.min(event.position))
        .join(t.subscriptions, owner.id == event.subscription_id)
        .where(event.state == DeliveryState.PENDING, event.next_attempt_at <= now, rested)
        .where(~busy.exists())
        .group_by(event.subscription_id, owner.attempted_at)
        .order_by(owner.attempted_at.is_not(None), owner.attempted_at, sa.func.min(event.position))
        .limit(limit)
    )


def _delivery(row: Any) -> Delivery:  # noqa: ANN401 - a SQLAlchemy row has no static type
    return Delivery(
        id=row.id,
        subscription_id=row.subscription_id,
        type=AlertType(row.type),
        listing_id=row.listing_id,
        person_id=row.person_id,
        tier=None if row.tier is None else Tier(row.tier),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        status=row.status,
        error=row.error,
        next_attempt_at=row.next_attempt_at,
        created_at=row.created_at,
        attempted_at=row.attempted_at,
    )
