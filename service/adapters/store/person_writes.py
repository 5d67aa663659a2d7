"""People written to SQL: many with a few statements, because each statement costs its while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa
from pydantic import ValidationError

from service.adapters.store import tables as t
from service.adapters.store.codec import CONTACT, PROFILE, reading_to_bytes, said_to_bytes
from service.adapters.store.database import chunks
from service.adapters.store.marks import marks_of
from service.adapters.store.named import each_once, name_of, rows_named
from service.adapters.store.subjects import SubjectVault
from service.adapters.store.traces import tell_feed
from service.domain.errors import NotFoundError, PreconditionFailedError, StorageError
from service.domain.person import Contact, Profile, StoredPerson
from service.domain.records import Effect, Put, SavedUnderstanding, Written, profile_over


@dataclass(frozen=True, slots=True)
class PersonPut:
    """A write of a person. contact None keeps what is stored, understood None keeps no reading."""

    put: Put[Profile]
    contact: Contact | None
    understood: SavedUnderstanding | None


@dataclass(slots=True)
class _Changes:
    """What a part of the writes comes to, until it is written."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    readings: dict[str, SavedUnderstanding] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    """Ids of all that are new or changed, in the order of the writes."""


class PersonWrites:
    """Writes people in a transaction that is open. Only within `SubjectVault.minting`."""

    def __init__(self, subjects: SubjectVault) -> None:
        """Seal each person under their own key."""
        self._subjects = subjects

    def put(
        self, connection: sa.Connection, puts: Sequence[PersonPut]
    ) -> list[Written[StoredPerson]]:
        """Create, change or leave people, in their order."""
        asked = iter(puts)
        return [
            one
            for part in each_once([one.put for one in puts])
            for one in self._put_part(connection, [next(asked) for _ in part])
        ]

    def _put_part(
        self, connection: sa.Connection, puts: Sequence[PersonPut]
    ) -> list[Written[StoredPerson]]:
        rows = _existing(connection, [one.put for one in puts])
        self._subjects.load([row.id for row in rows if row is not None])
        changes, now = _Changes(), datetime.now(UTC)
        written = [
            self._planned(one, row, changes, now) for one, row in zip(puts, rows, strict=True)
        ]
        if changes.new:
            connection.execute(sa.insert(t.people), changes.new)
        before = [one["person"] for one in changes.changed]
        if before:
            this = t.people.c.id == sa.bindparam("person")
            connection.execute(sa.update(t.people).where(this), changes.changed)
        self.put_readings(connection, changes.readings, known=before)
        tell_feed(connection, changes.moved, present=True, known=before)
        return written

    def _planned(
        self,
        one: PersonPut,
        row: Any,  # noqa: ANN401 - a SQLAlchemy row has no static type
        changes: _Changes,
        now: datetime,
    ) -> Written[StoredPerson]:
        """Decide what one write does, seal it and note it; raise PreconditionFailedError."""
        put, contact = one.put, one.contact
        if put.if_version is not None and put.if_version != (row.version if row else 0):
            raise PreconditionFailedError
        known = None
        if row is not None:
            known = record_of(self._subjects, row)
            put = replace(put, content=profile_over(put, known.profile))
            contact = known.contact if contact is None else contact
            if (known.profile, known.contact) == (put.content, contact):
                return Written(known, Effect.UNCHANGED)
        contact = contact or Contact()
        person_id = f"ret_{uuid4().hex}" if known is None else known.id
        if known is None:
            self._subjects.mint(person_id)
        if known is None or known.contact.phone != contact.phone:
            marks = marks_of(self._subjects.master, put.organisation_id, contact.phone)
            self._subjects.mark(person_id, marks)
        packed = pack(put.content, contact)
        values: dict[str, Any] = {
            "home_country": put.content.home_country,
            "sealed": self._subjects.seal(person_id, packed, f"people/{person_id}"),
            "updated_at": now,
            "version": 1 if row is None else row.version + 1,
        }
        new = {
            "id": person_id,
            "organisation_id": put.organisation_id,
            "source": put.source,
            "external_id": put.external_id,
            "created_at": now,
        }
        changes.moved.append(person_id)
        if one.understood is not None:
            changes.readings[person_id] = one.understood
        if row is None:
            changes.new.append(values | new)
            return Written(_stored(new | values, packed), Effect.CREATED)
        changes.changed.append(values | {"person": person_id})
        # What a write does not touch stays as it was: a record keeps its names and its first day.
        kept = {name: getattr(row, name) for name in new}
        return Written(_stored(kept | values, packed), Effect.CHANGED)

    def put_readings(
        self,
        connection: sa.Connection,
        readings: Mapping[str, SavedUnderstanding],
        *,
        known: Sequence[str] | None = None,
    ) -> None:
        """Keep what was read of people. known: who may have a reading already; None: anybody."""
        table = t.person_readings
        for chunk in chunks([one for one in readings if known is None or one in set(known)]):
            connection.execute(sa.delete(table).where(table.c.person_id.in_(chunk)))
        rows = [self._reading(person_id, saved) for person_id, saved in readings.items()]
        if rows:
            connection.execute(sa.insert(table), rows)

    def _reading(self, person_id: str, saved: SavedUnderstanding) -> dict[str, Any]:
        seal = self._subjects.seal
        return {
            "person_id": person_id,
            "model_revision": saved.model.revision,
            # A vector gives much of its text away, so it is sealed like the text.
            "sealed": seal(person_id, reading_to_bytes(saved), f"readings/{person_id}"),
            "said": saved.said and seal(person_id, said_to_bytes(saved.said), f"said/{person_id}"),
        }


def _existing(connection: sa.Connection, puts: Sequence[Put[Profile]]) -> list[Any]:
    """Return of each write the row it is of, None of who is new; raise NotFoundError."""
    named = rows_named(connection, t.people, [put for put in puts if put.record_id is None])
    by_id: dict[tuple[str, str | None], Any] = {}
    for chunk in chunks([put.record_id for put in puts if put.record_id is not None]):
        rows = connection.execute(sa.select(t.people).where(t.people.c.id.in_(chunk)))
        by_id |= {(row.organisation_id, row.id): row for row in rows}
    found = []
    for put in puts:
        if put.record_id is None:
            found.append(named.get(name_of(put)))
        elif (put.organisation_id, put.record_id) in by_id:
            found.append(by_id[put.organisation_id, put.record_id])
        else:
            raise NotFoundError
    return found


def record_of(subjects: SubjectVault, row: Any) -> StoredPerson:  # noqa: ANN401 - see above
    """Return the person a row of the table holds, opened."""
    packed = subjects.open(row.id, row.sealed, f"people/{row.id}")
    return _stored({name: getattr(row, name) for name in _FACTS}, packed)


_FACTS: Final = (
    *("id", "organisation_id", "source", "external_id", "version"),
    *("created_at", "updated_at"),
)


def _stored(facts: Mapping[str, Any], packed: bytes) -> StoredPerson:
    profile, contact = unpack(packed)
    known = {name: facts[name] for name in _FACTS}
    return StoredPerson(profile=profile, contact=contact, **known)


def pack(profile: Profile, contact: Contact) -> bytes:
    """Return what of a person's record is sealed."""
    head = CONTACT.dump_json(contact)
    return len(head).to_bytes(4, "little") + head + PROFILE.dump_json(profile)


def unpack(packed: bytes) -> tuple[Profile, Contact]:
    """Undo `pack`; raise StorageError if it cannot be read."""
    size = int.from_bytes(packed[:4], "little")
    try:
        return PROFILE.validate_json(packed[4 + size :]), CONTACT.validate_json(
            packed[4 : 4 + size]
        )
    except ValidationError:
        # Its text quotes what it could not read, and would take that into the log.
        message = "A person's record was written by another release and cannot be read by this one."
        raise StorageError(message) from None
