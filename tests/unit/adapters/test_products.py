"""Products of bytes, by the operator of another library."""

import numpy as np

from service.adapters.vectors.products import as_bytes, products


def test_products_are_exact_at_the_ends_too() -> None:
    """Sums of the largest numbers there are, which some processors cut off."""
    draw = np.random.default_rng(1)
    many = draw.integers(-128, 128, (50, 128)).astype(np.float32)
    few = draw.integers(-128, 128, (3, 128)).astype(np.float32)
    many[0], few[0], many[1], few[1] = -128, -128, 127, 127
    assert (products(as_bytes(many), as_bytes(few)) == many @ few.T).all()
    assert as_bytes(np.array([-300.0, 300.0])).tolist() == [0, 255]
