"""Say why: which of the person's words meet which requirement, what is missing, what helps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from babel import Locale
from rapidfuzz import fuzz

from service.domain.embedding import Vectors
from service.domain.listing import CEFR_LEVELS, Kind, LanguageSkill, Listing
from service.domain.match import Evidence, Match, Missing, MissingKind, Phrase, Understanding
from service.domain.person import Profile, Route, SkillStatus
from service.domain.pool import Ask, PoolQuery
from service.domain.request import Filters
from service.domain.text import fold
from service.matching.evidence import Asked, EvidenceScorer, PersonWords
from service.ports import Tools
from service.rules.eligible import rules_for
from service.skills.requirements import stated_requirements

_BRIDGE_FROM: Final = 0.5
_TITLE_FROM: Final = 0.5
_BRIDGES: Final = 3
_BRIDGE_POOL: Final = 20
_SAME_CERTIFICATE: Final = 80.0
_ENGLISH = Locale("en")


@dataclass(frozen=True, slots=True)
class Judged:
    """A match with its evidence, and a vector for each missing skill (by position)."""

    match: Match
    missing_vectors: dict[int, Vectors]


@dataclass(frozen=True, slots=True)
class Compared:
    """A listing's requirements held against a person's phrases.

    heard: the person's work words. requirements: the listing's vectors, (k, d), title first.
    clean: takes out of a listing's words what must not matter.
    """

    heard: PersonWords
    requirements: Vectors
    clean: Callable[[str], str]
    scorer: EvidenceScorer


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
            vectors[len(missing)] = compared.requirements[column]
            missing.append(Missing(requirement, MissingKind.SKILL, essential=False))
    title_best = int(similarity[:, 0].argmax())
    if not evidence and similarity[title_best, 0] >= _TITLE_FROM:
        cosine = float(similarity[title_best, 0])
        evidence.append(_evidence(listing.title, working[title_best], cosine))
    evidence.sort(key=lambda one: -one.similarity)
    missing += _other_gaps(listing, profile)
    done = replace(match, evidence=tuple(evidence), missing=tuple(missing))
    return Judged(match=done, missing_vectors=vectors)


def _evidence(requirement: str, phrase: Phrase, cosine: float) -> Evidence:
    return Evidence(
        requirement=requirement,
        skill=phrase.text,
        means=phrase.means,
        similarity=round(min(cosine, 1.0), 3),
        status=phrase.status,
    )


def _other_gaps(listing: Listing, profile: Profile) -> list[Missing]:
    if listing.kind is Kind.SERVICE:
        return []
    gaps = [_language_gap(asked, profile) for asked in listing.languages]
    gaps += [_certificate_gap(asked, profile) for asked in listing.certificates]
    gaps.append(_experience_gap(listing, profile))
    return [gap for gap in gaps if gap is not None]


def language_name(code: str) -> str:
    """Return the English name of a BCP-47 language, the code itself where unknown."""
    return _ENGLISH.languages.get(code.split("-", maxsplit=1)[0]) or code


def _level(skill: LanguageSkill) -> int:
    return CEFR_LEVELS.index(skill.level) if skill.level in CEFR_LEVELS else 0


def _language_gap(asked: LanguageSkill, profile: Profile) -> Missing | None:
    if not profile.languages:
        text = f"{language_name(asked.code)} {asked.level or ''}".strip()
        return Missing(f"{text} (not stated: ask)", MissingKind.LANGUAGE, essential=False)
    held = [one for one in profile.languages if one.code.split("-")[0] == asked.code.split("-")[0]]
    if any(_level(one) >= _level(asked) for one in held):
        return None
    text = f"{language_name(asked.code)} {asked.level or ''}".strip()
    if held and held[0].level:
        text = f"{text} (now {held[0].level})"
    return Missing(text, MissingKind.LANGUAGE, essential=True)


def _certificate_gap(asked: str, profile: Profile) -> Missing | None:
    held = [skill.certificate or "" for skill in profile.skills] + [
        skill.text for skill in profile.skills if skill.status is SkillStatus.CERTIFIED
    ]
    wanted = fold(asked)
    if any(fuzz.token_set_ratio(wanted, fold(one)) >= _SAME_CERTIFICATE for one in held if one):
        return None
    return Missing(asked, MissingKind.CERTIFICATE, essential=True)


def _experience_gap(listing: Listing, profile: Profile) -> Missing | None:
    asked = listing.min_experience_years
    if not asked:
        return None
    stated = [one.years for one in profile.experiences if one.years is not None]
    text = f"{asked:g} years of experience"
    if not stated:
        return Missing(f"{text} (years not stated: ask)", MissingKind.EXPERIENCE, essential=False)
    if sum(stated) >= asked:
        return None
    return Missing(f"{text} (stated: {sum(stated):g})", MissingKind.EXPERIENCE, essential=True)


def add_bridges(
    tools: Tools, profile: Profile, judged: dict[Route, list[Judged]]
) -> dict[Route, tuple[Match, ...]]:
    """Name, for each missing skill or language, the trainings that would close the gap."""
    gaps: dict[str, Vectors] = {}
    named: set[str] = set()
    for some in judged.values():
        for one in some:
            for at, gap in enumerate(one.match.missing):
                if at in one.missing_vectors:
                    gaps.setdefault(gap.requirement, one.missing_vectors[at])
                elif gap.kind in {MissingKind.LANGUAGE, MissingKind.CERTIFICATE}:
                    named.add(gap.requirement)
    texts = sorted(named - gaps.keys())
    gaps.update(zip(texts, tools.listing_encoder.encode(texts), strict=True))
    bridges = _bridges(tools, profile, gaps)
    return {
        route: tuple(
            replace(
                one.match,
                missing=tuple(
                    replace(gap, bridges=bridges.get(gap.requirement, ()))
                    for gap in one.match.missing
                ),
            )
            for one in some
        )
        for route, some in judged.items()
    }


def _bridges(
    tools: Tools, profile: Profile, gaps: dict[str, Vectors]
) -> dict[str, tuple[str, ...]]:
    if not gaps:
        return {}
    wanted = np.stack(list(gaps.values())).astype(np.float32)
    allowed = rules_for(
        Route.TRAINING, profile, Filters(kinds=(Kind.TRAINING,)), tools.clock.today()
    )
    # Only what a training leads to counts, so the lexical channel has nothing to add.
    query = PoolQuery(
        vectors=np.vstack([wanted[:1], wanted]),
        words="",
        asks=(Ask(allowed.allowed, _BRIDGE_POOL),),
    )
    pool = tools.index.pools(query)[0]
    if not pool.ids:
        return {}
    similarity = np.maximum.reduceat(wanted @ pool.requirements.T, pool.starts[:-1], axis=1)
    found = {}
    for name, line in zip(gaps, similarity, strict=True):
        best = np.argsort(-line, kind="stable")[:_BRIDGES]
        found[name] = tuple(pool.ids[row] for row in best if line[row] >= _BRIDGE_FROM)
    return found
