"""Which language and script a text is in."""

import threading
import unicodedata
from collections import Counter
from functools import cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

READ: Final = frozenset({"en"})
"""Languages whose words are understood, not only stored."""

SCRIPTS: Final = {
    "LATIN": ("en", "tl", "id", "ms"),
    "BENGALI": ("bn",),
    "DEVANAGARI": ("hi", "ne"),
    "ARABIC": ("ar", "ur"),
    "SINHALA": ("si",),
    "TAMIL": ("ta",),
    "MALAYALAM": ("ml",),
}
"""Scripts a returnee's words may be in, with the languages looked for in each."""

_SURELY: Final = 0.9
_lock = threading.Lock()


def script(text: str) -> str | None:
    """Return the Unicode script name most letters are in, None without letters."""
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else None
    names = Counter[str]()
    # A text of two thousand letters has some thirty different ones.
    for letter, count in Counter(text).items():
        if letter.isalpha():
            names[unicodedata.name(letter, "?").split(" ", 1)[0]] += count
    return names.most_common(1)[0][0] if names else None


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if languages:
        identifier.set_languages(languages)
    return identifier


def foreign(text: str) -> str | None:
    """Return the language a Latin text is in, of all there are, if it surely is not English."""
    with _lock:
        language, chance = _identifier(()).classify(text)
    return None if language == "en" or chance < _SURELY else str(language)


def detect(text: str) -> str:
    """Return the BCP-47 code of the text's language, "und" where it cannot be told.

    The script decides where one language owns it; within a script the languages Homeward
    serves are told apart. A Latin text of fewer than three words counts as English, which
    its trade words usually are.
    """
    name = script(text)
    candidates = SCRIPTS.get(name or "", ())
    if not candidates:
        return "und"
    if len(candidates) == 1:
        return candidates[0]
    if name == "LATIN" and len(text.split()) < 3:  # noqa: PLR2004 - stated in the docstring
        return "en"
    with _lock:
        identifier = _identifier(candidates)
    language, _ = identifier.classify(text)
    return str(language)
