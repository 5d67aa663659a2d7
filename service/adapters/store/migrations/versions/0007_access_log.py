"""The access log: who did what with whose record, each line sealed to the one before."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXTS = ("at", "organisation_id", "key_id", "action", "subjects", "outcome", "request_id")


def upgrade() -> None:
    """Create it."""
    op.create_table(
        "access_log",
        sa.Column("sequence", SEQUENCE, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("mac", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop it, and the head that says how it ends."""
    op.drop_table("access_log")
    op.execute("DELETE FROM facts WHERE name = 'access_log_head'")
