"""Trains the ranker: python -m models.ranker.train [--check]. About two minutes on two cores.

Gradient-boosted regression trees (scikit-learn) over the features of service.matching, fitted
to the graded judgements of the gold dev split; cross-validated by person; then a logistic
curve, fitted on the cross-validated sums, so that the score is the chance of a referral.
The test split is never read here.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from service.domain.eligibility import Eligibility
from service.domain.pool import Ask, PoolQuery
from service.matching.features import NAMES
from service.matching.metrics import ndcg_at, ranking
from service.ports import Tools
from service.settings import Settings, bundled
from service.usecases.evaluate import REFERRED_FROM, Board, board_of, grades_of
from service.usecases.find_matches import scored
from service.usecases.gold import GoldPerson, read_gold
from service.usecases.load_sample import load_sample_listings
from service.usecases.manage_keys import FIRST_ORGANISATION, ensure_first_key
from service.usecases.understand import understand
from service.wiring import open_tools

_HERE = Path(__file__).parent
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every number that changes the result."""

    seed: int = 0
    trees: int = 160
    depth: int = 3
    learning_rate: float = 0.06
    least_leaf: int = 30
    rows: float = 0.7
    columns: float = 0.6
    folds: int = 5
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One row for every dev person and listing. features: (n, f); grade, person: (n,)."""

    features: Floats
    grade: Floats
    person: npt.NDArray[np.int64]

    @property
    def gain(self) -> Floats:
        """What nDCG counts: 2 to the grade, minus 1."""
        return 2.0**self.grade - 1


def table_of(tools: Tools, people: Sequence[GoldPerson], board: Board) -> Table:
    """Compute the features of every pair, exactly as the service does."""
    ask = Ask(Eligibility(), size=10 * len(board.listings))
    order = {one.id: at for at, one in enumerate(board.listings)}
    features, grades, owner = [], [], []
    for number, person in enumerate(people):
        read = understand(tools, person.profile)
        pool = tools.index.pools(PoolQuery(read.vectors, read.work_text, (ask,)))[0]
        _, _, found = scored(tools, pool, read)
        line = np.zeros((len(order), len(NAMES)))
        for at, listing_id in enumerate(pool.ids):
            if listing_id in order:
                line[order[listing_id]] = found[at]
        features.append(line)
        grades.append(grades_of(person, board))
        owner.append(np.full(len(order), number))
    return Table(np.concatenate(features), np.concatenate(grades), np.concatenate(owner))


def fit(table: Table, rows: npt.NDArray[np.intp], recipe: Recipe) -> GradientBoostingRegressor:
    """Fit the trees on some rows of the table."""
    model = GradientBoostingRegressor(
        n_estimators=recipe.trees,
        max_depth=recipe.depth,
        learning_rate=recipe.learning_rate,
        min_samples_leaf=recipe.least_leaf,
        subsample=recipe.rows,
        max_features=recipe.columns,
        random_state=recipe.seed,
    )
    features = table.features[rows].copy()
    features[:, [NAMES.index(name) for name in recipe.dropped]] = 0
    return model.fit(features, table.gain[rows])


def cross_validated(table: Table, recipe: Recipe) -> Floats:
    """Return each row's sum from trees that never saw its person."""
    found = np.zeros(len(table.grade))
    folds = GroupKFold(recipe.folds, shuffle=True, random_state=recipe.seed)
    for learn, hold in folds.split(table.features, groups=table.person):
        held = table.features[hold].copy()
        held[:, [NAMES.index(name) for name in recipe.dropped]] = 0
        found[hold] = fit(table, learn, recipe).predict(held)
    return found


def mean_ndcg(table: Table, scores: Floats) -> float:
    """Return the mean nDCG@10 over people with any relevant listing."""
    values = []
    for person in np.unique(table.person):
        mine = table.person == person
        gains = table.gain[mine]
        if gains.any():
            values.append(ndcg_at(gains[ranking(scores[mine])], 10))
    return float(np.mean(values))


