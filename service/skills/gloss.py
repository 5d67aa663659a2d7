"""Say in plain English what a phrase of another language says about work.

Word for word, the longest forms first: what the lexicon holds, what sounds like it, an English
word that was kept (in Latin letters or heard in the other script), a word whose meaning was
learned, an inflection of one of these. What none of them knows is left out and said so.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rapidfuzz import fuzz

from service.skills.guesses import WAYS, GuessChances, ManyWords, OneWord
from service.skills.letters import heard, sound, words
from service.skills.lexicon import MOST_WORDS, Concept, Language

_KEPT: Final = 0.9
_WRITTEN: Final = 0.95
_WRITTEN_ALONE: Final = 0.9
_WRITTEN_SHORT: Final = 0.75
_WRITTEN_TWICE: Final = 0.6
"""The chance that what is written down is meant: of several words; of a single one; of one whose
English is longer than itself, as it may be but part of it; of one that may mean several things.
As held-out sentences have it (models/bridge/README.md)."""
_SHOWN: Final = 0.35
"""Chance from which what a word may mean is said; less is a hint for the ranking only."""
_MOST_CUT: Final = 4
"""Letters that an ending may have."""
_LEAST_LEARNED: Final = 0.2
_SURELY_LEARNED: Final = 0.4
_LEAST_STEM: Final = 3
_OF_A_WOMAN: Final = "\u06c1"
"""What Arabic ends a woman's job noun with, in `plain` spelling."""
_LITTLE: Final = "word"
_POSTS: Final = frozenset({"occupation", "slang"})
_LEAST_HEARD: Final = 3
_MOST_HEARD: Final = 3
"""Words that are looked for together by their sound."""
_FORM, _LEARNED, _ENGLISH_HEARD, _FORM_HEARD = WAYS
_NONE: Final = (None, None)

_SILENT: Final = frozenset(
    """know can-do know-the-work have do did work-verb worked work-as work-noun need-work trade
    experience skill-word in-at from for-during and also or but with since ago before after now
    stayed started still mostly sometimes every-day all-of-it very-well only""".split()  # noqa: SIM905 - forty words in three lines, not in forty
)
"""Concepts that say nothing of which work it is: shown, but left out of what is encoded."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Some words of a phrase and what they were taken to mean; None where nothing is known.

    sure: the chance that this is meant (0..1).
    guessed: by sound or by ending, not from what is written down or was learned.
    """

    said: str
    english: str | None
    sure: float
    concept: Concept | None = None
    guessed: bool = False

    @property
    def written(self) -> bool:
        """Whether the lexicon says so."""
        return self.concept is not None and not self.guessed

    @property
    def shown(self) -> bool:
        """Whether it is likely enough to be said."""
        return not self.guessed or self.sure >= _SHOWN

    @property
    def unsure(self) -> bool:
        """Whether nobody wrote its meaning down, nor was it learned for certain."""
        return self.guessed or self.english is None or self.sure < _SURELY_LEARNED

    @property
    def silent(self) -> bool:
        """Whether it says nothing of which work it is."""
        return self.concept is not None and self.concept.id in _SILENT

    @property
    def names_a_place(self) -> bool:
        """Whether it says where somebody was, by name: Kuwait, Dammam."""
        return self.concept is not None and self.concept.names_a_place


@dataclass(frozen=True, slots=True)
class Gloss:
    """A phrase in English, how much of it was understood (0..1), and word by word."""

    english: str
    sure: float
    words: tuple[Meant, ...]


