"""Waves of norm 1 on (−1, 1), and what a ReLU of any knot sees of them, in closed form.

f(x) = s cos(ωx + φ) with ‖f‖ = 1. A ReLU σ(±x − b), |b| ≤ 1, is known by its side and by the length t = 1 − b of where
it is active. With the second antiderivative of f, integrated by parts, the right-hand ones have

    ⟨f, σ(x − b)⟩ = s [cos(ω + φ) − cos(ωb + φ)] / ω² + s (1 − b) sin(ω + φ) / ω,

and the left-hand ones the same with −φ for φ. Where f is orthogonal to all lines only −s cos(ωb + φ)/ω² and its end
value are left: that is Δ⁻¹f, and why a ReLU does not see oscillations.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

__all__ = ["Wave", "orthogonal_waves", "wave"]

Array = NDArray[np.float64]


class Wave(NamedTuple):
    """``size`` cos(``frequency`` x + ``phase``); :func:`wave` gives it norm 1."""

    frequency: float
    phase: float
    size: float

    def __call__(self, x: ArrayLike) -> Array:
        """Its values."""
        return self.size * np.cos(self.frequency * np.asarray(x, dtype=np.float64) + self.phase)

    def seen(self, length: ArrayLike, side: int = 1) -> Array:
        """⟨f, σ⟩ of ReLUs that are active on so much of the right (1) or the left (−1) end of (−1, 1)."""
        t, w, p = np.asarray(length, dtype=np.float64), self.frequency, side * self.phase
        bent = (math.cos(w + p) - np.cos(w * (1 - t) + p)) / w**2
        return self.size * np.asarray(bent + t * math.sin(w + p) / w)

    @property
    def kappa(self) -> float:
        """κ = sup |⟨f, σ(w·x − b)⟩| over all w = ±1 and |b| ≤ 1.

        The derivative in t, s [sin(ω + φ) − sin(ω(1 − t) + φ)]/ω, vanishes where the two sines have the same argument
        but for whole turns, or arguments that add up to half a turn; the supremum is there or at t = 2.
        """
        largest = 0.0
        for side in (1, -1):
            turn, phase = 2 * math.pi / self.frequency, side * self.phase
            mirrored = (2 * (self.frequency + phase) - math.pi) / self.frequency
            lengths = [k * turn + start for start in (0.0, mirrored % turn) for k in range(int(2 / turn) + 1)]
            inside = [t for t in lengths if t <= 2.0]
            largest = max(largest, float(np.abs(self.seen([*inside, 2.0], side)).max()))
        return largest


def wave(frequency: float, phase: float = 0.0) -> Wave:
    """s cos(ωx + φ) of norm 1 on (−1, 1), ω > 0: ∫ cos²(ωx + φ) = 1 + cos 2φ sin 2ω / 2ω."""
    square = 1 + math.cos(2 * phase) * math.sin(2 * frequency) / (2 * frequency)
    return Wave(frequency, phase, square**-0.5)


def orthogonal_waves(count: int) -> list[Wave]:
    """The first waves that are orthogonal to all lines, as Δg = f with g ∈ C₀² needs them, by frequency.

    They are cos kπx and, with tan ω = ω, sin ωx.
    """
    even = [wave(k * math.pi) for k in range(1, count + 1)]
    odd = [
        wave(float(brentq(lambda w: math.sin(w) - w * math.cos(w), k * math.pi, (k + 0.5) * math.pi)), -math.pi / 2)
        for k in range(1, count + 1)
    ]  # fmt: skip
    return sorted([*even, *odd])[:count]
