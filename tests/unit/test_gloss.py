"""Phrases of other languages, word for word in English."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from service.settings import bundled
from service.skills.core_words import CoreWords
from service.skills.endings import Endings, changes
from service.skills.gloss import Glosser, Taught
from service.skills.guesses import WAYS, GuessChances, ManyWords, OneWord
from service.skills.interpret import Interpreter, usual_first
from service.skills.letters import plain
from service.skills.lexicon import EVERYDAY, Concept, WorkLexicon, language_of
from service.skills.makers import Makers
from service.skills.subwords import BUCKETS, Subwords, Table, features
from service.skills.trades import TradeNames
from service.wiring import _interpreter

MASON = Concept("mason", "occupation", "mason", "7112")
PLASTER = Concept("plaster", "duty", "plastering walls", "7123")
KNOW = Concept("know", "word", "I know", "")
NOT = Concept("not", "word", "not", "")
KUWAIT = Concept("kuwait", "country", "Kuwait", "")
CUT = Concept("cut", "word", "I cut", "")
BANGLA = language_of(
    [
        (MASON, ["রাজমিস্ত্রি", "rajmistri", "raj mistri"]),
        (PLASTER, ["প্লাস্টার করা", "plaster kora"]),
        (KNOW, ["জানি", "jani"]),
        (NOT, ["না"]),
        (KUWAIT, ["কুয়েত", "কুয়েতে", "kuwait"]),
        (CUT, ["কেটে"]),
    ],
    {plain("দেয়াল"): ("wall", 0.8), "টা": ("", 0.0)},
)
WORK = ("wiring", "shuttering", "carpenter")
ENGLISH = frozenset({*WORK, "the", "site", "supervisor"})
CHANCES = GuessChances.read(bundled("models", "bridge", "artifact", "guesses.json"))
GLOSSER = Glosser(BANGLA, WORK, ENGLISH, Taught(CHANCES))


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("রাজমিস্ত্রি", "mason"),
        ("রাজমিস্ত্রির কাজ", "mason"),  # with an ending; a word nobody knows is left out
        ("raj mistri jani", "mason I know"),
        ("প্লাস্টার করা জানি না", "plastering walls I know not"),
        ("কার্পেন্টার", "carpenter"),  # heard
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
    assert gloss.sure < GLOSSER.gloss("রাজমিস্ত্রি").sure <= 1.0


def test_where_somebody_was_is_known_by_its_spelling_only() -> None:
    """Kuwait is no "I cut", however alike they sound; and nothing is Kuwait by its sound."""
    place, plaster = GLOSSER.gloss("কুয়েতে প্লাস্টার করা").words
    assert (place.english, place.names_a_place) == ("Kuwait", True)
    assert (plaster.english, plaster.names_a_place) == ("plastering walls", False)
    assert not any(one.names_a_place for one in GLOSSER.gloss("kowaytt").words)


def test_more_that_speaks_for_a_guess_makes_it_likelier() -> None:
    """More sounds in common, heard more alike, fewer rivals, less cut off; the best is likely."""
    weak = OneWord(WAYS[3], cut=2, letters=3, sounds=3, alike=0.8, rivals=6)
    for better in ({"sounds": 6}, {"alike": 1.0}, {"rivals": 1}, {"way": WAYS[0]}):
        assert CHANCES.of_one(replace(weak, **better)) > CHANCES.of_one(weak)
    assert CHANCES.of_one(replace(weak, cut=0, letters=9, sounds=7, alike=1.0, rivals=1)) > 0.6
    assert CHANCES.of_one(weak) < CHANCES.least_one
    few = ManyWords(2, sounds=3, alike=0.9, rivals=3, written=0.0, learned=0.0, typed=False)
    assert CHANCES.of_many(few) < CHANCES.least_many
    assert CHANCES.of_many(replace(few, sounds=8, alike=1.0)) > CHANCES.least_many


def test_the_rest_of_a_phrase_tells_which_meaning_is_meant() -> None:
    """A form of two meanings is a pan beside cooking and embroidery beside a shirt."""
    interpreter = _interpreter()
    assert "embroidery" in interpreter.gloss("hi", "कपड़े पर कढ़ाई").english
    assert "pan" in interpreter.gloss("hi", "कढ़ाई में सब्जी पकाना").english.split()


def test_a_plain_word_does_not_swallow_what_it_was_said_of() -> None:
    """To have driven a bus is written down as one way to say "I drove": the bus is still said."""
    drove = Concept("drove", "word", "I drove", "")
    bus = Concept("bus", EVERYDAY, "bus", "")
    language = language_of([(drove, ["বাস চালাইছি", "চালাইছি"]), (bus, ["বাস"])], {})
    assert Glosser(language, WORK, ENGLISH, Taught(CHANCES)).gloss("বাস চালাইছি").english == (
        "bus I drove"
    )


def test_endings_are_learned_from_words_of_one_meaning() -> None:
    """What comes and goes where the meaning stays is an ending; what changes it is none."""
    meant = {
        **{stem: {stem} for stem in ("road", "roof", "wall", "pond", "ward")},
        **{f"{stem}er": {stem} for stem in ("road", "roof", "wall", "pond")},
        "warden": {"guard"},
    }
    learned = changes(meant)
    assert dict(learned["er"])[""] > 0.5
    assert "en" not in learned
    others = {other for other, _, _ in Endings(learned, {}).others("gateer")}
    assert "gate" in others


def test_a_word_with_an_ending_is_known_by_the_word() -> None:
    """What is "of the wall" is the wall, where the language's own words show the ending."""
    endings = Endings({"ের": (("", 0.9),)}, {})
    with_endings = Glosser(BANGLA, WORK, ENGLISH, Taught(CHANCES, endings))
    word, sure = "দেয়ালের", GLOSSER.gloss("দেয়ালের").known
    assert with_endings.gloss(word).english == "wall"
    assert with_endings.gloss(word).known > sure


