"""What the paper proves of sums of composed waves: claims M7 to M9, in rational arithmetic.

Breakpoints and slopes are found one by one where they are few enough. Each claim comes with the table it is read from;
peaks are drawn from the seed, ``draws`` times.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul

import numpy as np
import torch

from nnexpr.experiments.data import Cell, Claim, Table
from nnexpr.experiments.judging import judged
from nnexpr.networks.compositional import compositional, random_peaks
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import exact

__all__ = ["convex", "differentiable", "second_derivative", "wave_slopes"]

FEW = 20  # networks with either slope of equation (1), and of which all breakpoints are looked at
LEAST = 100  # thousandths: c of the theorem on sufficiency
HALF = Fraction(1, 2)
PEAKS = (Fraction(3, 10), Fraction(2, 5), HALF, Fraction(3, 5), Fraction(7, 10))
FOLDS = 4  # of the networks with either slope of equation (1)


def wave_slopes(peaks: exact.Rational, scales: exact.Rational) -> tuple[list[Fraction], list[Fraction]]:
    """The breakpoints of the sum of the waves, ends included, and its slopes between them."""
    x, waves = exact.breakpoints(peaks, scales)
    sums = [sum((s * w[k] for s, w in zip(scales, waves, strict=True)), Fraction(0)) for k in range(len(x))]
    return x, [(sums[k + 1] - sums[k]) / (x[k + 1] - x[k]) for k in range(len(x) - 1)]


# --- M7


def differentiable(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """The gap at the first peak, relative to s_0, over the depth; under the theorem it is Π (1 - a_m)."""
    rng = np.random.default_rng(seed + 1)
    depths = (2, 4, 8, 16, 32)
    deepest = depths[-1]
    theorem = {depth: Fraction(0) for depth in depths}
    free = {depth: Fraction(10**9) for depth in depths}
    identical = True
    for number in range(draws):
        a = exact.random_peaks(deepest + 1, rng, LEAST)
        scales = theorem_scales(a)[:deepest]
        other = list(
            accumulate(exact.random_peaks(deepest, rng), mul)
        )  # ratios in (0, 1), as free as they come
        for depth in depths:
            relative = exact.gap(a, scales[:depth], 0) / scales[0]
            identical &= relative == math.prod(1 - peak for peak in a[2 : depth + 1])
            if depth <= 4 or (depth <= 8 and number == 0):
                identical &= relative == _slope_gap(a[:depth], scales[:depth])
            theorem[depth] = max(theorem[depth], relative)
            free[depth] = min(free[depth], abs(exact.gap(a, other[:depth], 0)) / other[0])
    bound = (1 - Fraction(LEAST, 1000)) ** (deepest - 1)
    rows = [[depth, float(theorem[depth]), float(free[depth])] for depth in depths]
    title = f"Relative gap of the slopes at the first peak, peaks in [{LEAST / 1000}, {1 - LEAST / 1000}]"
    columns = ("layers", "largest, theorem's scales", "smallest, free scales")
    claims = [
        judged(
            "M7 sufficient",
            "With s_{i+1} = s_i (1 - a_{i+1}) a_{i+2} and peaks in [c, 1 - c], slopes at a peak meet at last",
            "gap = Π (1 - a_m)",
            f"so in every case; {float(theorem[deepest]):.2g} at depth {deepest}" if identical else "another gap",
            "exact", identical and theorem[deepest] <= bound,
            fails_if="the slopes beside the first peak differ by another factor than Π (1 - a_m), or one above "
            f"{float(bound):.2g} at depth {deepest}",
        ),
        judged(
            "M7 necessary", "With other scales they do not", "gap does not tend to 0",
            f"at least {float(free[deepest]):.2g} at depth {deepest}", None, free[deepest] > theorem[deepest],
            fails_if=f"free scales leave as small a gap at depth {deepest} as the theorem's largest",
        ),
        _printed_slope(),
    ]  # fmt: skip
    return Table(title, columns, rows), claims


def _slope_gap(peaks: exact.Rational, scales: exact.Rational) -> Fraction:
    """The change of slope at x = a_0, found among all breakpoints, over that of the first wave alone."""
    x, slopes = wave_slopes(peaks, scales)
    place = x.index(peaks[0])
    return (slopes[place] - slopes[place - 1]) / (-1 / (1 - peaks[0]) - 1 / peaks[0]) / scales[0]


def _printed_slope() -> Claim:
    """Equation (1): with the second slope as printed, 1/(1 - a), nothing is folded."""
    corrected, printed = (
        [one.count for one in linear_regions(_with_slope(sign), certify=False)] for sign in (-1, 1)
    )
    return judged(
        "M7 equation (1)",
        "Equation (1) prints the triangle's second slope as 1/(1 - a); a triangle that folds has -1/(1 - a)",
        2**FOLDS, f"{FOLDS} layers have {_span(printed)} regions as printed, {_span(corrected)} as corrected", "exact",
        set(corrected) == {2**FOLDS}, corrected=2**FOLDS not in printed,
        fails_if=f"networks with the slope -1/(1 - a) have other than {2**FOLDS} regions",
    )  # fmt: skip


def _span(counts: list[int]) -> str:
    return str(min(counts)) if len(set(counts)) == 1 else f"{min(counts)} to {max(counts)}"


def _with_slope(sign: int) -> Network:
    """Compositional networks whose triangles have the second slope ``sign``/(1 - a)."""
    peaks = random_peaks(FOLDS, FEW, 0)
    network = compositional(FOLDS, peaks, members=FEW, dtype="float64")
    made = network.with_parameters(network.parameters.clone())
    for index, a in enumerate(torch.from_numpy(peaks).unbind(1), 1):
        of_t1, of_t2 = (made.affine(index)[:, :, column] for column in (1, 2))
        of_t2[:] = of_t1 * (sign * a / (1 - a) - 1)[:, None]
    return made


# --- M8


def convex(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """Ratios of scales, the order of the slopes, and the maximum of each layer's error."""
    rng = np.random.default_rng(seed + 2)
    depth, largest, ordered, maxima = 8, Fraction(0), True, True
    for number in range(draws):
        a = exact.random_peaks(depth + 1, rng)
        scales = theorem_scales(a)[:depth]
        largest = max(largest, *(scales[i + 2] / scales[i] for i in range(depth - 2)))
        if number >= FEW:
            continue  # the enumeration of all breakpoints takes longer, and so many networks have 5120 of them
        _, slopes = wave_slopes(a, scales)
        ordered &= all(left > right for left, right in pairwise(slopes))
        x, waves = exact.breakpoints(a, scales)
        for layer in range(depth):
            rest = [sum(scales[n] * waves[n][k] for n in range(layer, depth)) for k in range(len(x))]
            maxima &= max(rest) == scales[layer]
    rows: list[list[Cell]] = [
        ["largest s_{i+2} / s_i", float(largest)],
        ["slopes of F strictly decreasing", ordered],
        ["largest error of layer i is s_i", maxima],
    ]
    claims = [
        judged(
            "M8 ratio", "s_{i+2} / s_i <= 1/4", 0.25, float(largest), "exact", largest <= Fraction(1, 4),
            fails_if="some peaks give a ratio above 1/4",
        ),
        judged(
            "M8 shape", "F is convex (printed; F is the sum of the waves, which is concave, and x - F is convex)",
            "slopes ordered", "strictly decreasing" if ordered else "not ordered", "exact", ordered, corrected=True,
            fails_if="a slope of F is not below the one to its left",
        ),
        judged(
            "M8 error", "The error left before layer i has maximum s_i, so it decays exponentially",
            "s_i", "s_i in every case" if maxima else "another maximum", "exact", maxima,
            fails_if="the waves from layer i on have another maximum than s_i",
        ),
    ]  # fmt: skip
    return Table("Scales, slopes and errors under Theorem 3.4", ("", "found"), rows), claims


