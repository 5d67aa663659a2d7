"""Days as people write them."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from babel import Locale

from service.domain.text import fold
from service.intake.cells import CellError, plain_digits


class DateOrder(StrEnum):
    """Whether 03/04/2026 is in April or in March."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_NUMBERS: Final = re.compile(
    r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})(?:\s+[\d:]+.*)?"
)
_AGO: Final = re.compile(r"(\d{1,3})\+?\s*(day|week|month|hour|minute)s?\s+ago", re.IGNORECASE)
_DAYS: Final = {"hour": 0, "minute": 0, "day": 1, "week": 7, "month": 30}
_NAMED: Final = ("en", "bn", "hi", "ur", "ne", "ar", "id", "fil", "ta", "si")
_CENTURY: Final = 2000
_MONTHS: Final = 12
_RIGHT: Final = "Write the day as 2026-01-31."


@cache
def _months() -> Mapping[str, int]:
    """Return the months' names in the languages people write in, folded -> 1 to 12."""
    found: dict[str, int] = {"sept": 9}
    for code in _NAMED:
        months = Locale(code).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    found.setdefault(fold(name), number)
    return found


@lru_cache(maxsize=4096)
def day(text: str, order: DateOrder | None = None, today: date | None = None) -> date:
    """Return the day a cell names; with `today` also "3 days ago".

    Raises:
        CellError: no day, or one of two depending on the order of day and month.
    """
    plain = plain_digits(text).strip()
    if whole := _ISO.fullmatch(plain) or _YEAR_FIRST.fullmatch(plain):
        return _made(int(whole.group(1)), int(whole.group(2)), int(whole.group(3)))
    if numbers := _NUMBERS.fullmatch(plain):
        return _of_numbers(int(numbers.group(1)), int(numbers.group(2)), numbers.group(3), order)
    if (found := _relative(plain, today)) or (found := _named(plain)):
        return found
    raise CellError(f"This is no day. {_RIGHT}")


def date_order(texts: Iterable[str]) -> DateOrder | None:
    """Return the order of day and month that a file's dates prove, None if none or both do."""
    proof: set[DateOrder] = set()
    for text in texts:
        numbers = _NUMBERS.fullmatch(plain_digits(text).strip())
        if numbers is None:
            continue
        first, second = int(numbers.group(1)), int(numbers.group(2))
        if first > _MONTHS >= second:
            proof.add(DateOrder.DAY_FIRST)
        elif second > _MONTHS >= first:
            proof.add(DateOrder.MONTH_FIRST)
    return proof.pop() if len(proof) == 1 else None


def moment(text: str, order: DateOrder | None = None, today: date | None = None) -> str:
    """Return a day or a time in RFC 3339; a day begins at midnight UTC.

    Raises:
        CellError: no day.
    """
    try:
        said = datetime.fromisoformat(plain_digits(text).strip())
    except ValueError:
        return f"{day(text, order, today).isoformat()}T00:00:00Z"
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")


def _of_numbers(first: int, second: int, year: str, order: DateOrder | None) -> date:
    whole = int(year) if len(year) > 2 else _CENTURY + int(year)  # noqa: PLR2004 - two digits
    if first > _MONTHS or first == second:
        return _made(whole, second, first)
    if second > _MONTHS:
        return _made(whole, first, second)
    if order is None:
        raise CellError(
            f"This can be {_spelt(second, first)} or {_spelt(first, second)}, and no other date in "
            f"the file tells which. {_RIGHT}"
        )
    month_first = order is DateOrder.MONTH_FIRST
    return _made(whole, first, second) if month_first else _made(whole, second, first)


def _spelt(month: int, on: int) -> str:
    if not 1 <= month <= _MONTHS:
        return "no day"
    return f"{on} {Locale('en').months['format']['wide'][month]}"


def _relative(text: str, today: date | None) -> date | None:
    if today is None:
        return None
    word = text.casefold()
    if word in {"today", "just now", "yesterday"}:
        return today - timedelta(days=word == "yesterday")
    if ago := _AGO.fullmatch(word):
        return today - timedelta(days=int(ago.group(1)) * _DAYS[ago.group(2)])
    return None


def _named(text: str) -> date | None:
    """Read "31 Jan 2026", "Saturday, January 31st, 2026", "৩১ জানুয়ারি ২০২৬"."""
    numbers = [int(one) for one in re.findall(r"\d+", text)]
    words = fold(re.sub(r"(?i)(?<=\d)(?:st|nd|rd|th)\b", "", re.sub(r"[-/]", " ", text))).split()
    months = [_months()[word] for word in words if word in _months()]
    if len(months) != 1 or len(numbers) != 2:  # noqa: PLR2004 - a day and a year
        return None
    on, year = sorted(numbers) if max(numbers) > 31 else numbers  # noqa: PLR2004 - days of a month
    return _made(year if year > 99 else _CENTURY + year, months[0], on)  # noqa: PLR2004


def _made(year: int, month: int, on: int) -> date:
    try:
        return date(year, month, on)
    except (ValueError, OverflowError) as error:
        raise CellError(f"There is no such day. {_RIGHT}") from error
