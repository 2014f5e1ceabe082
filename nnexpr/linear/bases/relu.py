"""ReLUs and their powers: σ(x − b_i)^p, with the polynomials that complete them to all splines of degree p.

On knots l = b_0 < … < b_{n−1} = r, the functions 1, x − l, …, (x − l)^{p−1} and σ(x − b_i)^p, i < n − 1, span the
splines of degree p on these knots with p − 1 continuous derivatives; for p = 1 the same space as the hats. A unit whose
knot is the right end of the domain vanishes on it and is left out.

**Gram matrix.** With u = r − max(b, b′) and d = |b − b′| the product is t^p (t + d)^p for 0 ≤ t ≤ u, so

    ∫ σ(x − b)^p σ(x − b′)^p dx = Σ_j C(p, j) d^{p−j} u^{p+j+1} / (p + j + 1),

a sum of positive terms: no digit cancels. For p = 1 it is u²(3v − u)/6 with v = r − min(b, b′), the talk's kernel.

**Evaluation.** Σ a_i σ(x − b_i)^p cancels. Here the derivatives at the knots are summed from left to right, highest
first, and f is evaluated from those of its own piece.
"""

from __future__ import annotations

from math import comb, factorial

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis
from nnexpr.linear.bases.linear_splines import LinearSplines
from nnexpr.linear.piecewise import hat_to_relu, relu_network, relu_penalty, relu_to_hat
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["PowerOfRelu", "Relu", "relu"]


def relu(knots: Floats, domain: tuple[float, float] | None = None, power: int = 1) -> FixedBasis:
    """ReLUs, which are linear splines, or their ``power``."""
    return Relu(knots, domain) if power == 1 else PowerOfRelu(knots, domain, power)


class PowerOfRelu(FixedBasis):
    """σ(x − b_i)^p for the knots left of the right end."""

    def __init__(self, knots: Floats, domain: tuple[float, float] | None = None, power: int = 1) -> None:
        super().__init__(knots, domain)
        self.power = power
        self.bends = knots[knots < self.high]

    def units(self, x: Floats) -> Floats:
        """``(samples, units)``."""
        raised: Floats = np.maximum(x[:, None] - self.bends, 0) ** self.power
        return raised

    def polynomials(self, x: Floats) -> Floats:
        """1, x − l, …, (x − l)^{p−1}."""
        return np.vander(x - self.low, self.power, increasing=True).astype(self.knots.dtype)

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """The closed form above, O(p n²)."""
        p, bends = self.power, self.bends.astype(np.float64)
        u = float(self.high) - np.maximum.outer(bends, bends)
        d = np.abs(np.subtract.outer(bends, bends))
        total = np.zeros_like(u)
        for j in range(p + 1):
            total += comb(p, j) / (p + j + 1) * d ** (p - j) * u ** (p + j + 1)
        return total, 0.0

    def evaluate(self, coefficients: Floats, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """O(p n) once and O(p + log n) for each x; a polynomial left of the first knot."""
        p, numbers = self.power, coefficients.astype(np.float64)
        starts = np.concatenate([[float(self.low)], self.bends]).astype(np.float64)
        steps = np.diff(starts)
        first = numbers[:p] * [factorial(j) for j in range(p)]  # the derivatives at l, from the left
        derivatives = np.zeros((p + 1, len(starts)))
        derivatives[p, 1:] = factorial(p) * np.cumsum(numbers[p:])
        for j in reversed(range(p)):
            rises = sum(derivatives[j + k, :-1] * steps**k / factorial(k) for k in range(1, p - j + 1))
            derivatives[j] = first[j] + np.concatenate([[0.0], np.cumsum(rises)])
        piece = np.searchsorted(starts[1:], x, side="right")
        beyond = x - starts[piece]
        value: NDArray[np.float64] = derivatives[p, piece]
        for j in reversed(range(p)):
            value = derivatives[j, piece] + beyond / (j + 1) * value
        return value


class Relu(PowerOfRelu, LinearSplines):
    """1 and σ(x − b_i): coefficients are the value at the left end, the first slope and the changes of slope."""

    def from_values(self, values: Floats) -> Floats:
        """First differences of slopes."""
        return hat_to_relu(self.knots, values)

    def to_values(self, coefficients: Floats) -> Floats:
        """Prefix sums of slopes."""
        return relu_to_hat(self.knots, coefficients)

    def penalty(self) -> Floats:
        """Of the squares of the coefficients, five bands in all."""
        return relu_penalty(self.knots)

    def to_network(self, coefficients: Floats) -> Network:
        """A unit for each ReLU."""
        return relu_network(self.knots, coefficients)
