"""The ranking measures against values worked out by hand."""

import math

import numpy as np
import pytest

from service.matching import metrics

FIRST_AND_THIRD = np.array([True, False, True, False])


def test_ranking_is_best_first_and_stable() -> None:
    """Equal scores keep the order of their items."""
    assert metrics.ranking(np.array([0.2, 0.9, 0.2, 0.5])).tolist() == [1, 3, 0, 2]


def test_average_precision_of_a_full_ranking() -> None:
    """Precision is 1/1 at the first hit and 2/3 at the second."""
    assert metrics.average_precision(FIRST_AND_THIRD) == pytest.approx((1 + 2 / 3) / 2)


def test_average_precision_counts_what_was_not_found() -> None:
    """A third relevant item outside the ranking adds nothing above and one below."""
    assert metrics.average_precision(FIRST_AND_THIRD, 3) == pytest.approx((1 + 2 / 3) / 3)


def test_average_precision_without_a_hit_is_zero() -> None:
    """Relevant items exist and none was found."""
    assert metrics.average_precision(np.array([False, False]), 2) == 0.0


@pytest.mark.parametrize(
    ("hits", "expected"),
    [([True, True], 1.0), ([False, False, False, True], 0.25), ([False, False], 0.0), ([], 0.0)],
)
def test_reciprocal_rank(hits: list[bool], expected: float) -> None:
    """Only the first relevant rank matters."""
    assert metrics.reciprocal_rank(np.array(hits, dtype=np.bool_)) == expected


@pytest.mark.parametrize(("k", "expected"), [(1, 0.5), (2, 0.5), (3, 1.0), (99, 1.0)])
def test_recall_at(k: int, expected: float) -> None:
    """One of two relevant items stands first, the other third."""
    assert metrics.recall_at(FIRST_AND_THIRD, k) == expected


def test_recall_counts_what_was_not_found() -> None:
    """Two of four relevant items are in the ranking."""
    assert metrics.recall_at(FIRST_AND_THIRD, 4, 4) == 0.5


def test_ndcg_with_graded_gains() -> None:
    """Gains 1, 3, 2 against the best order 3, 2, 1."""
    found = 1 + 3 / math.log2(3) + 2 / 2
    ideal = 3 + 2 / math.log2(3) + 1 / 2
    assert metrics.ndcg_at(np.array([1.0, 3.0, 2.0]), 3) == pytest.approx(found / ideal)


def test_ndcg_cuts_both_orders_at_k() -> None:
    """At k = 1 the gain of 1 is compared with the best gain, 3."""
    assert metrics.ndcg_at(np.array([1.0, 3.0, 2.0]), 1) == pytest.approx(1 / 3)


def test_ndcg_of_the_best_order_is_one() -> None:
    """Nothing can stand better than in descending order."""
    assert metrics.ndcg_at(np.array([3.0, 2.0, 0.0]), 10) == pytest.approx(1.0)


def test_ndcg_counts_judged_items_outside_the_ranking() -> None:
    """A judged item of gain 3 that was not retrieved lowers the value."""
    found = 1 + 2 / math.log2(3)
    ideal = 3 + 2 / math.log2(3)
    value = metrics.ndcg_at(np.array([1.0, 2.0]), 2, judged=np.array([1.0, 2.0, 3.0]))
    assert value == pytest.approx(found / ideal)


def test_measures_without_a_relevant_item_are_refused() -> None:
    """There is no honest number where nothing could have been found."""
    nothing = np.array([False, False])
    with pytest.raises(ValueError, match="without a relevant item"):
        metrics.average_precision(nothing)
    with pytest.raises(ValueError, match="without a relevant item"):
        metrics.recall_at(nothing, 1)
    with pytest.raises(ValueError, match="without a positive gain"):
        metrics.ndcg_at(np.array([0.0, 0.0]), 2)


def test_impossible_arguments_are_refused() -> None:
    """More hits than relevant items, or no ranks at all, is the caller's mistake."""
    with pytest.raises(ValueError, match="more than the 1 that exist"):
        metrics.average_precision(FIRST_AND_THIRD, 1)
    with pytest.raises(ValueError, match="k must be 1 or more, not 0"):
        metrics.recall_at(FIRST_AND_THIRD, 0)