@dataclass(frozen=True, slots=True)
class LaidOut:
    """One tree as arrays, level by level; filled by `place`."""

    feature: list[int]
    threshold: list[float]
    value: list[float]

    def place(self, tree: Any, node: int, at: int, rate: float) -> None:  # noqa: ANN401
        """Put scikit-learn's `node` at position `at`; a leaf that comes early fills below."""
        early = tree.children_left[node] < 0
        inner = len(self.feature)
        if at >= inner:
            self.value[at - inner] = round(float(tree.value[node, 0, 0]) * rate, 7)
            return
        if not early:
            self.feature[at] = int(tree.feature[node])
            self.threshold[at] = float(np.float32(tree.threshold[node]))
        self.place(tree, node if early else tree.children_left[node], 2 * at + 1, rate)
        self.place(tree, node if early else tree.children_right[node], 2 * at + 2, rate)


def laid_out(model: GradientBoostingRegressor, depth: int) -> dict[str, Any]:
    """Return the trees as the arrays that `service.matching.score.Scorer` reads."""
    inner, leaves = 2**depth - 1, 2**depth
    found = []
    for (one,) in model.estimators_:
        tree = LaidOut([0] * inner, [0.0] * inner, [0.0] * leaves)
        tree.place(one.tree_, 0, 0, model.learning_rate)
        found.append(tree)
    return {
        "features": [tree.feature for tree in found],
        "thresholds": [tree.threshold for tree in found],
        "values": [tree.value for tree in found],
    }


def open_board(folder: Path) -> AbstractContextManager[Tools]:
    """Open tools over the sample listings in a folder of their own."""
    settings = Settings(data_dir=folder / "data", key_file=folder / "keys.json", rate_limit=0)
    return open_tools(settings)


def fill(tools: Tools) -> Board:
    """Load the sample listings."""
    ensure_first_key(tools, "train")
    load_sample_listings(tools, bundled("data"), FIRST_ORGANISATION)
    return board_of(tools)


def main(
    *,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = _HERE / "ranker.json",
    strong: Annotated[float, typer.Option(help="Chance from which a match is strong.")] = 0.6,
    good: Annotated[float, typer.Option(help="Chance from which a match is good.")] = 0.3,
    met: Annotated[float, typer.Option(help="Cosine from which a requirement is met.")] = 0.5,
    ablate: Annotated[bool, typer.Option(help="Show what each feature is worth.")] = False,
) -> None:
    """Train, cross-validate, write ranker.json."""
    recipe = Recipe()
    people = read_gold(bundled("data", "gold"), "dev")
    with TemporaryDirectory() as folder, open_board(Path(folder)) as tools:
        table = table_of(tools, people, fill(tools))
        identity = asdict(tools.encoder.model)
    sums = cross_validated(table, recipe)
    found = mean_ndcg(table, sums)
    print(f"dev nDCG@10, cross-validated by person: {found:.4f}")
    for column, name in enumerate(NAMES):
        line = f"  {name} alone {mean_ndcg(table, table.features[:, column]):.4f}"
        if ablate:
            without = Recipe(dropped=(name,))
            line += f", without it {mean_ndcg(table, cross_validated(table, without)):.4f}"
        print(line)
    refer = table.grade >= REFERRED_FROM
    curve = LogisticRegression(C=1e6).fit(sums[:, None], refer)
    model = fit(table, np.arange(len(table.grade)), recipe)
    content = {
        "names": list(NAMES),
        "encoder": identity,
        "recipe": asdict(recipe),
        "dev_ndcg10": round(found, 4),
        "base": float(model.init_.constant_.item()),
        "slope": float(curve.coef_.item()),
        "intercept": float(curve.intercept_.item()),
        "strong": strong,
        "good": good,
        "met": met,
        **laid_out(model, recipe.depth),
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(f"written to {out}")


if __name__ == "__main__":
    typer.run(main)
