"""A feed of who changed, so that people can be searched; everybody there is enters it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the feed and fill it."""
    op.create_table(
        "person_changes",
        sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("person_id", sa.Text, nullable=False, unique=True),
        sa.Column("present", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO person_changes (person_id, present) "
        "SELECT id, true FROM people ORDER BY position"
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("person_changes")
