"""The columns of a segment that eligibility is decided on, and the mask it gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.repeated import Rows, Texts
from service.adapters.vectors.words import WordRows
from service.domain.corridor import Corridor
from service.domain.eligibility import Eligibility, Mask, WageFloor
from service.domain.listing import Kind, Listing, StoredListing
from service.domain.place import Place
from service.domain.refusal import Refusal, listing_words, title_words
from service.domain.visa import VisaKind, visa_needed
from service.domain.wages import best_monthly_wage

_VISAS = {kind: number for number, kind in enumerate(VisaKind)}
_CURRENCIES = 26**3
KIND_NUMBERS = {kind: number for number, kind in enumerate(Kind)}
_NO_DAY = np.iinfo(np.int32).max
_ISCO_DIGITS = 4
_SEPARATOR = "\x1f"
_WORDS = "words"
_MOST_REFUSALS = 256
_MOST_MASKS = 64
_MOST_VIEWERS = 256


def country_number(code: str) -> int:
    """Return the number that stands for an ISO 3166-1 alpha-2 code in a column, 0 to 675."""
    return (ord(code[0]) - 65) * 26 + ord(code[1]) - 65


def currency_number(code: str) -> int:
    """Return the number that stands for an ISO 4217 code in a column."""
    return ((ord(code[0]) - 65) * 26 + ord(code[1]) - 65) * 26 + ord(code[2]) - 65


_COUNTRY_CODES = tuple(
    chr(65 + first) + chr(65 + last) for first in range(26) for last in range(26)
)


def country_code(number: int) -> str:
    """Return the ISO 3166-1 alpha-2 code that a number of the column stands for."""
    return _COUNTRY_CODES[number]


def currency_code(number: int) -> str:
    """Return the ISO 4217 code that a number of the column stands for, "" for none."""
    if number < 0:
        return ""
    rest, last = divmod(number, 26)
    return chr(65 + rest // 26) + chr(65 + rest % 26) + chr(65 + last)


def stated_place(listing: Listing) -> Place | None:
    """Return where a listing itself says it is."""
    if listing.lat is None or listing.lon is None:
        return None
    return Place(listing.lat, listing.lon)


@dataclass(frozen=True, slots=True)
class ReadOff:
    """What has to be read off a listing by who knows more than its fields say.

    place: where it is. assesses: whether it assesses what people can do already.
    """

    place: Callable[[Listing], Place | None] = stated_place
    assesses: Callable[[Listing], bool] = lambda _: False


STATED = ReadOff()


def isco_range(prefix: str) -> tuple[int, int]:
    """Return the lowest and highest unit group number under an ISCO-08 prefix."""
    width = 10 ** (_ISCO_DIGITS - len(prefix))
    low = int(prefix) * width
    return low, low + width - 1


@dataclass(frozen=True)
class Facets:
    """One array per fact, n rows each. Unknown: -1, NaN, or the last day there is."""

    kind: npt.NDArray[np.int8]
    country: npt.NDArray[np.int16]
    isco: npt.NDArray[np.int32]
    last_day: npt.NDArray[np.int32]
    licensed: npt.NDArray[np.int8]
    wage: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    currency: npt.NDArray[np.int16]
    visa: npt.NDArray[np.int8]
    assesses: npt.NDArray[np.bool_]
    source: Texts
    named: Texts
    words: Texts
    sectors: Texts
    readers: Texts
    """Who may know of a private one; empty where it is public."""

    @classmethod
    def of(cls, listings: Sequence[StoredListing], read_off: ReadOff = STATED) -> "Facets":
        """Read the columns off listings."""
        items = [stored.content for stored in listings]
        places = [read_off.place(x) for x in items]
        nan = float("nan")
        return cls(
            kind=np.array([KIND_NUMBERS[x.kind] for x in items], np.int8),
            country=np.array([country_number(x.country) for x in items], np.int16),
            isco=np.array([isco_range(x.isco08)[0] if x.isco08 else -1 for x in items], np.int32),
            last_day=np.array(
                [x.valid_through.toordinal() if x.valid_through else _NO_DAY for x in items],
                np.int32,
            ),
            licensed=np.array(
                [-1 if x.recruiter_licensed is None else int(x.recruiter_licensed) for x in items],
                np.int8,
            ),
            wage=np.array([_or_nan(best_monthly_wage(x)) for x in items], np.float64),
            lat=np.array([nan if x is None else x.lat for x in places], np.float64),
            lon=np.array([nan if x is None else x.lon for x in places], np.float64),
            spread=np.array([0.0 if x is None else x.spread_km for x in places], np.float64),
            currency=np.array(
                [currency_number(x.wage_currency) if x.wage_currency else -1 for x in items],
                np.int16,
            ),
            visa=np.array(
                [visa_number(visa_needed(x.visa_class, x.isco08)) for x in items], np.int8
            ),
            assesses=np.array([read_off.assesses(x) for x in items], np.bool_),
            source=Texts.of([stored.source for stored in listings]),
            named=Texts.of([title_words(x) for x in items]),
            words=Texts.of([listing_words(x) for x in items]),
            sectors=Texts.of(
                [f"{_SEPARATOR}{_SEPARATOR.join(x.sectors)}{_SEPARATOR}" for x in items]
            ),
            readers=Texts.of([_readers(stored) for stored in listings]),
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.kind)

    @classmethod
    def joined(cls, parts: Sequence[tuple["Facets", Rows]]) -> "Facets":
        """Return these rows of each, one part after the other."""

        def column(name: str) -> Any:  # noqa: ANN401 - numbers or texts
            some = [(getattr(one, name), rows) for one, rows in parts]
            if isinstance(some[0][0], Texts):
                return Texts.joined(some)
            return np.concatenate([numbers[rows] for numbers, rows in some])

        return cls(*(column(field.name) for field in fields(cls)))

    @property
    def named_rows(self) -> WordRows:
        """What differs among titles and outcomes, by its words."""
        return self.read_words()[0]

    @property
    def word_rows(self) -> WordRows:
        """What differs among all their words, by these."""
        return self.read_words()[1]

    def read_words(self) -> tuple[WordRows, WordRows]:
        """Return both, made once: of a large part before anybody asks, in tens of seconds."""
        # No cached_property: before Python 3.12 all instances wait for the one that is made.
        known = self._made.get(_WORDS)
        if known is None:
            known = self._made[_WORDS] = WordRows(self.named), WordRows(self.words)
        return known

    def take_over(self, other: "Facets") -> None:
        """Take over what another has read off the same texts."""
        self._made.update(other._made)  # noqa: SLF001 - its own kind

    def mask(self, rule: Eligibility) -> Mask:
        """Return which rows are eligible, shape (n,), read only."""
        # Kept where the rule is that of a whole country and day; what one person wishes is not.
        of_many = replace(rule, refusals=(), min_wage=None, filter_wage=None, within=None)
        known = self._known_masks.get(of_many)
        if known is None:
            known = self._read_mask(of_many)
            known.setflags(write=False)
            if len(self._known_masks) >= _MOST_MASKS:
                self._known_masks.clear()
            self._known_masks[of_many] = known
        if not (rule.refusals or rule.min_wage or rule.filter_wage or rule.within):
            return known
        own = known & self._pay(rule)
        for refusal in rule.refusals:
            own &= ~self._refused(refusal)
        if rule.within is not None:
            # Sines of a million places take longer than the search; most are not open anyway.
            rows = np.flatnonzero(own & self._placed)
            lat, lon, spread = self.lat[rows], self.lon[rows], self.spread[rows]
            own[rows[rule.within.surely_beyond(lat, lon, spread)]] = False
        own.setflags(write=False)
        return own

    @cached_property
    def _made(self) -> dict[str, tuple[WordRows, WordRows]]:
        return {}

    @cached_property
    def _known_masks(self) -> dict[Eligibility, Mask]:
        return {}

    @cached_property
    def _placed(self) -> Mask:
        return ~(np.isnan(self.lat) | np.isnan(self.lon))

    def _read_mask(self, rule: Eligibility) -> Mask:
        mask = np.isin(self.kind, [KIND_NUMBERS[kind] for kind in rule.kinds])
        if rule.countries is not None:
            mask &= np.isin(self.country, [country_number(code) for code in rule.countries])
        if rule.countries_not:
            mask &= ~np.isin(self.country, [country_number(c) for c in rule.countries_not])
        if rule.valid_on is not None:
            mask &= self.last_day >= _ordinal(rule.valid_on)
        for corridor in rule.closed:
            mask &= ~self._falls_under(corridor)
        if rule.sectors is not None:
            wanted = [f"{_SEPARATOR}{one}{_SEPARATOR}" for one in rule.sectors]
            mask &= self.sectors.where(lambda text: any(one in text for one in wanted))
        if rule.isco08 is not None:
            mask &= self._in_groups(rule.isco08)
        if rule.sources is not None:
            mask &= self.source.where(rule.sources.__contains__)
        if rule.licensed_only:
            mask &= self.licensed == 1
        mask[self.hidden_from(rule.viewer)] = False
        return mask

    @cached_property
    def private(self) -> npt.NDArray[np.int64]:
        """The rows that not everybody may know of, usually few or none."""
        return np.flatnonzero(self.readers.where(bool))

    def hidden_from(self, viewer: str | None) -> npt.NDArray[np.int64]:
        """Return the rows that an organisation may not know of."""
        if viewer is None or not len(self.private):
            return self.private
        known = self._known_hidden.get(viewer)
        if known is None:
            if len(self._known_hidden) >= _MOST_VIEWERS:
                self._known_hidden.clear()
            wanted = f"{_SEPARATOR}{viewer}{_SEPARATOR}"
            seen = self.readers.where(lambda text: wanted in text)
            known = self._known_hidden[viewer] = self.private[~seen[self.private]]
        return known

    @cached_property
    def _known_hidden(self) -> dict[str, npt.NDArray[np.int64]]:
        return {}

    def readers_of(self, rows: Sequence[int]) -> list[frozenset[str] | None]:
        """Return who may know of these rows, None for everybody, as `StoredListing.readers`."""
        return [
            frozenset(text.strip(_SEPARATOR).split(_SEPARATOR)) if text else None
            for text in (self.readers[row] for row in rows)
        ]

    @cached_property
    def _known_refusals(self) -> dict[Refusal, npt.NDArray[np.uint8]]:
        return {}

    def _refused(self, refusal: Refusal) -> Mask:
        """Return which rows a refusal is about; one answer asks the same several times."""
        known = self._known_refusals.get(refusal)
        if known is None:
            if len(self._known_refusals) >= _MOST_REFUSALS:
                self._known_refusals.clear()
            # In bits: of a million listings 256 refusals would be as many megabytes.
            known = self._known_refusals[refusal] = np.packbits(self._read_refused(refusal))
        return np.unpackbits(known, count=len(self)).view(np.bool_)

    def _read_refused(self, refusal: Refusal) -> Mask:
        named = np.zeros(len(self.named.keys), dtype=np.bool_)
        for phrase in refusal.words:
            named[self.named_rows.holding(phrase)] = True
        words = np.zeros(len(self.words.keys), dtype=np.bool_)
        for phrase in refusal.words | refusal.uncoded:
            words[self.word_rows.holding(phrase)] = True
        refused = self._in_groups(refusal.isco08) | named[self.named.which]
        refused |= words[self.words.which] & (self.isco < 0)
        return refused

    def _falls_under(self, corridor: Corridor) -> Mask:
        falls: Mask = self.country == country_number(corridor.destination)
        if corridor.covers is not None:
            falls = falls & np.isin(self.visa, [visa_number(kind) for kind in corridor.covers])
        return falls

    def _pay(self, rule: Eligibility) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_)
        for floor in (rule.min_wage, rule.filter_wage):
            if floor is not None:
                least = _least_by_currency(floor)[self.currency]
                # NaN, a wage or a rate nobody knows, is not below any floor.
                mask &= self.wage >= least if floor.known_only else ~(self.wage < least)
        return mask

    def _in_groups(self, prefixes: frozenset[str]) -> Mask:
        mask = np.zeros(len(self), dtype=np.bool_)
        for prefix in prefixes:
            low, high = isco_range(prefix)
            mask |= (self.isco >= low) & (self.isco <= high)
        return mask


def _least_by_currency(floor: WageFloor) -> npt.NDArray[np.float64]:
    """Return the floor by currency number, NaN where it cannot be compared; -1 is the last."""
    least = np.full(_CURRENCIES + 1, np.nan)
    for currency, amount in floor.least.items():
        least[currency_number(currency)] = amount
    return least


def _readers(stored: StoredListing) -> str:
    readers = stored.readers
    if readers is None:
        return ""
    return f"{_SEPARATOR}{_SEPARATOR.join(sorted(readers))}{_SEPARATOR}"


def visa_number(kind: VisaKind | None) -> int:
    """Return the number that stands for a kind of visa in a column, -1 for none."""
    return -1 if kind is None else _VISAS[kind]


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _ordinal(day: date) -> int:
    return day.toordinal()
