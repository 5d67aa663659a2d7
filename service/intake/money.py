"""Amounts of money as people write them."""
# ruff: noqa: RUF001 - signs of other scripts are what it is about

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale
from babel.numbers import get_territory_currencies

from service.domain.listing import WagePeriod
from service.domain.text import fold
from service.intake.cells import CellError, known, plain_digits
from service.intake.money_words import AT_LEAST, AT_MOST, CURRENCIES, FREE, PERIODS

_MOST: Final = 1e12
_GROUP: Final = 3
"""Digits between two marks that part thousands."""
_BARE: Final = 1000
"""Below this the first end of a range counts in what its second end names: "3-5 lakh"."""
_NUMBER: Final = re.compile(
    r"(?<!\d)(?<!\d[.,])(\d{1,3}(?:[,.'’ ]\d{2,3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)"
    r"(?:\s*(k|thousand|hundred|lakhs?|lacs?|lpa|crores?|cr|million|mio|juta|jt|ribu|rb|হাজার|লাখ|"
    r"लाख|हज़ार|हजार|ہزار|لاکھ|ألف)(?![^\W\d_]))?",
    re.IGNORECASE,
)
_TIMES: Final = {
    **dict.fromkeys(("k", "thousand", "ribu", "rb", "হাজার", "हज़ार", "हजार", "ہزار", "ألف"), 1e3),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs", "lpa", "লাখ", "लाख", "لاکھ"), 1e5),
    **dict.fromkeys(("crore", "crores", "cr"), 1e7),
    **dict.fromkeys(("million", "mio", "juta", "jt"), 1e6),
    "hundred": 1e2,
}
_RANGE: Final = re.compile(
    r"[\s()/=.:]*(?:[^\W\d_]{0,3}[.$]?\s*)?(?:-|–|—|~|to|upto|up to|and|থেকে|से|سے|إلى|"
    r"sampai|s/d|hingga)\s*[^\d,]{0,12}",
    re.IGNORECASE,
)
_DEFAULT: Final = {"AED": "AED", "USD": "USD", "GBP": "GBP"}
"""Families of which one is meant unless the country has another."""
_THREE_DECIMALS: Final = frozenset({"KWD", "BHD", "OMR", "JOD", "IQD", "LYD", "TND"})
_NOT_CODES: Final = frozenset({"ALL", "TOP", "CUP", "MOP", "LAK", "PER", "MIN", "MAX"})
_OTHER_COUNTS: Final = re.compile(
    r"\d+(?:[.,]\d+)?\s*(?:-\s*\d+\s*)?(?:(?:hours?|hrs?)(?:\s*(?:a|per|/)\s*day)?|days?|months?|years?|%|percent|bonus\w*|"
    r"festivals?|times|meals?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pay:
    """What a text says of pay; None is what it leaves open."""

    low: float | None = None
    high: float | None = None
    currency: str | None = None
    period: WagePeriod | None = None


@cache
def _codes() -> frozenset[str]:
    return frozenset(Locale("en").currencies) - _NOT_CODES


def home_currency(country: str | None) -> str | None:
    """Return the currency of a country, None where it is not known."""
    current = get_territory_currencies(country) if country else ()
    return str(current[0]) if current else None


def currency(text: str, country: str | None = None) -> str | None:
    """Return the currency a text names, None where it names none.

    Raises:
        CellError: a name that several have ("Rs"), in a country that has none of them.
    """
    for code in re.findall(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])", text):
        if code in _codes():
            return str(code)
    if re.fullmatch(r"\s*[a-z]{3}\s*", text) and text.strip().upper() in _codes():
        return text.strip().upper()
    if country == "BH" and re.search(r"\bBD\b", text):
        return "BHD"
    for sign, family in CURRENCIES:
        if sign.search(text):
            return _of_family(family, country)
    return None


def _of_family(family: tuple[str, ...], country: str | None) -> str:
    home = home_currency(country)
    if len(family) == 1:
        return family[0]
    if home in family:
        return home
    if family[0] in _DEFAULT:
        return family[0]
    codes = f"{', '.join(family[:-1])} or {family[-1]}"
    raise CellError(f"Several countries' money has this name. Write {codes}.")


def currency_code(text: str, country: str | None = None) -> str:
    """Return the currency of a cell that holds nothing else.

    Raises:
        CellError: none that is known.
    """
    found = currency(text, country) or _by_name(text)
    if found is None:
        raise CellError("This is no currency that is known. Write a code such as BDT.")
    return found


