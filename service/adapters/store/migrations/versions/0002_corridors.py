"""Corridors between countries, and everything they ever said."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "corridors",
        sa.Column("position", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("origin", sa.Text, nullable=False, index=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_by", sa.Text),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "corridor_versions",
        sa.Column("corridor_id", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("changed_by", sa.Text),
        sa.Column("body", sa.Text),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("corridor_versions")
    op.drop_table("corridors")
