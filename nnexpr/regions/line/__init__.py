"""Linear regions of networks with one input, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear function of x. Its
breakpoints on an interval are found layer by layer, without sampling: between two neighbouring positions at which some
unit so far changes its piece, every pre-activation of the next layer is affine in x, so a unit bends inside iff its
pre-activation lies on two sides of a kink at the two ends. It is the restriction of a network to a line of Sotoudeh and
Thakur (NeurIPS 2019), in float64 and compiled (``docs/decisions/regions.md``).

Two counts. *Activation regions* are the maximal intervals on which no unit changes its piece. *Linear regions* are the
maximal intervals on which the output is affine.

    member.py      all layers of one member, in one compiled call
    propagate.py   one layer: interpolation, activation
    crossings.py   where the units of a layer meet their kinks
    ties.py        kinks that coincide: the rule that decides them
    outputs.py     which neighbours are one linear region
    certificate.py the comparison with a direct evaluation
    path.py        the same along a polyline, for any number of inputs

Cost: about two forward passes for each region, one of them for the certificate. Error: values carry the rounding of
float64, positions that of the domain's larger end. The counts do not depend on rounding, except that crossings closer
than the tie rule's tolerance are counted as one, and reported.
"""

from __future__ import annotations

import math

import numpy as np

from nnexpr.networks.network import Network
from nnexpr.regions.line.certificate import Certificate
from nnexpr.regions.line.member import Traced
from nnexpr.regions.line.pieces import LineRegions
from nnexpr.regions.line.walk import Path, dead_units, layer_counts, walk
from nnexpr.regions.stack import NotPiecewiseLinear, Stack
from nnexpr.specification import InputError

__all__ = ["LineRegions", "NotPiecewiseLinear", "linear_regions"]


def linear_regions(
    network: Network, domain: tuple[float, float] = (0.0, 1.0), *, certify: bool = True
) -> list[LineRegions]:
    """The linear regions of every member on ``domain``, in the network's units.

    ``certify=False`` leaves out the comparison with a direct evaluation, which is a third to a half of the time. Many
    members are counted on as many threads as torch uses; the numbers do not depend on how many.

    Raises ``NotPiecewiseLinear``; ``InputError`` for a domain that is not two finite numbers in order; ``ValueError``
    if the network has several inputs, or a member's parameters or values are not finite.

    >>> from nnexpr import linear_regions, tent
    >>> [regions] = linear_regions(tent(6))
    >>> regions.count, regions.activation_regions
    (64, 64)
    """
    low, high = (float(end) for end in domain)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError("domain", (low, high), "two finite numbers, the lower one first")
    stack = Stack.of(network)
    ends = np.array([low, high])
    path = Path(ends, ends[:, None], np.zeros((1, 1)), np.array([[1.0], [0.0]]))
    return walk(stack, path, lambda _, traced: _regions(traced, stack), certify=certify)


def _regions(traced: Traced, stack: Stack) -> LineRegions:
    _, front, rounding, ends, ties, dead, _, _, residual = traced
    positions, births, values, slopes, _ = front
    inside = ends[1:-1]
    bends, layers, units = positions[inside], births[inside, 0], births[inside, 1]
    slopes, values = slopes[ends[:-1]], values[ends]
    single = values.shape[1] == 1
    unresolved = int(np.count_nonzero(bends[1:] == bends[:-1]))
    return LineRegions(
        knots=positions[ends],
        slopes=slopes[:, 0] if single else slopes,
        values=values[:, 0] if single else values,
        activation_regions=len(positions) - 1,
        bends_by_layer=layer_counts(layers, len(stack.shapes) - 1),
        bend_layers=layers,
        bend_units=units,
        dead_units=dead_units(dead, stack.units),
        collapsed=len(ends) == 2 and bool((np.abs(slopes[0]) <= rounding[0]).all()),
        check=Certificate(None if residual < 0.0 else residual, ties, unresolved),
    )
