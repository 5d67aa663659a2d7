"""How a table's cell becomes a part of the contract's body, field by field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from service.domain.imported import ImportKind
from service.intake import dates, money, names, values
from service.intake.cells import CellError, flag, items, line
from service.intake.html import plain_text

_SENTENCE: Final = 6
"""Words from which a cell about experience is worth keeping as words."""
_TITLE: Final = 100
_HOURS: Final = r"(?i)\b(?:hours?|hrs?)\b|ঘণ্টা|ঘন্টা|घंटे|घण्टा"
_LINE: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a cell means depends on: the row's country, the day, the file's order of dates."""

    today: date
    country: str | None = None
    currency: str | None = None
    order: dates.DateOrder | None = None
    header: str = ""
    """The column's name, which may say the currency, the period or the unit for all its cells."""

    def named_currency(self) -> str | None:
        """Return the currency that the column's name says, None where it does not."""
        try:
            return money.currency(self.header, self.country)
        except CellError:
            return None


Part = Mapping[str, Any]
Reader = Callable[[str, Context], Part]
"""Cell -> the part of a body it fills. Raises CellError."""


def _line(name: str) -> Reader:
    return lambda text, _context: {name: line(plain_text(text))}


def _list(name: str) -> Reader:
    return lambda text, _context: {name: items(plain_text(text))}


def _value(name: str, read: Callable[[str], object]) -> Reader:
    return lambda text, _context: {name: read(line(text))}


def _country(name: str) -> Reader:
    return _value(name, names.country)


def _words(name: str) -> Reader:
    return lambda text, _context: {name: plain_text(text)}


def _day(name: str) -> Reader:
    def read(text: str, context: Context) -> Part:
        return {name: dates.day(text, context.order, context.today).isoformat()}

    return read


def _posted(text: str, context: Context) -> Part:
    return {"posted_at": dates.moment(text, context.order, context.today)}


def _currency(name: str) -> Reader:
    return lambda text, context: {name: money.currency_code(text, context.country)}


def _amount(name: str, currency: str) -> Reader:
    def read(text: str, context: Context) -> Part:
        found, code = money.amount(text, context.country)
        code = code or context.named_currency()
        return {name: found} | ({currency: code} if code and found else {})

    return read


def _wage(text: str, context: Context) -> Part:
    said = money.pay(plain_text(text), context.country)
    if said.low is None and said.high is None:
        return {}
    period = said.period or money.period(context.header)
    found = {
        "wage_min": said.low,
        "wage_max": said.high,
        "wage_currency": said.currency or context.named_currency(),
        "wage_period": period and period.value,
    }
    return {name: value for name, value in found.items() if value is not None}


def _least_experience(text: str, _context: Context) -> Part:
    words = plain_text(text)
    found: dict[str, Any] = {}
    least = values.years(words)
    if least is not None:
        found["min_experience_years"] = least
    # Freely worded requirements name the work, too: matching reads the description.
    if len(words.split()) > _SENTENCE:
        found["description"] = f"Experience: {words}"
    return found


def _duration(text: str, context: Context) -> Part:
    if re.search(_HOURS, f"{text} {context.header}"):
        # How many hours make a week is not said, so they stay words.
        return {"description": f"Duration: {line(text)}"}
    unit = re.search(r"(?i)\b(?:day|week|month|year|hour)", context.header)
    bare = unit and text.replace(".", "").isdecimal()
    return {"duration_weeks": values.weeks(f"{text} {unit.group()}s" if unit and bare else text)}


def _coordinate(name: str, most: int) -> Reader:
    return lambda text, _context: {name: values.degrees(text, most)}


def _isco(text: str, _context: Context) -> Part:
    code = values.isco08(line(text))
    return {"isco08": code} if code else {}