class Glosser:
    """Glosses one language; `work` are English words of work, `known` all English words."""

    def __init__(
        self,
        language: Language,
        work: Sequence[str],
        known: frozenset[str],
        chances: GuessChances,
    ) -> None:
        """Index what is looked up by sound and by stem. chances: what a guess is worth.

        Of two English words of work that sound alike the one that comes first is meant.
        """
        self._language, self._known, self._chances = language, known, chances
        self._english_by_sound = _by_sound(work)
        # Names of places are short and sound like everything: Doha like a tile, Delhi like daily.
        self._forms_by_sound = _by_sound(
            form for form, some in language.forms.items() if not some[0].names_a_place
        )

    def gloss(self, phrase: str) -> Gloss:
        """Return what a phrase says, in English."""
        said = [self._of_either(self._apart(one)) for one in words(phrase)]
        found: list[Meant] = []
        at = 0
        while at < len(said):
            step, meant = self._longest(said, at)
            found.append(meant)
            at += step
        weight = sum(len(one.said) for one in found)
        sure = sum(one.sure * len(one.said) for one in found) / weight if weight else 0.0
        return Gloss(in_english([one for one in found if one.shown]), sure, tuple(found))

    def knows(self, words_in_plain: str) -> bool:
        """Tell whether words in `plain` spelling are written down, or surely learned."""
        sure = self._language.learned.get(words_in_plain, ("", 0.0))[1]
        kept = words_in_plain.isascii() and words_in_plain in self._known
        written = words_in_plain in self._language.forms or words_in_plain in self._language.little
        return written or sure >= _SURELY_LEARNED or kept

    def _longest(self, said: Sequence[str], at: int) -> tuple[int, Meant]:
        most = min(MOST_WORDS, len(said) - at)
        forms = self._language.forms
        for size in range(most, 0, -1):
            joined = " ".join(said[at : at + size])
            if joined in forms:
                meant = self._meant(joined, joined, self._written(joined))
                if meant.concept is not None and meant.concept.kind in _POSTS:
                    said_of_either = " ".join(
                        word.removesuffix(_OF_A_WOMAN) for word in joined.split()
                    )
                    meant = replace(meant, said=said_of_either)
                return size, meant
        for size in range(min(_MOST_HEARD, most), 1, -1):
            _, guess = max(self.many_guesses(said[at : at + size]), key=_chance, default=_NONE)
            if guess is not None and guess.sure >= self._chances.least_many:
                return size, guess
        return 1, self._single(said[at])

    def _written(self, form: str) -> float:
        """Return the chance that a form means what stands first beside it."""
        concept, *others = self._language.forms[form]
        if " " in form or concept.kind == _LITTLE or concept.names_a_place:
            return _WRITTEN
        if others:
            return _WRITTEN_TWICE
        return _WRITTEN_SHORT if " " in concept.english else _WRITTEN_ALONE

    def _apart(self, word: str) -> str:
        """Return a word without an "and" that is written together with it, if it is known so."""
        if word in self._language.singles:
            return word
        shorn = (word.removeprefix(one) for one in self._language.joined if word.startswith(one))
        return next((one for one in shorn if one in self._language.singles), word)

    def _of_either(self, word: str) -> str:
        """Return the man's form of a woman's job noun in Arabic, where both name one work."""
        forms = self._language.forms
        bare = word.removesuffix(_OF_A_WOMAN)
        if bare == word or bare not in forms or forms[bare][0].kind not in _POSTS:
            return word
        return bare if word not in forms or forms[word][0].id == forms[bare][0].id else word

    def many_guesses(self, said: Sequence[str]) -> Iterator[tuple[ManyWords, Meant]]:
        """Yield the forms that some words sound like, with what speaks for each."""
        joined = " ".join(said)
        together = joined.replace(" ", "")
        by_sound, own = sound(together), heard(together)
        if len(by_sound) < _LEAST_HEARD:
            return
        near = self._forms_by_sound.get(by_sound, ())
        if not near:
            return
        forms, learned = self._language.forms, self._language.learned
        written = [word in forms for word in said]
        taught = [
            word not in forms and learned.get(word, ("", 0.0))[1] >= _SURELY_LEARNED
            for word in said
        ]
        for form in near:
            signs = ManyWords(
                words=len(said),
                sounds=len(by_sound),
                alike=fuzz.ratio(heard(form.replace(" ", "")), own) / 100,
                rivals=len(near),
                written=sum(written) / len(said),
                learned=sum(taught) / len(said),
                typed=joined.isascii(),
            )
            meant = self._meant(joined, form, self._chances.of_many(signs))
            yield signs, replace(meant, guessed=True)

    def _meant(self, said: str, form: str, sure: float) -> Meant:
        """Return the meaning of a form; a loanword means itself, not the post it is part of."""
        concept = self._language.forms[form][0]
        if concept.names_a_place:
            return Meant(said, concept.english, sure, concept)
        own = heard(said)
        for word in concept.english.split():
            if len(own) >= _LEAST_HEARD and heard(word) == own:
                return Meant(
                    said, word, max(sure, _WRITTEN_ALONE) if said == form else sure, concept
                )
        return Meant(said, concept.english, sure, concept)

    def _single(self, word: str) -> Meant:
        """Return what one word means: what was learned of it, or what it looks or sounds like."""
        if word.isdigit() or word in self._language.little:
            return Meant(word, word if word.isdigit() else None, 1.0)
        english, sure = self._language.learned.get(word, ("", 0.0))
        if word.isascii() and word in self._known and sure < _SURELY_LEARNED:
            return Meant(word, word, _KEPT)
        if sure >= _SURELY_LEARNED:
            return Meant(word, english, sure)
        _, guess = max(self.guesses(word), key=_chance, default=_NONE)
        if guess is not None and guess.sure >= max(self._chances.least_one, sure):
            return guess
        if word in self._language.learned and not english:
            return Meant(word, None, 1.0)
        return Meant(word, english, sure) if sure >= _LEAST_LEARNED else Meant(word, None, 0.0)

    def guesses(self, word: str) -> Iterator[tuple[OneWord, Meant]]:
        """Yield what a word may be, whole or without an ending, by its letters or by its sound.

        With each comes what speaks for it.
        """
        forms, learned = self._language.forms, self._language.learned
        for cut in range(min(_MOST_CUT, len(word) - _LEAST_STEM) + 1):
            stem = word[: len(word) - cut]
            by_sound = sound(stem)
            base = OneWord(_FORM, cut, len(stem), len(by_sound), typed=word.isascii())
            if cut and stem in forms:
                yield self._guess(base, self._meant(word, stem, 1.0))
            elif cut and learned.get(stem, ("", 0.0))[1] >= _SURELY_LEARNED:
                english, sure = learned[stem]
                signs = replace(base, way=_LEARNED, learned=sure)
                yield self._guess(signs, Meant(word, english, sure))
            if len(by_sound) >= _LEAST_HEARD:
                yield from self._by_ear(word, stem, by_sound, base)

    def _by_ear(
        self, word: str, stem: str, by_sound: str, base: OneWord
    ) -> Iterator[tuple[OneWord, Meant]]:
        own = heard(stem)
        some = self._english_by_sound.get(by_sound, ())
        forms = self._forms_by_sound.get(by_sound, ())
        for one in (*some, *forms):
            alike = fuzz.ratio(heard(one.replace(" ", "")), own) / 100
            signs = replace(base, alike=alike, rivals=len(some) + len(forms))
            if one in some:
                yield self._guess(replace(signs, way=_ENGLISH_HEARD), Meant(word, one, 1.0))
            if one in forms:
                yield self._guess(replace(signs, way=_FORM_HEARD), self._meant(word, one, 1.0))

    def _guess(self, signs: OneWord, meant: Meant) -> tuple[OneWord, Meant]:
        signs = replace(
            signs,
            little=meant.concept is not None and meant.concept.kind == _LITTLE,
            several=" " in (meant.english or ""),
        )
        return signs, replace(meant, sure=self._chances.of_one(signs), guessed=True)


def _chance(guess: tuple[object, Meant | None]) -> float:
    return 0.0 if guess[1] is None else guess[1].sure


def _by_sound(some: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in some:
        found.setdefault(sound(one.replace(" ", "")), []).append(one)
    return found


def in_english(some: Sequence[Meant]) -> str:
    """Return the English of some words, what comes twice in a row once."""
    english = [one.english for one in some if one.english]
    return " ".join(word for at, word in enumerate(english) if at == 0 or word != english[at - 1])
