"""The people of one process, to be searched for a listing. Held in memory only, never saved.

What somebody said is encrypted at rest; an index file beside the database would tell it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.facets import country_number
from service.adapters.vectors.followed import FEED_CHUNK, Followed
from service.adapters.vectors.scan import Near, Rows, Scan
from service.adapters.vectors.wordings import top
from service.domain.candidate import PeopleFound, PeopleQuery, PeopleState, PersonFacts, Seeking
from service.domain.eligibility import Circle, Mask
from service.domain.embedding import ModelIdentity, Vectors
from service.domain.person import Route, StoredPerson, forgotten_name
from service.ports import PersonStore

FactsOf = Callable[[StoredPerson], PersonFacts]

_APART: Final = 0.6
"""A phrase that comes no nearer than this to what stands for a person is another trade."""
_TRADES: Final = 3
_TITLES_PART: Final = 3
"""A title brings a third of what the whole text does."""
_WORD: Final = 64
_COUNTRY_WORDS: Final = 26 * 26 // _WORD + 1
_UNKNOWN: Final = 26 * 26
"""Stands behind the countries' numbers for a home that is not known."""
_NEVER = date.max.toordinal()
_ROUTES: Final = {route: 1 << at for at, route in enumerate(Route)}
_ALL_ROUTES: Final = sum(_ROUTES.values())
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What `PersonFacts` says of n people.

    wanted, unwanted: (n, words) bit sets of countries, word by word in memory, for one country
    is asked of everybody at a time. anywhere: no country is wished for. visible: to each
    organisation, the rows of its own people and of those who are shared with it. Unknown:
    `_UNKNOWN`, NaN.
    """

    visible: dict[str, Rows]
    until: npt.NDArray[np.int32]
    home: npt.NDArray[np.int16]
    routes: npt.NDArray[np.int8]
    wanted: npt.NDArray[np.uint64]
    anywhere: Mask
    unwanted: npt.NDArray[np.uint64]
    reach: npt.NDArray[np.float64]
    """(n, 4): latitude, longitude, how far they would go, how far off the place may be."""
    floor: npt.NDArray[np.float64]
    known_only: Mask

    @classmethod
    def of(cls, facts: Sequence[PersonFacts]) -> Self:
        """Read the columns off; who did not agree to matching is never asked for here."""
        nowhere = (np.nan,) * 4
        circles = [
            nowhere if x is None else (x.lat, x.lon, x.radius_km, x.spread_km)
            for x in (one.reach for one in facts)
        ]
        visible: dict[str, list[int]] = {}
        for row, one in enumerate(facts):
            for name in {one.organisation_id, *one.shared_with}:
                visible.setdefault(name, []).append(row)
        return cls(
            visible={name: np.array(rows) for name, rows in visible.items()},
            until=np.array([x.until.toordinal() if x.until else _NEVER for x in facts], np.int32),
            home=np.array(
                [country_number(x.home_country) if x.home_country else _UNKNOWN for x in facts],
                np.int16,
            ),
            routes=np.array(
                [sum(_ROUTES[r] for r in x.routes) or _ALL_ROUTES for x in facts], np.int8
            ),
            wanted=_bits([x.countries for x in facts]),
            anywhere=np.array([not x.countries for x in facts], np.bool_),
            unwanted=_bits([x.exclude_countries for x in facts]),
            reach=np.array(circles, np.float64).reshape(-1, 4),
            floor=np.array([np.nan if x.floor is None else x.floor for x in facts], np.float64),
            known_only=np.array([x.known_only for x in facts], np.bool_),
        )

    def joined(self, rows: Rows, other: "Columns", other_rows: Rows) -> "Columns":
        """Return these rows of this and then those of the other."""

        def both(name: str) -> npt.NDArray[np.generic]:
            return np.asfortranarray(
                np.concatenate([getattr(self, name)[rows], getattr(other, name)[other_rows]])
            )

        moved = _moved(self.visible, rows, 0), _moved(other.visible, other_rows, len(rows))
        visible = {
            name: np.concatenate([some[name] for some in moved if name in some])
            for name in moved[0].keys() | moved[1].keys()
        }
        plain = [name for name in self.__dataclass_fields__ if name != "visible"]
        return Columns(visible=visible, **{name: both(name) for name in plain})  # type: ignore[arg-type]

    def mask(self, seeking: Seeking) -> Mask:
        """Return who may be shown this listing, as far as these columns tell, (n,)."""
        mask: Mask = np.zeros(len(self.until), dtype=np.bool_)
        seen = self.visible.get(seeking.organisation_id)
        if seen is None:
            return mask
        mask[seen] = True
        mask &= self._agreed(seeking)
        country = country_number(seeking.country)
        mask &= ~_holds(self.unwanted, country)
        if seeking.training:
            mask &= self._wants(Route.TRAINING)
            return mask
        local = self.home == country
        open_to = np.ones(_UNKNOWN + 1, dtype=np.bool_)
        open_to[[country_number(code) for code in seeking.closed_to]] = False
        # Clipped where nothing needs it: to look for what is out of range takes half of the time.
        abroad: Mask = self._wants(Route.OVERSEAS) & np.take(open_to, self.home, mode="clip")
        abroad &= _holds(self.wanted, country) | self.anywhere
        mask &= (local & self._wants(Route.LOCAL)) | (~local & abroad)
        mask &= ~self._too_far(seeking, local) & self._pays(seeking.pay)
        return mask

    def _agreed(self, seeking: Seeking) -> Mask:
        """Tell whose consent holds on the day that it is where they live."""
        days = np.full(_UNKNOWN + 1, seeking.since.toordinal(), np.int32)
        for day, countries in seeking.elsewhere.items():
            # Codes such as 001, the world, are no country's.
            named = [country_number(code) for code in countries if code.isalpha()]
            days[named] = day.toordinal()
        agreed: Mask = self.until >= days.max()
        # Only of whom it ends today or so does it matter where they live.
        near = np.flatnonzero(~agreed & (self.until >= days.min()))
        agreed[near] = self.until[near] >= days[self.home[near]]
        return agreed

    def _wants(self, route: Route) -> Mask:
        wants: Mask = (self.routes & _ROUTES[route]) != 0
        return wants

    def _too_far(self, seeking: Seeking, local: Mask) -> Mask:
        beyond = np.zeros(len(local), dtype=np.bool_)
        place = seeking.place
        rows = np.flatnonzero(local & ~np.isnan(self.reach[:, 0]))
        if place is None or not len(rows):
            return beyond
        lat, lon, radius, spread = self.reach[rows].T
        away = Circle(place.lat, place.lon, 0).distances_km(lat, lon)
        beyond[rows] = away - spread - place.spread_km > radius + _ROUNDING
        return beyond

    def _pays(self, pay: float | None) -> Mask:
        pays: Mask = ~self.known_only
        if pay is not None:
            pays = ~(self.floor > pay * (1 + _ROUNDING))
        return pays


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class PeopleSegment:
    """n people: their columns, and vectors that stand for them, v of them in all.

    vectors: v unit vectors. owner: (v,) rows of the people they stand for.
    """

    ids: tuple[str, ...]
    row_of: dict[str, int]
    columns: Columns
    vectors: Scan
    owner: Rows

    @classmethod
    def of(cls, ids: tuple[str, ...], columns: Columns, vectors: Scan, owner: Rows) -> Self:
        """Derive row numbers."""
        row_of = {name: row for row, name in enumerate(ids)}
        # The feed knows who was erased by no other name.
        row_of |= {forgotten_name(name): row for row, name in enumerate(ids)}
        return cls(ids, row_of, columns, vectors, owner)

    def __len__(self) -> int:
        """Return the number of people, gone ones included."""
        return len(self.ids)

    def merged(self, alive: Mask, other: "PeopleSegment", other_alive: Mask) -> "PeopleSegment":
        """Return one segment of the living rows of both."""
        a, b = np.flatnonzero(alive), np.flatnonzero(other_alive)
        mine, theirs = alive[self.owner], other_alive[other.owner]
        return PeopleSegment.of(
            ids=(*(self.ids[row] for row in a), *(other.ids[row] for row in b)),
            columns=self.columns.joined(a, other.columns, b),
            vectors=self.vectors.joined(mine, other.vectors, theirs),
            owner=np.concatenate(
                [
                    np.searchsorted(a, self.owner[mine]),
                    len(a) + np.searchsorted(b, other.owner[theirs]),
                ]
            ),
        )

    def nearest(self, queries: Vectors, wanted: Sequence[int], eligible: Mask) -> list[Near]:
        """Return, for each query, people with its `wanted` nearest vectors of who is eligible."""
        return [
            (cosines, self.owner[rows])
            for cosines, rows in self.vectors.search(queries, wanted, eligible[self.owner])
        ]


class LocalPeopleIndex(Followed[PeopleSegment]):
    """Implements `service.ports.PeopleIndex`."""

    def __init__(
        self, store: PersonStore, reading: ModelIdentity, facts_of: FactsOf, axes: Vectors
    ) -> None:
        """Follow `store`; know people by how `reading` has read them.

        axes: (d, c), along which people are looked at first; see `Scan`.
        """
        super().__init__()
        self._axes = axes
        self._store = store
        self._reading = reading
        self._facts_of = facts_of
        self._tidying = threading.Lock()

    @property
    def state(self) -> PeopleState:
        """See the port."""
        return PeopleState(self.current.generation, self.current.rows)

    def tidy(self) -> None:
        """See the port."""
        with self._tidying:
            self.merge_all()

    def changes(self, after: int, limit: int) -> list[tuple[int, str, bool]]:
        """See `Followed`."""
        return self._store.person_changes(after, limit)

    def build(self, ids: Sequence[str]) -> PeopleSegment | None:
        """Build a segment of those who agreed to matching and whose words were read."""
        kept: list[str] = []
        facts: list[PersonFacts] = []
        vectors: list[Vectors] = []
        for start in range(0, len(ids), FEED_CHUNK):
            chunk = ids[start : start + FEED_CHUNK]
            names, crowd = self._store.said(chunk, self._reading)
            read = dict(zip(names, crowd.each(crowd.vectors), strict=True))
            for name, person in self._store.people(chunk).items():
                said = self._facts_of(person)
                if said.matching and name in read:
                    kept.append(name)
                    facts.append(said)
                    vectors.append(standing_for(read[name]))
        if not kept:
            return None
        owner = np.repeat(np.arange(len(kept)), [len(some) for some in vectors])
        standing = Scan.of(np.concatenate(vectors), self._axes)
        return PeopleSegment.of(tuple(kept), Columns.of(facts), standing, owner)

    def found(self, query: PeopleQuery) -> PeopleFound:
        """See the port."""
        state = self.current
        wanted = [query.size, *(query.size // _TITLES_PART for _ in query.vectors[1:])]
        near: list[list[Near]] = []
        left = 0
        for segment, alive in zip(state.segments, state.alive, strict=True):
            eligible = alive & segment.columns.mask(query.seeking)
            seen = [segment.row_of[one] for one in query.but_not if one in segment.row_of]
            eligible[seen] = False
            near.append(segment.nearest(query.vectors, wanted, eligible))
            left += int(eligible.sum())
        found = [
            segment.ids[row]
            for segment, rows in zip(state.segments, _nearest_of_all(near, wanted), strict=True)
            for row in rows
        ]
        return PeopleFound(tuple(found), more=left > len(found))


def _nearest_of_all(near: Sequence[Sequence[Near]], wanted: Sequence[int]) -> list[list[int]]:
    """Return, for each segment, the rows that are among the nearest of all segments, in order.

    near: by segment and query. How people happen to be divided among segments rests on everybody
    in the register, so it may not decide who is found.
    """
    chosen: list[set[int]] = [set() for _ in near]
    for at, k in enumerate(wanted if near else ()):
        cosines = np.concatenate([some[at][0] for some in near])
        rows = np.concatenate([some[at][1] for some in near])
        segment = np.repeat(np.arange(len(near)), [len(some[at][1]) for some in near])
        for one in top(cosines, k):
            chosen[segment[one]].add(int(rows[one]))
    return [sorted(rows) for rows in chosen]


def standing_for(vectors: Vectors) -> Vectors:
    """Return the vectors that stand for a person, (k, d): all they said, and trades apart from it.

    vectors: (1 + p, d) of a reading. A cook who also drove a truck is near neither as a whole.
    """
    chosen = [0]
    cosines = vectors @ vectors[0]
    for _ in range(_TRADES):
        furthest = int(cosines.argmin())
        if cosines[furthest] >= _APART:
            break
        chosen.append(furthest)
        cosines = np.maximum(cosines, vectors @ vectors[furthest])
    found: Vectors = vectors[chosen]
    return found


def _bits(some: Sequence[tuple[str, ...]]) -> npt.NDArray[np.uint64]:
    bits = np.zeros((len(some), _COUNTRY_WORDS), dtype=np.uint64, order="F")
    for row, codes in enumerate(some):
        for code in codes:
            word, bit = divmod(country_number(code), _WORD)
            bits[row, word] |= np.uint64(1 << bit)
    return bits


def _holds(bits: npt.NDArray[np.uint64], country: int) -> Mask:
    word, bit = divmod(country, _WORD)
    held: Mask = (bits[:, word] & np.uint64(1 << bit)) != 0
    return held


def _moved(visible: dict[str, Rows], kept: Rows, shift: int) -> dict[str, Rows]:
    """Return where the rows of `visible` that are kept lie once only `kept` are left."""
    return {
        name: shift + np.searchsorted(kept, still)
        for name, rows in visible.items()
        if len(still := np.intersect1d(rows, kept))
    }
