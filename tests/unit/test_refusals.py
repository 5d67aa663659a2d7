"""What a veto means: by concept, in any language and spelling, and no further than that."""

import pytest

from service.domain.listing import Kind, Listing
from service.domain.person import Veto
from service.domain.refusal import Refusal, listing_words, stands_in, title_words
from service.domain.text import skeleton
from service.ports import Tools


@pytest.mark.parametrize(
    ("seen", "plain"),
    [
        ("Domestic workers", "domestic worker"),
        ("D0mestic w\u043erkers", "domestic worker"),
        ("\u0397\u03bfusemaid", "housemaid"),
        ("Dr\u00edver", "driver"),
        ("\uff24\uff52\uff49\uff56\uff45\uff52", "driver"),
        ("clean\u200ber", "cleaner"),
        ("glass", "glass"),
        ("6G welder", "6g welder"),
        ("বাড়ি", "বাডি"),
    ],
)
def test_a_text_is_read_as_the_eye_reads_it(seen: str, plain: str) -> None:
    """Look-alike letters, accents, figures for letters, joiners, plurals, nuktas."""
    assert skeleton(seen) == plain


def test_neighbouring_words_stand_joined_as_well() -> None:
    """But never over the end of a title or a skill."""
    words = listing_words(
        Listing(kind=Kind.JOB, title="House maid", country="SA", skills=("care", "taker work"))
    )
    assert stands_in("housemaid", words)
    assert stands_in("house maid", words)
    assert not stands_in("caretaker", words)
    assert not stands_in("maid care", words)
    assert not stands_in("aid", words)
    assert "care" not in title_words(Listing(kind=Kind.JOB, title="x", country="SA"))


def _read(tools: Tools, text: str) -> Refusal:
    return tools.refusals.refusal(Veto(text=text))


@pytest.mark.parametrize(
    "text",
    [
        "domestic help",
        "Domestic Worker",
        "housework",
        "maid",
        "I will not be a maid again",
        "গৃহকর্মী",
        "গৃহকর্মীর কাজ",
        "خادمة",
        "kajer bua",
        "घरेलू नौकरानी",
    ],
)
def test_work_in_a_home_is_one_refusal_in_many_words(sample_tools: Tools, text: str) -> None:
    """Whatever it is called, ISCO-08 9111 and the English names are refused."""
    read = _read(sample_tools, text)
    assert read.known
    assert "9111" in read.isco08
    assert "housemaid" in read.words | read.uncoded


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("rajmistri", "7112"),
        ("রাজমিস্ত্রির কাজ", "7112"),
        ("driver", "8322"),
        ("driving", "8332"),
        ("ড্রাইভার", "8322"),
        ("security guard", "5414"),
        ("welding", "7212"),
    ],
)
def test_a_trade_is_refused_by_its_group(sample_tools: Tools, text: str, group: str) -> None:
    """The verb, the noun with an ending, and the loanword lead to the same group."""
    assert group in _read(sample_tools, text).isco08


@pytest.mark.parametrize("text", ["xyzzy", "night", "hard work"])
def test_what_names_no_work_is_said_to_be_unknown(sample_tools: Tools, text: str) -> None:
    """It refuses its own words only, and no group."""
    read = _read(sample_tools, text)
    assert not read.known
    assert read.isco08 == frozenset()
    assert read.words == {skeleton(text)}


def test_a_code_refuses_what_states_none_by_its_names(sample_tools: Tools) -> None:
    """A housemaid without a code is a housemaid."""
    read = sample_tools.refusals.refusal(Veto(isco08="91"))
    assert read.words == frozenset()
    assert {"housemaid", "khaddama"} <= read.uncoded
    assert "mason" not in read.uncoded
