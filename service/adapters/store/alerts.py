"""Messages in SQL: told once, claimed one by one, noted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import chunks
from service.adapters.store.subscriptions import (
    SubscriptionQueries,
    end_of_feeds,
    event_row,
    insert_event,
)
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
                if moved.rowcount and one.hits:
                    count += _tell(connection, one, at)
        return count

    def add_test(self, stored: StoredSubscription, at: datetime) -> Delivery:
        """See the port."""
        with self._db.write() as connection:
            name = insert_event(connection, stored.id, AlertType.TEST, None, at)
            return delivery_in(_event(connection, stored.id, name))

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
        return Page(items=tuple(delivery_in(row) for row in kept), next_after=more)

    def told_of(self, subscription_id: str, listing_ids: Sequence[str]) -> list[Delivery]:
        """See the port."""
        table, found = t.alert_events.c, list[Delivery]()
        with self._db.read() as connection:
            for chunk in chunks(listing_ids):
                query = sa.select(t.alert_events).where(
                    table.subscription_id == subscription_id,
                    table.listing_id.in_(chunk),
                    table.state == DeliveryState.DELIVERED,
                )
                found += [delivery_in(row) for row in connection.execute(query)]
        return found

    def delivery(self, subscription_id: str, event_id: str) -> Delivery:
        """See the port."""
        with self._db.read() as connection:
            return delivery_in(_event(connection, subscription_id, event_id))

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
            return [delivery_in(row) for row in connection.execute(newest)]

    def replay_delivery(self, subscription_id: str, event_id: str, at: datetime) -> Delivery:
        """See the port."""
        table = t.alert_events
        with self._db.write() as connection:
            row = _event(connection, subscription_id, event_id)
            connection.execute(
                sa.update(table)
                .where(table.c.position == row.position)
                .values(
                    # In a mail of its own: one that came already would be taken for a repeat.
                    state=DeliveryState.PENDING,
                    attempts=0,
                    next_attempt_at=at,
                    mail_id=None,
                )
            )
            connection.execute(
                sa.update(t.subscriptions)
                .where(t.subscriptions.c.id == subscription_id)
                .values(resting_until=None)
            )
            return delivery_in(_event(connection, subscription_id, event_id))

    def claim_deliveries(self, now: datetime, until: datetime, limit: int) -> list[Due]:
        """See the port."""
        with self._db.read() as connection:
            if connection.execute(claimable(now, 1, mail=False)).first() is None:
                return []
        table, subscriptions = t.alert_events, t.subscriptions
        found = []
        with self._db.write() as connection:
            for position in connection.execute(claimable(now, limit, mail=False)).scalars().all():
                here = table.c.position == position
                connection.execute(sa.update(table).where(here).values(claimed_until=until))
                event = connection.execute(sa.select(table).where(here)).one()
                owner = subscriptions.c.id == event.subscription_id
                connection.execute(sa.update(subscriptions).where(owner).values(attempted_at=now))
                row = connection.execute(sa.select(subscriptions).where(owner)).one()
                found.append(
                    Due(
                        delivery_in(event),
                        self.subscription_in(row),
                        self.secrets_in(row),
                        row.failures,
                    )
                )
        return found

    def note_attempt(self, delivery: Delivery, attempt: Attempt) -> None:
        """See the port."""
        with self._db.write() as connection:
            note_event(connection, delivery.id, attempt)
            if attempt.sent:
                note_receiver(connection, delivery.subscription_id, attempt)


def note_event(connection: sa.Connection, event_id: str, attempt: Attempt) -> None:
    """Write down what came of a message."""
    table = t.alert_events
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
    connection.execute(sa.update(table).where(table.c.id == event_id).values(values))


def note_receiver(connection: sa.Connection, subscription_id: str, attempt: Attempt) -> None:
    """Write down how its receiver took it: left alone for a while, or for good."""
    table = t.subscriptions
    values: dict[str, Any] = {
        "failures": 0 if attempt.rest is None else table.c.failures + 1,
        "resting_until": attempt.rest,
    }
    if attempt.gone:
        values |= {"active": False, "version": table.c.version + 1, "updated_at": attempt.at}
    connection.execute(sa.update(table).where(table.c.id == subscription_id).values(values))


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


def _tell(connection: sa.Connection, told: Told, at: datetime) -> int:
    """Write messages for what was not told before; return how many that are."""
    table, known = t.alerts_told, set[tuple[str, str]]()
    hits = _still_there(connection, told.hits)
    twins = {hit.listing_id: told.same.get(hit.listing_id, {hit.listing_id}) for hit in hits}
    for chunk in chunks(sorted(set().union(*twins.values()))):
        query = sa.select(table.c.listing_id, table.c.about).where(
            table.c.subscription_id == told.subscription_id, table.c.listing_id.in_(chunk)
        )
        known.update((name, about) for name, about in connection.execute(query))
    rows = []
    for hit in hits:
        about = hit.person_id or ""
        if known.isdisjoint((name, about) for name in twins[hit.listing_id]):
            known.add((hit.listing_id, about))
            rows.append(hit)
    if not rows:
        return 0
    name = told.subscription_id
    connection.execute(
        sa.insert(table),
        [
            {
                "subscription_id": name,
                "listing_id": hit.listing_id,
                "about": hit.person_id or "",
                "person_id": hit.person_id,
            }
            for hit in rows
        ],
    )
    due = told.due or at
    connection.execute(
        sa.insert(t.alert_events), [event_row(name, told.type, hit, at, due) for hit in rows]
    )
    return len(rows)


def claimable(now: datetime, limit: int, *, mail: bool) -> sa.Select[Any]:
    """Return a query for one message of each receiver that is free, the longest waiting first."""
    event, owner = t.alert_events.c, t.subscriptions.c
    other = t.alert_events.alias()
    busy = sa.select(other.c.id).where(
        other.c.subscription_id == event.subscription_id, other.c.claimed_until > now
    )
    rested = sa.or_(
        owner.resting_until.is_(None),
        owner.resting_until <= now,
        event.type.in_((AlertType.TEST, AlertType.CONFIRMATION)),
    )
    return (
        sa.select(sa.func.min(event.position))
        .join(t.subscriptions, owner.id == event.subscription_id)
        .where(event.state == DeliveryState.PENDING, event.next_attempt_at <= now, rested)
        .where(~busy.exists(), owner.mailbox.is_not(None) == mail)
        .group_by(event.subscription_id, owner.attempted_at)
        .order_by(owner.attempted_at.is_not(None), owner.attempted_at, sa.func.min(event.position))
        .limit(limit)
    )


def delivery_in(row: Any) -> Delivery:  # noqa: ANN401 - a SQLAlchemy row has no static type
    """Return the message that a row of the table holds."""
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
        mail_id=row.mail_id,
    )
