"""Who is in the register, by name and by day. Held in memory only, never saved.

Names are sealed at rest; a file of folded names beside the database would tell them.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.followed import FEED_CHUNK, Followed
from service.domain.eligibility import Mask
from service.domain.person import StoredPerson, forgotten_name
from service.domain.register import Deadline, Falling, Filed, Found, Sought, SoughtWord
from service.ports import PersonStore

Rows = npt.NDArray[np.int32]
Days = npt.NDArray[np.int32]

_NAME: Final = "n:"
_OTHER: Final = "w:"
_SOUND: Final = "s:"
_LAST: Final = "\U0010ffff"
"""Behind every term that begins so."""
_NEVER: Final = date.max.toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class RegisterSegment:
    """n people, and the terms each is filed under.

    terms: sorted. starts: (t + 1,), where the rows of each term begin in `rows`, so that all
    terms with one beginning are one slice. until, visa: (n,) days, `_NEVER` for none.
    """

    ids: tuple[str, ...]
    row_of: dict[str, int]
    organisation: npt.NDArray[np.str_]
    until: Days
    visa: Days
    terms: tuple[str, ...]
    starts: Rows
    rows: Rows

    @classmethod
    def of(cls, ids: Sequence[str], people: Sequence[Filed]) -> Self:
        """File these people."""
        pairs = sorted(
            (term, row)
            for row, one in enumerate(people)
            for term in (
                *(_NAME + word for word in one.names),
                *(_OTHER + word for word in one.words),
                *(_SOUND + word for word in one.sounds),
            )
        )
        terms = sorted({term for term, _ in pairs})
        number = {term: at for at, term in enumerate(terms)}
        return cls._laid_out(
            tuple(ids),
            np.array([x.organisation_id for x in people], np.dtypes.StringDType()),
            np.array([_day(x.until) if x.agreed else _NEVER for x in people], np.int32),
            np.array([_day(x.visa) for x in people], np.int32),
            tuple(terms),
            np.array([number[term] for term, _ in pairs], np.int32),
            np.array([row for _, row in pairs], np.int32),
        )

    @classmethod
    def _laid_out(  # noqa: PLR0913, PLR0917 - its columns
        cls,
        ids: tuple[str, ...],
        organisation: npt.NDArray[np.str_],
        until: Days,
        visa: Days,
        terms: tuple[str, ...],
        term_of: Rows,
        rows: Rows,
    ) -> Self:
        """Lay out pairs of a term and a row, in order of the terms."""
        row_of = {name: row for row, name in enumerate(ids)}
        # The feed knows who was erased by no other name.
        row_of |= {forgotten_name(name): row for row, name in enumerate(ids)}
        starts = np.searchsorted(term_of, np.arange(len(terms) + 1)).astype(np.int32)
        return cls(ids, row_of, organisation, until, visa, terms, starts, rows)

    def __len__(self) -> int:
        """Return the number of people, gone ones included."""
        return len(self.ids)

    def merged(self, alive: Mask, other: "RegisterSegment", other_alive: Mask) -> "RegisterSegment":
        """Return one segment of the living rows of both."""
        a, b = np.flatnonzero(alive), np.flatnonzero(other_alive)
        terms = tuple(sorted({*self.terms, *other.terms}))
        number = {term: at for at, term in enumerate(terms)}
        pairs = [
            segment._pairs(number, living, shift)  # noqa: SLF001 - of the same class
            for segment, living, shift in ((self, alive, 0), (other, other_alive, len(a)))
        ]
        term_of = np.concatenate([one[0] for one in pairs])
        rows = np.concatenate([one[1] for one in pairs])
        order = np.argsort(term_of, kind="stable")
        return RegisterSegment._laid_out(
            (*(self.ids[row] for row in a), *(other.ids[row] for row in b)),
            np.concatenate([self.organisation[a], other.organisation[b]]),
            np.concatenate([self.until[a], other.until[b]]),
            np.concatenate([self.visa[a], other.visa[b]]),
            terms,
            term_of[order],
            rows[order],
        )

    def _pairs(self, number: dict[str, int], alive: Mask, shift: int) -> tuple[Rows, Rows]:
        names = np.array([number[term] for term in self.terms], np.int32)
        term_of = np.repeat(names, np.diff(self.starts))
        moved = (np.cumsum(alive) - 1 + shift).astype(np.int32)
        kept = alive[self.rows]
        return term_of[kept], moved[self.rows[kept]]

    def _rows(self, beginning: str, *, whole: bool) -> Rows:
        """Return the rows of a term, or of all terms that begin so."""
        low = bisect_left(self.terms, beginning)
        if whole:
            there = low < len(self.terms) and self.terms[low] == beginning
            return self.rows[self.starts[low] : self.starts[low + there]]
        high = bisect_left(self.terms, beginning + _LAST)
        return self.rows[self.starts[low] : self.starts[high]]

    def closeness(self, word: SoughtWord) -> npt.NDArray[np.int16]:
        """Return how near everybody is to one word, (n,): 0 for not at all."""
        close = np.zeros(len(self), np.int16)
        if word.sound:
            close[self._rows(_SOUND + word.sound, whole=True)] = 1
        for place, near in ((_OTHER, 2), (_NAME, 3)):
            close[self._rows(place + word.word, whole=False)] = near
        close[self._rows(_NAME + word.word, whole=True)] = 5
        return close


class LocalRegister(Followed[RegisterSegment]):
    """Implements `service.ports.Register`."""

    def __init__(self, store: PersonStore, filed: Callable[[StoredPerson], Filed]) -> None:
        """Follow `store`; file people as `filed` says."""
        super().__init__()
        self._store = store
        self._filed = filed

    @property
    def people(self) -> int:
        """See the port."""
        return self.current.rows

    def tidy(self) -> None:
        """See the port."""
        self.merge_all()

    def changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See `Followed`."""
        return self._store.person_changes(after, limit)

    def build(self, ids: Sequence[str]) -> RegisterSegment | None:
        """File those who are still there."""
        names: list[str] = []
        people: list[Filed] = []
        for start in range(0, len(ids), FEED_CHUNK):
            for name, person in self._store.people(ids[start : start + FEED_CHUNK]).items():
                names.append(name)
                people.append(self._filed(person))
        return RegisterSegment.of(names, people) if names else None

    def find(self, sought: Sought, limit: int) -> Found:
        """See the port."""
        if not sought.words:
            return Found((), 0)
        state, total = self.current, 0
        best: list[tuple[int, int, int, str]] = []
        for at, (segment, alive) in enumerate(zip(state.segments, state.alive, strict=True)):
            mask = alive & (segment.organisation == sought.organisation_id)
            close = np.zeros(len(segment), np.int16)
            for word in sought.words:
                one = segment.closeness(word)
                mask &= one > 0
                close += one
            rows = np.flatnonzero(mask)
            total += len(rows)
            # The nearest, and of equals who came last.
            order = np.lexsort((-rows, -close[rows]))[:limit]
            best += [(-int(close[r]), -at, -int(r), segment.ids[r]) for r in rows[order]]
        return Found(tuple(name for *_, name in sorted(best)[:limit]), total)

    def falling(
        self, organisation_id: str, what: Deadline, since: date, until: date, limit: int
    ) -> Falling:
        """See the port."""
        state, total = self.current, 0
        soonest: list[tuple[int, str]] = []
        for segment, alive in zip(state.segments, state.alive, strict=True):
            days = segment.until if what is Deadline.CONSENT else segment.visa
            mask = alive & (segment.organisation == organisation_id)
            mask &= (days >= since.toordinal()) & (days <= until.toordinal())
            rows = np.flatnonzero(mask)
            total += len(rows)
            order = np.argsort(days[rows], kind="stable")[:limit]
            soonest += [(int(days[row]), segment.ids[row]) for row in rows[order]]
        named = tuple((name, date.fromordinal(day)) for day, name in sorted(soonest)[:limit])
        return Falling(named, total)


def _day(day: date | None) -> int:
    return _NEVER if day is None else day.toordinal()
