"""Officers of the console: accounts, sessions, browsers, failed sign-ins, drafts, sent forms."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def _officer(*, primary_key: bool = False) -> sa.Column[str]:
    goes_with = sa.ForeignKey("officers.id", ondelete="CASCADE")
    if primary_key:
        return sa.Column("officer_id", sa.Text, goes_with, primary_key=True)
    return sa.Column("officer_id", sa.Text, goes_with, nullable=False, index=True)


def upgrade() -> None:
    """Create all six tables."""
    op.create_table(
        "officers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("username", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("locale", sa.Text),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "officer_sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _officer(),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("locked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "officer_browsers",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _officer(primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "officer_attempts",
        sa.Column("place", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "officer_drafts",
        _officer(primary_key=True),
        sa.Column("form", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_table(
        "officer_submissions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        _officer(),
        sa.Column("location", sa.Text),
        sa.Column("at", MOMENT, nullable=False),
    )


def downgrade() -> None:
    """Drop them, dependants first."""
    for table in ("submissions", "drafts", "attempts", "browsers", "sessions"):
        op.drop_table(f"officer_{table}")
    op.drop_table("officers")
