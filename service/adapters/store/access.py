"""Organisations, keys, and people who have signed in, in SQL."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import Database
from service.adapters.store.vault import Vault
from service.domain.access import ApiKey, Organisation, Scope
from service.domain.errors import ConflictError, NotFoundError
from service.domain.token import Principal

# Made once: every request asks for its key.
_BY_HASH: Final = sa.select(t.api_keys).where(
    t.api_keys.c.secret_hash == sa.bindparam("secret_hash")
)


class AccessQueries:
    """Implements `service.ports.AccessStore`."""

    def __init__(self, database: Database, vault: Vault) -> None:
        """Work on this database; seal with this vault."""
        self._db = database
        self._vault = vault
        self._at_hand: tuple[int | None, dict[bytes, ApiKey]] = (None, {})

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
        written = self._db.written()
        with self._db.read() as connection:
            row = connection.execute(_BY_HASH, {"secret_hash": secret_hash}).one_or_none()
            key = _record(row) if row is not None else _by_former(connection, secret_hash)
        if key is not None and written is not None:
            since, known = self._at_hand
            self._at_hand = written, {**(known if since == written else {}), secret_hash: key}
        return key

    def key_at_hand(self, secret_hash: bytes) -> ApiKey | None:
        """See the port."""
        since, known = self._at_hand
        return known.get(secret_hash) if since is not None and since == self._db.written() else None

    def keys(self, organisation_id: str | None) -> list[ApiKey]:
        """See the port."""
        query = sa.select(t.api_keys).order_by(t.api_keys.c.created_at)
        if organisation_id is not None:
            query = query.where(t.api_keys.c.organisation_id == organisation_id)
        former = t.former_secrets.c
        latest = sa.select(former.key_id, sa.func.max(former.until)).group_by(former.key_id)
        with self._db.read() as connection:
            until = {row[0]: row[1] for row in connection.execute(latest)}
            return [_record(row, until) for row in connection.execute(query)]

    def rotate_key(self, key_id: str, secret_hash: bytes, at: datetime, until: datetime) -> None:
        """See the port."""
        keys, former = t.api_keys, t.former_secrets
        with self._db.write() as connection:
            held = sa.select(keys.c.secret_hash).where(keys.c.id == key_id)
            old = connection.execute(held).scalar_one_or_none()
            if old is None:
                message = "There is no such key."
                raise NotFoundError(message)
            connection.execute(
                sa.update(former)
                .where(former.c.key_id == key_id, former.c.until > at)
                .values(until=at)
            )
            connection.execute(
                sa.insert(former).values(secret_hash=old, key_id=key_id, until=until)
            )
            connection.execute(
                sa.update(keys).where(keys.c.id == key_id).values(secret_hash=secret_hash)
            )

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

    def principal(self, issuer: str, subject: str) -> Principal | None:
        """See the port."""
        people = t.principals
        query = sa.select(people).where(people.c.name_hash == self._named(issuer, subject))
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else self._principal(row)

    def put_principal(self, principal: Principal) -> None:
        """See the port."""
        people = t.principals
        name = self._named(principal.issuer, principal.subject)
        said = json.dumps([principal.issuer, principal.subject]).encode()
        seen = {
            "organisation_id": principal.organisation_id,
            "last_seen_at": principal.last_seen_at,
        }
        try:
            with self._db.write() as connection:
                known = sa.update(people).where(people.c.name_hash == name).values(seen)
                if connection.execute(known).rowcount:
                    return
                connection.execute(
                    sa.insert(people).values(
                        id=principal.id,
                        name_hash=name,
                        sealed=self._vault.seal(said, f"principals/{principal.id}"),
                        first_seen_at=principal.first_seen_at,
                        **seen,
                    )
                )
        except sa.exc.IntegrityError as error:
            message = f"There is no organisation {principal.organisation_id!r}."
            raise ConflictError(message) from error

    def principals(self, organisation_id: str | None) -> list[Principal]:
        """See the port."""
        people = t.principals
        query = sa.select(people).order_by(people.c.first_seen_at, people.c.id)
        if organisation_id is not None:
            query = query.where(people.c.organisation_id == organisation_id)
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return [self._principal(row) for row in rows]

    def _named(self, issuer: str, subject: str) -> bytes:
        """Return what a person is found by: the name itself may be an address or a number."""
        return self._vault.keyed(json.dumps([issuer, subject]), "principal")

    def _principal(self, row: Any) -> Principal:  # noqa: ANN401 - a SQLAlchemy row
        issuer, subject = json.loads(self._vault.open(row.sealed, f"principals/{row.id}"))
        return Principal(
            id=row.id,
            issuer=issuer,
            subject=subject,
            organisation_id=row.organisation_id,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
        )


def _by_former(connection: sa.Connection, secret_hash: bytes) -> ApiKey | None:
    """Return the key that had this secret before a rotation, as long as both open at most."""
    former, keys = t.former_secrets.c, t.api_keys
    query = (
        sa.select(keys, former.until)
        .join(t.former_secrets, former.key_id == keys.c.id)
        .where(former.secret_hash == secret_hash)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    key = _record(row)
    return replace(key, expires_at=min(row.until, key.expires_at or row.until))


def _record(
    row: Any,  # noqa: ANN401 - a SQLAlchemy row has no static type
    former_until: Mapping[str, datetime] = {},
) -> ApiKey:
    return ApiKey(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        scopes=frozenset(Scope(scope) for scope in json.loads(row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        former_until=former_until.get(row.id),
    )
