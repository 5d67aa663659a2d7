"""A few immutable segments, kept in step with a change feed of the store."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, Self, TypeVar

import numpy as np

from service.domain.eligibility import Mask

FEED_CHUNK: Final = 2000
# A segment is merged into the one before it once that one is less than this many times
# larger: each row is then rewritten a logarithmic number of times.
_GROWTH: Final = 4
# Merging fewer rows than this takes milliseconds, so the writer itself does it.
_INLINE: Final = 500


@dataclass(frozen=True, slots=True)
class Views:
    """How often what somebody may know of has changed.

    public: changes that touched what everybody may know. private: others, by organisation.
    """

    public: int = 0
    private: Mapping[str, int] = field(default_factory=dict)

    def of(self, viewer: str | None) -> int:
        """Return how often it has changed for one organisation; None: for everybody."""
        return self.public + (0 if viewer is None else self.private.get(viewer, 0))

    def after(self, readers: Iterable[frozenset[str] | None]) -> "Views":
        """Return what comes of a change of records with these readers, None for everybody."""
        touched = set(readers)
        if None in touched:
            return replace(self, public=self.public + 1)
        told = frozenset[str]().union(*(one for one in touched if one is not None))
        more = {name: self.private.get(name, 0) + 1 for name in told}
        return replace(self, private={**self.private, **more})


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
    views: Views = field(default_factory=Views)

    @property
    def rows(self) -> int:
        """Living rows."""
        return sum(int(np.count_nonzero(mask)) for mask in self.alive)


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

    def built(self, ids: Sequence[str]) -> list[S]:
        """Build what `build` does, in as many segments as must be kept apart."""
        made = self.build(ids)
        return [] if made is None else [made]

    def join(self, parts: Sequence[tuple[S, Mask]]) -> S:
        """Return one segment of the living rows of several, as `merged` does of two."""
        (made, alive), *rest = parts
        for other, other_alive in rest:
            made = made.merged(alive, other, other_alive)
            alive = np.ones(len(made), dtype=np.bool_)
        return made

    def shelf(self, segment: S) -> int:  # noqa: ARG002 - for those that have several
        """Return where a segment stands: only those of one shelf are merged."""
        return 0

    def views_after(self, before: State[S], made: Sequence[S], changed: Iterable[str]) -> Views:  # noqa: ARG002 - for those that have views
        """Return how the views stand after a change: before it, what it made, and whose ids."""
        return before.views

    def follow(self) -> int:
        """Take in what the feed holds; return how many changes came in."""
        with self._changing:
            seen = self._take_in()
            while (due := self._mergeable(below=_INLINE)) is not None:
                merged = self.join(self._parts(due))
                self._swap(due, merged, np.ones(len(merged), dtype=np.bool_))
            return seen

    def merge_all(self) -> None:
        """Merge what is due, letting changes come in while the larger segments are built."""
        while self._merge_aside():
            pass

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
        made = self.built(list(present))
        changed = gone | present.keys()
        alive = [_without(state, at, changed) for at in range(len(state.segments))]
        alive += [np.ones(len(segment), dtype=np.bool_) for segment in made]
        pairs = sorted(
            zip((*state.segments, *made), alive, strict=True), key=lambda pair: self.shelf(pair[0])
        )
        self.current = State(
            tuple(segment for segment, _ in pairs),
            tuple(mask for _, mask in pairs),
            sequence,
            state.generation + 1,
            self.views_after(state, made, changed),
        )
        self.unsaved += seen
        return seen

    def _merge_aside(self) -> bool:
        """Merge some neighbours; False where nothing needs merging."""
        with self._changing:
            due = self._mergeable(below=None)
            if due is None:
                return False
            parts = self._parts(due)
        merged = self.join(parts)
        with self._changing:
            state = self.current
            for at in range(len(state.segments) - len(parts) + 1):
                here = slice(at, at + len(parts))
                pairs = list(zip(parts, state.segments[here], strict=True))
                if all(before is now for (before, _), now in pairs):
                    alive = state.alive[here]
                    still = [now[then] for now, (_, then) in zip(alive, parts, strict=True)]
                    self._swap(here, merged, np.concatenate(still))
        # Where they no longer stand side by side, one was merged otherwise meanwhile,
        # and the next round sees that.
        return True

    def _parts(self, due: slice) -> list[tuple[S, Mask]]:
        return list(zip(self.current.segments[due], self.current.alive[due], strict=True))

    def _mergeable(self, *, below: int | None) -> slice | None:
        """Return which neighbours should become one (of fewer than `below` rows), or None.

        All that would be merged two by two at last: each row is then written once.
        """
        runs = [
            (len(one), self.shelf(one), at, at + 1) for at, one in enumerate(self.current.segments)
        ]
        at = 0
        while at + 1 < len(runs):
            (left, shelf, start, _), (right, other, _, stop) = runs[at : at + 2]
            due = left < _GROWTH * right and shelf == other
            if due and (below is None or left + right < below):
                runs[at : at + 2] = [(left + right, shelf, start, stop)]
                at = max(0, at - 1)
            else:
                at += 1
        return next((slice(a, b) for _, _, a, b in runs if b - a > 1), None)

    def _swap(self, due: slice, merged: S, alive: Mask) -> None:
        segments, masks = list(self.current.segments), list(self.current.alive)
        segments[due] = [merged] if len(merged) else []
        masks[due] = [alive] if len(merged) else []
        self.current = replace(self.current, segments=tuple(segments), alive=tuple(masks))


def _without(state: State[S], at: int, ids: Iterable[str]) -> Mask:
    row_of, alive = state.segments[at].row_of, state.alive[at]
    rows = [row_of[one] for one in ids if one in row_of]
    if not rows:
        return alive
    changed = alive.copy()
    changed[rows] = False
    return changed
