"""The access log in SQL: each line sealed to the one before, and a sealed head.

Who can write to the database, and does not hold the key file, can remove lines or alter them,
but not so that a check passes.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.vault import ACCESS_LOG, Vault
from service.domain.audit import Access, AccessQuery, Action, Fit, Link, LoggedAccess, LogHead
from service.domain.errors import StorageError
from service.domain.records import Page

_HEAD: Final = "access_log_head"
_PLACE: Final = f"facts/{_HEAD}"
_KEY_ID: Final = 8
_TAG: Final = 32
_BROKEN: Final = b"broken"
"""What a line is sealed to where the head is gone: it fits nothing, so that the break stays."""
_ALLOWED: Final = "allowed"
_REFUSED: Final = "refused:"
_SAID: Final = (
    "sequence",
    "at",
    "organisation_id",
    "key_id",
    "action",
    "subjects",
    "outcome",
    "request_id",
)


class AuditQueries:
    """Implements `service.ports.AuditStore`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Work on this database; seal with keys derived from this vault's."""
        self._db = database
        self._vault = vault
        self._log_keys = vault.derived(ACCESS_LOG)

    def begin_log(self) -> None:
        """Seal the head of an empty log, if there is no head."""
        with self._db.write() as connection:
            if _head_value(connection) is None:
                self._put_head(connection, 0, b"", known=False)

    def log_accesses(self, accesses: Sequence[Access]) -> None:
        """See the port."""
        if not accesses:
            return
        with self._db.write(aside=True) as connection:
            value = _head_value(connection)
            number, previous = self._where_to_go_on(value)
            # Behind whatever stands there, should somebody have put back an older head.
            last = connection.execute(sa.select(sa.func.max(t.access_log.c.sequence))).scalar_one()
            number = max(number, last or 0)
            rows = []
            for access in accesses:
                number += 1
                row = _row(number, access)
                previous = row["mac"] = self._seal(row, previous)
                rows.append(row)
            connection.execute(sa.insert(t.access_log), rows)
            self._put_head(connection, number, previous, known=value is not None)

    def _where_to_go_on(self, value: bytes | None) -> tuple[int, bytes]:
        try:
            head = self._opened(value)
        except StorageError:
            head = None
        return (0, _BROKEN) if head is None else (head.count, bytes.fromhex(head.seal))

    def _put_head(self, connection: sa.Connection, count: int, mac: bytes, *, known: bool) -> None:
        plain = json.dumps({"count": count, "seal": mac.hex()}).encode()
        value = self._vault.seal(plain, _PLACE)
        facts = t.facts
        if known:
            change = sa.update(facts).where(facts.c.name == _HEAD).values(value=value)
            connection.execute(change)
        else:
            connection.execute(sa.insert(facts).values(name=_HEAD, value=value))

    def _opened(self, value: bytes | None) -> LogHead | None:
        if value is None:
            return None
        said = json.loads(self._vault.open(value, _PLACE))
        return LogHead(said["count"], said["seal"])

    def _seal(self, row: Any, previous: bytes, key_id: str | None = None) -> bytes:  # noqa: ANN401
        """Return the id of the key and the tag over the previous seal and this line."""
        name = key_id or self._vault.active
        tag = hmac.digest(self._log_keys[name], _message(row, previous), "sha256")
        return name.encode() + tag

    def page_of_accesses(self, query: AccessQuery, *, after: int, limit: int) -> Page[LoggedAccess]:
        """See the port."""
        log = t.access_log
        wanted = _wanted(query).where(log.c.sequence > after).order_by(log.c.sequence)
        with self._db.read() as connection:
            rows = connection.execute(wanted.limit(limit + 1)).all()
        kept = rows[:limit]
        return Page(
            items=tuple(_record(row) for row in kept),
            next_after=kept[-1].sequence if len(rows) > limit else None,
        )

    def last_accesses(self, query: AccessQuery, limit: int) -> list[LoggedAccess]:
        """See the port."""
        wanted = _wanted(query).order_by(t.access_log.c.sequence.desc()).limit(limit)
        with self._db.read() as connection:
            rows = connection.execute(wanted).all()
        return [_record(row) for row in reversed(rows)]

    def access_head(self) -> LogHead | None:
        """See the port."""
        with self._db.read() as connection:
            return self._opened(_head_value(connection))

    def access_links(self, after: int, limit: int) -> list[Link]:
        """See the port."""
        number = t.access_log.c.sequence
        before = _raw().where(number <= after).order_by(number.desc()).limit(1)
        with self._db.read() as connection:
            last = connection.execute(before).first()
            behind = _raw().where(number > after).order_by(number).limit(limit)
            rows = connection.execute(behind).all()
        previous = b"" if last is None else _as_bytes(last.mac)
        links = []
        for row in rows:
            mac = _as_bytes(row.mac)
            links.append(Link(row.sequence, str(row.at), mac.hex(), self._fit(row, previous, mac)))
            previous = mac
        return links

    def _fit(self, row: Any, previous: bytes, mac: bytes) -> Fit:  # noqa: ANN401 - a row
        key_id = mac[:_KEY_ID].decode("ascii", "replace")
        if key_id not in self._log_keys:
            ours = len(mac) == _KEY_ID + _TAG and key_id.isalnum()
            return Fit.KEY_UNKNOWN if ours else Fit.DOES_NOT_FIT
        expected = self._seal(row._mapping, previous, key_id)  # noqa: SLF001 - its public name
        return Fit.FITS if hmac.compare_digest(expected, mac) else Fit.DOES_NOT_FIT

    def written_as(self, sequence: int) -> int | None:
        """See the port."""
        number = t.access_log.c.sequence
        with self._db.read() as connection:
            row = connection.execute(_raw().where(number == sequence)).first()
            if row is None:
                return None
            moved, mac = dict(row._mapping), _as_bytes(row.mac)  # noqa: SLF001
            if self._fits_as(moved, 1, b"", mac):
                return 1
            for other in connection.execute(_raw().where(number != sequence).order_by(number)):
                previous = _as_bytes(other.mac)
                # Its predecessor stands where it stood, or has changed places with it.
                for tried in (other.sequence + 1, other.sequence):
                    if tried != sequence and self._fits_as(moved, tried, previous, mac):
                        return int(tried)
        return None

    def _fits_as(self, row: dict[str, Any], number: int, previous: bytes, mac: bytes) -> bool:
        key_id = mac[:_KEY_ID].decode("ascii", "replace")
        if key_id not in self._log_keys:
            return False
        expected = self._seal(row | {"sequence": number}, previous, key_id)
        return hmac.compare_digest(expected, mac)


