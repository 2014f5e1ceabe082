"""Where a function is sampled, and the noise that is added.

The training points are the sources' regular grids: evenly spaced, both ends included. One point is the
middle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.specification import InputError
from nnexpr.targets.target import LARGEST

__all__ = ["gaussian_noise", "regular_grid"]

Array = NDArray[np.float64]

_NOISE_STREAM = 1  # set apart from the stream of the coefficients, so that noise does not change them


def regular_grid(domain: tuple[tuple[float, float], ...], points: int) -> Array:
    """``(points, 1)`` evenly spaced inputs, ends included; the middle where ``points`` is 1.

    In the plane a square grid with ``round(sqrt(points))`` inputs a side: ``(side**2, 2)``, the second
    input fastest.
    """
    side = points if len(domain) == 1 else max(1, round(points**0.5))
    with np.errstate(over="ignore", invalid="ignore"):
        axes = [
            np.linspace(low, high, side) if side > 1 else np.array([(low + high) / 2]) for low, high in domain
        ]
    if not all((np.abs(axis) <= LARGEST).all() for axis in axes):
        low, high = domain[0]
        raise InputError("domain", f"{low:g} {high:g}", f"it is too wide; it lies within {LARGEST:g} of 0")
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def gaussian_noise(points: int, deviation: float, seed: int) -> Array:
    """``(points,)`` draws of N(0, deviation^2), from a stream of their own."""
    draws = np.random.default_rng([seed, _NOISE_STREAM]).standard_normal(points)
    with np.errstate(over="ignore"):
        return deviation * draws
