"""The words of n listings for the lexical channel; listings that say the same share one row."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from service.adapters.vectors.lexical import FEATURES, Lexicon, Scores, count
from service.adapters.vectors.repeated import Keys, Rows, Union, key_of, starting, within
from service.domain.eligibility import Mask
from service.domain.embedding import ManyGrams

_FIRST: Final = 2048
"""Wordings looked through before all of them are: mostly enough to find who is eligible."""
_FEW: Final = 20_000
"""Of as few eligible listings each is asked."""


@dataclass(slots=True, eq=False)
class Likeness:
    """How like a query each of u wordings is, (u,)."""

    scores: Scores
    _best: dict[int, Rows] = field(default_factory=dict)

    def best(self, many: int) -> Rows:
        """Return the wordings most like it, best first, none of which has nothing in common."""
        if many not in self._best:
            some = top(self.scores, many)
            some = some[self.scores[some] > 0]
            self._best[many] = some[np.argsort(-self.scores[some], kind="stable")]
        return self._best[many]


@dataclass(frozen=True, eq=False)
class Wordings:
    """which: (n,) the number of each listing's wording, of u that differ. keys: (u,).

    counts: (u, features) raw n-gram counts. weighed: the same weighed, where that is known.
    """

    which: npt.NDArray[np.int32]
    keys: Keys
    counts: sp.csr_matrix
    weighed: Lexicon | None = None

    @classmethod
    def of(cls, words: Sequence[str]) -> Self:
        """Take the folded words of each listing."""
        number = {text: at for at, text in enumerate(dict.fromkeys(words))}
        which = np.array([number[text] for text in words], np.int32)
        keys = np.array([key_of(text) for text in number], np.uint64)
        return cls(which, keys, count(list(number)))

    @classmethod
    def joined(cls, parts: Sequence[tuple[Self, Rows]]) -> Self:
        """Return the words of these listings of each, one part after the other."""
        union = Union.of([one.keys for one, _ in parts], [one.which[rows] for one, rows in parts])
        kept = [(one, rows) for (one, _), rows in zip(parts, union.kept, strict=True)]
        none = sp.csr_matrix((0, FEATURES), dtype=np.float32)
        return cls(
            union.which,
            np.concatenate([np.zeros(0, np.uint64), *(one.keys[rows] for one, rows in kept)]),
            sp.csr_matrix(sp.vstack([none, *(one.counts[rows] for one, rows in kept)])),
        )

    @property
    def lexicon(self) -> Lexicon:
        """The counts weighed by how many of all listings hold each n-gram.

        Made anew for whoever asks one that was not `weighing`: not cached here, as before Python
        3.12 all instances wait for the one whose property is being made.
        """
        if self.weighed is not None:
            return self.weighed
        return Lexicon.of(self.counts, np.bincount(self.which, minlength=len(self.keys)))

    def weighing(self) -> Self:
        """Return the same with its weights made: now, not when somebody waits for them."""
        return self if self.weighed is not None else replace(self, weighed=self.lexicon)

    def likeness(self, words: sp.csr_matrix) -> Likeness:
        """Return how like one text's counts each wording is."""
        return Likeness(self.lexicon.scores(words))

    def nearest(self, likeness: Likeness, k: int, eligible: Mask) -> Rows:
        """Return the `k` eligible listings most like a query, with more than nothing in common."""
        if np.count_nonzero(eligible) <= _FEW:
            few = np.flatnonzero(eligible)
            scores = likeness.scores[self.which[few]]
            alike = np.flatnonzero(scores > 0)
            return few[alike[top(scores[alike], k)]]
        for many in (_FIRST, len(self.keys)):
            wordings = likeness.best(many)
            flat, sizes = within(self._starts, wordings)
            rows = self._rows[flat]
            here = eligible[rows]
            if many >= len(self.keys) or np.count_nonzero(here) >= k:
                break
        scores = np.repeat(likeness.scores[wordings], sizes)[here]
        return rows[here][top(scores, k)]

    def cosines(self, texts: ManyGrams, rows: Rows) -> Scores:
        """Return how like each of m texts these listings are, (m, n)."""
        return self.lexicon.cosines(texts, self.counts, self.which[rows])

    @cached_property
    def _rows(self) -> npt.NDArray[np.int64]:
        """The listings by wording, (n,)."""
        return np.argsort(self.which, kind="stable")

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return starting(np.bincount(self.which, minlength=len(self.keys)))


def top(values: npt.NDArray[np.float32], k: int) -> Rows:
    """Return where the `k` highest values stand, in no promised order."""
    if len(values) <= k:
        return np.arange(len(values))
    return np.argpartition(-values, k - 1)[:k]
