"""Many people read at once are read as each of them alone."""

from datetime import UTC, datetime

import numpy as np
import pytest

from service.domain.errors import InvalidInputError
from service.domain.person import Profile, Skill
from service.ports import Tools
from service.settings import bundled
from service.usecases.load_sample import sample_people
from service.usecases.understand import understand, understand_many


def test_company_changes_nothing(sample_tools: Tools) -> None:
    """Neither what was understood nor a vector, in whatever languages the others speak."""
    people = [one for *_, one in sample_people(bundled("data"), datetime.now(UTC).date())][::5]
    nothing = Profile(skills=(Skill("!!!"),))
    asked = [*people, people[0], nothing]
    for profile, read in zip(asked, understand_many(sample_tools, asked), strict=True):
        alone = understand(sample_tools, profile)
        assert read.understanding == alone.understanding
        assert (read.work_text, read.texts) == (alone.work_text, alone.texts)
        assert np.allclose(read.vectors, alone.vectors, atol=1e-5)
        assert (read.said is None) == (alone.said is None) == (len(read.vectors) < 2)
        if read.said is not None and alone.said is not None:
            assert np.allclose(read.said.shares.among(500), alone.said.shares.among(500), atol=1e-3)
            assert np.array_equal(read.said.present, alone.said.present)
            assert read.said.years == alone.said.years


def test_nobody_is_read_where_there_is_nobody(sample_tools: Tools) -> None:
    """An empty list is answered by one."""
    assert understand_many(sample_tools, []) == []


def test_a_script_that_nobody_reads_is_an_error(sample_tools: Tools) -> None:
    """As of one person alone."""
    with pytest.raises(InvalidInputError, match="script"):
        understand_many(sample_tools, [Profile(text="I weld"), Profile(text="მე ვმუშაობ")])
