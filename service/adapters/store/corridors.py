"""Corridors in SQL, with everything they ever said."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import CORRIDOR
from service.adapters.store.database import Database
from service.domain.corridor import Corridor, CorridorVersion, StoredCorridor
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.records import Page

_SEEDED = "corridors_seeded"


# Made once: every match asks for them.
_FROM: Final = (
    sa.select(t.corridors)
    .where(t.corridors.c.origin == sa.bindparam("origin"))
    .order_by(t.corridors.c.position)
)
_TO: Final = (
    sa.select(t.corridors)
    .where(t.corridors.c.destination == sa.bindparam("destination"))
    .order_by(t.corridors.c.position)
)


class CorridorQueries:
    """Implements `service.ports.CorridorStore`."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._db = database

    def seed_corridors(self, corridors: Sequence[Corridor], at: datetime) -> bool:
        """See the port."""
        done = sa.select(t.facts.c.name).where(t.facts.c.name == _SEEDED)
        with self._db.read() as connection:
            if connection.execute(done).first() is not None:
                return False
        with self._db.write() as connection:
            if connection.execute(done).first() is not None:
                return False
            for corridor in corridors:
                _insert(connection, corridor, at, None)
            connection.execute(sa.insert(t.facts).values(name=_SEEDED, value=b"1"))
        return True

    def add_corridor(
        self, corridor: Corridor, at: datetime, changed_by: str | None
    ) -> StoredCorridor:
        """See the port."""
        same = sa.select(t.corridors).where(
            t.corridors.c.origin == corridor.origin,
            t.corridors.c.body == CORRIDOR.dump_json(corridor).decode(),
        )
        with self._db.write() as connection:
            known = connection.execute(same).first()
            return _record(known) if known else _insert(connection, corridor, at, changed_by)

    def change_corridor(
        self,
        corridor_id: str,
        corridor: Corridor,
        at: datetime,
        changed_by: str | None,
        if_version: int | None,
    ) -> StoredCorridor:
        """See the port."""
        table = t.corridors
        with self._db.write() as connection:
            row = _row(connection, corridor_id)
            if if_version is not None and if_version != row.version:
                raise PreconditionFailedError
            if CORRIDOR.validate_json(row.body) == corridor:
                return _record(row)
            body = CORRIDOR.dump_json(corridor).decode()
            version = row.version + 1
            connection.execute(
                sa.update(table)
                .where(table.c.id == corridor_id)
                .values(
                    origin=corridor.origin,
                    destination=corridor.destination,
                    body=body,
                    version=version,
                    changed_by=changed_by,
                    updated_at=at,
                )
            )
            _keep(connection, corridor_id, version, at, changed_by, body)
            return _record(_row(connection, corridor_id))

    def remove_corridor(
        self, corridor_id: str, at: datetime, changed_by: str | None, if_version: int | None
    ) -> None:
        """See the port."""
        with self._db.write() as connection:
            row = _row(connection, corridor_id)
            if if_version is not None and if_version != row.version:
                raise PreconditionFailedError
            connection.execute(sa.delete(t.corridors).where(t.corridors.c.id == corridor_id))
            _keep(connection, corridor_id, row.version + 1, at, changed_by, None)

    def corridor(self, corridor_id: str) -> StoredCorridor:
        """See the port."""
        with self._db.read() as connection:
            return _record(_row(connection, corridor_id))

    def corridors_from(self, origin: str) -> list[StoredCorridor]:
        """See the port."""
        with self._db.read() as connection:
            return [_record(row) for row in connection.execute(_FROM, {"origin": origin})]

    def corridors_to(self, destination: str) -> list[StoredCorridor]:
        """See the port."""
        with self._db.read() as connection:
            rows = connection.execute(_TO, {"destination": destination})
            return [_record(row) for row in rows]

    def page_of_corridors(
        self, *, after: int, limit: int, origin: str | None, destination: str | None
    ) -> Page[StoredCorridor]:
        """See the port."""
        query = sa.select(t.corridors).where(t.corridors.c.position > after)
        if origin is not None:
            query = query.where(t.corridors.c.origin == origin)
        if destination is not None:
            query = query.where(t.corridors.c.destination == destination)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(t.corridors.c.position).limit(limit + 1)).all()
        kept = rows[:limit]
        more = kept[-1].position if len(rows) > limit else None
        return Page(items=tuple(_record(row) for row in kept), next_after=more)

    def corridor_history(self, corridor_id: str) -> list[CorridorVersion]:
        """See the port."""
        v = t.corridor_versions.c
        query = sa.select(t.corridor_versions).where(v.corridor_id == corridor_id)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(v.version)).all()
        if not rows:
            raise NotFoundError(_NO_CORRIDOR)
        return [
            CorridorVersion(
                row.version,
                row.at,
                row.changed_by,
                None if row.body is None else CORRIDOR.validate_json(row.body),
            )
            for row in rows
        ]


_NO_CORRIDOR = "There is no such corridor."


def _insert(
    connection: sa.Connection, corridor: Corridor, at: datetime, changed_by: str | None
) -> StoredCorridor:
    corridor_id, body = f"cor_{uuid4().hex}", CORRIDOR.dump_json(corridor).decode()
    connection.execute(
        sa.insert(t.corridors).values(
            id=corridor_id,
            origin=corridor.origin,
            destination=corridor.destination,
            body=body,
            version=1,
            changed_by=changed_by,
            created_at=at,
            updated_at=at,
        )
    )
    _keep(connection, corridor_id, 1, at, changed_by, body)
    return StoredCorridor(corridor_id, 1, at, at, changed_by, corridor)


def _keep(  # noqa: PLR0913, PLR0917 - the columns of one row
    connection: sa.Connection,
    corridor_id: str,
    version: int,
    at: datetime,
    changed_by: str | None,
    body: str | None,
) -> None:
    connection.execute(
        sa.insert(t.corridor_versions).values(
            corridor_id=corridor_id, version=version, at=at, changed_by=changed_by, body=body
        )
    )


def _row(connection: sa.Connection, corridor_id: str) -> Any:  # noqa: ANN401 - a SQLAlchemy row
    row = connection.execute(
        sa.select(t.corridors).where(t.corridors.c.id == corridor_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(_NO_CORRIDOR)
    return row


def _record(row: Any) -> StoredCorridor:  # noqa: ANN401 - a SQLAlchemy row has no static type
    return StoredCorridor(
        row.id,
        row.version,
        row.created_at,
        row.updated_at,
        row.changed_by,
        CORRIDOR.validate_json(row.body),
    )
