"""How far two judges of the gold set agree: python -m models.gold_agreement.

Compares data/gold/relevance_*.csv with data/gold/second_relevance.csv for the people whom
both have judged. A pair nobody wrote down is grade 0, as the judges were told. Then the labels of
evidence_*.jsonl with those of second_evidence.csv, whose reader saw words and requirement alone.
"""

import argparse
import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from service.matching.metrics import ndcg_at, ranking

Grades = npt.NDArray[np.int64]

_WRITTEN_LATER = frozenset({"more_trainings.jsonl"})
_LEVELS = [0, 1, 2, 3]
_REFERRED = 2
_DEPTH = 10
_DRAWS = 500
_SEED = 20261122


@dataclass(frozen=True, slots=True)
class TwoJudges:
    """Grades 0..3 of the same pairs, one row per person, one column per listing."""

    first: Grades
    second: Grades

    @classmethod
    def read(cls, data: Path) -> "TwoJudges":
        """Read the judgements in `data`/gold over the listings that both judges had before them."""
        listings = [
            json.loads(line)["external_id"]
            for path in sorted((data / "listings").glob("*.jsonl"))
            if path.name not in _WRITTEN_LATER
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        column = {name: at for at, name in enumerate(listings)}
        second = _rows([data / "gold" / "second_relevance.csv"])
        people = {name: at for at, name in enumerate(dict.fromkeys(name for name, _, _ in second))}
        graded = _rows(sorted((data / "gold").glob("relevance_*.csv")))
        first = [row for row in graded if row[1] in column]
        return cls(_table(first, people, column), _table(second, people, column))

    def of(self, people: npt.NDArray[np.int64]) -> "TwoJudges":
        """Return the judgements of these rows, repeated ones repeated."""
        return TwoJudges(self.first[people], self.second[people])


def _rows(paths: list[Path]) -> list[tuple[str, str, int]]:
    found = []
    for path in paths:
        with path.open(encoding="utf-8", newline="") as file:
            found += [(x["person"], x["listing"], int(x["grade"])) for x in csv.DictReader(file)]
    return found


def _table(
    rows: list[tuple[str, str, int]], people: dict[str, int], column: dict[str, int]
) -> Grades:
    table = np.zeros((len(people), len(column)), dtype=np.int64)
    for person, listing, grade in rows:
        if person in people:
            table[people[person], column[listing]] = grade
    return table


def _cells(first: Grades, second: Grades) -> Grades:
    """Count how often each grade of the first met each of the second, shape (4, 4)."""
    size = len(_LEVELS)
    return np.bincount(size * first.ravel() + second.ravel(), minlength=size**2).reshape(size, size)


def _kappa(first: Grades, second: Grades) -> float:
    """Return Cohen's kappa with quadratic weights (Cohen 1968), by its confusion matrix."""
    cells = _cells(first, second)
    cost = np.subtract.outer(_LEVELS, _LEVELS) ** 2
    by_chance = np.outer(cells.sum(axis=1), cells.sum(axis=0)) / cells.sum()
    return float(1 - (cost * cells).sum() / (cost * by_chance).sum())


def kappa_of_all(both: TwoJudges) -> float:
    """Quadratic-weighted kappa over every pair, those both left out included."""
    return _kappa(both.first.ravel(), both.second.ravel())


def kappa_of_named(both: TwoJudges) -> float:
    """Quadratic-weighted kappa over the pairs that either judge gave a grade above 0."""
    named = (both.first > 0) | (both.second > 0)
    return _kappa(both.first[named], both.second[named])


def same_grade(both: TwoJudges) -> float:
    """Share of the pairs either judge named that both gave the same grade."""
    named = (both.first > 0) | (both.second > 0)
    return float((both.first == both.second)[named].mean())


def near_grade(both: TwoJudges) -> float:
    """Share of the pairs either judge named whose grades differ by one at most."""
    named = (both.first > 0) | (both.second > 0)
    return float((abs(both.first - both.second) <= 1)[named].mean())


def same_referred(both: TwoJudges) -> float:
    """Pairs both grade 2 or 3, as a share of the pairs either does (Jaccard)."""
    first, second = both.first >= _REFERRED, both.second >= _REFERRED
    return float((first & second).sum() / (first | second).sum())


def ndcg_of_second(both: TwoJudges) -> float:
    """nDCG@10 of the second judge's grades as a ranking, held to the first's."""
    return _ndcg(both.second, both.first)


def ndcg_of_first(both: TwoJudges) -> float:
    """nDCG@10 of the first judge's grades as a ranking, held to the second's."""
    return _ndcg(both.first, both.second)


def _ndcg(scores: Grades, truth: Grades) -> float:
    """Return the mean over people; equal scores share their gains, as in a random order."""
    found = []
    for line, grades in zip(scores, truth, strict=True):
        gains = 2.0**grades - 1
        if not gains.any():
            continue
        shared = np.zeros(len(gains))
        for level in _LEVELS:
            if (line == level).any():
                shared[line == level] = gains[line == level].mean()
        order = ranking(line.astype(np.float64))
        found.append(ndcg_at(shared[order], _DEPTH, gains))
    return float(np.mean(found))


def _interval(measure: Callable[[TwoJudges], float], both: TwoJudges) -> tuple[float, float]:
    """Return the 95% interval of `measure` over people drawn with replacement."""
    rng = np.random.default_rng(_SEED)
    size = len(both.first)
    drawn = [measure(both.of(rng.integers(0, size, size))) for _ in range(_DRAWS)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def report(both: TwoJudges) -> list[str]:
    """Return the lines of a Markdown table of every measure with its 95% interval."""
    lines = [
        _counted(both),
        "",
        "| measure | value | 95% interval over people |",
        "|---|---|---|",
    ]
    for name, measure in (
        ("quadratic-weighted kappa, all pairs", kappa_of_all),
        ("quadratic-weighted kappa, pairs above 0 for either", kappa_of_named),
        ("same grade, pairs above 0 for either", same_grade),
        ("same grade or one apart, pairs above 0 for either", near_grade),
        ("both grade 2 or 3, of the pairs either does", same_referred),
        ("nDCG@10 of the second judge held to the first", ndcg_of_second),
        ("nDCG@10 of the first judge held to the second", ndcg_of_first),
    ):
        low, high = _interval(measure, both)
        lines.append(f"| {name} | {measure(both):.3f} | {low:.3f} to {high:.3f} |")
    cells = _cells(both.first, both.second)
    lines += ["", "| first \\ second | 0 | 1 | 2 | 3 |", "|---|---|---|---|---|"]
    lines += [f"| {level} | {' | '.join(map(str, cells[level]))} |" for level in _LEVELS]
    return lines


def evidence_report(data: Path) -> list[str]:
    """Return a Markdown table of how the second reading of the evidence labels compares."""
    with (data / "gold" / "second_evidence.csv").open(encoding="utf-8", newline="") as file:
        second = {
            (row["person"], row["listing"], row["requirement"]): row["met"] == "1"
            for row in csv.DictReader(file)
        }
    first = [
        json.loads(line)
        for path in sorted((data / "gold").glob("evidence_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    a = np.array([one["met"] for one in first])
    b = np.array([second[one["person"], one["listing"], one["requirement"]] for one in first])
    same = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return [
        "| evidence, labels read twice | value |",
        "|---|---|",
        f"| labels | {len(a)} |",
        f"| the same label | {same:.3f} |",
        f"| Cohen's kappa | {(same - chance) / (1 - chance):.3f} |",
        f"| precision of the second reading, held to the first | {a[b].mean():.3f} |",
        f"| recall of the second reading, held to the first | {b[a].mean():.3f} |",
    ]


def _counted(both: TwoJudges) -> str:
    first, second = both.first > 0, both.second > 0
    return (
        f"{len(first)} people judged twice, {first.size} pairs, {int((first | second).sum())} of "
        f"them above 0 for either judge ({int(first.sum())} for the first, {int(second.sum())} "
        f"for the second, {int((first & second).sum())} for both)."
    )


def main() -> None:
    """Print the agreement of the two judges."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    default = Path(__file__).parent.parent / "data"
    parser.add_argument("--data", type=Path, default=default, help="the folder data/")
    data = parser.parse_args().data
    print("\n".join([*report(TwoJudges.read(data)), "", *evidence_report(data)]))


if __name__ == "__main__":
    main()
