"""Collects the nodes and constants of an ONNX graph."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

CONTRIB = "com.microsoft"
# The lowest versions that have every operator used, so that older runtimes can read the file.
_OPSET = 18
_IR_VERSION = 8


class Writer:
    """A graph in the making. Methods return the name of what they add."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: npt.NDArray[Any]) -> str:
        """Add a constant, once: a name that is there already keeps its value."""
        if name not in self._constants:
            plain = np.asarray(value, order="C")
            self._constants[name] = numpy_helper.from_array(plain, name)
        return name

    def node(
        self, kind: str, inputs: Sequence[str], output: str, domain: str = "", **attributes: float
    ) -> str:
        """Add an operator with one output and return the output's name."""
        node = helper.make_node(kind, inputs, [output], name=f"{kind}:{output}", domain=domain)
        for key, value in sorted(attributes.items()):
            node.attribute.append(helper.make_attribute(key, value))
        self._nodes.append(node)
        return output

    def model(self, inputs: Sequence[str], output: str, dimensions: int) -> onnx.ModelProto:
        """Return the model: int64 (batch, tokens) inputs, float32 (batch, dimensions) output."""
        graph = helper.make_graph(
            self._nodes,
            "sentence_encoder",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in inputs
            ],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", dimensions])],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="homeward"
        )
