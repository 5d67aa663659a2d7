"""A listing written by hand: what stands in the form, as a body of the contract, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

from service.console.desk import Desk
from service.console.forms import Form, number
from service.console.imports_words import PROBLEMS
from service.console.languages import N_
from service.console.listings_words import FIELDS
from service.console.state import state_of
from service.domain.errors import InvalidInputError
from service.domain.listing import Kind, Listing
from service.intake.reasons import problem_told

_LINES: Final[tuple[str, ...]] = ("skills", "certificates", "outcomes")
_NUMBERS: Final[tuple[str, ...]] = (
    *("min_experience_years", "wage_min", "wage_max", "fee", "positions", "duration_weeks", "cost"),
)
_WORDS: Final[tuple[str, ...]] = (
    *("kind", "title", "employer", "country", "region", "description", "url", "isco08"),
    *("wage_currency", "wage_period", "fee_currency", "visa_class", "valid_through"),
    *("cost_currency", "provider", "certification"),
)
_PAIRS: Final = {"fee": "fee_currency", "cost": "cost_currency", "wage_min": "wage_currency"}
_YES_NO: Final = {"yes": True, "no": False}


def values_of(listing: Listing) -> dict[str, list[str]]:
    """Return what stands in the form of a listing that is there."""
    body = body_of(listing)
    found = {name: str(body[name]) for name in (*_WORDS, *_NUMBERS) if name in body}
    found |= {name: f"{body[name]:.15g}" for name in _NUMBERS if isinstance(body.get(name), float)}
    found |= {name: "\n".join(body[name]) for name in _LINES if name in body}
    if listing.recruiter_licensed is not None:
        found["recruiter_licensed"] = "yes" if listing.recruiter_licensed else "no"
    return {name: [value] for name, value in found.items()}


def body_of(listing: Listing) -> dict[str, Any]:
    """Return a listing as a body of the contract, without what is not known."""
    return {
        name: _plain(value) for name, value in asdict(listing).items() if value not in (None, ())
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a listing
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def listing_of(desk: Desk, form: Form, before: Listing | None) -> Listing | None:
    """Return what a form states, None where it is refused: the form then says why.

    before: what was there; what the form does not ask for stays.
    """
    body = {} if before is None else body_of(before)
    for name in (*_WORDS, *_NUMBERS, *_LINES, "recruiter_licensed"):
        body.pop(name, None)
    body |= {name: form.text(name) for name in _WORDS if form.text(name)}
    body |= {name: lines for name in _LINES if (lines := _lines(form.text(name)))}
    if form.text("recruiter_licensed") in _YES_NO:
        body["recruiter_licensed"] = _YES_NO[form.text("recruiter_licensed")]
    _numbers(desk, form, body)
    _needed(desk, form, body)
    if not form.ok:
        return None
    try:
        return state_of(desk.request).contract.listing(desk.tools, body)
    except InvalidInputError as error:
        for problem in error.problems:
            name = problem.pointer.strip("/").split("/")[0]
            words = PROBLEMS[problem_told(problem.detail).code]
            field = "wage_min" if "wage_min" in problem.detail else name
            form.refuse(field if field in FIELDS else "", desk.text(words))
        return None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _numbers(desk: Desk, form: Form, body: dict[str, Any]) -> None:
    for name in _NUMBERS:
        try:
            found = number(form.text(name))
        except ValueError:
            form.refuse(name, desk.text(PROBLEMS["number"]))
            continue
        if name == "positions" and found is not None and not found.is_integer():
            form.refuse(name, desk.text(PROBLEMS["number"]))
        elif found is not None:
            body[name] = int(found) if name == "positions" else found


def _needed(desk: Desk, form: Form, body: Mapping[str, Any]) -> None:
    missing = {
        "title": N_("Write the title."),
        "country": N_("Choose the country."),
        "kind": N_("Choose the kind."),
    }
    for name, words in missing.items():
        if name not in body or (name == "kind" and body[name] not in set(Kind)):
            form.refuse(name, desk.text(words))
    for amount, currency in _PAIRS.items():
        stated = amount in body or (amount == "wage_min" and "wage_max" in body)
        if stated and currency not in body:
            form.refuse(currency, desk.text(N_("Choose the currency of the amount.")))
    ends = body.get("valid_through")
    if ends and ends < desk.tools.clock.today().isoformat():
        form.refuse("valid_through", desk.text(PROBLEMS["passed"]))