def test_several_words_are_known_by_another_ending_of_the_last() -> None:
    """To fill gas is written down as a thing to do; who used to do it has done the same."""
    fill = Concept("recharge", "duty", "recharging with gas", "7127")
    plain = Concept("gas", EVERYDAY, "gas", "")
    language = language_of([(fill, ["গ্যাস ভরাই"]), (plain, ["গ্যাস"])], {})

    def read(sure: float) -> str:
        endings = Endings({"তাম": (("ই", sure),)}, {})
        return Glosser(language, WORK, ENGLISH, Taught(CHANCES, endings)).gloss("গ্যাস ভরাতাম").english

    assert read(0.9) == "recharging with gas"
    assert read(0.2).startswith("gas")


def test_a_hint_is_not_said() -> None:
    """A guess that is worth little helps the ranking, and no officer is told it."""
    gloss = GLOSSER.gloss("শাটারিঙের")
    hints = [one for one in gloss.words if one.english and not one.shown]
    assert hints
    assert gloss.english == ""


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
    interpreter = Interpreter(
        lambda: WorkLexicon({"bn": BANGLA}),
        ENGLISH,
        WORK,
        lambda _: Taught(CHANCES),
        TradeNames({}),
        Makers.of({}, {}),
        CoreWords.of([]),
    )
    assert interpreter.language(text) == language


def test_of_words_that_sound_alike_the_usual_one_is_meant() -> None:
    """Petrol is said at work more often than patrol; chance must not choose between them."""
    assert usual_first({"patrol": 3, "paint": 3, "petrol": 40}) == ("petrol", "paint", "patrol")


def test_no_process_reads_words_otherwise_than_another() -> None:
    """Python puts sets in another order each time it starts; two servers must answer alike."""
    said = [read_by_a_process_with({"PYTHONHASHSEED": seed}) for seed in ("1", "2", "3")]
    assert said[0].count("\n") > 500
    assert said[0] == said[1] == said[2]


def read_by_a_process_with(environment: dict[str, str]) -> str:
    """Return what a process of its own makes of the sample people's words, a line a phrase."""
    code = """
from datetime import date
from service.settings import bundled
from service.skills.segment import clauses
from service.usecases.load_sample import sample_people
from service.skills.interpret import Interpreter
from service.skills.spelling import Speller
words = Speller.read(bundled("data", "lexicon")).work.words
bridge = bundled("models", "bridge", "artifact")
interpreter = Interpreter.read(bundled("data", "lexicon", "work"), bridge, words)
for _, language, person in sample_people(bundled("data"), date(2026, 1, 1)):
    if interpreter.covers(language):
        for clause in clauses(person.text):
            print(interpreter.gloss(language, clause.phrase).english)
"""
    ended = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_subword_vectors_are_unit_sums() -> None:
    """A text without words is zeros; alike words share most of what they are the sum of."""
    rng = np.random.default_rng(0)
    usual, own = (
        Table(rng.integers(-127, 128, (rows, 8), dtype=np.int8), np.ones(rows, dtype=np.float32))
        for rows in (BUCKETS, 500)
    )
    subwords = Subwords("toy", usual, {"ne": own})
    vectors = subwords.encode(["রাজমিস্ত্রি", "রাজমিস্ত্রির", "..."], "bn")
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 0])
    assert vectors[0] @ vectors[1] > 0.6
    assert set(features("wiring", "en", BUCKETS)) & set(features("ওয়্যারিং", "bn", BUCKETS))


def test_a_language_may_add_a_table_of_its_own() -> None:
    """Its words are looked up in both, those of others in one."""
    rows = np.zeros((BUCKETS, 2), dtype=np.int8), np.zeros((10, 2), dtype=np.int8)
    rows[0][:, 0] = rows[1][:, 1] = 1
    usual, own = (Table(some, np.ones(len(some), dtype=np.float32)) for some in rows)
    subwords = Subwords("toy", usual, {"ne": own})
    assert subwords.encode(["काम"], "ne").tolist() != subwords.encode(["काम"], "hi").tolist()
    assert subwords.encode(["काम"], "hi").tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("said", "groups"),
    [
        ("I worked as mason in Dammam 8 years", ["7112"]),
        ("shuttering carpenters and a cook", ["7115", "5120"]),  # the longest name, plurals
        ("I like long walks", []),
        ("helper", []),  # of many trades
        ("driver", ["8322"]),  # alone it is a car's; else see what was driven
        ("driver of heavy machines", []),
        ("farmer", ["6130"]),
    ],
)
def test_who_names_a_trade_means_it(said: str, groups: list[str]) -> None:
    """English names of occupations lead to their unit groups."""
    trades = TradeNames.read(bundled("data", "lexicon", "work"))
    assert trades.named_in(said) == groups


def test_a_trade_that_is_named_leads_what_its_vector_lies_near() -> None:
    """A mason is near a supervisor of building by vector; a tile cutter cuts no garments."""
    trades = TradeNames({"mason": "7112", "cutter": "7532", "cook": "5120"})
    codes = ("3123", "5120", "7112", "7532")
    near = np.array(
        [[0.51, 0.1, 0.43, 0.0], [0.6, 0.0, 0.1, 0.2], [0.3, 0.2, 0.1, 0.0]], np.float32
    )
    led = trades.led(["mason", "tile cutter", "mason and cook"], near, codes)
    assert codes[int(led[0].argmax())] == "7112"
    assert led[1].tolist() == near[1].tolist()
    assert codes[int(led[2].argmax())] == "5120"  # the mason lies too far off
    assert near[0, 2] == np.float32(0.43)
