"""The VC dimension of neural networks: what is known, as a calculator.

W parameters, L layers (hidden and output), U computation units, k_i of them in layer i, W_i parameters up to layer i.
For the sign of a network with piecewise-linear activations of p kinks:

    upper   L + L̄ W log2(4 e p R log2(2 e p R)),   R = Σ i k_i,   L̄ = Σ W_i / W,   U > 2    (Bartlett et al., thm 7)
    growth  the largest m with  Π_i 2 (2 e m p i k_i / W_i)^{W_i} >= 2^m: the same proof without its last estimates
    upper   2 W L log2(4 W L (p+1) U / ln 2) + 2 W L² + 2 L             (Anthony and Bartlett 1999, chapter 8)
    lower   m n, for any r, m, n with k = ceil(m/r), from some network of 3 + 5 k layers and
            2 + n + 4 m + k ((11 + r) 2^r + 2 r + 2) parameters          (Bartlett et al., their bit-extraction network)

so W L log2(W/L) up to a constant is reached, and W L log2 W up to a constant never passed. For threshold units,
whatever the depth, 2 W log2(2 U / ln 2) (Anthony and Bartlett, chapter 6). "Parameters times a logarithm" thus holds
for threshold networks and for fixed depth; for ReLU the depth is a factor.

One hidden layer of n >= 3 ReLUs and one input is exact: n + 2. It has n + 1 pieces, so at most n + 1 changes of sign;
``shatters`` shows that all labels of n + 2 points are met.

Sources: P. Bartlett, N. Harvey, C. Liaw, A. Mehrabian, JMLR 20(63), 2019 (theorem 7 of the journal is theorem 6 of
arXiv 1703.02930); M. Anthony, P. Bartlett, Neural Network Learning, Cambridge 1999.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import ceil, e, log, log2

import numpy as np

from nnexpr.theory.cost import parameter_count

__all__ = ["VCBounds", "lower_bound", "shatters", "vc_bounds"]


@dataclass(frozen=True)
class VCBounds:
    """Bounds on the VC dimension of the sign of ReLU networks of one shape."""

    parameters: int  # W
    layers: int  # L
    units: int  # U
    growth: int  # the least of the upper bounds
    bartlett: float
    anthony: float
    threshold: float  # of the same graph with threshold units
    reachable: int  # some network of at most as many layers and parameters has at least this


def vc_bounds(widths: Sequence[int], kinks: int = 1) -> VCBounds:
    """The bounds for the fully connected shape ``widths``, from the inputs to the output."""
    parameters, layers = parameter_count(widths), len(widths) - 1
    units = sum(widths[1:])
    up_to, total = [], 0
    for below, above in pairwise(widths):
        total += above * (below + 1)
        up_to.append(total)
    effective = sum(up_to) / parameters
    pieces = kinks * sum(index * width for index, width in enumerate(widths[1:], 1))  # p R
    inner = max(2.0, 2 * e * pieces)
    return VCBounds(
        parameters=parameters,
        layers=layers,
        units=units,
        growth=_growth(widths[1:], up_to, kinks),
        bartlett=layers + effective * parameters * log2(2 * inner * log2(inner)),
        anthony=2 * parameters * layers * log2(4 * parameters * layers * (kinks + 1) * units / log(2))
        + 2 * parameters * layers**2
        + 2 * layers,
        threshold=2 * parameters * log2(2 * units / log(2)),
        reachable=lower_bound(parameters, layers),
    )


def _growth(widths: Sequence[int], up_to: Sequence[int], kinks: int) -> int:
    """The largest m for which the bound on the number of sign patterns is at least 2^m."""

    def patterns(m: int) -> float:
        return sum(
            1 + above * log2(max(1.0, 2 * e * m * kinks * index * width / above))
            for index, (width, above) in enumerate(zip(widths, up_to, strict=True), 1)
        )

    high = 1
    while patterns(high) >= high:
        high *= 2
    return bisect_left(range(high), True, lo=high // 2, key=lambda m: patterns(m) < m) - 1


def lower_bound(parameters: int, layers: int) -> int:
    """The largest m n of the bit-extraction network within so many parameters and layers; 0 where none fits."""
    best = 0
    for blocks in range(1, (layers - 3) // 5 + 1):
        for r in range(1, 40):
            rest = parameters - 2 - blocks * ((11 + r) * 2**r + 2 * r + 2)
            if rest < 1:
                break
            m = min(blocks * r, rest // 8)  # m n is largest at 4 m = n, were m free
            if m >= 1 and ceil(m / r) <= blocks:
                best = max(best, m * (rest - 4 * m))
    return best


def shatters(units: int) -> bool:
    """Whether one hidden layer of ``units`` ReLUs on the line gives units + 2 points all 2^(units+2) labellings.

    The units bend at the points but the first and the last, so values v at all points fix a spline, which the layer has
    iff its first slope is what its left-facing units give: m_0 + Σ_left (m_i − m_{i-1}) = 0, one linear equation in v
    for each choice of directions. Signs y are met iff for some choice the y-weighted terms have both signs.
    """
    points = units + 2
    slopes = np.diff(np.eye(points), axis=0)  # (units + 1, points): each slope as a function of v
    jumps = np.diff(slopes, axis=0)
    equations = np.array([slopes[0] + np.array(left) @ jumps for left in product((0.0, 1.0), repeat=units)])
    for labels in product((1.0, -1.0), repeat=points - 1):
        weighted = equations * np.array((1.0, *labels))
        if not ((weighted > 0).any(axis=1) & (weighted < 0).any(axis=1)).any():
            return False
    return True
