"""exp(−s²(x − b_i)²) and the constant: local, analytic, and as ill-conditioned as they overlap.

``scale`` is the inverse width on a domain of length 2, so that it means the same in any units: s = 2 scale / (r − l).

**Gram matrix.** The product of two is one of twice the square at their middle m = (b + b′)/2:

    ∫ exp(−s²(x − b)² − s²(x − b′)²) dx = exp(−s²(b − b′)²/2) √(π/8)/s [erf(√2 s(r − m)) − erf(√2 s(l − m))];

knots lie in the domain, so the two error functions have opposite signs and add.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from nnexpr.linear.bases.base import FixedBasis
from nnexpr.splines.p1 import Floats

__all__ = ["Gaussian"]


class Gaussian(FixedBasis):
    """One unit a knot."""

    def __init__(self, knots: Floats, domain: tuple[float, float] | None = None, scale: float = 10.0) -> None:
        super().__init__(knots, domain)
        self.sharpness = 2 * scale / self.length

    def units(self, x: Floats) -> Floats:
        """``(samples, n)``."""
        return np.exp(-((self.knots.dtype.type(self.sharpness) * (x[:, None] - self.knots)) ** 2))

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """The closed form above, O(n²)."""
        s, b = self.sharpness, self.knots.astype(np.float64)
        middle, apart = np.add.outer(b, b) / 2, np.subtract.outer(b, b)
        right, left = (erf(np.sqrt(2) * s * (end - middle)) for end in (float(self.high), float(self.low)))
        overlap: NDArray[np.float64] = (
            np.exp(-((s * apart) ** 2) / 2) * np.sqrt(np.pi / 8) / s * (right - left)
        )
        return overlap, 0.0
