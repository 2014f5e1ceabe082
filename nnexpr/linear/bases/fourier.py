"""The Fourier series 1, cos 2πs, sin 2πs, cos 4πs, …, s the share of the domain: as many functions as knots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.waves import Waves
from nnexpr.splines.p1 import Floats

__all__ = ["Fourier"]


class Fourier(Waves):
    """What is not periodic in the domain overshoots at its ends (Gibbs)."""

    def waves(self, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """2π1 twice, 2π2 twice, …, the first of each a quarter ahead."""
        return 2 * np.pi * ((number + 1) // 2), np.pi / 2 * (number % 2)
