"""Read a person's words: phrases, language, meaning, vectors."""

from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from service.domain.embedding import Vectors
from service.domain.errors import FieldProblem, InvalidInputError
from service.domain.match import Notice, Phrase, Understanding
from service.domain.person import Profile
from service.domain.records import SavedUnderstanding
from service.domain.text import visible
from service.domain.work_said import Said
from service.matching.features import nearest_shares
from service.ports import Tools
from service.skills.experience import done_now, years_said
from service.skills.language import READ, SCRIPTS, script
from service.skills.limits import denied
from service.skills.meant import NEGATIVE, Gloss
from service.skills.reader import in_context, names_oneself
from service.skills.segment import MOST_PHRASES, clauses
from service.usecases.clean_text import Clean, cleaned, encoded, language_of, without_protected

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
_AT_ONCE: Final = 256
"""Vectors held against all unit groups together: in one go the products stay near the processor."""

# What must have been understood of the words for the answer to stand on them.
_HARDLY: Final = 0.35
_SURELY_MEANT: Final = 0.9
_OCCUPIED: Final = frozenset(
    {"occupation", "skill", "duty", "tool", "machine", "material", "certificate"}
)

_NOT_READ = Notice(
    "language_not_read",
    "These words are in a language that is not covered, so only the English words among them "
    "were used. Add the skills in English for a better answer.",
)
_HARDLY_READ = Notice(
    "language_hardly_read",
    "Much of these words was not understood. See what each phrase was taken to mean, and add the "
    "skills in other words or in English.",
)


