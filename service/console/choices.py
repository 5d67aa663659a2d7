"""Countries and currencies to choose from, by name, those met most first."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from service.console.formats import Formats
from service.console.languages import Language

CURRENCIES: Final = (
    *("BDT", "INR", "NPR", "PKR", "LKR", "SAR", "AED", "QAR", "OMR", "KWD", "BHD", "MYR"),
    *("SGD", "MVR", "JOD", "IQD", "KRW", "JPY", "EUR", "USD", "GBP", "RON", "PLN", "PHP", "IDR"),
)
SENDING: Final = (
    *("BD", "IN", "NP", "PK", "LK", "PH", "ID", "MM", "AF", "KE", "ET", "UG", "GH", "NG", "VN"),
)
"""Where people come home to."""
_MET_MOST: Final = (
    *("BD", "IN", "NP", "PK", "LK", "SA", "AE", "QA", "OM", "KW", "BH", "MY", "SG"),
)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NOT_COUNTRIES: Final = frozenset(
    "AC CP CQ DG EA EU EZ IC QO TA UN XA XB XK ZZ".split()  # noqa: SIM905 - a list to read
)


def country_name(language: Language, code: str) -> str:
    """Return a country's name where there is no place for tags, as in a list to choose from."""
    return Formats(language).country(code).striptags()


@cache
def countries(language: Language, first: tuple[str, ...] = _MET_MOST) -> Sequence[tuple[str, str]]:
    """Return (code, name) of every country: those of `first`, then all others by name."""
    named = {
        code: country_name(language, code)
        for code in map(str, language.locale.territories)
        if _COUNTRY.fullmatch(code) and code not in _NOT_COUNTRIES
    }
    rest = sorted(named.keys() - set(first), key=lambda code: named[code])
    return tuple((code, named[code]) for code in (*first, *rest))


@cache
def currencies(language: Language) -> Sequence[tuple[str, str]]:
    """Return (code, name) of the currencies that pay comes in."""
    formats = Formats(language)
    return tuple((code, formats.currency(code).striptags()) for code in CURRENCIES)
