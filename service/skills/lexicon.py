"""The lexicon of work: what the words of ten languages mean, in English.

Concepts in plain English with the words people really say for them, in their own script and as
they type it in Latin letters; written by the team, data/lexicon/work. Beside them, in the same
form, the names of the countries and cities people work in: known, so that none is taken for work.
Further, words whose meaning was learned from these and from translated sentences (models/bridge).
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from service.skills.letters import words
from service.skills.makers import Makers

LANGUAGES: Final = ("bn", "hi", "ur", "ne", "si", "ta", "ml", "tl", "ar", "id")
"""The languages of the lexicon, by BCP-47 code."""

MOST_WORDS: Final = 5
"""Words that one form is looked for in."""


_JOINED: Final = {"ar": ("و",)}
_NAMES_A_PLACE: Final = frozenset({"country", "region", "city"})
LITTLE: Final = "word"
"""The kind of words that stand in any talk of work: I know, many, at night."""
EVERYDAY: Final = "everyday"
"""The kind of a plain word of every day: water, door, to carry. It is no concept of work."""
LIFE: Final = "life"
"""The kind of what befell somebody: came home, sits idle, fell ill. It says nothing of what they
can do, and no encoder is asked about it."""
_ONE_TONGUE: Final = {"hi": "ur", "ur": "hi"}
"""Typed in Latin letters these are one language: each knows the words written for the other."""


@dataclass(frozen=True, slots=True)
class Concept:
    """What a form means. isco08 is empty where no occupation is meant."""

    id: str
    kind: str
    english: str
    isco08: str

    @property
    def names_a_place(self) -> bool:
        """Whether it is where somebody was, by name, and never what they did."""
        return self.kind in _NAMES_A_PLACE

    @property
    def is_no_work(self) -> bool:
        """Whether it is where somebody was or what befell them, and never what they did."""
        return self.names_a_place or self.kind == LIFE


@dataclass(frozen=True, slots=True)
class Language:
    """The forms of one language, in `letters.plain` spelling, words joined by single spaces.

    forms: form → concepts, plainest first. learned: word → (English, how sure in 0..1).
    singles: every word that stands in a form. code: BCP-47.
    little: words that say nothing by themselves.
    joined: little words that are written together with the next.
    """

    forms: dict[str, tuple[Concept, ...]]
    learned: dict[str, tuple[str, float]]
    singles: frozenset[str]
    code: str = ""
    little: frozenset[str] = frozenset()
    joined: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkLexicon:
    """All languages, by code."""

    languages: dict[str, Language]

    @classmethod
    def read(cls, folder: Path, bridge: Path | None = None) -> Self:
        """Read a folder: concepts and places, the words for both, little words.

        bridge: holds words*.csv.gz, what was learned of single words.
        """
        concepts = {
            row["id"]: Concept(row["id"], row["kind"], row["english"], row["isco"])
            for row in _rows(folder / "concepts.csv")
        }
        places = {
            row["id"]: (Concept(row["id"], row["kind"], row["english"], ""), _split(row["said"]))
            for row in _rows(folder / "places.csv")
        }
        meanings = _read_learned(sorted(bridge.glob("words*.csv.gz")) if bridge else ())
        makers = [
            (Concept(name, "machine", machine, ""), [name])
            for name, machine in Makers.read(folder / "makers.csv").anywhere().items()
        ]
        found = {}
        for code in LANGUAGES:
            rows = [*_words(folder, code, concepts), *plain_words(folder, code)]
            for row in _rows(folder / f"places_{code}.csv"):
                place, in_english = places[row["id"]]
                own = [*_split(row["native"]), *_split(row["latin"])]
                rows.append((place, [*own, *in_english]))
            other = _ONE_TONGUE.get(code)
            more = [*_words(folder, other, concepts), *plain_words(folder, other)] if other else []
            typed = [(concept, [one for one in some if one.isascii()]) for concept, some in more]
            said = (folder / f"little_{code}.txt").read_text(encoding="utf-8").splitlines()
            little = frozenset(word for line in said for word in words(line))
            found[code] = replace(
                language_of(rows, meanings.get(code, {}), [*typed, *makers]),
                code=code,
                little=little,
                joined=_JOINED.get(code, ()),
            )
        return cls(found)


_Row = tuple[Concept, list[str]]


def _words(folder: Path, code: str, concepts: dict[str, Concept]) -> list[_Row]:
    return [
        (concepts[row["id"]], [*_split(row["native"]), *_split(row["latin"])])
        for row in _rows(folder / f"words_{code}.csv")
    ]


def plain_words(folder: Path, code: str) -> list[_Row]:
    """Read what everyday.csv and life.csv hold of one language, with the forms of each."""
    return [
        (Concept(row["english"], kind, row["english"], ""), _split(row[code]))
        for name, kind in (("everyday", EVERYDAY), ("life", LIFE))
        for row in _rows(folder / f"{name}.csv")
    ]


def language_of(
    rows: Iterable[tuple[Concept, Sequence[str]]],
    learned: dict[str, tuple[str, float]],
    borrowed: Iterable[tuple[Concept, Sequence[str]]] = (),
) -> Language:
    """Build a language from concepts and their forms as written.

    borrowed: what stands for another language, and is understood but tells nothing of this one.
    """
    forms = _forms(rows)
    own = {form: tuple(sorted(some.values(), key=_plainest)) for form, some in forms.items()}
    others = {
        form: tuple(sorted(some.values(), key=_plainest))
        for form, some in _forms(borrowed).items()
        if form not in own
    }
    return Language(
        forms=own | others,
        learned=learned,
        # Every language has a Dubai: in Latin letters its name tells none of them.
        singles=frozenset(
            word
            for form, some in forms.items()
            for word in form.split()
            if not (word.isascii() and all(one.names_a_place for one in some.values()))
        ),
    )


def _forms(rows: Iterable[tuple[Concept, Sequence[str]]]) -> dict[str, dict[str, Concept]]:
    forms: dict[str, dict[str, Concept]] = defaultdict(dict)
    for concept, written in rows:
        for form in written:
            parts = words(form)
            if 0 < len(parts) <= MOST_WORDS:
                forms[" ".join(parts)].setdefault(concept.id, concept)
    return forms


def _plainest(concept: Concept) -> tuple[bool, bool, int]:
    """Sort little words first, then what says least: an "operator" need not sew. Places last."""
    return concept.names_a_place, concept.kind not in {LITTLE, LIFE}, len(concept.english)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _split(forms: str) -> list[str]:
    return [one.strip() for one in forms.split("|") if one.strip()]


def _packed(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _read_learned(paths: Iterable[Path]) -> dict[str, dict[str, tuple[str, float]]]:
    found: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    for row in (row for path in paths for row in _packed(path)):
        known, sure = found[row["lang"]], float(row["sure"])
        # Spelt as it is looked up: what only a woman or a man says is one word.
        word = " ".join(words(row["word"]))
        if word not in known or sure > known[word][1]:
            known[word] = (row["english"], sure)
    return found
