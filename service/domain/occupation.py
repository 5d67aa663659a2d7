"""Unit groups of ISCO-08 as numbers, for affinities to be computed over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Occupations:
    """The unit groups that affinities are over: their numbers (g,), in order."""

    numbers: npt.NDArray[np.int32]
    minor: npt.NDArray[np.int64]
    """(m,) where each minor group (three digits) begins among the unit groups."""
    minor_of: npt.NDArray[np.int64]
    """(g,) in which of the minor groups each unit group is."""

    @classmethod
    def of(cls, codes: Sequence[str]) -> "Occupations":
        """Build from sorted unit group codes."""
        heads = [code[:3] for code in codes]
        starts = [at for at, head in enumerate(heads) if at == 0 or head != heads[at - 1]]
        sizes = np.diff([*starts, len(codes)])
        return cls(
            numbers=np.array([int(code) for code in codes], np.int32),
            minor=np.array(starts, np.int64),
            minor_of=np.repeat(np.arange(len(starts)), sizes),
        )
