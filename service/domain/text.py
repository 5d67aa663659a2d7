"""The one folding of text that storing, searching and vetoing agree on."""

import re
import unicodedata

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
