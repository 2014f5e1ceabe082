"""A graph's nodes as steps of which two kinds are affine and one bends: maxima as tournaments.

A maximum of k is max(a, b) = b + relu(a - b) of pairs, and again of what is left: k - 1 units, of which each says which
of two is larger.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Array
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Node, Sum
from nnexpr.regions.layer import Index

__all__ = ["Bend", "Joined", "Mapped", "Matrix", "Step", "entries", "steps_of"]

RELU = PiecewiseLinear((0.0,), (0.0, 1.0), (0.0, 0.0))

Matrix = sparse.csr_array  # (inputs, outputs)


@dataclass(frozen=True, eq=False)
class Bend:
    """A node that bends, and its units' names; one without ``pieces`` only holds what it takes."""

    of: int
    pieces: tuple[PiecewiseLinear, ...] = ()
    which: Index = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    names: Index = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Mapped:
    """x M + b of one node."""

    of: int
    matrix: Matrix
    bias: Array


@dataclass(frozen=True, eq=False)
class Joined:
    """The sum of several, or several behind each other."""

    of: tuple[int, ...]
    behind: bool


Step = Bend | Mapped | Joined


def steps_of(graph: Graph) -> tuple[list[Step | None], int]:
    """The graph's nodes as steps, maxima as tournaments; and the number of the last. The input is None."""
    steps: list[Step | None] = [None]
    place = {0: 0}  # of each node among the steps
    layer = 0
    for number, node in enumerate(graph.nodes[1:], 1):
        of = tuple(place[below] for below in node.of)
        layer += node.bends
        if isinstance(node, Maximum):
            place[number] = _tournament(steps, of[0], node.groups, graph.nodes[node.of[0]].units, layer)
            continue
        steps.append(_step(node, of, layer))
        place[number] = len(steps) - 1
    return steps, place[len(graph.nodes) - 1]


def _step(node: Node, of: tuple[int, ...], layer: int) -> Step:
    if isinstance(node, Affine):
        return Mapped(of[0], sparse.csr_array(node.map.sparse()), node.bias)
    if isinstance(node, (Sum, Concatenate)):
        return Joined(of, isinstance(node, Concatenate))
    if isinstance(node, Kinks):
        return Bend(of[0], node.pieces, node.which, _names(layer, 0, node.units))
    raise TypeError(f"a node is a {type(node).__name__}, of which no regions are known")


def _names(layer: int, first: int, count: int) -> Index:
    return np.column_stack([np.full(count, layer), np.arange(first, first + count)])


def _tournament(steps: list[Step | None], of: int, groups: Index, units: int, layer: int) -> int:
    """Append the steps of a maximum; the number of the last. Those of a round are compared in pairs."""
    named = 0
    while True:
        count = groups.shape[1]
        left, right = groups[:, 0 : count - 1 : 2], groups[:, 1::2]
        both = (left >= 0) & (right >= 0)
        pairs = int(both.sum())
        if pairs:
            number = np.arange(pairs)
            matrix = entries((left[both], number, 1.0), (right[both], number, -1.0), shape=(units, pairs))
            steps.append(Mapped(of, matrix, np.zeros(pairs)))
            which = np.zeros(pairs, dtype=np.int64)
            steps.append(Bend(len(steps) - 1, (RELU,), which, _names(layer, named, pairs)))
            steps.append(Joined((len(steps) - 1, of), True))
            named += pairs
        # The better of each pair is relu(a - b) + b; whoever has no rival goes on.
        best = np.where(right >= 0, right, left)
        if count % 2:
            best, both = np.column_stack([best, groups[:, -1]]), np.column_stack([both, groups[:, -1] < -1])
        there = best >= 0
        groups = np.where(there, np.cumsum(there).reshape(there.shape) - 1, -1)
        added = np.cumsum(both).reshape(both.shape) - 1
        on = groups[both]
        matrix = entries(
            (pairs + best[there], groups[there], 1.0),
            (added[both], on, 1.0),
            shape=(pairs + units, int(there.sum())),
        )
        steps.append(Mapped(len(steps) - 1 if pairs else of, matrix, np.zeros(matrix.shape[1])))
        of, units = len(steps) - 1, matrix.shape[1]
        if groups.shape[1] == 1:
            return of


def entries(*given: tuple[Index, Index, float], shape: tuple[int, int]) -> Matrix:
    rows, columns = (np.concatenate([each[side] for each in given]) for side in (0, 1))
    values = np.concatenate([np.full(len(each[0]), each[2]) for each in given])
    return sparse.csr_array((values, (rows, columns)), shape=shape)
