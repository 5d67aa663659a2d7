"""Words and phrases that are looked for in a text, whole and the longest first."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

_RUN = re.compile(r"\w+")
_ODD_CASES = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""What a pattern takes for i, s or k whatever the case, and lower() does not."""


def lower(text: str) -> str:
    """Return a text in lower case, as a pattern that ignores case takes it."""
    return (text if text.isascii() else text.translate(_ODD_CASES)).lower()


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Words and phrases as one pattern.

    first: what each of them begins with. Most texts hold none of these, and to look that up takes
    a hundredth of the time of the pattern, which tries every entry at every word.
    """

    pattern: re.Pattern[str]
    first: frozenset[str]

    @classmethod
    def of(cls, entries: Iterable[str], before: str = "", after: str = "") -> Self:
        """Take entries; before, after: patterns of what may stand around one and goes with it."""
        longest = sorted({lower(one) for one in entries}, key=lambda entry: (-len(entry), entry))
        found = "|".join(re.escape(entry) for entry in longest) or r"(?!)"
        pattern = re.compile(rf"{before}(?<!\w)(?:{found}){after}(?!\w)", re.IGNORECASE)
        runs = [_RUN.match(entry) for entry in longest]
        # An entry that begins with a sign could stand anywhere.
        return cls(pattern, frozenset(run.group() if run else "" for run in runs))

    def may_be_in(self, text: str) -> bool:
        """Tell whether it is worth searching; never no where an entry is in the text."""
        if "" in self.first:
            return True
        return not self.first.isdisjoint(_RUN.findall(lower(text)))

    def are_in(self, text: str) -> bool:
        """Tell whether one of them stands in a text."""
        return self.may_be_in(text) and self.pattern.search(text) is not None

    def replaced(self, text: str, by: str | Callable[[re.Match[str]], str]) -> str:
        """Return a text with something else in their place."""
        return self.pattern.sub(by, text) if self.may_be_in(text) else text
