"""Cut free words into phrases short enough that each says one thing."""

import re
from dataclasses import dataclass
from typing import Final

MOST_PHRASES: Final = 40
"""Phrases read from one text. The rest of a longer text is not ranked on."""

_LONGEST_WORDS = 24
_LONGEST_SENTENCE = 600
"""Characters; beyond, an encoder would not read it anyway."""
_EDGES = re.compile(r"^[\s.'\"*_–—-]+|[\s.'\"*_–—-]+$")
_WORD = re.compile(r"\S+")

# A full stop ends a sentence before a space, unless it stands behind one letter ("A.C. work").
_SENTENCES = re.compile(r"(?<!\b[A-Za-z])\.(?=\s|$)|[;!?\n\r•·|]+|[।॥۔؟؛]+")
_CLAUSES = re.compile(r":|\s[-–—]+\s|[,،](?!\d)|\(|\)")
_JOINS = re.compile(
    r"\s+(?:and|also|plus|then|but|because|so|aur|o|ebong|at|dan|serta|tapos|tsaka|ra|ani|tatha)\s+"
    r"|\s+&\s+"
    r"|\s+(?:এবং|আর|ও|और|तथा|एवं|र|अनि|اور|پھر|و|ثم|සහ|හා|மற்றும்|കൂടാതെ|പിന്നെ)\s+"
    # Arabic writes its "and" on the next word. "والدي" is a father, "والله" an oath.
    r"|\s+و(?=(?:[أإآ]|كنت|كان|اشتغل|اعرف|اقدر|عمل|عندي|لدي|قم|درب|طبخ|نظف|ركب|سوي|شغل|تعلم|ساعد)"
    r"|ال(?!(?:د(?:ي|ه|ك|ة|نا|ين|تي|ته|تك)?|له)\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A phrase and the sentence it stands in, both letter for letter as written."""

    phrase: str
    sentence: str


def phrases(text: str) -> list[str]:
    """Return the phrases of a text in order, each once, without those that hold no word."""
    return [one.phrase for one in clauses(text)]


def clauses(text: str) -> list[Clause]:
    """Return the phrases of a text with their sentences, in order, each phrase once.

    Clauses are cut at punctuation, then at conjunctions where both sides say something
    (two words or more), so that "cook and clean" stays whole. Every phrase stands in the
    text letter for letter: it is shown as the person's own words.
    """
    found: dict[str, Clause] = {}
    for part in _SENTENCES.split(text):
        sentence = _EDGES.sub("", part)[:_LONGEST_SENTENCE]
        for clause in _CLAUSES.split(part):
            for phrase in _unjoined(_EDGES.sub("", clause)):
                if any(letter.isalpha() for letter in phrase):
                    found.setdefault(phrase, Clause(phrase, sentence))
    return list(found.values())[:MOST_PHRASES]


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
