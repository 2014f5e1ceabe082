"""Sines sin(kπs), s the share of the domain, k = 1 … n − 1, and the constant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.waves import Waves
from nnexpr.splines.p1 import Floats

__all__ = ["Sine"]


class Sine(Waves):
    """Orthogonal over the domain; 0 at both its ends."""

    def waves(self, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """kπ, none ahead."""
        return np.pi * number, np.zeros(len(number))
