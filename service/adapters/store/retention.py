"""What is old, counted and deleted in SQL: a chunk in each transaction, so that nobody waits."""

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import kept_tables as k
from service.adapters.store import tables as t
from service.adapters.store.database import SqliteDatabase
from service.adapters.store.subscriptions import end_of_feeds
from service.domain.alert import DeliveryState
from service.domain.batch import BatchState, RowEffect
from service.domain.retention import Kept

_ENDED: Final = (BatchState.DONE, BatchState.FAILED)


class RetentionQueries:
    """Implements `service.ports.RetentionStore`."""

    def __init__(self, database: SqliteDatabase) -> None:
        """Work on this database."""
        self._db = database

    def count_old(self, what: Kept, before: datetime) -> int:
        """See the port."""
        with self._db.read() as connection:
            return sum(
                connection.execute(
                    sa.select(sa.func.count()).select_from(
                        _old(connection, name, before).subquery()
                    )
                ).scalar_one()
                for name in _TABLES[what]
            )

    def forget_old(self, what: Kept, before: datetime, limit: int) -> int:
        """See the port."""
        with self._db.write() as connection:
            if what is Kept.IMPORTS and (gone := _forget_rows(connection, before, limit)):
                return gone
            return sum(_forget(connection, name, before, limit) for name in _TABLES[what])

    def mark_feeds(self, at: datetime, before: datetime) -> None:
        """See the port."""
        marks = k.feed_marks
        with self._db.write() as connection:
            end = end_of_feeds(connection)
            last = _mark(connection, before)
            if last is not None:
                connection.execute(sa.delete(marks).where(marks.c.at < last.at))
                here = sa.update(marks).where(marks.c.at == last.at)
                connection.execute(here.values(forgotten=True))
            connection.execute(sa.delete(marks).where(marks.c.at == at))
            connection.execute(
                sa.insert(marks).values(
                    at=at, listings=end.listings, people=end.people, forgotten=False
                )
            )

    def listing_changes_known_from(self) -> int:
        """See the port."""
        marks = k.feed_marks.c
        query = sa.select(sa.func.max(marks.listings)).where(marks.forgotten)
        with self._db.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def wipe(self) -> None:
        """See the port."""
        self._db.forget_deleted()


def _mark(connection: sa.Connection, before: datetime) -> Any | None:  # noqa: ANN401 - a row
    """Return the last mark made before a moment."""
    marks = k.feed_marks
    query = sa.select(marks).where(marks.c.at < before).order_by(marks.c.at.desc())
    return connection.execute(query.limit(1)).first()


def _old(connection: sa.Connection, name: str, before: datetime) -> sa.Select[Any]:
    """Return a query for the primary keys of what is old in a table."""
    table = t.metadata.tables[name]
    return sa.select(*table.primary_key.columns).where(_CONDITIONS[name](connection, before))


def _forget(connection: sa.Connection, name: str, before: datetime, limit: int) -> int:
    table = t.metadata.tables[name]
    rows = connection.execute(_old(connection, name, before).limit(limit)).all()
    for row in rows:
        pairs = zip(table.primary_key.columns, row, strict=True)
        here = sa.and_(*(column == value for column, value in pairs))
        if table is t.import_rows:
            connection.execute(sa.update(table).where(here).values(sealed=None))
        else:
            connection.execute(sa.delete(table).where(here))
    return len(rows)


def _forget_rows(connection: sa.Connection, before: datetime, limit: int) -> int:
    """Delete rows of old imports first: one import may have 50,000, too many for a moment."""
    rows = t.import_rows.c
    old = _old(connection, "import_batches", before).with_only_columns(t.import_batches.c.id)
    query = sa.select(rows.batch_id, rows.place).where(rows.batch_id.in_(old)).limit(limit)
    found = connection.execute(query).all()
    for batch_id, place in found:
        here = sa.and_(rows.batch_id == batch_id, rows.place == place)
        connection.execute(sa.delete(t.import_rows).where(here))
    return len(found)


def _old_batches(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    batches = t.import_batches.c
    return sa.and_(batches.state.in_(_ENDED), batches.updated_at < before)


def _refused_words(connection: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    rows = t.import_rows.c
    old = sa.select(t.import_batches.c.id).where(_old_batches(connection, before))
    refused = sa.and_(rows.effect == RowEffect.REFUSED, rows.sealed.is_not(None))
    return sa.and_(refused, rows.batch_id.in_(old))


def _old_messages(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    events = t.alert_events.c
    last = sa.func.coalesce(events.attempted_at, events.created_at)
    return sa.and_(events.state != DeliveryState.PENDING, last < before)


def _told_of_closed(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    # Days as text sort as days do; a listing that says none never closes, and compares as unknown.
    body = sa.type_coerce(t.listings.c.body, sa.JSON)
    closed = body["valid_through"].as_string() < before.date().isoformat()
    return t.alerts_told.c.listing_id.in_(sa.select(t.listings.c.id).where(closed))


def _removed_listings(connection: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    feed, mark = t.listing_changes.c, _mark(connection, before)
    # The last line stays: an index that was saved is held against it.
    end = end_of_feeds(connection).listings
    seen = min(mark.listings, end - 1) if mark is not None else 0
    return sa.and_(feed.present.is_(sa.false()), feed.sequence <= seen)


def _erased_people(connection: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    feed, mark = t.person_changes.c, _mark(connection, before)
    return sa.and_(feed.person_id.is_(None), feed.sequence <= (mark.people if mark else 0))


def _ended_keys(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    keys = t.api_keys.c
    ended = sa.or_(keys.revoked_at < before, keys.expires_at < before)
    # Whoever reads the access log must be able to tell whose key a line names.
    named = sa.union(sa.select(t.subscriptions.c.key_id), sa.select(t.access_log.c.key_id))
    return sa.and_(ended, keys.id.not_in(named))


_CONDITIONS: Final = {
    "import_rows": _refused_words,
    "import_batches": _old_batches,
    "alert_events": _old_messages,
    "alerts_told": _told_of_closed,
    "listing_changes": _removed_listings,
    "person_changes": _erased_people,
    "api_keys": _ended_keys,
}
_TABLES: Final = {
    Kept.REFUSED_ROWS: ("import_rows",),
    Kept.IMPORTS: ("import_batches",),
    Kept.DELIVERIES: ("alert_events",),
    Kept.TOLD: ("alerts_told",),
    Kept.CHANGES: ("listing_changes", "person_changes"),
    Kept.KEYS: ("api_keys",),
}
