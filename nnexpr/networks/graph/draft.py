"""A graph while it is put together, from arrays of its units.

A :class:`Signal` is an array of any shape whose numbers are units of one node: reshaping, transposing and slicing it
change which unit stands where and add no node. What is made of signals is in ``affine.py`` and ``bends.py``; both the
reader of torch modules and that of ONNX files are tables of these. The first axis is the batch, of size 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Index, LinearMap, Selection
from nnexpr.networks.graph.nodes import Affine, Concatenate, Input, Kinks, Node
from nnexpr.networks.graph.simplify import simplified

__all__ = ["MOST_UNITS", "Draft", "Refused", "Signal", "require_units"]

MOST_UNITS = 1 << 26  # of one node: half a gigabyte a point


class Refused(Exception):
    """Why a step cannot be part of a graph, as the end of a sentence about it."""


def require_units(*sizes: float) -> None:
    """Refuse what would be made, before it is: the product of the sizes is too much."""
    if not (units := math.prod(sizes)) <= MOST_UNITS:
        raise Refused(f"it would make {units:,.0f} numbers; at most {MOST_UNITS:,} are taken")


@dataclass(frozen=True, eq=False)
class Signal:
    """``places``: an array of units of ``node``, each by its number from 0."""

    draft: Draft
    node: int
    places: Index

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.places.shape

    def at(self, places: Index) -> Signal:
        """Other units of the same node, or the same elsewhere."""
        return Signal(self.draft, self.node, places)

    @property
    def is_permutation(self) -> bool:
        """Whether every unit of the node is there once."""
        units = self.draft.nodes[self.node].units
        return self.places.size == units == len(np.unique(self.places))

    @property
    def numbered(self) -> Index:
        """Where in C order each unit of the node is, if all are there: the inverse of ``places``."""
        return np.argsort(self.places.ravel())


@dataclass(eq=False)
class Draft:
    """``name`` is what nodes that are added now are called."""

    nodes: list[Node] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    name: str = "input"

    def input(self, shape: Sequence[int]) -> Signal:
        """One point of the input, with the batch before ``shape``; to be asked for once, first."""
        return self.add(Input(size=math.prod(shape)), (1, *shape))

    def add(self, node: Node, shape: Sequence[int]) -> Signal:
        """What a new node gives, in C order."""
        require_units(node.units)
        self.nodes.append(node)
        self.names.append(self.name)
        return Signal(self, len(self.nodes) - 1, np.arange(node.units).reshape(shape))

    def affine(
        self, signal: Signal, linear: LinearMap, shape: Sequence[int], bias: ArrayLike = 0.0
    ) -> Signal:
        """A linear map of a signal's numbers in C order, and a bias, one number or one each."""
        require_units(linear.outputs)
        biases = np.array(np.broadcast_to(np.asarray(bias, dtype=np.float64), (linear.outputs,)))
        return self.add(Affine(of=(self.flat(signal),), map=linear, bias=biases), shape)

    def constant(self, values: ArrayLike) -> Signal:
        """Numbers that do not depend on the input."""
        numbers = np.asarray(values, dtype=np.float64)
        nothing = Selection(np.full(numbers.size, -1), self.nodes[0].units)
        return self.add(Affine(of=(0,), map=nothing, bias=numbers.ravel().copy()), numbers.shape)

    def flat(self, signal: Signal) -> int:
        """The node whose units are a signal's numbers in C order."""
        picks, units = signal.places.ravel(), self.nodes[signal.node].units
        if Selection(picks, units).is_whole:
            return signal.node
        return self.add(
            Affine(of=(signal.node,), map=Selection(picks, units), bias=np.zeros(len(picks))), (-1,)
        ).node

    def selected(self, signal: Signal, places: Index) -> Signal:
        """Units of a signal's node, 0 where a place is -1."""
        if places.size and places.min() >= 0:
            return signal.at(places)
        selection = Selection(places.ravel(), self.nodes[signal.node].units)
        return self.add(Affine(of=(signal.node,), map=selection, bias=np.zeros(places.size)), places.shape)

    def together(self, signals: Sequence[Signal]) -> list[Signal]:
        """The same signals as units of one node."""
        nodes = list(dict.fromkeys(signal.node for signal in signals))
        if len(nodes) == 1:
            return list(signals)
        sizes = [self.nodes[node].units for node in nodes]
        one = self.add(Concatenate(of=tuple(nodes), size=sum(sizes)), (-1,))
        starts = dict(zip(nodes, np.cumsum([0, *sizes]).tolist(), strict=False))
        return [one.at(signal.places + starts[signal.node]) for signal in signals]

    def graph(self, output: Signal, input_shape: Sequence[int] = ()) -> Graph:
        """The graph that gives a signal, without its batch; ``input_shape``: how a point's numbers lie, else flat."""
        last = self.flat(output)
        for node, name in zip(self.nodes, self.names, strict=True):
            if isinstance(node, Affine) and not (
                np.isfinite(node.map.numbers).all() and np.isfinite(node.bias).all()
            ):
                raise Refused(f"{name} has weights that are not finite")
            if isinstance(node, Kinks) and not all(
                np.isfinite(each.slopes).all() and not np.isnan((*each.kinks, *each.intercepts)).any()
                for each in node.pieces
            ):
                raise Refused(f"{name} has slopes or limits that are no numbers")
        nodes, names = simplified(self.nodes[: last + 1], self.names[: last + 1])
        shape = output.shape[1:] if output.shape[:1] == (1,) and len(output.shape) > 1 else output.shape
        return Graph(nodes, names, tuple(input_shape) or (nodes[0].units,), shape or (1,))
