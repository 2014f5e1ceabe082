"""Networks from ONNX files: read as data, taken apart node by node, and held to the format's reference implementation.

A file is one network from one input to one output. Its nodes become steps of a graph (``operators.py``); what they do
to constants is computed, and what only moves numbers moves the numbers of units (``arrays.py``). Then both are
evaluated in double precision at random points of several sizes, and a file whose graph gives other values than the
reference implementation is refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, ModelProto, NodeProto, TensorProto

from nnexpr.files import FileError
from nnexpr.networks.graph.chain import network_of
from nnexpr.networks.graph.draft import Draft, Refused, Signal, require_units
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Input
from nnexpr.networks.network import Network
from nnexpr.networks.onnx.arrays import FOLDED, MOVING, run
from nnexpr.networks.onnx.file import array_of, attributes_of, read_model
from nnexpr.networks.onnx.held import hold
from nnexpr.networks.onnx.operators import OPERATORS, Call
from nnexpr.specification import InputError

__all__ = ["read"]

Values = dict[str, Signal | NDArray[Any]]


_NO_NUMBERS = {  # kinds of elements
    TensorProto.STRING: "text",
    TensorProto.BOOL: "truth values",
    TensorProto.COMPLEX64: "complex numbers",
    TensorProto.COMPLEX128: "complex numbers",
}


def read(
    path: str | os.PathLike[str], up_to: str | None = None, input_shape: Sequence[int] | None = None
) -> Network | Graph:
    """See :func:`nnexpr.from_onnx`."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is refused in words
            model = read_model(path)
            shape = _input_shape(model.graph, input_shape)
            reading = _Reading(model, up_to)
            graph = reading.read(shape)
            hold(model, graph, _input(model.graph).name, shape, reading.end)
    except (FileError, Refused) as error:
        raise InputError("file", os.fspath(path), _shown(str(error), 600)) from None
    return network_of(graph) or graph


@dataclass
class _Reading:
    model: ModelProto
    up_to: str | None
    values: Values = field(default_factory=dict)
    draft: Draft = field(default_factory=Draft)
    end: str = ""  # the name of what the graph gives

    def read(self, shape: tuple[int, ...]) -> Graph:
        """The graph of the whole file, or of what comes before ``up_to``."""
        graph = self.model.graph
        if self.up_to is not None and not any(self.up_to in (node.name, *node.output) for node in graph.node):
            raise InputError("up_to", self.up_to, f"it must be one of {_named(graph)}")
        self.values |= {tensor.name: array_of(tensor) for tensor in graph.initializer}
        whole = self.draft.add(Input(size=int(np.prod(shape))), shape)
        self.values[_input(graph).name] = whole
        for node in graph.node:
            if self.up_to is not None and self.up_to in (node.name, *node.output):
                self.end = next(
                    (name for name in node.input if isinstance(self.values.get(name), Signal)), ""
                )
                if not self.end:
                    raise Refused(f"{self.up_to} takes nothing that depends on the input")
                break
            self._take(node)
        else:
            self.end = _output(graph)
        made = self.values.get(self.end)
        if not isinstance(made, Signal):
            raise Refused("its output does not depend on its input")
        if not made.places.size:
            raise Refused("its output is empty")
        return self.draft.graph(made, shape[1:] if shape[0] == 1 and len(shape) > 1 else shape)

    def _take(self, node: NodeProto) -> None:
        """One node more."""
        place = _shown(node.name or next(iter(node.output), ""))
        self.draft.name = place
        try:
            given = [self._given(name) for name in node.input]
            if node.domain not in ("", "ai.onnx"):
                raise Refused(f"operators of {node.domain} are not known")
            if not any(isinstance(each, Signal) for each in given):
                made = self._computed(node, given)
            elif node.op_type == "Shape":
                sizes = np.array(given[0].shape)  # type: ignore[union-attr]
                attributes = attributes_of(node)
                made = [sizes[attributes.get("start", 0) : attributes.get("end", len(sizes))]]
            elif node.op_type in MOVING:
                made = self._moved(node, given)
            elif node.op_type in OPERATORS:
                made = [OPERATORS[node.op_type](Call(self.draft, given, attributes_of(node), self._opset))]
            else:
                raise Refused(
                    f"it is not piecewise linear, or not known; up_to={place!r} (--up-to) takes what comes before it"
                )
        except Exception as error:  # a node that contradicts itself can fail anywhere
            said = "an input is missing" if isinstance(error, IndexError) else error
            why = error if isinstance(error, Refused) else f"it contradicts itself ({said})"
            raise Refused(f"{place} ({node.op_type}): {why}") from None
        self.values |= {name: value for name, value in zip(node.output, made, strict=False) if name}

    def _given(self, name: str) -> Signal | NDArray[Any] | None:
        if name and name not in self.values:
            raise Refused(f"it takes {_shown(name)}, which no node before it gives")
        return self.values[name] if name else None

    def _computed(
        self, node: NodeProto, given: Sequence[Signal | NDArray[Any] | None]
    ) -> Sequence[Signal | NDArray[Any]]:
        if node.op_type not in FOLDED:
            raise Refused("it is not known as an operator of constants")
        return run(node, [each if isinstance(each, np.ndarray) else None for each in given], self._opset)

    def _moved(
        self, node: NodeProto, given: Sequence[Signal | NDArray[Any] | None]
    ) -> Sequence[Signal | NDArray[Any]]:
        moved, *others = given
        if not isinstance(moved, Signal) or any(isinstance(each, Signal) for each in others):
            raise Refused("where it moves numbers depends on the input")
        arrays = [moved.places, *(each if isinstance(each, np.ndarray) else None for each in others)]
        return [moved.at(np.asarray(places, dtype=np.int64)) for places in run(node, arrays, self._opset)]

    @property
    def _opset(self) -> int:
        """The version of the standard operators' words."""
        return max(
            (each.version for each in self.model.opset_import if each.domain in ("", "ai.onnx")), default=1
        )


