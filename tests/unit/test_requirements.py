"""What a listing asks for, as phrases."""

from service.domain.listing import Kind, Listing
from service.skills.requirements import requirement_texts, stated_requirements, whole_text


def _listing(**said: object) -> Listing:
    return Listing(**({"kind": Kind.JOB, "title": " Mason ", "country": "BD"} | said))  # type: ignore[arg-type]


def test_a_job_asks_for_its_skills() -> None:
    """The title first, then each skill once, outcomes left out."""
    job = _listing(skills=("lay  bricks", "plaster", "lay bricks"), outcomes=("a badge",))
    assert requirement_texts(job) == ["Mason", "lay bricks", "plaster"]
    assert stated_requirements(job) == ["lay bricks", "plaster"]
    assert whole_text(job) == "Mason. lay bricks; plaster"


def test_a_training_leads_to_its_outcomes() -> None:
    """What it gives stands before what it asks for."""
    course = _listing(kind=Kind.TRAINING, skills=("read",), outcomes=("lay tiles",))
    assert requirement_texts(course) == ["Mason", "lay tiles", "read"]


def test_a_bare_advert_is_read_from_its_description() -> None:
    """Clauses of two words or more stand in, and are not called requirements."""
    advert = _listing(description="Lay bricks & blocks; mix\u200b mortar. Urgent!")
    assert requirement_texts(advert) == ["Mason", "Lay bricks & blocks", "mix mortar"]
    assert stated_requirements(advert) == []


def test_a_title_alone_is_enough() -> None:
    """Nothing else said, nothing else asked."""
    assert requirement_texts(_listing()) == ["Mason"]
    assert whole_text(_listing()) == "Mason"


def test_endless_lists_are_cut() -> None:
    """Twelve requirements at most beside the title."""
    job = _listing(skills=tuple(f"skill {number}" for number in range(50)))
    assert len(requirement_texts(job)) == 13
    assert len(stated_requirements(job)) == 12
