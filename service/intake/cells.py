"""The smallest parts of a cell: digits of any script, and words that mean nothing is known."""

import re
import unicodedata
from typing import Final

from service.domain.text import fold, visible


class CellError(ValueError):
    """A cell says something that cannot be understood. The message says what would be right."""


_UNKNOWN: Final = frozenset(
    {
        *("", "na", "n a", "nil", "null", "none", "unknown", "tbd", "tba", "not applicable"),
        *("not available", "not specified", "not specific", "not mentioned", "not disclosed"),
        *("undisclosed", "not known", "dont know", "don t know", "nan", "undefined", "blank"),
        *("negotiable", "as per company policy", "as per policy", "as per industry standard"),
        *("competitive", "attractive", "to be discussed", "depends", "confidential"),
        *("আলোচনা সাপেক্ষে", "আলোচনাসাপেক্ষ", "প্রযোজ্য নয়", "অজানা", "जानकारी नहीं", "लागू नहीं"),
        *("غير معروف", "لا يوجد", "nego", "negosiasi"),
    }
)
_YES: Final = frozenset(
    "yes y true 1 t ok agreed agree haan ha ji han oo opo ya iya হ্যাঁ হা জি हाँ हां जी हो ہاں جی نعم ඔව් ஆம்".split()  # noqa: SIM905, E501 - a list to read
)
_NO: Final = frozenset(
    "no n false 0 f not refused refuse declined nahi na hindi tidak না নাই नहीं होइन نہیں لا නැත இல்லை".split()  # noqa: SIM905, E501 - a list to read
)
_DIGIT_SIGNS: Final = {"\u066b": ".", "\u066c": ",", "\u00a0": " ", "\u202f": " ", "\u2009": " "}


def known(text: str) -> bool:
    """Tell whether a cell says anything: not "", "-", "N/A" or "Negotiable"."""
    return fold(text) not in _UNKNOWN and any(letter.isalnum() for letter in text)


def plain_digits(text: str) -> str:
    """Return text with the digits of every script, and their signs, as those of ASCII."""
    return "".join(
        str(unicodedata.decimal(letter))
        if not letter.isascii() and unicodedata.category(letter) == "Nd"
        else _DIGIT_SIGNS.get(letter, letter)
        for letter in text
    )


def line(text: str) -> str:
    """Return a cell as one line."""
    return visible(text)


def flag(text: str) -> bool:
    """Return yes or no.

    Raises:
        CellError: it is neither.
    """
    word = fold(plain_digits(text))
    if word in _YES or word.split(" ")[0] in _YES - {"ha", "ya", "t"}:
        return True
    if word in _NO or word.split(" ")[0] in _NO - {"hindi", "na", "f"}:
        return False
    raise CellError("This is neither yes nor no.")


_BULLETS: Final = re.compile(r"(?m)^\s*(?:[•●▪◦‣·*–—-]|\(?\d{1,2}[.)])\s+")  # noqa: RUF001 - dashes
_INLINE: Final = re.compile(r"\s*[•●▪◦‣]\s*|\s*[;|\n]\s*")
_NUMBERED: Final = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s+")
_COMMA: Final = re.compile(r"\s*[,،、]\s*(?![^()]*\))")
_SHORT: Final = 60
_ENDS: Final = " .,;।"


def items(text: str) -> list[str]:
    """Return the entries of a list: by lines, bullets, numbers or semicolons.

    Commas only count where nothing else parts the entries, and none of them is a sentence.
    """
    text = _BULLETS.sub("\n", text.strip())
    parts = [part for part in _INLINE.split(text) if part.strip(_ENDS)]
    if len(parts) == 1:
        numbered = [part for part in _NUMBERED.split(text) if part.strip(_ENDS)]
        parts = numbered if len(numbered) > 1 else parts
    if len(parts) == 1:
        commas = [part for part in _COMMA.split(parts[0]) if part.strip(_ENDS)]
        if all(len(part) <= _SHORT for part in commas):
            parts = commas
    found = [line(part).strip(_ENDS) for part in parts]
    return list(dict.fromkeys(part for part in found if any(map(str.isalnum, part))))
