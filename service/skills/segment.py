"""Cut free words into phrases short enough that each says one thing."""

import re
from typing import Final

MOST_PHRASES: Final = 40
"""Phrases read from one text. The rest of a longer text is not ranked on."""

_LONGEST_WORDS = 24
_EDGES = re.compile(r"^[\s.'\"*_–—-]+|[\s.'\"*_–—-]+$")
_WORD = re.compile(r"\S+")

# A full stop ends a phrase before a space, unless it stands behind one letter ("A.C. work").
_BREAKS = re.compile(
    r"(?<!\b[A-Za-z])\.(?=\s|$)|[;:!?\n\r•·|]+|[।॥۔؟؛]+|\s[-–—]+\s|[,،](?!\d)|\(|\)"
)
_JOINS = re.compile(
    r"\s+(?:and|also|plus|then|but|because|so|aur|o|ebong|at|dan)\s+|\s+&\s+|\s+(?:এবং|আর|और|اور)\s+",
    re.IGNORECASE,
)


def phrases(text: str) -> list[str]:
    """Return the phrases of a text in order, each once, without those that hold no word.

    Clauses are cut at punctuation, then at conjunctions where both sides say something
    (two words or more), so that "cook and clean" stays whole. Every phrase stands in the
    text letter for letter: it is shown as the person's own words.
    """
    found: dict[str, None] = {}
    for clause in _BREAKS.split(text):
        for phrase in _unjoined(_EDGES.sub("", clause)):
            if any(letter.isalpha() for letter in phrase):
                found.setdefault(phrase)
    return list(found)[:MOST_PHRASES]


def _unjoined(clause: str) -> list[str]:
    parts: list[tuple[int, int]] = []
    begin = 0
    for end, after in [*(join.span() for join in _JOINS.finditer(clause)), (len(clause),) * 2]:
        alone = len(clause[begin:end].split()) == 1
        if parts and (alone or len(clause[slice(*parts[-1])].split()) == 1):
            parts[-1] = (parts[-1][0], end)
        else:
            parts.append((begin, end))
        begin = after
    return [short for start, end in parts for short in _shortened(clause[start:end])]


def _shortened(part: str) -> list[str]:
    """Cut what nobody punctuated into runs of words an encoder can still tell apart."""
    words = [word.span() for word in _WORD.finditer(part)]
    if len(words) <= _LONGEST_WORDS:
        return [part] if part else []
    runs = [words[at : at + _LONGEST_WORDS] for at in range(0, len(words), _LONGEST_WORDS)]
    return [part[run[0][0] : run[-1][1]] for run in runs]
