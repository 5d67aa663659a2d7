"""Choose the best few so that not all come from one group."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.matching.score import Floats, best_rows


def spread_rows(score: Floats, groups: Sequence[str], k: int, dial: float) -> npt.NDArray[np.int64]:
    """Return the rows of `k` high scores, best first, spread over groups as the dial says.

    score: (n,) in 0..1. groups: n names. dial: 0 takes the k highest; at 1 a listing counts a
    whole point less for a full answer from its group (maximal marginal relevance with "same
    group" for likeness). What is chosen stays in order of score: spread decides who is in the
    answer, never who stands first.
    """
    if dial <= 0 or k <= 1 or len(score) <= k:
        return best_rows(score, k)
    taken: Counter[str] = Counter()
    by_group: dict[str, list[int]] = {}
    for row in np.argsort(-score, kind="stable")[::-1].tolist():
        by_group.setdefault(groups[row], []).append(row)
    chosen: list[int] = []
    while len(chosen) < k:
        # Only the best that is left of each group can be next.
        best = max(
            (group for group, rows in by_group.items() if rows),
            key=lambda group: (score[by_group[group][-1]] - dial * taken[group] / k, group),
        )
        chosen.append(by_group[best].pop())
        taken[best] += 1
    rows = np.array(chosen, dtype=np.int64)
    return rows[np.argsort(-score[rows], kind="stable")]
