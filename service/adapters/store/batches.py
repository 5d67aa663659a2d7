"""Imports in SQL: what was sent, sealed in parts; what became of each row; saved mappings."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from service.adapters.store import tables as t
from service.adapters.store.codec import listing_to_json
from service.adapters.store.database import Database, chunks
from service.adapters.store.listing_writes import content_over, put_within
from service.adapters.store.people import PersonQueries
from service.adapters.store.person_writes import PersonPut
from service.adapters.store.rows import BATCH, open_row, seal_row, subject_of
from service.adapters.store.subjects import SubjectVault
from service.domain.batch import (
    ENDED,
    Batch,
    BatchState,
    Progress,
    RowEffect,
    RowResult,
    StoredBatch,
)
from service.domain.errors import NotFoundError
from service.domain.imported import ImportKind
from service.domain.person import StoredPerson
from service.domain.records import Effect, Page, TakenRow, profile_over

_PROGRESS: Final = TypeAdapter(Progress)
_PART: Final = 256 * 1024
_NOT_KEPT: Final = "What was sent is no longer kept."


class BatchQueries:
    """Implements `service.ports.BatchStore`."""

    def __init__(self, database: Database, subjects: SubjectVault, people: PersonQueries) -> None:
        """Work on this database; seal with these keys; write people as `people` does."""
        self._db = database
        self._subjects = subjects
        self._people = people

    def add_batch(
        self, batch: Batch, content: bytes, at: datetime, *, held: bool = False
    ) -> StoredBatch:
        """See the port."""
        progress = Progress(state=BatchState.HELD if held else BatchState.QUEUED)
        parts = [content[start : start + _PART] for start in range(0, len(content), _PART)]
        with self._db.write() as connection, self._subjects.minting():
            # A key of its own, destroyed when the import has ended: an older copy of the data
            # directory must not take the same people in again.
            self._subjects.mint(batch.id)
            connection.execute(
                sa.insert(t.import_batches).values(
                    id=batch.id,
                    organisation_id=batch.organisation_id,
                    state=progress.state,
                    batch=BATCH.dump_json(batch).decode(),
                    progress=_PROGRESS.dump_json(progress).decode(),
                    created_at=at,
                    updated_at=at,
                )
            )
            for number, part in enumerate(parts):
                sealed = self._subjects.seal(batch.id, part, f"imports/{batch.id}/{number}")
                connection.execute(
                    sa.insert(t.import_parts).values(
                        batch_id=batch.id, number=number, sealed=sealed
                    )
                )
        return StoredBatch(batch, progress, at, at)

    def batch(self, organisation_id: str, batch_id: str) -> StoredBatch:
        """See the port."""
        batches = t.import_batches
        query = sa.select(batches).where(
            batches.c.organisation_id == organisation_id, batches.c.id == batch_id
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            message = "There is no such import."
            raise NotFoundError(message)
        return _stored(row)

    def page_of_batches(self, organisation_id: str, *, after: int, limit: int) -> Page[StoredBatch]:
        """See the port."""
        batches = t.import_batches
        query = sa.select(batches).where(
            batches.c.organisation_id == organisation_id,
            batches.c.position > after,
            batches.c.state != BatchState.HELD,
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(batches.c.position).limit(limit + 1)).all()
        kept = rows[:limit]
        more = kept[-1].position if len(rows) > limit else None
        return Page(tuple(_stored(row) for row in kept), more)

    def last_batches(self, organisation_id: str, limit: int) -> list[StoredBatch]:
        """See the port."""
        batches = t.import_batches
        query = sa.select(batches).where(
            batches.c.organisation_id == organisation_id, batches.c.state != BatchState.HELD
        )
        newest = query.order_by(batches.c.position.desc()).limit(limit)
        with self._db.read() as connection:
            return [_stored(row) for row in connection.execute(newest)]

    def next_batch(self) -> StoredBatch | None:
        """See the port."""
        batches = t.import_batches
        query = sa.select(batches).where(batches.c.state.not_in((*ENDED, BatchState.HELD)))
        with self._db.read() as connection:
            row = connection.execute(query.order_by(batches.c.position).limit(1)).one_or_none()
        return None if row is None else _stored(row)

    def batch_content(self, batch_id: str) -> bytes:
        """See the port."""
        parts = t.import_parts
        query = sa.select(parts).where(parts.c.batch_id == batch_id).order_by(parts.c.number)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            raise NotFoundError(_NOT_KEPT)
        try:
            return b"".join(
                self._subjects.open(batch_id, row.sealed, f"imports/{batch_id}/{row.number}")
                for row in rows
            )
        except NotFoundError as error:
            # It had ended, and an older copy of the data directory was put back since.
            raise NotFoundError(_NOT_KEPT) from error

    def note_progress(self, batch_id: str, progress: Progress, at: datetime) -> None:
        """See the port."""
        with self._db.write() as connection:
            ended = sa.and_(t.import_batches.c.id == batch_id, t.import_batches.c.state.in_(ENDED))
            if connection.execute(sa.select(t.import_batches.c.id).where(ended)).first():
                return  # somebody else brought it to its end meanwhile: so it stays
            _note(connection, batch_id, progress, at)
            if progress.state in ENDED:
                parts = t.import_parts
                connection.execute(sa.delete(parts).where(parts.c.batch_id == batch_id))
        if progress.state in ENDED:
            self._db.forget_deleted()
            self._subjects.note_erased([batch_id])
            self._subjects.destroy([batch_id])

    def let_go(self, batch_id: str) -> None:
        """See the port."""
        batches = t.import_batches
        held = sa.and_(batches.c.id == batch_id, batches.c.state == BatchState.HELD)
        with self._db.write() as connection:
            gone = connection.execute(sa.delete(batches).where(held)).rowcount
            if gone:
                # As of a person: from here on it ends destroyed, whatever happens.
                self._subjects.note_erased([batch_id])
        if gone:
            self._db.forget_deleted()
            self._subjects.destroy([batch_id])

    def take_rows(self, batch: Batch, rows: Sequence[TakenRow], progress: Progress) -> Progress:
        """See the port."""
        with self._db.write() as connection, self._subjects.minting():
            results = self._taken(connection, batch, rows)
            kept = [self._row(batch, one) for one in results]
            if kept:
                connection.execute(sa.insert(t.import_rows), kept)
            counts = Counter(progress.counts) + Counter(one.effect for one in results)
            after = replace(progress, rows=progress.rows + len(rows), counts=dict(counts))
            _note(connection, batch.id, after, datetime.now(UTC))
        return after

    def _taken(
        self, connection: sa.Connection, batch: Batch, rows: Sequence[TakenRow]
    ) -> list[RowResult]:
        """Write what the rows ask for; a dry run asks the same and takes it back."""
        asking = [row for row in rows if row.listing is not None or row.person is not None]
        attempt = connection.begin_nested() if batch.dry_run else None
        people = list[StoredPerson]()
        if batch.kind is ImportKind.LISTINGS:
            listings = put_within(connection, [row.listing for row in asking if row.listing])
            done = [(one.record.id, one.effect) for one in listings]
        else:
            puts = [
                PersonPut(row.person, row.contact, None if batch.dry_run else row.understood)
                for row in asking
                if row.person is not None
            ]
            written = self._people.put_within(connection, puts)
            done = [(one.record.id, one.effect) for one in written]
            people = [one.record for one in written]
        if attempt is not None:
            attempt.rollback()
            for name, _ in done:
                self._subjects.unmint(name)
        alike = [row.result.alike for row in asking]
        if people:
            # After a dry run has taken back what it made up: nobody is told of that.
            alike = self._people.with_same_phone(connection, people)
        results = {
            row.result.place: replace(
                row.result,
                effect=RowEffect(effect.value),
                record_id=None if batch.dry_run and effect is Effect.CREATED else name,
                alike=others,
            )
            for row, (name, effect), others in zip(asking, done, alike, strict=True)
        }
        return [results.get(row.result.place, row.result) for row in rows]

    def _row(self, batch: Batch, one: RowResult) -> dict[str, Any]:
        return {
            "batch_id": batch.id,
            "place": one.place,
            "number": one.number,
            "effect": one.effect,
            "record_id": one.record_id,
            "sealed": seal_row(self._subjects, batch, one),
        }

    def page_of_rows(
        self, batch_id: str, *, after: int, limit: int, effect: RowEffect | None
    ) -> Page[RowResult]:
        """See the port."""
        rows = t.import_rows
        query = sa.select(rows).where(rows.c.batch_id == batch_id, rows.c.place >= after)
        if effect is not None:
            query = query.where(rows.c.effect == effect)
        with self._db.read() as connection:
            found = connection.execute(query.order_by(rows.c.place).limit(limit + 1)).all()
        kept = found[:limit]
        more = kept[-1].place + 1 if len(found) > limit else None
        self._subjects.load([subject_of(row) for row in kept])
        return Page(tuple(open_row(self._subjects, row) for row in kept), more)

    def unchanged_rows(self, batch: Batch, rows: Sequence[TakenRow]) -> set[int]:
        """See the port."""
        named = {row.result.external_id: row for row in rows if row.listing or row.person}
        table = t.listings if batch.kind is ImportKind.LISTINGS else t.people
        found: set[int] = set()
        with self._db.read() as connection:
            for chunk in chunks([name for name in named if name is not None]):
                kept = connection.execute(
                    sa.select(table).where(
                        table.c.organisation_id == batch.organisation_id,
                        table.c.source == batch.source,
                        table.c.external_id.in_(chunk),
                    )
                ).all()
                if batch.kind is ImportKind.RETURNEES:
                    self._subjects.load([one.id for one in kept])
                found |= {
                    named[one.external_id].result.place
                    for one in kept
                    if self._says_the_same(one, named[one.external_id])
                }
        return found

    def _says_the_same(self, kept: Any, row: TakenRow) -> bool:  # noqa: ANN401 - a row
        if row.listing is not None:
            content = content_over(row.listing, kept)
            return bool(kept.content_hash == listing_to_json(content)[1])
        assert row.person is not None  # noqa: S101 - the one or the other
        try:
            known = self._people.record(kept)
        except NotFoundError:  # erased since it was read
            return False
        contact = known.contact if row.contact is None else row.contact
        profile = profile_over(row.person, known.profile)
        return (known.profile, known.contact) == (profile, contact)

    def mapping(
        self, organisation_id: str, kind: ImportKind, source: str
    ) -> Mapping[str, str | None] | None:
        """See the port."""
        saved = t.import_mappings
        query = sa.select(saved.c.mapping).where(
            saved.c.organisation_id == organisation_id,
            saved.c.kind == kind,
            saved.c.source == source,
        )
        with self._db.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else json.loads(found)

    def keep_mapping(self, batch: Batch, mapping: Mapping[str, str | None], at: datetime) -> None:
        """See the port."""
        saved = t.import_mappings
        named = {
            "organisation_id": batch.organisation_id,
            "kind": batch.kind,
            "source": batch.source,
        }
        with self._db.write() as connection:
            condition = sa.and_(*(saved.c[name] == value for name, value in named.items()))
            connection.execute(sa.delete(saved).where(condition))
            connection.execute(
                sa.insert(saved).values(**named, mapping=json.dumps(dict(mapping)), updated_at=at)
            )


def _note(connection: sa.Connection, batch_id: str, progress: Progress, at: datetime) -> None:
    batches = t.import_batches
    connection.execute(
        sa.update(batches)
        .where(batches.c.id == batch_id)
        .values(
            state=progress.state,
            progress=_PROGRESS.dump_json(progress).decode(),
            updated_at=at,
        )
    )


def _stored(row: Any) -> StoredBatch:  # noqa: ANN401 - a SQLAlchemy row has no static type
    return StoredBatch(
        batch=BATCH.validate_json(row.batch),
        progress=_PROGRESS.validate_json(row.progress),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
