"""The remembering encoder gives what the encoder behind it would."""

from collections.abc import Sequence

import numpy as np

from service.domain.embedding import ModelIdentity, Vectors
from service.usecases.remember_texts import CachedEncoder


class Counting:
    """Encodes a text as its length and counts how many texts it was given."""

    model = ModelIdentity("counting", "1", 1)

    def __init__(self) -> None:
        """Start at nought."""
        self.given = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return lengths."""
        self.given += len(texts)
        return np.array([[len(text)] for text in texts], dtype=np.float32).reshape(-1, 1)


def test_it_asks_for_each_text_once() -> None:
    """A text that is remembered is not encoded again, and order is kept."""
    behind = Counting()
    encoder = CachedEncoder(behind)
    assert encoder.encode(["aa", "b", "aa"]).ravel().tolist() == [2, 1, 2]
    assert encoder.encode(["b", "ccc"]).ravel().tolist() == [1, 3]
    assert behind.given == 3


def test_it_forgets_the_oldest() -> None:
    """More texts than it may keep push out those used longest ago."""
    behind = Counting()
    encoder = CachedEncoder(behind, most=2)
    encoder.encode(["a", "bb"])
    encoder.encode(["a"])
    encoder.encode(["ccc"])
    encoder.encode(["a"])
    assert behind.given == 3
    encoder.encode(["bb"])
    assert behind.given == 4


def test_nothing_gives_no_rows() -> None:
    """No texts give an array without rows."""
    assert CachedEncoder(Counting()).encode([]).shape == (0, 1)
