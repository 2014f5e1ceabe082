"""What rounding gathers on its way to the outputs, at given inputs: how far two sound evaluations may be apart.

What an output's own terms amount to says nothing of terms that cancelled in the layers below: a clamp that comes last
has outputs of size 1, made of sums of size 1000. So variances of rounding are carried up, as the tie rule on the line
carries them (``line/ties.py``), in squares of the tolerance,

    sigma(z)^2 = sum_j w_j^2 (a_j^2 + sigma(a_j)^2) + b^2         sigma(x) = |x| + |steps| for the input

with the slope of the piece that a unit is on, or that of the steeper one beside a kink that it is near; and likewise
those of slopes, which go along ``steps``. It costs some forward passes, and is asked for only where a residual is above
what the output's own terms explain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.rounding import values_and_rounding
from nnexpr.regions.counted import allowed
from nnexpr.regions.layer import Array, Bends, Index, Layer, affine, pieces_of, squared

__all__ = ["BESIDE", "forgiven", "gathered", "gathered_in", "overruled"]

Flags = NDArray[np.bool_]

BESIDE = 64  # points at which a graph is evaluated beside its chain
ROWS = 1024  # points at once
NEAR = 16.0  # tolerances times sigma: a kink that is nearer may have been passed


def gathered(layers: list[Layer], inputs: Array, steps: Array, tolerance: float) -> float:
    """The largest sigma of an output, in units of the tolerance, at ``inputs (n, d)``; 0 where squares overflow.

    ``steps (k, d)``: how far values were carried along slopes at most, in each direction.
    """
    most = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for first in range(0, len(inputs), ROWS):
            found = _sigmas(layers, np.ascontiguousarray(inputs[first : first + ROWS]), steps, tolerance)
            most = max(most, _finite(found))
    return most


def gathered_in(graph: Graph, inputs: Array, tolerance: float) -> float:
    """The same of a graph evaluated as it is, without slopes."""
    return _finite(_graph_sigmas(graph, inputs, tolerance))


def _graph_sigmas(graph: Graph, inputs: Array, tolerance: float) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        return values_and_rounding(graph, inputs, NEAR * tolerance)[1]


def forgiven(graph: Graph, inputs: Array, apart: Array, told: Array, tolerance: float) -> float:
    """What rounding explains of ``apart (n, outputs)``, |pieces - graph|, by the terms of the graph alone: infinite
    where it explains all, else the bound of the output that is the furthest above its own; 0 where one is NaN.

    The chain that is walked writes a maximum as b + relu(a - b): where b is so large that a is lost in it, the chain's
    own terms explain a residual that the graph's do not. ``inputs (n or more, d)``: the points, and others on the way
    there; ``told (n, outputs)`` the values, beside which rounding is looked for where it is more than theirs.
    """
    worst = apart.max(axis=0)
    if np.isnan(worst).any():
        return 0.0
    if np.all(worst <= np.vectorize(allowed)(np.abs(told).max(axis=0), tolerance)):
        return np.inf
    sigmas = _graph_sigmas(graph, inputs, tolerance)
    bounds = np.vectorize(allowed)(np.where(np.isfinite(sigmas), sigmas, np.inf).max(axis=0), tolerance)
    above = worst - bounds
    return float(bounds[above.argmax()]) if (above > 0.0).any() else np.inf


def overruled(
    layers: list[Layer], inputs: Array, values: Array, classes: Index, tolerance: float
) -> tuple[Flags, Flags]:
    """At which of ``inputs (n, d)`` another output leads that of ``classes (n,)`` by more than rounding explains, 16
    tolerance sigma of the two there, and at which by less than that. ``values (n, outputs)``: the network's.
    """
    lead = values - np.take_along_axis(values, classes[:, None], axis=1)
    level, beyond = (
        ~(lead.max(axis=1) <= 0.0),
        np.zeros(len(lead), np.bool_),
    )  # NaN leads, by more than is explained
    some = np.flatnonzero(level)
    for first in range(0, len(some), ROWS):
        rows = some[first : first + ROWS]
        still = np.zeros((1, inputs.shape[1]))
        with np.errstate(over="ignore", invalid="ignore"):
            sigmas = _sigmas(layers, np.ascontiguousarray(inputs[rows]), still, tolerance)
        sigmas = np.where(np.isfinite(sigmas), sigmas, np.inf)
        own = np.take_along_axis(sigmas, classes[rows, None], axis=1)
        beyond[rows] = ~(lead[rows] <= NEAR * tolerance * np.hypot(sigmas, own)).all(axis=1)
    return beyond, level & ~beyond


def _finite(sigmas: Array) -> float:
    return float(np.nan_to_num(sigmas, nan=0.0, posinf=0.0).max())


def _sigmas(layers: list[Layer], inputs: Array, steps: Array, tolerance: float) -> Array:
    """``(n, outputs)``."""
    number = len(steps)
    values, slopes = inputs, np.repeat(steps, len(inputs), axis=0)
    doubts, blurs = (np.abs(inputs) + np.abs(steps).sum(axis=0)) ** 2, slopes**2
    for layer in layers:
        square, nothing = squared(layer), np.zeros(len(layer.bias))
        doubts = affine(values**2 + doubts, square, square.bias)
        blurs = affine(slopes**2 + blurs, square, nothing)
        values, slopes = affine(values, layer, layer.bias), affine(slopes, layer, nothing)
        gains, steepest, shifts = _pieces(values, layer.bends, NEAR * tolerance * np.sqrt(doubts))
        values, slopes = gains * values + shifts, np.tile(gains, (number, 1)) * slopes
        doubts, blurs = steepest**2 * doubts + shifts**2, np.tile(steepest, (number, 1)) ** 2 * blurs
    found: Array = np.sqrt(doubts) + np.sqrt(blurs.reshape(number, *doubts.shape)).sum(axis=0)
    return found


def _pieces(z: Array, bends: Bends, near: Array) -> tuple[Array, Array, Array]:
    """The slope and the intercept of the piece that each of ``z (n, units)`` is on, and between them the steepest slope
    of those that it may be on.
    """
    gains, steepest, shifts = np.ones_like(z), np.ones_like(z), np.zeros_like(z)
    for run, (first, end, _) in enumerate(bends.runs):
        kinks, slopes, intercepts = pieces_of(bends, run)
        own = z[:, first:end]
        on, low, high = (
            np.searchsorted(kinks, own + move) for move in (0.0, -near[:, first:end], near[:, first:end])
        )
        gains[:, first:end], shifts[:, first:end] = slopes[on], intercepts[on]
        steepest[:, first:end] = np.maximum(np.abs(slopes[low]), np.abs(slopes[high]))
    return gains, steepest, shifts
