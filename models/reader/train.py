"""Trains the reader: python -m models.reader.train. Under a minute on two cores.

Logistic regression over the labelled phrases of data/lexicon and, as more work phrases, what
people say in data/training. Reports accuracy cross-validated; the gold set is never read.
"""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from service.settings import Settings, bundled
from service.skills.limits import denied
from service.skills.neutral import Neutraliser
from service.wiring import build_encoder

_HERE = Path(__file__).parent


def _records(name: str) -> list[dict[str, str]]:
    lines = bundled("data", "lexicon", name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _said() -> list[str]:
    """Return clauses of what people say in the training pairs: nearly all about work."""
    found = []
    for path in sorted(bundled("data", "training").glob("said_asks_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            clauses = re.split(r"[.;,]", json.loads(line)["said"])
            found.append(max(clauses, key=len).strip())
    return found


def main(
    *,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = _HERE / "reader.json",
) -> None:
    """Train, cross-validate, hold the rules for denials against their labels, write."""
    encoder = build_encoder(Settings())
    neutral = Neutraliser.read(bundled("data", "lexicon"))
    phrases = _records("phrases.jsonl")
    extra = _said()
    texts = [neutral.person(one["text"]) for one in phrases] + [neutral.person(x) for x in extra]
    label = np.array([one["label"] == "work" for one in phrases] + [True] * len(extra))
    # The extra phrases are many and easy: together they count as much as the labelled ones.
    weight = np.array([1.0] * len(phrases) + [len(phrases) / 4 / len(extra)] * len(extra))
    vectors = encoder.encode(texts)
    model = LogisticRegression(C=10.0, max_iter=2000, class_weight="balanced")
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    labelled = slice(0, len(phrases))
    guess = cross_val_predict(model, vectors[labelled], label[labelled], cv=folds)
    print(
        f"work or not, cross-validated on {len(phrases)}: {np.mean(guess == label[labelled]):.3f}"
    )
    for one, wrong in zip(phrases, guess != label[labelled], strict=True):
        if wrong:
            print("   wrong:", one["label"], one["text"])
    model.fit(vectors, label, sample_weight=weight)
    limits = _records("limits.jsonl")
    right = [denied(one["text"]) != bool(one["can"]) for one in limits]
    lost = [denied(one["text"]) for one in limits if one["can"]]
    print(
        f"denied or claimed, rules on {len(limits)}: {np.mean(right):.3f}, "
        f"claims taken for denials {np.mean(lost):.3f}"
    )
    content = {
        "encoder": asdict(encoder.model),
        "weights": [round(float(x), 5) for x in model.coef_[0]],
        "bias": float(model.intercept_[0]),
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(f"written to {out}")


if __name__ == "__main__":
    typer.run(main)
