"""The index of one process: a few segments, kept in step with the store's change feed."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import structlog

from service.adapters.vectors.facets import (
    STATED,
    ReadOff,
    country_code,
    currency_code,
)
from service.adapters.vectors.followed import FEED_CHUNK, Followed, State, Views
from service.adapters.vectors.lexical import Scores, count, grams_of
from service.adapters.vectors.repeated import Rows
from service.adapters.vectors.segment import Segment
from service.adapters.vectors.snapshot import Saved, SnapshotFolder
from service.domain.eligibility import Eligibility, Mask
from service.domain.embedding import Grams, ManyGrams, ModelIdentity
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.match import IndexState
from service.domain.pool import LexicalPool, ListingVectors, Pool, PoolQuery, joined
from service.domain.stock import Stock
from service.domain.text import fold
from service.ports import ListingStore

_log = structlog.get_logger(__name__)

_SAVE_AFTER = 1000
_SAVE_AGAIN_S = 60.0
"""After a saving that failed: a full disk stays full for a while."""
_MOST_STOCKS = 64
_PART = 10_000
"""Listings read from the store at a time."""
_MOST_PARTS = 8


WordsOf = Callable[[Listing], str]


def all_words(listing: Listing) -> str:
    """Return everything a listing says about the work."""
    said = (listing.title, *listing.skills, *listing.outcomes, listing.description or "")
    return ". ".join(said)


class LocalListingIndex(Followed[Segment]):
    """Implements `service.ports.ListingIndex`.

    Exact search in small segments and narrow eligible sets, beyond in the cells that lie near;
    eligibility becomes a mask before either.
    """

    def __init__(
        self,
        store: ListingStore,
        model: ModelIdentity,
        snapshot: SnapshotFolder | None = None,
        words_of: WordsOf = all_words,
        read_off: ReadOff = STATED,
    ) -> None:
        """Follow `store` with vectors of `model`; start from `snapshot` where it has one.

        words_of: what the lexical channel reads of a listing.
        """
        self._words_of = words_of
        self._read_off = read_off
        self._store = store
        self._model = model
        self._snapshot = snapshot
        self._tidying = threading.Lock()
        self._save_from = 0.0
        self._stocks: tuple[int, dict[tuple[str | None, date], Stock]] = (-1, {})
        saved = self._usable_snapshot()
        super().__init__(
            State(saved.segments, saved.alive, saved.sequence, saved.generation, saved.views)
            if saved
            else None
        )

    def _usable_snapshot(self) -> Saved | None:
        """Load the snapshot, unless the store is older than it (restored from a backup)."""
        saved = self._snapshot.load() if self._snapshot else None
        if saved and saved.sequence < self._store.listing_changes_known_from():
            _log.warning("index snapshot is older than the removals still known, rebuilding")
            return None
        if (
            self._snapshot
            and saved
            and saved.sequence
            and not self._store.listing_changes(saved.sequence - 1, 1)
        ):
            _log.warning("index snapshot is ahead of the store, rebuilding")
            # Else it would be believed as soon as the store has got as far again.
            self._snapshot.discard()
            return None
        return saved

    @property
    def state(self) -> IndexState:
        """See the port."""
        state = self.current
        return IndexState(generation=state.generation, listings=state.rows)

    def seen_by(self, viewer: str | None) -> IndexState:
        """See the port."""
        state = self.current
        hidden = sum(
            int(np.count_nonzero(alive[segment.facets.hidden_from(viewer)]))
            for segment, alive in zip(state.segments, state.alive, strict=True)
        )
        return IndexState(generation=state.views.of(viewer), listings=state.rows - hidden)

    def views_after(
        self, before: State[Segment], made: Sequence[Segment], changed: Iterable[str]
    ) -> Views:
        """See `Followed`. What was and what is now: somebody may have lost sight of it."""
        ids = set(changed)
        readers: set[frozenset[str] | None] = set()
        for segment, alive in zip(before.segments, before.alive, strict=True):
            rows = [row for one in ids if (row := segment.row_of.get(one)) is not None]
            readers.update(segment.facets.readers_of([row for row in rows if alive[row]]))
        for segment in made:
            readers.update(segment.facets.readers_of(range(len(segment))))
        return before.views.after(readers)

    def pools(self, query: PoolQuery) -> list[Pool]:
        """See the port."""
        state = self.current
        words = count([fold(query.words)])
        # By segment first: the lexical channel scores a segment once for all asks.
        by_segment = [
            _pools_of(segment, alive, query, words)
            for segment, alive in zip(state.segments, state.alive, strict=True)
        ]
        dimensions = query.vectors.shape[1]
        return [
            joined([pools[at] for pools in by_segment if pools[at].ids], dimensions)
            for at in range(len(query.asks))
        ]

    def grams(self, texts: Sequence[str]) -> list[Grams]:
        """See the port."""
        return grams_of([fold(text) for text in texts])

    def pool_of(self, listing_ids: Sequence[str], texts: ManyGrams | None = None) -> LexicalPool:
        """See the port."""
        texts = texts or ManyGrams.of([])
        state = self.current
        pools, likeness = [], []
        for segment, alive in zip(state.segments, state.alive, strict=True):
            here = (segment.row_of.get(one) for one in listing_ids)
            rows = np.array([row for row in here if row is not None and alive[row]], np.int64)
            if len(rows):
                pools.append(_pool_of(segment, rows, np.zeros(len(rows), np.float32)))
                likeness.append(segment.wordings.cosines(texts, rows))
        none = np.zeros((len(texts), 0), np.float32)
        return LexicalPool(joined(pools, self._model.dimensions), np.hstack([none, *likeness]))

    def stock(self, day: date, viewer: str | None = None) -> Stock:
        """See the port."""
        state = self.current
        # All who see nothing private look at one and the same.
        if not any(
            len(one.facets.hidden_from(viewer)) < len(one.facets.private) for one in state.segments
        ):
            viewer = None
        # It is two or three dates at a time in the world, and people ask from all of them.
        generation, known = self._stocks
        if generation != state.generation:
            known = {}
        if (viewer, day) not in known:
            known = {**known, (viewer, day): _stock_of(state, day, viewer)}
            self._stocks = (state.generation, dict(list(known.items())[-_MOST_STOCKS:]))
        return known[viewer, day]

    def tidy(self) -> None:
        """See the port."""
        with self._tidying:
            self.merge_all()
            for segment in self.current.segments:
                if segment.cells is not None:
                    # After a start; what is built or merged has read them.
                    segment.facets.read_words()
            due = self.unsaved >= _SAVE_AFTER or self._holds_large_unsaved()
            if due and time.monotonic() >= self._save_from:
                self._save()

    def _holds_large_unsaved(self) -> bool:
        """Tell whether something large lies in memory that could be mapped from a file."""
        folder = self._snapshot
        return folder is not None and any(
            one.cells is not None and not folder.holds(one) for one in self.current.segments
        )

    def close(self) -> None:
        """Save what is not saved yet."""
        with self._tidying:
            if self.unsaved:
                self._save()

    def changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See `Followed`."""
        return self._store.listing_changes(after, limit)

    def built(self, ids: Sequence[str]) -> list[Segment]:
        """Build segments of those listings that exist and have vectors of this model.

        In parts: as records and whole floats a million would take ten times the memory. What is
        private stands apart: how much a word weighs depends on all that stand with it, and not
        even that tells of them.
        """
        shelves: tuple[list[Segment], list[Segment]] = ([], [])
        draft = len(ids) > _PART
        for start in range(0, len(ids), _PART):
            rows = self._read(ids[start : start + _PART])
            for shelf, parts in enumerate(shelves):
                some = [row for row in rows if (row[0].readers is not None) == shelf]
                if some:
                    parts.append(self._segment(some, draft=draft))
                if len(parts) > _MOST_PARTS:
                    # What they all say again and again is then there once.
                    parts[:] = [Segment.joined(_whole(parts), draft=True)]
        return [Segment.joined(_whole(parts)) if draft else parts[0] for parts in shelves if parts]

    def join(self, parts: Sequence[tuple[Segment, Mask]]) -> Segment:
        """See `Followed`."""
        return Segment.joined(parts)

    def shelf(self, segment: Segment) -> int:
        """See `Followed`."""
        return 1 if len(segment.facets.private) else 0

    def _read(self, ids: Sequence[str]) -> list[tuple[StoredListing, ListingVectors]]:
        found: list[tuple[StoredListing, ListingVectors]] = []
        for start in range(0, len(ids), FEED_CHUNK):
            chunk = ids[start : start + FEED_CHUNK]
            made = self._store.listing_vectors(chunk, self._model)
            stored = self._store.listings(chunk)
            # In the feed's order: of equal scores the first is shown first, wherever that is.
            found += [(stored[one], made[one]) for one in chunk if one in stored and one in made]
        return found

    def _segment(
        self, rows: Sequence[tuple[StoredListing, ListingVectors]], *, draft: bool
    ) -> Segment:
        kept = [stored for stored, _ in rows]
        words = [fold(self._words_of(stored.content)) for stored in kept]
        made = [vectors for _, vectors in rows]
        return Segment.of(kept, made, words, self._read_off, draft=draft)

    def _mapped(self, segment: Segment) -> Segment:
        assert self._snapshot is not None  # noqa: S101 - it was saved there just now
        mapped = self._snapshot.reopened(segment)
        mapped.facets.take_over(segment.facets)
        return mapped

    def _save(self) -> None:
        if self._snapshot is None:
            return
        with self._changing:
            state, saved = self.current, self.unsaved
        try:
            written = self._snapshot.save(
                Saved(state.segments, state.alive, state.sequence, state.generation, state.views)
            )
            mapped = {one: self._mapped(one) for one in written if one.cells is not None}
        except (OSError, ValueError) as error:
            # The snapshot only saves time; the store holds everything.
            _log.warning("index snapshot not saved", error=repr(error))
            self._save_from = time.monotonic() + _SAVE_AGAIN_S
        else:
            # From now on of its file, which the system may drop and read again, not of memory.
            with self._changing:
                segments = tuple(mapped.get(one, one) for one in self.current.segments)
                self.current = replace(self.current, segments=segments)
                self.unsaved -= saved


