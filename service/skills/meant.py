"""Words of a phrase and what they were taken to mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from service.skills.letters import heard
from service.skills.lexicon import EVERYDAY, LIFE, LITTLE, Concept
from service.skills.senses import PhraseSigns, Senses

_SHOWN: Final = 0.35
"""Chance from which what a word may mean is said; less is a hint for the ranking only."""
LEAST_HEARD: Final = 3
"""Sounds by which a word is told from others."""
_EXPLAINED: Final = "("
"""What a foreign word in English is explained behind: "khalasi (deck hand)"."""
_INFLECTED: Final = 5
_ENDING: Final = 3
"""Letters of a word, and of what may stand behind it, for it to be that word and no name."""
SURELY_LEARNED: Final = 0.4
"""Chance from which what was learned of a word is what it means."""

_NO_WORK: Final = frozenset({EVERYDAY, LIFE})

NEGATIVE: Final = frozenset(
    {"not", "never", "cannot", "do-not-have", "do-not-know", "want-to-learn", "without"}
)
"""Concepts that deny what stands beside them."""

_SILENT: Final = frozenset(
    """know can-do know-the-work have do did work-verb worked work-as work-noun need-work trade
    experience skill-word in-at from for-during and also or but with since ago before after now
    stayed started still mostly sometimes every-day all-of-it very-well only giving bringing keeping
    every first last both week thousand together alone fast easy hard English""".split()  # noqa: SIM905 - forty words in three lines, not in forty
)
"""Concepts that say nothing of which work it is: shown, but left out of what is encoded."""


@dataclass(frozen=True, slots=True)
class Meant:
    """Some words of a phrase and what they were taken to mean; None where nothing is known.

    sure: the chance that this is meant (0..1).
    guessed: by sound or by ending, not from what is written down or was learned.
    form: what it was looked up by, where the lexicon has it.
    """

    said: str
    english: str | None
    sure: float
    concept: Concept | None = None
    guessed: bool = False
    form: str | None = None

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
        if self.written:
            return False
        return self.guessed or self.english is None or self.sure < SURELY_LEARNED

    @property
    def is_no_work(self) -> bool:
        """Whether it says where somebody was or what befell them, and not what they did."""
        return self.concept is not None and self.concept.is_no_work

    @property
    def befell(self) -> bool:
        """Whether it is what befell somebody: came home, sits idle, fell ill."""
        return self.concept is not None and self.concept.kind == LIFE

    @property
    def only_inflected(self) -> bool:
        """Whether it is a word that is written down with a short ending on it: "টাইলসও"."""
        ending = len(self.said) - len(self.form or "")
        return (
            self.concept is not None
            and len(self.form or "") >= _INFLECTED
            and self.said.startswith(self.form or "")
            and ending <= _ENDING
        )

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
    """A phrase in English, and word by word.

    sure: the chance that this is what it says. known: how much of it has a meaning. Both 0..1.
    """

    english: str
    sure: float
    known: float
    words: tuple[Meant, ...]


def in_english(some: Sequence[Meant]) -> str:
    """Return the English of some words, what comes twice in a row once."""
    english = [one.english for one in some if one.english]
    return " ".join(word for at, word in enumerate(english) if at == 0 or word != english[at - 1])


def tells(meant: Meant) -> bool:
    """Tell whether a word says what a phrase is about."""
    plain = meant.concept is not None and meant.concept.kind == LITTLE
    return meant.shown and not plain and not meant.names_a_place


def signs_of(found: Sequence[Meant], known: float, senses: Senses) -> PhraseSigns:
    """Return what speaks for some words having been understood."""
    telling = [one for one in found if one.english and tells(one)]
    around = senses.around([one.english for one in telling])
    near = [
        cosine
        for one, others in zip(telling, around, strict=True)
        if (cosine := senses.near(one.english or "", others)) is not None
    ]
    return PhraseSigns(
        sure=tuple(one.sure for one in telling),
        known=known,
        guessed=sum(one.guessed for one in telling) / max(len(telling), 1),
        work=any(one.concept is not None and one.concept.kind not in _NO_WORK for one in telling),
        near=sum(near) / len(near) if near else None,
    )


def in_its_own_words(said: str, concept: Concept) -> str:
    """Return what a concept is called; a loanword means itself, not the post it is part of."""
    if concept.names_a_place or _EXPLAINED in concept.english:
        return concept.english
    own = heard(said)
    if len(own) < LEAST_HEARD:
        return concept.english
    return next((word for word in concept.english.split() if heard(word) == own), concept.english)
