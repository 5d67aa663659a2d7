"""Cut free words into phrases short enough that each says one thing."""

import re
from typing import Final

from service.domain.text import visible

MOST_PHRASES: Final = 40
"""Phrases read from one text. The rest of a longer text is not ranked on."""

_LONGEST_WORDS = 24

# A full stop ends a phrase before a space, unless it stands behind one letter ("A.C. work").
_BREAKS = re.compile(
    r"(?<!\b[A-Za-z])\.(?=\s|$)|[;:!?\n\r•·|]+|[।॥۔؟؛]+|\s[-–—]+\s|[,،](?!\d)|\(|\)"
)
_JOINS = re.compile(
    r"\s+(?:and|also|plus|then|but|because|so|aur|o|ebong|at|dan)\s+|\s+&\s+|\s+(?:এবং|আর|और|اور)\s+",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W\d_]")


def phrases(text: str) -> list[str]:
    """Return the phrases of a text in order, each once, without those that hold no word.

    Clauses are cut at punctuation, then at conjunctions where both sides say something
    (two words or more), so that "cook and clean" stays whole.
    """
    found: dict[str, None] = {}
    for line in re.split(r"[\n\r]+", text):
        for clause in _BREAKS.split(visible(line)):
            for phrase in _unjoined((clause or "").strip(" \t.'\"*_-–—")):
                if _LETTER.search(phrase):
                    found.setdefault(phrase)
    return list(found)[:MOST_PHRASES]


def _unjoined(clause: str) -> list[str]:
    parts: list[str] = []
    for piece in _JOINS.split(clause):
        if parts and (len(piece.split()) == 1 or len(parts[-1].split()) == 1):
            parts[-1] = f"{parts[-1]} and {piece}" if piece.isascii() else f"{parts[-1]} {piece}"
        else:
            parts.append(piece)
    return [short for part in parts for short in _shortened(part)]


def _shortened(part: str) -> list[str]:
    """Cut what nobody punctuated into runs of words an encoder can still tell apart."""
    words = part.split()
    if len(words) <= _LONGEST_WORDS:
        return [part] if part else []
    return [" ".join(words[i : i + _LONGEST_WORDS]) for i in range(0, len(words), _LONGEST_WORDS)]
