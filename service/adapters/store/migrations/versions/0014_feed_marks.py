"""Where the feeds of changes stood from day to day, so that old removals can be forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table; the first mark is made when something is first forgotten."""
    op.create_table(
        "feed_marks",
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("listings", SEQUENCE, nullable=False),
        sa.Column("people", SEQUENCE, nullable=False),
        sa.Column("forgotten", sa.Boolean, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("feed_marks")
