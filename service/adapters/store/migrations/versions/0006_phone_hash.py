"""A keyed hash of each phone number, so that the same person from two sources is noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; who is stored already gets it with the next change."""
    op.add_column("people", sa.Column("phone_hash", sa.LargeBinary))
    op.create_index("ix_people_phone_hash", "people", ["phone_hash"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_people_phone_hash", "people")
    with op.batch_alter_table("people") as table:
        table.drop_column("phone_hash")
