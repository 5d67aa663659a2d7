"""Words of any script: one spelling, and how they sound."""

import pytest

from service.skills.letters import heard, plain, sound, spelt, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("সাড়ে", "সাড়ে"),  # one letter, or a letter and a dot
        ("ग़ैर", "गैर"),  # nukta left out
        ("पाँच", "पाच"),  # chandrabindu left out
        ("كفيل", "کفیل"),  # Arabic and Urdu letters for the same
        ("ورشة", "ورشه"),
        ("মিস্\u200dত্রি", "মিস্ত্রি"),  # a joiner nobody sees
        ("Welding", "welding"),
        ("৮", "8"),
        ("٥", "5"),  # noqa: RUF001 - Arabic
    ],
)
def test_what_differs_in_typing_only_is_one_word(one: str, other: str) -> None:
    """Variants, joiners, case and figures."""
    assert plain(one) == plain(other)


def test_vowel_signs_do_not_cut_words() -> None:
    """Marks belong to the word they stand in; punctuation does not."""
    assert words("রাজমিস্ত্রির কাজ জানি, টাইলসও পারি।") == [
        "রাজমিস্ত্রির",
        "কাজ",
        "জানি",
        "টাইলসও",
        "পারি",
    ]
    assert words("") == []


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("ওয়্যারিং", "wiring"),
        ("শাটারিং", "shuttering"),
        ("शटरिंग", "shuttering"),
        ("ویلڈنگ", "welding"),
        ("வெல்டிங்", "welding"),
        ("കിച്ചൺ", "kitchen"),
        ("রাজমিস্ত্রি", "rajmistry"),
    ],
)
def test_a_loanword_sounds_the_same_in_any_script(said: str, english: str) -> None:
    """By consonants alone."""
    (word,) = words(said)
    assert sound(word) == sound(english)


def test_sounds_are_latin_and_short() -> None:
    """Whatever goes in, letters and figures of Latin come out; nothing breaks."""
    for word in ("ওস্তাদ", "مستری", "මේසන්", "a", "123", "ⵣ", "ー"):
        assert heard(word).isascii()
        assert spelt(word).isascii()


def test_the_arabic_article_is_no_part_of_a_word() -> None:
    """Al-, wal- and lil- are written together with what they stand before."""
    assert words("المطبخ والتنظيف") == words("مطبخ تنظيف")
