"""Listings written into the index: by whoever comes first, as the store's feed tells of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from service.adapters.vectors.facets import STATED, Facets, ReadOff
from service.adapters.vectors.followed import Views
from service.adapters.vectors.lexical import count
from service.adapters.vectors.local import all_words
from service.adapters.vectors.pgvector.tables import Database, State, Tables, written
from service.adapters.vectors.pgvector.words import copy_in, packed_counts
from service.domain.embedding import ModelIdentity
from service.domain.listing import Listing, StoredListing
from service.domain.pool import ListingVectors
from service.domain.text import fold
from service.ports import ListingStore

CHUNK: Final = 500
"""Changes in one transaction: with a graph, some hundreds of milliseconds."""
_COLUMNS: Final = (
    "row, listing_id, kind, country, isco, last_day, licensed, visa, assesses, currency, wage, lat,"
    " lon, spread, source, named, words, sectors, readers, whole, counts"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where listings come from, and what is read of them. words_of: for the lexical channel."""

    store: ListingStore
    model: ModelIdentity
    words_of: Callable[[Listing], str] = all_words
    read_off: ReadOff = STATED


@dataclass(frozen=True, slots=True)
class Filler:
    """Takes in what the store tells."""

    database: Database
    tables: Tables
    source: Source

    def take_in(self) -> int:
        """Take in some changes in one transaction; return how many they were."""
        with self.database.beside(self.tables.name) as connection:
            state = self.tables.state_of(connection)
            changes = self.source.store.listing_changes(state.sequence, CHUNK)
            if not changes:
                return 0
            vectors = self.source.store.listing_vectors(
                [name for _, name, _ in changes], self.source.model
            )
            found = self.source.store.listings([name for _, name, there in changes if there])
            # In the feed's order, as in memory: of equal scores the first is shown first.
            new = [
                (found[name], vectors[name])
                for _, name, _ in changes
                if name in found and name in vectors
            ]
            gone = self._remove(connection, [name for _, name, _ in changes])
            self._add(connection, state, new)
            self._note(connection, state, changes[-1][0], (gone, [one.readers for one, _ in new]))
            return len(changes)

    def start_over(self) -> None:
        """Forget everything: the store no longer tells of all that has been removed."""
        t = self.tables
        with self.database.beside(t.name) as connection:
            for table in (t.listings, t.segments, t.postings):
                connection.exec_driver_sql(f"TRUNCATE {t.name}.{table.name}")
            first = {"sequence": 0, "public": 0, "private": 0, "weighed": 0}
            held = connection.execute(sa.select(t.state.c.held)).scalar_one()
            again = {
                "closed_public": t.state.c.last_public,
                "closed_private": t.state.c.last_private,
                "closings": t.state.c.closings + 1,
                "held": bytes(len(held)),
            }
            connection.execute(sa.update(t.state).values(first | again))

    def _remove(self, connection: sa.Connection, ids: Sequence[str]) -> list[frozenset[str] | None]:
        """Remove listings; return who could know of each that was there."""
        c = self.tables.listings.c
        here = c.listing_id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Text)))
        gone = sa.delete(self.tables.listings).where(here).returning(c.readers)
        rows = connection.execute(gone).all()
        return [None if row.readers is None else frozenset(row.readers) for row in rows]

    def _add(
        self,
        connection: sa.Connection,
        state: State,
        new: Sequence[tuple[StoredListing, ListingVectors]],
    ) -> None:
        shelves = {
            1: [one for one in new if one[0].readers is None],
            -1: [one for one in new if one[0].readers is not None],
        }
        for sign, some in shelves.items():
            if some:
                first = (state.last_public if sign > 0 else state.last_private) + 1
                rows = [sign * (first + at) for at in range(len(some))]
                into = f"{self.tables.name}.listings ({_COLUMNS})"
                copy_in(connection, into, self._lines(rows, some))

    def _lines(
        self, rows: Sequence[int], new: Sequence[tuple[StoredListing, ListingVectors]]
    ) -> Iterator[tuple[object, ...]]:
        stored = [one for one, _ in new]
        facets = Facets.of(stored, self.source.read_off)
        wholes = written(np.stack([made.whole for _, made in new]))
        counts = packed_counts(count([fold(self.source.words_of(one.content)) for one in stored]))
        wage, lat, lon = (_nulls(column) for column in (facets.wage, facets.lat, facets.lon))
        for at, one in enumerate(stored):
            yield (
                rows[at],
                one.id,
                int(facets.kind[at]),
                int(facets.country[at]),
                int(facets.isco[at]),
                int(facets.last_day[at]),
                int(facets.licensed[at]),
                int(facets.visa[at]),
                bool(facets.assesses[at]),
                int(facets.currency[at]),
                wage[at],
                lat[at],
                lon[at],
                float(facets.spread[at]),
                one.source,
                str(facets.named[at]),
                str(facets.words[at]),
                list(one.content.sectors),
                None if one.readers is None else sorted(one.readers),
                wholes[at],
                counts[at],
            )

    def _note(
        self,
        connection: sa.Connection,
        state: State,
        sequence: int,
        readers: tuple[Sequence[frozenset[str] | None], Sequence[frozenset[str] | None]],
    ) -> None:
        """Note how far it is, and for whom something has changed."""
        gone, new = readers
        moved = Views().after([*gone, *new])
        public, private = new.count(None), len(new) - new.count(None)
        values: dict[str, Any] = {
            "sequence": sequence,
            "generation": state.generation + 1,
            "public_changes": state.public_changes + moved.public,
            "public": state.public + public - gone.count(None),
            "private": state.private + private - (len(gone) - gone.count(None)),
            "last_public": state.last_public + public,
            "last_private": state.last_private + private,
            "used_on": sa.func.current_date(),
        }
        connection.execute(sa.update(self.tables.state).values(values))
        v = self.tables.views
        if moved.private:
            rows = [{"organisation_id": name, "changes": 1} for name in moved.private]
            more = insert(v).values(rows)
            connection.execute(
                more.on_conflict_do_update(
                    index_elements=["organisation_id"], set_={"changes": v.c.changes + 1}
                )
            )


def _nulls(column: Any) -> list[float | None]:  # noqa: ANN401 - a column of numbers
    return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 - NaN
