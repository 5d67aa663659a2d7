"""Which field a table's column fills: by its name, then by what stands in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from rapidfuzz import fuzz, process

from service.domain.imported import ImportKind
from service.domain.text import fold
from service.intake import dates, money, names
from service.intake.cells import CellError, known, plain_digits
from service.intake.dates import DateOrder
from service.intake.fields import READERS, Context
from service.intake.headers import FIELDS, SEVERAL

_IGNORE: Final = "ignore"
_NEAR: Final = 88
_LEAST: Final = 4
"""Letters from which a header can be near another."""
_MOST_ROWS: Final = 50
_AGREE: Final = 0.7
_LONG: Final = 60
_WORK: Final = frozenset({"category", "job category", "trade", "trade name", "trades"})
_PHONE: Final = re.compile(r"['`]?\+?[\d\s()./-]{8,20}")
_DIGITS: Final = (8, 15)
_URL: Final = re.compile(r"(?i)(?:https?://|www\.)\S+")
_EMAIL: Final = re.compile(r"\S+@\S+\.\w+")
# Only for trying whether cells can be read: any day will do.
_SOME_DAY: Final = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A column, the field it seems to fill (None: no idea), how sure that is, and why."""

    column: str
    field: str | None
    confidence: float
    reason: str


def suggest(
    kind: ImportKind, columns: Sequence[str], sample_rows: Sequence[Mapping[str, Any]]
) -> tuple[Suggestion, ...]:
    """Return a suggestion for every column, in their order.

    A field goes to one column, except those that hold lists or free words. What a person may
    not be asked (why they came back, papers, parents' names) is always "ignore".
    """
    rows = sample_rows[:_MOST_ROWS]
    guesses = [_guess(kind, column, _cells(rows, column)) for column in columns]
    taken: dict[str, str] = {}
    settled: dict[int, Suggestion] = {}
    for at in sorted(range(len(guesses)), key=lambda at: (-guesses[at].confidence, at)):
        one = guesses[at]
        if one.field in taken:
            reason = f'"{taken[one.field]}" already is {one.field}.'
            settled[at] = Suggestion(one.column, None, 0.0, reason)
            continue
        if one.field is not None and one.field not in SEVERAL:
            taken[one.field] = one.column
        settled[at] = one
    if kind is ImportKind.LISTINGS and "title" not in taken:
        _name_the_work(settled)
    return tuple(settled[at] for at in range(len(guesses)))


def _name_the_work(settled: dict[int, Suggestion]) -> None:
    """Take a column such as Trade or Category for the title where no other names the work.

    Demand letters of agencies have nothing else: "Category: Steel fixer".
    """
    for at, one in sorted(settled.items()):
        if one.field in {"skills", "sectors"} and fold(one.column) in _WORK:
            reason = "No other column names the work."
            settled[at] = Suggestion(one.column, "title", 0.8, reason)
            return


def _cells(rows: Sequence[Mapping[str, Any]], column: str) -> list[str]:
    texts = (str(row[column]) for row in rows if isinstance(row.get(column), str | int | float))
    return [text for text in texts if known(text)]


def _guess(kind: ImportKind, column: str, cells: Sequence[str]) -> Suggestion:
    named = _by_name(kind, column)
    if named is not None:
        return _held_against(kind, named, cells)
    inside = _by_content(kind, cells)
    if inside is not None:
        return Suggestion(column, inside[0], inside[1], inside[2])
    return Suggestion(column, None, 0.0, "Neither its name nor its cells say what it is.")


@cache
def _known_names(kind: ImportKind) -> dict[str, str]:
    """Return header name, folded -> field. The contract's own names come first."""
    found = {fold(field): field for field in READERS[kind]}
    for field, others in FIELDS[kind].items():
        for name in others:
            found.setdefault(fold(name), field)
    return found


