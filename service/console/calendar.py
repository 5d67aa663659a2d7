"""A month as a calendar, for the page that says nothing."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date, get_day_names

from service.console.formats import Formats
from service.console.languages import Language


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it is drawn. weeks: seven days each, "" for days of other months."""

    title: str
    days: tuple[str, ...]
    weeks: tuple[tuple[str, ...], ...]
    today: str


def month(day: date, language: Language) -> Month:
    """Return the month of a day, beginning as weeks begin in the language's region."""
    formats, first = Formats(language), language.locale.first_week_day
    names = get_day_names("abbreviated", locale=language.babel)
    weeks = Calendar(first).monthdayscalendar(day.year, day.month)
    return Month(
        title=str(formats.plain(format_date(day, "MMMM y", locale=language.babel))),
        days=tuple(names[(first + at) % 7] for at in range(7)),
        weeks=tuple(
            tuple(str(formats.plain(one)) if one else "" for one in week) for week in weeks
        ),
        today=str(formats.plain(day.day)),
    )
