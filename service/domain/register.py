"""An organisation's register: by what its people are found again, and what falls due for them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """What a register holds of one person, folded as `Sought` is.

    names: words of the name. words: of where they live, what they do, and how their organisation
    names them. sounds: how names and places are heard. agreed: whether they agreed to matching;
    until: the last day of it. visa: the last day of a visa they hold.
    """

    organisation_id: str
    names: tuple[str, ...]
    words: tuple[str, ...]
    sounds: tuple[str, ...]
    agreed: bool
    until: date | None = None
    visa: date | None = None


@dataclass(frozen=True, slots=True)
class SoughtWord:
    """A word somebody is looked for by. sound: empty where it is too short to be heard."""

    word: str
    sound: str


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is looked for: one of this organisation's people to whom every word applies."""

    organisation_id: str
    words: tuple[SoughtWord, ...]


class Deadline(StrEnum):
    """What ends on a day, for a person."""

    CONSENT = "consent"
    VISA = "visa"


@dataclass(frozen=True, slots=True)
class Falling:
    """Whose day comes first, and how many there are in all. days: (person id, day) in order."""

    days: tuple[tuple[str, date], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of whom a search brought, best first, and how many it brought in all."""

    ids: tuple[str, ...]
    total: int
