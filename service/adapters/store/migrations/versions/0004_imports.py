"""Imports: what was sent, what became of each row, and how each source's columns are read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def _batch_id() -> sa.Column[str]:
    target = sa.ForeignKey("import_batches.id", ondelete="CASCADE")
    return sa.Column("batch_id", sa.Text, target, primary_key=True)


def upgrade() -> None:
    """Create all four tables."""
    op.create_table(
        "import_batches",
        sa.Column("position", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False, index=True),
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_parts",
        _batch_id(),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "import_rows",
        _batch_id(),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("record_id", sa.Text, index=True),
        sa.Column("sealed", sa.LargeBinary),
    )
    op.create_table(
        "import_mappings",
        sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    """Drop them, dependants first."""
    for table in ("import_mappings", "import_rows", "import_parts", "import_batches"):
        op.drop_table(table)
