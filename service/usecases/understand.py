"""Read a person's words: phrases, language, meaning, vectors."""

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
from service.skills.segment import MOST_PHRASES, phrases

# Cosine to the nearest occupation at which a phrase begins to mean something, and at
# which it surely does; both read off the sample people's phrases.
_UNSURE: Final = 0.2
_SURE: Final = 0.7
_MEANS_FROM: Final = 0.35

_NOT_READ = Notice(
    "language_not_read",
    "These words are not in English, so only the English words among them were used. "
    "Add the skills in English for a better answer.",
)


def understand(tools: Tools, profile: Profile) -> SavedUnderstanding:
    """Read everything a profile says about work. Encodes once, for all its phrases.

    Protected facts are fields of their own and are never read here. Raises
    InvalidInputError where the text is in a script nobody here reads.
    """
    found = _phrases(profile)
    words = profile.text or " ".join(phrase.text for phrase in found)
    _require_known_script(words)
    language = detect(words) if words else "en"
    vectors = tools.encoder.encode([visible(phrase.text) for phrase in found])
    nearest = tools.taxonomy.nearest(vectors)
    meant = tuple(
        _with_meaning(tools, phrase, code, cosine)
        for phrase, (code, cosine) in zip(found, nearest, strict=True)
    )
    working = vectors[[at for at, phrase in enumerate(meant) if phrase.work]]
    return SavedUnderstanding(
        understanding=Understanding(
            language=language,
            phrases=meant,
            notices=() if language in READ else (_NOT_READ,),
        ),
        vectors=np.vstack([whole_of(working), working]),
        model=tools.encoder.model,
    )


def whole_of(phrase_vectors: Vectors) -> Vectors:
    """Return the unit mean of phrase vectors, shape (d,); zeros where there are none."""
    mean: Vectors = phrase_vectors.sum(axis=0)
    length = float(np.linalg.norm(mean))
    return mean / length if length else mean


def _phrases(profile: Profile) -> list[Phrase]:
    found = [Phrase(text) for text in phrases(profile.text)]
    for skill in profile.skills:
        found += [Phrase(text, "skill", skill.status) for text in phrases(skill.text)]
    for experience in profile.experiences:
        for words in (experience.title, experience.description):
            found += [Phrase(text, "experience") for text in phrases(words or "")]
    unique = {phrase.text.casefold(): phrase for phrase in reversed(found)}
    return [p for p in found if unique[p.text.casefold()] is p][: 2 * MOST_PHRASES]


def _with_meaning(tools: Tools, phrase: Phrase, code: str, cosine: float) -> Phrase:
    confidence = min(1.0, max(0.0, (cosine - _UNSURE) / (_SURE - _UNSURE)))
    known = confidence >= _MEANS_FROM
    return Phrase(
        text=phrase.text,
        origin=phrase.origin,
        status=phrase.status,
        means=tools.taxonomy.title(code) if known else None,
        isco08=code if known else None,
        confidence=round(confidence, 3),
        work=True,
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
