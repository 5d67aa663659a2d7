"""People in SQL: everything that is theirs is sealed; only what a query needs is in clear."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import CONTACT, PROFILE, reading_from_bytes, reading_to_bytes
from service.adapters.store.database import SqliteDatabase, chunks
from service.adapters.store.vault import Vault
from service.domain.embedding import ModelIdentity
from service.domain.errors import ConflictError, NotFoundError, PreconditionFailedError
from service.domain.person import Contact, Profile, StoredPerson, forgotten_name
from service.domain.records import Effect, Page, Put, SavedUnderstanding, Written

_PHONE: Final = 9
_MOST_ALIKE: Final = 5
_KEY_REUSED = "This Idempotency-Key was used before with another body; use a new one."


class PersonQueries:
    """Implements `service.ports.PersonStore`."""

    def __init__(self, database: SqliteDatabase, vault: Vault) -> None:
        """Work on this database; seal with this vault."""
        self._db = database
        self._vault = vault

    def put_person(
        self, put: Put[Profile], contact: Contact | None, understood: SavedUnderstanding
    ) -> Written[StoredPerson]:
        """See the port."""
        with self._db.write() as connection:
            return self.put_within(connection, put, contact, understood)

    def put_within(
        self,
        connection: sa.Connection,
        put: Put[Profile],
        contact: Contact | None,
        understood: SavedUnderstanding | None,
    ) -> Written[StoredPerson]:
        """Do what `put_person` does in a transaction that is open; None keeps no reading."""
        row = self._existing(connection, put)
        if put.if_version is not None and put.if_version != (row.version if row else 0):
            raise PreconditionFailedError
        if row is not None and put.idempotency_key is not None:
            if self._posted(row) != put.idempotency_body:
                raise ConflictError(_KEY_REUSED, code="idempotency_key_reused")
            return Written(self.record(row), Effect.UNCHANGED)
        if row is not None:
            known = self.record(row)
            contact = known.contact if contact is None else contact
            if (known.profile, known.contact) == (put.content, contact):
                return Written(known, Effect.UNCHANGED)
        person_id = row.id if row is not None else f"ret_{uuid4().hex}"
        self._write(connection, put, contact or Contact(), person_id, row)
        if understood is not None:
            self._write_reading(connection, person_id, understood)
        _tell(connection, person_id, present=True)
        written = connection.execute(sa.select(t.people).where(t.people.c.id == person_id))
        effect = Effect.CREATED if row is None else Effect.CHANGED
        return Written(self.record(written.one()), effect)

    def _existing(self, connection: sa.Connection, put: Put[Profile]) -> Any | None:  # noqa: ANN401
        people = t.people.c
        mine = people.organisation_id == put.organisation_id
        if put.record_id is not None:
            condition = sa.and_(mine, people.id == put.record_id)
        elif put.external_id is not None:
            condition = sa.and_(
                mine, people.source == put.source, people.external_id == put.external_id
            )
        elif put.idempotency_key is not None:
            condition = sa.and_(mine, people.idempotency == put.idempotency_key)
        else:
            return None
        row = connection.execute(sa.select(t.people).where(condition)).one_or_none()
        if row is None and put.record_id is not None:
            raise NotFoundError
        return row

    def _write(
        self,
        connection: sa.Connection,
        put: Put[Profile],
        contact: Contact,
        person_id: str,
        row: Any | None,  # noqa: ANN401 - a SQLAlchemy row has no static type
    ) -> None:
        now = datetime.now(UTC)
        values: dict[str, Any] = {
            "home_country": put.content.home_country,
            "phone_hash": self.phone_hash(contact.phone),
            "sealed": self._vault.seal(_pack(put.content, contact), f"people/{person_id}"),
            "updated_at": now,
        }
        if row is not None:
            values["version"] = row.version + 1
            connection.execute(sa.update(t.people).where(t.people.c.id == person_id).values(values))
            return
        values |= {
            "id": person_id,
            "organisation_id": put.organisation_id,
            "source": put.source,
            "external_id": put.external_id,
            "version": 1,
            "idempotency": put.idempotency_key,
            # A hash of few unknowns can be guessed back: of a phone number, within seconds.
            "idempotency_body": put.idempotency_body
            and self._vault.seal(put.idempotency_body.encode(), f"posted/{person_id}"),
            "created_at": now,
        }
        connection.execute(sa.insert(t.people).values(values))

    def phone_hash(self, phone: str | None) -> bytes | None:
        """Return what a phone number is known by, however it is written; None for none."""
        digits = "".join(str(unicodedata.digit(one)) for one in phone or "" if one.isdigit())
        # With or without the country's prefix or the leading nought it is the same telephone.
        return self._vault.keyed(digits[-_PHONE:], "phone") if len(digits) >= _PHONE else None

    def with_same_phone(self, connection: sa.Connection, person: StoredPerson) -> tuple[str, ...]:
        """Return ids of others of the same organisation who are reached by the same telephone."""
        known = self.phone_hash(person.contact.phone)
        found = self._by_phone(connection, person.organisation_id, known, but=person.id)
        return tuple(found)

    def people_with_phone(self, organisation_id: str, phone: str) -> list[str]:
        """See the port."""
        with self._db.read() as connection:
            return self._by_phone(connection, organisation_id, self.phone_hash(phone))

    def _by_phone(
        self, connection: sa.Connection, organisation_id: str, known: bytes | None, but: str = ""
    ) -> list[str]:
        if known is None:
            return []
        people = t.people.c
        found = connection.execute(
            sa.select(people.id)
            .where(
                people.phone_hash == known,
                people.organisation_id == organisation_id,
                people.id != but,
            )
            .order_by(people.position)
            .limit(_MOST_ALIKE)
        )
        return list(found.scalars())

    def _posted(self, row: Any) -> str | None:  # noqa: ANN401 - a SQLAlchemy row
        sealed = row.idempotency_body
        return sealed and self._vault.open(sealed, f"posted/{row.id}").decode()

    def _write_reading(
        self, connection: sa.Connection, person_id: str, saved: SavedUnderstanding
    ) -> None:
        readings = t.person_readings
        connection.execute(sa.delete(readings).where(readings.c.person_id == person_id))
        connection.execute(
            sa.insert(readings).values(
                person_id=person_id,
                model_revision=saved.model.revision,
                # A vector gives much of its text away, so it is sealed like the text.
                sealed=self._vault.seal(reading_to_bytes(saved), f"readings/{person_id}"),
            )
        )

    def person(self, organisation_id: str, person_id: str) -> StoredPerson:
        """See the port."""
        return self._one_person(organisation_id, t.people.c.id == person_id)

    def person_by_source(self, organisation_id: str, source: str, external_id: str) -> StoredPerson:
        """See the port."""
        named = sa.and_(t.people.c.source == source, t.people.c.external_id == external_id)
        return self._one_person(organisation_id, named)

    def _one_person(self, organisation_id: str, condition: sa.ColumnElement[bool]) -> StoredPerson:
        mine = t.people.c.organisation_id == organisation_id
        with self._db.read() as connection:
            row = connection.execute(sa.select(t.people).where(mine, condition)).one_or_none()
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
            items=tuple(self.record(row) for row in kept),
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
        with self._db.write() as connection:
            gone = sa.delete(t.people).where(_is(person))
            if if_version is not None:
                gone = gone.where(t.people.c.version == if_version)
            if connection.execute(gone).rowcount == 0:
                raise PreconditionFailedError if if_version is not None else NotFoundError
            _tell(connection, person.id, present=False)
            rows = t.import_rows
            forget = sa.update(rows).where(rows.c.record_id == person.id)
            connection.execute(forget.values(record_id=None, sealed=None))
        self._db.forget_deleted()

    def understanding(
        self, person: StoredPerson, model: ModelIdentity
    ) -> SavedUnderstanding | None:
        """See the port."""
        readings = t.person_readings.c
        query = (
            sa.select(readings.sealed)
            .join(t.people, t.people.c.id == readings.person_id)
            .where(_is(person), readings.model_revision == model.revision)
        )
        with self._db.read() as connection:
            sealed = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return None
        return reading_from_bytes(self._vault.open(sealed, f"readings/{person.id}"), model)

    def people(self, person_ids: Sequence[str]) -> dict[str, StoredPerson]:
        """See the port."""
        found: dict[str, StoredPerson] = {}
        with self._db.read() as connection:
            for chunk in chunks(person_ids):
                rows = connection.execute(sa.select(t.people).where(t.people.c.id.in_(chunk)))
                found |= {row.id: self.record(row) for row in rows}
        return found

    def readings(
        self, person_ids: Sequence[str], model: ModelIdentity
    ) -> dict[str, SavedUnderstanding]:
        """See the port."""
        found: dict[str, SavedUnderstanding] = {}
        readings = t.person_readings.c
        with self._db.read() as connection:
            for chunk in chunks(person_ids):
                rows = connection.execute(
                    sa.select(readings.person_id, readings.sealed).where(
                        readings.person_id.in_(chunk), readings.model_revision == model.revision
                    )
                )
                for name, sealed in rows:
                    opened = self._vault.open(sealed, f"readings/{name}")
                    found[name] = reading_from_bytes(opened, model)
        return found

    def people_without_reading(self, model: ModelIdentity, limit: int) -> list[StoredPerson]:
        """See the port."""
        readings = t.person_readings.c
        made = sa.select(readings.person_id).where(
            readings.person_id == t.people.c.id, readings.model_revision == model.revision
        )
        query = sa.select(t.people).where(~made.exists()).order_by(t.people.c.position)
        with self._db.read() as connection:
            return [self.record(row) for row in connection.execute(query.limit(limit))]

    def put_reading(self, person: StoredPerson, understood: SavedUnderstanding) -> None:
        """See the port."""
        same = sa.and_(_is(person), t.people.c.version == person.version)
        with self._db.write() as connection:
            if connection.execute(sa.select(t.people.c.id).where(same)).first() is not None:
                self._write_reading(connection, person.id, understood)
                _tell(connection, person.id, present=True)

    def person_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See the port."""
        feed = t.person_changes.c
        with self._db.read() as connection:
            rows = connection.execute(
                sa.select(feed.sequence, feed.name, feed.person_id)
                .where(feed.sequence > after)
                .order_by(feed.sequence)
                .limit(limit)
            )
            return [
                (row.sequence, row.person_id or row.name, row.person_id is not None) for row in rows
            ]

    def record(self, row: Any) -> StoredPerson:  # noqa: ANN401 - a row has no static type
        """Return the person a row of the table holds, opened."""
        profile, contact = _unpack(self._vault.open(row.sealed, f"people/{row.id}"))
        return StoredPerson(
            id=row.id,
            organisation_id=row.organisation_id,
            source=row.source,
            external_id=row.external_id,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
            profile=profile,
            contact=contact,
        )


def _is(person: StoredPerson) -> sa.ColumnElement[bool]:
    return sa.and_(t.people.c.id == person.id, t.people.c.organisation_id == person.organisation_id)


def _tell(connection: sa.Connection, person_id: str, *, present: bool) -> None:
    """Move the person to the end of the feed; readers hold the last sequence they saw."""
    feed, name = t.person_changes, forgotten_name(person_id)
    connection.execute(sa.delete(feed).where(feed.c.name == name))
    connection.execute(sa.insert(feed).values(name=name, person_id=person_id if present else None))


def _pack(profile: Profile, contact: Contact) -> bytes:
    head = CONTACT.dump_json(contact)
    return len(head).to_bytes(4, "little") + head + PROFILE.dump_json(profile)


def _unpack(packed: bytes) -> tuple[Profile, Contact]:
    size = int.from_bytes(packed[:4], "little")
    return PROFILE.validate_json(packed[4 + size :]), CONTACT.validate_json(packed[4 : 4 + size])