# --- M9


def second_derivative(draws: int, seed: int) -> tuple[Table, list[Claim]]:
    """The error of x² after m waves, and for other peaks the difference quotients of F' at all breakpoints."""
    del draws, seed  # all peaks are given
    depths = (2, 4, 6, 8, 10)
    found = {peak: [_quotients(peak, depth) for depth in depths] for peak in PEAKS}
    columns = ("peak", *(f"{end}, {depth} waves" for depth in depths for end in ("smallest", "largest")))
    rows = [
        [float(peak), *(float(q) for ends in quotients for q in ends)] for peak, quotients in found.items()
    ]
    errors = [_square_error(waves) for waves in range(1, 9)]
    halved = all(error == Fraction(1, 4) ** (m + 1) for m, error in enumerate(errors, 1))
    bounded = [peak for peak, quotients in found.items() if not _spreads(quotients)]
    claims = [
        judged(
            "M9 error", "With a = 1/2 the network is x² with largest error 4^{-(m+1)} after m waves",
            "4^{-(m+1)}", "4^{-(m+1)} for m = 1 to 8" if halved else "another error", "exact", halved,
            fails_if="the network does not interpolate x², or its chords are of another width",
        ),
        judged(
            "M9 only x²",
            "For other peaks F' has no derivative everywhere: its difference quotients grow without bound at some "
            "breakpoints and vanish at others (at the peaks they grow for a < 1/2 alone)",
            "bounded for a = 1/2 alone", "bounded for a = " + (", ".join(map(str, bounded)) or "none"), "exact",
            bounded == [HALF] and all(low == high == 2 for low, high in found[HALF]),
            fails_if="the quotients at all breakpoints stay within bounds for another peak, or for a = 1/2 are not 2",
        ),
    ]  # fmt: skip
    title = "Difference quotients of F' at all breakpoints, all peaks equal"
    return Table(title, columns, rows), claims


def _square_error(waves: int) -> Fraction:
    """The largest error of x minus so many waves of peak 1/2 from x²; -1 where it does not interpolate it."""
    x, w = exact.breakpoints(
        [HALF] * (waves + 1), scales := [Fraction(1, 4) ** (i + 1) for i in range(waves)]
    )
    f = [x[k] - sum(scales[i] * w[i][k] for i in range(waves)) for k in range(len(x))]
    if any(value != place**2 for value, place in zip(f, x, strict=True)):
        return Fraction(-1)
    return (
        max(right - left for left, right in pairwise(x)) ** 2 / 4
    )  # of a chord of x², attained in its middle


def _quotients(peak: Fraction, layers: int) -> tuple[Fraction, Fraction]:
    """The smallest and the largest change of slope of x - F over the distance of the pieces' middles."""
    peaks = [peak] * (layers + 1)
    x, slopes = wave_slopes(peaks, theorem_scales(peaks)[:layers])
    quotients = [2 * (slopes[k] - slopes[k + 1]) / (x[k + 2] - x[k]) for k in range(len(slopes) - 1)]
    return min(quotients), max(quotients)


def _spreads(quotients: list[tuple[Fraction, Fraction]]) -> bool:
    """Whether the largest grow and the smallest shrink with the depth, by a quarter each time."""
    return all(
        after[1] > Fraction(5, 4) * before[1] and after[0] < Fraction(4, 5) * before[0]
        for before, after in pairwise(quotients)
    )
