"""Which words would tell what nobody else may learn from a sheet that is found.

A sheet lies on a table at home. It must not say that somebody was hurt, ill, held, cheated or
sheltered, nor name what is protected; what might is left out or said in general words.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from service.domain.match import Phrase
from service.domain.text import fold
from service.skills.interpret import Interpreter
from service.skills.neutral import Neutraliser

_LITTLE: Final = frozenset(
    """a about above after all alone also an and any are around as at be before been below both
    but by can day days did do does done each eight every few fifteen first five for four from
    full good had half has have heavy hour hours i in inside into is it its lay like lot made make
    many me mine month months more most much my nine no not of off often old on one or other our
    out outside over own part same second seven side since six small so some sometimes still ten
    than that the their them then there these they thing things third this those three through to
    together too twelve twenty two under until up us use used using very was we week weeks well
    were what when where which while who with without year years you""".split()  # noqa: SIM905 - a list to read
)
"""English words that say nothing about anybody."""
_ENDINGS: Final = ("s", "es", "ed", "ing")
_WORD: Final = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, eq=False)
class Discretion:
    """Finds telling words, in all languages at once.

    anywhere: what tells wherever it stands. of_oneself: what does in somebody's own words only;
    in a listing it may name the work ("care of the sick").
    """

    anywhere: re.Pattern[str]
    of_oneself: re.Pattern[str]
    work: frozenset[str]

    @classmethod
    def read(cls, path: Path, work: Iterable[str]) -> Self:
        """Read data/sheet/telling_words.csv. work: English words of work, lower case."""
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        strong = [row["word"] for row in rows if row["where"] == "anywhere"]
        return cls(_any_of(strong), _any_of(row["word"] for row in rows), frozenset(work))

    def tells(self, text: str | None) -> bool:
        """Tell whether a listing's or an office's words would give somebody away."""
        return text is not None and self.anywhere.search(fold(text)) is not None

    def may_quote(
        self, phrase: Phrase, language: str, interpreter: Interpreter, neutral: Neutraliser
    ) -> bool:
        """Tell whether a person's words may stand on the sheet: about work, and known to be.

        Every word must be known, so that what no list foresaw stays away as well. language: of
        the person's words, as `service.skills.language` names it.
        """
        for text in (phrase.text, phrase.means or ""):
            if self.of_oneself.search(fold(text)):
                return False
        if interpreter.covers(language):
            words = interpreter.gloss(language, phrase.text).words
            return all(
                one.said.isdigit()
                or (not one.unsure and neutral.person(one.english or "") == one.english)
                for one in words
            )
        plain = " ".join(phrase.text.split()).strip(" ,;:")
        known = all(self._known(word.casefold()) for word in _WORD.findall(plain))
        return known and neutral.person(plain) == plain

    def _known(self, word: str) -> bool:
        """Tell whether an English word says nothing about anybody, or is of work in some form."""
        forms = (word, *(word.removesuffix(end) for end in _ENDINGS if word.endswith(end)))
        return word.isdigit() or word in _LITTLE or any(one in self.work for one in forms)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of the words: Latin ones as beginnings, others wherever they stand."""
    folded = sorted({fold(word) for word in words}, key=len, reverse=True)
    latin = [re.escape(word) for word in folded if word.isascii()]
    others = [re.escape(word) for word in folded if not word.isascii()]
    parts = [rf"\b(?:{'|'.join(latin)})" if latin else "", "|".join(others)]
    return re.compile("|".join(part for part in parts if part) or r"(?!)")