def _input(graph: GraphProto) -> Any:
    """Its one input that is no constant."""
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    if len(inputs) != 1:
        names = ", ".join(_shown(each.name) for each in inputs) or "none"
        raise Refused(f"it has {len(inputs)} inputs ({names}); networks of one are read")
    return inputs[0]


def _output(graph: GraphProto) -> str:
    """The name of its one output."""
    if len(graph.output) != 1:
        names = ", ".join(_shown(each.name) for each in graph.output)
        raise Refused(f"it has {len(graph.output)} outputs ({names}); networks of one are read")
    return str(graph.output[0].name)


def _input_shape(graph: GraphProto, point: Sequence[int] | None) -> tuple[int, ...]:
    """With the batch, of size 1, where there is one; ``point`` as it was asked for."""
    given = _input(graph).type.tensor_type
    if given.elem_type in _NO_NUMBERS:
        raise Refused(f"its input is {_NO_NUMBERS[given.elem_type]}; networks of numbers are read")
    sizes = [each.dim_value if each.HasField("dim_value") else 0 for each in given.shape.dim]
    if sizes and sizes[0] <= 0:
        sizes[0] = 1
    if point is not None:
        sizes = [1, *point] if len(point) < max(2, len(sizes)) else list(point)
    if not sizes or min(sizes) <= 0:
        shown = ", ".join(each.dim_param or str(each.dim_value) for each in given.shape.dim)
        raise Refused(f"its input has the shape ({_shown(shown)}), where a size is open; give input_shape")
    require_units(*map(float, sizes))
    return tuple(sizes)


def _named(graph: GraphProto) -> str:
    names = [_shown(node.name or node.output[0]) for node in graph.node]
    return ", ".join(names[:40]) + (f" and {len(names) - 40} more" if len(names) > 40 else "")


def _shown(text: object, most: int = 80) -> str:
    """What a file says, without what would move a terminal's cursor; bytes of no text as they are."""
    return "".join(c if c.isprintable() else "?" for c in str(text)[:most])
