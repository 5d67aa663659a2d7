"""What a person said about work, as the numbers that listings are scored with."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from service.domain.embedding import Grams, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A person's p work phrases, p at least 1, and all of them as one text.

    vectors: (1 + p, d), the whole first. shares: (1 + p, g) shares of the unit groups that each is
    near, adding up to 1. sure: cosine of the whole with the nearest unit group. years: the longest
    stretch of work that is named. present: (p,) whether a phrase says what is done now. grams: of
    the whole, of who is kept.
    """

    vectors: Vectors
    shares: Vectors
    sure: float
    years: float
    present: npt.NDArray[np.bool_]
    grams: Grams | None = None

    @property
    def whole(self) -> Vectors:
        """All that was said, (d,)."""
        whole: Vectors = self.vectors[0]
        return whole

    @property
    def phrases(self) -> Vectors:
        """Each phrase, (p, d)."""
        phrases: Vectors = self.vectors[1:]
        return phrases
