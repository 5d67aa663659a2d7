"""Say in plain English what a phrase of another language says about work.

Word for word, the longest forms first: what the lexicon holds, what sounds like it, an English
word that was kept (in Latin letters or heard in the other script), a word whose meaning was
learned, an inflection of one of these. What none of them knows is left out and said so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from service.skills.endings import LEAST_STEM, NO_ENDINGS, Endings
from service.skills.guesses import WAYS, GuessChances, Like, ManyWords, OneWord, Stem
from service.skills.letters import by_sound_of, heard, sound, words
from service.skills.lexicon import EVERYDAY, LIFE, LITTLE, MOST_WORDS, Concept, Language
from service.skills.meant import (
    LEAST_HEARD,
    NEGATIVE,
    SURELY_LEARNED,
    Gloss,
    Meant,
    in_english,
    in_its_own_words,
    signs_of,
    tells,
)
from service.skills.senses import Senses, Signs, overlap

_KEPT: Final = 0.9
_WRITTEN: Final = 0.95
_WRITTEN_ALONE: Final = 0.9
_WRITTEN_SHORT: Final = 0.75
_WRITTEN_TWICE: Final = 0.6
"""The chance that what is written down is meant: of several words; of a single one; of one whose
English is longer than itself, as it may be but part of it; of one that may mean several things.
As held-out sentences have it (models/bridge/README.md)."""
_MOST_CUT: Final = 4
"""Letters that an ending may have."""
_LEAST_LEARNED: Final = 0.2
_WELL_LEARNED: Final = 0.8
"""From here on nothing is guessed instead."""
_OF_A_WOMAN: Final = "\u06c1"
"""What Arabic ends a woman's job noun with, in `plain` spelling."""
_POSTS: Final = frozenset({"occupation", "slang"})
_MOST_HEARD: Final = 3
"""Words that are looked for together by their sound."""
_FORM, _LEARNED, _ENGLISH_HEARD, _FORM_HEARD = WAYS
_NONE: Final = (None, None)
_LEAST_TAUGHT: Final = 0.3
_ALIKE: Final = 0.4
"""How often words that differ just so mean the same, for several words to be taken for others."""
Vector = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Taught:
    """What was learned of a language: what a guess is worth, its endings, its meanings.

    senses: choose between the meanings of a form; without them its plainest is meant.
    """

    chances: GuessChances
    endings: Endings = NO_ENDINGS
    senses: Senses | None = None


