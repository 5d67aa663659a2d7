"""The scorer: trees walked in numpy, a calibrated curve, tiers and ranks."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.domain.match import Tier
from service.matching.features import NAMES
from service.matching.score import Scorer, best_rows

# Two trees of depth two over features 0 and 1, worked out by hand.
SCORER = Scorer(
    features=np.array([[0, 1, 1], [1, 0, 0]]),
    thresholds=np.array([[0.5, 0.2, 0.8], [0.5, 0.5, 0.5]], dtype=np.float32),
    values=np.array([[1, 2, 3, 4], [10, 20, 30, 40]], dtype=np.float32),
    base=100.0,
    slope=0.1,
    intercept=-12.0,
    strong=0.7,
    good=0.4,
)


@pytest.mark.parametrize(
    ("row", "total"),
    [
        ([0.1, 0.1], 100 + 1 + 10),
        ([0.1, 0.3], 100 + 2 + 10),
        ([0.9, 0.6], 100 + 3 + 40),
        ([0.9, 0.9], 100 + 4 + 40),
        ([0.5, 0.2], 100 + 1 + 10),
    ],
)
def test_a_row_walks_each_tree_to_its_leaf(row: list[float], total: float) -> None:
    """Right where the feature is above the threshold, left where it is equal or below."""
    assert SCORER.raw(np.array([row], dtype=np.float32)).tolist() == [total]


def test_scores_are_chances() -> None:
    """The logistic curve of slope times sum plus intercept; no rows, no scores."""
    rows = np.array([[0.1, 0.1], [0.9, 0.9]], dtype=np.float32)
    expected = [1 / (1 + np.exp(-(0.1 * total - 12))) for total in (111, 144)]
    assert SCORER.score(rows).tolist() == pytest.approx(expected, rel=1e-5)
    assert SCORER.score(np.zeros((0, 2), dtype=np.float32)).tolist() == []


@given(hnp.arrays(np.float32, (7, 2), elements=st.floats(0, 1, width=32)))
def test_a_row_scores_the_same_in_any_company(rows: npt.NDArray[np.float32]) -> None:
    """No score depends on the other rows of a call."""
    together = SCORER.score(rows)
    alone = np.concatenate([SCORER.score(rows[at : at + 1]) for at in range(len(rows))])
    assert together.tolist() == alone.tolist()
    assert ((together >= 0) & (together <= 1)).all()


@pytest.mark.parametrize(
    ("score", "tier"),
    [
        (1.0, Tier.STRONG),
        (0.7, Tier.STRONG),
        (0.69, Tier.GOOD),
        (0.4, Tier.GOOD),
        (0.39, Tier.STRETCH),
    ],
)
def test_a_tier_begins_at_its_threshold(score: float, tier: Tier) -> None:
    """The threshold itself belongs to the better tier."""
    assert SCORER.tier(score) == tier


def test_the_best_rows_come_first_and_ties_stay_in_order() -> None:
    """Stable, and never more than there are."""
    scores = np.array([0.2, 0.9, 0.2, 0.5], dtype=np.float32)
    assert best_rows(scores, 3).tolist() == [1, 3, 0]
    assert best_rows(scores, 9).tolist() == [1, 3, 0, 2]
    assert best_rows(scores, 0).tolist() == []


def test_a_scorer_for_other_features_is_refused(tmp_path: Path) -> None:
    """A model is read only where its columns are those that are computed."""
    raw = {
        "names": list(NAMES),
        "features": SCORER.features.tolist(),
        "thresholds": SCORER.thresholds.tolist(),
        "values": SCORER.values.tolist(),
        **{
            name: getattr(SCORER, name) for name in ("base", "slope", "intercept", "strong", "good")
        },
    }
    path = tmp_path / "ranker.json"
    path.write_text(json.dumps(raw))
    read = Scorer.read(path)
    rows = np.array([[0.9, 0.6]], dtype=np.float32)
    assert read.score(rows).tolist() == SCORER.score(rows).tolist()
    assert replace(read, strong=0.0).tier(0.0) is Tier.STRONG
    path.write_text(json.dumps(raw | {"names": ["other"]}))
    with pytest.raises(ValueError, match="other features"):
        Scorer.read(path)
