"""Vectors as bytes, searched one by one: who is not asked for changes nothing."""

import numpy as np
import pytest

from service.adapters.vectors.scan import Scan, principal_axes

DIMENSIONS = 64
EVERY_AXIS = np.eye(DIMENSIONS, dtype=np.float32)


def _unit(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((n, DIMENSIONS)).astype(np.float32)
    made *= 0.2 / np.abs(made).max(axis=1, keepdims=True)  # as of real vectors: none near 0.28
    return made


def test_cosines_are_right_to_a_hundredth() -> None:
    """And the nearest stand first, as many as each query wants."""
    vectors, queries = _unit(500, 1), _unit(2, 2)
    some = np.arange(500) % 3 > 0
    for (cosines, rows), query, wanted in zip(
        Scan.of(vectors, EVERY_AXIS).search(queries, [20, 5], some), queries, (20, 5), strict=True
    ):
        assert len(rows) == len(cosines) == wanted
        assert some[rows].all()
        assert cosines == pytest.approx(vectors[rows] @ query, abs=0.01)
        assert list(cosines) == sorted(cosines, reverse=True)
        best = np.sort(vectors[some] @ query)[::-1][:wanted]
        assert cosines == pytest.approx(best, abs=0.01)


def test_strangers_change_nothing() -> None:
    """The same rows with the same cosines, whoever else is there without being asked for."""
    vectors, queries = _unit(300, 3), _unit(3, 4)
    alone = Scan.of(vectors[:100], EVERY_AXIS).search(
        queries, [10, 10, 10], np.ones(100, dtype=np.bool_)
    )
    eligible = np.arange(300) < 100
    among = Scan.of(vectors, EVERY_AXIS).search(queries, [10, 10, 10], eligible)
    for (cosines, rows), (others, same) in zip(alone, among, strict=True):
        assert rows.tolist() == same.tolist()
        assert cosines.tolist() == others.tolist()


def test_joined_are_the_kept_of_both() -> None:
    """In their order, and searched as if they had been taken together."""
    vectors = _unit(60, 5)
    first, second = Scan.of(vectors[:40], EVERY_AXIS), Scan.of(vectors[40:], EVERY_AXIS)
    kept, also = np.arange(40) % 2 == 0, np.arange(20) > 4
    joined = first.joined(kept, second, also)
    together = Scan.of(np.concatenate([vectors[:40][kept], vectors[40:][also]]), EVERY_AXIS)
    assert len(joined) == len(together) == kept.sum() + also.sum()
    assert (joined.codes == together.codes).all()
    every = np.ones(len(joined), dtype=np.bool_)
    (cosines, rows), (others, same) = (
        one.search(vectors[:1], [7], every)[0] for one in (joined, together)
    )
    assert rows.tolist() == same.tolist()
    assert cosines.tolist() == others.tolist()


def test_the_nearest_are_found_along_the_axes_on_which_vectors_differ() -> None:
    """Where most of what tells them apart lies on a few axes, nearly none of the best is missed."""
    rng = np.random.default_rng(8)
    few, spread = rng.standard_normal((12, DIMENSIONS)), rng.standard_normal((4000, 12))
    noise = 0.1 * rng.standard_normal((4000, DIMENSIONS))
    vectors = (spread @ few + noise).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) * 2  # see _unit
    axes = principal_axes(vectors[:200])[:, :16]
    assert axes.T @ axes == pytest.approx(np.eye(16), abs=1e-5)
    every = np.ones(len(vectors), dtype=np.bool_)
    queries = vectors[:20]
    found = Scan.of(vectors, np.ascontiguousarray(axes)).search(queries, [30] * 20, every)
    best = np.argsort(-(queries @ vectors.T), axis=1)[:, :30]
    hit = [len(set(rows) & set(line)) for (_, rows), line in zip(found, best, strict=True)]
    assert np.mean(hit) / 30 >= 0.95


def test_fewer_than_wanted() -> None:
    """All there are, and none where nobody is eligible."""
    scan = Scan.of(_unit(10, 6), EVERY_AXIS)
    few = np.arange(10) < 3
    (cosines, rows), *_ = scan.search(_unit(1, 7), [5], few)
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert len(cosines) == 3
    (cosines, rows), *_ = scan.search(_unit(1, 7), [5], np.zeros(10, dtype=np.bool_))
    assert len(rows) == len(cosines) == 0


@pytest.mark.parametrize("order", ["as they come", "nearest first", "nearest where nobody samples"])
def test_a_guessed_bar_changes_nobody(order: str) -> None:
    """Of thousands the nearest are found, wherever they stand and whoever is not eligible."""
    vectors, query = _unit(20_000, 9), _unit(1, 10)
    near = np.argsort(-(vectors @ query[0]))
    if order == "nearest first":
        vectors = vectors[near]
    elif order != "as they come":
        # Rows 1 to 15 of each sixteen hold the nearest, and every sixteenth somebody far.
        place = np.flatnonzero(np.arange(20_000) % 16)
        arranged = vectors[near[len(place) :].repeat(16)[:20_000]]
        arranged[place] = vectors[near[: len(place)]]
        vectors = arranged
    eligible = np.arange(20_000) % 3 > 0
    ((cosines, rows),) = Scan.of(vectors, EVERY_AXIS).search(query, [30], eligible)
    assert eligible[rows].all()
    best = np.sort(vectors[eligible] @ query[0])[::-1][:30]
    assert cosines == pytest.approx(best, abs=0.01)
