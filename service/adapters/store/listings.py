"""Listings in SQL: records, their vectors and the feed of changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.codec import vectors_from_bytes
from service.adapters.store.database import Database, chunks
from service.adapters.store.json_text import json_text
from service.adapters.store.listing_writes import put_vectors, put_within, record_of, tell
from service.domain.embedding import ModelIdentity
from service.domain.errors import NotFoundError, PreconditionFailedError
from service.domain.listing import (
    Listing,
    ListingSearch,
    ListingsFound,
    StoredListing,
)
from service.domain.pool import ListingVectors
from service.domain.records import Page, Put, Written

_NO_LISTING: Final = "There is no such listing."
# Made once: of a short statement it takes longer to put it together than to run it.
_THESE: Final = t.listings.c.id.in_(sa.bindparam("ids", expanding=True))
_BY_ID: Final = sa.select(t.listings).where(_THESE)
_VERSIONS: Final = sa.select(sa.func.count(), sa.func.sum(t.listings.c.version)).where(_THESE)


class ListingQueries:
    """Implements `service.ports.ListingStore`."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._db = database

    def put_listings(self, puts: Sequence[Put[Listing]]) -> list[Written[StoredListing]]:
        """See the port."""
        with self._db.write() as connection:
            return put_within(connection, puts)

    def listing(self, listing_id: str) -> StoredListing:
        """See the port."""
        found = self.listings([listing_id]).get(listing_id)
        if found is None:
            raise NotFoundError(_NO_LISTING)
        return found

    def listing_by_source(
        self, organisation_id: str, source: str, external_id: str
    ) -> StoredListing:
        """See the port."""
        named = sa.select(t.listings).where(_named(organisation_id, source, external_id))
        with self._db.read() as connection:
            row = connection.execute(named).one_or_none()
        if row is None:
            raise NotFoundError(_NO_LISTING)
        return record_of(row)

    def listings(self, listing_ids: Sequence[str]) -> dict[str, StoredListing]:
        """See the port."""
        found: dict[str, StoredListing] = {}
        with self._db.read() as connection:
            for chunk in chunks(listing_ids):
                rows = connection.execute(_BY_ID, {"ids": chunk})
                found.update((row.id, record_of(row)) for row in rows)
        return found

    def listings_stand(self, versions: Mapping[str, int]) -> bool:
        """See the port.

        Versions only rise, so their sum tells of any change: one row, where the driver would let
        go of the interpreter for each of many, and others would take it.
        """
        with self._db.read() as connection:
            for chunk in chunks(list(versions)):
                found = connection.execute(_VERSIONS, {"ids": chunk}).one()
                if tuple(found) != (len(chunk), sum(versions[one] for one in chunk)):
                    return False
        return True

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
            tell(connection, [listing.id], present=False)

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
            here = set[str]()
            for chunk in chunks(list(vectors)):
                wanted = sa.select(t.listings.c.id).where(t.listings.c.id.in_(chunk))
                here |= set(connection.execute(wanted).scalars())
            # Without those that were deleted while they were being encoded.
            kept = {name: made for name, made in vectors.items() if name in here}
            put_vectors(connection, model, kept)
            tell(connection, list(kept), present=True)

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
