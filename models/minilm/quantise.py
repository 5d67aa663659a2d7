"""The precisions to choose from, and the rounding of weights they share."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.minilm.source import Floats

Linear = Literal["fp32", "static", "blocks", "per-token", "dynamic"]
Int8s = npt.NDArray[np.int8]
Codes = npt.NDArray[np.uint8]

_FOUR_BITS = 4


@dataclass(frozen=True, slots=True)
class Precision:
    """How one variant stores and multiplies its numbers.

    linear: kind of matrix product (models/minilm/products.py describes them); bits: of the
    stored weights; block: inputs that share a scale, for "blocks"; per_channel: a scale per
    output in place of one per matrix, for "dynamic"; int8_inputs: whether the inputs of
    "blocks" are rounded too; int8_words: whether the word table is int8, a scale per row.
    """

    name: str
    linear: Linear
    bits: int = 8
    block: int = 64
    per_channel: bool = True
    int8_inputs: bool = True
    int8_words: bool = True


FP32 = Precision("fp32", "fp32", int8_words=False)
# 7 bits: without VNNI, x86 adds pairs of 8-bit products in 16 bits, which can overflow. Under
# emulation of an AVX2 processor the 7-bit graph gave, for 30 probes, bit for bit the vectors of
# an AVX-512 VNNI one; the 8-bit graph's had a cosine of 0.993 to theirs at worst.
CHOSEN = Precision("static int8, 7-bit weights", "static", bits=7)
VARIANTS = (
    FP32,
    CHOSEN,
    Precision("static int8, 8-bit weights", "static"),
    Precision("dynamic int8 per tensor", "dynamic", per_channel=False),
    Precision("dynamic int8 per channel", "dynamic"),
    Precision("dynamic int8 per token", "per-token"),
    Precision("int8 in blocks of 64", "blocks"),
    Precision("int8 weights only", "blocks", int8_inputs=False),
    Precision("int4 in blocks of 32", "blocks", bits=4, block=32),
)


def quantise_rows(table: Floats, bits: int = 8) -> tuple[Int8s, Floats]:
    """Return (codes, scales) with one scale per row: shapes (n, d) and (n, 1)."""
    scales = np.abs(table).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    scales[scales == 0] = 1
    return np.rint(table / scales).astype(np.int8), scales.astype(np.float32)


def quantise_columns(matrix: Floats, bits: int = 8) -> tuple[Int8s, Floats]:
    """Return (codes, scales) with one scale per column: shapes (n, d) and (d,)."""
    codes, scales = quantise_rows(matrix.T, bits)
    return np.ascontiguousarray(codes.T), scales[:, 0]


def quantise_blocks(matrix: Floats, *, bits: int, block: int) -> tuple[Codes, Floats]:
    """Return (codes, scales) of a (inputs, outputs) matrix in the layout of MatMulNBits.

    codes: uint8, shape (outputs, blocks, block * bits / 8), zero at 2 ** (bits - 1), two to
    a byte (low half first) when bits is 4; scales: shape (outputs, blocks).
    Raises ValueError when block does not divide the inputs.
    """
    inputs, outputs = matrix.shape
    if inputs % block:
        message = f"a block of {block} does not divide {inputs} inputs"
        raise ValueError(message)
    blocks = matrix.T.reshape(outputs, inputs // block, block)
    zero = 2 ** (bits - 1)
    scales = np.abs(blocks).max(axis=2, keepdims=True) / (zero - 1)
    scales[scales == 0] = 1
    codes = (np.rint(blocks / scales) + zero).astype(np.uint8)
    if bits == _FOUR_BITS:
        codes = codes[..., 0::2] | (codes[..., 1::2] << _FOUR_BITS)
    return codes, scales[..., 0].astype(np.float32)
