"""What a phrase says was done, without who, where and how long."""

import pytest

from service.settings import bundled
from service.skills.core_words import CoreWords

CORE = CoreWords.read(bundled("data", "lexicon", "work"))


@pytest.mark.parametrize(
    ("phrase", "core"),
    [
        ("I am a mason", "mason"),
        ("he was head cook", "head cook"),
        ("I'm an electrician", "electrician"),
        ("I was a carpenter in Oman for 5 years", "carpenter"),
        ("worked as a driver in Saudi Arabia", "driver"),
        ("I know mason work", "mason work"),
        ("I can do tiles too", "tiles"),
        ("used to cook for a family of six", "cook for a family of six"),
        ("I was laying bricks in Doha", "laying bricks"),
        ("for about twelve years I welded pipes", "welded pipes"),
        ("Cooking rice for two hundred workers", "Cooking rice for two hundred workers"),
        ("turkey farm", "turkey farm"),
        ("looking after a lady 80 years old", "looking after a lady 80 years old"),
    ],
)
def test_what_was_done_stands_alone(phrase: str, core: str) -> None:
    """The words around a trade go, those of the work stay in their order."""
    assert CORE.of_phrase(phrase) == core


@pytest.mark.parametrize("phrase", ["I worked there", "5 years", "in Kuwait", "I have been", ""])
def test_a_phrase_that_says_no_more_stays_as_it_is(phrase: str) -> None:
    """Nothing is left of it, so nothing is taken off."""
    assert CORE.of_phrase(phrase) == phrase


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I came back home in 2021", ""),
        ("now I am sitting idle at home", ""),
        ("my children go to school and I cook", "and I cook"),
        ("need a job as a driver", "as a driver"),
        ("the company closed. I was a welder there", ". I was a welder there"),
        ("I sew shirts", "I sew shirts"),
    ],
)
def test_what_befell_somebody_is_no_work(text: str, left: str) -> None:
    """It goes, and where nothing else was said nothing stays."""
    assert CORE.without_life(text) == left
