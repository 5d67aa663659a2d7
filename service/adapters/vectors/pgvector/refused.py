"""Which listings a refusal is about: as `Facets` reads their words, by an inverted index in SQL."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final

import sqlalchemy as sa

from service.adapters.vectors.pgvector.tables import State, Tables
from service.domain.pool import Ask
from service.domain.refusal import Refusal, stands_in

RefusedRows = dict[Refusal, list[int]]

_MOST_KNOWN: Final = 64
_FEW: Final = 2
"""Words of a phrase that stand in a listing as one word, too, if they stand side by side."""


class Refused:
    """Reads rows by their words, and remembers the last refusals until something changes."""

    def __init__(self, tables: Tables) -> None:
        """Read these tables."""
        self._c = tables.listings.c
        self._known: tuple[int, RefusedRows] = (-1, {})

    def by(self, connection: sa.Connection, state: State, asks: Sequence[Ask]) -> RefusedRows:
        """Return the rows that each refusal of these asks takes out for its words."""
        rules = [rule for ask in asks for rule in (ask.eligible, ask.but_not) if rule is not None]
        generation, known = self._known
        if generation != state.generation or len(known) >= _MOST_KNOWN:
            known = {}
        found = {
            refusal: known[refusal] if refusal in known else self._read(connection, refusal)
            for refusal in {one for rule in rules for one in rule.refusals}
        }
        self._known = (state.generation, {**known, **found})
        return found

    def _read(self, connection: sa.Connection, refusal: Refusal) -> list[int]:
        c = self._c
        # To hold hundreds of words against every listing takes seconds, which no plan foresees.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = self._holding(connection, c.named, refusal.words)
        uncoded = self._holding(
            connection, c.words, refusal.words | refusal.uncoded, sa.text("isco < 0")
        )
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
        return sorted(rows | uncoded)

    def _holding(
        self,
        connection: sa.Connection,
        column: sa.ColumnElement[str],
        phrases: frozenset[str],
        *also: sa.TextClause,
    ) -> set[int]:
        """Return the rows whose column holds a phrase, as `stands_in` says."""
        rows = self._c.row
        sure = connection.execute(
            sa.select(rows).where(_any_of(column, (one.replace(" ", "") for one in phrases)), *also)
        )
        found = set(sure.scalars())
        # Of longer ones the first two words are sought so; the rest is read.
        long: dict[str, list[str]] = {}
        for one in phrases:
            if len(words := one.split()) > _FEW:
                long.setdefault("".join(next(pairwise(words))), []).append(one)
        if long:
            likely = sa.select(rows, column).where(_any_of(column, long), *also)
            for row, text in connection.execute(likely):
                here = {phrase for word in text.split() for phrase in long.get(word, ())}
                if any(stands_in(phrase, text) for phrase in here):
                    found.add(row)
        return found


def _any_of(column: sa.ColumnElement[str], words: Iterable[str]) -> sa.ColumnElement[bool]:
    wanted: Any = sa.literal(sorted(set(words)), sa.ARRAY(sa.Text))
    return words_of(column).op("&&", is_comparison=True)(wanted)


def words_of(column: sa.ColumnElement[str]) -> sa.ColumnElement[Any]:
    """Return a column's words, as they are indexed."""
    return sa.func.string_to_array(column, sa.literal_column("' '"))
