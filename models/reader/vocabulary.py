"""Writes data/lexicon/work_words.csv: python -m models.reader.vocabulary. Some seconds.

The words that listings, titles and duties use, with in how many texts: what a misspelt word of
work may have been meant to be. Drawn from the team's training data and taxonomy; a word that
only one text uses must stand in the English dictionary as well, lest a slip be taken for right.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from service.settings import bundled
from service.skills.spelling import english_words

_WORD = re.compile(r"[a-z]{4,}")
_TWICE = 2


def texts() -> Iterator[str]:
    """Yield what is asked for: titles, requirements, duties."""
    training = bundled("data", "training")
    for path in sorted(training.glob("said_asks_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            yield from (raw["asks"], raw["title"], raw["near_miss"])
    for path in sorted(training.glob("board_*_listings.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            raw = json.loads(line)
            yield from (raw["title"], *raw.get("skills", ()), *raw.get("outcomes", ()))
    taxonomy = bundled("data", "taxonomy")
    for name, column in (("isco08", "title"), ("occupation_words", "plain")):
        with (taxonomy / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield from (row[column] for row in csv.DictReader(file))


def main(
    *,
    out: Annotated[Path | None, typer.Option(help="Where the words go.")] = None,
) -> None:
    """Count and write."""
    out = out or bundled("data", "lexicon", "work_words.csv")
    counts = Counter(word for text in texts() for word in set(_WORD.findall(text.lower())))
    english = english_words()
    kept = {word: n for word, n in counts.items() if n >= _TWICE or word in english}
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("word", "texts"))
        writer.writerows(sorted(kept.items()))
    print(f"{len(kept)} words in {out}")


if __name__ == "__main__":
    typer.run(main)