def _head_value(connection: sa.Connection) -> bytes | None:
    query = sa.select(t.facts.c.value).where(t.facts.c.name == _HEAD)
    value: bytes | None = connection.execute(query).scalar_one_or_none()
    return value


def _raw() -> sa.Select[Any]:
    """Select lines as they lie there, whatever type somebody has put into a column."""
    log = t.access_log.c
    return sa.select(*(log[name] for name in _SAID), sa.type_coerce(log.mac, sa.Text).label("mac"))


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else repr(value).encode()


def _message(row: Any, previous: bytes) -> bytes:  # noqa: ANN401 - a mapping of any columns
    said = [row[name] for name in _SAID]
    text = json.dumps(said, separators=(",", ":"), default=repr)
    return len(previous).to_bytes(2, "big") + previous + text.encode()


def _in_text(moment: datetime) -> str:
    """Return a moment in UTC as text that sorts as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _row(number: int, access: Access) -> dict[str, Any]:
    refused = access.refused
    return {
        "sequence": number,
        "at": _in_text(access.at),
        "organisation_id": access.organisation_id,
        "key_id": access.key_id,
        "action": access.action.value,
        "subjects": json.dumps(access.subjects),
        "outcome": _ALLOWED if refused is None else f"{_REFUSED}{refused}",
        "request_id": access.request_id,
    }


def _wanted(query: AccessQuery) -> sa.Select[Any]:
    log = t.access_log.c
    wanted = sa.select(t.access_log)
    if query.organisation_id is not None:
        wanted = wanted.where(log.organisation_id == query.organisation_id)
    if query.subject is not None:
        wanted = wanted.where(log.subjects.contains(json.dumps(query.subject), autoescape=True))
    if query.action is not None:
        wanted = wanted.where(log.action == query.action.value)
    if query.since is not None:
        wanted = wanted.where(log.at >= _in_text(query.since))
    return wanted


def _record(row: Any) -> LoggedAccess:  # noqa: ANN401 - a SQLAlchemy row has no static type
    try:
        access = Access(
            at=datetime.fromisoformat(row.at),
            organisation_id=row.organisation_id,
            key_id=row.key_id,
            action=Action(row.action),
            subjects=tuple(json.loads(row.subjects)),
            refused=None if row.outcome == _ALLOWED else row.outcome.removeprefix(_REFUSED),
            request_id=row.request_id,
        )
    except (ValueError, TypeError, AttributeError) as error:
        message = (
            f'Entry {row.sequence} of the access log was altered; run "homeward audit verify".'
        )
        raise StorageError(message) from error
    return LoggedAccess(row.sequence, access)
