"""The Fourier series 1, cos 2πs, sin 2πs, cos 4πs, …, s the share of the domain: as many functions as knots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.base import FixedBasis, shallow_network
from nnexpr.networks.network import Network
from nnexpr.splines.p1 import Floats

__all__ = ["Fourier"]


class Fourier(FixedBasis):
    """Orthogonal over the domain; what is not periodic in it overshoots at its ends (Gibbs)."""

    spans_by_ends = True

    @property
    def waves(self) -> tuple[Floats, Floats]:
        """Frequency 2πk and phase of each unit as a sine: 2π1 twice, 2π2 twice, …"""
        number = np.arange(1, len(self.knots))
        frequency, phase = 2 * np.pi * ((number + 1) // 2), np.pi / 2 * (number % 2)
        return frequency.astype(self.knots.dtype), phase.astype(self.knots.dtype)

    def units(self, x: Floats) -> Floats:
        """``(samples, n − 1)``: the constant stands before them."""
        frequency, phase = self.waves
        angles = frequency * self.places(x)[:, None]
        return np.where(phase > 0, np.cos(angles), np.sin(angles))

    def gram(self) -> tuple[NDArray[np.float64], float]:
        """Half the domain's length on the diagonal."""
        return np.eye(len(self.knots) - 1) * self.length / 2, 0.0

    def to_network(self, coefficients: Floats) -> Network:
        """A sine for each unit."""
        frequency, phase = (each.astype(np.float64) for each in self.waves)
        weights = frequency / self.length
        ahead = phase - weights * float(self.low)
        return shallow_network(weights, ahead, coefficients[1:], float(coefficients[0]), "sine")
