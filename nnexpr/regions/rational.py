"""Counting without rounding: a network's regions in rational arithmetic, equal intervals counted together.

Floats are dyadic numbers, so every value at a breakpoint is rational, and the counts are exact for the weights as they
are, with no tolerance. (Weights that only approximate kinks meant to coincide then show their slivers: a compositional
network with float64 weights has more than 2^L regions.)

An interval enters the next layer only through the outputs at its two ends. Intervals with the same ends behave alike
and are kept once, with their number and the width of the narrowest; so are pairs of neighbours, with the ratio of their
widths, from which follows whether the output bends between them. The tent composed k times has two kinds of interval at
every level: its 2^k regions are counted from the weights in O(k) steps, to any k. In general the kinds are as many as
the regions, and their numerators grow with depth: for small networks, or as an oracle. More than ``most`` kinds are
refused.

Where float64 ends. Breakpoints of the tent are j / 2^k, and below 1 float64 numbers are 2^-53 apart: to k = 53 every
breakpoint is a float64 number, with slopes ±2^k and all values exact, so enumeration is exact as far as memory goes.
From k = 54 on half of the breakpoints of [1/2, 1] are none; evaluation is still exact at every float64 x, but each fold
takes a binary digit of x away, and the wave is 0 at all float64 numbers of [1/2, 1]. ``fits_float64`` says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import nextafter, ulp

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network
from nnexpr.regions.carried import Wider, carried
from nnexpr.regions.counted import domain_of
from nnexpr.regions.stack import Stack

__all__ = ["RationalCount", "TooManyKinds", "rational_count"]

Point = tuple[Fraction, ...]  # the outputs of a layer's units at one position
Interval = tuple[Point, Point]
Neighbours = tuple[Point, Point, Point, Fraction]  # left, shared and right end; right width over left width
Widths = dict[Interval, Fraction]  # the narrowest interval of each kind


class TooManyKinds(ValueError):
    """A layer has more kinds of intervals than were allowed, so counting them by kind gains nothing."""


@dataclass(frozen=True)
class RationalCount:
    """Exact numbers of regions on a domain, however large.

    ``kinds``: how many kinds of intervals stand for the activation regions. ``narrowest``: the width of the narrowest
    activation region. ``fits_float64``: whether that is at least the distance of float64 numbers at the domain's larger
    end; where it is not, ``linear_regions`` can count regions but not tell all of their positions apart.
    """

    linear_regions: int
    activation_regions: int
    kinds: int
    narrowest: Fraction
    fits_float64: bool

    def __repr__(self) -> str:
        counts = f"{self.linear_regions:,} linear and {self.activation_regions:,} activation regions"
        return f"<RationalCount: {counts}, the narrowest {float(self.narrowest):.3g} wide>"


def rational_count(
    network: Network, domain: tuple[float, float] | None = None, *, member: int = 0, most: int = 20_000
) -> RationalCount:
    """The regions of one member on ``domain``, in exact arithmetic.

    Unless given, the domain is the one that the network was trained on, and 0 to 1 where it was not. Raises as
    ``linear_regions`` does, and TooManyKinds if a layer has more than ``most`` kinds of intervals or pairs of
    neighbours; those of a random network are as many as its regions.

    >>> from nnexpr import rational_count, tent
    >>> rational_count(tent(40)).linear_regions == 2**40
    True
    """
    Stack.of(network)  # for its refusals
    low, high = map(Fraction, domain or domain_of(network)[0])
    intervals: Counter[Interval] = Counter({((low,), (high,)): 1})
    narrowest: Widths = {((low,), (high,)): high - low}
    neighbours: Counter[Neighbours] = Counter()
    for index, (layer, wider) in enumerate(zip(network.layers, carried(network.layers), strict=True)):
        pieces = ACTIVATIONS[layer.activation].pieces
        if pieces is not None:
            weights = _weights(network.affine(index)[member].double().tolist(), wider)
            intervals, narrowest, neighbours = _above(
                intervals, narrowest, neighbours, weights, pieces, wider
            )
        if max(len(intervals), len(neighbours)) > most:
            raise TooManyKinds(
                f"layer {index + 1} has more than {most} kinds of intervals (most = {most}); "
                "linear_regions counts them one by one"
            )
    bends = sum(
        number
        for (left, middle, right, ratio), number in neighbours.items()
        if any((m - a) * ratio != b - m for a, m, b in zip(left, middle, right, strict=True))
    )
    width = min(narrowest.values())
    resolution = ulp(nextafter(float(max(abs(low), abs(high))), 0.0))
    return RationalCount(
        bends + 1, neighbours.total() + 1, len(intervals), width, width >= Fraction(resolution)
    )


def _above(
    intervals: Counter[Interval],
    narrowest: Widths,
    neighbours: Counter[Neighbours],
    weights: list[list[Fraction]],
    pieces: PiecewiseLinear,
    layer: Wider,
) -> tuple[Counter[Interval], Widths, Counter[Neighbours]]:
    """The intervals, their least widths and the pairs of neighbours above one layer."""
    units = layer.outputs - layer.passing
    cut = {interval: _cut(interval, weights, pieces, units) for interval in intervals}
    finer: Counter[Interval] = Counter()
    least: Widths = {}
    pairs: Counter[Neighbours] = Counter()
    for interval, number in intervals.items():
        places, points = cut[interval]
        widths = [right - left for left, right in pairwise(places)]
        for ends, share in zip(pairwise(points), widths, strict=True):
            finer[ends] += number
            width = share * narrowest[interval]
            least[ends] = min(width, least.get(ends, width))
        for at, (left, right) in enumerate(pairwise(widths)):
            pairs[points[at], points[at + 1], points[at + 2], right / left] += number
    for (left_end, middle, right_end, ratio), number in neighbours.items():
        left_places, left_points = cut[left_end, middle]
        right_places, right_points = cut[middle, right_end]
        ratio *= (right_places[1] - right_places[0]) / (left_places[-1] - left_places[-2])
        pairs[left_points[-2], left_points[-1], right_points[1], ratio] += number
    return finer, least, pairs


def _weights(rows: list[list[float]], layer: Wider) -> list[list[Fraction]]:
    """[W | b] of a layer with what it passes on and adds, ``(outputs, inputs + 1)``."""
    made = [[Fraction(0)] * (layer.inputs + 1) for _ in range(layer.outputs)]
    for row, (*weights, bias) in zip(made, rows, strict=False):
        row[: len(weights)], row[-1] = map(Fraction, weights), Fraction(bias)
    for below, above in layer.ones:
        made[above][below] += 1
    return made


def _cut(
    interval: Interval, weights: list[list[Fraction]], pieces: PiecewiseLinear, units: int
) -> tuple[list[Fraction], list[Point]]:
    """Where one of the ``units`` cuts an interval, as shares of it with both ends, and the layer's outputs there."""
    start, end = (
        [sum((w * a for w, a in zip(row, ends, strict=False)), row[-1]) for row in weights]
        for ends in interval
    )
    kinks = [Fraction(kink) for kink in pieces.kinks]
    crossings = {
        (kink - low) / (high - low)
        for low, high in zip(start[:units], end[:units], strict=True)
        for kink in kinks
        if min(low, high) < kink < max(low, high)
    }
    places = [Fraction(0), *sorted(crossings), Fraction(1)]
    points = [[low + place * (high - low) for low, high in zip(start, end, strict=True)] for place in places]
    return places, [(*(_activation(z, pieces) for z in point[:units]), *point[units:]) for point in points]


def _activation(z: Fraction, pieces: PiecewiseLinear) -> Fraction:
    piece = sum(z > Fraction(kink) for kink in pieces.kinks)
    return Fraction(pieces.slopes[piece]) * z + Fraction(pieces.intercepts[piece])
