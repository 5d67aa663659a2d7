"""Read a person's words: phrases, language, meaning, vectors."""

from dataclasses import replace
from typing import Final

import numpy as np

from service.domain.embedding import Vectors
from service.domain.errors import FieldProblem, InvalidInputError
from service.domain.match import Notice, Phrase, Understanding
from service.domain.person import Profile
from service.domain.records import SavedUnderstanding
from service.domain.text import visible
from service.ports import Tools
from service.skills.language import READ, SCRIPTS, detect, script
from service.skills.limits import denied
from service.skills.segment import MOST_PHRASES, phrases

# Cosine to the nearest occupation at which a phrase begins to mean something, and at
# which it surely does; both read off the sample people's phrases.
_UNSURE: Final = 0.2
_SURE: Final = 0.7
_MEANS_FROM: Final = 0.35

# Chances, as the reader gives them, from which a phrase is taken for work: low, because a
# trade word left out costs more than a stray phrase kept.
_WORK: Final = 0.3
_PERHAPS: Final = 0.1
_ENTERED: Final = frozenset({"skill", "experience"})

_NOT_READ = Notice(
    "language_not_read",
    "These words are not in English, so only the English words among them were used. "
    "Add the skills in English for a better answer.",
)


def understand(tools: Tools, profile: Profile) -> SavedUnderstanding:
    """Read everything a profile says about work.

    Protected facts are fields of their own and are never read here; where the words
    themselves state them, they are taken out (names, gender, religion) or their phrases
    are left out (family, health, abuse). Raises InvalidInputError where the text is in a
    script nobody here reads.
    """
    found = _phrases(profile)
    words = profile.text or " ".join(phrase.text for phrase in found)
    _require_known_script(words)
    language = detect(words) if words else "en"
    clean = [tools.neutral.person(visible(phrase.text)) for phrase in found]
    vectors = tools.encoder.encode(clean)
    judged = _judged(tools, found, clean, vectors, readable=language in READ)
    affinity = tools.taxonomy.affinity(vectors)
    meant = tuple(
        _with_meaning(tools, phrase, tools.taxonomy.codes[int(line.argmax())], float(line.max()))
        for phrase, line in zip(judged, affinity, strict=True)
    )
    working = [at for at, phrase in enumerate(meant) if phrase.work]
    work_text = ". ".join(clean[at] for at in working)
    whole = tools.encoder.encode([work_text] if working else [])
    return SavedUnderstanding(
        understanding=Understanding(
            language=language,
            phrases=meant,
            notices=() if language in READ else (_NOT_READ,),
        ),
        work_text=work_text,
        vectors=np.vstack([whole, vectors[working]]),
        model=tools.encoder.model,
    )


def _judged(
    tools: Tools, found: list[Phrase], clean: list[str], vectors: Vectors, *, readable: bool
) -> list[Phrase]:
    """Mark which phrases are about work the person can do.

    A skill or a job title that was entered as such is work. Words in a language that is not
    read cannot be judged, so all of them count.
    """
    if not readable or not found:
        return found
    chance = tools.reader.work(vectors)
    # Odd words of a trade may look like nothing: where nothing is surely work, the likeliest
    # phrases are taken rather than none.
    entered = any(phrase.origin != "text" for phrase in found)
    bar = _WORK if entered or chance.max() >= _WORK else _PERHAPS
    return [
        replace(
            phrase,
            denied=(no := denied(phrase.text)),
            work=bool(text) and not no and (phrase.origin in _ENTERED or p >= bar),
        )
        for phrase, text, p in zip(found, clean, chance.tolist(), strict=True)
    ]


def _phrases(profile: Profile) -> list[Phrase]:
    found = [Phrase(text) for text in phrases(profile.text)]
    for skill in profile.skills:
        found += [Phrase(text, "skill", skill.status) for text in phrases(skill.text)]
    for experience in profile.experiences:
        found += [Phrase(text, "experience") for text in phrases(experience.title or "")]
        found += [Phrase(text) for text in phrases(experience.description or "")]
    unique = {phrase.text.casefold(): phrase for phrase in reversed(found)}
    return [p for p in found if unique[p.text.casefold()] is p][: 2 * MOST_PHRASES]


def _with_meaning(tools: Tools, phrase: Phrase, code: str, cosine: float) -> Phrase:
    confidence = min(1.0, max(0.0, (cosine - _UNSURE) / (_SURE - _UNSURE)))
    known = confidence >= _MEANS_FROM
    return replace(
        phrase,
        means=tools.taxonomy.title(code) if known else None,
        isco08=code if known else None,
        confidence=round(confidence, 3),
    )


def _require_known_script(text: str) -> None:
    name = script(text)
    if name is not None and name not in SCRIPTS:
        detail = (
            f"These words are in a script Homeward does not read ({name.title()}). "
            "Write them in English or in a language of the sending countries."
        )
        problem = FieldProblem("/text", detail)
        raise InvalidInputError(detail, code="language_unknown", problems=(problem,))
