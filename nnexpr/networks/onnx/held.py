"""A graph held to the file that it was read from, evaluated by the format's reference implementation in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator

from nnexpr.networks.graph.draft import Refused
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.rounding import compared, trial_points

__all__ = ["hold"]

_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16)


def hold(model: ModelProto, graph: Graph, given: str, shape: tuple[int, ...], end: str) -> None:
    """Refuse a graph whose values at random points are not those of the file."""
    x = trial_points(graph)
    try:
        reference = ReferenceEvaluator(_in_double(model, end))
        made: list[Any] = [reference.run([end], {given: point.reshape(shape)}) for point in x]
        told = np.array([np.ravel(values) for (values,) in made])
    except Exception as error:  # the reference implementation raises whatever NumPy does
        why = str(error).partition("\n")[0][:120]
        raise Refused(f"the reference implementation cannot run it ({type(error).__name__}: {why})") from None
    if told.shape[1] != graph.outputs:
        raise Refused(f"it gives {told.shape[1]} numbers where its operators give {graph.outputs}")
    if not compared(graph, x, told):
        raise Refused(
            "the reference implementation gives other values than its operators do, so it is not taken"
        )


def _in_double(model: ModelProto, end: str) -> ModelProto:
    """A copy in which every real number is a float64, and which gives ``end``."""
    wide = ModelProto()
    wide.CopyFrom(model)
    for tensor in wide.graph.initializer:
        _widen(tensor)
    for value in (*wide.graph.input, *wide.graph.output, *wide.graph.value_info):
        if value.type.tensor_type.elem_type in _FLOATS:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    for node in wide.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                _widen(attribute.t)
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in _FLOATS:
                attribute.i = TensorProto.DOUBLE
        if node.op_type == "Constant":
            _constant_in_double(node)
    del wide.graph.value_info[:]
    del wide.graph.output[1:]
    wide.graph.output[0].Clear()
    wide.graph.output[0].name = end
    return wide


def _widen(tensor: TensorProto) -> None:
    if tensor.data_type in _FLOATS:
        numbers: NDArray[Any] = numpy_helper.to_array(tensor)
        tensor.CopyFrom(numpy_helper.from_array(numbers.astype(np.float64), tensor.name))


def _constant_in_double(node: Any) -> None:
    """``value_float`` and ``value_floats`` are single precision by definition: a tensor says the same in double."""
    for attribute in node.attribute:
        if attribute.name in ("value_float", "value_floats"):
            numbers = np.array(attribute.f if attribute.name == "value_float" else list(attribute.floats))
            attribute.CopyFrom(type(attribute)(name="value", type=4, t=numpy_helper.from_array(numbers)))
