"""Texts as the encoder gets them: in English, without what must not be ranked on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.embedding import Vectors
from service.domain.text import visible
from service.ports import Tools
from service.skills.language import READ, detect, foreign, script


@dataclass(frozen=True, slots=True)
class Clean:
    """A text as the encoder gets it, in English; `spoken` as it was said, in a covered language.

    Both are encoded where there are both: the words' own vector knows what no gloss could name.
    """

    english: str
    spoken: str = ""


def language_of(tools: Tools, text: str) -> str:
    """Return the language of a text as BCP-47, with -Latn for one of another script."""
    if not text:
        return "en"
    covered = tools.interpreter.language(text)
    if covered is not None:
        return covered
    if script(text) == "LATIN" and not tools.interpreter.is_english(text):
        return foreign(text) or detect(text)
    return "en" if script(text) == "LATIN" else detect(text)


def cleaned(tools: Tools, text: str, language: str) -> Clean:
    """Return a text as the encoder gets it: without names, gender, religion; in English."""
    seen = visible(text)
    if language in READ:
        return Clean(tools.speller.words(tools.neutral.person(seen)))
    if tools.interpreter.covers(language):
        gloss = tools.interpreter.gloss(language, seen)
        english = gloss.content or gloss.english
        return Clean(tools.neutral.person(english), seen)
    return Clean(tools.neutral.person(seen))


def encoded(tools: Tools, language: str, texts: Sequence[Clean]) -> Vectors:
    """Return unit vectors, (n, d), of texts in a language; each text is encoded once."""
    unique = list(dict.fromkeys(texts))
    vectors = tools.encoder.encode([one.english for one in unique])
    if any(one.spoken for one in unique):
        code = language.split("-", maxsplit=1)[0]
        vectors = vectors + tools.subwords.encode([one.spoken for one in unique], code)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors = np.divide(vectors, np.maximum(lengths, 1e-9), dtype=np.float32)
    at = {text: row for row, text in enumerate(unique)}
    found: Vectors = vectors[[at[one] for one in texts]]
    return found


def cleaned_listing(tools: Tools, text: str) -> tuple[Clean, str]:
    """Return a listing's text as the encoder gets it, and its language.

    Adverts in Latin letters are full of names of places and dishes, so two witnesses are asked
    before one is taken for another language than English.
    """
    language = tools.interpreter.language(text) or "en"
    if language == "en" or (text.isascii() and detect(text) != language):
        return Clean(tools.neutral.words(text)), "en"
    english = tools.interpreter.gloss(language, text).english
    return Clean(tools.neutral.words(english), text), language


def encoded_listings(tools: Tools, texts: Sequence[str]) -> Vectors:
    """Return unit vectors, (n, d), of listings' texts in whatever languages they are."""
    clean = [cleaned_listing(tools, text) for text in texts]
    found = np.zeros((len(texts), tools.encoder.model.dimensions), dtype=np.float32)
    for language in {one for _, one in clean}:
        rows = [at for at, (_, one) in enumerate(clean) if one == language]
        found[rows] = encoded(tools, language, [clean[at][0] for at in rows])
    return found
