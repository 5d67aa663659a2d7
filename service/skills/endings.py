"""Which endings change nothing of what a word means, learned from words of one meaning.

"Chickens" and "of chickens" are one word to a reader of trades. A language's own words show which
letters come and go at their ends, or in Arabic, Tagalog and Indonesian at their beginnings: how
often two words that differ just so mean the same (`python -m models.bridge.guesses`).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final, Self

MOST_CUT: Final = 9
LEAST_STEM: Final = 3
_LEAST_SEEN: Final = 3
_LEAST_CHANCE: Final = 0.1
_DOUBT: Final = 2.0
"""Pairs of another meaning that every change is thought to have beside those that were seen."""

Changes = Mapping[str, tuple[tuple[str, float], ...]]
"""Letters taken off → letters put on, with the chance (0..1) that the meaning stays."""


@dataclass(frozen=True, slots=True)
class Endings:
    """What may change at the end of a word, and at its beginning, and leave its meaning."""

    behind: Changes
    before: Changes

    @classmethod
    def read(cls, path: Path) -> dict[str, Self]:
        """Read endings.json of models/bridge: one for each language."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {
            code: cls(
                *(
                    {off: tuple((on, sure) for on, sure in some) for off, some in one[side].items()}
                    for side in ("behind", "before")
                )
            )
            for code, one in raw.items()
        }

    def others(self, word: str) -> Iterator[tuple[str, int, float]]:
        """Yield what a word may be besides: with how many letters changed, and the chance."""
        for cut in range(min(MOST_CUT, len(word) - LEAST_STEM) + 1):
            at = len(word) - cut
            for on, sure in self.behind.get(word[at:], ()):
                yield word[:at] + on, max(cut, len(on)), sure
            for on, sure in self.before.get(word[:cut], ()):
                yield on + word[cut:], max(cut, len(on)), sure


NO_ENDINGS: Final = Endings({}, {})


def changes(meanings: Mapping[str, Collection[str]]) -> Changes:
    """Learn what may change at the ends of words. meanings: word → what it means, in any names."""
    by_stem: dict[str, list[str]] = defaultdict(list)
    for word in sorted(meanings):
        for cut in range(min(MOST_CUT, len(word) - LEAST_STEM) + 1):
            by_stem[word[: len(word) - cut]].append(word)
    same: dict[tuple[str, str], int] = defaultdict(int)
    seen: dict[tuple[str, str], int] = defaultdict(int)
    for stem, some in by_stem.items():
        for one, other in combinations(some, 2):
            off, on = one[len(stem) :], other[len(stem) :]
            if off[:1] == on[:1]:
                continue  # They part further on: another stem counts them.
            alike = not frozenset(meanings[one]).isdisjoint(meanings[other])
            for change in ((off, on), (on, off)):
                seen[change] += 1
                same[change] += alike
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (off, on), times in sorted(same.items()):
        chance = times / (seen[off, on] + _DOUBT)
        if times >= _LEAST_SEEN and chance >= _LEAST_CHANCE:
            found[off].append((on, round(chance, 2)))
    return {off: tuple(some) for off, some in found.items()}
