"""The tables as SQLAlchemy sees them; migrations/ makes them, this must agree (a test)."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for INTEGER; PostgreSQL needs the wider type.
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Moment(sa.TypeDecorator[datetime]):
    """A moment, aware and in UTC on both sides; SQLite would drop the zone and keep the digits."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Store in UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Give a stored moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment),
    sa.Column("revoked_at", Moment),
    sa.Column("last_used_at", Moment),
)

# Secrets a key had before it was rotated. Rows stay: what has ended must not come back as new.
former_secrets = sa.Table(
    "former_secrets",
    metadata,
    sa.Column("secret_hash", sa.LargeBinary, primary_key=True),
    sa.Column(
        "key_id",
        sa.Text,
        sa.ForeignKey("api_keys.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("until", Moment, nullable=False),
)

principals = sa.Table(
    "principals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("name_hash", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("first_seen_at", Moment, nullable=False),
    sa.Column("last_seen_at", Moment, nullable=False),
)

listings = sa.Table(
    "listings",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("external_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("country", sa.Text, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("organisation_id", "source", "external_id"),
    sqlite_autoincrement=True,
)

# Who may know of a private listing, its owner among them; none stand here of a public one.
listing_readers = sa.Table(
    "listing_readers",
    metadata,
    sa.Column(
        "listing_id", sa.Text, sa.ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True
    ),
    # No foreign key: whom a listing names need not be here yet.
    sa.Column("organisation_id", sa.Text, primary_key=True, index=True),
)


def _of_listing(name: str) -> sa.Column[str]:
    goes_with = sa.ForeignKey("listings.id", ondelete="CASCADE")
    return sa.Column(name, sa.Text, goes_with, primary_key=True, index=True)


listing_blocks = sa.Table(
    "listing_blocks",
    metadata,
    sa.Column("block", sa.Text, primary_key=True),
    _of_listing("listing_id"),
)

said_of_pairs = sa.Table(
    "said_of_pairs",
    metadata,
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), primary_key=True),
    _of_listing("first_id"),
    _of_listing("second_id"),
    sa.Column("same", sa.Boolean, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

listing_vectors = sa.Table(
    "listing_vectors",
    metadata,
    sa.Column(
        "listing_id", sa.Text, sa.ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("model_revision", sa.Text, primary_key=True),
    sa.Column("model_id", sa.Text, nullable=False),
    sa.Column("vectors", sa.LargeBinary, nullable=False),
)

listing_changes = sa.Table(
    "listing_changes",
    metadata,
    sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
    sa.Column("listing_id", sa.Text, nullable=False, unique=True),
    sa.Column("present", sa.Boolean, nullable=False),
    sqlite_autoincrement=True,
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("source", sa.Text),
    sa.Column("external_id", sa.Text),
    sa.Column("home_country", sa.Text),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    # Empty since 0009, which keeps replies in a table of their own. SQLite cannot drop them without
    # dropping the table, and with it, by cascade, what belongs to people.
    sa.Column("idempotency", sa.Text),
    sa.Column("idempotency_body", sa.LargeBinary),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("organisation_id", "source", "external_id"),
    sa.UniqueConstraint("idempotency", "organisation_id"),
    sqlite_autoincrement=True,
)

person_readings = sa.Table(
    "person_readings",
    metadata,
    sa.Column(
        "person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("model_revision", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("said", sa.LargeBinary),
)

person_changes = sa.Table(
    "person_changes",
    metadata,
    sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("person_id", sa.Text),
    sqlite_autoincrement=True,
)

import_batches = sa.Table(
    "import_batches",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("progress", sa.Text, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

import_parts = sa.Table(
    "import_parts",
    metadata,
    sa.Column(
        "batch_id",
        sa.Text,
        sa.ForeignKey("import_batches.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

import_rows = sa.Table(
    "import_rows",
    metadata,
    sa.Column(
        "batch_id",
        sa.Text,
        sa.ForeignKey("import_batches.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("effect", sa.Text, nullable=False),
    sa.Column("record_id", sa.Text, index=True),
    sa.Column("sealed", sa.LargeBinary),
)

import_mappings = sa.Table(
    "import_mappings",
    metadata,
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

outcomes = sa.Table(
    "outcomes",
    metadata,
    sa.Column("sequence", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column(
        "returnee_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False
    ),
    sa.Column("owner_id", sa.Text, nullable=False, index=True),
    sa.Column("listing_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.UniqueConstraint("returnee_id", "listing_id", "kind", "organisation_id"),
    sqlite_autoincrement=True,
)

corridors = sa.Table(
    "corridors",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("origin", sa.Text, nullable=False, index=True),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_by", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

corridor_versions = sa.Table(
    "corridor_versions",
    metadata,
    sa.Column("corridor_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("changed_by", sa.Text),
    sa.Column("body", sa.Text),
)

# `at` is text: a check must see what stands there, and a moment nobody can read is no moment.
access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("sequence", Sequence, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("organisation_id", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("key_id", sa.Text, sa.ForeignKey("api_keys.id"), nullable=False),
    sa.Column("returnee_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("secrets", sa.LargeBinary, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("listings_seen", Sequence, nullable=False),
    sa.Column("people_seen", Sequence, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("resting_until", Moment),
    sa.Column("attempted_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    # A keyed hash of the address; nothing where a webhook is told.
    sa.Column("mailbox", sa.Text, index=True),
    sa.Column("confirmed_at", Moment),
    sqlite_autoincrement=True,
)

alerts_told = sa.Table(
    "alerts_told",
    metadata,
    sa.Column(
        "subscription_id",
        sa.Text,
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column(
        "listing_id",
        sa.Text,
        sa.ForeignKey("listings.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    # The person's id, or nothing: a key may hold no unknown.
    sa.Column("about", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
)

alert_events = sa.Table(
    "alert_events",
    metadata,
    sa.Column("position", Sequence, primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column(
        "subscription_id",
        sa.Text,
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("listing_id", sa.Text),
    sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
    sa.Column("tier", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("next_attempt_at", Moment),
    sa.Column("claimed_until", Moment),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("attempted_at", Moment),
    sa.Column("mail_id", sa.Text, index=True),
    sa.Index("ix_alert_events_due", "state", "next_attempt_at"),
    sqlite_autoincrement=True,
)

facts = sa.Table(
    "facts",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False),
)
