"""In any language, what must not matter is left out of the English and of the words' own vector."""

import numpy as np
import pytest

from service.domain.person import Profile
from service.ports import Tools
from service.usecases.clean_text import cleaned
from service.usecases.understand import understand


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("করিম রাজমিস্ত্রির কাজ করে", "রহমান রাজমিস্ত্রির কাজ করে", "bn"),
        ("সুনীল রাজমিস্ত্রির কাজ করে", "করিম রাজমিস্ত্রির কাজ করে", "bn"),
        ("रमेश वेल्डिंग करता है", "सलीम वेल्डिंग करता है", "hi"),
    ],
)
def test_a_name_inside_a_phrase_of_work_changes_nothing(
    sample_tools: Tools, one: str, other: str, language: str
) -> None:
    """Neither the English nor what is encoded of the words themselves."""
    assert cleaned(sample_tools, one, language) == cleaned(sample_tools, other, language)
    first, second = (understand(sample_tools, Profile(text=text)) for text in (one, other))
    assert len(first.vectors) > 1
    assert np.array_equal(first.vectors, second.vectors)


def test_the_work_stays(sample_tools: Tools) -> None:
    """The trade is in the English and in the words that are encoded."""
    clean = cleaned(sample_tools, "করিম রাজমিস্ত্রির কাজ করে", "bn")
    assert "mason" in clean.english
    assert "রাজমিস্ত্রির" in clean.spoken


def test_a_word_of_work_with_an_ending_is_no_name(sample_tools: Tools) -> None:
    """The lexicon's word for tiles with "too" behind it sounds like a name of the list."""
    clean = cleaned(sample_tools, "রাজমিস্ত্রির কাজ জানি, টাইলসও পারি", "bn")
    assert "tile" in clean.english
    assert "টাইলসও" in clean.spoken
