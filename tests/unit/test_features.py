"""Features of a person and a listing: shares of occupations."""

import numpy as np

from service.domain.occupation import Occupations
from service.matching.features import nearest_shares, shares


def test_the_largest_shares_are_kept_as_half_floats_hold_them() -> None:
    """The nearest group comes first, and hardly anything of a cosine is in those left out."""
    draw = np.random.default_rng(1)
    affinity = draw.normal(0.2, 0.12, (200, 436)).astype(np.float32)
    every, kept = shares(affinity), nearest_shares(affinity)
    assert kept.groups[:, 0].tolist() == affinity.argmax(axis=1).tolist()
    assert (np.diff(kept.parts, axis=1) <= 0).all()
    assert np.array_equal(kept.parts, kept.parts.astype(np.float16))
    some = kept.among(436)
    lengths = np.linalg.norm(some, axis=1) * np.linalg.norm(every, axis=1)
    assert (np.einsum("nd,nd->n", some, every) / lengths).min() > 0.98


def test_of_few_groups_all_are_kept() -> None:
    """A taxonomy of three groups has three shares, which add up to 1."""
    kept = nearest_shares(np.array([[0.1, 0.5, 0.3]], np.float32))
    assert kept.groups.tolist() == [[1, 2, 0]]
    assert np.allclose(kept.parts.sum(), 1, atol=1e-3)


def test_shares_of_minor_groups_are_sums_of_their_unit_groups() -> None:
    """Added up where they are kept, without spreading them out over every group first."""
    codes = ["1111", "1112", "1120", "7112", "7114", "7115"]
    groups = Occupations.of(codes)
    affinity = np.random.default_rng(3).normal(0.2, 0.12, (5, len(codes))).astype(np.float32)
    kept = nearest_shares(affinity)
    sums = kept.gathered(groups.minor_of, len(groups.minor))
    assert np.allclose(sums, np.add.reduceat(kept.among(len(codes)), groups.minor, axis=1))
    assert np.allclose(kept.lengths(), np.linalg.norm(kept.among(len(codes)), axis=1))
