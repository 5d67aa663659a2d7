"""Alerts: subscriptions, what each was told already, and the messages to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _goes_with(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    """Create all three tables."""
    op.create_table(
        "subscriptions",
        sa.Column("position", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("key_id", sa.Text, sa.ForeignKey("api_keys.id"), nullable=False),
        sa.Column("returnee_id", sa.Text, _goes_with("people"), index=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("secrets", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("listings_seen", SEQUENCE, nullable=False),
        sa.Column("people_seen", SEQUENCE, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("resting_until", MOMENT),
        sa.Column("attempted_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alerts_told",
        sa.Column("subscription_id", sa.Text, _goes_with("subscriptions"), primary_key=True),
        sa.Column("listing_id", sa.Text, _goes_with("listings"), primary_key=True, index=True),
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Text, _goes_with("people"), index=True),
    )
    op.create_table(
        "alert_events",
        sa.Column("position", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column(
            "subscription_id", sa.Text, _goes_with("subscriptions"), nullable=False, index=True
        ),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("listing_id", sa.Text),
        sa.Column("person_id", sa.Text, _goes_with("people"), index=True),
        sa.Column("tier", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("next_attempt_at", MOMENT),
        sa.Column("claimed_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("attempted_at", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alert_events_due", "alert_events", ["state", "next_attempt_at"])


def downgrade() -> None:
    """Drop them, dependants first."""
    for table in ("alert_events", "alerts_told", "subscriptions"):
        op.drop_table(table)