_Ask = tuple[str, Sequence[Clean]] | Vectors
"""Texts whose vectors somebody waits for, and their language; or vectors whose nearness to every
unit group they wait for."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """The phrases of a profile, the sentence each stands in, and what was made of each.

    glosses: by phrase, of a language other than English that is covered; else empty.
    """

    phrases: Sequence[Phrase]
    sentences: Sequence[str]
    clean: Sequence[Clean]
    glosses: Sequence[Gloss]


def understand(tools: Tools, profile: Profile) -> SavedUnderstanding:
    """Read everything a profile says about work.

    Protected facts are fields of their own and are never read here; where the words
    themselves state them, they are taken out (names, gender, religion) or their phrases
    are left out (family, health, abuse). Raises InvalidInputError where the text is in a
    script nobody here reads.
    """
    return understand_many(tools, [profile])[0]


def understand_many(tools: Tools, profiles: Sequence[Profile]) -> list[SavedUnderstanding]:
    """Read many profiles as `understand` reads one: step by step, each step encoded at once.

    An encoder asked for a thousand texts works through them at several times the rate that it
    has for a handful. Raises InvalidInputError where any text is in a script nobody reads.
    """
    found: dict[int, SavedUnderstanding] = {}
    waiting = {at: _reading(tools, profile) for at, profile in enumerate(profiles)}
    answers: dict[int, Vectors | None] = dict.fromkeys(waiting)
    while waiting:
        asked: dict[int, _Ask] = {}
        for at, reading in waiting.items():
            try:
                asked[at] = reading.send(answers[at])
            except StopIteration as ended:
                found[at] = ended.value
        waiting = {at: waiting[at] for at in asked}
        answers = _answered(tools, asked)
    return [found[at] for at in range(len(profiles))]


def _answered(tools: Tools, asked: Mapping[int, _Ask]) -> dict[int, Vectors | None]:
    """Answer what all of them ask for, texts language by language; rows in their order."""
    by_language: dict[str, dict[int, Sequence[Clean]]] = defaultdict(dict)
    placed: dict[int, Vectors] = {}
    for at, ask in asked.items():
        if isinstance(ask, tuple):
            by_language[ask[0]][at] = ask[1]
        else:
            placed[at] = ask
    answers: dict[int, Vectors | None] = {}
    for language, some in by_language.items():
        vectors = encoded(tools, language, [text for texts in some.values() for text in texts])
        answers |= _apart(vectors, some)
    if placed:
        vectors = np.concatenate(list(placed.values()))
        near = [
            tools.taxonomy.affinity(vectors[start : start + _AT_ONCE])
            for start in range(0, max(len(vectors), 1), _AT_ONCE)
        ]
        answers |= _apart(np.concatenate(near), placed)
    return answers


def _apart(rows: Vectors, asked: Mapping[int, Sized]) -> dict[int, Vectors | None]:
    ends = np.cumsum([len(one) for one in asked.values()])
    return dict(zip(asked, np.split(rows, ends[:-1]), strict=True))


def _reading(tools: Tools, profile: Profile) -> Generator[_Ask, Vectors | None, SavedUnderstanding]:
    """Read one profile, asking for vectors where it needs them."""
    found, sentences = _phrases(profile)
    words = _words(profile, found)
    _require_known_script(words)
    language = language_of(tools, words)
    spoken = _spoken(tools, found, sentences, language)
    around = {one: cleaned(tools, one, language) for one in dict.fromkeys(sentences)}
    vectors = yield from _asked((language, [*spoken.clean, *(around[one] for one in sentences)]))
    alone, contexts = vectors[: len(found)].copy(), vectors[len(found) :]
    judged = _judged(tools, spoken, (alone, contexts), language)
    working = [at for at, phrase in enumerate(judged) if phrase.work]
    core = tools.interpreter.core
    texts = [replace(one, english=core.of_phrase(one.english)) for one in spoken.clean]
    named = [at for at, text in enumerate(texts) if text != spoken.clean[at]]
    several = _of_one_sentence(sentences, working)
    joined = [_joined(texts, rows) for rows in ([working, *several] if working else [])]
    more = yield from _asked((language, [*(texts[at] for at in named), *joined]))
    alone[named], together = more[: len(named)], more[len(named) :]
    # A phrase leans to the work its sentence holds and to nothing else in it, so that what is
    # left out neither comes back nor changes anything by being there.
    contexts = alone.copy()
    for rows, vector in zip(several, together[1:], strict=True):
        contexts[rows] = vector
    vectors = in_context(alone, contexts)
    affinity = yield from _asked(np.vstack([vectors, together[:1]]))
    # What is shown goes by the names of trades. The ranking does not: with the names its nDCG@10 on
    # gold dev moved by no more than from one seed to the next.
    led = tools.interpreter.trades.led(
        [one.english for one in texts], affinity[: len(found)], tools.taxonomy.codes
    )
    phrases = _meant(tools, judged, led, spoken)
    said = np.vstack([together[:1], vectors[working]])
    return SavedUnderstanding(
        understanding=Understanding(language, phrases, _notices(language, spoken.glosses)),
        # Where it was says nothing of what was done: a listing in Oman is not nearer for it.
        work_text=_joined(texts, working).english,
        vectors=said,
        model=tools.reading,
        texts=tuple(spoken.clean[row].english for row in working),
        said=Said(
            vectors=said,
            shares=nearest_shares(affinity[[len(found), *working]]),
            sure=float(affinity[-1].max()),
            years=years_said(_joined(spoken.clean, working).english),
            present=np.array(done_now(phrases)),
        )
        if working
        else None,
    )


def _asked(ask: _Ask) -> Generator[_Ask, Vectors | None, Vectors]:
    """Ask for the vectors of texts, (n, d), or for how near vectors are to each group, (n, g)."""
    found = yield ask
    assert found is not None  # noqa: S101 - only the first `send` brings nothing
    return found


def _spoken(
    tools: Tools, found: Sequence[Phrase], sentences: Sequence[str], language: str
) -> _Spoken:
    if language in READ or not tools.interpreter.covers(language):
        return _Spoken(found, sentences, [cleaned(tools, one.text, language) for one in found], ())
    glosses = [tools.interpreter.gloss(language, visible(one.text)) for one in found]
    return _Spoken(
        found, sentences, [without_protected(tools.neutral, one) for one in glosses], glosses
    )


def _notices(language: str, glosses: Sequence[Gloss]) -> tuple[Notice, ...]:
    if glosses:
        weight = sum(len(one.words) for one in glosses)
        sure = sum(one.known * len(one.words) for one in glosses) / max(weight, 1)
        return (_HARDLY_READ,) if sure < _HARDLY else ()
    return () if language in READ else (_NOT_READ,)


def _as_glossed(phrase: Phrase, gloss: Gloss) -> Phrase:
    """Say what a phrase was taken to mean in English; what was not understood is said so."""
    code = next(
        (one.concept.isco08 for one in gloss.words if one.concept and one.concept.isco08), ""
    )
    known = bool(gloss.english) and gloss.known >= _HARDLY
    return replace(
        phrase,
        means=gloss.english if known else None,
        isco08=(code or phrase.isco08) if known else None,
        confidence=round(gloss.sure, 3),
    )


def _of_one_sentence(sentences: Sequence[str], working: Sequence[int]) -> list[list[int]]:
    """Return the rows of work that share a sentence with other work, sentence by sentence."""
    members: dict[str, list[int]] = defaultdict(list)
    for row in working:
        members[sentences[row]].append(row)
    return [rows for rows in members.values() if len(rows) > 1]


def _meant(
    tools: Tools, judged: Sequence[Phrase], affinity: Vectors, spoken: _Spoken
) -> tuple[Phrase, ...]:
    """Say what each phrase was taken to mean; affinity: (n, g) with each unit group."""
    glosses = spoken.glosses
    # The neutral words: a saleswoman and a salesman are of one trade.
    texts = [one.english for one in spoken.clean]
    meant = tuple(
        _with_meaning(tools, phrase, text, line)
        for phrase, text, line in zip(judged, texts, affinity, strict=True)
    )
    if not glosses:
        return meant
    return tuple(_as_glossed(phrase, gloss) for phrase, gloss in zip(meant, glosses, strict=True))


def _joined(texts: Sequence[Clean], rows: Sequence[int]) -> Clean:
    # Commas, as in the sentences the encoder was taught with; full stops take a text apart.
    return Clean(
        ", ".join(texts[row].english for row in rows if texts[row].english),
        ", ".join(texts[row].spoken for row in rows if texts[row].spoken),
    )


def _judged(
    tools: Tools,
    spoken: _Spoken,
    vectors: tuple[Vectors, Vectors],
    language: str,
) -> list[Phrase]:
    """Mark which phrases are about work the person can do; vectors: of phrases, of sentences.

    A skill or a job title that was entered as such is work. Words in a language that is not
    read cannot be judged, so all of them count.
    """
    found, sentences = spoken.phrases, spoken.sentences
    clean = [one.english for one in spoken.clean]
    readable = language in READ or bool(spoken.glosses)
    if not readable or not found:
        return list(found)
    chance = tools.reader.work(*vectors)
    named = [at for at, text in enumerate(clean) if names_oneself(text)]
    trades = tools.taxonomy.affinity(vectors[0][named]).max(axis=1, initial=0.0) >= _A_TRADE
    chance[[at for at, trade in zip(named, trades, strict=True) if trade]] = 1.0
    for at, gloss in enumerate(spoken.glosses):
        if _names_work(gloss):
            chance[at] = 1.0
    # Odd words of a trade may look like nothing: where nothing is surely work, the likeliest
    # phrases are taken rather than none.
    entered = any(phrase.origin != "text" for phrase in found)
    negative = [_negative(one) for one in spoken.glosses] or [False] * len(found)
    usual = _WORK if entered or chance.max() >= _WORK else _PERHAPS
    bars = [
        max(usual, _bar_of_faith(tools, phrase.text, sentence))
        for phrase, sentence in zip(found, sentences, strict=True)
    ]
    return [
        replace(
            phrase,
            denied=(no := no_in_english or denied(phrase.text)),
            work=bool(text) and not no and (phrase.origin in _ENTERED or p >= bar),
        )
        for phrase, text, p, bar, no_in_english in zip(
            found, clean, chance.tolist(), bars, negative, strict=True
        )
    ]


def _names_work(gloss: Gloss) -> bool:
    """Tell whether a phrase surely holds a concept of work: a trade, a duty, a tool."""
    return any(
        one.concept is not None
        and one.concept.kind in _OCCUPIED
        and (one.written or one.sure >= _SURELY_MEANT)
        for one in gloss.words
    )


def _negative(gloss: Gloss) -> bool:
    # A hint that is not shown must not take a skill away.
    return any(
        one.concept is not None and one.shown and one.concept.id in NEGATIVE for one in gloss.words
    )


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


def _with_meaning(tools: Tools, phrase: Phrase, text: str, affinity: Vectors) -> Phrase:
    """Say which unit group a phrase was taken for: the trade it names, or else the nearest.

    text: the phrase as the encoder gets it. affinity: (unit groups,) cosines, led by the trades
    that are named.
    """
    if not text:
        return replace(phrase, means=None, isco08=None, confidence=0.0)
    at = int(affinity.argmax())
    sure = min(1.0, max(0.0, (float(affinity[at]) - _UNSURE) / (_SURE - _UNSURE)))
    code, known = tools.taxonomy.codes[at], sure >= _MEANS_FROM
    return replace(
        phrase,
        means=tools.taxonomy.title(code) if known else None,
        isco08=code if known else None,
        confidence=round(sure, 3),
    )


def require_readable(profile: Profile) -> None:
    """Raise InvalidInputError where a profile's words are in a script nobody here reads."""
    # Words that were entered one by one are cut first; a text is long, and known as it is.
    _require_known_script(profile.text or _words(profile, _phrases(profile)[0]))


def _words(profile: Profile, found: Sequence[Phrase]) -> str:
    return profile.text or " ".join(phrase.text for phrase in found)


def _require_known_script(text: str) -> None:
    name = script(text)
    if name is not None and name not in SCRIPTS:
        detail = (
            f"These words are in a script Homeward does not read ({name.title()}). "
            "Write them in English or in a language of the sending countries."
        )
        problem = FieldProblem("/text", detail)
        raise InvalidInputError(detail, code="language_unknown", problems=(problem,))
