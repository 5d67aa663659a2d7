"""People in SQL: everything that is theirs is sealed; only what a query needs is in clear."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import crowd_from_bytes, reading_from_bytes
from service.adapters.store.database import Database, chunks
from service.adapters.store.marks import marks_of, others_reached, reached_by
from service.adapters.store.person_writes import PersonPut, PersonWrites, record_of
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.traces import forget_traces, tell_feed
from service.domain.embedding import ModelIdentity
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Page, Put, SavedUnderstanding, Written
from service.domain.work_said import Crowd

# Made once: of a short statement it takes longer to put it together than to run it.
_THIS: Final = sa.and_(
    t.people.c.organisation_id == sa.bindparam("organisation_id"),
    t.people.c.id == sa.bindparam("id"),
)
_BY_ID: Final = sa.select(t.people).where(_THIS)
_THESE: Final[sa.BindParameter[list[str]]] = sa.bindparam("ids", expanding=True)
_BY_IDS: Final = sa.select(t.people).where(t.people.c.id.in_(_THESE))
_READING: Final = (
    sa.select(t.person_readings.c.sealed, t.person_readings.c.said)
    .join(t.people, t.people.c.id == t.person_readings.c.person_id)
    .where(_THIS, t.person_readings.c.model_revision == sa.bindparam("revision"))
)
_CHANGES: Final = (
    sa.select(*(t.person_changes.c[name] for name in ("sequence", "name", "person_id")))
    .where(t.person_changes.c.sequence > sa.bindparam("after"))
    .order_by(t.person_changes.c.sequence)
    .limit(sa.bindparam("most"))
)
_READ_OF: Final = sa.and_(
    t.person_readings.c.person_id.in_(_THESE),
    t.person_readings.c.model_revision == sa.bindparam("revision"),
)
_READINGS: Final = sa.select(
    t.person_readings.c.person_id, t.person_readings.c.sealed, t.person_readings.c.said
).where(_READ_OF)
_SAID_BY: Final = sa.select(t.person_readings.c.person_id, t.person_readings.c.said).where(
    _READ_OF, t.person_readings.c.said.is_not(None)
)


class PersonQueries:
    """Implements `service.ports.PersonStore`."""

    def __init__(self, database: Database, subjects: SubjectVault) -> None:
        """Work on this database; seal each person under their own key."""
        self._db = database
        self._subjects = subjects
        self._writes = PersonWrites(subjects)

    def put_person(
        self, put: Put[Profile], contact: Contact | None, understood: SavedUnderstanding
    ) -> Written[StoredPerson]:
        """See the port."""
        # The person's key is durable before the record is.
        with self._db.write() as connection, self._subjects.minting():
            return self._writes.put(connection, [PersonPut(put, contact, understood)])[0]

    def put_within(
        self, connection: sa.Connection, puts: Sequence[PersonPut]
    ) -> list[Written[StoredPerson]]:
        """Do what `put_person` does, of many in a transaction that is open.

        Only within `SubjectVault.minting`.
        """
        return self._writes.put(connection, puts)

    def with_same_phone(
        self, connection: sa.Connection, people: Sequence[StoredPerson]
    ) -> list[tuple[str, ...]]:
        """Return, of each, ids of others of the same organisation reached by the same telephone.

        Of several that one transaction writes, the first knows nothing of those behind.
        """
        return others_reached(connection, self._subjects, people)

    def people_with_phone(self, organisation_id: str, phone: str) -> list[str]:
        """See the port."""
        with self._db.read() as connection:
            return reached_by(connection, self._subjects, organisation_id, phone)

    def person(self, organisation_id: str, person_id: str) -> StoredPerson:
        """See the port."""
        with self._db.read() as connection:
            asked = {"organisation_id": organisation_id, "id": person_id}
            row = connection.execute(_BY_ID, asked).one_or_none()
        return self._that(row)

    def person_by_source(self, organisation_id: str, source: str, external_id: str) -> StoredPerson:
        """See the port."""
        named = sa.and_(t.people.c.source == source, t.people.c.external_id == external_id)
        mine = t.people.c.organisation_id == organisation_id
        with self._db.read() as connection:
            row = connection.execute(sa.select(t.people).where(mine, named)).one_or_none()
        return self._that(row)

    def _that(self, row: Any) -> StoredPerson:  # noqa: ANN401 - a row has no static type
        if row is None:
            message = "There is no such returnee."
            raise NotFoundError(message)
        return self.record(row)

    def page_of_people(
        self, organisation_id: str, *, after: int, limit: int, where: Mapping[str, str]
    ) -> Page[StoredPerson]:
        """See the port."""
        people = t.people.c
        query = sa.select(t.people).where(
            people.organisation_id == organisation_id, people.position > after
        )
        for column, value in where.items():
            query = query.where(people[column] == value)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(people.position).limit(limit + 1)).all()
        kept = rows[:limit]
        return Page(
            items=tuple(self._records(kept)),
            next_after=kept[-1].position if len(rows) > limit else None,
        )

    def count_people(self, organisation_id: str) -> int:
        """See the port."""
        mine = t.people.c.organisation_id == organisation_id
        with self._db.read() as connection:
            counted = sa.select(sa.func.count()).select_from(t.people).where(mine)
            return connection.execute(counted).scalar_one()

    def delete_person(self, person: StoredPerson, *, if_version: int | None) -> None:
        """See the port."""
        marks = marks_of(
            self._subjects.master,
            person.organisation_id,
            person.contact.phone,
            person.profile.text,
            named=(person.source, person.external_id),
        )
        with self._db.write() as connection:
            remove = sa.delete(t.people).where(_is(person))
            if if_version is not None:
                remove = remove.where(t.people.c.version == if_version)
            if connection.execute(remove).rowcount == 0:
                raise PreconditionFailedError if if_version is not None else NotFoundError
            gone = [person.id, *forget_traces(connection, person.id, self._subjects.marked(marks))]
            # From here on it ends erased, whatever happens: the next start sees to the rest.
            self._subjects.note_erased(gone)
        self._db.forget_deleted()
        self._subjects.destroy(gone)

    def understanding(
        self, person: StoredPerson, model: ModelIdentity
    ) -> SavedUnderstanding | None:
        """See the port."""
        asked = {
            "organisation_id": person.organisation_id,
            "id": person.id,
            "revision": model.revision,
        }
        with self._db.read() as connection:
            row = connection.execute(_READING, asked).one_or_none()
        return None if row is None else self._reading(person.id, row, model)

    def people(self, person_ids: Sequence[str]) -> dict[str, StoredPerson]:
        """See the port."""
        found: dict[str, StoredPerson] = {}
        with self._db.read() as connection:
            for chunk in chunks(person_ids):
                rows = connection.execute(_BY_IDS, {"ids": list(chunk)})
                found |= {one.id: one for one in self._records(rows.all())}
        return found

    def readings(
        self, person_ids: Sequence[str], model: ModelIdentity
    ) -> dict[str, SavedUnderstanding]:
        """See the port."""
        found: dict[str, SavedUnderstanding] = {}
        with self._db.read() as connection:
            for chunk in chunks(person_ids):
                asked = {"ids": list(chunk), "revision": model.revision}
                kept = {row.person_id: row for row in connection.execute(_READINGS, asked)}
                self._subjects.load(list(kept))
                for name, row in kept.items():
                    with suppress(NotFoundError):  # erased since it was read
                        found[name] = self._reading(name, row, model)
        return found

    def _reading(self, person_id: str, row: Any, model: ModelIdentity) -> SavedUnderstanding:  # noqa: ANN401
        words = self._subjects.open(person_id, row.sealed, f"readings/{person_id}")
        numbers = row.said and self._subjects.open(person_id, row.said, f"said/{person_id}")
        return reading_from_bytes(words, numbers, model)

    def said(
        self, person_ids: Sequence[str], model: ModelIdentity
    ) -> tuple[tuple[str, ...], Crowd]:
        """See the port."""
        found: dict[str, bytes] = {}
        with self._db.read() as connection:
            for chunk in chunks(person_ids):
                asked = {"ids": list(chunk), "revision": model.revision}
                sealed = dict(iter(connection.execute(_SAID_BY, asked)))
                found |= self._subjects.open_each(sealed, "said")
        names = tuple(name for name in person_ids if name in found)
        return names, crowd_from_bytes([found[name] for name in names], model.dimensions)

    def people_without_reading(self, model: ModelIdentity, limit: int) -> list[StoredPerson]:
        """See the port."""
        readings = t.person_readings.c
        made = sa.select(readings.person_id).where(
            readings.person_id == t.people.c.id, readings.model_revision == model.revision
        )
        query = sa.select(t.people).where(~made.exists()).order_by(t.people.c.position)
        with self._db.read() as connection:
            return list(self._records(connection.execute(query.limit(limit)).all()))

    def put_reading(self, person: StoredPerson, understood: SavedUnderstanding) -> None:
        """See the port."""
        same = sa.and_(_is(person), t.people.c.version == person.version)
        with self._db.write() as connection:
            if connection.execute(sa.select(t.people.c.id).where(same)).first() is not None:
                self._writes.put_readings(connection, {person.id: understood})
                tell_feed(connection, [person.id], present=True)

    def person_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See the port."""
        with self._db.read() as connection:
            rows = connection.execute(_CHANGES, {"after": after, "most": limit}).all()
        if any(row.person_id is None for row in rows):
            self._subjects.drop()
        return [
            (row.sequence, row.person_id or row.name, row.person_id is not None) for row in rows
        ]

    def _records(self, rows: Sequence[Any]) -> Iterator[StoredPerson]:
        """Open many rows, without those who were erased since they were read."""
        self._subjects.load([row.id for row in rows])
        for row in rows:
            with suppress(NotFoundError):
                yield self.record(row)

    def record(self, row: Any) -> StoredPerson:  # noqa: ANN401 - a row has no static type
        """Return the person a row of the table holds, opened."""
        return record_of(self._subjects, row)


def _is(person: StoredPerson) -> sa.ColumnElement[bool]:
    return sa.and_(t.people.c.id == person.id, t.people.c.organisation_id == person.organisation_id)
