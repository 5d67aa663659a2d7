"""Organisations and keys in SQL."""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import SqliteDatabase
from service.domain.access import ApiKey, Organisation, Scope
from service.domain.errors import ConflictError, NotFoundError


class AccessQueries:
    """Implements `service.ports.AccessStore`."""

    def __init__(self, database: SqliteDatabase) -> None:
        """Work on this database."""
        self._db = database

    def organisations(self) -> list[Organisation]:
        """See the port."""
        table = t.organisations
        with self._db.read() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.name))
            return [Organisation(row.id, row.name, row.created_at) for row in rows]

    def add_organisation(self, organisation: Organisation) -> None:
        """See the port."""
        try:
            with self._db.write() as connection:
                connection.execute(
                    sa.insert(t.organisations).values(
                        id=organisation.id,
                        name=organisation.name,
                        created_at=organisation.created_at,
                    )
                )
        except sa.exc.IntegrityError as error:
            message = f"There is an organisation {organisation.id!r} already."
            raise ConflictError(message) from error

    def add_key(self, key: ApiKey, secret_hash: bytes) -> None:
        """See the port."""
        try:
            with self._db.write() as connection:
                connection.execute(
                    sa.insert(t.api_keys).values(
                        id=key.id,
                        organisation_id=key.organisation_id,
                        name=key.name,
                        secret_hash=secret_hash,
                        scopes=json.dumps(sorted(key.scopes)),
                        created_at=key.created_at,
                        expires_at=key.expires_at,
                    )
                )
        except sa.exc.IntegrityError as error:
            message = f"There is no organisation {key.organisation_id!r}."
            raise ConflictError(message) from error

    def key_by_hash(self, secret_hash: bytes) -> ApiKey | None:
        """See the port."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(t.api_keys).where(t.api_keys.c.secret_hash == secret_hash)
            ).one_or_none()
        return None if row is None else _record(row)

    def keys(self, organisation_id: str | None) -> list[ApiKey]:
        """See the port."""
        query = sa.select(t.api_keys).order_by(t.api_keys.c.created_at)
        if organisation_id is not None:
            query = query.where(t.api_keys.c.organisation_id == organisation_id)
        with self._db.read() as connection:
            return [_record(row) for row in connection.execute(query)]

    def revoke_key(self, key_id: str, at: datetime) -> None:
        """See the port."""
        keys = t.api_keys
        with self._db.write() as connection:
            revoke = sa.update(keys).where(keys.c.id == key_id).values(revoked_at=at)
            if connection.execute(revoke).rowcount == 0:
                message = "There is no such key."
                raise NotFoundError(message)

    def touch_key(self, key_id: str, at: datetime) -> None:
        """See the port."""
        keys = t.api_keys
        with self._db.write() as connection:
            connection.execute(sa.update(keys).where(keys.c.id == key_id).values(last_used_at=at))


def _record(row: Any) -> ApiKey:  # noqa: ANN401 - a SQLAlchemy row has no static type
    return ApiKey(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in json.loads(row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
