"""What a JobPosting says of pay, in the several shapes publishers give it."""

from collections.abc import Mapping
from typing import Any, Final

from service.domain.listing import WagePeriod
from service.intake import money
from service.intake.cells import CellError, known
from service.intake.prose import first, one_line

_UNITS: Final[Mapping[str, tuple[WagePeriod, float]]] = {
    **dict.fromkeys(("HOUR", "HOURLY", "HUR", "PER HOUR", "H"), (WagePeriod.HOUR, 1.0)),
    **dict.fromkeys(("DAY", "DAILY", "PER DAY", "DAYLY"), (WagePeriod.DAY, 1.0)),
    **dict.fromkeys(("WEEK", "WEEKLY", "WEE", "PER WEEK"), (WagePeriod.WEEK, 1.0)),
    **dict.fromkeys(("BIWEEKLY", "BI WEEKLY", "FORTNIGHT"), (WagePeriod.WEEK, 0.5)),
    **dict.fromkeys(("SEMIMONTHLY", "SEMI MONTHLY"), (WagePeriod.MONTH, 2.0)),
    **dict.fromkeys(("MONTH", "MONTHLY", "MON", "PER MONTH"), (WagePeriod.MONTH, 1.0)),
    **dict.fromkeys(("QUARTER", "QUARTERLY"), (WagePeriod.MONTH, 1 / 3)),
    **dict.fromkeys(
        ("YEAR", "YEARLY", "ANN", "ANNUAL", "ANNUALLY", "ANNUM"), (WagePeriod.YEAR, 1.0)
    ),
    **dict.fromkeys(("PER YEAR", "PER ANNUM"), (WagePeriod.YEAR, 1.0)),
}
"""unitText or unitCode -> our period, and what to multiply an amount by to get to it."""


def wage(posting: Mapping[str, Any], country: str | None) -> dict[str, Any]:
    """Return wage_min, wage_max, wage_currency and wage_period as far as a posting says them.

    An amount of 0 is how publishers leave it out.

    Raises:
        CellError: amounts or a unit that cannot be understood.
    """
    salary = first(posting.get("baseSalary")) or first(posting.get("estimatedSalary"))
    if salary is None:
        return {}
    stated = one_line(posting.get("salaryCurrency"))
    if not isinstance(salary, Mapping):
        return _written(one_line(salary), "", stated, country)
    stated = one_line(salary.get("currency")) or stated
    inner = first(salary.get("value"))
    amounts = inner if isinstance(inner, Mapping) else salary
    unit = one_line(amounts.get("unitText")) or one_line(salary.get("unitText"))
    unit = unit or one_line(amounts.get("unitCode")) or one_line(salary.get("duration"))
    low, high = _amount(amounts.get("minValue")), _amount(amounts.get("maxValue"))
    if low is None and high is None:
        one = amounts.get("value") if amounts.get("value") is not None else amounts.get("median")
        text = one_line(one)
        number = _amount(one)
        if number is None:
            return _written(text, unit, stated, country)
        low = high = number
    return _checked(low, high, unit, stated, country)


def _amount(value: object) -> float | None:
    """Return a number, or a text that is nothing but an amount; 0 is none."""
    text = one_line(value)
    if not known(text):
        return None
    try:
        return money.amount(text)[0] or None
    except CellError:
        return None


def _written(text: str, unit: str, stated: str, country: str | None) -> dict[str, Any]:
    said = money.pay(text, country)
    if not (said.low or said.high):
        return {}
    currency = stated or said.currency or ""
    return _checked(said.low, said.high, unit or (said.period or ""), currency, country)


def _checked(
    low: float | None, high: float | None, unit: str, stated: str, country: str | None
) -> dict[str, Any]:
    if low is not None and high is not None and low > high:
        raise CellError("The lowest pay is more than the highest.")
    period, times = _unit(unit)
    found: dict[str, Any] = {
        "wage_min": low and round(low * times, 2),
        "wage_max": high and round(high * times, 2),
        "wage_currency": money.currency_code(stated, country) if known(stated) else None,
        "wage_period": period,
    }
    return {name: value for name, value in found.items() if value is not None}


def _unit(text: str) -> tuple[str | None, float]:
    word = " ".join(text.replace("-", " ").replace("_", " ").upper().split())
    if not known(word):
        return None, 1.0
    if word not in _UNITS:
        raise CellError("unitText is HOUR, DAY, WEEK, MONTH or YEAR.")
    period, times = _UNITS[word]
    return period.value, times
