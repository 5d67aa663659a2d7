"""Phrases of other languages, word for word in English."""

import numpy as np
import pytest

from service.skills.gloss import Glosser
from service.skills.interpret import Interpreter
from service.skills.letters import plain
from service.skills.lexicon import Concept, WorkLexicon, language_of
from service.skills.subwords import BUCKETS, Subwords, features

MASON = Concept("mason", "occupation", "mason", "7112")
PLASTER = Concept("plaster", "duty", "plastering walls", "7123")
KNOW = Concept("know", "word", "I know", "")
NOT = Concept("not", "word", "not", "")
BANGLA = language_of(
    [
        (MASON, ["রাজমিস্ত্রি", "rajmistri", "raj mistri"]),
        (PLASTER, ["প্লাস্টার করা", "plaster kora"]),
        (KNOW, ["জানি", "jani"]),
        (NOT, ["না"]),
    ],
    {plain("দেয়াল"): ("wall", 0.8), "টা": ("", 0.0)},
)
WORK = frozenset({"wiring", "shuttering", "carpenter"})
ENGLISH = WORK | {"the", "site", "supervisor"}
GLOSSER = Glosser(BANGLA, WORK, ENGLISH)


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("রাজমিস্ত্রি", "mason"),
        ("রাজমিস্ত্রির কাজ", "mason"),  # with an ending; a word nobody knows is left out
        ("raj mistri jani", "mason I know"),
        ("প্লাস্টার করা জানি না", "plastering walls I know not"),
        ("ওয়্যারিং", "wiring"),  # heard
        ("site supervisor", "site supervisor"),  # kept in English
        ("দেয়াল টা", "wall"),  # learned; a little word says nothing
        ("১২", "12"),
        ("", ""),
    ],
)
def test_a_phrase_is_said_in_english(said: str, english: str) -> None:
    """Longest forms first, then sound, then what was learned."""
    assert GLOSSER.gloss(said).english == english


def test_what_is_not_understood_is_said_so() -> None:
    """A word nobody knows has no English and lowers how sure the phrase is."""
    gloss = GLOSSER.gloss("রাজমিস্ত্রি ঘুঘুডাঙা")
    assert gloss.words[-1].english is None
    assert gloss.sure < GLOSSER.gloss("রাজমিস্ত্রি").sure == 1.0


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("রাজমিস্ত্রির কাজ জানি", "bn"),
        ("ami rajmistri, plaster kora jani", "bn-Latn"),
        ("the site supervisor", None),
        ("", None),
    ],
)
def test_the_words_tell_the_language(text: str, language: str | None) -> None:
    """Latin letters may hold English or a language of another script."""
    interpreter = Interpreter(lambda: WorkLexicon({"bn": BANGLA}), ENGLISH, WORK)
    assert interpreter.language(text) == language


def test_subword_vectors_are_unit_sums() -> None:
    """A text without words is zeros; alike words share most of what they are the sum of."""
    rng = np.random.default_rng(0)
    table = rng.integers(-127, 128, (BUCKETS, 8), dtype=np.int8)
    subwords = Subwords("toy", table, np.ones(BUCKETS, dtype=np.float32))
    vectors = subwords.encode(["রাজমিস্ত্রি", "রাজমিস্ত্রির", "..."], "bn")
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 0])
    assert vectors[0] @ vectors[1] > 0.6
    assert set(features("wiring", "en")) & set(features("ওয়্যারিং", "bn"))
