"""Products of bytes, by the operator of another library."""

import numpy as np

from service.adapters.vectors.products import as_bytes, as_levels, products


def test_products_are_exact_at_the_ends_too() -> None:
    """Sums of the largest numbers there are, which some processors cut off."""
    draw = np.random.default_rng(1)
    many = draw.integers(-128, 128, (50, 128)).astype(np.float32)
    few = draw.integers(-63, 64, (3, 128)).astype(np.int8)
    many[0], few[0], many[1], few[1] = -128, -63, 127, 63
    assert (products(as_bytes(many), few) == many @ few.T.astype(np.float32)).all()
    assert as_bytes(np.array([-300.0, 300.0])).tolist() == [0, 255]


def test_each_query_has_steps_of_its_own() -> None:
    """Small numbers are told apart as well as large ones; nothing at all stays nothing."""
    levels = as_levels(np.array([[0.01, -0.02, 0.005], [1.0, -0.5, 0.0], [0.0, 0.0, 0.0]]))
    assert levels.tolist() == [[32, -63, 16], [63, -32, 0], [0, 0, 0]]
