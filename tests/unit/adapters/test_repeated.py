"""Columns whose values come again and again: each kept once, each row with its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.adapters.vectors import wordings as wordings_module
from service.adapters.vectors.lexical import Lexicon, count
from service.adapters.vectors.repeated import SharedVectors, Texts
from service.adapters.vectors.wordings import Wordings
from tests.contracts.examples import unit_rows

_texts = st.lists(st.sampled_from(["", "mason", "রাজমিস্ত্রি", "a\x00", "\ud800"]), max_size=8)


def _rows(draw: st.DataObject, many: int) -> list[int]:
    return draw.draw(st.lists(st.integers(0, many - 1), max_size=8) if many else st.just([]))


@settings(max_examples=60, deadline=None)
@given(_texts, _texts, st.data())
def test_texts_stay_with_their_rows(left: list[str], right: list[str], draw: st.DataObject) -> None:
    """Joined columns hold the texts of the rows taken, and each text that differs once."""
    a, b = _rows(draw, len(left)), _rows(draw, len(right))
    joined = Texts.joined(
        [(Texts.of(left), np.array(a, np.int64)), (Texts.of(right), np.array(b, np.int64))]
    )
    expected = [*(left[row] for row in a), *(right[row] for row in b)]
    assert [joined[row] for row in range(len(joined))] == expected
    assert sorted(joined.all_distinct()) == sorted(set(expected))
    assert joined.where(lambda text: "a" in text).tolist() == ["a" in text for text in expected]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), max_size=3), max_size=6), st.data())
def test_vectors_stay_with_their_listings(asked: list[list[int]], draw: st.DataObject) -> None:
    """Each listing gets its own vectors back, in order, and equal ones are kept once."""
    known = unit_rows(np.random.default_rng(1), 5).astype(np.float16)
    shared = SharedVectors.of([known[some] for some in asked], known.shape[1])
    rows = _rows(draw, len(asked))
    both = SharedVectors.joined(
        [(shared, np.array(rows, np.int64)), (shared, np.arange(len(asked)))]
    )
    expected = [*(asked[row] for row in rows), *asked]
    assert len(both) == len(expected)
    assert len(both.distinct) == len({one for some in expected for one in some})
    for row, some in enumerate(expected):
        vectors, sizes = both.of_rows(np.array([row]))
        assert sizes.tolist() == [len(some)]
        assert np.array_equal(vectors, known[some])


_WORDS = ["brick mason", "mason", "pastry cook", "cook", "welder", "brick mason", "mason"]


def test_listings_worded_alike_weigh_as_each_does() -> None:
    """How rare an n-gram is counts listings, not wordings."""
    apart = Lexicon.of(count(_WORDS))
    asked = count(["masons and cooks"])
    wordings = Wordings.of(_WORDS)
    found = wordings.likeness(asked).scores[wordings.which]
    assert len(wordings.keys) == 5
    assert np.allclose(found, apart.scores(asked))


@pytest.mark.parametrize("few", [0, 20_000])
def test_the_most_alike_are_found_among_the_eligible(
    monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    """As many as are wanted and eligible, however many better ones are not; none unlike."""
    monkeypatch.setattr(wordings_module, "_FEW", few)
    draw = np.random.default_rng(3)
    words = [f"{_WORDS[at % 7]} {at % 2900}" for at in range(6000)]
    wordings = Wordings.of(words)
    assert len(wordings.keys) > 2048
    likeness = wordings.likeness(count(["mason 17"]))
    scores = likeness.scores[wordings.which]
    for share in (1.0, 0.3, 0.001):
        eligible = draw.random(len(words)) < share
        rows = wordings.nearest(likeness, 50, eligible)
        best = np.sort(scores[eligible & (scores > 0)])[::-1][:50]
        assert eligible[rows].all()
        assert np.allclose(np.sort(scores[rows])[::-1], best)
