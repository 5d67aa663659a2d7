"""Say in plain English what a phrase of another language says about work.

Word for word, the longest forms first: what the lexicon holds, what sounds like it, an English
word that was kept (in Latin letters or heard in the other script), a word whose meaning was
learned, an inflection of one of these. What none of them knows is left out and said so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz

from service.skills.letters import heard, sound, words
from service.skills.lexicon import MOST_WORDS, Concept, Language

_EXACT, _HEARD, _KEPT = 1.0, 0.8, 0.9
_CUT: Final = 0.07
"""What a letter cut from the end of a word takes from how sure its meaning is."""
_MOST_CUT: Final = 4
_LEAST_SURE: Final = 0.8
_SURELY: Final = 0.86
_FORM_LESS: Final = 0.04
_GUESSED: Final = 0.75
"""What is taken off how sure a guess by sound or ending is shown to be; a form is known."""
_LEAST_LEARNED: Final = 0.2
_SURELY_LEARNED: Final = 0.4
_LEAST_STEM: Final = 3
_OF_A_WOMAN: Final = "\u06c1"
"""What Arabic ends a woman's job noun with, in `plain` spelling."""
_POSTS: Final = frozenset({"occupation", "slang"})
_LEAST_HEARD: Final = 3
_ALIKE: Final = 92.0
"""How alike several words that sound alike must be heard, in percent: দরজা is no "drawing"."""

_SILENT: Final = frozenset(
    """know can-do know-the-work have do did work-verb worked work-as work-noun need-work trade
    experience skill-word in-at from for-during and also or but with since ago before after now
    stayed started still mostly sometimes every-day all-of-it very-well only""".split()  # noqa: SIM905 - forty words in three lines, not in forty
)
"""Concepts that say nothing of which work it is: shown, but left out of what is encoded."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Some words of a phrase and what they were taken to mean; None where nothing is known.

    guessed: by sound or by ending, not from what is written down or was learned.
    """

    said: str
    english: str | None
    sure: float
    concept: Concept | None = None
    guessed: bool = False

    @property
    def unsure(self) -> bool:
        """Whether nobody wrote its meaning down, nor was it learned for certain."""
        return self.guessed or self.english is None or self.sure < _SURELY_LEARNED

    @property
    def silent(self) -> bool:
        """Whether it says nothing of which work it is."""
        return self.concept is not None and self.concept.id in _SILENT


@dataclass(frozen=True, slots=True)
class Gloss:
    """A phrase in English, how much of it was understood (0..1), and word by word."""

    english: str
    sure: float
    words: tuple[Meant, ...]


