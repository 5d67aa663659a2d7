"""Products of many rows of bytes with a few: what a processor has instructions of its own for."""

import os
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime

Bytes = npt.NDArray[np.uint8]
"""Whole numbers from -128 to 127, each 128 higher."""
Levels = npt.NDArray[np.int8]
"""Whole numbers from -63 to 63."""

MIDDLE: Final = 128
_MOST: Final = 63
"""Old processors add two products in sixteen binary digits, which 255 times 64 twice do not fit."""
_THREADS: Final = min(4, os.cpu_count() or 1)

# One operator of opset 13, as `onnx.helper` writes it: y = MatMulInteger(a, b, 128), where a is
# (n, d) without a sign and b is (d, q) with one: that is what processors multiply and add at once.
_GRAPH: Final = bytes.fromhex(
    "08083a6f0a1b0a01610a01620a017a120179220d4d61744d756c496e74656765721201672a08100242017a4a"
    "01805a150a016112100a0e0802120a0a0312016e0a031201645a150a016212100a0e0803120a0a031201640a"
    "0312017162150a017912100a0e0806120a0a0312016e0a0312017142040a00100d"
)


def _options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return options


_SESSION: Final[Any] = onnxruntime.InferenceSession(
    _GRAPH, _options(), providers=["CPUExecutionProvider"]
)


def as_bytes(whole: npt.NDArray[np.floating[Any]]) -> Bytes:
    """Return whole numbers, any shape, as bytes; those beyond a byte become its ends."""
    shifted: Bytes = (np.clip(whole, -MIDDLE, MIDDLE - 1) + MIDDLE).astype(np.uint8)
    return shifted


def as_levels(vectors: npt.NDArray[np.floating[Any]]) -> Levels:
    """Return vectors, (q, d), each in steps of a 63rd of its largest number.

    What one of them is nearest to stays as it was; products of two are not to be compared.
    """
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    steps: Levels = np.rint(vectors * (_MOST / np.maximum(largest, 1e-12))).astype(np.int8)
    return steps


def products(many: Bytes, few: Levels) -> npt.NDArray[np.int32]:
    """Return the exact products of (n, d) with (q, d), shape (n, q)."""
    found: npt.NDArray[np.int32] = _SESSION.run(["y"], {"a": many, "b": few.T})[0]
    return found
