"""ISCO-08 from data/taxonomy, and the unit group nearest to a vector."""

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from service.domain.embedding import Vectors
from service.domain.occupation import Occupations
from service.ports import Encoder

Ints = npt.NDArray[np.int64]

_log = structlog.get_logger(__name__)


class IscoTaxonomy:
    """Implements `service.ports.Taxonomy`.

    Every unit group is known by its title and, where the team has written them, by plain
    words for its duties; a phrase is near a group when it is near either.
    """

    def __init__(
        self, folder: Path, encoder: Encoder, cache: Path | None = None, *, keep: bool = True
    ) -> None:
        """Read the tables in `folder`; take the vectors of their words from folder `cache`.

        `keep`: where the cache lacks them, write them there.
        """
        with (folder / "isco08.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._titles = {row["code"]: row["title"] for row in rows}
        texts = [(row["code"], row["title"]) for row in rows if row["level"] == "unit"]
        with (folder / "occupation_words.csv").open(encoding="utf-8", newline="") as file:
            texts += [(row["isco08"], row["plain"]) for row in csv.DictReader(file)]
        self.codes = tuple(sorted({code for code, _ in texts}))
        self.occupations = Occupations.of(self.codes)
        column = {code: at for at, code in enumerate(self.codes)}
        order = sorted(range(len(texts)), key=lambda at: column[texts[at][0]])
        vectors = _vectors([text for _, text in texts], encoder, cache, keep=keep)
        # Texts of one group side by side: a group's cosine is the best of its texts'.
        self.vectors = np.ascontiguousarray(vectors[order])
        """Of all words, (n, d)."""
        owners = np.array([column[texts[at][0]] for at in order])
        self._rounds, self._places = _in_rounds(owners)
        self._by_round = np.ascontiguousarray(self.vectors[np.concatenate(self._rounds)])

    def title(self, code: str) -> str | None:
        """See the port."""
        return self._titles.get(code)

    def affinity(self, vectors: Vectors) -> Vectors:
        """See the port."""
        if not len(vectors):
            return np.zeros((0, len(self.codes)), dtype=np.float32)
        similarity: npt.NDArray[np.float32] = vectors @ self._by_round.T
        best, at = similarity[:, : len(self.codes)], len(self.codes)
        for rows in self._rounds[1:]:
            some = best[:, : len(rows)]
            np.maximum(some, similarity[:, at : at + len(rows)], out=some)
            at += len(rows)
        return np.take(best, self._places, axis=1)


def _in_rounds(owners: Ints) -> tuple[list[Ints], Ints]:
    """Deal out texts, (n,) the group of each in order: the first of every group, the second...

    Groups with most texts come first, so that each round is a slice of the one before, and the
    best of a group needs no walk through its texts. Returns the rows of each round, and where in
    the first round each group stands.
    """
    groups, firsts, sizes = np.unique(owners, return_index=True, return_counts=True)
    largest_first = np.argsort(-sizes, kind="stable")
    rounds = [
        firsts[largest_first][sizes[largest_first] > turn] + turn for turn in range(sizes.max())
    ]
    places = np.empty(len(groups), dtype=np.int64)
    places[largest_first] = np.arange(len(groups))
    return rounds, places


def _vectors(texts: list[str], encoder: Encoder, cache: Path | None, *, keep: bool) -> Vectors:
    """Encode `texts`, or take them from the cache of this very model and these very texts."""
    if cache is None:
        return encoder.encode(texts)
    path = cache / f"taxonomy-{encoder.model.revision}.npz"
    try:
        with np.load(path) as saved:
            if saved["texts"].tolist() == texts:
                kept: Vectors = saved["vectors"]
                return kept
    except FileNotFoundError:
        pass
    except Exception as error:  # noqa: BLE001 - any damage means: encode again
        _log.warning("taxonomy cache unusable, encoding again", error=repr(error))
    vectors = encoder.encode(texts)
    if not keep:
        return vectors
    try:
        cache.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}")
        with draft.open("wb") as file:
            np.savez(file, texts=np.array(texts), vectors=vectors)
        draft.replace(path)
    except OSError as error:
        _log.warning("taxonomy cache not written", error=repr(error))
    return vectors
