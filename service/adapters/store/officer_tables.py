"""The tables of the console's officers, beside those in tables.py."""

import sqlalchemy as sa

from service.adapters.store.tables import Moment, metadata


def _officer(*, primary_key: bool = False) -> sa.Column[str]:
    goes_with = sa.ForeignKey("officers.id", ondelete="CASCADE")
    if primary_key:
        return sa.Column("officer_id", sa.Text, goes_with, primary_key=True)
    return sa.Column("officer_id", sa.Text, goes_with, nullable=False, index=True)


officers = sa.Table(
    "officers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.Text, sa.ForeignKey("organisations.id"), nullable=False),
    sa.Column("username", sa.Text, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("locale", sa.Text),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", Moment, nullable=False),
)

officer_sessions = sa.Table(
    "officer_sessions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _officer(),
    sa.Column("seen_at", Moment, nullable=False),
    sa.Column("ends_at", Moment, nullable=False),
    sa.Column("locked", sa.Boolean, nullable=False),
)

officer_browsers = sa.Table(
    "officer_browsers",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _officer(primary_key=True),
    sa.Column("at", Moment, nullable=False),
)

officer_attempts = sa.Table(
    "officer_attempts",
    metadata,
    # A keyed hash: somebody may have typed their password where the username goes.
    sa.Column("place", sa.LargeBinary, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("not_before", Moment),
    sa.Column("at", Moment, nullable=False),
)

officer_drafts = sa.Table(
    "officer_drafts",
    metadata,
    _officer(primary_key=True),
    sa.Column("form", sa.Text, primary_key=True),
    sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
)

officer_submissions = sa.Table(
    "officer_submissions",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    _officer(),
    sa.Column("location", sa.Text),
    sa.Column("at", Moment, nullable=False),
)
