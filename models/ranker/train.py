"""Trains the ranker: python -m models.ranker.train [--ablate]. A few minutes on two cores.

Gradient-boosted regression trees (scikit-learn) over the features of service.matching, fitted
to the graded judgements of the training boards and of the gold dev split; dev is
cross-validated by person. Then a logistic curve, fitted on the cross-validated sums, so that
the score is the chance of a referral. The test split is never read here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tqdm import tqdm

from models.boards import TrainingBoard
from models.training_tools import OpenBoards, board_tools, sample_tools
from service.domain.eligibility import Eligibility
from service.domain.person import Profile, Route
from service.domain.pool import Ask, PoolQuery
from service.matching.features import NAMES
from service.matching.metrics import ndcg_at, ranking, recall_at
from service.ports import Tools
from service.settings import bundled
from service.usecases.evaluate import (
    REFERRED_FROM,
    Board,
    binned,
    board_of,
    grades_of,
    route_of,
)
from service.usecases.gold import GoldPerson, read_gold
from service.usecases.score_pools import measured_by, scored
from service.usecases.understand import understand

_HERE = Path(__file__).parent
_ROUTES = tuple(Route)
_SHOWN = 10
_ALL = 10_000
"""A pool that leaves no listing out."""
_SHORT = 8
"""Words from which a person says more than a few."""
_TOGETHER = ((2, 0, 60), (3, 0, 15), (0, 2, 60), (1, 1, 30))
"""Of people who say a few words, and of the others, so many together; and how often on a board."""
_JOINS = (", ", ". ", " and ", ". Also ")
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
    boards: float = 0.15
    """Weight of a boards' row beside a dev row's."""
    several: float = 0.05
    """Weight of a row of several people's words together."""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One row for every person and listing.

    features: (n, f). grade, person: (n,). route: (n,) the route the listing is on for the
    person, as a number; the listings of boards are nowhere and all on one.
    """

    features: Floats
    grade: Floats
    person: npt.NDArray[np.int64]
    route: npt.NDArray[np.int64]

    @property
    def gain(self) -> Floats:
        """What nDCG counts: 2 to the grade, minus 1."""
        return 2.0**self.grade - 1


def sample_table(tools: Tools, people: Sequence[GoldPerson], board: Board) -> Table:
    """Compute the features of every person with every sample listing, as the service does."""
    order = {one.id: at for at, one in enumerate(board.listings)}
    features, grades, owner, routes = [], [], [], []
    for number, person in enumerate(tqdm(people, "gold dev")):
        home = person.profile.home_country or ""
        routes.append([_ROUTES.index(route_of(one, home)) for one in board.listings])
        features.append(features_of(tools, person.profile, order))
        grades.append(grades_of(person, board))
        owner.append(np.full(len(order), number))
    return Table(
        np.concatenate(features),
        np.concatenate(grades),
        np.concatenate(owner),
        np.concatenate(routes),
    )


def several_trades(board: TrainingBoard, draw: np.random.Generator) -> TrainingBoard:
    """Return a board of people who are several of its people in one.

    What suits one of them suits who has had both trades. Almost all people of the boards have had
    one, and trees that saw only them gave "mason, driver" a tenth of what either word alone is
    given.
    """
    referred = [one for one in board.people if max(one.grades.values(), default=0) >= REFERRED_FROM]
    short = [one for one in referred if len(one.text.split()) < _SHORT]
    long = [one for one in referred if len(one.text.split()) >= _SHORT]
    found = []
    for of_short, of_long, times in _TOGETHER:
        for _ in range(times):
            chosen = [
                *(short[at] for at in draw.choice(len(short), of_short, replace=False)),
                *(long[at] for at in draw.choice(len(long), of_long, replace=False)),
            ]
            text, grades = chosen[0].text, dict(chosen[0].grades)
            for one in chosen[1:]:
                text = text.rstrip(". ") + str(draw.choice(_JOINS)) + one.text
                for name, grade in one.grades.items():
                    grades[name] = max(grade, grades.get(name, 0))
            found.append(replace(chosen[0], text=text, grades=grades))
    return replace(board, people=tuple(found))


def boards_table(tools: Tools, opened: OpenBoards) -> Table:
    """Compute the features of every board's people with its own listings."""
    features, grades, owner = [], [], []
    people = [(board, person) for board in opened.boards for person in board.people]
    for number, (board, person) in enumerate(tqdm(people, "boards")):
        order = {opened.stored[name].id: at for at, name in enumerate(board.listings)}
        line = features_of(tools, Profile(text=person.text), order)
        features.append(line)
        grades.append(np.array([float(person.grades.get(name, 0)) for name in board.listings]))
        owner.append(np.full(len(order), number))
    owners = np.concatenate(owner)
    return Table(np.concatenate(features), np.concatenate(grades), owners, np.zeros_like(owners))


