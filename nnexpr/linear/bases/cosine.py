"""Cosines cos(kπs), s the share of the domain, k = 0 … n − 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.linear.bases.waves import Waves
from nnexpr.splines.p1 import Floats

__all__ = ["Cosine"]


class Cosine(Waves):
    """A smooth function's series converges like k⁻², its slope at the ends being lost."""

    def waves(self, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """kπ, all a quarter ahead."""
        return np.pi * number, np.full(len(number), np.pi / 2)
