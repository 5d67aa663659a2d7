"""Evidence: features of a requirement against phrases, and the model over them."""

import json
from pathlib import Path

import numpy as np
import pytest

from service.matching.evidence import (
    NAMES,
    Asked,
    EvidenceScorer,
    Held,
    PersonWords,
    evidence_features,
)

EYE = np.eye(4, dtype=np.float32)
HEARD = PersonWords.of(EYE[0], EYE[:2], ["drive forklift", "laying bricks daily"])
ASKED = Asked(EYE[[3, 1, 2]], ("Mason", "lay bricks in line", "service forklifts"))

OTHER = Asked(EYE[[0, 3]], ("Driver", "drive a forklift"))


def column(name: str) -> int:
    """Return the number of a feature."""
    return NAMES.index(name)


def test_every_requirement_but_the_title_has_a_row() -> None:
    """Scalars first, then what requirement and nearest phrase share in each dimension."""
    rows = evidence_features(HEARD, [ASKED])
    assert rows.shape == (2, len(NAMES) + 4)
    assert rows[:, column("best")].tolist() == [1, 0]
    assert rows[0, len(NAMES) :].tolist() == [0, 1, 0, 0]


def test_endings_do_not_hide_a_shared_word() -> None:
    """Words are compared by their first letters: bricks and brickwork, forklift and forklifts."""
    rows = evidence_features(HEARD, [ASKED])
    assert rows[0, column("words")] == pytest.approx(1 / 3)
    assert rows[1, column("words_any")] == pytest.approx(1 / 2)


def test_one_phrase_is_enough() -> None:
    """Someone who said one thing has no second-nearest phrase."""
    rows = evidence_features(PersonWords.of(EYE[0], EYE[:1], ["drive forklift"]), [ASKED])
    assert rows[:, column("second")].tolist() == [0, 0]


def test_a_listing_without_requirements_has_no_rows() -> None:
    """Only a title: nothing to be met, and nothing breaks."""
    alone = Asked(EYE[:1], ("Mason",))
    assert evidence_features(HEARD, [alone]).shape == (0, len(NAMES) + 4)
    scorer = EvidenceScorer(np.zeros(len(NAMES) + 4, dtype=np.float32), bias=0.0, met=0.5)
    assert scorer.answered(HEARD, [alone])[0].chance.tolist() == []


def test_a_requirement_is_judged_alike_in_any_company() -> None:
    """No chance depends on the listing's other requirements, nor on other listings."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=len(NAMES) + 4).astype(np.float32)
    scorer = EvidenceScorer(weights, bias=0.1, met=0.5)
    row = scorer.answered(HEARD, [ASKED])[0].nearest.tolist()
    together = scorer.answered(HEARD, [ASKED])[0].chance
    for at in (1, 2):
        alone = Asked(ASKED.requirements[[0, at]], (ASKED.texts[0], ASKED.texts[at]))
        both = scorer.answered(HEARD, [OTHER, alone, OTHER])
        assert both[1].chance[0] == pytest.approx(together[at - 1], abs=1e-6)
        assert both[1].nearest.tolist() == [row[0], row[at]]


def test_few_texts_and_many_are_compared_alike() -> None:
    """A few one by one, many at once: the counts are the same."""
    held = Held([frozenset("abc"), frozenset("cd"), frozenset()])
    asked = [frozenset("ac"), frozenset("xyz"), frozenset(), frozenset("abcd")]
    counts = [[2, 0, 0, 3], [1, 0, 0, 2], [0, 0, 0, 0]]
    assert held.shared(asked).tolist() == counts
    assert held.shared(asked * 100)[:, :4].tolist() == counts
    assert held.shared([]).shape == (3, 0)


def test_a_model_for_other_features_is_refused(tmp_path: Path) -> None:
    """It would give chances that mean nothing."""
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps({"names": ["best"], "weights": [1.0], "bias": 0.0, "met": 0.5}))
    with pytest.raises(ValueError, match="other features"):
        EvidenceScorer.read(path)
