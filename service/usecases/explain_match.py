"""Say why: which of the person's words meet which requirement, and what is missing."""

from collections.abc import Callable
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
from service.matching.evidence import Asked, EvidenceScorer, PersonWords
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
    """A listing's requirements held against a person's phrases.

    heard: the person's work words. requirements: the listing's vectors, (k, d), title first.
    clean: takes out of a listing's words what must not matter. years: the longest stretch of work
    the person's own words name, 0 for none.
    """

    heard: PersonWords
    requirements: Vectors
    clean: Callable[[str], str]
    scorer: EvidenceScorer
    years: float = 0.0


def explain(
    match: Match, profile: Profile, understood: Understanding, compared: Compared
) -> Judged:
    """Add evidence and missing requirements to a match."""
    listing = match.listing.content
    similarity = compared.heard.phrases @ compared.requirements.T
    working = [phrase for phrase in understood.phrases if phrase.work]
    evidence: list[Evidence] = []
    missing: list[Missing] = []
    vectors: dict[int, Vectors] = {}
    stated = stated_requirements(listing) if listing.kind is not Kind.ENTERPRISE else []
    # A listing may have grown since the index saw it; what has no vector yet is left out.
    stated = stated[: len(compared.requirements) - 1]
    texts = tuple(compared.clean(one) for one in (listing.title, *stated))
    asked = Asked(compared.requirements[: len(texts)], texts)
    chances = compared.scorer.chances(compared.heard, asked)
    for column, (requirement, chance) in enumerate(zip(stated, chances, strict=True), start=1):
        best = int(similarity[:, column].argmax())
        cosine = float(similarity[best, column])
        if chance >= compared.scorer.met:
            evidence.append(_evidence(requirement, working[best], cosine))
        elif listing.kind is Kind.JOB:
            kind = kind_of(requirement)
            if kind is MissingKind.LANGUAGE and _speaks_one(requirement, profile):
                continue
            vectors[len(missing)] = compared.requirements[column]
            missing.append(Missing(requirement, kind, essential=False))
    title_best = int(similarity[:, 0].argmax())
    if not evidence and similarity[title_best, 0] >= _TITLE_FROM:
        cosine = float(similarity[title_best, 0])
        evidence.append(_evidence(listing.title, working[title_best], cosine))
    evidence.sort(key=lambda one: -one.similarity)
    missing += other_gaps(listing, profile, compared.years)
    done = replace(match, evidence=tuple(evidence), missing=tuple(missing))
    worked = float(similarity[title_best, 0]) >= _TITLE_FROM
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
