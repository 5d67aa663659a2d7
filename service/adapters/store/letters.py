"""Messages by mail in SQL: gathered into one mail, claimed with it, noted with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.alerts import (
    AlertQueries,
    claimable,
    delivery_in,
    note_event,
    note_receiver,
)
from service.domain.alert import MATCHES, DeliveryState
from service.domain.letter import DueLetter, NotedLetter

_TOGETHER: Final = 500
"""Messages that one mail carries at most."""


class LetterQueries(AlertQueries):
    """Implements the half of `service.ports.AlertStore` that is about mail."""

    def claim_letters(self, now: datetime, until: datetime, limit: int) -> list[DueLetter]:
        """See the port."""
        with self._db.read() as connection:
            if connection.execute(claimable(now, 1, mail=True)).first() is None:
                return []
        found = []
        with self._db.write() as connection:
            waiting = connection.execute(claimable(now, limit, mail=True)).all()
            for row in waiting:
                rows = _gathered(connection, row[0], now)
                name = rows[0].mail_id or f"mail_{uuid4().hex}"
                # Kept before it is sent: after a crash the same mail goes out once more.
                _mark(connection, rows, {"mail_id": name, "claimed_until": until})
                table = t.subscriptions
                owner = table.c.id == rows[0].subscription_id
                connection.execute(sa.update(table).where(owner).values(attempted_at=now))
                kept = connection.execute(sa.select(table).where(owner)).one()
                deliveries = tuple(delivery_in(one) for one in rows)
                found.append(DueLetter(name, self.subscription_in(kept), deliveries, kept.failures))
        return found

    def note_letter(self, noted: NotedLetter) -> None:
        """See the port."""
        with self._db.write() as connection:
            for delivery, attempt in noted.attempts:
                note_event(connection, delivery.id, attempt)
            if noted.sent is not None:
                note_receiver(connection, noted.subscription_id, noted.sent)

    def reschedule(self, subscription_id: str, due: datetime) -> None:
        """See the port."""
        table = t.alert_events.c
        waiting = (
            table.subscription_id == subscription_id,
            table.state == DeliveryState.PENDING,
            table.type.in_(MATCHES),
            table.mail_id.is_(None),
        )
        with self._db.write() as connection:
            connection.execute(
                sa.update(t.alert_events).where(*waiting).values(next_attempt_at=due)
            )


def _gathered(connection: sa.Connection, position: int, now: datetime) -> Sequence[Any]:
    """Return the message at `position` with all that go out in the same mail."""
    table = t.alert_events
    first = connection.execute(sa.select(table).where(table.c.position == position)).one()
    same = table.c.position == position
    if first.mail_id is not None:
        same = table.c.mail_id == first.mail_id
    elif first.type in MATCHES:
        same = sa.and_(
            table.c.mail_id.is_(None),
            table.c.subscription_id == first.subscription_id,
            table.c.type.in_(MATCHES),
            table.c.next_attempt_at <= now,
        )
    query = sa.select(table).where(same, table.c.state == DeliveryState.PENDING)
    return connection.execute(query.order_by(table.c.position).limit(_TOGETHER)).all()


def _mark(connection: sa.Connection, rows: Sequence[Any], values: dict[str, Any]) -> None:
    names = [row.id for row in rows]
    connection.execute(
        sa.update(t.alert_events).where(t.alert_events.c.id.in_(names)).values(values)
    )
