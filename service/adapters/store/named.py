"""Many writes at once: what stands under the names that they give their records."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from service.adapters.store.database import chunks
from service.domain.records import Put

T = TypeVar("T")
Name = tuple[str, str | None, str | None]
"""Owner, source and the owner's id."""
_AT_ONCE: Final = 500
"""Writes in one part: the text of a listing is kept twice while it is written."""


def name_of(put: Put[T]) -> Name:
    """Return the name that a write gives its record."""
    return put.organisation_id, put.source, put.external_id


def each_once(puts: Sequence[Put[T]]) -> Iterator[list[Put[T]]]:
    """Cut writes, in their order, into parts in which no record is written twice."""
    part: list[Put[T]] = []
    names: set[Name] = set()
    for put in puts:
        if name_of(put) in names or len(part) == _AT_ONCE:
            yield part
            part, names = [], set()
        part.append(put)
        if put.external_id is not None:
            names.add(name_of(put))
    if part:
        yield part


def rows_named(
    connection: sa.Connection, table: sa.Table, puts: Sequence[Put[T]]
) -> dict[Name, Any]:
    """Return the rows that stand under the names of these writes."""
    asked: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for put in puts:
        if put.external_id is not None:
            asked[put.organisation_id, put.source].append(put.external_id)
    found: dict[Name, Any] = {}
    for (organisation_id, source), names in asked.items():
        for chunk in chunks(names):
            rows = connection.execute(
                sa.select(table).where(
                    table.c.organisation_id == organisation_id,
                    table.c.source == source,
                    table.c.external_id.in_(chunk),
                )
            )
            found |= {(organisation_id, source, row.external_id): row for row in rows}
    return found
