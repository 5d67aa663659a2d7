"""The matrix products of an encoder, in each of the precisions.

fp32        as trained.
static      Inputs to 8 bits with a scale fixed by calibration. A few channels of a transformer's
            activations are far larger than the rest and would take the whole range, so each
            channel is first divided by a factor that its row of weights is multiplied by
            (SmoothQuant, Xiao et al. 2022, arXiv 2211.10438). Nothing depends on the batch.
dynamic     Inputs to 8 bits with a scale taken from the whole batch at each call.
per-token   The same with a scale per token.
blocks      Weights in blocks with a scale each (MatMulNBits); inputs likewise or float32.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from models.minilm.quantise import Precision, quantise_blocks, quantise_columns
from models.minilm.source import Floats
from models.minilm.writer import CONTRIB, Writer

# How far large activations move into the weights (alpha in the paper). Mean cosine to fp32 on
# 120 O*NET task statements with 7-bit weights: 0.60 0.9957, 0.65 0.9966, 0.70 0.9966, 0.75
# 0.9961, 0.80 0.9949; the worst one is best at 0.65.
_SMOOTHING = 0.65
# MatMulNBits: 4 rounds its inputs to int8 per block, 0 leaves them float32.
_INT8_INPUTS = 4
_FLOAT_INPUTS = 0


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest value seen per channel of a product's input, both of shape (n,)."""

    low: Floats
    high: Floats


