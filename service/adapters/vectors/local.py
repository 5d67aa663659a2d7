"""The index of one process: a few segments, kept in step with the store's change feed."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog

from service.adapters.vectors.facets import (
    STATED,
    ReadOff,
    country_code,
    currency_code,
)
from service.adapters.vectors.segment import Segment
from service.adapters.vectors.snapshot import Saved, SnapshotFolder
from service.domain.eligibility import Eligibility, Mask
from service.domain.embedding import ModelIdentity
from service.domain.listing import Kind, Listing
from service.domain.match import IndexState
from service.domain.pool import Pool, PoolQuery
from service.domain.stock import Stock
from service.domain.text import fold
from service.ports import ListingStore

_log = structlog.get_logger(__name__)

_FEED_CHUNK = 2000
# A segment is merged into the one before it once that one is less than this many times
# larger: each row is then rewritten a logarithmic number of times.
_GROWTH = 4
# Merging fewer rows than this takes milliseconds, so the writer itself does it.
_INLINE = 500
_SAVE_AFTER = 1000


WordsOf = Callable[[Listing], str]


def all_words(listing: Listing) -> str:
    """Return everything a listing says about the work."""
    said = (listing.title, *listing.skills, *listing.outcomes, listing.description or "")
    return ". ".join(said)


@dataclass(frozen=True, slots=True)
class _State:
    """One consistent picture. Readers take it once and never see a half-made change."""

    segments: tuple[Segment, ...] = ()
    alive: tuple[Mask, ...] = ()
    sequence: int = 0
    generation: int = 0

    @property
    def listings(self) -> int:
        return sum(int(mask.sum()) for mask in self.alive)


class LocalListingIndex:
    """Implements `service.ports.ListingIndex`.

    Exact search in small segments and narrow eligible sets, an HNSW graph beyond;
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
        self._changing = threading.Lock()
        self._tidying = threading.Lock()
        self._unsaved = 0
        self._stock: tuple[int, date, Stock] | None = None
        saved = self._usable_snapshot()
        self._state = (
            _State(saved.segments, saved.alive, saved.sequence, saved.generation)
            if saved
            else _State()
        )

    def _usable_snapshot(self) -> Saved | None:
        """Load the snapshot, unless the store is older than it (restored from a backup)."""
        saved = self._snapshot.load() if self._snapshot else None
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
        state = self._state
        return IndexState(generation=state.generation, listings=state.listings)

    def pools(self, query: PoolQuery) -> list[Pool]:
        """See the port."""
        state = self._state
        words = fold(query.words)
        # By segment first: the lexical channel scores a segment once for all asks.
        by_segment = [
            _pools_of(segment, alive, query, words)
            for segment, alive in zip(state.segments, state.alive, strict=True)
        ]
        dimensions = query.vectors.shape[1]
        return [
            _joined([pools[at] for pools in by_segment if pools[at].ids], dimensions)
            for at in range(len(query.asks))
        ]

    def stock(self, day: date) -> Stock:
        """See the port."""
        state, known = self._state, self._stock
        if known is None or known[:2] != (state.generation, day):
            known = (state.generation, day, _stock_of(state, day))
            self._stock = known
        return known[2]

    def follow(self) -> int:
        """See the port."""
        with self._changing:
            seen = self._take_in()
            while (at := _mergeable(self._state, below=_INLINE)) is not None:
                self._merge(at)
            return seen

    def tidy(self) -> None:
        """See the port."""
        with self._tidying:
            while self._merge_aside():
                pass
            if self._unsaved >= _SAVE_AFTER:
                self._save()

    def close(self) -> None:
        """Save what is not saved yet."""
        with self._tidying:
            if self._unsaved:
                self._save()

    def _take_in(self) -> int:
        state = self._state
        sequence, present, gone = state.sequence, dict[str, None](), set[str]()
        seen = 0
        while changes := self._store.listing_changes(sequence, _FEED_CHUNK):
            for number, listing_id, exists in changes:
                sequence = number
                (present.__setitem__(listing_id, None) if exists else gone.add(listing_id))
            seen += len(changes)
        if not seen:
            return 0
        segment = self._build(list(present))
        alive = [_without(state, at, gone | present.keys()) for at in range(len(state.segments))]
        segments = state.segments
        if segment is not None:
            segments = (*segments, segment)
            alive.append(np.ones(len(segment), dtype=np.bool_))
        self._state = _State(segments, tuple(alive), sequence, state.generation + 1)
        self._unsaved += seen
        return seen

    def _build(self, listing_ids: Sequence[str]) -> Segment | None:
        """Build a segment of those listings that exist and have vectors of this model."""
        kept, vectors = [], []
        for start in range(0, len(listing_ids), _FEED_CHUNK):
            chunk = listing_ids[start : start + _FEED_CHUNK]
            made = self._store.listing_vectors(chunk, self._model)
            for listing_id, stored in self._store.listings(chunk).items():
                if listing_id in made:
                    kept.append(stored)
                    vectors.append(made[listing_id])
        if not kept:
            return None
        words = [fold(self._words_of(stored.content)) for stored in kept]
        return Segment.of(kept, vectors, words, self._read_off)

    def _merge(self, at: int) -> None:
        """Merge segments `at` and `at + 1`; the caller holds the lock."""
        state = self._state
        (a, b), (alive_a, alive_b) = state.segments[at : at + 2], state.alive[at : at + 2]
        merged = a.merged(alive_a, b, alive_b)
        self._swap(at, merged, np.ones(len(merged), dtype=np.bool_))

    def _merge_aside(self) -> bool:
        """Merge as `_merge` does, but let changes come in while the new segment is built.

        Returns False where nothing needs merging.
        """
        with self._changing:
            at = _mergeable(self._state, below=None)
            if at is None:
                return False
            (a, b), (alive_a, alive_b) = (
                self._state.segments[at : at + 2],
                self._state.alive[at : at + 2],
            )
        merged = a.merged(alive_a, b, alive_b)
        with self._changing:
            state = self._state
            for where, (left, right) in enumerate(pairwise(state.segments)):
                if left is a and right is b:
                    still = [state.alive[where][alive_a], state.alive[where + 1][alive_b]]
                    self._swap(where, merged, np.concatenate(still))
        # Where the two no longer stand side by side, one was merged otherwise meanwhile,
        # and the next round sees that.
        return True

    def _swap(self, at: int, merged: Segment, alive: Mask) -> None:
        segments, masks = list(self._state.segments), list(self._state.alive)
        segments[at : at + 2] = [merged] if len(merged) else []
        masks[at : at + 2] = [alive] if len(merged) else []
        self._state = replace(self._state, segments=tuple(segments), alive=tuple(masks))

    def _save(self) -> None:
        if self._snapshot is None:
            return
        state = self._state
        try:
            self._snapshot.save(
                Saved(state.segments, state.alive, state.sequence, state.generation)
            )
        except OSError as error:
            # The snapshot only saves time; the store holds everything.
            _log.warning("index snapshot not saved", error=repr(error))
        self._unsaved = 0


