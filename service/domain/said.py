"""What is said to people in more than one language: facts that each writes its own way."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217)."""

    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency by ISO 4217, without an amount."""

    code: str


@dataclass(frozen=True, slots=True)
class Country:
    """A country by ISO 3166-1 alpha-2."""

    code: str


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language by BCP-47 code, and the CEFR level meant."""

    code: str
    level: str | None = None


Fact = str | int | float | bool | date | Money | Currency | Country | Tongue
"""What stands in a sentence beside its words; each language writes it its own way."""


@dataclass(frozen=True, slots=True)
class Worded:
    """The same said twice: in the person's language, and in English."""

    own: str
    english: str
