"""Learns which meaning of a form is meant: python -m models.bridge.senses.

Three minutes on two cores, behind models.bridge.train and models.bridge.guesses. In the spoken
sentences of data/parallel it is counted how often the English says a form's meaning. Every fifth
sentence is held out, the words and counts are learned from the others, and each meaning of each
form in the held-out sentences is held against their English: the weights of what speaks for a
meaning go to artifact/senses.json, vectors of the English to artifact/senses.npy. The gold set is
never read.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import numpy.typing as npt
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from tqdm import tqdm

from models.bridge.guesses import LITTLE, endings_of, held_out, is_same
from models.bridge.train import SMALL, meanings, spoken_in
from service.ports import Encoder
from service.settings import Settings, bundled
from service.skills.endings import Endings
from service.skills.gloss import Glosser, Taught
from service.skills.guesses import GuessChances, Logistic
from service.skills.interpret import usual_first
from service.skills.letters import words
from service.skills.lexicon import Language, WorkLexicon
from service.skills.meant import Meant, signs_of, tells
from service.skills.segment import clauses
from service.skills.senses import PhraseSigns, Senses, Signs, unit
from service.skills.spelling import Speller, english_words
from service.wiring import build_encoder

_HERE = Path(__file__).parent
_DIMENSIONS: Final = 128
_SAME_MEANING: Final = 0.6
_HALF: Final = 0.5
_LEAST_LEARNED: Final = 0.4
_LEAST_TELLING: Final = 3
_FOLDS: Final = 5
_MOSTLY: Final = 2 / 3

Vector = npt.NDArray[np.float32]
Sentence = tuple[str, str]
Usual = Mapping[str, tuple[int, Mapping[str, int]]]


@dataclass(frozen=True, slots=True)
class Held:
    """A language without what its held-out sentences teach, and these sentences."""

    language: Language
    endings: Endings
    usual: Usual
    sentences: Sequence[Sentence]
    work: tuple[str, ...]
    english: frozenset[str]
    chances: GuessChances


class Saying:
    """Tells whether an English sentence says a meaning, in whatever words."""

    def __init__(self, encoder: Encoder) -> None:
        """Read by what else the concepts are called."""
        self._encoder, self._vectors = encoder, dict[str, Vector]()
        with bundled("data", "lexicon", "work", "concepts.csv").open(encoding="utf-8") as file:
            self._also = {
                row["english"]: [row["english"], *filter(None, row["also"].split("|"))]
                for row in csv.DictReader(file)
            }

    def learn(self, texts: Iterable[str]) -> None:
        """Encode every word of some texts, and all else that their concepts are called."""
        more = [also for text in texts for also in self._also.get(text, [text])]
        new = sorted({word for text in more for word in words(text)} - self._vectors.keys())
        if new:
            self._vectors |= dict(zip(new, self._encoder.encode(new), strict=True))

    def says(self, sentence: str, meaning: str) -> bool:
        """Return whether half the words of any name of a meaning are said."""
        said = words(sentence)
        content = [word for word in said if word not in SMALL]
        near = np.array([self._vectors[word] for word in content])

        def one(word: str) -> bool:
            if any(is_same(word, other) for other in said):
                return True
            return bool(len(near)) and bool((near @ self._vectors[word]).max() > _SAME_MEANING)

        for name in self._also.get(meaning, [meaning]):
            own = [word for word in words(name) if word not in SMALL] or words(name)
            if own and np.mean([one(word) for word in own]) >= _HALF:
                return True
        return False


def usual_of(glosser: Glosser, sentences: Sequence[Sentence], saying: Saying) -> Usual:
    """Count in how many sentences a form stood, and in how many of them each meaning was said."""
    seen = Counter[str]()
    meant: dict[str, Counter[str]] = defaultdict(Counter)
    for text, english in sentences:
        for form in {one.form or one.said for one in _written(glosser, text)}:
            seen[form] += 1
            names = {_name(one) for _, one in glosser.meanings(form, _NOWHERE, _BLIND)}
            meant[form].update(name for name in sorted(names) if saying.says(english, name))
    return {form: (times, dict(meant[form])) for form, times in sorted(seen.items())}


def _written(glosser: Glosser, text: str) -> Iterator[Meant]:
    for clause in clauses(text):
        for one in glosser.gloss(clause.phrase).words:
            if one.written and not one.names_a_place:
                yield one


def _name(meant: Meant) -> str:
    return meant.concept.english if meant.concept else meant.english or ""


_NOWHERE: Final = np.zeros(1, dtype=np.float32)
_NO_SIGNS: Final = Logistic(
    (0.0,) * len(Signs("word", 1, 1, 0, 1, 0, 0, None, 0.0).features()), 0.0
)
_BLIND: Final = Senses(
    {},
    np.zeros((0, 1), dtype=np.float32),
    {},
    _NO_SIGNS,
    _NO_SIGNS,
    Logistic((0.0,) * len(PhraseSigns((), 0.0, 0.0, work=False, near=None).features()), 0.0),
)


def instances(
    glosser: Glosser, senses: Senses, sentences: Sequence[Sentence], saying: Saying
) -> Iterator[tuple[int, Signs, bool]]:
    """Yield every meaning of every form in some sentences: a number of the form, signs, verdict."""
    number = 0
    for text, english in sentences:
        for clause in clauses(text):
            found = glosser.gloss(clause.phrase).words
            around = senses.around([one.english if tells(one) else None for one in found])
            for at, one in enumerate(found):
                if not one.written or one.names_a_place:
                    continue
                number += 1
                for signs, meant in glosser.meanings(one.form or one.said, around[at], senses):
                    yield number, signs, saying.says(english, _name(meant))


def table(
    encoder: Encoder, languages: Iterable[Language]
) -> tuple[list[str], npt.NDArray[np.int8]]:
    """Return all English there is, and its vectors in fewer dimensions, (n, 128)."""
    english = {
        concept.english
        for one in languages
        for concepts in one.forms.values()
        for concept in concepts
        if not concept.names_a_place
    }
    english |= {
        text
        for one in languages
        for text, sure in one.learned.values()
        if text and sure >= _LEAST_LEARNED
    }
    names = sorted(english)
    vectors = encoder.encode(names)
    _, axes = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors.astype(np.float64))
    less = vectors @ axes[:, -_DIMENSIONS:].astype(np.float32)
    less /= np.abs(less).max(axis=1, keepdims=True)
    return names, np.rint(less * 127).astype(np.int8)


def fitted(rows: Sequence[tuple[int, Signs, bool]]) -> tuple[Logistic, Logistic]:
    """Return the weights of what speaks for a meaning, and of what speaks for it beside others.

    The second are learned from forms that have a meaning that is said and one that is not: to be
    likely is not yet to be the likelier. Print how well both do on forms they had not seen.
    """
    features = np.array([signs.features() for _, signs, _ in rows])
    right = np.array([said for _, _, said in rows])
    form = np.array([number for number, _, _ in rows])
    chance, ahead = np.empty(len(rows)), np.empty(len(rows))
    for seen, left in GroupKFold(_FOLDS).split(features, right, form):
        model = LogisticRegression(max_iter=5000).fit(features[seen], right[seen])
        chance[left] = model.predict_proba(features[left])[:, 1]
        ahead[left] = features[left] @ _ahead(features[seen], right[seen], form[seen]).coef_[0]
    print(f"{len(rows)} meanings, {right.mean():.0%} said; AUC {roc_auc_score(right, chance):.3f}")
    forms: dict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(form.tolist()):
        forms[number].append(at)
    chosen = {number: max(some, key=ahead.__getitem__) for number, some in forms.items()}
    open_ones = [number for number, some in forms.items() if len(set(right[some].tolist())) > 1]
    plainest = [forms[number][0] for number in open_ones]
    print(
        f"{len(open_ones)} forms of several meanings: plainest {right[plainest].mean():.1%}, "
        f"chosen {right[[chosen[one] for one in open_ones]].mean():.1%}"
    )
    _show([(float(chance[at]), bool(right[at])) for at in chosen.values()])
    model = LogisticRegression(max_iter=5000).fit(features, right)
    return _weights(model), _weights(_ahead(features, right, form))


def _ahead(
    features: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], form: npt.NDArray[np.int64]
) -> LogisticRegression:
    """Learn from pairs of meanings of one form, one said and one not, which is which."""
    forms: dict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(form.tolist()):
        forms[number].append(at)
    apart = np.array(
        [
            features[one] - features[other]
            for some in forms.values()
            for one, other in product(some, some)
            if right[one] and not right[other]
        ]
    )
    model = LogisticRegression(max_iter=5000, fit_intercept=False)
    # Each pair both ways round: which stands first says nothing.
    return model.fit(np.concatenate([apart, -apart]), np.arange(2 * len(apart)) < len(apart))


def phrases_of(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """Yield the phrases of sentences with their English, where both are cut alike."""
    for text, english in sentences:
        own, others = clauses(text), clauses(english)
        if len(own) == len(others):
            yield from ((a.phrase, b.phrase) for a, b in zip(own, others, strict=True))
        elif min(len(own), len(others)) == 1:
            yield text, english


def trusted(held: Sequence[Held], senses: Sequence[Senses], saying: Saying) -> Logistic:
    """Return the weights of what speaks for a phrase having been understood.

    It was if one of the two rarest words of its English is said, and two in three of the words
    that are said are right: who is told a meaning reads all of it.
    """
    often = Counter(
        word for one in held for _, english in one.sentences for word in set(_telling(english))
    )
    rows: list[PhraseSigns] = []
    right: list[bool] = []
    for one, known in zip(held, senses, strict=True):
        glosser = Glosser(
            one.language, one.work, one.english, Taught(one.chances, one.endings, known)
        )
        for text, english in phrases_of(one.sentences):
            keys = sorted(set(_telling(english)), key=lambda word: (often[word], word))[:2]
            gloss = glosser.gloss(text)
            if not keys or not gloss.words:
                continue
            telling = [one for one in gloss.words if one.english and tells(one)]
            saying.learn([gloss.english, *(one.english or "" for one in telling)])
            true = [saying.says(english, _name(one)) for one in telling]
            rows.append(signs_of(gloss.words, gloss.known, known))
            # Of plain words alone ("I repaired a machine") nothing is told but what they are.
            held_true = sum(true) >= _MOSTLY * len(true)
            right.append(held_true and any(saying.says(gloss.english, key) for key in keys))
    features, said = np.array([row.features() for row in rows]), np.array(right)
    model = LogisticRegression(max_iter=5000)
    chance = cross_val_predict(model, features, said, cv=_FOLDS, method="predict_proba")[:, 1]
    print(
        f"{len(rows)} phrases, {said.mean():.1%} understood; AUC {roc_auc_score(said, chance):.3f}"
    )
    _show(list(zip(chance.tolist(), said.tolist(), strict=True)))
    return _weights(model.fit(features, said))


def _telling(english: str) -> list[str]:
    return [
        word
        for word in words(english)
        if word not in LITTLE and len(word) >= _LEAST_TELLING and word in english_words()
    ]


def _weights(model: LogisticRegression) -> Logistic:
    weights = tuple(round(float(one), 4) for one in model.coef_[0])
    return Logistic(weights, round(float(np.ravel(model.intercept_)[0]), 4))


def _show(some: Sequence[tuple[float, bool]]) -> None:
    for low in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95):
        here = [said for sure, said in some if sure >= low]
        print(f"  sure {low:.2f} and more: {len(here)}, {np.mean(here or [0]):.1%} right")


def main(
    *, out: Annotated[Path, typer.Option(help="Folder of the bridge.")] = _HERE / "artifact"
) -> None:
    """Learn counts, vectors and weights; write senses.json and senses.npy."""
    lexicon = WorkLexicon.read(bundled("data", "lexicon", "work"), out)
    english, encoder = english_words(), build_encoder(Settings())
    work = usual_first(Speller.read(bundled("data", "lexicon")).work.words)
    chances = GuessChances.read(out / "guesses.json")
    names, vectors = table(encoder, list(lexicon.languages.values()))
    np.save(out / "senses.npy", vectors)
    rows = {name: row for row, name in enumerate(names)}
    saying = Saying(encoder)
    saying.learn(names)
    found: list[tuple[int, Signs, bool]] = []
    every: list[Held] = []
    usual = {}
    for code, language in tqdm(lexicon.languages.items(), "languages"):
        sentences = list(spoken_in(code))
        saying.learn(text for _, text in sentences)
        kept, held = held_out(code)
        less = replace(language, learned=meanings(code, kept))
        saying.learn(text for text, _ in less.learned.values())
        endings = endings_of(less)
        blind = Glosser(less, work, english, Taught(chances, endings))
        one = Held(less, endings, usual_of(blind, kept, saying), held, work, english, chances)
        every.append(one)
        known = replace(_BLIND, rows=rows, vectors=unit(vectors), usual={code: one.usual})
        glosser = Glosser(less, work, english, Taught(chances, endings, known))
        many = len(found)
        found += [
            (many + number, signs, said)
            for number, signs, said in instances(glosser, known, held, saying)
        ]
        usual[code] = usual_of(
            Glosser(language, work, english, Taught(chances, endings)), sentences, saying
        )
    word, choice = fitted(found)
    senses = [
        replace(
            _BLIND,
            rows=rows,
            vectors=unit(vectors),
            usual={one.language.code: one.usual},
            word=word,
            choice=choice,
        )
        for one in every
    ]
    content = {
        "word": asdict(word),
        "choice": asdict(choice),
        "phrase": asdict(trusted(every, senses, saying)),
        "english": names,
        "usual": usual,
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (out / "senses.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
