"""Sines sin(kπs), s the share of the domain, k = 1 … n − 1, and the constant: they follow the knots' number only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis, shallow_network
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["Sine"]


class Sine(FixedBasis):
    """Orthogonal over the domain; 0 at both its ends."""

    spans_by_ends = True

    @property
    def frequencies(self) -> Floats:
        """kπ, in the dtype of the knots."""
        return (np.pi * np.arange(1, len(self.knots))).astype(self.knots.dtype)

    def units(self, x: Floats) -> Floats:
        """``(samples, n − 1)``."""
        return np.sin(self.frequencies * self.places(x)[:, None])

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """Half the domain's length on the diagonal."""
        return np.eye(len(self.frequencies)) * self.length / 2, 0.0

    def to_network(self, coefficients: Floats) -> Network:
        """A unit for each sine."""
        weights = self.frequencies.astype(np.float64) / self.length
        return shallow_network(
            weights, -weights * float(self.low), coefficients[1:], float(coefficients[0]), "sine"
        )
