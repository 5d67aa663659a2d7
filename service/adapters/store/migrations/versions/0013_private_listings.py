"""Listings that not everybody may know of, and who may; what tells the same vacancy twice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the tables.

    Whatever is stored already is public, and is found as a duplicate from its next change on.
    """
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
    op.create_table(
        "listing_blocks",
        sa.Column("block", sa.Text, primary_key=True),
        _listing("listing_id"),
    )
    op.create_table(
        "said_of_pairs",
        sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), primary_key=True),
        _listing("first_id"),
        _listing("second_id"),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _listing(name: str) -> sa.Column[str]:
    goes_with = sa.ForeignKey("listings.id", ondelete="CASCADE")
    return sa.Column(name, sa.Text, goes_with, primary_key=True, index=True)


def downgrade() -> None:
    """Drop them. What was private would be shown to everybody, so it goes first."""
    op.execute("DELETE FROM listings WHERE private")
    for name in ("said_of_pairs", "listing_blocks", "listing_readers"):
        op.drop_table(name)
    # Not in a batch: a table made anew takes with it what refers to the old one.
    op.drop_column("listings", "private")
