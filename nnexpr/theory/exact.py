"""Compositions of triangle maps in rational arithmetic: scales, slope gaps, breakpoints, counts, with no rounding.

With peaks a_0, a_1, … and the waves W_i of the paper, a point x of P_i (a peak of W_i) sees, on its right,

    W_i' = R,  W_{i+1}' = -R / (1 - a_{i+1}),  W_n' = W_{n-1}' / a_n for n > i + 1,

so a sum of L waves changes its slope there by (R - L) times the *gap* (equation 4, cut off)

    g_i = s_i - (s_{i+1} + Σ_{n=i+2}^{L-1} s_n Π_{k=i+2}^{n} 1/a_k) / (1 - a_{i+1}).

R and L have opposite signs, and W_i has 2^i peaks, which are the bends. So the network has 1 + Σ_i 2^i [g_i ≠ 0] linear
regions, and 2^L exactly where no gap is 0: L rational numbers decide it.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from nnexpr.splines.tent import Corners, corners, tent

__all__ = [
    "PRINTED_TENT", "TENT", "Rational", "breakpoints", "composed_regions", "gap", "random_peaks",
    "regions",
]  # fmt: skip

Rational = Sequence[Fraction]
ONE = Fraction(1)
TENT = corners()
PRINTED_TENT = corners(height=Fraction(1, 2))  # as the concept page has it


def random_peaks(count: int, rng: np.random.Generator, least: int = 1, steps: int = 1000) -> list[Fraction]:
    """``count`` peaks among k/steps, least <= k <= steps - least."""
    return [Fraction(int(k), steps) for k in rng.integers(least, steps - least + 1, count)]


def gap(peaks: Rational, scales: Rational, layer: int) -> Fraction:
    """g_layer over all the scales given: the change of slope at a peak of that layer, but for a factor."""
    outstanding, steep = Fraction(0), ONE
    for n in range(layer + 1, len(scales)):
        if n > layer + 1:
            steep /= peaks[n]
        outstanding += scales[n] * steep
    return scales[layer] - (outstanding / (ONE - peaks[layer + 1]) if layer + 1 < len(scales) else 0)


def regions(peaks: Rational, scales: Rational) -> int:
    """Linear regions of the sum of the waves, from the gaps."""
    return 1 + sum(1 << layer for layer in range(len(scales)) if gap(peaks, scales, layer) != 0)


def breakpoints(peaks: Rational, scales: Rational) -> tuple[list[Fraction], list[list[Fraction]]]:
    """Where the waves bend, ends included, and every W_i there: each monotone piece is folded once a layer."""
    rows = [[Fraction(0), ONE]]  # x, which is W_{-1}, then the waves
    for a in peaks[: len(scales)]:
        shares = [(a - low) / (high - low) for low, high in itertools.pairwise(rows[-1])]
        rows = [_divided(row, shares) for row in rows]
        rows.append([tent(w, a) for w in rows[-1]])
    return rows[0], rows[1:]


def _divided(row: list[Fraction], shares: list[Fraction]) -> list[Fraction]:
    """The row with a value between each two neighbours, at so much of the way."""
    between = (u + share * (v - u) for (u, v), share in zip(itertools.pairwise(row), shares, strict=True))
    return [*itertools.chain.from_iterable(zip(row, between, strict=False)), row[-1]]


def composed_regions(depth: int, corners: Corners = TENT) -> int:
    """The linear regions of a tent composed ``depth`` times, in exact arithmetic, for any depth.

    A piece of f whose image is the interval I becomes, in T∘f, one piece for each part into which T's corners cut I,
    and the images of those follow from I alone. So pieces are counted by image: for the tent all images are [0, 1] and
    every layer doubles them. Neighbouring pieces never merge, because every bend of the wave is a turning point and T
    has no flat part. ``corners``: (x, T(x)) from x = 0 to 1, T affine between.
    """
    images = Counter({(corners[0][0], corners[-1][0]): 1})
    for _ in range(depth):
        following: Counter[tuple[Fraction, Fraction]] = Counter()
        for (low, high), number in images.items():
            for (x0, y0), (x1, y1) in itertools.pairwise(corners):
                a, b = max(low, x0), min(high, x1)
                if a < b:
                    slope = (y1 - y0) / (x1 - x0)
                    ends = sorted((y0 + slope * (a - x0), y0 + slope * (b - x0)))
                    following[ends[0], ends[1]] += number
        images = following
    return images.total()
