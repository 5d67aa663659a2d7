"""What is said to people in their own language, and what trades are called in it."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

from service.domain.said import Fact, Worded
from service.skills.scripts import RIGHT_TO_LEFT
from service.skills.wording import written

ENGLISH: Final = "en"

_ISOLATE: Final = ("\u2068", "\u2069")

_Trades = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Phrasebook:
    """Phrases by language (BCP-47) and key. Compared by identity.

    trades: returns, by language, what a trade's English name is called; read when first needed.
    """

    phrases: Mapping[str, Mapping[str, str]]
    trades: Callable[[], _Trades]

    @classmethod
    def read(cls, folder: Path, work: Path) -> Self:
        """Read words_*.csv of data/sheet, and the trades of data/lexicon/work."""
        found = {
            path.stem.removeprefix("words_"): {row["key"]: row["text"] for row in _rows(path)}
            for path in sorted(folder.glob("words_*.csv"))
        }
        return cls(found, cache(lambda: _trades(work, tuple(found))))

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that everything can be said in."""
        return tuple(self.phrases)

    def knows(self, key: str) -> bool:
        """Tell whether there is a phrase for this."""
        return key in self.phrases[ENGLISH]

    def say(self, language: str, key: str, **facts: Fact | Worded) -> Worded:
        """Return a phrase with its facts, in a language and in English."""
        return Worded(self._in(language, key, facts), self._in(ENGLISH, key, facts))

    def trade(self, language: str, title: str) -> str | None:
        """Return what a listing's title is called in a language, None where nobody wrote it down.

        Only a title that is a trade's plain name: what it is called besides is not always the same.
        """
        return self.trades().get(language, {}).get(title.strip().casefold())

    def _in(self, language: str, key: str, facts: Mapping[str, Fact | Worded]) -> str:
        def one(fact: Fact | Worded) -> str:
            if isinstance(fact, Worded):
                return fact.english if language == ENGLISH else fact.own
            # What somebody else wrote keeps its own direction within a line read from the right.
            if isinstance(fact, str) and language in RIGHT_TO_LEFT:
                return f"{_ISOLATE[0]}{fact}{_ISOLATE[1]}"
            return written(fact, language)

        return self.phrases[language][key].format(**{name: one(x) for name, x in facts.items()})


def both(fact: Fact, language: str) -> Worded:
    """Return a fact alone, in a language and in English."""
    return Worded(written(fact, language), written(fact, ENGLISH))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _trades(folder: Path, languages: tuple[str, ...]) -> _Trades:
    named = {
        row["id"]: row["english"].casefold()
        for row in _rows(folder / "concepts.csv")
        if row["kind"] == "occupation"
    }
    found: dict[str, dict[str, str]] = {}
    for language in languages:
        path = folder / f"words_{language}.csv"
        forms = {
            row["id"]: (row["native"] or row["latin"]).split("|")[0].strip()
            for row in (_rows(path) if path.is_file() else ())
        }
        found[language] = {name: forms[id_] for id_, name in named.items() if forms.get(id_)}
    return found
