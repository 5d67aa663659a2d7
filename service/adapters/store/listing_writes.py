"""Listings written to SQL: many with a few statements, because each statement costs its while."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import LISTING, listing_to_json, vectors_to_bytes
from service.adapters.store.database import chunks
from service.adapters.store.named import each_once, name_of, rows_named
from service.domain.embedding import ModelIdentity
from service.domain.errors import PreconditionFailedError
from service.domain.listing import Listing, StoredListing, Visibility
from service.domain.pool import ListingVectors
from service.domain.records import Effect, Put, Written
from service.domain.twins import blocks_of

MadeVectors = tuple[str, ListingVectors, ModelIdentity]
"""A listing's id, its vectors, and what made them."""


def record_of(row: Any) -> StoredListing:  # noqa: ANN401 - a SQLAlchemy row has no static type
    """Return a row of the table as a record."""
    return StoredListing(
        id=row.id,
        organisation_id=row.organisation_id,
        source=row.source,
        external_id=row.external_id,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        content=_content(row.body),
    )


@lru_cache(maxsize=4096)
def _content(body: str) -> Listing:
    """Read a listing's body. The same few hundred stand in most answers, and are never changed."""
    return LISTING.validate_json(body)


def content_over(put: Put[Listing], row: Any) -> Listing:  # noqa: ANN401 - as above
    """Return what a write makes of the row that is stored under its name, None if none is."""
    if row is None or not (put.keeps_private and row.private):
        return put.content
    kept = record_of(row).content
    return replace(put.content, visibility=kept.visibility, visible_to=kept.visible_to)


def put_within(
    connection: sa.Connection, puts: Sequence[Put[Listing]]
) -> list[Written[StoredListing]]:
    """Create, change or leave listings, in their order, in a transaction that is open."""
    return [one for part in each_once(puts) for one in _put_part(connection, part)]


