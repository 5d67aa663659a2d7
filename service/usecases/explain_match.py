"""Say why: which of the person's words meet which requirement, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz

from service.domain.embedding import Vectors
from service.domain.listing import CEFR_LEVELS, Kind, LanguageSkill, Listing
from service.domain.match import Evidence, Match, Missing, MissingKind, Phrase, Understanding
from service.domain.names import language_name
from service.domain.person import Profile, SkillStatus
from service.domain.said import Fact, Tongue
from service.domain.text import fold
from service.matching.evidence import Answered
from service.skills.gaps import kind_of, languages_in
from service.skills.requirements import stated_requirements

_TITLE_FROM: Final = 0.5
_SAME_CERTIFICATE: Final = 80.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A match with its evidence, and what bridging its gaps needs to know.

    vectors: (d,) of a missing requirement, by its position, where the listing's own has one.
    title: (d,) of the listing's title. worked: whether the person has done this kind of work.
    """

    match: Match
    vectors: dict[int, Vectors]
    title: Vectors
    worked: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A listing held against a person's phrases.

    stated: what it asks for in its own words, and requirements: its vectors, (k, d), the title
    first of both. answered: by the person's phrases about work, the title and what is stated. met:
    the chance from which a requirement is. years: the longest stretch of work the person's own
    words name, 0 for none.
    """

    stated: Sequence[str]
    requirements: Vectors
    answered: Answered
    met: float
    years: float = 0.0


def stated_of(listing: Listing, requirements: Vectors) -> list[str]:
    """Return what a listing asks for itself, as far as it has vectors, title first; (k, d).

    A listing may have grown since the index saw it; what has no vector yet is left out.
    """
    stated = stated_requirements(listing) if listing.kind is not Kind.ENTERPRISE else []
    return [listing.title, *stated[: len(requirements) - 1]]


def explain(
    match: Match, profile: Profile, understood: Understanding, compared: Compared
) -> Judged:
    """Add evidence and missing requirements to a match."""
    listing, answered = match.listing.content, compared.answered
    working = [phrase for phrase in understood.phrases if phrase.work]
    evidence: list[Evidence] = []
    missing: list[Missing] = []
    vectors: dict[int, Vectors] = {}
    phrases = [working[row] for row in answered.nearest.tolist()]
    cosines = answered.cosine.tolist()
    for column, chance in enumerate(answered.chance.tolist(), start=1):
        requirement = compared.stated[column]
        if chance >= compared.met:
            evidence.append(_evidence(requirement, phrases[column], cosines[column]))
        elif listing.kind is Kind.JOB:
            kind = kind_of(requirement)
            if kind is MissingKind.LANGUAGE and _speaks_one(requirement, profile):
                continue
            vectors[len(missing)] = compared.requirements[column]
            missing.append(Missing(requirement, kind, essential=False))
    worked = cosines[0] >= _TITLE_FROM
    if not evidence and worked:
        evidence.append(_evidence(listing.title, phrases[0], cosines[0]))
    evidence.sort(key=lambda one: -one.similarity)
    missing += other_gaps(listing, profile, compared.years)
    done = replace(match, evidence=tuple(evidence), missing=tuple(missing))
    return Judged(done, vectors, compared.requirements[0], worked)


def _speaks_one(requirement: str, profile: Profile) -> bool:
    """Tell whether the person's stated languages hold one that a requirement names."""
    held = {one.code.split("-", maxsplit=1)[0].replace("fil", "tl") for one in profile.languages}
    return bool(languages_in(requirement) & held)


def _evidence(requirement: str, phrase: Phrase, cosine: float) -> Evidence:
    return Evidence(
        requirement=requirement,
        skill=phrase.text,
        means=phrase.means,
        similarity=round(min(cosine, 1.0), 3),
        status=phrase.status,
    )


def other_gaps(listing: Listing, profile: Profile, years: float) -> list[Missing]:
    """Return what a listing asks for beside skills that nobody has shown.

    years: the longest stretch of work the person's words name, for who entered none.
    """
    if listing.kind is Kind.SERVICE:
        return []
    gaps = [_language_gap(asked, profile) for asked in listing.languages]
    gaps += [_certificate_gap(asked, profile) for asked in listing.certificates]
    gaps.append(_experience_gap(listing, profile, years))
    return [gap for gap in gaps if gap is not None]


def _level(skill: LanguageSkill) -> int:
    return CEFR_LEVELS.index(skill.level) if skill.level in CEFR_LEVELS else 0


def _language_gap(asked: LanguageSkill, profile: Profile) -> Missing | None:
    tongue: dict[str, Fact] = {"what": Tongue(asked.code, asked.level)}
    if not profile.languages:
        text = f"{language_name(asked.code)} {asked.level or ''}".strip()
        facts = tongue | {"asked": True}
        return Missing(
            f"{text} (not stated: ask)", MissingKind.LANGUAGE, essential=False, facts=facts
        )
    held = [one for one in profile.languages if one.code.split("-")[0] == asked.code.split("-")[0]]
    if any(_level(one) >= _level(asked) for one in held):
        return None
    text = f"{language_name(asked.code)} {asked.level or ''}".strip()
    if held and held[0].level:
        text = f"{text} (now {held[0].level})"
    return Missing(text, MissingKind.LANGUAGE, essential=True, facts=tongue)


def _certificate_gap(asked: str, profile: Profile) -> Missing | None:
    held = [skill.certificate or "" for skill in profile.skills] + [
        skill.text for skill in profile.skills if skill.status is SkillStatus.CERTIFIED
    ]
    wanted = fold(asked)
    if any(fuzz.token_set_ratio(wanted, fold(one)) >= _SAME_CERTIFICATE for one in held if one):
        return None
    return Missing(asked, MissingKind.CERTIFICATE, essential=True)


def _experience_gap(listing: Listing, profile: Profile, said: float) -> Missing | None:
    asked = listing.min_experience_years
    if not asked:
        return None
    stated = [one.years for one in profile.experiences if one.years is not None]
    text = f"{asked:g} years of experience"
    years: dict[str, Fact] = {"years": asked}
    if not stated and not said:
        text = f"{text} (years not stated: ask)"
        facts = years | {"asked": True}
        return Missing(text, MissingKind.EXPERIENCE, essential=False, facts=facts)
    known = sum(stated) if stated else said
    if known >= asked:
        return None
    more = "" if stated else ", in their own words"
    text = f"{text} (stated: {known:g}{more})"
    return Missing(text, MissingKind.EXPERIENCE, essential=True, facts=years)