_PLACE: Final[Mapping[str, Reader]] = {
    "external_id": _value("external_id", values.external_id),
    "region": _line("region"),
    "lat": _coordinate("lat", 90),
    "lon": _coordinate("lon", 180),
    "languages": lambda text, _context: {"languages": names.languages(text)},
}
# In this order: what a column of its own says goes before what is found in freer words.
_LISTING: Final[Mapping[str, Reader]] = {
    "country": _country("country"),
    "kind": _value("kind", values.kind),
    "title": _line("title"),
    "employer": _line("employer"),
    **_PLACE,
    "description": _words("description"),
    "url": _value("url", values.url),
    "skills": _list("skills"),
    "isco08": _isco,
    "min_experience_years": _least_experience,
    "certificates": _list("certificates"),
    "wage_currency": _currency("wage_currency"),
    "wage_period": lambda text, _context: {"wage_period": money.period_only(text).value},
    "wage_min": _amount("wage_min", "wage_currency"),
    "wage_max": _amount("wage_max", "wage_currency"),
    "wage": _wage,
    "fee_currency": _currency("fee_currency"),
    "fee": _amount("fee", "fee_currency"),
    "visa_class": _line("visa_class"),
    "recruiter_licensed": _value("recruiter_licensed", flag),
    "positions": _value("positions", values.count),
    "posted_at": _posted,
    "valid_through": _day("valid_through"),
    "outcomes": _list("outcomes"),
    "duration_weeks": _duration,
    "cost_currency": _currency("cost_currency"),
    "cost": _amount("cost", "cost_currency"),
    "provider": _line("provider"),
    "certification": _line("certification"),
    "sectors": _list("sectors"),
    "visibility": _value("visibility", values.visibility),
    "visible_to": _list("visible_to"),
}


def _skills(text: str, _context: Context) -> Part:
    return {"skills": [{"text": one} for one in items(plain_text(text))]}


def _experience(text: str, _context: Context) -> Part:
    words = plain_text(text)
    one_line = "\n" not in words and len(words) <= _TITLE
    return {"experience": {"title" if one_line else "description": words}}


def _experience_years(text: str, _context: Context) -> Part:
    found = values.years(text)
    return {} if found is None else {"experience": {"years": found}}


def _min_wage(text: str, context: Context) -> Part:
    said = money.pay(text, context.country)
    amount = said.low if said.low is not None else said.high
    if amount is None:
        return {}
    currency = said.currency or context.named_currency() or context.currency
    if currency is None:
        raise CellError("Write the currency beside the amount: BDT 25000.")
    wage = {"amount": amount, "currency": currency}
    period = said.period or money.period(context.header)
    return {"preferences": {"min_wage": wage | ({"period": period.value} if period else {})}}


def _education(text: str, _context: Context) -> Part:
    words = line(text)
    if len(words) > _LINE:
        raise CellError(f"Write the highest education in {_LINE} characters at most.")
    return {"education": words}


_RETURNEE: Final[Mapping[str, Reader]] = {
    "home_country": _country("home_country"),
    "text": _words("text"),
    "name": _line("name"),
    # Spreadsheets and exports put a mark in front of numbers to keep them as text.
    "phone": lambda text, _context: {"phone": re.sub(r"^['`]\s*", "", line(text))},
    **_PLACE,
    "skills": _skills,
    "education": _education,
    "birth_year": lambda text, context: {
        "birth_year": values.birth_year(text, context.today, context.order)
    },
    "age": lambda text, context: {"birth_year": values.age(text, context.today)},
    "gender": _line("gender"),
    "experience": _experience,
    "experience_country": lambda text, _context: {
        "experience": {"countries": names.countries(text)}
    },
    "experience_years": _experience_years,
    "wants_countries": lambda text, _context: {"preferences": {"countries": names.countries(text)}},
    "vetoes": lambda text, _context: {
        "preferences": {"vetoes": [{"text": x} for x in items(text)]}
    },
    "min_wage": _min_wage,
    "visa_expires": _day("visa_expires"),
    "consent_matching": lambda text, _context: {"consent": {"matching": flag(text)}},
    "consent_until": lambda text, context: {
        "consent": {"until": dates.day(text, context.order, context.today).isoformat()}
    },
}
READERS: Final[Mapping[ImportKind, Mapping[str, Reader]]] = {
    ImportKind.LISTINGS: _LISTING,
    ImportKind.RETURNEES: _RETURNEE,
}
"""Field -> how its cells are read, in the order in which they are."""
DATES: Final = frozenset({"posted_at", "valid_through", "visa_expires", "consent_until"})
"""Fields whose dates must be understood to the day."""
EVEN_UNKNOWN: Final = frozenset({"fee", "cost"})
"""Fields where words for nothing ("nil") are an amount."""
EXPERIENCE_COUNTRY: Final = "experience_country"