def _whole(parts: list[Segment]) -> list[tuple[Segment, Mask]]:
    return [(one, np.ones(len(one), dtype=np.bool_)) for one in parts]


def _stock_of(state: State[Segment], day: date, viewer: str | None) -> Stock:
    open_jobs = Eligibility(kinds=frozenset({Kind.JOB}), valid_on=day, viewer=viewer)
    rows = [
        np.flatnonzero(alive & segment.facets.mask(open_jobs))
        for segment, alive in zip(state.segments, state.alive, strict=True)
    ]

    def column(name: str) -> npt.NDArray[Any]:
        parts = [
            getattr(segment.facets, name)[some]
            for segment, some in zip(state.segments, rows, strict=True)
        ]
        return np.concatenate(parts) if parts else np.zeros(0)

    countries, country = _numbered(column("country"))
    currencies, currency = _numbered(column("currency"))
    return Stock(
        countries=tuple(country_code(one) for one in countries),
        country=country,
        occupation=column("isco").astype(np.int32),
        currencies=tuple(currency_code(one) for one in currencies),
        currency=currency,
        wage=column("wage"),
    )


def _numbered(column: npt.NDArray[Any]) -> tuple[list[int], npt.NDArray[np.int32]]:
    """Return the values of a column of small numbers from -1 on, and the place of each row's."""
    shifted = column.astype(np.int64) + 1
    found = np.flatnonzero(np.bincount(shifted))
    places = np.zeros(int(found.max(initial=0)) + 1, np.int32)
    places[found] = np.arange(len(found), dtype=np.int32)
    return (found - 1).tolist(), places[shifted]


