"""Amounts, dates, countries and languages as each language writes them."""

from datetime import date
from functools import cache
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_name

from service.domain.said import Country, Currency, Fact, Money, Tongue
from service.skills.scripts import in_digits

_LOCALES: Final = {"en": "en_GB", "tl": "fil"}
_WHOLE_FROM: Final = 100
"""Amounts from which nobody wants to read hundredths."""


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(_LOCALES.get(language, language))


def written(fact: Fact, language: str) -> str:
    """Return a fact as a language (BCP-47, one of the sheet's) writes it."""
    match fact:
        case str():
            return fact
        case Money():
            number = fact.amount if fact.amount < _WHOLE_FROM else round(fact.amount)
            return f"{_number(number, language)} {_currency(fact.currency, language)}"
        case date():
            day = format_date(fact, "d MMMM y", locale=_locale(language))
            return in_digits(str(day), language)
        case int() | float():
            return _number(fact, language)
        case _:
            return _named(fact, language)


def _named(code: Currency | Country | Tongue, language: str) -> str:
    match code:
        case Currency():
            return _currency(code.code, language)
        case Country():
            return str(_locale(language).territories.get(code.code, code.code))
        case Tongue():
            name = _locale(language).languages.get(code.code.split("-", maxsplit=1)[0])
            return f"{name or code.code} {code.level or ''}".strip()


def _currency(code: str, language: str) -> str:
    if language == "en":
        return code
    return str(get_currency_name(code, locale=_locale(language)))


def _number(number: float, language: str) -> str:
    plain = format_decimal(
        number, "#,##0.##", locale=_locale("en" if language == "ar" else language)
    )
    # Babel never writes other digits by itself.
    return in_digits(str(plain), language, separators=True)