class Glosser:
    """Glosses one language; `work` are English words of work, `known` all English words."""

    def __init__(self, language: Language, work: frozenset[str], known: frozenset[str]) -> None:
        """Index what is looked up by sound and by stem."""
        self._language, self._known = language, known
        self._english_by_sound = _by_sound(work)
        self._forms_by_sound = _by_sound(language.forms)

    def gloss(self, phrase: str) -> Gloss:
        """Return what a phrase says, in English."""
        said = [self._of_either(one) for one in words(phrase)]
        found: list[Meant] = []
        at = 0
        while at < len(said):
            step, meant = self._longest(said, at)
            found.append(meant)
            at += step
        weight = sum(len(one.said) for one in found)
        sure = sum(one.sure * len(one.said) for one in found) / weight if weight else 0.0
        return Gloss(in_english(found), sure, tuple(found))

    def _longest(self, said: Sequence[str], at: int) -> tuple[int, Meant]:
        most = min(MOST_WORDS, len(said) - at)
        forms = self._language.forms
        for size in range(most, 0, -1):
            joined = " ".join(said[at : at + size])
            if joined in forms:
                meant = self._meant(joined, joined, _EXACT)
                if meant.concept is not None and meant.concept.kind in _POSTS:
                    said_of_either = " ".join(
                        word.removesuffix(_OF_A_WOMAN) for word in joined.split()
                    )
                    meant = replace(meant, said=said_of_either)
                return size, meant
        for size in range(min(3, most), 1, -1):
            joined = " ".join(said[at : at + size])
            form = self._sounding(joined)
            if form is not None:
                return size, self._meant(joined, form, _HEARD)
        return 1, self._single(said[at])

    def _of_either(self, word: str) -> str:
        """Return the man's form of a woman's job noun in Arabic, where both name one work."""
        forms = self._language.forms
        bare = word.removesuffix(_OF_A_WOMAN)
        if bare == word or bare not in forms or forms[bare][0].kind not in _POSTS:
            return word
        return bare if word not in forms or forms[word][0].id == forms[bare][0].id else word

    def _sounding(self, joined: str) -> str | None:
        """Return the form that sounds like several words and is heard most like them."""
        together = joined.replace(" ", "")
        by_sound, own = sound(together), heard(together)
        if len(by_sound) < _LEAST_HEARD:
            return None
        near = self._forms_by_sound.get(by_sound, ())
        alike, best = max(
            ((fuzz.ratio(heard(form.replace(" ", "")), own), form) for form in near),
            default=(0.0, None),
        )
        return best if alike >= _ALIKE else None

    def _meant(self, said: str, form: str, sure: float) -> Meant:
        """Return the meaning of a form; a loanword means itself, not the post it is part of."""
        concept = self._language.forms[form][0]
        own = heard(said)
        for word in concept.english.split():
            if len(own) >= _LEAST_HEARD and heard(word) == own:
                return Meant(said, word, sure, concept)
        return Meant(said, concept.english, sure, concept)

    def _single(self, word: str) -> Meant:
        """Return what one word means: what was learned of it, or what it looks or sounds like."""
        if word.isdigit():
            return Meant(word, word, _EXACT)
        english, sure = self._language.learned.get(word, ("", 0.0))
        if word.isascii() and word in self._known and sure < _SURELY_LEARNED:
            return Meant(word, word, _KEPT)
        if sure >= _SURELY_LEARNED:
            return Meant(word, english, sure)
        guess = max(self._guesses(word), key=lambda one: one.sure, default=None)
        if guess is not None and guess.sure >= (_SURELY if sure >= _LEAST_LEARNED else _LEAST_SURE):
            return replace(guess, sure=guess.sure * _GUESSED, guessed=True)
        if word in self._language.learned and not english:
            return Meant(word, None, _EXACT)  # a little word: understood, and says nothing
        return Meant(word, english, sure) if sure >= _LEAST_LEARNED else Meant(word, None, 0.0)

    def _guesses(self, word: str) -> Iterator[Meant]:
        """Yield what a word may be, whole or without an ending, by its letters or by its sound."""
        for cut in range(min(_MOST_CUT, len(word) - _LEAST_STEM) + 1):
            stem, worth = word[: len(word) - cut], 1 - _CUT * cut
            if cut and stem in self._language.forms:
                yield self._meant(word, stem, worth)
            elif cut and self._language.learned.get(stem, ("", 0.0))[1] >= _SURELY_LEARNED:
                english, sure = self._language.learned[stem]
                yield Meant(word, english, worth * sure)
            by_sound = sound(stem)
            if len(by_sound) < _LEAST_HEARD:
                continue
            own = heard(stem)
            for english in self._english_by_sound.get(by_sound, ()):
                yield Meant(word, english, worth * fuzz.ratio(heard(english), own) / 100)
            for form in self._forms_by_sound.get(by_sound, ()):
                alike = fuzz.ratio(heard(form.replace(" ", "")), own) / 100
                yield self._meant(word, form, worth * alike - _FORM_LESS)


def _by_sound(some: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in some:
        found.setdefault(sound(one.replace(" ", "")), []).append(one)
    return found


def in_english(some: Sequence[Meant]) -> str:
    """Return the English of some words, what comes twice in a row once."""
    english = [one.english for one in some if one.english]
    return " ".join(word for at, word in enumerate(english) if at == 0 or word != english[at - 1])
