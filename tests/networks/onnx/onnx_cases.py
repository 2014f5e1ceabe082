"""Every operator of ONNX that is read, once: a model, what torch gives, and how it bends by its definition.

Where no definition stands the operator is affine: the matrix that it is is told by torch itself, column by column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import by_definition as definition
import numpy as np
import onnx
import torch
from by_definition import clamp, largest, leaky, least, relu
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor
from torch.nn import functional

IMAGE = (4, 6, 8)
Arrays = Mapping[str, np.ndarray]


def array(*shape: int, seed: int = 0) -> np.ndarray:
    """Eighths, so that sums of them are exact in float64."""
    return np.round(8 * np.random.default_rng(seed + sum(shape)).standard_normal(shape)) / 8


def model(
    nodes: Sequence[onnx.NodeProto],
    constants: Arrays,
    shape: Sequence[int | str] = ("batch", *IMAGE),
    opset: int = 17,
    kind: int = TensorProto.DOUBLE,
) -> onnx.ModelProto:
    """From ``x`` to ``y``."""
    graph = helper.make_graph(
        list(nodes),
        "made here",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info("y", kind, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def one(
    operator: str, constants: Arrays | None = None, opset: int = 17, outputs: int = 1, **attributes: Any
) -> Any:
    """A model of one node, whose further inputs are the constants."""
    names = [f"y{number}" for number in range(outputs)]
    names[-1] = "y"
    constants = constants or {}
    return model([helper.make_node(operator, ["x", *constants], names, **attributes)], constants, opset=opset)


def written(made: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "net.onnx"
    onnx.save(made, path)
    return path


def points(n: int = 5, shape: Sequence[int] = IMAGE) -> Tensor:
    return torch.randn(n, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


W, B, K = array(6, 2, 3, 2), array(6), array(8, 3)
CASES: dict[str, tuple[Any, Callable[[Tensor], Tensor]]] = {
    "Conv": (one("Conv", {"w": W, "b": B}, strides=[2, 1], pads=[1, 0, 2, 1], dilations=[1, 2], group=2),
             lambda x: functional.conv2d(functional.pad(x, (0, 1, 1, 2)), t(W), t(B), (2, 1), 0, (1, 2), 2)),
    "Conv, same": (one("Conv", {"w": array(3, 4, 3, 4)}, auto_pad="SAME_UPPER", kernel_shape=[3, 4]),
                   lambda x: functional.conv2d(functional.pad(x, (1, 2, 1, 1)), t(array(3, 4, 3, 4)))),
    "Conv, same and lower": (one("Conv", {"w": array(3, 4, 3, 4)}, auto_pad="SAME_LOWER", strides=[2, 3]),
                             lambda x: functional.conv2d(functional.pad(x, (1, 1, 1, 0)), t(array(3, 4, 3, 4)),
                                                         stride=(2, 3))),
    "ConvTranspose": (one("ConvTranspose", {"w": array(4, 3, 2, 3), "b": array(3)}, strides=[2, 3], pads=[0, 1, 0, 1],
                          output_padding=[1, 0]),
                      lambda x: functional.conv_transpose2d(x, t(array(4, 3, 2, 3)), t(array(3)), (2, 3), (0, 1),
                                                            (1, 0))),
    "AveragePool": (one("AveragePool", kernel_shape=[2, 3], strides=[1, 2], pads=[1, 1, 1, 1]),
                    lambda x: functional.avg_pool2d(x, (2, 3), (1, 2), 1, count_include_pad=False)),
    "AveragePool of padding": (one("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
                               lambda x: functional.avg_pool2d(x, 3, 1, 1)),
    "MaxPool": (one("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0], ceil_mode=1),
                lambda x: functional.max_pool2d(x, (3, 2), 2, (1, 0), ceil_mode=True)),
    "GlobalAveragePool": (one("GlobalAveragePool"), lambda x: x.mean((2, 3), keepdim=True)),
    "GlobalMaxPool": (one("GlobalMaxPool"), lambda x: x.amax((2, 3), keepdim=True)),
    "BatchNormalization": (one("BatchNormalization", {"s": array(4), "b": array(4, seed=1), "m": array(4, seed=2),
                                                      "v": array(4, seed=3) ** 2}, epsilon=0.125),
                           lambda x: functional.batch_norm(x, t(array(4, seed=2)), t(array(4, seed=3)) ** 2,
                                                           t(array(4)), t(array(4, seed=1)), eps=0.125)),
    "MatMul": (one("MatMul", {"k": K}), lambda x: x @ t(K)),
    "MatMul of stacks": (one("MatMul", {"k": array(4, 8, 3)}), lambda x: x @ t(array(4, 8, 3))),
    "Add": (one("Add", {"c": array(4, 1, 1)}), lambda x: x + t(array(4, 1, 1))),
    "Sub": (one("Sub", {"c": array(8)}), lambda x: x - t(array(8))),
    "Mul": (one("Mul", {"c": array(6, 1)}), lambda x: x * t(array(6, 1))),
    "Div": (one("Div", {"c": array(6, 1) ** 2 + 0.5}), lambda x: x / (t(array(6, 1)) ** 2 + 0.5)),
    "Sum, Mean": (model([helper.make_node("Sum", ["x", "c", "x"], ["z"]), helper.make_node("Mean", ["z", "c"], ["y"])],
                        {"c": array(8)}), lambda x: (2 * x + 2 * t(array(8))) / 2),
    "Neg, Abs": (model([helper.make_node("Neg", ["x"], ["z"]), helper.make_node("Abs", ["z"], ["y"])], {}),
                 lambda x: x.abs()),
    "Relu": (one("Relu"), lambda x: x.relu()),
    "LeakyRelu": (one("LeakyRelu", alpha=0.25), lambda x: functional.leaky_relu(x, 0.25)),
    "PRelu": (one("PRelu", {"s": array(4, 1, 1)}), lambda x: functional.prelu(x, t(array(4, 1, 1)).ravel())),
    "Clip": (one("Clip", {"low": np.array(-0.5), "high": np.array(0.75)}), lambda x: x.clamp(-0.5, 0.75)),
    "Clip by attributes": (one("Clip", opset=6, min=-0.5, max=0.75), lambda x: x.clamp(-0.5, 0.75)),
    "HardSigmoid": (one("HardSigmoid", alpha=0.25, beta=0.5), lambda x: (0.25 * x + 0.5).clamp(0, 1)),
    "Max, Min": (model([helper.make_node("Max", ["x", "c"], ["z"]), helper.make_node("Neg", ["x"], ["n"]),
                        helper.make_node("Min", ["z", "n", "c"], ["y"])], {"c": array(8)}),
                 lambda x: torch.minimum(torch.minimum(x.maximum(t(array(8))), -x), t(array(8)))),
    "ReduceMean": (one("ReduceMean", axes=[2, 3], keepdims=0), lambda x: x.mean((2, 3))),
    "ReduceMean by input": (one("ReduceMean", {"axes": np.array([-1])}, opset=18), lambda x: x.mean(-1, keepdim=True)),
    "ReduceSum": (one("ReduceSum", {"axes": np.array([1])}), lambda x: x.sum(1, keepdim=True)),
    "ReduceMax": (one("ReduceMax", axes=[1, 2]), lambda x: x.amax((1, 2), keepdim=True)),
    "ReduceMin": (one("ReduceMin", axes=[3], keepdims=0), lambda x: x.amin(3)),
    "Flatten": (one("Flatten", axis=2), lambda x: x.flatten(2).flatten(0, 1)),
    "Reshape": (one("Reshape", {"shape": np.array([0, 8, -1])}), lambda x: x.reshape(-1, 8, 24)),
    "Transpose": (one("Transpose", perm=[0, 3, 1, 2]), lambda x: x.permute(0, 3, 1, 2)),
    "Slice": (one("Slice", {"s": np.array([1, 0]), "e": np.array([6, 9]), "a": np.array([2, 3]),
                        "t": np.array([2, 3])}),
              lambda x: x[:, :, 1:6:2, ::3]),
    "Slice by attributes": (one("Slice", opset=9, starts=[1], ends=[-1], axes=[3]), lambda x: x[..., 1:-1]),
    "Split": (one("Split", {"sizes": np.array([1, 3])}, axis=1, outputs=2), lambda x: x[:, 1:]),
    "Gather": (one("Gather", {"i": np.array([3, 0, 0])}, axis=1), lambda x: x[:, [3, 0, 0]]),
    "Concat": (model([helper.make_node("Relu", ["x"], ["z"]),
                      helper.make_node("Concat", ["z", "x", "c"], ["y"], axis=1)],
                     {"c": np.ones((1, 1, 6, 8))}), lambda x: torch.cat([x.relu(), x, torch.ones_like(x[:, :1])], 1)),
    "Pad": (one("Pad", {"p": np.array([0, 0, 1, 0, 0, 0, 2, 1]), "v": np.array(1.5)}),
            lambda x: functional.pad(x, (0, 1, 1, 2), value=1.5)),
    "Pad by attributes": (one("Pad", opset=9, pads=[0, 0, 1, 0, 0, 0, 0, 2], mode="reflect"),
                          lambda x: functional.pad(x, (0, 2, 1, 0), mode="reflect")),
    "Squeeze, Unsqueeze": (model([helper.make_node("Unsqueeze", ["x", "a"], ["z"]),
                                  helper.make_node("Relu", ["z"], ["r"]),
                                  helper.make_node("Squeeze", ["r", "a"], ["y"])],
                                 {"a": np.array([2])}), lambda x: x.relu()),
    "Expand, Tile": (model([helper.make_node("Expand", ["x", "s"], ["z"]), helper.make_node("Tile", ["z", "r"], ["y"])],
                           {"s": np.array([1, 4, 6, 8]), "r": np.array([1, 2, 1, 1])}), lambda x: x.repeat(1, 2, 1, 1)),
    "DepthToSpace": (one("DepthToSpace", blocksize=2, mode="CRD"), lambda x: functional.pixel_shuffle(x, 2)),
    "GatherElements": (one("GatherElements", {"i": (np.arange(48) % 4).reshape(1, 1, 6, 8)}, axis=1),
                       lambda x: x.gather(1, (torch.arange(48).reshape(1, 1, 6, 8) % 4).expand(len(x), 1, 6, 8))),
    "GatherND": (one("GatherND", {"i": np.array([[0, 2], [0, 1]])}), lambda x: x[0, [2, 1]]),
    "SpaceToDepth": (one("SpaceToDepth", blocksize=2),
                     lambda x: x.reshape(-1, 4, 3, 2, 4, 2).permute(0, 3, 5, 1, 2, 4).reshape(-1, 16, 3, 4)),
    "CastLike": (one("CastLike", {"c": array(1)}), lambda x: x),
    "Where": (model([helper.make_node("Neg", ["x"], ["n"]), helper.make_node("Where", ["c", "x", "n"], ["y"])],
                    {"c": np.arange(8) > 2}), lambda x: torch.where(torch.arange(8) > 2, x, -x)),
    "Dropout, Identity, Cast": (model([helper.make_node("Dropout", ["x"], ["d"]),
                                       helper.make_node("Identity", ["d"], ["i"]),
                                       helper.make_node("Cast", ["i"], ["y"], to=TensorProto.DOUBLE)], {}),
                                lambda x: x),
    "Conv in depth": (model([helper.make_node("Reshape", ["x", "s"], ["d"]),
                             helper.make_node("Conv", ["d", "w"], ["y"], pads=[1, 0, 0, 0, 0, 1], strides=[1, 2, 1])],
                            {"s": np.array([1, 2, 2, 6, 8]), "w": array(3, 2, 2, 3, 2)}),
                      lambda x: functional.conv3d(functional.pad(x.reshape(-1, 2, 2, 6, 8), (0, 1, 0, 0, 1, 0)),
                                                  t(array(3, 2, 2, 3, 2)), stride=(1, 2, 1))),
    "CumSum": (one("CumSum", {"axis": np.array(2)}), lambda x: x.cumsum(2)),
    "CumSum, backwards": (one("CumSum", {"axis": np.array(-1)}, reverse=1, exclusive=1),
                          lambda x: x.flip(-1).cumsum(-1).flip(-1) - x),
    "Trilu": (model([helper.make_node("Trilu", ["x", "k"], ["u"]),
                     helper.make_node("Trilu", ["u"], ["y"], upper=0)], {"k": np.array(-1)}),
              lambda x: x.triu(-1).tril()),
    "Shrink": (one("Shrink", lambd=0.75, bias=0.75), lambda x: functional.softshrink(x, 0.75)),
    "ThresholdedRelu": (one("ThresholdedRelu", alpha=0.0), lambda x: x.relu()),
    "Resize": (one("Resize", {"roi": np.zeros(0), "scales": np.array([1, 1, 2, 3], dtype=np.float32)},
                   nearest_mode="floor", coordinate_transformation_mode="asymmetric"),
               lambda x: functional.interpolate(x, scale_factor=(2, 3))),
    "Resize, nearest, exactly": (
        one("Resize", {"roi": np.zeros(0), "none": np.zeros(0, dtype=np.float32), "sizes": np.array([1, 4, 9, 5])},
            coordinate_transformation_mode="half_pixel", nearest_mode="round_prefer_ceil"),
        lambda x: functional.interpolate(x, (9, 5), mode="nearest-exact")),
    "Resize, linear": (
        one("Resize", {"roi": np.zeros(0), "none": np.zeros(0, dtype=np.float32), "sizes": np.array([1, 4, 9, 5])},
            coordinate_transformation_mode="half_pixel", mode="linear"),
        lambda x: functional.interpolate(x, (9, 5), mode="bilinear")),
    "Upsample": (one("Upsample", {"scales": np.array([1, 1, 2, 2], dtype=np.float32)}, opset=9),
                 lambda x: functional.interpolate(x, scale_factor=2)),
    "shapes that are computed": (model([
        helper.make_node("Shape", ["x"], ["s"]),
        helper.make_node("Gather", ["s", "zero"], ["n"], axis=0),
        helper.make_node("Unsqueeze", ["n", "at"], ["n1"]),
        helper.make_node("Constant", [], ["rest"], value=numpy_helper.from_array(np.array([-1]))),
        helper.make_node("Concat", ["n1", "rest"], ["whole"], axis=0),
        helper.make_node("Reshape", ["x", "whole"], ["flat"]),
        helper.make_node("Gemm", ["flat", "k", "c"], ["y"], transB=1, alpha=0.5, beta=2.0),
    ], {"zero": np.array(0), "at": np.array([0]), "k": array(3, 192), "c": array(3)}),
        lambda x: 0.5 * x.flatten(1) @ t(array(3, 192)).T + 2 * t(array(3))),
}  # fmt: skip


def t(numbers: np.ndarray) -> Tensor:
    return torch.from_numpy(numbers)


# fmt: off
BENDS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "MaxPool": lambda x: definition.pooled(x, (4, 4), (3, 2), (2, 2), (1, 0)),
    "GlobalMaxPool": lambda x: largest(x, (2, 3), keep=True),
    "Neg, Abs": abs,
    "Relu": relu,
    "LeakyRelu": lambda x: leaky(x, 0.25),
    "PRelu": lambda x: leaky(x, array(4, 1, 1)),
    "Clip": lambda x: clamp(x, -0.5, 0.75),
    "Clip by attributes": lambda x: clamp(x, -0.5, 0.75),
    "HardSigmoid": lambda x: clamp(x * Fraction(1, 4) + Fraction(1, 2), 0, 1),
    "Max, Min": lambda x: np.minimum(np.minimum(np.maximum(x, array(8)), -x), array(8)),
    "ReduceMax": lambda x: largest(x, (1, 2), keep=True),
    "ReduceMin": lambda x: least(x, (3,)),
    "Concat": lambda x: np.concatenate([relu(x), x, np.ones((1, 1, 6, 8), dtype=int)], axis=1),
    "Squeeze, Unsqueeze": relu,
    "Shrink": lambda x: definition.soft_shrink(x, 0.75),
    "ThresholdedRelu": relu,
}
# fmt: on
