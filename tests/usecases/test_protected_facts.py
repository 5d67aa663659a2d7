"""What a person is must not change what they are offered."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain.match import AgeHint, Answer
from service.domain.person import Consent, Profile, ReturnCategory
from service.domain.request import MatchRequest
from service.ports import Tools
from service.settings import bundled
from service.usecases.find_matches import match_profile
from service.usecases.load_sample import sample_people

PEOPLE = [profile for _, _, profile in sample_people(bundled("data"), date(2026, 1, 1))]
NO_HINT = AgeHint(applied=False, age_from=45)

protected = st.fixed_dictionaries(
    {},
    optional={
        "gender": st.sampled_from([None, "female", "male", "other", "hijra"]),
        "birth_year": st.one_of(st.none(), st.integers(1930, 2010)),
        "return_category": st.one_of(st.none(), st.sampled_from(ReturnCategory)),
        "consent": st.builds(Consent, st.booleans(), st.just(("some-ngo",)), st.none()),
        "education": st.sampled_from([None, "class 5", "B.Com"]),
        "remigration": st.sampled_from([None, True, False]),
    },
)


def _answer(tools: Tools, profile: Profile) -> Answer:
    return match_profile(tools, MatchRequest(profile=profile, limit=5))


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(profile=st.sampled_from(PEOPLE), changes=protected)
def test_protected_facts_leave_the_whole_answer_as_it_is(
    sample_tools: Tools, profile: Profile, changes: dict[str, Any]
) -> None:
    """Gender, category of return and the like change no rank, score, reason or word.

    Age changes nothing but the hint that says so, which stands beside the routes.
    """
    flipped = _answer(sample_tools, replace(profile, **changes))
    plain = _answer(sample_tools, profile)
    if "birth_year" in changes:
        flipped, plain = (replace(one, age_hint=NO_HINT) for one in (flipped, plain))
    assert flipped == plain


@pytest.mark.parametrize("field", ["gender", "birth_year", "return_category"])
def test_the_sample_has_what_it_takes_to_notice(field: str) -> None:
    """The people above do differ in the facts that are flipped."""
    assert len({getattr(profile, field) for profile in PEOPLE}) > 1