def features_of(tools: Tools, profile: Profile, order: Mapping[str, int]) -> Floats:
    """Return a row for each listing id of `order`; zeros where nothing is said about work."""
    rows = np.zeros((len(order), len(NAMES)))
    read = understand(tools, profile)
    if len(read.vectors) > 1:
        ask = Ask(Eligibility(), size=_ALL)
        pool = tools.index.pools(PoolQuery(read.vectors, read.work_text, (ask,)))[0]
        _, found = scored(tools, pool, measured_by(tools, read))
        for at, listing_id in enumerate(pool.ids):
            if listing_id in order:
                rows[order[listing_id]] = found[at]
    return rows


def fit(
    table: Table, rows: npt.NDArray[np.intp], boards: Sequence[Table], recipe: Recipe
) -> GradientBoostingRegressor:
    """Fit the trees on some rows of dev and on all of the boards, as they are and together."""
    model = GradientBoostingRegressor(
        n_estimators=recipe.trees,
        max_depth=recipe.depth,
        learning_rate=recipe.learning_rate,
        min_samples_leaf=recipe.least_leaf,
        subsample=recipe.rows,
        max_features=recipe.columns,
        random_state=recipe.seed,
    )
    features = np.vstack([table.features[rows], *(one.features for one in boards)])
    features[:, [NAMES.index(name) for name in recipe.dropped]] = 0
    weights = zip(boards, (recipe.boards, recipe.several), strict=True)
    weight = [np.ones(len(rows)), *(np.full(len(one.grade), each) for one, each in weights)]
    gain = np.concatenate([table.gain[rows], *(one.gain for one in boards)])
    return model.fit(features, gain, np.concatenate(weight))


def cross_validated(table: Table, boards: Sequence[Table], recipe: Recipe) -> Floats:
    """Return each row's sum from trees that never saw its person."""
    found = np.zeros(len(table.grade))
    folds = GroupKFold(recipe.folds, shuffle=True, random_state=recipe.seed)
    for learn, hold in folds.split(table.features, groups=table.person):
        held = table.features[hold].copy()
        held[:, [NAMES.index(name) for name in recipe.dropped]] = 0
        found[hold] = fit(table, learn, boards, recipe).predict(held)
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


def mean_recall(table: Table, scores: Floats) -> float:
    """Return the mean recall@50 over people an officer would refer somewhere."""
    values = []
    for person in np.unique(table.person):
        mine = table.person == person
        hits = table.grade[mine] >= REFERRED_FROM
        if hits.any():
            values.append(recall_at(hits[ranking(scores[mine])], 50))
    return float(np.mean(values))


def shown(table: Table, scores: Floats) -> npt.NDArray[np.bool_]:
    """Return which rows an officer would see: the first ten of each route, (n,)."""
    found = np.zeros(len(scores), dtype=bool)
    for person in np.unique(table.person):
        for route in range(len(_ROUTES)):
            rows = np.flatnonzero((table.person == person) & (table.route == route))
            found[rows[ranking(scores[rows])[:_SHOWN]]] = True
    return found


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


def main(
    *,
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = _HERE / "ranker.json",
    strong: Annotated[float, typer.Option(help="Chance from which a match is strong.")] = 0.6,
    good: Annotated[float, typer.Option(help="Chance from which a match is good.")] = 0.3,
    ablate: Annotated[bool, typer.Option(help="Show what each feature is worth.")] = False,
) -> None:
    """Train, cross-validate, write ranker.json."""
    recipe = Recipe()
    people = read_gold(bundled("data", "gold"), "dev")
    with sample_tools() as tools:
        table = sample_table(tools, people, board_of(tools))
        identity = asdict(tools.encoder.model)
    with board_tools() as (tools, opened):
        draw = np.random.default_rng(recipe.seed)
        several = tuple(several_trades(board, draw) for board in opened.boards)
        boards = (
            boards_table(tools, opened),
            boards_table(tools, replace(opened, boards=several)),
        )
    sums = cross_validated(table, boards, recipe)
    found = mean_ndcg(table, sums)
    print(f"dev nDCG@10, cross-validated by person: {found:.4f}")
    print(f"dev recall@50: {mean_recall(table, sums):.4f}")
    for column, name in enumerate(NAMES):
        line = f"  {name} alone {mean_ndcg(table, table.features[:, column]):.4f}"
        if ablate:
            without = Recipe(dropped=(name,))
            line += f", without it {mean_ndcg(table, cross_validated(table, boards, without)):.4f}"
        print(line)
    # A score is read off the list that is shown, so that is where it has to be right.
    seen = shown(table, sums)
    refer = table.grade[seen] >= REFERRED_FROM
    curve = LogisticRegression(C=1e6).fit(sums[seen][:, None], refer)
    chance = curve.predict_proba(sums[seen][:, None])[:, 1]
    print(f"dev calibration error, on what is shown: {binned(chance, refer).error:.3f}")
    model = fit(table, np.arange(len(table.grade)), boards, recipe)
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
        **laid_out(model, recipe.depth),
    }
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")
    print(f"written to {out}")


if __name__ == "__main__":
    typer.run(main)
