"""Features of a person and a listing: shares of occupations."""

import numpy as np

from service.matching.features import shares


def test_shares_are_what_half_floats_hold() -> None:
    """Shares are rounded exactly as half floats round, down to the smallest of them."""
    draw = np.random.default_rng(1)
    affinity = draw.uniform(-1, 1, (200, 436)).astype(np.float32)
    raised = np.exp(20 * (affinity - affinity.max(axis=1, keepdims=True)))
    raised /= raised.sum(axis=1, keepdims=True)
    expected = raised.astype(np.float16).astype(np.float32)
    found = shares(affinity)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)
    assert ((found > 0) & (found < 2.0**-14)).any()
