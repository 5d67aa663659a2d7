"""One row of any maker's file as a body of the contract."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from service.domain.imported import ImportKind, RawRow, RowProblem
from service.domain.text import fold
from service.intake import jobposting, resume
from service.intake.cells import CellError, known
from service.intake.dates import DateOrder, date_order
from service.intake.fields import DATES, EVEN_UNKNOWN, READERS, Context
from service.intake.money_words import FREE
from service.intake.values import external_id

_COUNTRY: Final = {ImportKind.LISTINGS: "country", ImportKind.RETURNEES: "home_country"}
_HEADED: Final = frozenset({"description", "text"})
"""Fields in which each of several columns keeps its header in front."""
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Drafted:
    """A row as ListingIn or ReturneeIn in JSON, and what in it was not understood."""

    body: dict[str, Any]
    external_id: str | None = None
    problems: tuple[RowProblem, ...] = ()


def to_contract(  # noqa: PLR0913 - half of them go by name
    kind: ImportKind,
    mapping: Mapping[str, str | None],
    row: RawRow,
    *,
    today: date,
    defaults: Mapping[str, Any] | None = None,
    order: DateOrder | None = None,
) -> Drafted:
    """Return a row as a body of the contract. Raises nothing.

    mapping: column -> field; None and "ignore" leave a column out. Without any mapping the row
    is a JobPosting, a JSON Resume, or has the contract's own names and goes through unchanged.
    defaults: what fields are where the row is silent. order: see file_date_order.
    """
    if row.problem is not None:
        return Drafted({}, None, (row.problem,))
    context = _context(kind, defaults or {}, today, order)
    # A returnee has no wage: the currency is only for amounts that name none.
    fill = {
        name: value
        for name, value in (defaults or {}).items()
        if kind is ImportKind.LISTINGS or name != "wage_currency"
    }
    problems: Iterable[RowProblem] = ()
    if mapping:
        body, problems = _mapped(kind, mapping, row, context)
    elif kind is ImportKind.LISTINGS and jobposting.is_posting(row.values):
        body, problems = jobposting.to_listing(row.values, today, context.country)
    elif kind is ImportKind.RETURNEES and resume.is_resume(row.values):
        body, problems = resume.to_returnee(row.values)
    else:
        body = dict(row.values)
    return _finished(body, fill, problems)


def file_date_order(mapping: Mapping[str, str | None], rows: Iterable[RawRow]) -> DateOrder | None:
    """Return the order of day and month that all of a file's dates prove, None if none do."""
    columns = [column for column, field in mapping.items() if field in DATES | {"birth_year"}]
    return date_order(
        value
        for row in rows
        for column in columns
        if isinstance(value := row.values.get(column), str)
    )


def _context(
    kind: ImportKind, defaults: Mapping[str, Any], today: date, order: DateOrder | None
) -> Context:
    return Context(
        today=today,
        country=defaults.get(_COUNTRY[kind]),
        currency=defaults.get("wage_currency"),
        order=order,
    )


def _mapped(
    kind: ImportKind,
    mapping: Mapping[str, str | None],
    row: RawRow,
    context: Context,
) -> tuple[dict[str, Any], list[RowProblem]]:
    body: dict[str, Any] = {}
    problems: list[RowProblem] = []
    for field, read in READERS[kind].items():
        columns = [column for column, to in mapping.items() if to == field]
        headed = field in _HEADED and len(columns) > 1
        for column in columns:
            text = _text(_inside(row.values, column))
            if not known(text) and not (field in EVEN_UNKNOWN and fold(text) in FREE):
                continue
            try:
                part = read(text, replace(context, header=column))
            except CellError as error:
                problems.append(RowProblem(column, str(error)))
                continue
            if headed:
                part = {field: f"{column}: {part[field]}"}
            _merge(body, part)
            if field == _COUNTRY[kind]:
                context = replace(context, country=body[field])
    if kind is ImportKind.RETURNEES:
        _put_experiences(body)
    return body, problems


def _finished(
    body: dict[str, Any],
    defaults: Mapping[str, Any],
    problems: Iterable[RowProblem],
) -> Drafted:
    """Fill in what the row is silent on, and take its name in the source out of the body."""
    name = body.pop("external_id", None)
    for field, value in defaults.items():
        if body.get(field) is None and not _without_amount(field, body):
            body[field] = value
    said = external_id(str(name)) if isinstance(name, str | int) else None
    return Drafted(body, said, tuple(problems))


def _without_amount(field: str, body: Mapping[str, Any]) -> bool:
    """Tell whether a default would be a currency or period of nothing."""
    if field in {"wage_currency", "wage_period"}:
        return "wage_min" not in body and "wage_max" not in body
    return field in {"fee_currency", "cost_currency"} and field.partition("_")[0] not in body


def _inside(values: Mapping[str, Any], column: str) -> object:
    """Return a row's value by its key, or by a dotted path into nested objects."""
    if column in values:
        return values[column]
    here: object = values
    for part in column.split("."):
        if not isinstance(here, Mapping):
            return None
        here = here.get(part)
    return here


def _text(value: object) -> str:
    """Return any JSON value as a cell: a list as lines, nothing for an object."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(text for one in value if (text := _text(one)))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _merge(body: dict[str, Any], part: Mapping[str, Any]) -> None:
    """Add a part: words and lists grow, objects merge, of anything else the first stays."""
    for name, value in part.items():
        have = body.get(name)
        if have is None:
            body[name] = dict(value) if isinstance(value, Mapping) else value
        elif isinstance(have, dict) and isinstance(value, Mapping):
            _merge(have, value)
        elif isinstance(have, list) and isinstance(value, list):
            body[name] = have + [one for one in value if one not in have]
        elif name in _HEADED and value not in have:
            body[name] = f"{have}\n\n{value}"


def _put_experiences(body: dict[str, Any]) -> None:
    """Make one experience of its columns, or one a country where there are several."""
    said = body.pop("experience", None)
    if not said:
        return
    countries = said.pop("countries", [])
    if len(countries) == 1:
        said["country"] = countries[0]
    # How the years divide among several countries is not said.
    several = [{"country": one} for one in countries] if len(countries) > 1 else []
    body["experiences"] = [one for one in (said, *several) if one]
