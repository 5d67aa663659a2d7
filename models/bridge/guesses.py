"""Learns what a guess at a word is worth: python -m models.bridge.guesses.

Two minutes on two cores, behind models.bridge.train. First which endings change nothing of what a
word means: from the words of the lexicon and those whose meaning was learned (endings.json). Then
every fifth spoken sentence of data/parallel is held out, the meanings of words are learned from the
others (as models.bridge.train learns them from all), and every guess that could be made at a word
of the held-out sentences is held against their English. The weights of what speaks for a guess go
to artifact/guesses.json. The gold set is never read.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from tqdm import tqdm

from models.bridge.train import SMALL, meanings, spoken_in
from service.ports import Encoder
from service.settings import Settings, bundled
from service.skills.endings import Changes, Endings, changes
from service.skills.gloss import Glosser, Taught
from service.skills.guesses import WAYS, GuessChances, ManyWords, OneWord
from service.skills.interpret import usual_first
from service.skills.letters import words
from service.skills.lexicon import Language, WorkLexicon
from service.skills.meant import Meant
from service.skills.segment import clauses
from service.skills.spelling import Speller, english_words
from service.wiring import build_encoder

_HERE = Path(__file__).parent
_HELD_OUT: Final = 5
_FOLDS: Final = 5
_LEAST: Final = {"one_word": 0.1, "many_words": 0.5}
"""Chances from which a guess is made; the ranking takes a hint where an officer would not."""
_LEARNED: Final = 0.4
_LONG_STEM: Final = 5
_SAME_STEM: Final = 4
_SAME_MEANING: Final = 0.6
"""Cosine from which an English word of the sentence says what was guessed."""
LITTLE: Final = frozenset(
    """the a an of in at to for on and or with is was were are am i he she they we it my his her
    their do did does work worked working know can have has had be been from by as also not no one
    who that this these those me you your our all so but then there here what which would will
    could up out about when if""".split()  # noqa: SIM905 - seventy words in four lines
)


@dataclass(frozen=True, slots=True)
class Guessed:
    """A guess at words of a sentence: what speaks for it, its English, the sentence's English."""

    sentence: str
    signs: OneWord | ManyWords | None
    english: str
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A language without what its held-out sentences teach, and these sentences."""

    language: Language
    endings: Endings
    sentences: Sequence[tuple[str, str]]
    work: tuple[str, ...]
    english: frozenset[str]


def _content(english: str) -> tuple[str, ...]:
    return tuple(one for one in words(english) if one not in LITTLE and not one.isdigit())


def held_out(code: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the sentences to learn from, and those held out: each with its English."""
    every = list(spoken_in(code))
    kept = [one for at, one in enumerate(every) if at % _HELD_OUT]
    return kept, every[::_HELD_OUT]


def guesses(code: str, glosser: Glosser, sentences: Sequence[tuple[str, str]]) -> Iterator[Guessed]:
    """Yield every guess that could be made at words whose meaning is not known."""
    for number, (text, english) in enumerate(sentences):
        said = tuple(one for one in words(english) if one not in LITTLE and not one.isdigit())
        name = f"{code} {number}"
        for clause in clauses(text):
            for signs, meant in _open_to_guess(glosser, clause.phrase):
                if meant.english and not meant.silent:
                    yield Guessed(name, signs, meant.english, said)


def _open_to_guess(glosser: Glosser, phrase: str) -> Iterator[tuple[OneWord | ManyWords, Meant]]:
    every = words(phrase)
    for size in (2, 3):
        for at in range(len(every) - size + 1):
            if not glosser.knows(" ".join(every[at : at + size])):
                yield from glosser.many_guesses(every[at : at + size])
    for word in every:
        if not glosser.knows(word) and not word.isdigit():
            yield from glosser.guesses(word)


def endings_of(language: Language) -> Endings:
    """Learn from a language's own words which endings, and which beginnings, leave the meaning."""
    meant: dict[str, set[str]] = {}
    for form, concepts in language.forms.items():
        if " " not in form and not concepts[0].names_a_place:
            meant[form] = {one.id for one in concepts}.union(
                *(_stems(one.english) for one in concepts)
            )
    for word, (english, sure) in language.learned.items():
        if english and sure >= _LEARNED:
            meant.setdefault(word, set()).update(_stems(english))
    turned = changes({word[::-1]: some for word, some in meant.items()})
    return Endings(changes(meant), _turned(turned))


def _stems(english: str) -> set[str]:
    return {word[:_LONG_STEM] for word in words(english) if word not in SMALL}


def _turned(some: Changes) -> Changes:
    return {
        off[::-1]: tuple((on[::-1], chance) for on, chance in others)
        for off, others in some.items()
    }


