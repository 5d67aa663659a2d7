"""Read a person's words: phrases, language, meaning, vectors."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from service.skills.reader import in_context, names_oneself, what_one_is
from service.skills.segment import MOST_PHRASES, clauses

# Cosine to the nearest occupation at which a phrase begins to mean something, and at
# which it surely does; both read off the sample people's phrases.
_UNSURE: Final = 0.2
_SURE: Final = 0.7
_MEANS_FROM: Final = 0.35

# Chances, as the reader gives them, from which a phrase is taken for work. Read off gold dev:
# from 0.4 to 0.65 the ranking loses 0.004 of nDCG, and of the twins 94 in a hundred are answered
# alike instead of 90.
_WORK: Final = 0.65
_PERHAPS: Final = 0.1
# Cosine to the nearest occupation from which "I am a ..." names a trade: a mason reads at 0.43,
# a mother, a widow or a believer at 0.31 to 0.33.
_A_TRADE: Final = 0.4
# What a phrase must reach that speaks of religion, and one beside it in the same sentence: the
# words of faith are taken out, and what they leave ("I sang at the every night") is no trade.
_WORK_OF_FAITH: Final = 0.85
_WORK_BESIDE_FAITH: Final = 0.75
_ENTERED: Final = frozenset({"skill", "experience"})

_NOT_READ = Notice(
    "language_not_read",
    "These words are not in English, so only the English words among them were used. "
    "Add the skills in English for a better answer.",
)


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The phrases of a profile, the sentence each stands in, and what the encoder gets of it."""

    phrases: Sequence[Phrase]
    sentences: Sequence[str]
    clean: Sequence[str]


def understand(tools: Tools, profile: Profile) -> SavedUnderstanding:
    """Read everything a profile says about work.

    Protected facts are fields of their own and are never read here; where the words
    themselves state them, they are taken out (names, gender, religion) or their phrases
    are left out (family, health, abuse). Raises InvalidInputError where the text is in a
    script nobody here reads.
    """
    found, sentences = _phrases(profile)
    words = profile.text or " ".join(phrase.text for phrase in found)
    _require_known_script(words)
    language = detect(words) if words else "en"
    readable = language in READ
    clean = [cleaned(tools, phrase.text, readable=readable) for phrase in found]
    around = {one: cleaned(tools, one, readable=readable) for one in dict.fromkeys(sentences)}
    alone, contexts = _encoded(tools, clean, [around[one] for one in sentences])
    spoken = _Spoken(found, sentences, clean)
    judged = _judged(tools, spoken, (alone, contexts), readable=readable)
    working = [at for at, phrase in enumerate(judged) if phrase.work]
    texts = [what_one_is(text) for text in clean]
    named = [at for at, text in enumerate(texts) if text != clean[at]]
    alone[named] = tools.encoder.encode([texts[at] for at in named])
    whole, vectors = _work_vectors(tools, texts, sentences, working, alone)
    affinity = tools.taxonomy.affinity(vectors)
    meant = tuple(
        _with_meaning(tools, phrase, tools.taxonomy.codes[int(line.argmax())], float(line.max()))
        for phrase, line in zip(judged, affinity, strict=True)
    )
    return SavedUnderstanding(
        understanding=Understanding(
            language=language,
            phrases=meant,
            notices=() if readable else (_NOT_READ,),
        ),
        work_text=_work_text(texts, working),
        vectors=np.vstack([whole, vectors[working]]),
        model=tools.reading,
    )


def cleaned(tools: Tools, text: str, *, readable: bool) -> str:
    """Return a text as the encoder gets it; only a language that is read is put right."""
    neutral = tools.neutral.person(visible(text))
    return tools.speller.words(neutral) if readable else neutral


def _encoded(
    tools: Tools, phrases: Sequence[str], sentences: Sequence[str]
) -> tuple[Vectors, Vectors]:
    """Return the vectors of phrases and of their sentences, each text encoded once."""
    texts = list(dict.fromkeys([*phrases, *sentences]))
    at = {text: row for row, text in enumerate(texts)}
    vectors = tools.encoder.encode(texts)
    return vectors[[at[one] for one in phrases]], vectors[[at[one] for one in sentences]]


