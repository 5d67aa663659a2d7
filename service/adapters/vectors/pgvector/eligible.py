"""Eligibility as conditions in SQL: what `Facets.mask` says of columns in memory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from service.adapters.vectors.facets import (
    KIND_NUMBERS,
    country_number,
    currency_number,
    isco_range,
    visa_number,
)
from service.domain.corridor import Corridor
from service.domain.eligibility import Circle, Eligibility, WageFloor
from service.domain.pool import Ask
from service.domain.refusal import Refusal

Condition = sa.ColumnElement[bool]
_MARGIN_KM: Final = 0.001
_NOTHING: Final[Mapping[Refusal, list[int]]] = {}


class Rules:
    """Writes rules over the columns of one table."""

    def __init__(
        self, listings: sa.FromClause, refused: Mapping[Refusal, list[int]] = _NOTHING
    ) -> None:
        """Write them over this table. refused: rows that refusals take out for their words."""
        self._c = listings.c
        self._refused = refused

    def asked(self, ask: Ask) -> Condition | None:
        """Return which rows an ask is about, None where it can be none."""
        wanted = dict(self._conditions(ask.eligible))
        if ask.but_not is None:
            return sa.and_(sa.true(), *wanted.values())
        # What holds of all of them anyway need not be asked, and stops no index from being used.
        more = [one for key, one in self._conditions(ask.but_not) if key not in wanted]
        if not more:
            return None
        return sa.and_(sa.true(), *wanted.values(), sa.or_(*(sa.not_(one) for one in more)))

    def eligible(self, rule: Eligibility) -> Condition:
        """Return which rows are eligible."""
        return sa.and_(sa.true(), *(one for _, one in self._conditions(rule)))

    def _conditions(self, rule: Eligibility) -> Iterator[tuple[object, Condition]]:
        """Yield what must hold, each with what it comes from; no NULL comes of any."""
        yield from self._of_all(rule)
        yield from self._of_one(rule)
        if rule.viewer is None:
            yield ("viewer", None), self._c.readers.is_(None)
        else:
            named = sa.literal(rule.viewer) == sa.any_(self._c.readers)
            yield ("viewer", rule.viewer), sa.func.coalesce(named, sa.true())

    def _of_all(self, rule: Eligibility) -> Iterator[tuple[object, Condition]]:
        """Yield what a route and its filters say."""
        c = self._c
        if len(rule.kinds) < len(KIND_NUMBERS):
            yield ("kinds", rule.kinds), _among(c.kind, [KIND_NUMBERS[one] for one in rule.kinds])
        if rule.countries is not None:
            codes = sorted(map(country_number, rule.countries))
            yield ("countries", rule.countries), _among(c.country, codes)
        for code in sorted(rule.countries_not):
            yield ("not", code), c.country != country_number(code)
        if rule.valid_on is not None:
            yield ("day", rule.valid_on), c.last_day >= rule.valid_on.toordinal()
        if rule.sectors is not None:
            named = sa.literal(sorted(rule.sectors), ARRAY(sa.Text))
            yield ("sectors", rule.sectors), c.sectors.op("&&", is_comparison=True)(named)
        if rule.isco08 is not None:
            yield ("isco08", rule.isco08), self._in_groups(rule.isco08)
        if rule.sources is not None:
            yield ("sources", rule.sources), _among(c.source, sorted(rule.sources), sa.Text)
        if rule.licensed_only:
            yield "licensed", c.licensed == 1

    def _of_one(self, rule: Eligibility) -> Iterator[tuple[object, Condition]]:
        """Yield what holds for one person."""
        for corridor in rule.closed:
            yield ("closed", corridor), sa.not_(self._falls_under(corridor))
        for floor in (rule.min_wage, rule.filter_wage):
            if floor is not None:
                # By amounts: what can be compared is no part of a floor's own equality.
                known = (floor.known_only, tuple(sorted(floor.least.items())))
                yield ("wage", known), self._pays(floor)
        if rule.within is not None:
            yield ("within", rule.within), self._within(rule.within)
        for refusal in rule.refusals:
            yield ("refusal", refusal), sa.not_(self._refused_by(refusal))

    def _falls_under(self, corridor: Corridor) -> Condition:
        there = self._c.country == country_number(corridor.destination)
        if corridor.covers is None:
            return there
        kinds = [visa_number(kind) for kind in corridor.covers]
        return sa.and_(there, _among(self._c.visa, sorted(kinds)))

    def _in_groups(self, prefixes: frozenset[str]) -> Condition:
        ranges = [self._c.isco.between(*isco_range(one)) for one in sorted(prefixes)]
        return sa.or_(sa.false(), *ranges)

    def _pays(self, floor: WageFloor) -> Condition:
        least = {str(currency_number(name)): amount for name, amount in floor.least.items()}
        named = sa.cast(sa.literal(json.dumps(least), sa.Text), JSONB)
        currency = sa.cast(self._c.currency, sa.Text)
        amount = sa.cast(sa.func.jsonb_extract_path_text(named, currency), sa.Double)
        if floor.known_only:
            return sa.func.coalesce(self._c.wage >= amount, sa.false())
        return sa.not_(sa.func.coalesce(self._c.wage < amount, sa.false()))

    def _within(self, circle: Circle) -> Condition:
        """Return what is not surely beyond, and a metre more: `Circle` decides on the edge."""
        lat, lat0 = sa.func.radians(self._c.lat), float(np.radians(circle.lat))
        across = sa.func.radians(self._c.lon - circle.lon)
        half = sa.func.power(sa.func.sin((lat - lat0) / 2), 2) + sa.func.cos(lat) * float(
            np.cos(lat0)
        ) * sa.func.power(sa.func.sin(across / 2), 2)
        km = 2 * 6371.0088 * sa.func.asin(sa.func.sqrt(sa.func.least(half, 1.0)))
        reach = circle.radius_km + circle.spread_km + _MARGIN_KM
        # Asked for by name: the least of a number and NULL is the number.
        return sa.or_(self._c.lat.is_(None), self._c.lon.is_(None), km - self._c.spread <= reach)

    def _refused_by(self, refusal: Refusal) -> Condition:
        rows = sa.literal(self._refused.get(refusal, []), ARRAY(sa.BigInteger))
        return sa.or_(self._in_groups(refusal.isco08), self._c.row == sa.any_(rows))


def _among(
    column: sa.ColumnElement[object], values: Sequence[object], kind: type = sa.SmallInteger
) -> Condition:
    return column == sa.any_(sa.literal(values, ARRAY(kind)))
