"""How codes and dates are written for people."""

from datetime import date
from typing import Final

from babel import Locale
from babel.dates import format_date

_ENGLISH: Final = Locale("en", "GB")


def country_name(code: str) -> str:
    """Return the English name of an ISO 3166-1 alpha-2 country, the code itself if unknown."""
    return str(_ENGLISH.territories.get(code, code))


def language_name(code: str) -> str:
    """Return the English name of a BCP-47 language, the code itself where unknown."""
    return _ENGLISH.languages.get(code.split("-", maxsplit=1)[0]) or code


def human_date(day: date) -> str:
    """Return a date as it is read aloud: 4 March 2026."""
    return str(format_date(day, "d MMMM y", locale=_ENGLISH))
