"""Answers that were given, for a while, in memory."""

import threading
from collections.abc import Hashable
from typing import Final

from cachetools import TTLCache

from service.domain.match import Remembered

_SECONDS: Final = 600
"""How long an answer is kept at the longest: it holds what somebody said."""


class AnswersInMemory:
    """Implements `service.ports.AnswerMemory` up to a number of bytes; the oldest go first."""

    def __init__(self, most_bytes: int) -> None:
        """Keep answers of `most_bytes` together; 0 keeps none."""
        self._kept: TTLCache[Hashable, Remembered] = TTLCache(
            most_bytes, _SECONDS, getsizeof=lambda one: one.size
        )
        self._lock = threading.Lock()

    def recall(self, question: Hashable) -> Remembered | None:
        """See the port."""
        with self._lock:
            return self._kept.get(question)

    def keep(self, question: Hashable, answer: Remembered) -> None:
        """See the port."""
        with self._lock:
            if answer.size <= self._kept.maxsize:
                self._kept[question] = answer
