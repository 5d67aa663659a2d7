"""Spreading answers over groups, keeping small groups out of figures, weighing assessments."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.pool import Pool
from service.matching.diversify import spread_rows
from service.matching.recognition import weighed
from service.rules.suppress import LEAST, shown_parts, shown_share

scores = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=40)


@given(scores, st.integers(1, 12), st.floats(0, 1), st.randoms())
def test_what_is_chosen_stays_in_order_of_score(
    values: list[float], k: int, dial: float, random: object
) -> None:
    """K rows, each once, best first; the very best is always among them."""
    score = np.array(values, np.float32)
    groups = [random.choice("ABC") for _ in values]  # type: ignore[attr-defined]
    rows = spread_rows(score, groups, k, dial)
    assert len(rows) == len(set(rows.tolist())) == min(k, len(values))
    assert (np.diff(score[rows]) <= 0).all()
    assert score[rows[0]] == score.max()


def test_a_dial_trades_score_for_spread() -> None:
    """At 0 the highest; the further it is turned, the more the other group is let in."""
    score = np.array([0.9, 0.8, 0.7, 0.65, 0.3], np.float32)
    groups = ["SA", "SA", "SA", "RO", "RW"]
    assert spread_rows(score, groups, 3, 0).tolist() == [0, 1, 2]
    assert spread_rows(score, groups, 3, 0.2).tolist() == [0, 1, 3]
    assert spread_rows(score, groups, 3, 1).tolist() == [0, 1, 3]
    assert spread_rows(score, groups, 3, 1.0)[0] == 0


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 60), min_size=1))
def test_subtraction_tells_nothing_small(parts: dict[str, int]) -> None:
    """What is shown is ten at least, and so is what is left of the total, unless nothing is."""
    total = sum(parts.values())
    shown = shown_parts(total, parts)
    assert all(count >= LEAST and parts[name] == count for name, count in shown.items())
    rest = total - sum(shown.values())
    assert not shown or rest == 0 or rest >= LEAST


@pytest.mark.parametrize(
    ("total", "some", "shown"),
    [(30, 30, 30), (30, 20, 20), (30, 21, None), (30, 9, None), (9, 9, None)],
)
def test_a_share_is_shown_where_neither_it_nor_the_rest_is_small(
    total: int, some: int, shown: int | None
) -> None:
    """Both sides of it stand for ten people."""
    assert shown_share(total, some) == shown


def _trainings() -> Pool:
    """An assessment of trade x, a course in trade x, a course in trade y."""
    x, y = np.eye(4, dtype=np.float32)[:2]
    return Pool(
        ids=("assess-x", "course-x", "course-y"),
        whole=np.stack([x, x, y]),
        occupation=np.full(3, -1, np.int32),
        kind=np.ones(3, np.int8),
        lexical=np.zeros(3, np.float32),
        requirements=np.stack([x, x, y]),
        starts=np.arange(4, dtype=np.int64),
        countries=("BD", "BD", "BD"),
        assesses=np.array([True, False, False]),
    )


def test_who_has_done_a_trade_for_years_is_assessed_first() -> None:
    """A course in it falls a little; a beginner's answer and other trades stay."""
    score = np.array([0.8, 0.82, 0.81], np.float32)
    done = np.eye(4, dtype=np.float32)[:1]
    assert weighed(_trainings(), score, done, 6).tolist() == pytest.approx([0.8, 0.779, 0.81])
    assert weighed(_trainings(), score, done, 1) is score
    other = np.eye(4, dtype=np.float32)[3:]
    assert weighed(_trainings(), score, other, 6).tolist() == score.tolist()
