"""Which covered language words are in, and what they say in English.

A Latin text may be English, a language written in Latin letters, or one of another script
typed on a phone: the words the lexicon knows tell, not the letters.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Self

from service.skills.core_words import CoreWords
from service.skills.endings import Endings
from service.skills.gloss import Glosser, Taught
from service.skills.guesses import GuessChances
from service.skills.language import SCRIPTS, script
from service.skills.letters import words
from service.skills.lexicon import LANGUAGES, WorkLexicon
from service.skills.makers import Makers
from service.skills.meant import Gloss
from service.skills.senses import Senses
from service.skills.spelling import english_words
from service.skills.trades import TradeNames

_LATIN: Final = "LATIN"
_OWN_SCRIPT: Final = {
    code: name for name, codes in SCRIPTS.items() for code in codes if code in LANGUAGES
}
_ENGLISH_SHARE: Final = 0.4
_LEAST_WORDS: Final = 2
_LEAST_SHARE: Final = 0.3
"""Share of a Latin text's words that only the language knows, for it to be in that language."""


@dataclass(frozen=True, slots=True, eq=False)
class Interpreter:
    """Glossers by language, made when first needed. english: words that are English anyway.

    work: English words of work, the most usual first.
    lexicon: reads the lexicon, which takes two seconds: only who interprets waits for it.
    taught: reads what was learned of a language. trades: what trades are called in English.
    makers: what machines are called by. core: takes who, where and how long off a phrase.
    """

    lexicon: Callable[[], WorkLexicon]
    english: frozenset[str]
    work: Sequence[str]
    taught: Callable[[str], Taught]
    trades: TradeNames
    makers: Makers
    core: CoreWords
    _made: dict[str, Glosser] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def read(cls, folder: Path, bridge: Path, work: Mapping[str, int]) -> Self:
        """Read data/lexicon/work and what was learned from it; `work`: English words of work.

        bridge: the folder with words*.csv.gz, endings.json, guesses.json and senses.*.
        """
        read = cache(lambda: WorkLexicon.read(folder, bridge))
        endings = cache(lambda: Endings.read(bridge / "endings.json"))
        senses = cache(lambda: Senses.read(bridge))
        chances = GuessChances.read(bridge / "guesses.json")

        def taught(code: str) -> Taught:
            return Taught(chances, endings()[code], senses())

        return cls(
            read,
            english_words(),
            usual_first(work),
            taught,
            trades=TradeNames.read(folder),
            makers=Makers.read(folder / "makers.csv"),
            core=CoreWords.read(folder),
        )

    def language(self, text: str) -> str | None:
        """Return the covered language of a text, with -Latn where typed in Latin letters.

        None for English, and for what no covered language knows.
        """
        name = script(text)
        said = words(text)
        if name == _LATIN:
            return self._typed(said)
        codes = [code for code in self.lexicon().languages if _OWN_SCRIPT.get(code) == name]
        return max(codes, key=lambda code: self._known(code, said), default=None)

    def is_english(self, text: str) -> bool:
        """Tell whether most words of a Latin text stand in an English dictionary."""
        said = [word for word in words(text) if not word.isdigit()]
        known = sum(word in self.english for word in said)
        return known >= _ENGLISH_SHARE * len(said)

    def covers(self, language: str) -> bool:
        """Tell whether a language, as `language` returns it, can be glossed."""
        return language.split("-", maxsplit=1)[0] in LANGUAGES

    def gloss(self, language: str, phrase: str) -> Gloss:
        """Return what a phrase says, in English. language: as `language` returns it."""
        code = language.split("-", maxsplit=1)[0]
        with self._lock:
            if code not in self._made:
                language_of = self.lexicon().languages[code]
                self._made[code] = Glosser(language_of, self.work, self.english, self.taught(code))
            glosser = self._made[code]
        return glosser.gloss(phrase)

    def _typed(self, said: list[str]) -> str | None:
        foreign = [word for word in said if word not in self.english and not word.isdigit()]
        best = max(
            self.lexicon().languages, key=lambda code: self._known(code, foreign), default=None
        )
        if best is None:
            return None
        known = self._known(best, foreign)
        if known < _LEAST_WORDS or known < _LEAST_SHARE * len(said):
            return None
        return best if _OWN_SCRIPT[best] == _LATIN else f"{best}-Latn"

    def _known(self, code: str, said: list[str]) -> int:
        language = self.lexicon().languages[code]
        return sum(word in language.singles or word in language.little for word in said)


def usual_first(work: Mapping[str, int]) -> tuple[str, ...]:
    """Return words by how often they are used: petrol before patrol, whatever the process."""
    return tuple(sorted(work, key=lambda one: (-work[one], one)))