def _stock_of(state: _State, day: date) -> Stock:
    open_jobs = Eligibility(kinds=frozenset({Kind.JOB}), valid_on=day)
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

    countries, country = np.unique(column("country"), return_inverse=True)
    currencies, currency = np.unique(column("currency"), return_inverse=True)
    return Stock(
        countries=tuple(country_code(int(one)) for one in countries),
        country=country.astype(np.int32),
        occupation=column("isco").astype(np.int32),
        currencies=tuple(currency_code(int(one)) for one in currencies),
        currency=currency.astype(np.int32),
        wage=column("wage"),
    )


def _without(state: _State, at: int, listing_ids: set[str]) -> Mask:
    segment, alive = state.segments[at], state.alive[at]
    rows = [segment.row_of[one] for one in listing_ids if one in segment.row_of]
    if not rows:
        return alive
    changed = alive.copy()
    changed[rows] = False
    return changed


def _mergeable(state: _State, *, below: int | None) -> int | None:
    """Return where two neighbours should become one (of fewer than `below` rows), or None."""
    sizes = [len(segment) for segment in state.segments]
    for at, (left, right) in enumerate(pairwise(sizes)):
        if left < _GROWTH * right and (below is None or left + right < below):
            return at
    return None


def _shares(size: int, queries: int) -> list[int]:
    """Give the whole text the full size and let its phrases share another."""
    phrases = queries - 1
    return [size] + [max(10, size // phrases)] * phrases if phrases else [size]


def _pools_of(segment: Segment, alive: Mask, query: PoolQuery, words: str) -> list[Pool]:
    lexical = segment.lexicon.scores(words)
    pools = []
    for ask in query.asks:
        eligible = alive & segment.facets.mask(ask.eligible)
        if ask.but_not is not None:
            eligible &= ~segment.facets.mask(ask.but_not)
        wanted = _shares(ask.size, len(query.vectors))
        rows = np.union1d(
            segment.nearest(query.vectors, wanted, eligible),
            segment.lexically_nearest(lexical, ask.size, eligible),
        ).astype(np.int64)
        requirements, sizes = segment.requirements_of(rows)
        pools.append(
            Pool(
                ids=tuple(segment.ids[row] for row in rows),
                whole=segment.whole[rows],
                occupation=segment.facets.isco[rows],
                kind=segment.facets.kind[rows],
                lexical=lexical[rows],
                requirements=requirements.astype(np.float32),
                starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
                countries=tuple(country_code(one) for one in segment.facets.country[rows].tolist()),
                assesses=segment.facets.assesses[rows],
            )
        )
    return pools


def _joined(parts: list[Pool], dimensions: int) -> Pool:
    if not parts:
        none = np.zeros(0, dtype=np.float32)
        empty = np.zeros((0, dimensions), dtype=np.float32)
        nowhere, kindless = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int8)
        return Pool((), empty, nowhere, kindless, none, empty, np.zeros(1, dtype=np.int64))
    if len(parts) == 1:
        return parts[0]
    shifts = np.cumsum([0] + [len(part.requirements) for part in parts])
    starts = [part.starts[:-1] + shift for part, shift in zip(parts, shifts, strict=False)]
    return Pool(
        ids=tuple(one for part in parts for one in part.ids),
        whole=np.concatenate([part.whole for part in parts]),
        occupation=np.concatenate([part.occupation for part in parts]),
        kind=np.concatenate([part.kind for part in parts]),
        lexical=np.concatenate([part.lexical for part in parts]),
        requirements=np.concatenate([part.requirements for part in parts]),
        starts=np.concatenate([*starts, shifts[-1:]]),
        countries=tuple(one for part in parts for one in part.countries),
        assesses=np.concatenate([part.assesses for part in parts]),
    )
