"""tanh(s (x − b_i)) and the constant: analytic units, whose Gram spectrum decays faster than any power.

``scale`` is the steepness on a domain of length 2, so that it means the same in any units: s = 2 scale / (r − l);
beyond a scale of 150 exponentials overflow.

**Gram matrix.** With δ = s(b′ − b) > 0, tanh A tanh B = 1 − (tanh A − tanh B) / tanh(A − B) gives

    ∫ tanh(s(x − b)) tanh(s(x − b′)) dx = (r − l) − [ln cosh(s(x − b)) − ln cosh(s(x − b′))]_l^r / (s tanh δ),

and the bracket is ln(1 + 2 sinh(sL) sinh δ / (cosh(sL − δ) + cosh(s(l + r − b − b′)))), L = r − l, in which nothing
cancels; divided by tanh δ it has a limit for δ → 0, the fraction over sinh δ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis, shallow_network
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["Tanh"]


class Tanh(FixedBasis):
    """One unit a knot."""

    def __init__(self, knots: Floats, domain: tuple[float, float] | None = None, scale: float = 10.0) -> None:
        super().__init__(knots, domain)
        self.steepness = 2 * scale / self.length

    def units(self, x: Floats) -> Floats:
        """``(samples, n)``."""
        return np.tanh(self.knots.dtype.type(self.steepness) * (x[:, None] - self.knots))

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """The closed form above, O(n²)."""
        s, b = self.steepness, self.knots.astype(np.float64)
        whole = s * self.length
        delta = s * np.abs(np.subtract.outer(b, b))
        skew = np.abs(s * (float(self.low) + float(self.high) - np.add.outer(b, b)))
        # Both parts of the fraction times 2 exp(−whole), so that nothing overflows.
        below = np.exp(-delta) * (1 + np.exp(-2 * (whole - delta))) + np.exp(skew - whole) * (
            1 + np.exp(-2 * skew)
        )
        slope = 2 * -np.expm1(-2 * whole) / below  # of the fraction, over sinh δ
        apart = np.where(delta > 0, delta, 1.0)
        bracket = np.where(delta > 0, np.log1p(slope * np.sinh(apart)) / np.tanh(apart), slope)
        return self.length - bracket / s, 0.0

    def to_network(self, coefficients: Floats) -> Network:
        """A unit for each knot."""
        weights = np.full(len(self.knots), self.steepness)
        biases = -weights * self.knots.astype(np.float64)
        return shallow_network(weights, biases, coefficients[1:], float(coefficients[0]), "tanh")
