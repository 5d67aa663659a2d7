"""Numbers to bytes and back."""

import numpy as np

from service.adapters.store.codec import vectors_from_bytes


def test_every_half_float_is_read_as_the_float_it_stands_for() -> None:
    """All of them that are numbers, the very small ones and both zeros included."""
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    rows = halves[np.isfinite(halves)].reshape(-1, 8)
    read = vectors_from_bytes(rows.astype("<f2").tobytes(), 8)
    both = np.vstack([read.whole[None, :], read.requirements])
    assert np.array_equal(both, rows.astype(np.float32))
    assert np.array_equal(np.signbit(both), np.signbit(rows))
