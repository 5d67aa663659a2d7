"""What a veto means, in every spelling and language the lexicon of work knows.

A person says "domestic help" or "গৃহকর্মী"; a listing says "Housemaid" or states a code. A veto
that only looked for its own words would let most of them through.
"""

import csv
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, Self

from service.domain.person import Veto
from service.domain.refusal import Refusal
from service.domain.text import fold, skeleton
from service.skills.interpret import Interpreter
from service.skills.lexicon import Concept
from service.skills.meant import in_english

_GENERIC: Final = frozenset(
    """work working worker job labour labourer labor laborer helper help a an as the in of at for
    any kind i will not do never again be to want my""".split()  # noqa: SIM905 - words to read
)
_SAYS_LITTLE: Final = frozenset(
    "house home hand day night hard heavy shop road other people general".split()  # noqa: SIM905
)
_ENDING: Final = re.compile(r"(?:ing|ers?|ors?|ery|ry|e)$")
_LEAST_STEM: Final = 4
_NAMES_WORK: Final = frozenset({"occupation", "slang"})
_UNIT_GROUP: Final = 4
_LEAST_LATIN: Final = 4
_SURE: Final = 0.75


@dataclass(frozen=True, slots=True)
class Terms:
    """The lexicon turned round: what each concept is called, and which concepts a group has.

    concept_of: names in any language, in `skeleton` spelling → concepts. with_stem: stem of a
    word → the occupations with it in their English name. names: concept id → all its names.
    of_group: unit group → concept ids.
    """

    concept_of: dict[str, tuple[Concept, ...]]
    with_stem: dict[str, tuple[Concept, ...]]
    names: dict[str, frozenset[str]]
    of_group: dict[str, tuple[str, ...]]

    @classmethod
    def read(cls, folder: Path, english: frozenset[str]) -> Self:
        """Read concepts.csv and words_*.csv. english: words that are English anyway.

        A Latin spelling of another language that is an English word too, or very short, is left
        out: "main" and "dai" would refuse half of all listings.
        """
        concepts: dict[str, Concept] = {}
        with_stem: dict[str, dict[str, Concept]] = defaultdict(dict)
        names: dict[str, set[str]] = defaultdict(set)
        of_group: dict[str, list[str]] = defaultdict(list)
        with (folder / "concepts.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                concept = Concept(row["id"], row["kind"], row["english"], row["isco"])
                concepts[concept.id] = concept
                for name in (row["english"], *row["also"].split("|")):
                    names[concept.id].add(skeleton(name))
                if concept.isco08 and concept.kind in _NAMES_WORK:
                    of_group[concept.isco08].append(concept.id)
                    for word in skeleton(concept.english).split():
                        with_stem[_stem(word)][concept.id] = concept
        for path in sorted(folder.glob("words_*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    names[row["id"]].update(skeleton(one) for one in row["native"].split("|"))
                    latin = (skeleton(one) for one in row["latin"].split("|"))
                    names[row["id"]].update(one for one in latin if _is_telling(one, english))
        concept_of: dict[str, list[Concept]] = defaultdict(list)
        for one, some in names.items():
            for name in some - {""}:
                concept_of[name].append(concepts[one])
        return cls(
            {name: tuple(some) for name, some in concept_of.items()},
            {stem: tuple(some.values()) for stem, some in with_stem.items()},
            {one: frozenset(some - {""}) for one, some in names.items()},
            {group: tuple(some) for group, some in of_group.items()},
        )


@lru_cache(maxsize=1)
def _terms(folder: Path, english: frozenset[str]) -> Terms:
    """Read the lexicon once for a process: it takes seconds, and what it says never changes."""
    return Terms.read(folder, english)


def _is_telling(word: str, english: frozenset[str]) -> bool:
    return len(word) >= _LEAST_LATIN and not all(one in english for one in word.split())


@dataclass(frozen=True, slots=True, eq=False)
class RefusalReader:
    """Reads vetoes. terms: reads the lexicon, when a first veto needs it."""

    terms: Callable[[], Terms]
    interpreter: Interpreter
    title: Callable[[str], str | None]
    _read: dict[Veto, Refusal] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def over(
        cls, folder: Path, interpreter: Interpreter, title: Callable[[str], str | None]
    ) -> Self:
        """Read from data/lexicon/work. title: an ISCO-08 group's title."""
        return cls(lambda: _terms(folder, interpreter.english), interpreter, title)

    def refusal(self, veto: Veto) -> Refusal:
        """Return what a veto refuses; market and route are the rules' business."""
        with self._lock:
            known = self._read.get(veto)
        if known is not None:
            return known
        read = self._of(veto)
        with self._lock:
            if len(self._read) >= _MOST_KEPT:
                self._read.clear()
            self._read[veto] = read
        return read

    def _of(self, veto: Veto) -> Refusal:
        terms = self.terms()
        codes = {veto.isco08} if veto.isco08 else set()
        words: set[str] = set()
        uncoded = self._names_of_groups(terms, codes)
        concepts: Sequence[Concept] = ()
        if veto.text:
            words.add(skeleton(veto.text))
            concepts = self._concepts(terms, veto.text)
            for concept in concepts:
                words |= terms.names.get(concept.id, frozenset())
            meant = {
                one.isco08
                for one in concepts
                if one.kind in _NAMES_WORK and len(one.isco08) == _UNIT_GROUP
            }
            uncoded |= self._names_of_groups(terms, meant)
            codes |= meant
        stated = veto.text or self.title(veto.isco08 or "") or (veto.isco08 or "")
        return Refusal(
            stated=stated,
            isco08=frozenset(codes),
            words=frozenset(words - {""}),
            uncoded=frozenset(uncoded - words - {""}),
            known=bool(codes or concepts),
        )

    def _names_of_groups(self, terms: Terms, codes: Iterable[str]) -> set[str]:
        prefixes = tuple(codes)
        if not prefixes:
            return set()
        return {
            name
            for group, ids in terms.of_group.items()
            if group.startswith(prefixes)
            for one in ids
            for name in terms.names[one]
        }

    def _concepts(self, terms: Terms, text: str) -> Sequence[Concept]:
        """Return the concepts a veto names: the whole text, or what its language's words mean."""
        named = terms.concept_of.get(skeleton(text), ())
        posts = [one for one in named if one.kind in _NAMES_WORK]
        if posts:
            return posts
        duties = [one for one in named if one.kind != "word"]
        language = self.interpreter.language(text)
        if language is None:
            said = skeleton(text).split()
            return [*(_longest_named(terms, said) or _with_stems(terms, said)), *duties]
        gloss = self.interpreter.gloss(language, fold(text))
        meant = [
            one.concept for one in gloss.words if one.concept and (one.written or one.sure >= _SURE)
        ]
        said = skeleton(in_english([one for one in gloss.words if not one.silent])).split()
        found = (
            [one for one in meant if one.kind in _NAMES_WORK]
            or _longest_named(terms, said)
            or _with_stems(terms, said)
        )
        return [*found, *duties, *(one for one in meant if not found and one.kind != "word")]


_MOST_KEPT: Final = 10_000


def _stem(word: str) -> str:
    """Return a word without what turns driving into a driver."""
    return _ENDING.sub("", word)


def _with_stems(terms: Terms, words: Sequence[str]) -> Sequence[Concept]:
    """Return the occupations whose names hold all telling words of an English text."""
    telling = [one for one in words if one not in _GENERIC]
    if not telling or all(one in _SAYS_LITTLE for one in telling):
        return []
    stems = [_stem(one) for one in telling]
    if max(map(len, stems)) < _LEAST_STEM:
        return []
    ids = [{one.id for one in terms.with_stem.get(stem, ())} for stem in stems]
    shared = set.intersection(*ids)
    return [one for one in terms.with_stem.get(stems[0], ()) if one.id in shared]


def _longest_named(terms: Terms, words: Sequence[str]) -> Sequence[Concept]:
    """Return the occupations named in an English text, the longest names first."""
    found: list[Concept] = []
    at = 0
    while at < len(words):
        for size in range(min(4, len(words) - at), 0, -1):
            named = terms.concept_of.get(" ".join(words[at : at + size]), ())
            occupations = [one for one in named if one.kind in _NAMES_WORK]
            if occupations:
                found += occupations
                at += size - 1
                break
        at += 1
    return found