class Glosser:
    """Glosses one language; `work` are English words of work, `known` all English words."""

    def __init__(
        self,
        language: Language,
        work: Sequence[str],
        known: frozenset[str],
        taught: Taught,
    ) -> None:
        """Index what is looked up by sound and by stem.

        Of two English words of work that sound alike the one that comes first is meant.
        """
        self._language, self._known = language, known
        self._chances, self._endings, self._senses = taught.chances, taught.endings, taught.senses
        self._usual = taught.senses.usual.get(language.code, {}) if taught.senses else {}
        learned = (one for one, (_, sure) in language.learned.items() if sure >= SURELY_LEARNED)
        self._spelt = frozenset(language.forms) | frozenset(learned)
        self._english_by_sound = by_sound_of(work)
        # Names of places are short and sound like everything: Doha like a tile, Delhi like daily.
        # And what is taken for life is lost for work, so that nobody guesses it.
        self._forms_by_sound = by_sound_of(
            form for form, some in language.forms.items() if not some[0].is_no_work
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
        found = self._chosen(found)
        weight = sum(len(one.said) for one in found)
        known = sum(one.sure * len(one.said) for one in found) / weight if weight else 0.0
        sure = known
        if self._senses is not None and found:
            sure = self._senses.phrase.chance(signs_of(found, known, self._senses).features())
        return Gloss(in_english([one for one in found if one.shown]), sure, known, tuple(found))

    def knows(self, words_in_plain: str) -> bool:
        """Tell whether words in `plain` spelling are written down, or surely learned."""
        sure = self._language.learned.get(words_in_plain, ("", 0.0))[1]
        kept = words_in_plain.isascii() and words_in_plain in self._known
        written = words_in_plain in self._language.forms or words_in_plain in self._language.little
        return written or sure >= SURELY_LEARNED or kept

    def _longest(self, said: Sequence[str], at: int) -> tuple[int, Meant]:
        most = min(MOST_WORDS, len(said) - at)
        forms = self._language.forms
        for size in range(most, 0, -1):
            joined = " ".join(said[at : at + size])
            if joined in forms and not (size > 1 and self._swallows(joined)):
                meant = self._meant(joined, joined, self._written(joined))
                if self._is_a_post(joined):
                    said_of_either = " ".join(
                        word.removesuffix(_OF_A_WOMAN) for word in joined.split()
                    )
                    meant = replace(meant, said=said_of_either)
                return size, meant
            if size > 1 and (inflected := self._inflected(said[at : at + size])) is not None:
                return size, inflected
        for size in range(min(_MOST_HEARD, most), 1, -1):
            _, guess = max(self.many_guesses(said[at : at + size]), key=_chance, default=_NONE)
            if guess is None or guess.sure < self._chances.least_many:
                continue
            apart = (
                _WRITTEN_ALONE if one in forms else self._single(one).sure
                for one in said[at : at + size]
            )
            if guess.sure > sum(apart) / size:
                return size, guess
        return 1, self._single(said[at])

    def _inflected(self, said: Sequence[str]) -> Meant | None:
        """Return what some words mean whose last one is written down with another ending."""
        before, forms = " ".join(said[:-1]), self._language.forms
        some = [
            (sure, form)
            for other, _, sure in self._endings.others(said[-1])
            if sure >= _ALIKE and (form := f"{before} {other}") in forms
        ]
        sure, form = max(some, default=(0.0, ""))
        if not form or self._swallows(form) or forms[form][0].id in NEGATIVE:
            return None
        return replace(self._meant(" ".join(said), form, sure * _WRITTEN), guessed=True)

    def _swallows(self, form: str) -> bool:
        """Tell whether a form of a plain word holds what another says: "I drove a bus" the bus."""
        forms = self._language.forms
        whole = forms[form][0]
        if whole.kind != LITTLE or whole.id in NEGATIVE:
            return False
        parts = [forms[one][0] for one in form.split() if one in forms]
        return any(
            one.kind != LITTLE and not one.names_a_place and not overlap(one.english, whole.english)
            for one in parts
        )

    def _chosen(self, found: Sequence[Meant]) -> list[Meant]:
        """Choose between the meanings of what is written down, by what stands beside it."""
        senses = self._senses
        if senses is None:
            return list(found)
        around = senses.around([one.english if tells(one) else None for one in found])
        return [
            self._best(one, around[at], senses) if _open(one) else one
            for at, one in enumerate(found)
        ]

    def _best(self, meant: Meant, around: Vector, senses: Senses) -> Meant:
        some = list(self.meanings(meant.form or "", around, senses))
        if not some:
            return meant
        _, best = max(some, key=lambda one: senses.choice.chance(one[0].features()))
        if best.concept is not None and best.concept.kind == EVERYDAY:
            # The plain word is said; that it is a word of work stays known.
            works = (
                one.concept
                for _, one in some
                if one.concept is not None
                and one.concept.kind not in {EVERYDAY, LITTLE}
                and overlap(one.concept.english, best.concept.english)
            )
            best = replace(best, concept=next(works, best.concept))
        sure = meant.sure if meant.guessed else best.sure
        return replace(best, said=meant.said, sure=sure, guessed=meant.guessed)

    def meanings(self, form: str, around: Vector, senses: Senses) -> Iterator[tuple[Signs, Meant]]:
        """Yield what a form that is written down may mean, with what speaks for each."""
        every = self._language.forms.get(form, ())
        concepts = [one for one in every if not one.names_a_place and one.id not in NEGATIVE]
        if not concepts:
            return
        seen, meant_in = self._usual.get(form, (0, {}))
        taught, how_sure = self._language.learned.get(form, ("", 0.0))
        agree = [overlap(taught, one.english) for one in concepts]
        size, rivals = form.count(" ") + 1, len(concepts)
        for rank, (concept, same) in enumerate(zip(concepts, agree, strict=True)):
            signs = Signs(
                concept.kind,
                size,
                concept.english.count(" ") + 1,
                rank,
                rivals,
                seen,
                meant_in.get(concept.english, 0),
                senses.near(concept.english, around),
                how_sure if same else -how_sure,
            )
            sure = senses.word.chance(signs.features())
            english = in_its_own_words(form, concept)
            yield signs, Meant(form, english, sure, concept, form=form)
        befell = any(one.kind == LIFE for one in concepts)
        if how_sure >= _LEAST_TAUGHT and taught and not befell and not any(agree):
            near, long = senses.near(taught, around), taught.count(" ") + 1
            said = meant_in.get(taught, 0)
            signs = Signs("learned", size, long, 0, rivals, seen, said, near, how_sure)
            yield signs, Meant(form, taught, senses.word.chance(signs.features()))

    def _written(self, form: str) -> float:
        """Return the chance that a form means what stands first beside it."""
        concept, *others = self._language.forms[form]
        if " " in form or concept.kind == LITTLE or concept.names_a_place:
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
        if bare == word or not self._is_a_post(bare):
            return word
        return bare if word not in forms or forms[word][0].id == forms[bare][0].id else word

    def _is_a_post(self, form: str) -> bool:
        return any(one.kind in _POSTS for one in self._language.forms.get(form, ()))

    def many_guesses(self, said: Sequence[str]) -> Iterator[tuple[ManyWords, Meant]]:
        """Yield the forms that some words sound like, with what speaks for each."""
        joined = " ".join(said)
        together = joined.replace(" ", "")
        by_sound, own = sound(together), heard(together)
        if len(by_sound) < LEAST_HEARD:
            return
        near = self._forms_by_sound.get(by_sound, ())
        if not near:
            return
        forms, learned = self._language.forms, self._language.learned
        written = [word in forms for word in said]
        taught = [
            word not in forms and learned.get(word, ("", 0.0))[1] >= SURELY_LEARNED for word in said
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
        """Return the plainest meaning of a form."""
        concept = self._language.forms[form][0]
        english = in_its_own_words(said, concept)
        if said == form and english != concept.english:
            sure = max(sure, _WRITTEN_ALONE)
        return Meant(said, english, sure, concept, form=form)

    def _single(self, word: str) -> Meant:
        """Return what one word means: what was learned of it, or what it looks or sounds like."""
        if word.isdigit() or word in self._language.little:
            return Meant(word, word if word.isdigit() else None, 1.0)
        english, sure = self._language.learned.get(word, ("", 0.0))
        if word.isascii() and word in self._known and sure < SURELY_LEARNED:
            return Meant(word, word, _KEPT)
        if sure >= _WELL_LEARNED:
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
        spelt = chain(
            self._endings.others(word),
            ((word[: len(word) - cut], cut, 0.0) for cut in range(1, _most_cut(word) + 1)),
        )
        for other, cut, same in spelt:
            if other in self._spelt:
                yield self._spelt_so(Stem(word, cut, len(other), len(sound(other)), same), other)
        for cut in range(_most_cut(word) + 1):
            stem = word[: len(word) - cut]
            by_sound = sound(stem)
            if len(by_sound) >= LEAST_HEARD:
                yield from self._by_ear(Stem(word, cut, len(stem), len(by_sound)), stem)

    def _spelt_so(self, stem: Stem, other: str) -> tuple[OneWord, Meant]:
        """Return what a word means if it is another with other letters at one end."""
        if other in self._language.forms:
            return self._guess(stem, Like(_FORM), self._form(stem.word, other))
        english, sure = self._language.learned[other]
        return self._guess(stem, Like(_LEARNED, learned=sure), _Other(english))

    def _by_ear(self, stem: Stem, left: str) -> Iterator[tuple[OneWord, Meant]]:
        by_sound, own = sound(left), heard(left)
        some = self._english_by_sound.get(by_sound, ())
        forms = self._forms_by_sound.get(by_sound, ())
        rivals = len(some) + len(forms)
        for one in some:
            like = Like(_ENGLISH_HEARD, _alike(one, own), rivals=rivals)
            yield self._guess(stem, like, _Other(one))
        for one in forms:
            like = Like(_FORM_HEARD, _alike(one, own), rivals=rivals)
            yield self._guess(stem, like, self._form(stem.word, one))

    def _form(self, said: str, form: str) -> "_Other":
        concept = self._language.forms[form][0]
        return _Other(in_its_own_words(said, concept), concept, form)

    def _guess(self, stem: Stem, like: Like, other: "_Other") -> tuple[OneWord, Meant]:
        concept = other.concept
        signs = OneWord(
            like.way,
            stem.cut,
            stem.letters,
            stem.sounds,
            like.alike,
            like.learned,
            like.rivals,
            typed=stem.word.isascii(),
            little=concept is not None and concept.kind == LITTLE,
            several=" " in other.english,
            same=stem.same,
        )
        sure = self._chances.of_one(signs)
        return signs, Meant(stem.word, other.english, sure, concept, guessed=True, form=other.form)


class _Other(NamedTuple):
    """What a word is taken for."""

    english: str
    concept: Concept | None = None
    form: str | None = None


def _most_cut(word: str) -> int:
    return min(_MOST_CUT, len(word) - LEAST_STEM)


def _alike(one: str, own: str) -> float:
    return fuzz.ratio(heard(one.replace(" ", "")), own) / 100


def _open(meant: Meant) -> bool:
    """Tell whether something else may be meant: never where somebody denies or names a place."""
    if meant.concept is None or meant.form is None or meant.names_a_place:
        return False
    return meant.concept.id not in NEGATIVE


def _chance(guess: tuple[object, Meant | None]) -> float:
    return 0.0 if guess[1] is None else guess[1].sure