class Products:
    """Writes products of an activation with one or more weight matrices."""

    def __init__(self, writer: Writer, precision: Precision, ranges: dict[str, Range]) -> None:
        """Take what calibration found for each input by name; only "static" reads it."""
        self._writer = writer
        self._precision = precision
        self._ranges = ranges

    def write(
        self, state: str, matrices: dict[str, Floats], biases: Mapping[str, str]
    ) -> list[str]:
        """Multiply `state` by each (inputs, outputs) matrix; return the products' names.

        biases: what is added to a product, by the name of its matrix.
        """
        match self._precision.linear:
            case "static":
                # This product adds its bias in passing.
                return self._static(state, matrices, biases)
            case "per-token":
                products = self._per_token(state, matrices)
            case "dynamic":
                products = [self._dynamic(state, *one) for one in matrices.items()]
            case "blocks":
                products = [self._blocks(state, *one) for one in matrices.items()]
            case "fp32":
                products = [self._fp32(state, *one) for one in matrices.items()]
        return [
            self._writer.node("Add", [product, biases[name]], f"{name}.shifted")
            if name in biases
            else product
            for name, product in zip(matrices, products, strict=True)
        ]

    def _fp32(self, state: str, name: str, matrix: Floats) -> str:
        weight = self._writer.constant(f"{name}.weight", matrix)
        return self._writer.node("MatMul", [state, weight], f"{name}.product")

    def _static(
        self, state: str, matrices: dict[str, Floats], biases: Mapping[str, str]
    ) -> list[str]:
        writer, seen = self._writer, self._ranges[state]
        factor = _smoothing_factor(seen, list(matrices.values()))
        low = min(float((seen.low / factor).min()), 0.0)
        high = max(float((seen.high / factor).max()), 0.0)
        step = (high - low) / 255 or 1.0
        scale = writer.constant(f"{state}.scale", np.array(step, dtype=np.float32))
        zero = writer.constant(f"{state}.zero", np.array(round(-low / step), dtype=np.uint8))
        inverse = writer.constant(f"{state}.inverse", (1 / factor).astype(np.float32))
        smooth = writer.node("Mul", [state, inverse], f"{state}.smooth")
        codes = writer.node("QuantizeLinear", [smooth, scale, zero], f"{state}.codes")
        products = []
        for name, matrix in matrices.items():
            weights, scales = self._weights(name, matrix * factor[:, None])
            inputs = [codes, weights, scale, scales, zero]
            if name in biases:
                inputs += ["", biases[name]]
            products.append(
                writer.node("MatMulIntegerToFloat", inputs, f"{name}.product", domain=CONTRIB)
            )
        return products

    def _dynamic(self, state: str, name: str, matrix: Floats) -> str:
        if self._precision.per_channel:
            weights, scales = self._weights(name, matrix)
        else:
            step = float(np.abs(matrix).max()) / 127
            codes = np.rint(matrix / step).astype(np.int8)
            weights = self._writer.constant(f"{name}.codes", codes)
            scales = self._writer.constant(f"{name}.scales", np.array(step, dtype=np.float32))
        inputs = [state, weights, scales]
        return self._writer.node("DynamicQuantizeMatMul", inputs, f"{name}.product", domain=CONTRIB)

    def _per_token(self, state: str, matrices: dict[str, Floats]) -> list[str]:
        writer = self._writer
        codes, scale = self._round_tokens(state)
        zero = writer.constant("zero", np.array(128, dtype=np.uint8))
        products = []
        for name, matrix in matrices.items():
            weights, scales = self._weights(name, matrix)
            writer.node("MatMulInteger", [codes, weights, zero], f"{name}.int")
            writer.node("Cast", [f"{name}.int"], f"{name}.float", to=TensorProto.FLOAT)
            writer.node("Mul", [f"{name}.float", scale], f"{name}.part")
            products.append(writer.node("Mul", [f"{name}.part", scales], f"{name}.product"))
        return products

    def _round_tokens(self, state: str) -> tuple[str, str]:
        """Return (codes, scales): each token rounded to 8 bits by its own largest value."""
        writer = self._writer
        axis = writer.constant("last_axis", np.array([-1], dtype=np.int64))
        writer.node("Abs", [state], f"{state}.abs")
        writer.node("ReduceMax", [f"{state}.abs", axis], f"{state}.max", keepdims=1)
        levels = writer.constant("levels", np.array(1 / 127, dtype=np.float32))
        scale = writer.node("Mul", [f"{state}.max", levels], f"{state}.scale")
        writer.node("Div", [state, scale], f"{state}.scaled")
        writer.node("Round", [f"{state}.scaled"], f"{state}.rounded")
        # Unsigned with zero at 128: signed with signed runs six times slower on x86.
        middle = writer.constant("middle", np.array(128, dtype=np.float32))
        writer.node("Add", [f"{state}.rounded", middle], f"{state}.shifted")
        codes = writer.node("Cast", [f"{state}.shifted"], f"{state}.codes", to=TensorProto.UINT8)
        return codes, scale

    def _blocks(self, state: str, name: str, matrix: Floats) -> str:
        precision = self._precision
        codes, scales = quantise_blocks(matrix, bits=precision.bits, block=precision.block)
        return self._writer.node(
            "MatMulNBits",
            [
                state,
                self._writer.constant(f"{name}.codes", codes),
                self._writer.constant(f"{name}.scales", scales),
            ],
            f"{name}.product",
            domain=CONTRIB,
            K=matrix.shape[0],
            N=matrix.shape[1],
            bits=precision.bits,
            block_size=precision.block,
            accuracy_level=_INT8_INPUTS if precision.int8_inputs else _FLOAT_INPUTS,
        )

    def _weights(self, name: str, matrix: Floats) -> tuple[str, str]:
        codes, scales = quantise_columns(matrix, self._precision.bits)
        return (
            self._writer.constant(f"{name}.codes", codes),
            self._writer.constant(f"{name}.scales", scales),
        )


def _smoothing_factor(seen: Range, matrices: Sequence[Floats]) -> Floats:
    """Return what each channel is divided by, shape (inputs,): one for all the matrices."""
    activation = np.maximum(-seen.low, seen.high) + 1e-6
    weight = np.max([np.abs(matrix).max(axis=1) for matrix in matrices], axis=0) + 1e-6
    factor: Floats = activation**_SMOOTHING / weight ** (1 - _SMOOTHING)
    return factor.astype(np.float32)
