"""What may be the same vacancy, in SQL: names that adverts share, and what was said of pairs."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from service.adapters.store import tables as t
from service.adapters.store.database import Database, chunks
from service.adapters.store.listing_writes import record_of
from service.adapters.store.listings import visible_to
from service.domain.listing import Listing, StoredListing
from service.domain.twins import blocks_of

# Made once: every match asks for them.
_SAME: Final = sa.select(t.said_of_pairs.c.first_id, t.said_of_pairs.c.second_id).where(
    t.said_of_pairs.c.organisation_id == sa.bindparam("organisation_id"), t.said_of_pairs.c.same
)


class TwinQueries:
    """Implements `service.ports.TwinStore`."""

    def __init__(self, database: Database) -> None:
        """Work on this database."""
        self._db = database

    def listings_sharing_blocks(
        self, contents: Sequence[Listing], viewer: str, but_not: tuple[str, str], limit: int
    ) -> list[list[StoredListing]]:
        """See the port."""
        asked = [blocks_of(content) for content in contents]
        names = list(dict.fromkeys(block for some in asked for block in some))
        found: dict[str, list[str]] = {name: [] for name in names}
        records: dict[str, StoredListing] = {}
        with self._db.read() as connection:
            for chunk in chunks(names):
                newest = _newest(chunk, viewer, but_not, limit)
                rows = connection.execute(newest).all()
                wanted = list({row.listing_id for row in rows} - records.keys())
                for row in rows:
                    found[row.block].append(row.listing_id)
                for ids in chunks(wanted):
                    listings = sa.select(t.listings).where(t.listings.c.id.in_(ids))
                    records |= {row.id: record_of(row) for row in connection.execute(listings)}
        return [
            [records[name] for name in dict.fromkeys(one for block in some for one in found[block])]
            for some in asked
        ]

    def say_of_pair(
        self, organisation_id: str, pair: tuple[str, str], *, same: bool, at: datetime
    ) -> None:
        """See the port."""
        said, (first, second) = t.said_of_pairs, sorted(pair)
        named = {"organisation_id": organisation_id, "first_id": first, "second_id": second}
        with self._db.write() as connection:
            condition = sa.and_(*(said.c[name] == value for name, value in named.items()))
            connection.execute(sa.delete(said).where(condition))
            connection.execute(sa.insert(said).values(**named, same=same, at=at))

    def said_of_pairs(self, organisation_id: str, listing_id: str) -> dict[str, bool]:
        """See the port."""
        said = t.said_of_pairs.c
        query = sa.select(t.said_of_pairs).where(
            said.organisation_id == organisation_id,
            sa.or_(said.first_id == listing_id, said.second_id == listing_id),
        )
        with self._db.read() as connection:
            rows = connection.execute(query).all()
        return {
            row.second_id if row.first_id == listing_id else row.first_id: row.same for row in rows
        }

    def same_listings(self, organisation_id: str) -> list[frozenset[str]]:
        """See the port."""
        with self._db.read() as connection:
            pairs = connection.execute(_SAME, {"organisation_id": organisation_id}).all()
        return _joined([(row.first_id, row.second_id) for row in pairs])


def _newest(
    names: Sequence[str], viewer: str, but_not: tuple[str, str], limit: int
) -> sa.Select[tuple[str, str]]:
    """Select block and id of the newest listings of each block."""
    organisation_id, source = but_not
    own = sa.and_(t.listings.c.organisation_id == organisation_id, t.listings.c.source == source)
    block = t.listing_blocks.c.block
    rank = sa.func.row_number().over(partition_by=block, order_by=t.listings.c.position.desc())
    ranked = (
        sa.select(block, t.listing_blocks.c.listing_id, rank.label("place"))
        .join(t.listings, t.listing_blocks.c.listing_id == t.listings.c.id)
        .where(block.in_(names), visible_to(viewer), sa.not_(own))
        .subquery()
    )
    return sa.select(ranked.c.block, ranked.c.listing_id).where(ranked.c.place <= limit)


def _joined(pairs: list[tuple[str, str]]) -> list[frozenset[str]]:
    """Return the sets that pairs make together: whatever is linked is one."""
    beside: dict[str, set[str]] = defaultdict(set)
    for first, second in pairs:
        beside[first].add(second)
        beside[second].add(first)
    sets, seen = [], set[str]()
    for name in beside:
        if name in seen:
            continue
        found, left = {name}, [name]
        while left:
            more = beside[left.pop()] - found
            found |= more
            left += more
        seen |= found
        sets.append(frozenset(found))
    return sets
