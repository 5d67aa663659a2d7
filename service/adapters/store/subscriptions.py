"""Subscriptions in SQL; what is watched and what is signed with are sealed."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter

from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.vault import Vault
from service.domain.alert import (
    AlertType,
    DeliveryState,
    Hit,
    Secret,
    Seen,
    StoredSubscription,
    Subscription,
)
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.records import Page

_CONTENT: Final = TypeAdapter(Subscription)
_SECRETS: Final = TypeAdapter(tuple[Secret, ...])
_NO_SUBSCRIPTION: Final = "There is no such subscription."


class SubscriptionQueries:
    """Implements the half of `service.ports.AlertStore` that is about subscriptions."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Work on this database; seal with this vault."""
        self._db = database
        self._vault = vault

    def add_subscription(
        self, organisation_id: str, key_id: str, content: Subscription, secret: str, at: datetime
    ) -> StoredSubscription:
        """See the port."""
        name = f"sub_{uuid4().hex}"
        with self._db.write() as connection:
            end = end_of_feeds(connection)
            connection.execute(
                sa.insert(t.subscriptions).values(
                    id=name,
                    organisation_id=organisation_id,
                    secrets=self._sealed_secrets(name, (Secret(secret),)),
                    version=1,
                    listings_seen=end.listings,
                    people_seen=end.people,
                    failures=0,
                    created_at=at,
                    confirmed_at=None,
                    **self._written(name, key_id, content, at),
                )
            )
            if content.mail is not None and content.active:
                ask_for_confirmation(connection, name, at)
            return self.subscription_in(row_of(connection, organisation_id, name))

    def change_subscription(
        self,
        stored: StoredSubscription,
        content: Subscription,
        at: datetime,
        key_id: str,
        if_version: int | None,
    ) -> StoredSubscription:
        """See the port."""
        table = t.subscriptions
        with self._db.write() as connection:
            row = row_of(connection, stored.organisation_id, stored.id)
            if if_version not in {None, row.version}:
                raise PreconditionFailedError
            if (self.subscription_in(row).content, row.key_id) == (content, key_id):
                return self.subscription_in(row)
            values = self._written(stored.id, key_id, content, at)
            if values["mailbox"] != row.mailbox:
                # Whoever agreed did so for another mailbox.
                values["confirmed_at"] = None
            confirmed = values.get("confirmed_at", row.confirmed_at)
            if content.mail is not None and content.active and confirmed is None:
                ask_for_confirmation(connection, stored.id, at)
            connection.execute(
                sa.update(table)
                .where(table.c.id == stored.id)
                .values(version=row.version + 1, failures=0, resting_until=None, **values)
            )
            return self.subscription_in(row_of(connection, stored.organisation_id, stored.id))

    def remove_subscription(self, stored: StoredSubscription, if_version: int | None) -> None:
        """See the port."""
        table = t.subscriptions
        with self._db.write() as connection:
            row = row_of(connection, stored.organisation_id, stored.id)
            if if_version not in {None, row.version}:
                raise PreconditionFailedError
            connection.execute(sa.delete(table).where(table.c.id == stored.id))

    def subscription(self, organisation_id: str, subscription_id: str) -> StoredSubscription:
        """See the port."""
        with self._db.read() as connection:
            return self.subscription_in(row_of(connection, organisation_id, subscription_id))

    def page_of_subscriptions(
        self, organisation_id: str, *, after: int, limit: int
    ) -> Page[StoredSubscription]:
        """See the port."""
        table = t.subscriptions.c
        query = sa.select(t.subscriptions).where(
            table.organisation_id == organisation_id, table.position > after
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(table.position).limit(limit + 1)).all()
        kept = rows[:limit]
        more = kept[-1].position if len(rows) > limit else None
        return Page(items=tuple(self.subscription_in(row) for row in kept), next_after=more)

    def rotate_secret(
        self, stored: StoredSubscription, secret: str, at: datetime, until: datetime
    ) -> None:
        """See the port."""
        table = t.subscriptions
        with self._db.write() as connection:
            row = row_of(connection, stored.organisation_id, stored.id)
            old = [
                replace(one, until=one.until or until)
                for one in self.secrets_in(row)
                if one.until is None or one.until > at
            ]
            sealed = self._sealed_secrets(stored.id, (Secret(secret), *old))
            connection.execute(
                sa.update(table).where(table.c.id == stored.id).values(secrets=sealed)
            )

    def subscription_by_mail(self, subscription_id: str) -> StoredSubscription | None:
        """See the port."""
        table = t.subscriptions.c
        query = sa.select(t.subscriptions).where(
            table.id == subscription_id, table.mailbox.is_not(None)
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else self.subscription_in(row)

    def unconfirmed_to(self, address: str) -> int:
        """See the port."""
        table = t.subscriptions.c
        query = sa.select(sa.func.count()).where(
            table.mailbox == self._mailbox(address), table.confirmed_at.is_(None)
        )
        with self._db.read() as connection:
            return connection.execute(query).scalar_one()

    def answer_mail(
        self, stored: StoredSubscription, at: datetime, *, agreed: bool
    ) -> StoredSubscription:
        """See the port."""
        table = t.subscriptions
        with self._db.write() as connection:
            row = row_of(connection, stored.organisation_id, stored.id)
            if row.mailbox != stored.mailbox:
                raise PreconditionFailedError
            values: dict[str, Any] = {"confirmed_at": at}
            if not agreed:
                values = {"confirmed_at": None, "active": False}
            connection.execute(
                sa.update(table)
                .where(table.c.id == stored.id)
                .values(version=row.version + 1, updated_at=at, **values)
            )
            return self.subscription_in(row_of(connection, stored.organisation_id, stored.id))

    def _mailbox(self, address: str) -> str:
        return self._vault.keyed(address.casefold(), "mailbox").hex()

    def _written(
        self, name: str, key_id: str, content: Subscription, at: datetime
    ) -> dict[str, Any]:
        sealed = self._vault.seal(_CONTENT.dump_json(content), f"subscriptions/{name}")
        return {
            "key_id": key_id,
            "returnee_id": content.returnee_id,
            "active": content.active,
            "sealed": sealed,
            "mailbox": None if content.mail is None else self._mailbox(content.mail.address),
            "updated_at": at,
        }

    def _sealed_secrets(self, name: str, secrets: tuple[Secret, ...]) -> bytes:
        return self._vault.seal(_SECRETS.dump_json(secrets), f"subscriptions/{name}/secrets")

    def secrets_in(self, row: Any) -> tuple[Secret, ...]:  # noqa: ANN401 - a SQLAlchemy row
        """Return the secrets that a row of the table holds."""
        opened = self._vault.open(row.secrets, f"subscriptions/{row.id}/secrets")
        return _SECRETS.validate_json(opened)

    def subscription_in(self, row: Any) -> StoredSubscription:  # noqa: ANN401 - a SQLAlchemy row
        """Return the subscription that a row of the table holds."""
        content = _CONTENT.validate_json(self._vault.open(row.sealed, f"subscriptions/{row.id}"))
        return StoredSubscription(
            row.id,
            row.organisation_id,
            row.key_id,
            row.version,
            row.created_at,
            row.updated_at,
            # A receiver that is gone ends it without anyone writing it anew.
            replace(content, active=row.active),
            row.confirmed_at,
            row.mailbox,
        )


def ask_for_confirmation(connection: sa.Connection, subscription_id: str, at: datetime) -> None:
    """Have the mailbox asked, unless that waits to be sent already."""
    event, kind = t.alert_events.c, AlertType.CONFIRMATION
    waits = sa.select(event.id).where(
        event.subscription_id == subscription_id,
        event.type == kind,
        event.state == DeliveryState.PENDING,
    )
    if connection.execute(waits).first() is None:
        insert_event(connection, subscription_id, kind, None, at)


def insert_event(
    connection: sa.Connection, subscription_id: str, kind: AlertType, hit: Hit | None, at: datetime
) -> str:
    """Write a message that is due at once; return its id."""
    row = event_row(subscription_id, kind, hit, at, at)
    connection.execute(sa.insert(t.alert_events).values(row))
    return str(row["id"])


def event_row(
    subscription_id: str, kind: AlertType, hit: Hit | None, at: datetime, due: datetime
) -> dict[str, Any]:
    """Return a new message as a row of its table."""
    return {
        "id": f"msg_{uuid4().hex}",
        "subscription_id": subscription_id,
        "type": kind,
        "listing_id": hit and hit.listing_id,
        "person_id": hit and hit.person_id,
        "tier": hit and hit.tier,
        "state": DeliveryState.PENDING,
        "attempts": 0,
        "next_attempt_at": due,
        "created_at": at,
    }


def end_of_feeds(connection: sa.Connection) -> Seen:
    """Return how far the feeds have come."""
    listings = connection.execute(sa.select(sa.func.max(t.listing_changes.c.sequence))).scalar()
    people = connection.execute(sa.select(sa.func.max(t.person_changes.c.sequence))).scalar()
    return Seen(listings or 0, people or 0)


def row_of(connection: sa.Connection, organisation_id: str, name: str) -> Any:  # noqa: ANN401 - a row
    """Return the row of a subscription of this organisation; raise NotFoundError."""
    table = t.subscriptions
    query = sa.select(table).where(table.c.id == name, table.c.organisation_id == organisation_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(_NO_SUBSCRIPTION)
    return row
