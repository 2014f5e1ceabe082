"""Targets of the catalogue that are more than one line of arithmetic: sums, compositions and polar shapes.

Functions from inputs ``(points, dimension)`` float64 to values ``(points,)`` float64, some with a parameter before the
inputs. The catalogue gives it with ``partial``, so that a target's function can be pickled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.splines.tent import composed

__all__ = ["blocks", "bumps", "folded_triangle", "fourier", "star", "takagi", "waves", "weierstrass"]

Array = NDArray[np.float64]


def fourier(terms: int, seed: int, inputs: Array) -> Array:
    """``sum_(i=1..terms) a_i sin(2 pi i x) + b_i cos(2 pi i x)`` with ``a_i, b_i ~ N(0, 1/terms)``.

    The variance of the sum is 1 at every x, whatever the number of terms. The pairs are drawn in the order
    of i, so a longer series of the same seed begins with the same pairs, scaled.
    """
    x = inputs[:, 0]
    values = np.zeros_like(x)
    coefficients = np.random.default_rng(seed).standard_normal((terms, 2)) / np.sqrt(terms)
    for i, (a, b) in enumerate(coefficients, start=1):
        values += a * np.sin(2 * np.pi * i * x) + b * np.cos(2 * np.pi * i * x)
    return values


def folded_triangle(folds: int, inputs: Array) -> Array:
    """The triangle map composed ``folds`` times: ``2**folds`` linear pieces on [0, 1], exact for dyadic x."""
    return composed(folds, np.clip(inputs[:, 0], 0.0, 1.0))


def takagi(terms: int, inputs: Array) -> Array:
    """``sum_(i<terms) 2^-i s(2^i x)`` with s the distance to the nearest whole number.

    In the limit continuous and nowhere differentiable. On [0, 1] it is ``sum_(i=1..terms) 2^-i T_i(x)``
    with T_i the triangle map composed i times.
    """
    phase = inputs[:, 0]
    values = np.zeros_like(phase)
    for i in range(terms):
        phase = phase - np.round(phase)
        values += 0.5**i * np.abs(phase)
        phase = 2.0 * phase
    return values


def weierstrass(terms: int, inputs: Array) -> Array:
    """``sum_(i<terms) 2^-i cos(3^i pi x)``: in the limit continuous, nowhere differentiable (Hardy 1916)."""
    phase = inputs[:, 0]
    values = np.zeros_like(phase)
    for i in range(terms):
        phase = np.remainder(phase, 2.0)  # the cosine's period; keeps 3^i x finite for any i
        values += 0.5**i * np.cos(np.pi * phase)
        phase = 3.0 * phase
    return values


_POSITIONS = (0.10, 0.13, 0.15, 0.23, 0.25, 0.40, 0.44, 0.65, 0.76, 0.78, 0.81)
_BLOCK_HEIGHTS = (4.0, -5.0, 3.0, -4.0, 5.0, -4.2, 2.1, 4.3, -3.1, 2.1, -4.2)
_BUMP_HEIGHTS = (4.0, 5.0, 3.0, 4.0, 5.0, 4.2, 2.1, 4.3, 3.1, 5.1, 4.2)
_BUMP_WIDTHS = (0.005, 0.005, 0.006, 0.010, 0.010, 0.030, 0.010, 0.010, 0.005, 0.008, 0.005)


def blocks(inputs: Array) -> Array:
    """``sum_j h_j step(x - t_j)``: eleven jumps (Donoho and Johnstone 1994, Table 1)."""
    x = inputs[:, 0]
    values = np.zeros_like(x)
    for position, height in zip(_POSITIONS, _BLOCK_HEIGHTS, strict=True):
        values += height * np.heaviside(x - position, 1.0)
    return values


def bumps(inputs: Array) -> Array:
    """``sum_j h_j (1 + |x - t_j|/w_j)^-4``: eleven peaks (Donoho and Johnstone 1994, Table 1)."""
    x = inputs[:, 0]
    values = np.zeros_like(x)
    for position, height, width in zip(_POSITIONS, _BUMP_HEIGHTS, _BUMP_WIDTHS, strict=True):
        values += height * (1.0 + np.abs(x - position) / width) ** -4
    return values


_WAVE_A = ((0.3, 0.2), (0.2, 0.3))
_WAVE_B = (2.4 * np.pi, 4.8 * np.pi)
_WAVE_C = ((2.4 * np.pi, 4.8 * np.pi), (9.6 * np.pi, 4.8 * np.pi))
_WAVE_D = ((4.8 * np.pi, 7.2 * np.pi), (9.6 * np.pi, 7.2 * np.pi))


def waves(scale: float, inputs: Array) -> Array:
    """``sum_ij a_ij sin(s b_i x_i + s c_ij x_i x_j) cos(s b_j x_j + s d_ij x_i^2)``; s = ``scale``."""
    x = inputs.T
    values = np.zeros(len(inputs))
    for i in range(2):
        for j in range(2):
            sine = np.sin(scale * (_WAVE_B[i] * x[i] + _WAVE_C[i][j] * x[i] * x[j]))
            cosine = np.cos(scale * (_WAVE_B[j] * x[j] + _WAVE_D[i][j] * x[i] ** 2))
            values += _WAVE_A[i][j] * sine * cosine
    return values


def star(inputs: Array) -> Array:
    """``clip(25 (rho - r) + 1/2, 0, 1)`` with ``rho = 0.1 + 0.02 cos(pi theta^2)``, theta in (-pi, pi].

    The source prints the ramp as ``5 rho - 5 r + 0.5`` between bounds on ``25 rho - 25 r + 0.5``; that
    would jump, so the ramp is read with 25, which is continuous. The plateau is 1 inside the star and 0
    outside.
    """
    x1, x2 = inputs[:, 0], inputs[:, 1]
    rho = 0.1 + 0.02 * np.cos(np.pi * np.arctan2(x2, x1) ** 2)
    return np.clip(25.0 * (rho - np.hypot(x1, x2)) + 0.5, 0.0, 1.0)
