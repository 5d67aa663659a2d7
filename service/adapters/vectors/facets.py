"""The columns of a segment that eligibility is decided on, and the mask it gives."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
import numpy.typing as npt

from service.domain.eligibility import Eligibility
from service.domain.listing import Kind, StoredListing
from service.domain.text import fold
from service.domain.wages import best_monthly_wage, per_month

Mask = npt.NDArray[np.bool_]

_KINDS = {kind: number for number, kind in enumerate(Kind)}
_NO_DAY = np.iinfo(np.int32).max
_ISCO_DIGITS = 4
_SEPARATOR = "\x1f"


def _country_number(code: str) -> int:
    return (ord(code[0]) - 65) * 26 + ord(code[1]) - 65


def isco_range(prefix: str) -> tuple[int, int]:
    """Return the lowest and highest unit group number under an ISCO-08 prefix."""
    width = 10 ** (_ISCO_DIGITS - len(prefix))
    low = int(prefix) * width
    return low, low + width - 1


@dataclass(frozen=True, slots=True)
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
    currency: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    words: npt.NDArray[np.str_]
    sectors: npt.NDArray[np.str_]

    @classmethod
    def of(cls, listings: Sequence[StoredListing]) -> "Facets":
        """Read the columns off listings."""
        items = [stored.content for stored in listings]
        nan = float("nan")
        text = np.dtypes.StringDType()
        return cls(
            kind=np.array([_KINDS[x.kind] for x in items], np.int8),
            country=np.array([_country_number(x.country) for x in items], np.int16),
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
            lat=np.array([nan if x.lat is None else x.lat for x in items], np.float64),
            lon=np.array([nan if x.lon is None else x.lon for x in items], np.float64),
            currency=np.array([x.wage_currency or "" for x in items], text),
            source=np.array([stored.source for stored in listings], text),
            words=np.array([listing_words(stored) for stored in listings], text),
            sectors=np.array(
                [f"{_SEPARATOR}{_SEPARATOR.join(x.sectors)}{_SEPARATOR}" for x in items], text
            ),
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.kind)

    def taken(self, rows: npt.NDArray[np.int64]) -> "Facets":
        """Return only these rows."""
        return Facets(*(getattr(self, field.name)[rows] for field in fields(self)))

    def joined(self, other: "Facets") -> "Facets":
        """Return these rows and then the other's."""
        return Facets(
            *(
                np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            )
        )

    def mask(self, rule: Eligibility) -> Mask:
        """Return which rows are eligible, shape (n,)."""
        mask = np.isin(self.kind, [_KINDS[kind] for kind in rule.kinds])
        if rule.countries is not None:
            mask &= np.isin(self.country, [_country_number(code) for code in rule.countries])
        if rule.countries_not:
            mask &= ~np.isin(self.country, [_country_number(c) for c in rule.countries_not])
        if rule.valid_on is not None:
            mask &= self.last_day >= _ordinal(rule.valid_on)
        for prefix in rule.isco08_not:
            low, high = isco_range(prefix)
            mask &= (self.isco < low) | (self.isco > high)
        mask &= self._unwanted_absent(rule) & self._pay(rule)
        if rule.isco08 is not None:
            mask &= self._in_groups(rule.isco08)
        if rule.sources is not None:
            mask &= _any_equal(self.source, rule.sources)
        if rule.within is not None:
            # NaN, an unknown place, is not beyond any radius.
            mask &= ~(rule.within.distances_km(self.lat, self.lon) > rule.within.radius_km)
        if rule.licensed_only:
            mask &= self.licensed == 1
        return mask

    def _unwanted_absent(self, rule: Eligibility) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_)
        for words in rule.words_not:
            mask &= np.strings.find(self.words, f" {words} ") < 0
        if rule.sectors is not None:
            found = np.zeros(len(self), dtype=np.bool_)
            for sector in rule.sectors:
                found |= np.strings.find(self.sectors, f"{_SEPARATOR}{sector}{_SEPARATOR}") >= 0
            mask &= found
        return mask

    def _pay(self, rule: Eligibility) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_)
        for least in (rule.min_wage, rule.filter_wage):
            if least is not None:
                # Another currency cannot be compared here, so it passes and is flagged.
                same = self.currency == least.currency
                mask &= ~(same & (self.wage < per_month(least.amount, least.period)))
        return mask

    def _in_groups(self, prefixes: frozenset[str]) -> Mask:
        mask = np.zeros(len(self), dtype=np.bool_)
        for prefix in prefixes:
            low, high = isco_range(prefix)
            mask |= (self.isco >= low) & (self.isco <= high)
        return mask


def listing_words(stored: StoredListing) -> str:
    """Return the folded title and skills, a space at both ends, for whole-word search."""
    parts = (stored.content.title, *stored.content.skills)
    return f" {' '.join(fold(part) for part in parts)} "


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _ordinal(day: date) -> int:
    return day.toordinal()


def _any_equal(column: npt.NDArray[np.str_], values: frozenset[str]) -> Mask:
    found = np.zeros(len(column), dtype=np.bool_)
    for value in values:
        found |= column == value
    return found
