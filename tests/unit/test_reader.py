"""The reader: a phrase beside its sentence, and phrases that lean to their sentences."""

import numpy as np
import pytest

from service.skills.reader import CONTEXT, Reader, in_context, names_oneself
from service.skills.segment import Clause, clauses

A, B = np.eye(2, dtype=np.float32)


def test_the_sentence_has_a_say() -> None:
    """The same phrase is about work in one sentence and not in another."""
    reader = Reader("test", weights=np.array([0, 0, 5, -5], dtype=np.float32), bias=0.0)
    chances = reader.work(np.stack([A, A]), np.stack([A, B]))
    assert chances[0] > 0.9
    assert chances[1] < 0.1


def test_a_phrase_leans_to_its_sentence_and_stays_a_unit_vector() -> None:
    """A phrase that is its whole sentence does not move."""
    mixed = in_context(np.stack([A, A]), np.stack([A, B]))
    assert mixed[0] == pytest.approx(A)
    assert np.linalg.norm(mixed, axis=1) == pytest.approx([1, 1])
    assert mixed[1] == pytest.approx(np.array([1, CONTEXT]) / np.hypot(1, CONTEXT))


def test_nothing_said_gives_no_rows() -> None:
    """No phrases in, none out."""
    none = np.zeros((0, 2), dtype=np.float32)
    assert in_context(none, none).shape == (0, 2)


def test_every_phrase_knows_its_sentence() -> None:
    """Commas and conjunctions cut phrases; full stops end sentences."""
    found = clauses(
        "Cyprus four years as carer for an old woman: bathing, medicine, nights. I weave."
    )
    assert found[1] == Clause(
        "bathing", "Cyprus four years as carer for an old woman: bathing, medicine, nights"
    )
    assert found[-1] == Clause("I weave", "I weave")


@pytest.mark.parametrize(
    ("phrase", "names"),
    [
        ("I am a mason", True),
        ("he was head cook", True),
        ("working as an electrician", True),
        ("I am Shirin", True),
        ("I am a mason and my father died in March", False),
        ("mason", False),
        ("I laid bricks", False),
    ],
)
def test_a_phrase_that_only_says_what_someone_is_is_recognised(phrase: str, *, names: bool) -> None:
    """Whether it names a trade, the taxonomy tells."""
    assert names_oneself(phrase) is names
