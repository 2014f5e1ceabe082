"""How far rounding may take a graph's outputs: to tell two ways of computing them from two functions.

Every number is taken to be off by about its own size times the precision, independently, and variances go up through
the maps with their entries squared: sigma(z)^2 = sum_j w_j^2 (a_j^2 + sigma(a_j)^2) + b^2, in units of the precision.
"""

from __future__ import annotations

import numpy as np

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.maps import Array
from nnexpr.networks.graph.nodes import Affine, Concatenate, Kinks, Maximum, Sum

__all__ = ["compared", "trial_points", "values_and_rounding"]

_SIZES = (1.0, 10.0, 0.1, 1000.0)
_POINTS = 8  # fewer of a large graph, whose units at all of them would take
_ROOM = 1 << 24  # numbers, 128 MB
_TIMES = 2.0**12  # sigma: roundings of one sign add up to more than independent ones do


def values_and_rounding(graph: Graph, x: Array, near: float = np.inf) -> tuple[Array, Array]:
    """The outputs and their sigma, both ``(points, outputs)``.

    A unit that is within ``near`` sigma of a kink may be on either piece, the steeper one counts; others are where they
    are. Of a maximum those count that are within ``near`` sigma of being the largest.
    """
    values = graph.values(x)
    squares = [values[0] ** 2]
    for node in graph.nodes[1:]:
        given = [squares[below] for below in node.of]
        match node:
            case Affine():
                both = values[node.of[0]] ** 2 + given[0]
                squares.append(node.map.squared.apply(both) + node.bias**2)
            case Sum():
                squares.append(sum(given[1:], given[0]) + sum(values[below] ** 2 for below in node.of))
            case Concatenate():
                squares.append(np.concatenate(given, axis=1))
            case Kinks():
                both = values[node.of[0]] ** 2 + given[0]
                reach = near * np.sqrt(both) if near < np.inf else np.full_like(both, np.inf)
                steepest, most = _steepest(node, values[node.of[0]], reach)
                squares.append(both * steepest**2 + most**2)
            case Maximum():
                squares.append(_of_largest(node, values[node.of[0]], given[0], near))
            case _:
                raise TypeError(f"a graph has no node {type(node).__name__}")
    return values[-1], np.sqrt(squares[-1])


def _of_largest(node: Maximum, values: Array, squares: Array, near: float) -> Array:
    """The largest of the squares of those that may be the largest value of each group."""
    if near == np.inf:
        return node.evaluate(squares)
    reach = near * np.sqrt(squares)
    least, most = node.evaluate(values - reach), values + reach
    made = np.zeros_like(least)
    for column in node.groups.T:
        there = np.flatnonzero(column >= 0)
        own = column[there]
        may = np.where(most[:, own] >= least[:, there], squares[:, own], 0.0)
        made[:, there] = np.maximum(made[:, there], may)
    return made


def _steepest(node: Kinks, z: Array, near: Array) -> tuple[Array, Array]:
    """The largest slope and intercept, in size, of the pieces that each of ``z (points, units)`` may be on."""
    slopes, intercepts = np.zeros_like(z), np.zeros_like(z)
    for number, function in enumerate(node.pieces):
        own = np.flatnonzero(node.which == number)
        low, high = (
            np.searchsorted(function.kinks, z[:, own] + move) for move in (-near[:, own], near[:, own])
        )
        for piece, (slope, intercept) in enumerate(zip(function.slopes, function.intercepts, strict=True)):
            on = (low <= piece) & (piece <= high)
            slopes[:, own] = np.maximum(slopes[:, own], np.where(on, abs(slope), 0.0))
            intercepts[:, own] = np.maximum(intercepts[:, own], np.where(on, abs(intercept), 0.0))
    return slopes, intercepts


def trial_points(graph: Graph) -> Array:
    """Points at which two functions are compared, of several sizes around 0, the same each time."""
    units = sum(node.units for node in graph.nodes)
    number = min(_POINTS, max(2, _ROOM // units))
    sizes = np.resize(_SIZES, number)
    return sizes[:, None] * np.random.default_rng(0).standard_normal((number, graph.inputs))


def compared(graph: Graph, x: Array, told: Array, precision: float = 2.0**-52) -> bool:
    """Whether ``told (points, outputs)`` are the graph's values, but for the rounding of two ways of computing them."""
    with np.errstate(all="ignore"):  # weights whose squares overflow: then sigma tells nothing
        values, sigma = values_and_rounding(graph, x)
    tolerance = _TIMES * precision * sigma + np.finfo(np.float64).tiny
    return told.shape == values.shape and bool(
        np.all((np.abs(told - values) <= tolerance) | ~np.isfinite(sigma))
    )
