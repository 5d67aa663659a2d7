"""What mail says, in the languages it is sent in; translators keep the table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("en", "bn", "hi", "ur", "ne", "ar")
"""The languages of mail, by BCP-47; a test holds the table to them."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences by (key, language), with names in braces where something is filled in."""

    sentences: Mapping[tuple[str, str], str]

    @classmethod
    def read(cls, path: Path) -> "Phrases":
        """Read data/mail/phrases.csv; raise ValueError where a sentence is missing."""
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found = {(row["key"], tag): row[tag].strip() for row in rows for tag in LANGUAGES}
        missing = sorted(name for name, text in found.items() if not text)
        if missing:
            raise ValueError(f"{path} has no sentence for {missing[0]}")
        return cls(found)

    def say(self, key: str, language: str, **filled: str) -> str:
        """Return a sentence; KeyError for one that there is not."""
        return self.sentences[key, language].format(**filled)
