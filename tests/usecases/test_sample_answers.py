"""Properties of the answers that the sample's people get."""

from datetime import date
from itertools import pairwise

import pytest

from service.domain.listing import Kind
from service.domain.match import Answer, MissingKind, Tier
from service.domain.person import Profile, Route
from service.domain.request import MatchRequest
from service.ports import Tools
from service.settings import bundled
from service.skills.language import READ
from service.skills.lexicon import LANGUAGES
from service.usecases.find_matches import match_profile
from service.usecases.load_sample import sample_people

PEOPLE = {name: profile for name, _, profile in sample_people(bundled("data"), date(2026, 1, 1))}
SOME = list(PEOPLE)[::4]


@pytest.fixture(scope="module")
def answers(sample_tools: Tools) -> dict[str, Answer]:
    """Every fourth person's answer."""
    return {
        name: match_profile(sample_tools, MatchRequest(profile=PEOPLE[name], limit=5))
        for name in SOME
    }


def _said(profile: Profile) -> list[str]:
    return [
        profile.text,
        *(skill.text for skill in profile.skills),
        *(words for one in profile.experiences for words in (one.title, one.description) if words),
    ]


@pytest.mark.parametrize("name", SOME)
def test_evidence_is_in_the_persons_own_words(answers: dict[str, Answer], name: str) -> None:
    """Every phrase and every piece of evidence stands letter for letter in what was said."""
    said = _said(PEOPLE[name])
    answer = answers[name]
    quoted = [phrase.text for phrase in answer.understood.phrases] + [
        evidence.skill
        for some in answer.routes.values()
        for match in some
        for evidence in match.evidence
    ]
    assert quoted
    assert all(any(quote in words for words in said) for quote in quoted)


def test_answers_are_ordered_and_on_one_scale(answers: dict[str, Answer]) -> None:
    """Ranks count from 1 along scores in 0..1 that never rise; no listing comes twice."""
    for answer in answers.values():
        for some in answer.routes.values():
            scores = [match.score for match in some]
            assert scores == sorted(scores, reverse=True)
            assert all(0 <= score <= 1 for score in scores)
            assert [match.rank for match in some] == list(range(1, len(some) + 1))
            assert len({match.listing.id for match in some}) == len(some)


def test_tiers_follow_scores_across_routes(answers: dict[str, Answer]) -> None:
    """In one answer nothing of a lower tier scores above something of a higher one."""
    for answer in answers.values():
        scores: dict[Tier, list[float]] = {tier: [] for tier in Tier}
        for some in answer.routes.values():
            for match in some:
                scores[match.tier].append(match.score)
        order = [scores[tier] for tier in (Tier.STRETCH, Tier.GOOD, Tier.STRONG) if scores[tier]]
        for lower, higher in pairwise(order):
            assert max(lower) <= min(higher)


def test_bridges_are_trainings_that_exist(sample_tools: Tools, answers: dict[str, Answer]) -> None:
    """Only skills, languages and certificates are bridged, and only by stored trainings."""
    bridges = set()
    for answer in answers.values():
        for some in answer.routes.values():
            for missing in (one for match in some for one in match.missing):
                assert missing.kind is not MissingKind.EXPERIENCE or not missing.bridges
                bridges |= set(missing.bridges)
    assert bridges
    found = sample_tools.store.listings(sorted(bridges))
    assert set(found) == bridges
    assert {stored.content.kind for stored in found.values()} == {Kind.TRAINING}


def test_what_is_ranked_fits_its_route(answers: dict[str, Answer]) -> None:
    """Home jobs at home, other jobs abroad, trainings and enterprises; nothing is both ways."""
    for name, answer in answers.items():
        home = PEOPLE[name].home_country
        for route, some in answer.routes.items():
            for content in (match.listing.content for match in some):
                if route is Route.TRAINING:
                    assert content.kind in {Kind.TRAINING, Kind.ENTERPRISE}
                else:
                    assert content.kind is Kind.JOB
                    assert (content.country == home) is (route is Route.LOCAL)
        ranked = {match.listing.id for some in answer.routes.values() for match in some}
        assert ranked.isdisjoint(one.listing.id for one in answer.blocked)
        assert all(one.reasons for one in answer.blocked)


def test_refusals_hold(answers: dict[str, Answer]) -> None:
    """No country a person excludes and no occupation they refuse everywhere is ranked."""
    held = 0
    for name, answer in answers.items():
        wishes = PEOPLE[name].preferences
        refused = tuple(v.isco08 for v in wishes.vetoes if v.isco08 and v.market == "all")
        for content in (m.listing.content for some in answer.routes.values() for m in some):
            assert content.country not in wishes.exclude_countries
            assert not (refused and content.isco08 and content.isco08.startswith(refused))
            held += 1
    assert held > 100


def test_words_that_are_not_read_promise_nothing(answers: dict[str, Answer]) -> None:
    """Without a language that is read there is a notice and no tier above stretch."""
    for answer in answers.values():
        code = answer.understood.language.split("-")[0]
        unread = bool(answer.understood.notices)
        assert unread or code in {*READ, *LANGUAGES}
        if unread:
            tiers = {match.tier for some in answer.routes.values() for match in some}
            assert tiers <= {Tier.STRETCH}


def test_an_answer_is_repeatable(sample_tools: Tools, answers: dict[str, Answer]) -> None:
    """The same question gets the same answer."""
    for name in SOME[:5]:
        again = match_profile(sample_tools, MatchRequest(profile=PEOPLE[name], limit=5))
        assert again == answers[name]
