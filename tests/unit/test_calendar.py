"""What day it is where somebody lives."""

from datetime import UTC, date, datetime

import pytest

from service.rules.calendar import other_days, today_in

HOURS = [
    datetime(2026, 11, 22, hour, minute, tzinfo=UTC) for hour in range(24) for minute in (7, 52)
]


@pytest.mark.parametrize("now", HOURS[::5])
def test_other_days_are_those_of_each_country(now: datetime) -> None:
    """Whoever is not named has the date of UTC."""
    days = other_days(now)
    for country in ("BD", "NP", "US", "KI", "WS", "GB", "AF", "QA"):
        named = [day for day, countries in days.items() if country in countries]
        assert (named or [now.date()]) == [today_in(country, now)]


def test_there_are_no_more_than_three_days_at_once() -> None:
    """Yesterday, today and tomorrow."""
    found = {day for now in HOURS for day in other_days(now)}
    assert found <= {date(2026, 11, 21), date(2026, 11, 23)}
