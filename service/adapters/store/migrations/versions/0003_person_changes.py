"""A feed of who changed, so that people can be searched; everybody there is enters it."""

import hashlib

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
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("person_id", sa.Text),
        sqlite_autoincrement=True,
    )
    feed = sa.table("person_changes", sa.column("name"), sa.column("person_id"))
    connection = op.get_bind()
    people = sa.table("people", sa.column("id"), sa.column("position"))
    ids = connection.execute(sa.select(people.c.id).order_by(people.c.position)).scalars().all()
    if ids:
        entered = [{"name": _forgotten_name(one), "person_id": one} for one in ids]
        connection.execute(sa.insert(feed), entered)


def _forgotten_name(person_id: str) -> str:
    # As service.domain.person.forgotten_name was when this was written.
    return hashlib.sha256(person_id.encode()).hexdigest()[:32]


def downgrade() -> None:
    """Drop it."""
    op.drop_table("person_changes")
