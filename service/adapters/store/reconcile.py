"""What opening the store sees to: old records sealed anew, erasures replayed, lost keys noticed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
import structlog

from service.adapters.store import tables as t
from service.adapters.store.database import Database, chunks
from service.adapters.store.marks import marks_of
from service.adapters.store.person_writes import unpack
from service.adapters.store.rows import BATCH, open_row, own_subject, seal_row
from service.adapters.store.subjects import OWN_KEY, SubjectVault
from service.adapters.store.traces import forget_traces
from service.domain.batch import ENDED
from service.domain.errors import StorageError
from service.domain.imported import ImportKind
from service.domain.person import forgotten_name

_log = structlog.get_logger(__name__)

_CHUNK: Final = 500
_STREAMED: Final = 10_000
_GRACE: Final = timedelta(days=30)
"""How long a key without a record is kept: somebody may yet put back the newer data directory."""
_PEOPLE: Final = ImportKind.RETURNEES
_MARKER: Final = len(OWN_KEY)
_ABOUT: Final[tuple[tuple[sa.Table, sa.Column[str], Callable[[Any], str]], ...]] = (
    (t.person_readings, t.person_readings.c.person_id, lambda one: f"readings/{one.person_id}"),
    (t.outcomes, t.outcomes.c.returnee_id, lambda one: f"outcomes/{one.id}"),
    (
        t.import_rows,
        t.import_rows.c.record_id,
        lambda one: f"import_rows/{one.batch_id}/{one.place}",
    ),
)
"""What else is sealed under a person's key: table, column with the person's id, place."""


def is_own(column: sa.ColumnElement[bytes]) -> sa.ColumnElement[bool]:
    """Tell in SQL whether a sealed value is under its subject's key."""
    return sa.func.substr(column, 1, _MARKER) == sa.literal(OWN_KEY, sa.LargeBinary)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Brings the records, the people's keys and the ledger to agree, before anyone is served."""

    database: Database
    subjects: SubjectVault

    def run(self) -> None:
        """Do all of it. Raises StorageError where people cannot be read whom nobody erased."""
        self._agree_on_ledger()
        self._replay()
        self.refuse_lost_keys()
        self._seal_anew()
        self._sweep()

    def _agree_on_ledger(self) -> None:
        """Bring ledger and the copy beside the keys level, then destroy what either names."""
        ledger, keys = self.subjects.ledger, self.subjects.keys
        beside = keys.erased()
        ledger.copy(beside)
        missing = {name: at for name, at in ledger.names.items() if name not in beside}
        gone = [one for one in keys.subjects() if self._is_gone(one)] if ledger.names else []
        if missing or gone:
            keys.destroy(gone, missing)

    def _replay(self) -> None:
        """Erase again who was erased, should an older copy of the data directory stand here."""
        if not self.subjects.ledger.names:
            return
        with self.database.read() as connection:
            people = self._in_ledger(connection.execute(sa.select(t.people.c.id)).scalars())
            rows = [row for row in connection.execute(_own_rows()) if self._is_gone(_own(row))]
            parts = sa.select(t.import_parts.c.batch_id).distinct()
            batches = self._in_ledger(connection.execute(parts).scalars())
        if not (people or rows or batches):
            return
        with self.database.write() as connection:
            for chunk in chunks(people):
                connection.execute(sa.delete(t.people).where(t.people.c.id.in_(chunk)))
            for person_id in people:
                forget_traces(connection, person_id)
            table = t.import_rows
            for row in rows:
                here = sa.and_(table.c.batch_id == row.batch_id, table.c.place == row.place)
                connection.execute(sa.update(table).where(here).values(sealed=None))
            for chunk in chunks(batches):
                table = t.import_parts
                connection.execute(sa.delete(table).where(table.c.batch_id.in_(chunk)))
        self.database.forget_deleted()
        _log.warning(
            "erased again what an older copy had brought back",
            people=len(people),
            refused_rows=len(rows),
            files=len(batches),
        )

    def _is_gone(self, subject: str) -> bool:
        return forgotten_name(subject) in self.subjects.ledger

    def _in_ledger(self, subjects: Iterable[str]) -> list[str]:
        return [one for one in subjects if self._is_gone(one)]

    def lost(self) -> dict[str, str]:
        """Return people whose keys are missing without the ledger saying why: id → organisation."""
        people, held = t.people.c, self.subjects.keys.subjects()
        own = sa.select(people.id, people.organisation_id).where(is_own(people.sealed))
        with self.database.read() as connection:
            # Of all the people there may be only those are kept who are missing.
            rows = connection.execution_options(yield_per=_STREAMED).execute(own)
            missing = {row.id: row.organisation_id for row in rows if row.id not in held}
        if missing:
            # Another process may have registered, or erased, somebody meanwhile.
            held = set(self.subjects.keys.wrapped(list(missing)))
            missing = {one: owner for one, owner in missing.items() if one not in held}
            self.subjects.ledger.read_on()
        return {one: owner for one, owner in missing.items() if not self._is_gone(one)}

    def refuse_lost_keys(self) -> None:
        """Raise StorageError if people's keys are missing and the ledger does not say why."""
        if lost := self.lost():
            message = (
                f"The keys of {len(lost)} people are not in {self.subjects.keys.name}, and no "
                "erasure of them is on record. Restore the newest copy of them. Nothing was "
                "removed. Where there is no other copy: homeward keys forget-lost"
            )
            raise StorageError(message, code="person_keys_lost")

    def _seal_anew(self) -> None:
        """Give everybody a key of their own who was sealed under the master key."""
        people, count = t.people, 0
        old = sa.select(people).where(~is_own(people.c.sealed)).order_by(people.c.position)
        while True:
            # The keys are durable before any record that needs them.
            with self.database.write() as connection, self.subjects.minting():
                rows = connection.execute(old.limit(_CHUNK)).all()
                self._give_keys(connection, rows)
            if not rows:
                break
            count += len(rows)
            old = old.where(people.c.position > rows[-1].position)
            _log.info("people sealed under keys of their own", people=count)
        if self._seal_rows_anew() or count:
            self.database.compact()

    def _seal_rows_anew(self) -> int:
        """Give keys of their own to rows about people that were refused before there were any."""
        table, count = t.import_rows, 0
        with self.database.read() as connection:
            said = connection.execute(sa.select(t.import_batches.c.batch)).scalars().all()
        batches = [one for one in map(BATCH.validate_json, said) if one.kind is _PEOPLE]
        for batch in batches:
            old = sa.and_(
                table.c.batch_id == batch.id, table.c.record_id.is_(None), ~is_own(table.c.sealed)
            )
            while True:
                with self.database.write() as connection, self.subjects.minting():
                    query = sa.select(table).where(old).limit(_CHUNK)
                    rows = connection.execute(query).all()
                    for row in rows:
                        sealed = seal_row(self.subjects, batch, open_row(self.subjects, row))
                        here = sa.and_(table.c.batch_id == row.batch_id, table.c.place == row.place)
                        connection.execute(sa.update(table).where(here).values(sealed=sealed))
                if not rows:
                    break
                count += len(rows)
        return count

    def _give_keys(self, connection: sa.Connection, rows: Sequence[Any]) -> None:
        subjects, known = self.subjects, self.subjects.keys.wrapped([row.id for row in rows])
        for row in rows:
            plain = subjects.master.open(row.sealed, f"people/{row.id}")
            if row.id not in known:
                subjects.mint(row.id)
            _, contact = unpack(plain)
            marks = marks_of(subjects.master, row.organisation_id, contact.phone)
            subjects.mark(row.id, marks)
            connection.execute(
                sa.update(t.people)
                .where(t.people.c.id == row.id)
                .values(sealed=subjects.seal(row.id, plain, f"people/{row.id}"))
            )
            self._seal_rest(connection, row.id)

    def _seal_rest(self, connection: sa.Connection, person_id: str) -> None:
        for table, column, name in _ABOUT:
            wanted = sa.and_(column == person_id, table.c.sealed.is_not(None))
            for one in connection.execute(sa.select(table).where(wanted)).all():
                here = sa.and_(*(key == one._mapping[key.name] for key in table.primary_key))  # noqa: SLF001 - its public name
                sealed = self._again(person_id, one.sealed, name(one))
                connection.execute(sa.update(table).where(here).values(sealed=sealed))

    def _again(self, subject: str, sealed: bytes, place: str) -> bytes:
        return self.subjects.seal(subject, self.subjects.open(subject, sealed, place), place)

    def _sweep(self) -> None:
        """Destroy keys whose record a crash prevented, and those of imports that have ended."""
        batches = t.import_batches.c
        with self.database.read() as connection:
            ended = sa.select(batches.id).where(batches.state.in_(ENDED))
            files = connection.execute(ended).scalars().all()
        over = list(self.subjects.keys.wrapped(files))
        if over:
            self.subjects.note_erased(over)
            self.subjects.destroy(over)
        pending = self.subjects.keys.pending(datetime.now(UTC) - _GRACE)
        if not pending:
            # Who there is need be known only where somebody is looked for.
            return
        with self.database.read() as connection:
            people = set(connection.execute(sa.select(t.people.c.id)).scalars())
            rows = {_own(row) for row in connection.execute(_own_rows())}
            all_files = set(connection.execute(sa.select(batches.id)).scalars())
        stand = people | rows | all_files
        orphans = [one for one in pending if one not in stand]
        if orphans:
            self.subjects.keys.destroy(orphans, {})
        settled = [one for one in pending if one in stand]
        if settled:
            self.subjects.keys.settle(settled)


def _own_rows() -> sa.Select[Any]:
    rows = t.import_rows.c
    return sa.select(rows.batch_id, rows.place).where(rows.record_id.is_(None), is_own(rows.sealed))


def _own(row: Any) -> str:  # noqa: ANN401 - a SQLAlchemy row has no static type
    return own_subject(row.batch_id, row.place)
