"""What day it is where somebody lives."""

from datetime import UTC, date, datetime
from functools import cache
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
