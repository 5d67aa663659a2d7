"""Outcomes in SQL: one row for each stage of a pair; a change moves it to the end of the feed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from pydantic import TypeAdapter

from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.subjects import SubjectVault
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.outcome import DeclineReason, Outcome, OutcomeKind, StoredOutcome
from service.domain.person import StoredPerson
from service.domain.records import Effect, Page, Written

_SAID: Final = TypeAdapter(tuple[DeclineReason | None, str | None])


class OutcomeQueries:
    """Implements `service.ports.OutcomeStore`."""

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Work on this database; seal what was said of a person under their own key."""
        self._db = database
        self._subjects = subjects

    def put_outcome(
        self, organisation_id: str, person: StoredPerson, outcome: Outcome
    ) -> Written[StoredOutcome]:
        """See the port."""
        table = t.outcomes
        named = sa.and_(
            table.c.organisation_id == organisation_id,
            table.c.returnee_id == outcome.returnee_id,
            table.c.listing_id == outcome.listing_id,
            table.c.kind == outcome.kind,
        )
        now = datetime.now(UTC)
        with self._db.write() as connection:
            there = sa.select(t.people.c.id).where(t.people.c.id == person.id)
            if connection.execute(there).first() is None:
                raise NotFoundError  # erased since it was read
            row = connection.execute(sa.select(table).where(named)).one_or_none()
            if outcome.at is None:
                outcome = replace(outcome, at=now if row is None else row.at)
            if row is not None:
                known = self._outcome(row)
                if known.content == outcome:
                    return Written(known, Effect.UNCHANGED)
                connection.execute(sa.delete(table).where(named))
            outcome_id = row.id if row is not None else f"out_{uuid4().hex}"
            said = _SAID.dump_json((outcome.reason, outcome.note))
            connection.execute(
                sa.insert(table).values(
                    id=outcome_id,
                    organisation_id=organisation_id,
                    returnee_id=outcome.returnee_id,
                    owner_id=person.organisation_id,
                    listing_id=outcome.listing_id,
                    kind=outcome.kind,
                    at=outcome.at,
                    sealed=self._subjects.seal(person.id, said, f"outcomes/{outcome_id}"),
                    version=1 if row is None else row.version + 1,
                    created_at=now if row is None else row.created_at,
                    updated_at=now,
                )
            )
            written = connection.execute(sa.select(table).where(table.c.id == outcome_id)).one()
        effect = Effect.CREATED if row is None else Effect.CHANGED
        return Written(self._outcome(written), effect)

    def outcome(self, organisation_id: str, outcome_id: str) -> StoredOutcome:
        """See the port."""
        query = sa.select(t.outcomes).where(
            _seen_by(organisation_id), t.outcomes.c.id == outcome_id
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            message = "There is no such outcome."
            raise NotFoundError(message)
        return self._outcome(row)

    def page_of_outcomes(
        self,
        organisation_id: str,
        *,
        after: int,
        limit: int,
        where: Mapping[str, str],
    ) -> Page[StoredOutcome]:
        """See the port."""
        table = t.outcomes.c
        query = sa.select(t.outcomes).where(_seen_by(organisation_id), table.sequence > after)
        for column, value in where.items():
            query = query.where(table[column] == value)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(table.sequence).limit(limit + 1)).all()
        kept = rows[:limit]
        more = kept[-1].sequence if len(rows) > limit else None
        return Page(tuple(self._outcomes(kept)), more)

    def last_outcomes(
        self, organisation_id: str, limit: int, kind: OutcomeKind | None = None
    ) -> list[StoredOutcome]:
        """See the port."""
        query = sa.select(t.outcomes).where(_seen_by(organisation_id))
        if kind is not None:
            query = query.where(t.outcomes.c.kind == kind)
        newest = query.order_by(t.outcomes.c.sequence.desc()).limit(limit)
        with self._db.read() as connection:
            rows = connection.execute(newest).all()
        return list(self._outcomes(rows))

    def delete_outcome(self, outcome: StoredOutcome, *, if_version: int | None) -> None:
        """See the port."""
        gone = sa.delete(t.outcomes).where(t.outcomes.c.id == outcome.id)
        if if_version is not None:
            gone = gone.where(t.outcomes.c.version == if_version)
        with self._db.write() as connection:
            if connection.execute(gone).rowcount == 0:
                raise PreconditionFailedError if if_version is not None else NotFoundError
        self._db.forget_deleted()

    def _outcomes(self, rows: Sequence[Any]) -> Iterator[StoredOutcome]:
        self._subjects.load([row.returnee_id for row in rows])
        for row in rows:
            with suppress(NotFoundError):  # of somebody erased since it was read
                yield self._outcome(row)

    def _outcome(self, row: Any) -> StoredOutcome:  # noqa: ANN401 - a row has no static type
        said = self._subjects.open(row.returnee_id, row.sealed, f"outcomes/{row.id}")
        reason, note = _SAID.validate_json(said)
        return StoredOutcome(
            id=row.id,
            sequence=row.sequence,
            organisation_id=row.organisation_id,
            owner_id=row.owner_id,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            content=Outcome(
                returnee_id=row.returnee_id,
                listing_id=row.listing_id,
                kind=OutcomeKind(row.kind),
                at=row.at,
                reason=reason,
                note=note,
            ),
        )


def _seen_by(organisation_id: str) -> sa.ColumnElement[bool]:
    """Whoever reported it sees it, and whoever knows the person."""
    table = t.outcomes.c
    return sa.or_(table.organisation_id == organisation_id, table.owner_id == organisation_id)
