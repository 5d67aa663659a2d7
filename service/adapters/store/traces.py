"""What is kept of a person outside their record: the feed of changes, rows of imports, forms."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from service.adapters.store import officer_tables as o
from service.adapters.store import tables as t
from service.adapters.store.database import chunks
from service.domain.person import forgotten_name


def forget_traces(
    connection: sa.Connection, person_id: str, marked: Iterable[str] = ()
) -> list[str]:
    """Forget, after the record, what else is kept of a person; return rows with keys of their own.

    marked: subjects that carry her marks; of these, rows of imports that were refused.
    """
    tell_feed(connection, [person_id], present=False)
    # A form that was sent stays sent; where its result stood names her.
    sent = o.officer_submissions
    named = sent.c.location.contains(person_id, autoescape=True)
    connection.execute(sa.update(sent).where(named).values(location=None))
    rows = t.import_rows
    forget = sa.update(rows).values(record_id=None, sealed=None)
    connection.execute(forget.where(rows.c.record_id == person_id))
    own = []
    for subject in marked:
        batch_id, _, place = subject.partition("/")
        if place:
            here = sa.and_(rows.c.batch_id == batch_id, rows.c.place == int(place))
            if connection.execute(forget.where(here)).rowcount:
                own.append(subject)
    return own


def tell_feed(
    connection: sa.Connection,
    person_ids: Sequence[str],
    *,
    present: bool,
    known: Sequence[str] | None = None,
) -> None:
    """Move people to the end of the feed; readers hold the last sequence they saw.

    known: who may stand there already; None: anybody.
    """
    feed = t.person_changes
    before = person_ids if known is None else known
    for chunk in chunks([forgotten_name(one) for one in before]):
        connection.execute(sa.delete(feed).where(feed.c.name.in_(chunk)))
    told = [
        {"name": forgotten_name(one), "person_id": one if present else None} for one in person_ids
    ]
    if told:
        connection.execute(sa.insert(feed), told)
