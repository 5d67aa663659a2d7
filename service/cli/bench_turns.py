"""Things that are timed in turns, so that what else a machine does falls on all of them alike."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from statistics import median
from typing import Any, Final

from service.cli.bench_server import Client, Question, Spread, percentile

_WARM_UP: Final = 10
BLOCK: Final = 10
"""Calls of one before it is another's turn."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Something to be timed, and the milliseconds of its calls, block by block.

    calls: endless; each does one thing, made ready before the clock runs.
    """

    name: str
    calls: Iterator[Callable[[], Any]]
    blocks: list[list[float]] = field(default_factory=list)

    @classmethod
    def over(cls, name: str, client: Client, questions: Iterable[Question]) -> "Timed":
        """Time requests over one connection."""
        return cls(name, (partial(client.ask, one) for one in questions))

    @property
    def times(self) -> list[float]:
        """All milliseconds."""
        return [one for block in self.blocks for one in block]

    def at(self, percent: float) -> float:
        """Return a percentile of the milliseconds."""
        return round(percentile(self.times, percent), 3)

    def over_that(self, *others: "Timed") -> Spread:
        """Return how many times as long this takes as the others together, round by round."""
        rounds = zip(self.blocks, *(one.blocks for one in others), strict=True)
        return Spread.of([median(own) / sum(map(median, rest)) for own, *rest in rounds])

    def run(self, count: int) -> list[float]:
        """Return the milliseconds of the next calls."""
        taken = []
        for call in islice(self.calls, count):
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    def warm_up(self) -> None:
        """Call a few times without looking at the clock."""
        self.run(_WARM_UP)

    def take_turn(self) -> None:
        """Time one block."""
        self.blocks.append(self.run(BLOCK))


def in_turns(timed: Iterable[Timed], calls: int) -> None:
    """Time all of them, `calls` calls each, block by block in turns."""
    some = list(timed)
    for one in some:
        one.warm_up()
    for _ in range(max(1, calls // BLOCK)):
        for one in some:
            one.take_turn()
