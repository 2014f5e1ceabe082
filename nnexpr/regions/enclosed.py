"""A graph's values at given inputs with a bound of their error: never less than the worst that rounding can do.

Every number of a node has a bound e of how far it may be from what exact arithmetic gives for inputs that are
themselves off by no more than theirs. With u = 2^-53 and n terms at most

    z = sum_j w_j a_j + b        e(z) = sum_j |w_j| e(a_j) + (n + 2) u (sum_j |w_j| |a_j| + |b|)
    f(z)                         e    = |steepest slope between z - e and z + e| e(z) + 2 u (|slope z| + |intercept|)

and a maximum is off by no more than the worst of its members that may be the largest. It costs two more products a
node, and is asked for where signs and leads are to be proved (``path.py``). Source: Higham, Accuracy and Stability of
Numerical Algorithms, 2002, sections 3.1 and 3.3.
"""

from __future__ import annotations

import numpy as np

from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Dense
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Sum
from nnexpr.regions.layer import Array

__all__ = ["enclosed"]

UNIT = 2.0**-53 * (1.0 + 2.0**-20)  # with room for the rounding of the bounds themselves
LEAST = 2.0**-1074  # what a product may lose where it underflows
ROWS = 1024  # points at once


def enclosed(graph: Graph, inputs: Array, doubts: Array) -> tuple[Array, Array]:
    """The outputs at ``inputs (n, d)``, off by ``doubts (n, d)`` at most, and their bounds: ``(n, outputs)``."""
    found = [
        _enclosed(graph, inputs[first : first + ROWS], doubts[first : first + ROWS])
        for first in range(0, max(len(inputs), 1), ROWS)
    ]
    values, bounds = (np.concatenate(each) for each in zip(*found, strict=True))
    return values, bounds


def _enclosed(graph: Graph, inputs: Array, doubts: Array) -> tuple[Array, Array]:
    values, bounds = [inputs], [doubts]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for node in graph.nodes[1:]:
            given = [values[below] for below in node.of]
            doubt = [bounds[below] for below in node.of]
            values.append(node.evaluate(*given))
            match node:
                case Affine():
                    terms = _terms(node) + 2
                    sizes = node.map.magnitudes.apply(np.abs(given[0])) + np.abs(node.bias)
                    made = node.map.magnitudes.apply(doubt[0])
                    made = made * (1.0 + terms * UNIT) + terms * (UNIT * sizes + LEAST)
                case Sum():
                    made = sum(doubt[1:], doubt[0]) + len(given) * UNIT * sum(map(np.abs, given))
                case Concatenate():
                    made = np.concatenate(doubt, axis=1)
                case Kinks():
                    made = _bent(node, given[0], doubt[0])
                case Maximum():
                    made = _largest(node, given[0], doubt[0])
                case _:
                    raise TypeError(f"a graph has no node {type(node).__name__}")
            bounds.append(np.where(np.isnan(made), np.inf, made))
    return values[-1], bounds[-1]


def _terms(node: Affine) -> int:
    """At most how many products one unit adds up."""
    if isinstance(node.map, Convolution):
        return int(np.prod(node.map.weights.shape[1:]))
    return node.map.inputs if isinstance(node.map, Dense) else 1


def _bent(node: Kinks, z: Array, doubts: Array) -> Array:
    made = np.empty_like(z)
    for number, function in enumerate(node.pieces):
        own = np.flatnonzero(node.which == number)
        slopes, intercepts = (np.abs(each) for each in (function.slopes, function.intercepts))
        low, high = (
            np.searchsorted(function.kinks, z[:, own] + move) for move in (-doubts[:, own], doubts[:, own])
        )
        steepest, size = np.zeros((2, len(z), len(own)))
        for piece, (slope, intercept) in enumerate(zip(slopes, intercepts, strict=True)):
            on = (low <= piece) & (piece <= high)
            steepest = np.maximum(steepest, np.where(on, slope, 0.0))
            size = np.maximum(size, np.where(on, slope * np.abs(z[:, own]) + intercept, 0.0))
        # Products with 0 and 1 are exact, and so is a sum with 0.
        exact = not any(function.intercepts) and set(slopes.tolist()) <= {0.0, 1.0}
        made[:, own] = steepest * doubts[:, own] + (0.0 if exact else 2.0 * (UNIT * size + LEAST))
    return made


def _largest(node: Maximum, z: Array, doubts: Array) -> Array:
    least, most = node.evaluate(z - doubts), z + doubts
    made = np.zeros_like(least)
    for column in node.groups.T:
        there = np.flatnonzero(column >= 0)
        own = column[there]
        may = np.where(most[:, own] >= least[:, there], doubts[:, own], 0.0)
        made[:, there] = np.maximum(made[:, there], may)
    return made
