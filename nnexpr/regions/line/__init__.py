"""Linear regions of networks with one input, exactly.

A network of affine layers and piecewise-linear activations is a continuous piecewise-linear function of x. Its
breakpoints on an interval are found layer by layer, without sampling: between two neighbouring positions at which some
unit so far changes its piece, every pre-activation of the next layer is affine in x, so a unit bends inside iff its
pre-activation lies on two sides of a kink at the two ends. It is the restriction of a network to a line of Sotoudeh and
Thakur (NeurIPS 2019), in float64 and compiled (``docs/decisions/regions.md``).

Two counts. *Activation regions* are the maximal intervals on which no unit changes its piece. *Linear regions* are the
maximal intervals on which the output is affine.

    member.py      members walked along a path, each in one compiled call
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
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.counted import Certificate, Counted, dead_units, domain_of, layer_counts, one_line
from nnexpr.regions.layer import Index
from nnexpr.regions.line.front import Path
from nnexpr.regions.line.member import Traced, walk
from nnexpr.regions.stack import NotPiecewiseLinear, Stack
from nnexpr.scale import Scale
from nnexpr.shown import Shown
from nnexpr.specification import InputError
from nnexpr.splines.linear import LinearSpline

__all__ = ["LineRegions", "NotPiecewiseLinear", "linear_regions"]


@dataclass(frozen=True, eq=False, kw_only=True)
class LineRegions(Shown, Counted, LinearSpline):
    """One member on ``domain``, as the spline that it is: its pieces are the linear regions.

    ``breakpoints: (B,)`` are where the output bends, ascending and strictly inside; ``slopes: (B + 1,)`` those of the
    linear regions between them, found by the chain rule; ``values: (B + 2,)`` the output at the left end, the
    breakpoints and the right end. With several outputs a breakpoint is where any of them bends. ``bend_layers``,
    ``bend_units: (B,)``: the hidden layer (from 1) and its unit (from 0) that bends there, the first one where several
    do. Layers are numbered as in the network, so one without kinks has its number too; an output layer with kinks
    counts as the last hidden layer.
    """

    __repr__ = one_line

    activation_regions: int  # maximal intervals on which no unit changes its piece
    bend_layers: Index
    bend_units: Index
    check: Certificate

    def rescaled(self, input_scale: Scale, value_scale: Scale) -> Self:
        """The same function in a target's own units."""
        order = slice(None, None, 1 if input_scale.factor > 0 else -1)
        return replace(
            super().rescaled(input_scale, value_scale),
            bend_layers=self.bend_layers[order],
            bend_units=self.bend_units[order],
            check=self.check.rescaled(value_scale),
        )


def linear_regions(
    network: Network | Graph, domain: tuple[float, float] | None = None, *, certify: bool = True
) -> list[LineRegions]:
    """The linear regions of every member on ``domain``, in the network's units.

    Unless given, the domain is the one that the network was trained on, and 0 to 1 where it was not.

    ``certify=False`` leaves out the comparison with a direct evaluation, which is a third to a half of the time. Many
    members are counted on as many threads as torch uses; the numbers do not depend on how many.

    Raises ``NotPiecewiseLinear``; ``InputError`` for a domain that is not two finite numbers in order; ``ValueError``
    if the network has several inputs, or a member's parameters or values are not finite.

    >>> from nnexpr import linear_regions, tent
    >>> [regions] = linear_regions(tent(6))
    >>> regions.count, regions.activation_regions
    (64, 64)
    """
    stack = Stack.of(network)
    low, high = (float(end) for end in domain or domain_of(network)[0])
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError("domain", (low, high), "two finite numbers, the lower one first")
    ends = np.array([low, high])
    path = Path(ends, ends[:, None], np.zeros((1, 1)), np.array([[1.0], [0.0]]))
    return walk(stack, path, lambda traced: _regions(traced, stack), certify=certify)


def _regions(traced: Traced, stack: Stack) -> LineRegions:
    ends = traced.ends
    inside, begins = ends[1:-1], ends[:-1]
    layers, units = stack.named(traced.births, inside)
    slopes, values = traced.slopes[begins], traced.values[ends]
    single = values.shape[1] == 1
    return LineRegions(
        knots=traced.positions[ends],
        slopes=slopes[:, 0] if single else slopes,
        values=values[:, 0] if single else values,
        activation_regions=len(traced.positions) - 1,
        bends_by_layer=layer_counts(layers, stack.hidden),
        bend_layers=layers,
        bend_units=units,
        dead_units=dead_units(traced.dead, stack.units),
        collapsed=traced.collapsed,
        check=traced.certificate(traced.positions[inside], stack),
    )