def _by_name(text: str) -> str | None:
    names = Locale("en").currencies
    return next((code for code in _codes() if fold(names[code]) == fold(text)), None)


def period(text: str) -> WagePeriod | None:
    """Return what an amount pays for, None where the text does not say."""
    without = _OTHER_COUNTS.sub(" ", text)
    return next((of for of, sign in PERIODS if sign.search(without)), None)


def period_only(text: str) -> WagePeriod:
    """Return the period of a cell that holds nothing else.

    Raises:
        CellError: none that is known.
    """
    found = period(text)
    if found is None:
        raise CellError("Write hour, day, week, month or year.")
    return found


def pay(text: str, country: str | None = None) -> Pay:
    """Return what "Tk. 25,000 - 30,000 (Monthly)" says; an empty Pay for "Negotiable".

    Raises:
        CellError: amounts that cannot be told apart.
    """
    plain = plain_digits(text)
    money = _amounts(plain, country)
    if not money and known(text) and any(letter.isdigit() for letter in plain):
        raise CellError("The amount is not clear. Write it as 25000-30000.")
    if not money:
        return Pay()
    said = Pay(None, None, currency(plain, country), period(plain))
    low, high = money[0], money[-1]
    if len(money) == 1 and AT_MOST.search(plain):
        return Pay(None, high, said.currency, said.period)
    if len(money) == 1 and AT_LEAST.search(plain):
        return Pay(low, None, said.currency, said.period)
    if low > high:
        raise CellError("The lower amount comes first: 25000-30000.")
    return Pay(low, high, said.currency, said.period)


def amount(text: str, country: str | None = None) -> tuple[float | None, str | None]:
    """Return one amount and its currency as far as said; "free" is 0.

    Raises:
        CellError: no amount, or more than one.
    """
    plain = plain_digits(text)
    if fold(text) in FREE:
        return 0.0, None
    found = _amounts(plain, country)
    if len(found) == 1:
        return found[0], currency(plain, country)
    raise CellError("Write one amount, such as 25000.")


def _amounts(text: str, country: str | None) -> list[float]:
    """Return one amount, or the two ends of a range."""
    bare = _OTHER_COUNTS.sub(" ", text)
    outside = re.sub(r"\([^()]*\)", " ", bare)
    bare = outside if re.search(r"\d", outside) else bare
    # What comes on top is not pay in money: "1500 + food 300".
    before = bare.partition("+")[0]
    bare = before if re.search(r"\d", before) else bare
    found = list(_NUMBER.finditer(bare))
    if re.search(r"-\s*\d", bare) and len(found) == 1 and not re.search(r"[\d\w]\s*-\s*\d", bare):
        raise CellError("An amount of money is not less than 0.")
    _must_be_one_or_a_range(bare, found)
    code = _safely(text, country)
    values = [_value(one.group(1), code) for one in found]
    times = [_TIMES.get((one.group(2) or "").casefold(), 1.0) for one in found]
    if times and times[0] == 1 and values[0] < _BARE:
        times[0] = times[-1]
    amounts = [value * by for value, by in zip(values, times, strict=True)]
    if any(one > _MOST or not math.isfinite(one) for one in amounts):
        raise CellError("This is more than any amount that is paid.")
    return [round(one, 3) for one in amounts]


def _must_be_one_or_a_range(text: str, found: Sequence[re.Match[str]]) -> None:
    ends = found[:2]
    between = text[ends[0].end() : ends[1].start()] if len(ends) > 1 else "-"
    if len(found) > len(ends) or not _RANGE.fullmatch(between):
        raise CellError("There are several amounts here. Write one, or a range: 25000-30000.")


def _safely(text: str, country: str | None) -> str | None:
    try:
        return currency(text, country)
    except CellError:
        return None


def _value(digits: str, code: str | None) -> float:
    """Return a number whose marks may part thousands (1,50,000) or decimals (12.5)."""
    bare = re.sub(r"['’ ]", "", digits)
    *whole, tail = re.split(r"[.,]", bare)
    last = bare[-len(tail) - 1] if whole else ""
    alone = last != "" and len(set(bare) & {".", ","}) == 1
    thousands = len(tail) == _GROUP and not (last == "." and code in _THREE_DECIMALS)
    if not whole or bare.count(last) > 1 or (alone and thousands):
        return float("".join([*whole, tail]))
    return float(f"{''.join(whole)}.{tail}")
