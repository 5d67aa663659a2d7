"""A few immutable segments, kept in step with a change feed of the store."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Generic, Protocol, Self, TypeVar

import numpy as np

from service.domain.eligibility import Mask

FEED_CHUNK: Final = 2000
# A segment is merged into the one before it once that one is less than this many times
# larger: each row is then rewritten a logarithmic number of times.
_GROWTH: Final = 4
# Merging fewer rows than this takes milliseconds, so the writer itself does it.
_INLINE: Final = 500


class Mergeable(Protocol):
    """What a segment has to be able to do."""

    @property
    def row_of(self) -> dict[str, int]:
        """Row by record id."""
        ...

    def __len__(self) -> int:
        """Return the number of rows, dead ones included."""
        ...

    def merged(self, alive: Mask, other: Self, other_alive: Mask) -> Self:
        """Return one segment of the living rows of both."""
        ...


S = TypeVar("S", bound=Mergeable)


@dataclass(frozen=True, slots=True)
class State(Generic[S]):
    """One consistent picture. Readers take it once and never see a half-made change."""

    segments: tuple[S, ...] = ()
    alive: tuple[Mask, ...] = ()
    sequence: int = 0
    generation: int = 0

    @property
    def rows(self) -> int:
        """Living rows."""
        return sum(int(mask.sum()) for mask in self.alive)


class Followed(Generic[S]):
    """Segments of records: changes become small segments, and neighbours are merged."""

    def __init__(self, state: State[S] | None = None) -> None:
        """Start from a picture saved earlier, or from nothing."""
        self.current: State[S] = State() if state is None else state
        self.unsaved = 0
        self._changing = threading.Lock()

    def changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """Return (sequence number, record id, still exists) behind `after`, in order."""
        raise NotImplementedError

    def build(self, ids: Sequence[str]) -> S | None:
        """Build a segment of those records that can be searched, None where none can."""
        raise NotImplementedError

    def follow(self) -> int:
        """Take in what the feed holds; return how many changes came in."""
        with self._changing:
            seen = self._take_in()
            while (at := _mergeable(self.current, below=_INLINE)) is not None:
                state = self.current
                (a, b), (alive_a, alive_b) = state.segments[at : at + 2], state.alive[at : at + 2]
                merged = a.merged(alive_a, b, alive_b)
                self._swap(at, merged, np.ones(len(merged), dtype=np.bool_))
            return seen

    def merge_all(self) -> None:
        """Merge what is due, letting changes come in while the larger segments are built."""
        while self._merge_aside():
            pass

    def exchange(self, old: S, new: S) -> None:
        """Put a segment of the same rows in another's place, unless that is gone by now."""
        with self._changing:
            state = self.current
            if any(one is old for one in state.segments):
                segments = tuple(new if one is old else one for one in state.segments)
                self.current = replace(state, segments=segments)

    def _take_in(self) -> int:
        state = self.current
        sequence, present, gone = state.sequence, dict[str, None](), set[str]()
        seen = 0
        while changes := self.changes(sequence, FEED_CHUNK):
            for number, name, exists in changes:
                sequence = number
                (present.__setitem__(name, None) if exists else gone.add(name))
            seen += len(changes)
        if not seen:
            return 0
        segment = self.build(list(present))
        changed = gone | present.keys()
        alive = [_without(state, at, changed) for at in range(len(state.segments))]
        segments = state.segments
        if segment is not None:
            segments = (*segments, segment)
            alive.append(np.ones(len(segment), dtype=np.bool_))
        self.current = State(segments, tuple(alive), sequence, state.generation + 1)
        self.unsaved += seen
        return seen

    def _merge_aside(self) -> bool:
        """Merge one pair of neighbours; False where nothing needs merging."""
        with self._changing:
            at = _mergeable(self.current, below=None)
            if at is None:
                return False
            (a, b), (alive_a, alive_b) = (
                self.current.segments[at : at + 2],
                self.current.alive[at : at + 2],
            )
        merged = a.merged(alive_a, b, alive_b)
        with self._changing:
            state = self.current
            for where, (left, right) in enumerate(pairwise(state.segments)):
                if left is a and right is b:
                    still = [state.alive[where][alive_a], state.alive[where + 1][alive_b]]
                    self._swap(where, merged, np.concatenate(still))
        # Where the two no longer stand side by side, one was merged otherwise meanwhile,
        # and the next round sees that.
        return True

    def _swap(self, at: int, merged: S, alive: Mask) -> None:
        segments, masks = list(self.current.segments), list(self.current.alive)
        segments[at : at + 2] = [merged] if len(merged) else []
        masks[at : at + 2] = [alive] if len(merged) else []
        self.current = replace(self.current, segments=tuple(segments), alive=tuple(masks))


def _without(state: State[S], at: int, ids: Iterable[str]) -> Mask:
    row_of, alive = state.segments[at].row_of, state.alive[at]
    rows = [row_of[one] for one in ids if one in row_of]
    if not rows:
        return alive
    changed = alive.copy()
    changed[rows] = False
    return changed


def _mergeable(state: State[S], *, below: int | None) -> int | None:
    """Return where two neighbours should become one (of fewer than `below` rows), or None."""
    sizes = [len(segment) for segment in state.segments]
    for at, (left, right) in enumerate(pairwise(sizes)):
        if left < _GROWTH * right and (below is None or left + right < below):
            return at
    return None