@dataclass(slots=True)
class _Changes:
    """What a part of the writes comes to, until it is written."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    records: list[StoredListing] = field(default_factory=list)
    """Of both, as they will stand."""
    vectors: list[MadeVectors] = field(default_factory=list)
    perhaps: list[MadeVectors] = field(default_factory=list)
    """Of listings that say the same as before: they may have been read by another model."""


def _put_part(
    connection: sa.Connection, puts: Sequence[Put[Listing]]
) -> list[Written[StoredListing]]:
    """Do what `put_within` does; none of these writes is of the same record."""
    for put in puts:
        assert put.source is not None  # noqa: S101 - the use case names every listing
        assert put.external_id is not None  # noqa: S101
    rows = rows_named(connection, t.listings, puts)
    changes, now = _Changes(), datetime.now(UTC)
    written = [_planned(put, rows.get(name_of(put)), changes, now) for put in puts]
    if changes.new:
        connection.execute(sa.insert(t.listings), changes.new)
    before = [one["listing"] for one in changes.changed]
    if before:
        this = t.listings.c.id == sa.bindparam("listing")
        connection.execute(sa.update(t.listings).where(this), changes.changed)
        for table in (t.listing_vectors, t.listing_readers, t.listing_blocks):
            _forget(connection, table, before)
    again = _not_made(connection, changes.perhaps)
    _insert_vectors(connection, [*changes.vectors, *again])
    # In the order of the writes, so that readers of the feed see them so.
    moved = {one.id for one in changes.records} | {name for name, *_ in again}
    known = [*before, *(name for name, *_ in again)]
    tell(
        connection,
        [one.record.id for one in written if one.record.id in moved],
        present=True,
        known=known,
    )
    _put_readers(connection, changes.records)
    _put_blocks(connection, changes.records)
    return written


def _planned(
    put: Put[Listing],
    row: Any,  # noqa: ANN401 - as above
    changes: _Changes,
    now: datetime,
) -> Written[StoredListing]:
    """Decide what one write does, and note it; raise PreconditionFailedError."""
    if put.if_version is not None and put.if_version != (row.version if row else 0):
        raise PreconditionFailedError
    content = content_over(put, row)
    body, content_hash = listing_to_json(content)
    made = None
    if put.vectors is not None and put.model is not None:
        made = (put.vectors, put.model)
    if row is not None and row.content_hash == content_hash:
        # The same words, read by a new model: without this it could not be found again.
        changes.perhaps += [(row.id, *made)] if made else []
        return Written(record_of(row), Effect.UNCHANGED)
    record = StoredListing(
        id=row.id if row else f"lst_{uuid4().hex}",
        organisation_id=put.organisation_id,
        source=put.source or "",
        external_id=put.external_id or "",
        version=row.version + 1 if row else 1,
        created_at=row.created_at if row else now,
        updated_at=now,
        content=LISTING.validate_json(body),
    )
    values = {
        "kind": content.kind.value,
        "country": content.country,
        "private": content.visibility is Visibility.PRIVATE,
        "body": body,
        "content_hash": content_hash,
        "updated_at": now,
        "version": record.version,
    }
    changes.records.append(record)
    changes.vectors += [(record.id, *made)] if made else []
    if row is not None:
        changes.changed.append(values | {"listing": row.id})
        return Written(record, Effect.CHANGED)
    new = {"id": record.id, "organisation_id": record.organisation_id, "created_at": now}
    names = {"source": record.source, "external_id": record.external_id}
    changes.new.append(values | new | names)
    return Written(record, Effect.CREATED)


def put_vectors(
    connection: sa.Connection, model: ModelIdentity, vectors: Mapping[str, ListingVectors]
) -> None:
    """Store what this model made of listings, in place of what it made before."""
    made = t.listing_vectors
    for chunk in chunks(list(vectors)):
        here = sa.and_(made.c.listing_id.in_(chunk), made.c.model_revision == model.revision)
        connection.execute(sa.delete(made).where(here))
    _insert_vectors(connection, [(name, one, model) for name, one in vectors.items()])


def tell(
    connection: sa.Connection,
    listing_ids: Sequence[str],
    *,
    present: bool,
    known: Sequence[str] | None = None,
) -> None:
    """Move listings to the end of the feed; readers hold the last sequence they saw.

    known: those that may stand there already; None: any.
    """
    _forget(connection, t.listing_changes, listing_ids if known is None else known)
    told = [{"listing_id": name, "present": present} for name in listing_ids]
    if told:
        connection.execute(sa.insert(t.listing_changes), told)


def _forget(connection: sa.Connection, table: sa.Table, listing_ids: Collection[str]) -> None:
    for chunk in chunks(list(listing_ids)):
        connection.execute(sa.delete(table).where(table.c.listing_id.in_(chunk)))


def _not_made(connection: sa.Connection, perhaps: Sequence[MadeVectors]) -> list[MadeVectors]:
    """Return those that their model has not encoded yet."""
    made, known = t.listing_vectors.c, set[tuple[str, str]]()
    for chunk in chunks([name for name, *_ in perhaps]):
        wanted = sa.select(made.listing_id, made.model_revision).where(made.listing_id.in_(chunk))
        known |= {(row.listing_id, row.model_revision) for row in connection.execute(wanted)}
    return [one for one in perhaps if (one[0], one[2].revision) not in known]


def _insert_vectors(connection: sa.Connection, made: Sequence[MadeVectors]) -> None:
    rows = [
        {
            "listing_id": name,
            "model_revision": model.revision,
            "model_id": model.id,
            "vectors": vectors_to_bytes(vectors),
        }
        for name, vectors, model in made
    ]
    if rows:
        connection.execute(sa.insert(t.listing_vectors), rows)


def _put_readers(connection: sa.Connection, records: Sequence[StoredListing]) -> None:
    named = [
        {"listing_id": stored.id, "organisation_id": one}
        for stored in records
        for one in sorted(stored.readers or ())
    ]
    if named:
        connection.execute(sa.insert(t.listing_readers), named)


def _put_blocks(connection: sa.Connection, records: Sequence[StoredListing]) -> None:
    named = [
        {"block": one, "listing_id": stored.id}
        for stored in records
        for one in blocks_of(stored.content)
    ]
    if named:
        connection.execute(sa.insert(t.listing_blocks), named)
