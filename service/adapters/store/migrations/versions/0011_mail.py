"""Subscriptions by mail: whose mailbox, whether they agreed, and which mail carried a message."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there already is told by webhook."""
    op.add_column("subscriptions", sa.Column("mailbox", sa.Text))
    op.add_column("subscriptions", sa.Column("confirmed_at", sa.DateTime(timezone=True)))
    op.create_index("ix_subscriptions_mailbox", "subscriptions", ["mailbox"])
    op.add_column("alert_events", sa.Column("mail_id", sa.Text))
    op.create_index("ix_alert_events_mail_id", "alert_events", ["mail_id"])


def downgrade() -> None:
    """Drop them; a subscription by mail has no place in the older schema."""
    op.execute("DELETE FROM subscriptions WHERE mailbox IS NOT NULL")
    op.drop_index("ix_alert_events_mail_id", "alert_events")
    op.drop_index("ix_subscriptions_mailbox", "subscriptions")
    # Natively, not by copying the table: dropping the old one would take its dependants along.
    op.drop_column("alert_events", "mail_id")
    op.drop_column("subscriptions", "confirmed_at")
    op.drop_column("subscriptions", "mailbox")
