"""Hats φ_i: linear between the knots, 1 at their own and 0 at the others (P1 finite elements)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.linear_splines import LinearSplines
from nnexpr.linear.piecewise import hat_network, hat_penalty, hats
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats, mass

__all__ = ["Hat"]


class Hat(LinearSplines):
    """Coefficients are the values at the knots. The Gram matrix is tridiagonal, cond = O(h_max / h_min)."""

    spans_by_ends = True

    def units(self, x: Floats) -> Floats:
        """The hats ``(samples, n)``; beyond the knots they go on as the ReLUs that span them do."""
        return hats(self.knots, x)

    def polynomials(self, x: Floats) -> Floats:
        """None: hats sum to 1."""
        return np.zeros((len(x), 0), dtype=self.knots.dtype)

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """∫ φ_i φ_j: (h_{i−1} + h_i)/3 on the diagonal, h_i/6 beside it."""
        bands = mass(self.knots.astype(np.float64))
        return np.diag(bands[0]) + np.diag(bands[1, :-1], 1) + np.diag(bands[1, :-1], -1), 0.0

    def from_values(self, values: Floats) -> Floats:
        """The values themselves."""
        return values

    def to_values(self, coefficients: Floats) -> Floats:
        """The coefficients themselves."""
        return coefficients

    def penalty(self) -> Floats:
        """The identity."""
        return hat_penalty(self.knots)

    def to_network(self, coefficients: Floats) -> Network:
        """n − 1 ReLUs and a constant."""
        return hat_network(self.knots, coefficients)
