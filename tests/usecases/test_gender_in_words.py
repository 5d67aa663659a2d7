"""Who tells their work as a woman or as a man is offered the same, in whatever language."""

import pytest

from service.domain.match import Answer
from service.domain.person import Profile
from service.domain.request import MatchRequest
from service.ports import Tools
from service.usecases.find_matches import match_profile


def _offered(answer: Answer) -> object:
    """Return all of an answer but the person's own words."""
    return (
        [
            (one.means, one.isco08, one.confidence, one.work, one.denied)
            for one in answer.understood.phrases
        ],
        {
            route: [
                (
                    one.listing.id,
                    one.score,
                    one.tier,
                    [(x.requirement, x.means, x.similarity) for x in one.evidence],
                    one.missing,
                    one.flags,
                )
                for one in some
            ]
            for route, some in answer.routes.items()
        },
        [(one.listing.id, one.reasons) for one in answer.blocked],
    )


@pytest.mark.parametrize(
    ("hers", "his"),
    [
        (
            "मैं रियाद में छह साल खाना पकाती थी, कपड़े धोती थी और सफाई करती हूं",
            "मैं रियाद में छह साल खाना पकाता था, कपड़े धोता था और सफाई करता हूं",
        ),
        (
            "फैक्ट्री में सिलाई करती हूं, मशीन चलाती हूं, बच्चों को पढ़ाती रही",
            "फैक्ट्री में सिलाई करता हूं, मशीन चलाता हूं, बच्चों को पढ़ाता रहा",
        ),
        ("main silai karti thi, machine chalati hu", "main silai karta tha, machine chalata hu"),
        (
            "میں دبئی میں کپڑے سلائی کرتی تھی، کھانا پکاتی تھی، صفائی کرتی ہوں",
            "میں دبئی میں کپڑے سلائی کرتا تھا، کھانا پکاتا تھا، صفائی کرتا ہوں",
        ),
        ("كنت طباخة في مطعم، عاملة نظافة في فندق", "كنت طباخ في مطعم، عامل نظافة في فندق"),
        ("ممرضة في مستشفى خمس سنين", "ممرض في مستشفى خمس سنين"),
        (
            "I am a saleswoman and was a waitress in Doha",
            "I am a salesman and was a waiter in Doha",
        ),
    ],
)
def test_the_speakers_gender_changes_nothing(sample_tools: Tools, hers: str, his: str) -> None:
    """Verbs and job nouns that tell a woman from a man leave the whole answer as it is."""
    answers = [
        match_profile(sample_tools, MatchRequest(profile=Profile(text=text, home_country="IN")))
        for text in (hers, his)
    ]
    assert _offered(answers[0]) == _offered(answers[1])


@pytest.mark.parametrize("said", ["I am a widow, I kept house", "I am a mother, I kept house"])
def test_what_somebody_is_besides_work_changes_nothing(sample_tools: Tools, said: str) -> None:
    """Family leaves the routes as they are."""
    plain, other = (
        match_profile(sample_tools, MatchRequest(profile=Profile(text=text, home_country="BD")))
        for text in ("I kept house", said)
    )
    assert _offered(plain)[1] == _offered(other)[1]  # type: ignore[index]
