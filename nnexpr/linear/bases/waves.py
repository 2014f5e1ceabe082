"""What sines, cosines and the Fourier series have in common: waves sin(ω_k s + φ_k), s the share of the domain."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis, shallow_network
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["Waves"]


class Waves(FixedBasis):
    """n − 1 orthogonal waves beside the constant: they follow the knots' number only."""

    spans_by_ends = True

    @abstractmethod
    def waves(self, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """ω_k and φ_k, 0 or π/2, for k = 1 … n − 1."""

    @property
    def _waves(self) -> tuple[Floats, Floats]:
        return self.waves(np.arange(1, len(self.knots)))

    def units(self, x: Floats) -> Floats:
        """``(samples, n − 1)``, in the dtype of the knots."""
        frequency, phase = self._waves
        angles = frequency.astype(self.knots.dtype) * self.places(x)[:, None]
        waves, ahead = np.sin(angles), phase > 0
        waves[:, ahead] = np.cos(angles[:, ahead])  # no digit lost to π/2
        return waves

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """Half the domain's length on the diagonal."""
        return np.eye(len(self.knots) - 1) * self.length / 2, 0.0

    def to_network(self, coefficients: Floats) -> Network:
        """A sine for each wave."""
        frequency, phase = self._waves
        weights = frequency / self.length
        ahead = phase - weights * float(self.low)
        return shallow_network(weights, ahead, coefficients[1:], float(coefficients[0]), "sine")
