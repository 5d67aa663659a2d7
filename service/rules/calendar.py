"""What day it is where somebody lives."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global


@cache
def _zones(country: str) -> tuple[str, ...]:
    zones = get_global("zone_territories")
    return tuple(zone for zone, where in zones.items() if where == country)


def today_in(country: str | None, now: datetime) -> date:
    """Return the date at `now` (aware) in a country, in UTC where the country is not known.

    Of a country with several zones the first to reach midnight counts: an agreement that has
    ended anywhere there has ended.
    """
    days = [now.astimezone(UTC).date()]
    if country is not None:
        found = []
        for zone in _zones(country):
            try:
                found.append(now.astimezone(ZoneInfo(zone)).date())
            except ZoneInfoNotFoundError:
                continue
        days = found or days
    return max(days)


def other_days(now: datetime) -> Mapping[date, frozenset[str]]:
    """Return in which countries it is another date than in UTC at `now` (aware), by that date."""
    moment = now.astimezone(UTC)
    # Midnight comes at a quarter of an hour everywhere.
    quarter = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return _other_days(quarter)


@lru_cache(maxsize=2)
def _other_days(now: datetime) -> Mapping[date, frozenset[str]]:
    found: dict[date, set[str]] = defaultdict(set)
    for country in set(get_global("zone_territories").values()):
        day = today_in(country, now)
        if day != now.date():
            found[day].add(country)
    return {day: frozenset(countries) for day, countries in found.items()}
