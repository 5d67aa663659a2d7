"""Which sort of gap a requirement is, and what a training does about it."""

import pytest

from service.domain.listing import Kind, Listing
from service.domain.match import MissingKind
from service.skills.gaps import kind_of, languages_in, recognises, teaches_languages
from service.skills.limits import refuses
from service.skills.responsibility import asked, shown


@pytest.mark.parametrize(
    ("requirement", "kind"),
    [
        ("weld pipes", MissingKind.SKILL),
        ("cook simple Italian meals", MissingKind.SKILL),
        ("Thai massage", MissingKind.SKILL),
        ("check gate pass", MissingKind.SKILL),
        ("drive car with Asian licence", MissingKind.SKILL),
        ("basic English", MissingKind.LANGUAGE),
        ("Japanese", MissingKind.LANGUAGE),
        ("JLPT N4", MissingKind.LANGUAGE),
        ("speak with guests in simple English", MissingKind.LANGUAGE),
        ("valid driving licence", MissingKind.CERTIFICATE),
        ("NVQ level 3", MissingKind.CERTIFICATE),
        ("heavy vehicle licence", MissingKind.CERTIFICATE),
        ("3 years in a hotel", MissingKind.EXPERIENCE),
        ("experience with hydraulic cranes", MissingKind.EXPERIENCE),
    ],
)
def test_requirements_are_told_apart(requirement: str, kind: MissingKind) -> None:
    """By their own words."""
    assert kind_of(requirement) is kind


def test_languages_are_named_by_code() -> None:
    """Exams stand for their language."""
    assert languages_in("basic Arabic or Hindi") == {"ar", "hi"}
    assert languages_in("EPS-TOPIK pass") == {"ko"}
    assert languages_in("Chinese kitchen") == frozenset()


def _training(title: str, *outcomes: str, certification: str | None = None) -> Listing:
    return Listing(
        kind=Kind.TRAINING,
        title=title,
        country="BD",
        outcomes=outcomes,
        certification=certification,
    )


@pytest.mark.parametrize(
    ("training", "assesses"),
    [
        (_training("Recognition of Prior Learning: masonry"), True),
        (_training("RPL camp for operators"), True),
        (_training("Skill test level 2, mechanic"), True),
        (_training("Cooks", certification="Level 3 (RPL)"), True),
        (_training("Masonry for beginners"), False),
        (_training("Trainer and Assessor Course"), False),
        (_training("Caregiver training", certification="skill test"), False),
    ],
)
def test_an_assessment_is_known_from_a_course(training: Listing, assesses: bool) -> None:  # noqa: FBT001
    """By title and certificate."""
    assert recognises(training) is assesses


def test_a_language_course_is_known() -> None:
    """By what it leads to, not by the language it is held in."""
    assert teaches_languages(_training("Japanese N4", "JLPT N4")) == {"ja"}
    assert teaches_languages(_training("Welding (Bangla medium)", "welder")) == frozenset()


@pytest.mark.parametrize(
    ("phrase", "level"),
    [
        ("supervised a crew of 100 men", 4),
        ("led hundreds of workers", 4),
        ("foreman of twelve masons", 3),
        ("worked under a foreman", 2),
        ("never supervised anybody", 2),
        ("supervised the children and their homework", 2),
        ("laid bricks", 2),
    ],
)
def test_responsibility_is_what_was_led(phrase: str, level: int) -> None:
    """Many people count for more; children and patients are not a crew."""
    found = shown([phrase], [phrase])
    assert found.level == level
    assert found.words == (phrase if level > 2 else "")


@pytest.mark.parametrize(
    ("title", "isco08", "level"),
    [
        ("Helper", "7112", 1),
        ("Street vendor of caps", None, 1),
        ("Sales assistant", "5223", 2),
        ("Site supervisor", "7112", 3),
        ("Cleaner", "9112", 1),
        ("Something", None, None),
    ],
)
def test_what_an_option_asks_for(title: str, isco08: str | None, level: int | None) -> None:
    """By its title first, then by its group; unknown stays unknown."""
    assert asked(Listing(kind=Kind.JOB, title=title, country="BD", isco08=isco08)) == level


@pytest.mark.parametrize(
    ("phrase", "refused"),
    [
        ("I will not do housework again", True),
        ("I don't want factory work", True),
        ("I cannot drive a crane", True),
        ("I don't want to learn", False),
        ("no certificate", False),
        ("she could not get up", False),
        ("I cook and clean", False),
    ],
)
def test_refusals_in_words_are_noticed(phrase: str, refused: bool) -> None:  # noqa: FBT001
    """What the speaker will not or cannot do; not papers, not somebody else."""
    assert refuses(phrase) is refused
