"""Finds the range of each activation by running the fp32 graph on made-up texts.

The texts are random words of the model's own vocabulary: they need no corpus, come out the
same everywhere, belong to no benchmark, and reach wider ranges than ordinary sentences do.
"""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from rich.progress import track
from tokenizers import Tokenizer

from models.minilm.graph import INPUTS, EncoderGraph
from models.minilm.products import Range
from models.minilm.quantise import FP32
from models.minilm.source import Floats, Source

_TEXTS = 600
_LONGEST = 60
_LEAST_LETTERS = 3
_SEED = 2020


def calibration_texts(tokenizer: Tokenizer) -> list[str]:
    """Return texts of 1 to 60 random words, half of them shorter than 6; always the same."""
    # Ordered by number: the vocabulary's own order differs from one run to the next.
    vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
    words = [word for word, _ in vocabulary if word.isalpha() and len(word) >= _LEAST_LETTERS]
    random = np.random.default_rng(_SEED)
    lengths = np.minimum(random.geometric(0.12, _TEXTS), _LONGEST)
    return [" ".join(random.choice(words, length)) for length in lengths]


def calibrate(source: Source, weights: dict[str, Floats], tokenizer: Tokenizer) -> dict[str, Range]:
    """Return the range of every input of a matrix product, by the input's name."""
    graph = EncoderGraph(weights, source.architecture, FP32)
    session, names = _observed(graph.build(), graph)
    lows: dict[str, list[Floats]] = {name: [] for name in names}
    highs: dict[str, list[Floats]] = {name: [] for name in names}
    for text in track(calibration_texts(tokenizer), "calibrate"):
        ids = np.array([tokenizer.encode(text).ids[: source.max_tokens]], dtype=np.int64)
        feed = dict(zip(INPUTS, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))
        for name, values in zip(names, session.run(names, feed), strict=True):
            rows = values.reshape(-1, values.shape[-1])
            lows[name].append(rows.min(axis=0))
            highs[name].append(rows.max(axis=0))
    return {
        name: Range(low=np.min(lows[name], axis=0), high=np.max(highs[name], axis=0))
        for name in names
    }


def _observed(
    model: onnx.ModelProto, graph: EncoderGraph
) -> tuple[onnxruntime.InferenceSession, list[str]]:
    """Return a session that also gives the inputs of the matrix products, and their names."""
    for name in graph.product_inputs:
        model.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session, list(graph.product_inputs)
