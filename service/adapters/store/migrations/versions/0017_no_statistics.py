"""PostgreSQL notes no values of columns that name a person: such a note outlives the row."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

NAMING = {
    "people": ("id", "source", "external_id", "home_country", "sealed"),
    "person_readings": ("person_id", "sealed", "said"),
    "person_changes": ("name", "person_id"),
    "outcomes": ("returnee_id", "listing_id", "at", "sealed"),
    "import_rows": ("record_id", "sealed"),
    "subscriptions": ("returnee_id", "sealed", "secrets", "mailbox"),
    "alerts_told": ("about", "person_id"),
    "alert_events": ("person_id",),
    "replies": ("person_id", "sealed"),
    "officer_drafts": ("person_id", "sealed"),
    "officer_submissions": ("location",),
}


def upgrade() -> None:
    """Collect nothing of them any more, and forget what was collected."""
    _set(0)
    if op.get_bind().dialect.name == "postgresql":
        for table in NAMING:
            op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    """Collect as of any column."""
    _set(-1)


def _set(target: int) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in NAMING.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS {target}")
