"""Listings in SQL: records, their vectors and the feed of changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import (
    LISTING,
    listing_to_json,
    vectors_from_bytes,
    vectors_to_bytes,
)
from service.adapters.store.database import Database, chunks
from service.adapters.store.json_text import json_text
from service.domain.embedding import ModelIdentity
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.listing import (
    Listing,
    ListingSearch,
    ListingsFound,
    StoredListing,
    Visibility,
)
from service.domain.pool import ListingVectors
from service.domain.records import Effect, Page, Put, Written
from service.domain.twins import blocks_of


class ListingQueries:
    """Implements `service.ports.ListingStore`."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._db = database

    def put_listings(self, puts: Sequence[Put[Listing]]) -> list[Written[StoredListing]]:
        """See the port."""
        with self._db.write() as connection:
            return [put_within(connection, put) for put in puts]

    def listing(self, listing_id: str) -> StoredListing:
        """See the port."""
        return self._one_listing(t.listings.c.id == listing_id)

    def listing_by_source(
        self, organisation_id: str, source: str, external_id: str
    ) -> StoredListing:
        """See the port."""
        return self._one_listing(_named(organisation_id, source, external_id))

    def _one_listing(self, condition: sa.ColumnElement[bool]) -> StoredListing:
        with self._db.read() as connection:
            row = connection.execute(sa.select(t.listings).where(condition)).one_or_none()
        if row is None:
            message = "There is no such listing."
            raise NotFoundError(message)
        return record_of(row)

    def listings(self, listing_ids: Sequence[str]) -> dict[str, StoredListing]:
        """See the port."""
        found: dict[str, StoredListing] = {}
        with self._db.read() as connection:
            for chunk in chunks(listing_ids):
                rows = connection.execute(sa.select(t.listings).where(t.listings.c.id.in_(chunk)))
                found.update((row.id, record_of(row)) for row in rows)
        return found

    def listing_versions(self, listing_ids: Sequence[str]) -> dict[str, int]:
        """See the port."""
        listings, found = t.listings.c, dict[str, int]()
        with self._db.read() as connection:
            for chunk in chunks(listing_ids):
                query = sa.select(listings.id, listings.version).where(listings.id.in_(chunk))
                found.update((row.id, row.version) for row in connection.execute(query))
        return found

    def page_of_listings(
        self, *, after: int, limit: int, where: Mapping[str, str], viewer: str | None = None
    ) -> Page[StoredListing]:
        """See the port."""
        query = sa.select(t.listings).where(t.listings.c.position > after, visible_to(viewer))
        for column, value in where.items():
            query = query.where(t.listings.c[column] == value)
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(t.listings.c.position).limit(limit + 1)).all()
        more = len(rows) > limit
        kept = rows[:limit]
        return Page(
            items=tuple(record_of(row) for row in kept),
            next_after=kept[-1].position if more else None,
        )

    def search_listings(self, search: ListingSearch, *, skip: int, limit: int) -> ListingsFound:
        """See the port."""
        table = t.listings.c
        query = sa.select(t.listings).where(*_sought(search))
        with self._db.read() as connection:
            rows = connection.execute(
                query.order_by(table.position.desc()).offset(skip).limit(limit)
            ).all()

            def counts(column: sa.ColumnElement[str], asked: ListingSearch) -> dict[str, int]:
                counted = sa.select(column, sa.func.count()).where(*_sought(asked)).group_by(column)
                return {str(name): int(count) for name, count in connection.execute(counted)}

            kinds = counts(table.kind, replace(search, kind=None))
            countries = counts(table.country, replace(search, country=None))
            total = sum(counts(table.kind, search).values())
        return ListingsFound(tuple(record_of(row) for row in rows), total, kinds, countries)

    def sources_of(self, organisation_id: str) -> list[str]:
        """See the port."""
        table = t.listings.c
        query = sa.select(table.source).where(table.organisation_id == organisation_id).distinct()
        with self._db.read() as connection:
            return list(connection.execute(query.order_by(table.source)).scalars())

    def delete_listing(self, listing: StoredListing, *, if_version: int | None) -> None:
        """See the port."""
        with self._db.write() as connection:
            gone = sa.delete(t.listings).where(
                t.listings.c.id == listing.id,
                t.listings.c.organisation_id == listing.organisation_id,
            )
            if if_version is not None:
                gone = gone.where(t.listings.c.version == if_version)
            if connection.execute(gone).rowcount == 0:
                raise PreconditionFailedError if if_version is not None else NotFoundError
            _tell(connection, listing.id, present=False)

    def listing_changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See the port."""
        feed = t.listing_changes.c
        with self._db.read() as connection:
            rows = connection.execute(
                sa.select(feed.sequence, feed.listing_id, feed.present)
                .where(feed.sequence > after)
                .order_by(feed.sequence)
                .limit(limit)
            )
            return [(row.sequence, row.listing_id, row.present) for row in rows]

    def listing_vectors(
        self, listing_ids: Sequence[str], model: ModelIdentity
    ) -> dict[str, ListingVectors]:
        """See the port."""
        found: dict[str, ListingVectors] = {}
        v = t.listing_vectors.c
        with self._db.read() as connection:
            for chunk in chunks(listing_ids):
                rows = connection.execute(
                    sa.select(v.listing_id, v.vectors).where(
                        v.listing_id.in_(chunk), v.model_revision == model.revision
                    )
                )
                for row in rows:
                    found[row.listing_id] = vectors_from_bytes(row.vectors, model.dimensions)
        return found

    def listings_without_vectors(self, model: ModelIdentity, limit: int) -> list[StoredListing]:
        """See the port."""
        v = t.listing_vectors.c
        made = sa.select(v.listing_id).where(
            v.listing_id == t.listings.c.id, v.model_revision == model.revision
        )
        with self._db.read() as connection:
            rows = connection.execute(sa.select(t.listings).where(~made.exists()).limit(limit))
            return [record_of(row) for row in rows]

    def put_listing_vectors(
        self, model: ModelIdentity, vectors: Mapping[str, ListingVectors]
    ) -> None:
        """See the port."""
        with self._db.write() as connection:
            for listing_id, made in vectors.items():
                here = sa.select(t.listings.c.id).where(t.listings.c.id == listing_id)
                if connection.execute(here).first() is None:
                    continue  # deleted while it was being encoded
                _put_vectors(connection, listing_id, made, model)
                _tell(connection, listing_id, present=True)

    def count_listings(self) -> int:
        """See the port."""
        with self._db.read() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(t.listings)).scalar()
        return int(count or 0)


def visible_to(viewer: str | None) -> sa.ColumnElement[bool]:
    """Hold for listings that an organisation may know of, as `StoredListing.is_visible_to`."""
    readers = t.listing_readers.c
    named = sa.select(readers.listing_id).where(readers.organisation_id == viewer)
    return sa.or_(sa.not_(t.listings.c.private), t.listings.c.id.in_(named))


def _named(organisation_id: str, source: str, external_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        t.listings.c.organisation_id == organisation_id,
        t.listings.c.source == source,
        t.listings.c.external_id == external_id,
    )


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


def put_within(connection: sa.Connection, put: Put[Listing]) -> Written[StoredListing]:
    """Create, change or leave one listing in a transaction that is open."""
    assert put.source is not None  # noqa: S101 - the use case names every listing
    assert put.external_id is not None  # noqa: S101
    condition = _named(put.organisation_id, put.source, put.external_id)
    row = connection.execute(sa.select(t.listings).where(condition)).one_or_none()
    if put.if_version is not None and put.if_version != (row.version if row else 0):
        raise PreconditionFailedError
    content = content_over(put, row)
    body, content_hash = listing_to_json(content)
    now = datetime.now(UTC)
    values = {
        "kind": content.kind.value,
        "country": content.country,
        "private": content.visibility is Visibility.PRIVATE,
        "body": body,
        "content_hash": content_hash,
        "updated_at": now,
    }
    if row is None:
        listing_id, effect = f"lst_{uuid4().hex}", Effect.CREATED
        new = {
            "id": listing_id,
            "organisation_id": put.organisation_id,
            "source": put.source,
            "external_id": put.external_id,
            "version": 1,
            "created_at": now,
        }
        connection.execute(sa.insert(t.listings).values(new | values))
    elif row.content_hash == content_hash:
        # The same words, read by a new model: without this it could not be found again.
        if put.vectors is not None and put.model is not None:
            _put_new_vectors(connection, row.id, put.vectors, put.model)
        return Written(record_of(row), Effect.UNCHANGED)
    else:
        listing_id, effect = row.id, Effect.CHANGED
        connection.execute(
            sa.update(t.listings)
            .where(t.listings.c.id == listing_id)
            .values(values | {"version": row.version + 1})
        )
        connection.execute(
            sa.delete(t.listing_vectors).where(t.listing_vectors.c.listing_id == listing_id)
        )
    if put.vectors is not None and put.model is not None:
        _put_vectors(connection, listing_id, put.vectors, put.model)
    _tell(connection, listing_id, present=True)
    written = record_of(connection.execute(sa.select(t.listings).where(condition)).one())
    _put_readers(connection, written)
    _put_blocks(connection, written)
    return Written(written, effect)


def _put_blocks(connection: sa.Connection, stored: StoredListing) -> None:
    blocks = t.listing_blocks
    connection.execute(sa.delete(blocks).where(blocks.c.listing_id == stored.id))
    named = [{"block": one, "listing_id": stored.id} for one in blocks_of(stored.content)]
    if named:
        connection.execute(sa.insert(blocks), named)


def _put_readers(connection: sa.Connection, stored: StoredListing) -> None:
    readers = t.listing_readers
    connection.execute(sa.delete(readers).where(readers.c.listing_id == stored.id))
    named = [
        {"listing_id": stored.id, "organisation_id": one} for one in sorted(stored.readers or ())
    ]
    if named:
        connection.execute(sa.insert(readers), named)


def _put_new_vectors(
    connection: sa.Connection, listing_id: str, vectors: ListingVectors, model: ModelIdentity
) -> None:
    """Store vectors and tell the feed, unless this model has encoded the listing already."""
    v = t.listing_vectors.c
    made = sa.select(v.listing_id).where(
        v.listing_id == listing_id, v.model_revision == model.revision
    )
    if connection.execute(made).first() is None:
        _put_vectors(connection, listing_id, vectors, model)
        _tell(connection, listing_id, present=True)


def _put_vectors(
    connection: sa.Connection, listing_id: str, vectors: ListingVectors, model: ModelIdentity
) -> None:
    v = t.listing_vectors
    connection.execute(
        sa.delete(v).where(v.c.listing_id == listing_id, v.c.model_revision == model.revision)
    )
    connection.execute(
        sa.insert(v).values(
            listing_id=listing_id,
            model_revision=model.revision,
            model_id=model.id,
            vectors=vectors_to_bytes(vectors),
        )
    )


def _tell(connection: sa.Connection, listing_id: str, *, present: bool) -> None:
    """Move the listing to the end of the feed; readers hold the last sequence they saw."""
    feed = t.listing_changes
    connection.execute(sa.delete(feed).where(feed.c.listing_id == listing_id))
    connection.execute(sa.insert(feed).values(listing_id=listing_id, present=present))


def _sought(search: ListingSearch) -> list[sa.ColumnElement[bool]]:
    table = t.listings.c
    said = [
        sa.func.coalesce(json_text(table.body, name), "")
        for name in ("title", "employer", "provider", "region")
    ]
    text = said[0] + " " + said[1] + " " + said[2] + " " + said[3]
    found = [visible_to(search.viewer)]
    found += [text.icontains(word, autoescape=True) for word in search.words]
    if search.kind is not None:
        found.append(table.kind == search.kind)
    if search.country is not None:
        found.append(table.country == search.country)
    if search.organisation_id is not None:
        found.append(table.organisation_id == search.organisation_id)
    if search.open_on is not None:
        # Days are kept as 2026-01-31: their order is that of the letters.
        ends = json_text(table.body, "valid_through")
        found.append(sa.or_(ends.is_(None), ends >= search.open_on.isoformat()))
    return found
