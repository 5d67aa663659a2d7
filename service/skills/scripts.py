"""How a language is written: from which side, and in which digits."""

from typing import Final

RIGHT_TO_LEFT: Final = frozenset({"ar", "ur", "fa", "ps", "sd", "ckb", "he", "dv", "ug"})
"""Languages by BCP-47 whose script runs from the right."""
# CLDR's default numbering; Hindi and Urdu papers are written with 0 to 9.
_DIGITS: Final = {
    "ar": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "bn": str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯"),
    "ne": str.maketrans("0123456789", "०१२३४५६७८९"),
}
_SEPARATORS: Final = {"ar": str.maketrans(".,", "\u066b\u066c")}


def direction(tag: str) -> str:
    """Return "rtl" or "ltr", as HTML names the direction of a language's script."""
    return "rtl" if tag.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def in_digits(text: str, language: str, *, separators: bool = False) -> str:
    """Return text with the digits that are usual in a language.

    separators: text is a number written as in English, and its comma and point change too.
    """
    if separators:
        text = text.translate(_SEPARATORS.get(language, {}))
    return text.translate(_DIGITS.get(language, {}))