def is_right(some: Sequence[Guessed], encoder: Encoder) -> np.ndarray:
    """Tell of each guess whether the English of its sentence says so; shape (n,)."""
    texts = sorted({one.english for one in some} | {word for one in some for word in one.said})
    vectors = encoder.encode(texts)
    at = {text: row for row, text in enumerate(texts)}

    def right(one: Guessed) -> bool:
        own = [word for word in words(one.english) if word not in LITTLE]
        if any(is_same(a, b) for a in own for b in one.said):
            return True
        near = vectors[[at[word] for word in one.said]] @ vectors[at[one.english]]
        return bool(near.max(initial=0.0) > _SAME_MEANING)

    return np.array([right(one) for one in some])


def is_same(a: str, b: str) -> bool:
    """Tell whether two English words are one, endings aside."""
    return a == b or (len(a) >= _SAME_STEM and a[:_SAME_STEM] == b[:_SAME_STEM])


def fitted(name: str, some: Sequence[Guessed], right: np.ndarray) -> dict[str, object]:
    """Return the weights of one kind of guess; print how well they tell right from wrong."""
    rows = np.array([one.signs.features() for one in some if one.signs is not None])
    groups = [one.sentence for one in some]
    model = LogisticRegression(max_iter=2000)
    chance = cross_val_predict(
        model, rows, right, groups=groups, cv=GroupKFold(_FOLDS), method="predict_proba"
    )[:, 1]
    print(
        f"{name}: {len(some)} guesses, {right.mean():.0%} right; told apart by others' weights: "
        f"AUC {roc_auc_score(right, chance):.3f}"
    )
    model.fit(rows, right)
    return {
        "least": _LEAST[name],
        "intercept": round(float(model.intercept_[0]), 4),
        "weights": [round(float(one), 4) for one in model.coef_[0]],
    }


def _blank() -> GuessChances:
    """Return chances that say nothing yet."""
    one = OneWord(WAYS[0], 0, 0, 0).features()
    many = ManyWords(2, 0, 0.0, 1, 0.0, 0.0, typed=False).features()
    return GuessChances.of(([0.0] * len(one), 0.0, 0.0), ([0.0] * len(many), 0.0, 0.0))


def _show_confidence(held: Sequence[Held], chances: GuessChances, encoder: Encoder) -> None:
    """Print, of what is said of the held-out sentences, how often each confidence is right."""
    shown: dict[tuple[str, float], list[Guessed]] = {}
    for one in held:
        glosser = Glosser(one.language, one.work, one.english, Taught(chances, one.endings))
        for number, (text, english) in enumerate(one.sentences):
            said = _content(english)
            for meant in (
                word for clause in clauses(text) for word in glosser.gloss(clause.phrase).words
            ):
                if meant.english and not meant.silent and not meant.said.isdigit():
                    how = "guessed" if meant.guessed else "written" if meant.written else "learned"
                    sure = meant.sure if meant.written else int(meant.sure * 10) / 10
                    shown.setdefault((how, sure), []).append(
                        Guessed(f"{number}", None, meant.english, said)
                    )
    for (how, sure), some in sorted(shown.items()):
        print(
            f"{how}, sure {sure:.2f}: {len(some)} words, {is_right(some, encoder).mean():.0%} right"
        )


def main(
    *, out: Annotated[Path, typer.Option(help="Folder of the bridge.")] = _HERE / "artifact"
) -> None:
    """Learn endings and weights; write endings.json and guesses.json."""
    lexicon = WorkLexicon.read(bundled("data", "lexicon", "work"), out)
    every = {code: asdict(endings_of(one)) for code, one in lexicon.languages.items()}
    (out / "endings.json").write_text(
        json.dumps(every, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    english = english_words()
    work = usual_first(Speller.read(bundled("data", "lexicon")).work.words)
    some: list[Guessed] = []
    held: list[Held] = []
    for code, language in tqdm(lexicon.languages.items(), "languages"):
        kept, sentences = held_out(code)
        learned = replace(language, learned=meanings(code, kept))
        endings = endings_of(learned)
        held.append(Held(learned, endings, sentences, work, english))
        some += guesses(code, Glosser(learned, work, english, Taught(_blank(), endings)), sentences)
    encoder = build_encoder(Settings())
    right = is_right(some, encoder)
    content = {}
    for name, kind in (("one_word", OneWord), ("many_words", ManyWords)):
        rows = [at for at, one in enumerate(some) if isinstance(one.signs, kind)]
        content[name] = fitted(name, [some[at] for at in rows], right[rows])
    (out / "guesses.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    _show_confidence(held, GuessChances.read(out / "guesses.json"), encoder)


if __name__ == "__main__":
    typer.run(main)