def _work_vectors(
    tools: Tools,
    texts: Sequence[str],
    sentences: Sequence[str],
    working: Sequence[int],
    alone: Vectors,
) -> tuple[Vectors, Vectors]:
    """Return the vector of all work as one text, (1, d) or (0, d), and every phrase's, (n, d).

    A phrase leans to the work its sentence holds and to nothing else in it, so that what is
    left out neither comes back nor changes anything by being there.
    """
    members: dict[str, list[int]] = defaultdict(list)
    for row in working:
        members[sentences[row]].append(row)
    several = [rows for rows in members.values() if len(rows) > 1]
    joined = [_work_text(texts, rows) for rows in several]
    encoded = tools.encoder.encode([_work_text(texts, working), *joined] if working else [])
    contexts = alone.copy()
    for rows, vector in zip(several, encoded[1:], strict=True):
        contexts[rows] = vector
    return encoded[:1], in_context(alone, contexts)


def _work_text(clean: Sequence[str], working: Sequence[int]) -> str:
    # Commas, as in the sentences the encoder was taught with; full stops take a text apart.
    return ", ".join(clean[row] for row in working)


def _judged(
    tools: Tools,
    spoken: _Spoken,
    vectors: tuple[Vectors, Vectors],
    *,
    readable: bool,
) -> list[Phrase]:
    """Mark which phrases are about work the person can do; vectors: of phrases, of sentences.

    A skill or a job title that was entered as such is work. Words in a language that is not
    read cannot be judged, so all of them count.
    """
    found, sentences, clean = spoken.phrases, spoken.sentences, spoken.clean
    if not readable or not found:
        return list(found)
    chance = tools.reader.work(*vectors)
    named = [at for at, text in enumerate(clean) if names_oneself(text)]
    trades = tools.taxonomy.affinity(vectors[0][named]).max(axis=1, initial=0.0) >= _A_TRADE
    chance[[at for at, trade in zip(named, trades, strict=True) if trade]] = 1.0
    # Odd words of a trade may look like nothing: where nothing is surely work, the likeliest
    # phrases are taken rather than none.
    entered = any(phrase.origin != "text" for phrase in found)
    usual = _WORK if entered or chance.max() >= _WORK else _PERHAPS
    bars = [
        max(usual, _bar_of_faith(tools, phrase.text, sentence))
        for phrase, sentence in zip(found, sentences, strict=True)
    ]
    return [
        replace(
            phrase,
            denied=(no := denied(phrase.text)),
            work=bool(text) and not no and (phrase.origin in _ENTERED or p >= bar),
        )
        for phrase, text, p, bar in zip(found, clean, chance.tolist(), bars, strict=True)
    ]


def _bar_of_faith(tools: Tools, phrase: str, sentence: str) -> float:
    if tools.neutral.speaks_of_faith(phrase):
        return _WORK_OF_FAITH
    return _WORK_BESIDE_FAITH if tools.neutral.speaks_of_faith(sentence) else 0.0


def _phrases(profile: Profile) -> tuple[list[Phrase], list[str]]:
    """Return the phrases of a profile, each once, and the sentence each stands in."""
    found = [(Phrase(one.phrase), one.sentence) for one in clauses(profile.text)]
    for skill in profile.skills:
        found += [
            (Phrase(one.phrase, "skill", skill.status), one.sentence) for one in clauses(skill.text)
        ]
    for experience in profile.experiences:
        title, description = experience.title or "", experience.description or ""
        found += [(Phrase(one.phrase, "experience"), one.sentence) for one in clauses(title)]
        found += [(Phrase(one.phrase), one.sentence) for one in clauses(description)]
    unique: dict[str, tuple[Phrase, str]] = {}
    for pair in found:
        unique.setdefault(pair[0].text.casefold(), pair)
    kept = list(unique.values())[: 2 * MOST_PHRASES]
    return [phrase for phrase, _ in kept], [sentence for _, sentence in kept]


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
