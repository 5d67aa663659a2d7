"""Make rows of an import ready to be written: their twins, their vectors, what they say."""

from collections.abc import Sequence
from dataclasses import replace

from service.domain.batch import Batch
from service.domain.records import TakenRow
from service.ports import Tools
from service.usecases.find_twins import proposed_twins
from service.usecases.put_listings import listing_vectors
from service.usecases.register_person import read_many_to_keep


def ready_rows(tools: Tools, batch: Batch, rows: Sequence[TakenRow]) -> list[TakenRow]:
    """Look for twins of what has changed; encode and read it too, but nothing of a dry run."""
    same = tools.store.unchanged_rows(batch, rows)
    rows = _beside_twins(tools, batch, rows, same)
    if batch.dry_run:
        return list(rows)
    changed = [row for row in rows if row.result.place not in same]
    listings = [row.listing for row in changed if row.listing is not None]
    made = listing_vectors(tools, [put.content for put in listings])
    model = tools.encoder.model
    ready = {
        id(put): replace(put, vectors=vectors, model=model)
        for put, vectors in zip(listings, made, strict=True)
    }
    people = [row.person for row in changed if row.person is not None]
    reads = read_many_to_keep(tools, [put.content for put in people])
    understood = {id(put): read for put, read in zip(people, reads, strict=True)}
    return [
        row
        if row.result.place in same
        else replace(
            row, listing=ready.get(id(row.listing)), understood=understood.get(id(row.person))
        )
        for row in rows
    ]


def _beside_twins(
    tools: Tools, batch: Batch, rows: Sequence[TakenRow], same: set[int]
) -> Sequence[TakenRow]:
    """Add what may be the same vacancy to the rows that change a listing."""
    listings = {
        row.result.place: row.listing.content
        for row in rows
        if row.listing is not None and row.result.place not in same
    }
    if not listings:
        return rows
    contents = list(listings.values())
    twins = proposed_twins(tools, contents, batch.organisation_id, batch.source)
    alike = dict(zip(listings, twins, strict=True))
    return [
        replace(row, result=replace(row.result, alike=alike.get(row.result.place, ())))
        for row in rows
    ]