def _by_name(kind: ImportKind, column: str) -> Suggestion | None:
    names_of = _known_names(kind)
    last = re.split(r"[./]", column)[-1]
    for text, sure in (
        (column, 1.0),
        (re.sub(r"[(\[][^()\[\]]*[)\]]", " ", column), 0.95),
        (re.sub(r"(?<=[a-z])(?=[A-Z])", " ", last), 0.9),
        *((part, 0.85) for part in re.split(r"\s*[/|]\s*|[()]", column)[:4]),
    ):
        if field := names_of.get(fold(text)):
            return Suggestion(column, field, sure, f'"{fold(text)}" is a name for {field}.')
    word = fold(column)
    if len(word) < _LEAST:
        return None
    near = process.extractOne(word, list(names_of), scorer=fuzz.ratio, score_cutoff=_NEAR)
    if near is None or len(near[0]) < _LEAST:
        return None
    return Suggestion(
        column, names_of[near[0]], round(near[1] / 100 * 0.9, 2), f'Spelt nearly like "{near[0]}".'
    )


def _held_against(kind: ImportKind, named: Suggestion, cells: Sequence[str]) -> Suggestion:
    """Return a suggestion less sure of where most cells cannot be read as its field."""
    read = READERS[kind].get(named.field or "")
    if read is None or not cells:
        return named
    # Day and month in any order, and money without a country, are no sign against a column.
    context = Context(today=_SOME_DAY, country="BD", currency="BDT", order=DateOrder.DAY_FIRST)
    failed = 0
    for cell in cells:
        try:
            read(cell, context)
        except CellError as error:
            failed += "Several countries" not in str(error)
    if failed * 2 <= len(cells):
        return named
    reason = f"{named.reason} But {failed} of {len(cells)} cells cannot be read as that."
    return Suggestion(named.column, named.field, round(named.confidence / 2, 2), reason)


def _is_country(cell: str) -> bool:
    return _reads(names.country, cell)


def _is_currency(cell: str) -> bool:
    return len(cell) <= _LEAST and _reads(lambda text: money.currency_code(text, "BD"), cell)


def _is_money(cell: str) -> bool:
    plain = plain_digits(cell)
    try:
        said = money.pay(plain, "BD")
    except CellError:
        return False
    return (said.low or said.high) is not None and (said.currency or said.period) is not None


def _is_phone(cell: str) -> bool:
    digits = sum(letter.isdigit() for letter in cell)
    return bool(_PHONE.fullmatch(plain_digits(cell))) and _DIGITS[0] <= digits <= _DIGITS[1]


def _is_day(cell: str) -> bool:
    return _reads(lambda text: dates.day(text, DateOrder.DAY_FIRST), cell)


def _reads(read: Callable[[str], object], cell: str) -> bool:
    try:
        read(cell)
    except CellError:
        return False
    return True


_SIGNS: Final[tuple[tuple[Callable[[str], bool], str | None, str | None, float, str], ...]] = (
    (lambda cell: bool(_EMAIL.fullmatch(cell)), _IGNORE, _IGNORE, 0.8, "e-mail addresses"),
    (lambda cell: bool(_URL.fullmatch(cell)), "url", _IGNORE, 0.7, "web addresses"),
    (_is_day, None, None, 0.0, "dates, but of what"),
    (_is_phone, _IGNORE, "phone", 0.6, "phone numbers"),
    (_is_currency, "wage_currency", None, 0.6, "currencies"),
    (_is_country, "country", "experience_country", 0.5, "countries"),
    (_is_money, "wage", "min_wage", 0.5, "amounts of money"),
    (lambda cell: _reads(names.languages, cell), "languages", "languages", 0.5, "languages"),
    (lambda cell: len(cell) >= _LONG, "description", "text", 0.4, "free words"),
)
"""Test of a cell, the field for listings and for returnees, how sure, and what it looks like."""


def _by_content(kind: ImportKind, cells: Sequence[str]) -> tuple[str | None, float, str] | None:
    if not cells:
        return None
    for sign, listing, returnee, sure, what in _SIGNS:
        share = sum(map(sign, cells)) / len(cells)
        if share >= _AGREE:
            field = listing if kind is ImportKind.LISTINGS else returnee
            if what == "countries" and kind is ImportKind.RETURNEES and len(set(cells)) == 1:
                field = "home_country"
            return field, round(sure * share, 2) if field else 0.0, f"Its cells look like {what}."
    return None
