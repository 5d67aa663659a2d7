"""Measure whether a sentence finds its English twin: Tatoeba and FLORES, what no model has seen."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from service.ports import Encoder, ProgressBar, Tools
from service.usecases.clean_text import Clean, encoded

_SOURCES: Final = {
    "tatoeba": ("bn", "hi", "ur", "tl", "ar", "id"),
    "flores": ("ne", "si"),
}
_HELD_OUT: Final = 10
"""Every tenth pair was kept from the bridge."""
_AMONG: Final = 500


@dataclass(frozen=True, slots=True)
class RetrievalQuality:
    """Sentences of a language whose nearest English sentence among `among` is their own.

    plain: the same for an encoder that reads the words as they stand.
    """

    language: str
    source: str
    queries: int
    among: int
    right: float
    plain: float


def retrieval_quality(
    tools: Tools, corpora: Path, plain_encoder: Encoder, bar: ProgressBar
) -> list[RetrievalQuality]:
    """Ask in every language that a file is there for. corpora: holds tatoeba/ and flores/.

    Where fewer than `_AMONG` pairs were held out, other English sentences of the file fill up.
    """
    files = [
        (source, code, path)
        for source, codes in _SOURCES.items()
        for code in codes
        if (path := corpora / source / f"en-{code}.tsv.gz").is_file()
    ]
    bar.start("Sentences", len(files))
    found = []
    for source, code, path in files:
        pairs, others = _held_out(path)
        asked = pairs[:_AMONG]
        taken = {english for english, _ in asked}
        filling = [english for english in dict.fromkeys(others) if english not in taken]
        english = [one for one, _ in asked] + filling[: _AMONG - len(asked)]
        documents = tools.encoder.encode(english)
        glosses = [tools.interpreter.gloss(code, said) for _, said in asked]
        clean = [
            Clean(gloss.english, " ".join(word.said for word in gloss.words)) for gloss in glosses
        ]
        nearest = (encoded(tools, code, clean) @ documents.T).argmax(axis=1)
        plain = plain_encoder.encode([said for _, said in asked])
        own = plain @ plain_encoder.encode(english).T
        truth = np.arange(len(asked))
        found.append(
            RetrievalQuality(
                language=code,
                source=source,
                queries=len(asked),
                among=len(english),
                right=float(np.mean(nearest == truth)),
                plain=float(np.mean(own.argmax(axis=1) == truth)),
            )
        )
        bar.advance(1)
    return found


def _held_out(path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """Return pairs that were held out (English first, each once), and the English of the rest."""
    kept: dict[str, str] = {}
    others: list[str] = []
    for number, (english, said) in enumerate(_pairs(path)):
        if number % _HELD_OUT:
            others.append(english)
        else:
            kept.setdefault(english, said)
    return list(kept.items()), others


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            english, said, *_ = line.rstrip("\n").split("\t")
            yield english, said
