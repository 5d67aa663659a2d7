"""Trains the evidence model: python -m models.evidence.train. A few minutes on two cores.

Logistic regression over the features of service.matching.evidence, fitted to the labels of the
training boards and of the gold dev split; reported on dev, cross-validated by person. The bar
is the lowest chance at which nine of ten requirements said to be met are. Gold test is not read.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from models.training_tools import OpenBoards, board_tools, sample_tools
from service.domain.person import Profile
from service.matching.evidence import NAMES, Asked, evidence_features
from service.ports import Tools
from service.settings import bundled
from service.skills.requirements import requirement_texts
from service.usecases.evaluate import board_of
from service.usecases.explain_answer import heard_of
from service.usecases.gold import read_evidence, read_gold
from service.usecases.measure_reading import evidence_rows
from service.usecases.understand import understand

_HERE = Path(__file__).parent
_SCALAR, _COMMON = 2.0, 20.0
"""What features are multiplied by before fitting, so that one regularisation serves both."""

Floats = npt.NDArray[np.float64]


def board_rows(tools: Tools, opened: OpenBoards) -> tuple[Floats, Floats]:
    """Return features (n, f) and labels (n,) of every labelled requirement of the boards."""
    features, labels = [], []
    people = [(board, person) for board in opened.boards for person in board.people]
    for board, person in tqdm(people, "people"):
        read = understand(tools, Profile(text=person.text))
        if len(read.vectors) <= 1:
            continue
        heard = heard_of(read)
        for name, met in person.evidence.items():
            clean = tuple(
                tools.neutral.words(one) for one in requirement_texts(board.listings[name])
            )
            vectors = tools.listing_encoder.encode(clean)
            features.append(evidence_features(heard, [Asked(vectors, clean)]))
            labels.append(np.array(met, dtype=np.float64))
    return np.concatenate(features).astype(np.float64), np.concatenate(labels)


def dev_rows(tools: Tools) -> tuple[Floats, Floats, list[str]]:
    """Return features, labels and people's ids of the gold dev split's labels."""
    folder = bundled("data", "gold")
    people = read_gold(folder, "dev")
    labels = read_evidence(folder, {one.id for one in people})
    rows = evidence_rows(tools, people, labels, board_of(tools))
    kept = [(row, met, person) for row, met, person in rows if row is not None]
    return (
        np.stack([row for row, _, _ in kept]).astype(np.float64),
        np.array([float(met) for _, met, _ in kept]),
        [person for _, _, person in kept],
    )


def scaled(features: Floats) -> Floats:
    """Return features as they are fitted."""
    n = len(NAMES)
    return np.hstack([features[:, :n] * _SCALAR, features[:, n:] * _COMMON])


def curve(chance: Floats, met: Floats) -> tuple[Floats, Floats, Floats]:
    """Return precision and recall when everything from each chance on counts, and the chances."""
    order = np.argsort(-chance, kind="stable")
    hits = np.cumsum(met[order])
    return hits / np.arange(1, len(order) + 1), hits / met.sum(), chance[order]


def expected_precision(chance: Floats, met: Floats) -> Floats:
    """Return the precision that a logistic curve through the labels expects from each chance on.

    Counted, it jumps by hundredths with every label, and the bar with it by a tenth of the recall.
    """
    line = np.log(chance / (1 - chance))[:, None]
    expected = LogisticRegression(C=1e6).fit(line, met).predict_proba(line)[:, 1]
    found: Floats = np.cumsum(-np.sort(-expected)) / np.arange(1, len(expected) + 1)
    return found


def main(
    *,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = _HERE / "evidence.json",
    strength: Annotated[float, typer.Option(help="Inverse of the regularisation.")] = 0.05,
    dev_counts: Annotated[float, typer.Option(help="Weight of a dev label.")] = 2.0,
    wanted: Annotated[float, typer.Option(help="Precision that sets the bar.")] = 0.9,
) -> None:
    """Train, cross-validate, set the bar, write evidence.json."""
    with board_tools() as (tools, opened):
        boards, board_met = board_rows(tools, opened)
        identity = asdict(tools.encoder.model)
    with sample_tools() as tools:
        dev, dev_met, people = dev_rows(tools)
    print(f"{len(boards)} labels of boards, {len(dev)} of gold dev")

    def fitted(rows: npt.NDArray[np.intp]) -> LogisticRegression:
        features = scaled(np.vstack([boards, dev[rows]]))
        met = np.concatenate([board_met, dev_met[rows]])
        weight = np.r_[np.ones(len(boards)), np.full(len(rows), dev_counts)]
        model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=100)
        return model.fit(features, met, weight)

    chance = np.zeros(len(dev))
    for learn, hold in GroupKFold(5, shuffle=True, random_state=0).split(dev, groups=people):
        chance[hold] = fitted(learn).predict_proba(scaled(dev[hold]))[:, 1]
    print(f"area under the curve: cosine {roc_auc_score(dev_met, dev[:, 0]):.3f}", end=", ")
    print(f"model {roc_auc_score(dev_met, chance):.3f}")
    precision, recall, chances = curve(chance, dev_met)
    for level in (0.95, 0.9, 0.85, 0.8):
        reached = np.flatnonzero(precision >= level)
        print(f"   precision {level}: recall {recall[reached[-1]]:.2f}" if len(reached) else "")
    print(f"   recall 0.8: precision {precision[recall >= 0.8].max():.2f}")  # noqa: PLR2004
    reached = np.flatnonzero(expected_precision(chance, dev_met) >= wanted)
    if not len(reached):
        raise typer.BadParameter(f"no bar reaches a precision of {wanted}", param_hint="--wanted")
    at = reached[-1]
    met_from = float(chances[at])
    print(f"at the bar: precision {precision[at]:.2f}, recall {recall[at]:.2f}")
    model = fitted(np.arange(len(dev)))
    n = len(NAMES)
    weights = np.concatenate([model.coef_[0, :n] * _SCALAR, model.coef_[0, n:] * _COMMON])
    content = {
        "names": list(NAMES),
        "encoder": identity,
        "met": round(met_from, 3),
        "bias": float(model.intercept_[0]),
        "weights": [round(float(one), 5) for one in weights],
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(f"met from a chance of {met_from:.3f}; written to {out}")


if __name__ == "__main__":
    typer.run(main)
