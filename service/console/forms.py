"""Forms: what stands in each field, what is wrong with it, and what makes a form safe to send."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from service.domain.errors import InvalidInputError
from service.domain.officer import Draft
from service.intake.cells import plain_digits

CSRF: Final = "_csrf"
ONCE: Final = "_once"
FORM: Final = "_form"
PAGE: Final = "_page"
ABOUT: Final = "_about"
LANGUAGE: Final = "_language"
SECRET_FIELDS: Final = ("password", "new_password", "admin_key")
"""Never kept in a draft, never filled in again."""
_NUMBER: Final = re.compile(r"(?:\d+|\d{1,3}(?:[, '’]\d{2,3})*[, '’]\d{3})(?:\.\d+)?|\.\d+")
"""Grouped in threes, or as in 1,00,000: "2,5" may mean two and a half, and is not guessed at."""


@dataclass(slots=True)
class Form:
    """One form. name: under which its draft is kept; empty for one that keeps none.

    page: the path that shows it. values: by field, each a list in order. errors: by field, in
    the order of the page, as messages in the reader's language. saved: whether it shows a draft,
    and since when.
    """

    name: str
    page: str
    values: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    about: str | None = None
    draft: Draft | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))

    def value(self, name: str, default: str = "") -> str:
        """Return what stands in a field."""
        found = self.values.get(name)
        return found[0] if found else default

    def all(self, name: str) -> Sequence[str]:
        """Return everything that stands in a field that may stand several times."""
        return self.values.get(name, [])

    def text(self, name: str) -> str:
        """Return what stands in a field, without space around it."""
        return self.value(name).strip()

    def refuse(self, name: str, message: str) -> None:
        """Say what is wrong with a field; the first thing said stays."""
        self.errors.setdefault(name, message)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors

    def blame(
        self, error: InvalidInputError, fields: Mapping[str, str], words: Mapping[str, str]
    ) -> None:
        """Put what a use case refused beside its fields.

        fields: field of the form by JSON pointer (its beginning counts). words: message by field;
        use cases speak English, officers may not.
        """
        for problem in error.problems:
            name = next((one for p, one in fields.items() if problem.pointer.startswith(p)), "")
            self.refuse(name, words.get(name, words.get("", problem.detail)))


def number(text: str) -> float | None:
    """Return a number in any script's digits, grouped or not; None where nothing is written.

    Raises ValueError for what is no number.
    """
    plain = plain_digits(text).strip()
    if not plain:
        return None
    if not _NUMBER.fullmatch(plain):
        message = "This is no number."
        raise ValueError(message)
    return float(re.sub("[, '’]", "", plain))


def fields_of(sent: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the fields of a sent form without what the console put in, and without secrets."""
    return {
        name: list(values)
        for name, values in sent.items()
        if not name.startswith("_") and name not in SECRET_FIELDS
    }
