"""Counting without rounding: a network's regions in rational arithmetic, equal intervals counted together.

Floats are rationals, so every value at a breakpoint is one, and the counts are exact for the weights as they are, with
no tolerance. (Weights that only approximate kinks meant to coincide then show their slivers: a compositional network
with float64 weights has more than 2^L regions.)

An interval enters the next layer only through the outputs at its two ends. Intervals with the same ends behave alike
and are kept once, with their number; so are pairs of neighbours, with the ratio of their widths, from which follows
whether the output bends between them. The tent composed k times has two kinds of interval at every level: its 2^k
regions are counted in O(k) steps, to any k. In general the kinds are as many as the regions, and their numerators grow
with depth: for small networks, or as an oracle.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from nnexpr.activations import ACTIVATIONS, PiecewiseLinear
from nnexpr.networks.network import Network
from nnexpr.regions.stack import Stack

__all__ = ["RationalCount", "rational_count"]

Point = tuple[Fraction, ...]  # the outputs of a layer's units at one position
Interval = tuple[Point, Point]
Neighbours = tuple[Point, Point, Point, Fraction]  # left, shared and right end; right width over left width


@dataclass(frozen=True)
class RationalCount:
    """Exact numbers of regions on a domain, however large."""

    linear_regions: int
    activation_regions: int


def rational_count(
    network: Network, domain: tuple[float, float] = (0.0, 1.0), *, member: int = 0
) -> RationalCount:
    """The regions of one member on ``domain``; raises as ``linear_regions`` does."""
    Stack.of(network)  # for its refusals
    low, high = Fraction(domain[0]), Fraction(domain[1])
    intervals: Counter[Interval] = Counter({((low,), (high,)): 1})
    neighbours: Counter[Neighbours] = Counter()
    for index, layer in enumerate(network.layers):
        pieces = ACTIVATIONS[layer.activation].pieces
        if pieces is not None:
            rows = network.affine(index)[member].double().tolist()
            weights = [[Fraction(number) for number in row] for row in rows]
            intervals, neighbours = _above(intervals, neighbours, weights, pieces)
    bends = sum(
        number
        for (left, middle, right, ratio), number in neighbours.items()
        if any((m - a) * ratio != b - m for a, m, b in zip(left, middle, right, strict=True))
    )
    return RationalCount(bends + 1, neighbours.total() + 1)


def _above(
    intervals: Counter[Interval],
    neighbours: Counter[Neighbours],
    weights: list[list[Fraction]],
    pieces: PiecewiseLinear,
) -> tuple[Counter[Interval], Counter[Neighbours]]:
    """The intervals and pairs of neighbours above one layer."""
    cut = {interval: _cut(interval, weights, pieces) for interval in intervals}
    finer: Counter[Interval] = Counter()
    pairs: Counter[Neighbours] = Counter()
    for interval, number in intervals.items():
        places, points = cut[interval]
        widths = [right - left for left, right in pairwise(places)]
        for ends in pairwise(points):
            finer[ends] += number
        for at, (left, right) in enumerate(pairwise(widths)):
            pairs[points[at], points[at + 1], points[at + 2], right / left] += number
    for (left_end, middle, right_end, ratio), number in neighbours.items():
        left_places, left_points = cut[left_end, middle]
        right_places, right_points = cut[middle, right_end]
        ratio *= (right_places[1] - right_places[0]) / (left_places[-1] - left_places[-2])
        pairs[left_points[-2], left_points[-1], right_points[1], ratio] += number
    return finer, pairs


def _cut(
    interval: Interval, weights: list[list[Fraction]], pieces: PiecewiseLinear
) -> tuple[list[Fraction], list[Point]]:
    """Where an interval is cut, as shares of it with both ends, and the layer's outputs there."""
    start, end = (
        [sum((w * a for w, a in zip(row, ends, strict=False)), row[-1]) for row in weights]
        for ends in interval
    )
    kinks = [Fraction(kink) for kink in pieces.kinks]
    crossings = {
        (kink - low) / (high - low)
        for low, high in zip(start, end, strict=True)
        for kink in kinks
        if min(low, high) < kink < max(low, high)
    }
    places = [Fraction(0), *sorted(crossings), Fraction(1)]
    return places, [
        tuple(_activation(low + place * (high - low), pieces) for low, high in zip(start, end, strict=True))
        for place in places
    ]


def _activation(z: Fraction, pieces: PiecewiseLinear) -> Fraction:
    piece = sum(z > Fraction(kink) for kink in pieces.kinks)
    return Fraction(pieces.slopes[piece]) * z + Fraction(pieces.intercepts[piece])