def shares(size: int, queries: int) -> list[int]:
    """Return how many each of a query's vectors brings: the phrases share another full size."""
    phrases = queries - 1
    return [size] + [max(10, size // phrases)] * phrases if phrases else [size]


def _pools_of(segment: Segment, alive: Mask, query: PoolQuery, words: sp.csr_matrix) -> list[Pool]:
    likeness = segment.wordings.likeness(words)
    pools = []
    for ask in query.asks:
        eligible = alive & segment.facets.mask(ask.eligible)
        if ask.but_not is not None:
            eligible &= ~segment.facets.mask(ask.but_not)
        wanted = shares(ask.size, len(query.vectors))
        rows = np.union1d(
            segment.nearest(query.vectors, wanted, eligible),
            segment.wordings.nearest(likeness, ask.size, eligible),
        ).astype(np.int64)
        pools.append(_pool_of(segment, rows, likeness.scores[segment.wordings.which[rows]]))
    return pools


def _pool_of(segment: Segment, rows: Rows, lexical: Scores) -> Pool:
    requirements, sizes = segment.requirements.of_rows(rows)
    return Pool(
        ids=tuple(segment.ids[row] for row in rows),
        whole=segment.whole[rows].astype(np.float32),
        occupation=segment.facets.isco[rows],
        kind=segment.facets.kind[rows],
        lexical=lexical,
        requirements=requirements.astype(np.float32),
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        countries=tuple(country_code(one) for one in segment.facets.country[rows].tolist()),
        assesses=segment.facets.assesses[rows],
    )
