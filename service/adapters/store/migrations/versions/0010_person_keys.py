"""Hashes of phone numbers move beside people's keys: what is kept of somebody dies there."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the column; opening the store seals everybody under a key of their own."""
    op.drop_index("ix_people_phone_hash", "people")
    # Not as a batch: that makes the table anew, and dropping the old one would take readings along.
    op.drop_column("people", "phone_hash")


def downgrade() -> None:
    """Add it again, empty."""
    op.add_column("people", sa.Column("phone_hash", sa.LargeBinary))
    op.create_index("ix_people_phone_hash", "people", ["phone_hash"])
