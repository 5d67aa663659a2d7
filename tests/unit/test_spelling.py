"""Words of work that are spelt as they sound are put right; nothing else is touched."""

import pytest

from service.settings import bundled
from service.skills.spelling import Speller


@pytest.fixture(scope="module")
def speller() -> Speller:
    """The speller the service uses."""
    return Speller.read(bundled("data", "lexicon"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("genrator ripair", "generator repair"),
        ("car elektrisian", "car electrician"),
        ("wirring and cluch", "wiring and clutch"),
        ("cheking matirial", "checking material"),
        ("vibretor for concreate", "vibrator for concrete"),
    ],
)
def test_words_of_work_are_put_right(speller: Speller, written: str, meant: str) -> None:
    """One or two slips, the first letter right."""
    assert speller.words(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "I drove a Hino and a Howo in Batha",
        "rajmistri kaj kori",
        "cook",
        "the mother-in-law",
        "welding",
        "কাজ জানি",
        "",
        "GRN, LPO, MEP",
        "rahim",
        "becouse of my boss",
        "intubation and dialing",
        "tailoress and liftman",
        "bhat and meds",
    ],
)
def test_everything_else_stays(speller: Speller, text: str) -> None:
    """Brands, names, other languages, short words, what English knows."""
    assert speller.words(text) == text


def test_a_long_text_is_quick_to_read(speller: Speller) -> None:
    """Ten thousand different unknown words are read through, and none crashes it."""
    text = " ".join(f"zx{'ab' * (n % 9)}qw{chr(97 + n % 26)}" for n in range(10_000))
    assert len(speller.words(text).split()) == 10_000
