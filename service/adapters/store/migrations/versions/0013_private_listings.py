"""Listings that not everybody may know of, and who may; what tells the same vacancy twice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the table; whatever is stored already is public."""
    op.add_column(
        "listings",
        sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "listing_readers",
        sa.Column(
            "listing_id",
            sa.Text,
            sa.ForeignKey("listings.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("organisation_id", sa.Text, primary_key=True, index=True),
    )


def downgrade() -> None:
    """Drop them. What was private would be shown to everybody, so it goes first."""
    op.execute("DELETE FROM listings WHERE private")
    op.drop_table("listing_readers")
    with op.batch_alter_table("listings") as table:
        table.drop_column("private")
