"""What is kept of a person outside their record: the feed of changes, rows of imports, forms."""

from collections.abc import Iterable

import sqlalchemy as sa

from service.adapters.store import officer_tables as o
from service.adapters.store import tables as t
from service.domain.person import forgotten_name


def forget_traces(
    connection: sa.Connection, person_id: str, marked: Iterable[str] = ()
) -> list[str]:
    """Forget, after the record, what else is kept of a person; return rows with keys of their own.

    marked: subjects that carry her marks; of these, rows of imports that were refused.
    """
    tell_feed(connection, person_id, present=False)
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


def tell_feed(connection: sa.Connection, person_id: str, *, present: bool) -> None:
    """Move the person to the end of the feed; readers hold the last sequence they saw."""
    feed, name = t.person_changes, forgotten_name(person_id)
    connection.execute(sa.delete(feed).where(feed.c.name == name))
    connection.execute(sa.insert(feed).values(name=name, person_id=person_id if present else None))
