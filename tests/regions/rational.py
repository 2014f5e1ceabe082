"""An oracle: a network on the line in exact rational arithmetic, by affine maps of x, not values at positions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nnexpr.activations import ACTIVATIONS
from nnexpr.networks.network import Network

Affine = tuple[Fraction, Fraction]  # slope, intercept in x


@dataclass(frozen=True)
class ExactRegions:
    breakpoints: list[Fraction]  # of the output
    slopes: list[list[Fraction]]  # of each linear region, one for each output
    activation_regions: int
    bends: list[
        tuple[int, int]
    ]  # the first (layer from 1, unit from 0) that changes its piece at each breakpoint
    dead_units: list[tuple[int, int]]


def exact_regions(network: Network, member: int, domain: tuple[float, float]) -> ExactRegions:
    """Every unit is an affine map on each interval; an interval is cut at each kink strictly inside it."""
    ends = [Fraction(domain[0]), Fraction(domain[1])]
    maps: list[list[list[Affine]]] = [
        [[(Fraction(1), Fraction(0))]]
    ]  # of x and of every layer so far, on each
    first: dict[Fraction, tuple[int, int]] = {}
    dead: list[tuple[int, int]] = []
    for number, layer in enumerate(network.layers, 1):
        pieces = ACTIVATIONS[layer.activation].pieces
        assert pieces is not None
        kinks, gains, shifts = (
            [Fraction(v) for v in t] for t in (pieces.kinks, pieces.slopes, pieces.intercepts)
        )
        rows = [[Fraction(v) for v in row] for row in network.affine(number - 1)[member].double().tolist()]
        cut_ends, cut_maps, cut_below = [ends[0]], [], []
        for low, high, below in zip(ends, ends[1:], maps, strict=False):
            inputs, added = (
                below[-1],
                below[-layer.adds] if layer.adds else [(Fraction(0), Fraction(0))] * len(rows),
            )
            z = [
                (
                    sum((w * a[0] for w, a in zip(row, inputs, strict=False)), more[0]),
                    sum((w * a[1] for w, a in zip(row, inputs, strict=False)), more[1] + row[-1]),
                )
                for row, more in zip(rows, added, strict=True)
            ]
            roots = {(kink - shift) / slope for slope, shift in z if slope for kink in kinks}
            cuts = [*sorted(root for root in roots if low < root < high), high]
            cut_ends += cuts
            cut_maps += [z] * len(cuts)
            cut_below += [below] * len(cuts)
        on = [
            [sum(slope * (low + high) / 2 + shift > kink for kink in kinks) for slope, shift in z]
            for low, high, z in zip(cut_ends, cut_ends[1:], cut_maps, strict=False)
        ]
        ends = cut_ends
        maps = [
            [
                *below,
                [
                    (gains[k] * slope, gains[k] * shift + shifts[k])
                    for k, (slope, shift) in zip(p, z, strict=True)
                ],
            ]
            for p, z, below in zip(on, cut_maps, cut_below, strict=True)
        ]
        for x, left, right in zip(ends[1:], on, on[1:], strict=False):
            changed = [unit for unit, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
            if changed:
                first.setdefault(x, (number, changed[0]))
        levels = [
            [slope * x + shift for slope, shift in z]
            for low, high, z in zip(cut_ends, cut_ends[1:], cut_maps, strict=False)
            for x in (low, high)
        ]
        for unit in range(layer.outputs):
            lowest, highest = min(z[unit] for z in levels), max(z[unit] for z in levels)
            for piece, gain in enumerate(gains):  # a flat piece contains the kinks at its ends
                from_below = piece == 0 or kinks[piece - 1] <= lowest
                to_above = piece == len(kinks) or highest <= kinks[piece]
                if gain == 0 and from_below and to_above:
                    dead.append((number, unit))
    slopes = [[slope for slope, _ in layers[-1]] for layers in maps]
    bends = [i for i in range(1, len(slopes)) if slopes[i] != slopes[i - 1]]
    return ExactRegions(
        breakpoints=[ends[i] for i in bends],
        slopes=[slopes[i] for i in [0, *bends]],
        activation_regions=len(first) + 1,
        bends=[first[ends[i]] for i in bends],
        dead_units=[each for each in dead if each[0] < len(network.layers)],
    )
