"""The one folding of text that storing, searching and vetoing agree on."""

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

from confusable_homoglyphs import confusables

_SPACES = re.compile(r"\s+")
# Vowel signs and other marks are part of a word in most scripts; \w leaves them out.
_MARKS = "".join(
    re.escape(chr(point))
    for point in range(0x0300, 0x1F000)
    if unicodedata.category(chr(point)).startswith("M")
)
_EDGES = re.compile(rf"[^\w\s{_MARKS}]+", re.UNICODE)

# Invisible and direction marks: they change nothing a reader sees, so no comparison may
# depend on them. ZWJ and ZWNJ shape Indic letters; for comparing they are dropped as well.
_INVISIBLE = dict.fromkeys(
    [
        0x00AD,
        0x061C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
    ]
)


def visible(text: str) -> str:
    """Return the text in NFC without marks that no reader sees, spaces collapsed."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.translate(_INVISIBLE))).strip()


def fold(text: str) -> str:
    """Return the text for comparing: compatible forms, no case, punctuation as spaces."""
    folded = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).casefold()
    return _SPACES.sub(" ", _EDGES.sub(" ", folded)).strip()


_PASSES_FOR_LATIN: Final = ("CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "LATIN")
_BETWEEN_LETTERS: Final = re.compile(r"(?<=[a-z])[01345@$](?=[a-z])")
_TYPED_FOR: Final = {"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"}
_DROPPED_MARKS: Final = dict.fromkeys([*range(0x0300, 0x0370), 0x093C, 0x09BC])
_LEAST_PLURAL: Final = 4


@cache
def _look_alikes() -> dict[int, str]:
    """Return letters of other alphabets that pass for an ASCII letter (Unicode's confusables)."""
    found = {}
    for letter, others in confusables.confusables_data.items():
        if len(letter) != 1 or letter.isascii():
            continue
        if not unicodedata.name(letter, "").startswith(_PASSES_FOR_LATIN):
            continue
        latin = [one["c"] for one in others if len(one["c"]) == 1 and one["c"].isascii()]
        named = next((one for one in latin if one.isalpha()), None)
        if named is not None:
            found[ord(letter)] = named
    return found


@lru_cache(maxsize=100_000)
def skeleton(text: str) -> str:
    """Return a text as the eye reads it, for rules that nobody must slip past.

    Letters that only look Latin, accents, nuktas and figures typed for letters are made plain
    beyond what `fold` does, and a plural s is dropped: "D0méstic workers" is "domestic worker".
    """
    seen = unicodedata.normalize("NFKC", text.translate(_INVISIBLE)).translate(_look_alikes())
    seen = unicodedata.normalize("NFD", seen.casefold()).translate(_DROPPED_MARKS)
    seen = _BETWEEN_LETTERS.sub(lambda found: _TYPED_FOR[found.group()], seen)
    return " ".join(_singular(word) for word in fold(seen).split())


def _singular(word: str) -> str:
    plural = len(word) >= _LEAST_PLURAL and word.isascii() and word[-1] == "s" and word[-2] != "s"
    return word[:-1] if plural else word
