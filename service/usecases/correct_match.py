"""Match again after somebody has said what a phrase really means, or that it does not count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from service.domain.match import Answer, Phrase
from service.domain.person import Experience, Profile, Skill, StoredPerson
from service.domain.request import MatchRequest
from service.domain.text import fold
from service.ports import Tools
from service.skills.interpret import Interpreter
from service.skills.phrasebook import ENGLISH
from service.usecases.find_matches import match_person, match_profile
from service.usecases.see_person import require_consent

_NEAR: Final = 5
_OCCUPATION: Final = "occupation"
_STEM: Final = 4
_LITTLE: Final = 2
"""Letters of a word that say what it is, and of words that say nothing."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What is put in a phrase's place; nothing takes it out."""

    phrase: str
    instead: str = ""


def match_corrected(
    tools: Tools,
    request: MatchRequest,
    corrections: Sequence[Correction],
    person: StoredPerson | None = None,
) -> Answer:
    """Answer as `match_profile` and `match_person` do, of corrected words; stores nothing.

    Raises ConsentMissingError for a stored person without a consent that holds today.
    """
    if person is not None and not corrections:
        return match_person(tools, person, request)
    profile = corrected_of(tools, request.profile, corrections, person)
    return match_profile(tools, replace(request, profile=profile))


def corrected_of(
    tools: Tools,
    profile: Profile,
    corrections: Sequence[Correction],
    person: StoredPerson | None,
) -> Profile:
    """Return the corrected profile of a stored person, or else the one that was sent.

    Raises ConsentMissingError for a stored person without a consent that holds today.
    """
    if person is None:
        return corrected(profile, corrections)
    require_consent(tools, person)
    return corrected(person.profile, corrections)


def corrected(profile: Profile, corrections: Sequence[Correction]) -> Profile:
    """Return the profile without the corrected phrases, and with what was put in their place."""
    if not corrections:
        return profile
    gone = [one.phrase for one in corrections]
    skills = [replace(one, text=without(one.text, gone)) for one in profile.skills]
    worked = [
        Experience(
            without(one.title or "", gone) or None,
            without(one.description or "", gone) or None,
            one.country,
            one.years,
        )
        for one in profile.experiences
    ]
    put = [Skill(one.instead) for one in corrections if one.instead]
    return replace(
        profile,
        text=without(profile.text, gone),
        skills=tuple(one for one in [*skills, *put] if one.text),
        experiences=tuple(worked),
    )


def without(text: str, phrases: Sequence[str]) -> str:
    """Return a text without these phrases; nothing where only punctuation is left."""
    for phrase in phrases:
        at = text.casefold().find(phrase.casefold())
        # Folding may change a text's length; then the phrase is looked for as it stands.
        if at >= 0 and text[at : at + len(phrase)].casefold() == phrase.casefold():
            text = f"{text[:at]} {text[at + len(phrase) :]}"
        else:
            text = text.replace(phrase, " ")
    return text.strip() if any(letter.isalnum() for letter in text) else ""


def trades_near(tools: Tools, phrases: Sequence[Phrase]) -> list[list[str]]:
    """Return, for each phrase, the ISCO-08 unit groups nearest to what it was taken to mean."""
    texts = [one.means or one.text for one in phrases]
    if not texts:
        return []
    near = tools.taxonomy.affinity(tools.encoder.encode(texts))
    best = np.argsort(-near, axis=1, kind="stable")[:, :_NEAR]
    return [[tools.taxonomy.codes[column] for column in row] for row in best.tolist()]


Names = Mapping[str, tuple[str, ...]]
"""English names of the trades of ISCO-08 unit groups, the plainest first."""


def trade_names(tools: Tools) -> Names:
    """Return what the lexicon calls the trades of each unit group."""
    return _trade_names(tools.interpreter)


@lru_cache(maxsize=2)
def _trade_names(interpreter: Interpreter) -> Names:
    found: dict[str, dict[str, None]] = {}
    for language in interpreter.lexicon().languages.values():
        for concepts in language.forms.values():
            for one in concepts:
                if one.kind == _OCCUPATION and one.isco08:
                    found.setdefault(one.isco08, {}).setdefault(one.english)
    return {code: tuple(sorted(some, key=len)) for code, some in found.items()}


def trade_named(names: Names, code: str, words: str) -> str | None:
    """Return the trade of a unit group that comes nearest to some English words."""
    said = _stems(words)

    def shared(name: str) -> float:
        stems = _stems(name)
        return len(stems & said) / max(len(stems), 1)

    # The first of those that are equally near is the plainest.
    return max(names.get(code, ()), key=shared, default=None)


def _stems(words: str) -> frozenset[str]:
    return frozenset(word[:_STEM] for word in fold(words).split() if len(word) > _LITTLE)


def called(tools: Tools, trade: str, language: str) -> str | None:
    """Return what a trade is called in a language, None where nobody wrote it down."""
    return trade if language == ENGLISH else tools.phrases.trade(language, trade)
