"""Features of a person and a listing: shares of occupations."""

import numpy as np

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
