"""The numbers of a reading apart from its words: a search among people reads these alone."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; readings packed the old way are made again."""
    op.add_column("person_readings", sa.Column("said", sa.LargeBinary))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("person_readings", "said")
