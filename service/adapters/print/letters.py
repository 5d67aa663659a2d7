"""Texts made fit for a page: short enough, in letters the fonts draw, in their own direction."""

import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from anyascii import anyascii
from fontTools.ttLib import TTFont

FONTS: Final = Path(__file__).parent / "fonts"

_ELLIPSIS: Final = "\u2026"
_MAY_BREAK: Final = "\u200b"
_LONGEST_WORD: Final = 24
_OPENING: Final = frozenset("\u2066\u2067\u2068")
_CLOSING: Final = "\u2069"
_ISOLATES: Final = _OPENING | {_CLOSING}
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


@cache
def _drawn() -> frozenset[int]:
    """Return the code points that the fonts here draw."""
    found: set[int] = set()
    for path in FONTS.glob("*-Regular.ttf"):
        with TTFont(path, lazy=True) as font:
            found |= font.getBestCmap().keys()
    return frozenset(found)


def shortened(text: str, letters: int) -> str:
    """Return a text of at most so many letters and an ellipsis; a word is there whole or not."""
    if len(text) <= letters:
        return text
    kept = ""
    for word in text.split():
        longer = f"{kept} {word}".strip()
        if len(longer) > letters:
            break
        kept = longer
    # What was opened to keep its direction is closed, or all behind it would turn round.
    opened = sum(letter in _OPENING for letter in kept) - kept.count(_CLOSING)
    return f"{kept.rstrip(' ,;:.-(')}{_CLOSING * opened}{_ELLIPSIS}"


def drawable(text: str) -> str:
    """Return a text that the fonts here can draw: other scripts in Latin letters, no pictures.

    Long words may break, so that nothing runs out of its column.
    """
    drawn = "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))
    return " ".join(_breakable(word) for word in drawn.split())


def _letter(letter: str) -> str:
    if letter in _ISOLATES or ord(letter) in _drawn():
        return letter
    if unicodedata.category(letter)[0] not in "LNMP":
        return " " if letter.isspace() else ""
    return str(anyascii(letter))


def _breakable(word: str) -> str:
    if len(word) <= _LONGEST_WORD:
        return word
    parts, part = [], ""
    for letter in word:
        # A vowel sign belongs to the letter before it.
        if len(part) >= _LONGEST_WORD and unicodedata.category(letter)[0] not in "MC":
            parts.append(part)
            part = ""
        part += letter
    return _MAY_BREAK.join([*parts, part])


def kept_in_order(text: str) -> str:
    """Return a text without a letter read from the right so that it stands as it is among such."""
    if any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in text):
        return text
    return f"\u2066{text}{_CLOSING}"
