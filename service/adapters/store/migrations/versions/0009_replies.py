"""Replies to requests with an Idempotency-Key, for every POST; the people's own column empties."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _goes_with(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    """Create the table, and forget by which keys people were posted."""
    op.create_table(
        "replies",
        sa.Column("name", sa.LargeBinary, primary_key=True),
        sa.Column("request", sa.LargeBinary, nullable=False),
        sa.Column("attempt", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("person_id", sa.Text, _goes_with("people"), index=True),
        sa.Column("subscription_id", sa.Text, _goes_with("subscriptions"), index=True),
        sa.Column("claimed_until", MOMENT, nullable=False),
        sa.Column("ends", MOMENT, nullable=False, index=True),
    )
    op.execute(sa.text("UPDATE people SET idempotency = NULL, idempotency_body = NULL"))


def downgrade() -> None:
    """Drop it; what stood in the people's column does not come back."""
    op.drop_table("replies")
