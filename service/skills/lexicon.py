"""The lexicon of work: what the words of ten languages mean, in English.

Concepts in plain English with the words people really say for them, in their own script and as
they type it in Latin letters; written by the team, data/lexicon/work. Beside it, words whose
meaning was learned from the same forms and from translated sentences (models/bridge).
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from service.skills.letters import words

LANGUAGES: Final = ("bn", "hi", "ur", "ne", "si", "ta", "ml", "tl", "ar", "id")
"""The languages of the lexicon, by BCP-47 code."""

MOST_WORDS: Final = 5
"""Words that one form is looked for in."""


@dataclass(frozen=True, slots=True)
class Concept:
    """What a form means. isco08 is empty where no occupation is meant."""

    id: str
    kind: str
    english: str
    isco08: str


@dataclass(frozen=True, slots=True)
class Language:
    """The forms of one language, in `letters.plain` spelling, words joined by single spaces.

    forms: form → concepts, plainest first. learned: word → (English, how sure in 0..1).
    singles: every word that stands in a form.
    """

    forms: dict[str, tuple[Concept, ...]]
    learned: dict[str, tuple[str, float]]
    singles: frozenset[str]


@dataclass(frozen=True, slots=True)
class WorkLexicon:
    """All languages, by code."""

    languages: dict[str, Language]

    @classmethod
    def read(cls, folder: Path, learned: Path | None = None) -> Self:
        """Read concepts.csv and words_*.csv, and the words learned from them if there are any."""
        with (folder / "concepts.csv").open(encoding="utf-8", newline="") as file:
            concepts = {
                row["id"]: Concept(row["id"], row["kind"], row["english"], row["isco"])
                for row in csv.DictReader(file)
            }
        meanings = _read_learned(learned) if learned is not None else {}
        found = {}
        for code in LANGUAGES:
            path = folder / f"words_{code}.csv"
            if path.is_file():
                with path.open(encoding="utf-8", newline="") as file:
                    rows = [
                        (concepts[row["id"]], [*_split(row["native"]), *_split(row["latin"])])
                        for row in csv.DictReader(file)
                    ]
                found[code] = language_of(rows, meanings.get(code, {}))
        return cls(found)


def language_of(
    rows: Iterable[tuple[Concept, Sequence[str]]], learned: dict[str, tuple[str, float]]
) -> Language:
    """Build a language from concepts and their forms as written."""
    forms: dict[str, dict[str, Concept]] = defaultdict(dict)
    for concept, written in rows:
        for form in written:
            parts = words(form)
            if 0 < len(parts) <= MOST_WORDS:
                forms[" ".join(parts)].setdefault(concept.id, concept)
    return Language(
        forms={form: tuple(sorted(some.values(), key=_plainest)) for form, some in forms.items()},
        learned=learned,
        singles=frozenset(word for form in forms for word in form.split()),
    )


def _plainest(concept: Concept) -> tuple[bool, int]:
    """Sort little words first, then what says least: an "operator" need not sew."""
    return concept.kind != "word", len(concept.english)


def _split(forms: str) -> list[str]:
    return [one.strip() for one in forms.split("|") if one.strip()]


def _read_learned(path: Path) -> dict[str, dict[str, tuple[str, float]]]:
    found: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            known, sure = found[row["lang"]], float(row["sure"])
            # Spelt as it is looked up: what only a woman or a man says is one word.
            word = " ".join(words(row["word"]))
            if word not in known or sure > known[word][1]:
                known[word] = (row["english"], sure)
    return found
