"""Trains the reader: python -m models.reader.train. Some minutes on two cores.

Logistic regression over a phrase's vector beside its sentence's, fitted to the labelled phrases
and sentences of data/lexicon, the people of the training boards (whose writers marked what is
not about work) and, as more work phrases, what people say in data/training. Reports, cross-
validated by sentence, what is lost and what is kept; the gold set is never read.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from models.boards import LabelledClause, labelled_clauses, read_boards
from service.domain.text import visible
from service.ports import Encoder
from service.settings import Settings, bundled
from service.skills.limits import denied
from service.skills.neutral import Neutraliser
from service.skills.segment import Clause
from service.skills.spelling import Speller
from service.wiring import build_encoder

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled phrases: where each comes from and what it counts for."""

    clauses: list[LabelledClause]
    source: npt.NDArray[np.str_]
    weight: npt.NDArray[np.float64]


def said() -> list[LabelledClause]:
    """Return clauses of what people say in the training pairs, and titles: nearly all work.

    Half of the titles as people give them ("I am a mason"), which otherwise only the
    introductions ("I am Shirin") would look like.
    """
    found = []
    for path in sorted(bundled("data", "training").glob("said_asks_*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            raw = json.loads(line)
            clause = max(re.split(r"[.;,]", raw["said"]), key=len).strip()
            title = raw["title"] if number % 2 else f"I am a {raw['title'].lower()}"
            found += [LabelledClause(Clause(one, one), work=True) for one in (clause, title)]
    return found


def read_examples() -> Examples:
    """Gather everything labelled."""
    boards = read_boards(bundled("data", "training"))
    parts = {
        "lexicon": labelled_clauses(bundled("data", "lexicon")),
        "people": [one for board in boards for person in board.people for one in person.clauses],
        "said": said(),
    }
    # Most of what people say is plainly about work and is told apart easily.
    counts_for = {"lexicon": 1.0, "people": 1.0, "said": 0.3}
    return Examples(
        clauses=[one for some in parts.values() for one in some],
        source=np.array([name for name, some in parts.items() for _ in some]),
        weight=np.array([counts_for[name] for name, some in parts.items() for _ in some]),
    )


def vectors_of(encoder: Encoder, examples: Examples) -> npt.NDArray[np.float32]:
    """Return each phrase's vector beside its sentence's, (n, 2d)."""
    folder = bundled("data", "lexicon")
    neutral, speller = Neutraliser.read(folder), Speller.read(folder)

    def clean(text: str) -> str:
        return speller.words(neutral.person(visible(text)))

    phrases = [clean(one.clause.phrase) for one in examples.clauses]
    sentences = [clean(one.clause.sentence) for one in examples.clauses]
    texts = sorted({*phrases, *sentences})
    at = {text: row for row, text in enumerate(texts)}
    vectors = encoder.encode(texts)
    return np.hstack(
        [vectors[[at[one] for one in phrases]], vectors[[at[one] for one in sentences]]]
    )


def main(
    *,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = _HERE / "reader.json",
    strength: Annotated[float, typer.Option(help="Inverse of the regularisation.")] = 10.0,
) -> None:
    """Train, cross-validate, hold the rules for denials against their labels, write."""
    encoder = build_encoder(Settings())
    examples = read_examples()
    vectors = vectors_of(encoder, examples)
    work = np.array([one.work for one in examples.clauses])
    model = LogisticRegression(C=strength, solver="newton-cholesky", max_iter=100)
    chance = cross_val_predict(
        model,
        vectors,
        work,
        groups=[one.clause.sentence for one in examples.clauses],
        cv=GroupKFold(5, shuffle=True, random_state=0),
        params={"sample_weight": examples.weight},
        method="predict_proba",
    )[:, 1]
    for name in ("lexicon", "people"):
        here = examples.source == name
        yes, no = chance[here & work], chance[here & ~work]
        print(f"{name}: {len(yes)} phrases about work, {len(no)} not")
        for bar in (0.1, 0.2, 0.3, 0.4, 0.5, 0.65):
            print(
                f"   bar {bar}: {np.mean(yes < bar):.3f} of the work lost, "
                f"{np.mean(no >= bar):.3f} of the rest kept"
            )
    model.fit(vectors, work, sample_weight=examples.weight)
    lines = bundled("data", "lexicon", "limits.jsonl").read_text(encoding="utf-8").splitlines()
    limits = [json.loads(line) for line in lines]
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
