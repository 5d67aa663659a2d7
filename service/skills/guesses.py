"""How likely a guess at words is right, by what speaks for it.

A word that nobody wrote down may be one that is known with an ending to it, or sound like one. Two
consonants in common say little, six say much; the weights of such signs were learned from spoken
sentences with their English, of words that had been left out (`python -m models.bridge.guesses`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from operator import mul
from pathlib import Path
from typing import Final, NamedTuple, Self

WAYS: Final = ("form", "learned", "english by sound", "form by sound")
"""How a word is guessed: the rest of it is written down, or was learned; or it sounds like."""
_BY_SOUND: Final = frozenset(WAYS[2:])
_MOST_SOUNDS: Final = 7
_MOST_LETTERS: Final = 10


class Stem(NamedTuple):
    """A word that is guessed at, and what is left of it. same: as in `OneWord`."""

    word: str
    cut: int
    letters: int
    sounds: int
    same: float = 0.0


class Like(NamedTuple):
    """How it is like what it is taken for, as in `OneWord`."""

    way: str
    alike: float = 1.0
    learned: float = 0.0
    rivals: int = 1


@dataclass(frozen=True, slots=True)
class OneWord:
    """What speaks for a guess at a single word.

    way: one of WAYS. cut: letters taken off its end; letters: those left. sounds: consonants
    of these. alike: 0..1, how like the two are heard. learned: how sure what was learned is.
    rivals: how many sound so. little: it would say nothing of work. several: more than one word.
    same: 0..1, how often words that differ just so mean the same; 0 where that was never seen.
    """

    way: str
    cut: int
    letters: int
    sounds: int
    alike: float = 1.0
    learned: float = 0.0
    rivals: int = 1
    typed: bool = False
    little: bool = False
    several: bool = False
    same: float = 0.0

    def features(self) -> list[float]:
        """Return what the chance is read off, in the order of the learned weights."""
        heard, at = self.way in _BY_SOUND, WAYS.index(self.way)
        ways, cuts = [0.0] * len(WAYS), [0.0] * len(WAYS)
        ways[at], cuts[at] = 1.0, float(self.cut)
        return [
            *ways,
            *cuts,
            min(self.sounds, _MOST_SOUNDS),
            min(self.sounds, _MOST_SOUNDS) * float(heard),
            self.alike * heard,
            self.learned,
            min(self.letters, _MOST_LETTERS),
            log(self.rivals),
            float(self.typed),
            float(self.little),
            float(self.several),
            self.same,
            self.same * min(self.letters, _MOST_LETTERS),
        ]


@dataclass(frozen=True, slots=True)
class ManyWords:
    """What speaks for a guess at two or three words that sound like a form.

    written, learned: shares of the words that are known by themselves.
    """

    words: int
    sounds: int
    alike: float
    rivals: int
    written: float
    learned: float
    typed: bool

    def features(self) -> list[float]:
        """Return what the chance is read off, in the order of the learned weights."""
        return [
            float(self.words),
            min(self.sounds, _MOST_SOUNDS + 2),
            self.alike,
            log(self.rivals),
            self.written,
            self.learned,
            float(self.typed),
        ]


@dataclass(frozen=True, slots=True)
class Logistic:
    """A chance read off features by learned weights."""

    weights: tuple[float, ...]
    intercept: float

    def chance(self, features: Sequence[float]) -> float:
        """Return the chance (0..1)."""
        return 1 / (1 + exp(-self.intercept - sum(map(mul, self.weights, features))))


@dataclass(frozen=True, slots=True)
class GuessChances:
    """Gives the chance (0..1) that a guess is right.

    least_one, least_many: chances below which a guess is not made.
    """

    one: Logistic
    many: Logistic
    least_one: float
    least_many: float

    @classmethod
    def of(
        cls,
        one: tuple[Sequence[float], float, float],
        many: tuple[Sequence[float], float, float],
    ) -> Self:
        """Take weights, intercept and the least chance, of single words and of several."""
        weights, intercept, least = one
        together, at_zero, least_many = many
        return cls(
            Logistic(tuple(weights), intercept),
            Logistic(tuple(together), at_zero),
            least,
            least_many,
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read guesses.json of models/bridge."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        one, many = (
            (raw[name]["weights"], raw[name]["intercept"], raw[name]["least"])
            for name in ("one_word", "many_words")
        )
        return cls.of(one, many)

    def of_one(self, signs: OneWord) -> float:
        """Return the chance that a single word is what it is guessed to be."""
        return self.one.chance(signs.features())

    def of_many(self, signs: ManyWords) -> float:
        """Return the chance that several words are the form they sound like."""
        return self.many.chance(signs.features())
