"""Which English word goes with which foreign word: IBM Model 1 over pairs of short texts.

Brown et al. 1993, "The mathematics of statistical machine translation: parameter estimation".
"""

from collections import defaultdict
from collections.abc import Sequence

Pair = tuple[Sequence[str], Sequence[str]]
Chances = dict[str, dict[str, float]]

NOTHING = ""
"""Stands in every foreign text, for English words that none of its words brings."""
_LEAST = 1e-4


def aligned(pairs: Sequence[Pair], rounds: int = 8) -> Chances:
    """Return, for each foreign word, the chance of each English word.

    pairs: (foreign words, English words). Expectation maximisation from even chances.
    """
    chances = _even(pairs)
    for _ in range(rounds):
        counts: Chances = defaultdict(lambda: defaultdict(float))
        for foreign, english in pairs:
            _explain((*foreign, NOTHING), english, chances, counts)
        chances = {word: _shares(some) for word, some in counts.items()}
    chances.pop(NOTHING, None)
    return chances


def _even(pairs: Sequence[Pair]) -> Chances:
    found: Chances = defaultdict(dict)
    for foreign, english in pairs:
        for word in (*foreign, NOTHING):
            found[word].update(dict.fromkeys(english, 1.0))
    return {word: _shares(some) for word, some in found.items()}


def _explain(
    foreign: Sequence[str], english: Sequence[str], chances: Chances, counts: Chances
) -> None:
    """Share each English word out among the foreign words that may have brought it."""
    for other in english:
        total = sum(chances.get(word, {}).get(other, 0.0) for word in foreign)
        if total <= 0:
            continue
        for word in foreign:
            share = chances.get(word, {}).get(other, 0.0) / total
            if share > _LEAST:
                counts[word][other] += share


def _shares(counts: dict[str, float]) -> dict[str, float]:
    total = sum(counts.values()) or 1.0
    return {word: count / total for word, count in counts.items()}
