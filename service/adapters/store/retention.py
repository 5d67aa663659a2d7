"""What is old, counted and deleted in SQL: a chunk in each transaction, so that nobody waits."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import kept_tables as k
from service.adapters.store import officer_tables as o
from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.json_text import json_text
from service.adapters.store.reconcile import is_own
from service.adapters.store.rows import own_subject
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.subscriptions import end_of_feeds
from service.domain.alert import DeliveryState
from service.domain.batch import ENDED, BatchState, RowEffect
from service.domain.retention import Kept


class RetentionQueries:
    """Implements `service.ports.RetentionStore`."""

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Work on this database; destroy the keys of what is forgotten."""
        self._db = database
        self._subjects = subjects

    def count_old(self, what: Kept, before: datetime) -> int:
        """See the port."""
        with self._db.read() as connection:
            return sum(
                connection.execute(
                    sa.select(sa.func.count()).select_from(_old(connection, one, before).subquery())
                ).scalar_one()
                for one in _OLD[what]
            )

    def forget_old(self, what: Kept, before: datetime, limit: int) -> int:
        """See the port."""
        with self._db.write() as connection:
            if what is Kept.REFUSED_ROWS:
                return self._forget_rows(connection, _refused_words(connection, before), limit)
            if what is Kept.IMPORTS:
                # Rows first: one import may have 50,000, too many for a moment.
                batches = _old(connection, (t.import_batches, _old_batches), before)
                which = t.import_rows.c.batch_id.in_(batches)
                if gone := self._forget_rows(connection, which, limit, whole=True):
                    return gone
            return sum(self._forget(connection, one, before, limit) for one in _OLD[what])

    def _forget_rows(
        self,
        connection: sa.Connection,
        which: sa.ColumnElement[bool],
        limit: int,
        *,
        whole: bool = False,
    ) -> int:
        """Forget what rows of imports said, or the rows as a whole."""
        table, rows = t.import_rows, t.import_rows.c
        own = sa.and_(rows.record_id.is_(None), is_own(rows.sealed)).label("own")
        query = sa.select(rows.batch_id, rows.place, own).where(which).limit(limit)
        found = connection.execute(query).all()
        change = sa.delete(table) if whole else sa.update(table).values(sealed=None)
        for row in found:
            here = sa.and_(rows.batch_id == row.batch_id, rows.place == row.place)
            connection.execute(change.where(here))
        # From here on their keys end destroyed, by `wipe` or at the next start.
        self._subjects.note_erased([own_subject(x.batch_id, x.place) for x in found if x.own])
        return len(found)

    def _forget(self, connection: sa.Connection, old: "_Old", before: datetime, limit: int) -> int:
        table, _ = old
        rows = connection.execute(_old(connection, old, before).limit(limit)).all()
        for row in rows:
            pairs = zip(_key(table), row, strict=True)
            here = sa.and_(*(column == value for column, value in pairs))
            connection.execute(sa.delete(table).where(here))
        if table is t.import_batches:
            self._subjects.note_erased([row.id for row in rows])
        return len(rows)

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
        self._subjects.destroy_noted()


def _mark(connection: sa.Connection, before: datetime) -> Any | None:  # noqa: ANN401 - a row
    """Return the last mark made before a moment."""
    marks = k.feed_marks
    query = sa.select(marks).where(marks.c.at < before).order_by(marks.c.at.desc())
    return connection.execute(query.limit(1)).first()


def _old(connection: sa.Connection, old: "_Old", before: datetime) -> sa.Select[Any]:
    """Return a query for what names each that is old in a table."""
    table, condition = old
    return sa.select(*_key(table)).where(condition(connection, before))


def _key(table: sa.Table) -> list[sa.Column[Any]]:
    # Rows, parts and keys go by an import's name, not by its place in line.
    return [table.c.id] if table is t.import_batches else list(table.primary_key.columns)


def _older(column: sa.Column[Any]) -> "_Old":
    """Return what in a column's table lies before the moment."""
    return column.table, lambda _, before: column < before


def _held(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    batches = t.import_batches.c
    return sa.and_(batches.state == BatchState.HELD, batches.created_at < before)


def _old_batches(_: sa.Connection, before: datetime) -> sa.ColumnElement[bool]:
    batches = t.import_batches.c
    return sa.and_(batches.state.in_(ENDED), batches.updated_at < before)


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
    closed = json_text(t.listings.c.body, "valid_through") < before.date().isoformat()
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


_Old = tuple[sa.Table, Callable[[sa.Connection, datetime], sa.ColumnElement[bool]]]
"""A table, and which of its rows are old."""

_OLD: Final[Mapping[Kept, tuple[_Old, ...]]] = {
    Kept.HELD_FILES: ((t.import_batches, _held),),
    Kept.DRAFTS: (_older(o.officer_drafts.c.updated_at),),
    Kept.SESSIONS: (_older(o.officer_sessions.c.ends_at),),
    Kept.SENT_FORMS: (_older(o.officer_submissions.c.at), _older(o.officer_attempts.c.at)),
    Kept.REPLIES: ((k.replies, lambda _, now: k.replies.c.ends <= now),),
    Kept.BROWSERS: (_older(o.officer_browsers.c.at),),
    Kept.REFUSED_ROWS: ((t.import_rows, _refused_words),),
    Kept.IMPORTS: ((t.import_batches, _old_batches),),
    Kept.DELIVERIES: ((t.alert_events, _old_messages),),
    Kept.TOLD: ((t.alerts_told, _told_of_closed),),
    Kept.CHANGES: ((t.listing_changes, _removed_listings), (t.person_changes, _erased_people)),
    Kept.KEYS: ((t.api_keys, _ended_keys),),
}
