"""The tables of what is kept for a time only, beside those in tables.py."""

import sqlalchemy as sa

from service.adapters.store.tables import Moment, Sequence, metadata

feed_marks = sa.Table(
    "feed_marks",
    metadata,
    sa.Column("at", Moment, primary_key=True),
    sa.Column("listings", Sequence, nullable=False),
    sa.Column("people", Sequence, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False),
)


replies = sa.Table(
    "replies",
    metadata,
    sa.Column("name", sa.LargeBinary, primary_key=True),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("attempt", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary),
    sa.Column("person_id", sa.Text, sa.ForeignKey("people.id", ondelete="CASCADE"), index=True),
    sa.Column(
        "subscription_id",
        sa.Text,
        sa.ForeignKey("subscriptions.id", ondelete="CASCADE"),
        index=True,
    ),
    sa.Column("claimed_until", Moment, nullable=False),
    sa.Column("ends", Moment, nullable=False, index=True),
)
