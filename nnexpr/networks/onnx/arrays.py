"""Nodes of ONNX on arrays, by the reference implementation that comes with the format.

Two things are done so: what does not depend on the input is computed (shapes, constants), and what only moves numbers
(reshaping, slicing, gathering) moves the numbers of units instead. Only operators of the two lists are run, on arrays
of a bounded size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper
from onnx.reference import ReferenceEvaluator

from nnexpr.networks.graph.draft import Refused, require_units

__all__ = ["FOLDED", "MOVING", "run"]

# fmt: off
MOVING = frozenset((
    "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "Identity", "Reshape", "Slice",
    "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze",
))
FOLDED = MOVING | frozenset((
    "Abs", "Add", "And", "BatchNormalization", "Cast", "Ceil", "Clip", "Concat", "Constant", "ConstantOfShape", "Div",
    "Equal", "Exp", "Floor", "Gemm", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Mean",
    "Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMean", "ReduceMin",
    "ReduceProd", "ReduceSum", "Relu", "Round", "ScatterND", "Shape", "Sign", "Size", "Sqrt", "Sub", "Sum", "Where",
))
# fmt: on


def run(node: NodeProto, arrays: Sequence[NDArray[Any] | None], opset: int) -> list[NDArray[Any]]:
    """What a node gives of arrays; Refused where its result would be too large, or it cannot be computed."""
    _bound(node, arrays)
    given = {name: array for name, array in zip(node.input, arrays, strict=True) if array is not None}
    typed = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), None)
        for name, array in given.items()
    ]
    made = [helper.make_tensor_value_info(name, 0, None) for name in node.output if name]
    graph = helper.make_graph([node], "one", typed, made)
    try:
        results = ReferenceEvaluator(graph, opsets={"": opset}).run(None, given)
    except Exception as error:  # the reference implementation raises whatever NumPy does
        why = str(error).partition("\n")[0][:120]
        raise Refused(f"it cannot be computed of what it is given ({why})") from None
    return [np.asarray(result) for result in results]


def _bound(node: NodeProto, arrays: Sequence[NDArray[Any] | None]) -> None:
    """Refuse what would make much of little, before it is made."""
    require_units(_size(node, [array for array in arrays if array is not None]))


def _size(node: NodeProto, given: Sequence[NDArray[Any]]) -> float:
    """About how many numbers it makes, and never far fewer."""
    shapes = [array.shape for array in given]
    match node.op_type, given:
        case "ConstantOfShape", [shape]:
            return math.prod(map(float, shape.ravel()))
        case "Expand" | "Tile", [numbers, times]:
            return numbers.size * math.prod(max(1.0, float(each)) for each in times.ravel())
        case "Range", [low, high, step]:
            return abs(float(high - low) / (float(step) or 1.0))
        case "MatMul" | "Gemm", [one, other, *_]:
            return math.prod(shapes[0][:-1]) * other.size + one.size * math.prod(shapes[1][-1:])
        case "Gather" | "GatherND" | "GatherElements", [numbers, indices]:
            return numbers.size * indices.size / max(1, min(numbers.shape, default=1))
    try:
        return math.prod(np.broadcast_shapes(*shapes))
    except ValueError:
        return sum(array.size for array in given)  # one behind the other, or picked
