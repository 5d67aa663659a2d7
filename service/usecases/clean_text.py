"""Texts as the encoder gets them: in English, without what must not be ranked on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from service.domain.embedding import Vectors
from service.domain.text import visible
from service.ports import Tools
from service.skills.interpret import Interpreter
from service.skills.language import READ, detect, foreign, script
from service.skills.meant import Gloss, in_english
from service.skills.neutral import Neutraliser


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
    if script(text) != "LATIN":
        return detect(text)
    if tools.interpreter.is_english(text):
        return "en"
    return foreign(text) or detect(text)


def cleaned(tools: Tools, text: str, language: str) -> Clean:
    """Return a text as the encoder gets it: without names, gender, religion; in English."""
    seen = visible(text)
    if language in READ:
        seen = tools.interpreter.makers.said(tools.interpreter.core.without_life(seen))
        return Clean(tools.speller.words(tools.neutral.person(seen)))
    if tools.interpreter.covers(language):
        return without_protected(tools.neutral, tools.interpreter.gloss(language, seen))
    return Clean(tools.neutral.person(seen))


def without_protected(neutral: Neutraliser, gloss: Gloss) -> Clean:
    """Return what a gloss says of work, in English and as it was said.

    What no longer stands in the English must not come back by the sound of the word: of gender
    and religion only the neutral English stays, and a word that nobody wrote down, with an ending
    or without, and that sounds like a name leaves nothing. Where somebody was, and what befell
    them, says nothing of what they can do. Little words are left out of the English only.
    """
    kept, spoken = [], []
    for one in gloss.words:
        doubtful = one.unsure and not one.only_inflected
        if one.is_no_work or (doubtful and neutral.sounds_like_a_name(one.said)):
            continue
        english = one.english and neutral.person(one.english)
        kept.append(replace(one, english=english))
        if english == one.english:
            spoken.append(one.said)
    loud = in_english([one for one in kept if not one.silent])
    if not loud and any(one.befell for one in gloss.words):
        return Clean("")
    return Clean(loud or in_english(kept), " ".join(spoken))


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
    before one is taken for another language than English. The same words stand in many adverts
    and answers, so what was made of them is remembered.
    """
    return _cleaned_listing(tools.interpreter, tools.neutral, text)


@lru_cache(maxsize=100_000)
def _cleaned_listing(
    interpreter: Interpreter, neutral: Neutraliser, text: str
) -> tuple[Clean, str]:
    language = interpreter.language(text) or "en"
    if language == "en" or (text.isascii() and detect(text) != language):
        return Clean(neutral.words(text)), "en"
    return without_protected(neutral, interpreter.gloss(language, text)), language


def encoded_listings(tools: Tools, texts: Sequence[str]) -> Vectors:
    """Return unit vectors, (n, d), of listings' texts in whatever languages they are."""
    clean = [cleaned_listing(tools, text) for text in texts]
    found = np.zeros((len(texts), tools.encoder.model.dimensions), dtype=np.float32)
    for language in {one for _, one in clean}:
        rows = [at for at, (_, one) in enumerate(clean) if one == language]
        found[rows] = encoded(tools, language, [clean[at][0] for at in rows])
    return found
