"""Which rows of a segment hold a phrase: an inverted index over whole words."""

from array import array
from collections import defaultdict
from typing import Final

import numpy as np
import numpy.typing as npt

from service.adapters.vectors.repeated import Texts
from service.domain.refusal import stands_in

Rows = npt.NDArray[np.int32]

_NONE: Final = np.zeros(0, dtype=np.int32)


class WordRows:
    """Built once from the distinct `listing_words`; a phrase then costs a few look-ups.

    Scanning 50,000 texts for each of a veto's forty spellings would take longer than the search.
    """

    def __init__(self, texts: Texts) -> None:
        """Index what differs among texts; rows here are their numbers."""
        self._texts = texts
        found: dict[str, array[int]] = defaultdict(lambda: array("i"))
        for row, text in enumerate(texts.all_distinct()):
            for word in set(text.split()):
                found[word].append(row)
        self._rows = {word: np.array(rows, dtype=np.int32) for word, rows in found.items()}

    def holding(self, phrase: str) -> Rows:
        """Return the rows that hold a phrase (in `skeleton` spelling), in order."""
        apart = [self._rows.get(word, _NONE) for word in phrase.split()]
        rows = min(apart, key=len, default=_NONE)
        if len(apart) > 1:
            rows = np.array(
                [row for row in rows.tolist() if stands_in(phrase, self._texts.distinct(row))],
                dtype=np.int32,
            )
        joined = self._rows.get(phrase.replace(" ", ""), _NONE)
        return np.union1d(rows, joined).astype(np.int32) if len(joined) else rows
