"""ONNX files of networks and graphs, in the numbers that they have: what other programs can run.

A network's layers are Gemm nodes with an activation each; a graph's nodes are the operators that say the same. Weights
are float32 or float64 as in the network; numbers that ONNX has as attributes only in single precision are written as
tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from nnexpr import __version__
from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense, Diagonal, LinearMap, Selection
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Node, Sum
from nnexpr.networks.network import Network
from nnexpr.specification import InputError

__all__ = ["model_of"]

OPSET, IR = 17, 8  # of 2022, which every runtime in use reads

Array = NDArray[Any]


def model_of(network: Network | Graph, member: int) -> ModelProto:
    """One member as a model from ``x (points, ...)`` to ``y (points, ...)``."""
    if not 0 <= member < network.members:
        raise InputError("member", member, f"it must be from 0 to {network.members - 1}")
    if isinstance(network, Graph):
        writing = _Writing(np.dtype(np.float64))
        writing.graph(network)
        return writing.model(network.input_shape, network.output_shape)
    writing = _Writing(np.dtype(str(network.parameters.dtype).removeprefix("torch.")))
    writing.network(network, member)
    return writing.model((network.inputs,), (network.outputs,))


@dataclass
class _Writing:
    kind: np.dtype[Any]
    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)

    def add(self, operator: str, *given: str | Array, to: str = "", **attributes: Any) -> str:
        """A node more, whose constants are given as arrays; the name of what it gives."""
        names = [each if isinstance(each, str) else self._constant(each) for each in given]
        made = to or f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, names, [made], name=made, **attributes))
        return made

    def model(self, given: tuple[int, ...], made: tuple[int, ...]) -> ModelProto:
        """What was added, from ``x`` to ``y``; points are as many as there are."""
        kind = helper.np_dtype_to_tensor_dtype(self.kind)
        graph = helper.make_graph(
            self.nodes,
            "network",
            [helper.make_tensor_value_info("x", kind, ["points", *given])],
            [helper.make_tensor_value_info("y", kind, ["points", *made])],
            [numpy_helper.from_array(value, name) for name, value in self.constants.items()],
        )
        return helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR,
            producer_name="nnexpr", producer_version=__version__,
        )  # fmt: skip

    def _constant(self, value: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.ascontiguousarray(
            value if value.dtype.kind == "i" else value.astype(self.kind)
        )
        return name

    def network(self, network: Network, member: int) -> None:
        """Layer upon layer."""
        if network.encoding is not None:
            raise InputError("encoding", "sine-cosine", "only networks of x itself are written")
        given = ["x"]
        for number, layer in enumerate(network.layers):
            weight, bias = (
                part[member].detach().cpu().numpy() for part in (network.weight(number), network.bias(number))
            )
            made = self.add("Gemm", given[-1], weight, bias, transB=1)
            made = self.add("Add", made, given[-layer.adds]) if layer.adds else made
            given.append(self._activated(layer.activation, made))
        self.add("Identity", given[-1], to="y")

    def _activated(self, name: str, z: str) -> str:
        smooth: dict[str, Callable[[], str]] = {
            "sigmoid": lambda: self.add("Sigmoid", z),
            "tanh": lambda: self.add("Tanh", z),
            "sine": lambda: self.add("Sin", z),
            "elu": lambda: self.add("Elu", z, alpha=1.0),
            "relu2": lambda: (lambda above: self.add("Mul", above, above))(self.add("Relu", z)),
            "gelu": lambda: self.add("Mul", self.add("Mul", z, np.array(0.5)), self._normal(z)),
        }
        if (pieces := ACTIVATIONS[name].pieces) is not None:
            return self._bent((pieces,), np.zeros(1, dtype=np.int64), z)
        if name not in smooth:
            raise InputError("activation", name, "ONNX has no operator for it that is written here")
        return smooth[name]()

    def _normal(self, z: str) -> str:
        """1 + erf(z / √2)."""
        return self.add("Add", self.add("Erf", self.add("Mul", z, np.array(2.0**-0.5))), np.array(1.0))

    def _bent(self, pieces: tuple[PiecewiseLinear, ...], which: Array, z: str) -> str:
        """``pieces[which]`` of each unit: by the operator that has its name, else as a sum of its bends."""
        if all(function.kinks == (0.0,) and function.slopes[1] == 1.0 for function in pieces):
            slopes = np.array([function.slopes[0] for function in pieces])[which]
            return self.add("PRelu", z, slopes) if slopes.any() else self.add("Relu", z)
        first = np.array([function.slopes[0] for function in pieces])[which]
        start = np.array([function.intercepts[0] for function in pieces])[which]
        made = self.add("Add", self.add("Mul", z, first), start)
        for bend in range(max(len(function.kinks) for function in pieces)):
            there = [function if bend < len(function.kinks) else None for function in pieces]
            kinks = np.array([0.0 if f is None else f.kinks[bend] for f in there])[which]
            steps = np.array([0.0 if f is None else f.slopes[bend + 1] - f.slopes[bend] for f in there])[
                which
            ]
            above = self.add("Relu", self.add("Sub", z, kinks))
            made = self.add("Add", made, self.add("Mul", above, steps))
        return made

    def graph(self, graph: Graph) -> None:
        """Node upon node; what lies between is ``(points, units)``."""
        names = [self.add("Reshape", "x", np.array([-1, graph.inputs]))]
        for node in graph.nodes[1:]:
            names.append(self._node(node, [names[below] for below in node.of]))
        self.add("Reshape", names[-1], np.array([-1, *graph.output_shape]), to="y")

    def _node(self, node: Node, given: list[str]) -> str:
        match node:
            case Affine():
                made = self._mapped(node.map, given[0])
                return self.add("Add", made, node.bias) if node.bias.any() else made
            case Sum():
                return self.add("Sum", *given)
            case Concatenate():
                return self.add("Concat", *given, axis=1)
            case Kinks():
                return self._bent(node.pieces, node.which, given[0])
            case Maximum():
                first = node.groups[:, :1]
                columns = np.where(node.groups < 0, first, node.groups).T  # twice the same is once
                return self.add("Max", *(self.add("Gather", given[0], column, axis=1) for column in columns))
        raise TypeError(f"a graph has no node {type(node).__name__}")

    def _mapped(self, linear: LinearMap, given: str) -> str:
        match linear:
            case Dense():
                return self.add("MatMul", given, linear.weights)
            case Diagonal():
                return self.add("Mul", given, linear.factors)
            case Selection():
                picked = self.add("Gather", given, np.maximum(linear.picks, 0), axis=1)
                return (
                    self.add("Mul", picked, (linear.picks >= 0) * 1.0) if linear.picks.min() < 0 else picked
                )
            case Convolution():
                image = self.add("Reshape", given, np.array([-1, *linear.image]))
                made = self.add(
                    "Conv", image, linear.weights, strides=linear.stride, pads=linear.padding,
                    dilations=linear.dilation, group=linear.groups,
                )  # fmt: skip
                return self.add("Reshape", made, np.array([-1, linear.outputs]))
        raise TypeError(f"a graph has no map {type(linear).__name__}")
