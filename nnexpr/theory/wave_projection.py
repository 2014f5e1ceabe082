"""The continuous piecewise-linear function nearest to the triangle wave in the mean square over [0, 1], for any depth.

Samples cannot follow 2^k linear regions for long, so for deep waves the squared error is integrated in closed form.
With the period P = 2/2^k, the wave is 1/2 + g. g has mean 0 over a period and so has its integral G_1 from 0, so
that G_1 and its own integral G_2 are periodic too. With p the phase in [0, 1/2] (on from there G_1 is odd, G_2 even)

    G_1 = P (p² − p/2),    G_2 = P² (p³/3 − p²/4),    ∫ g² = 1/12.

On n uniform knots b_i = ∫ g φ_i is a second difference of G_2 over h, whatever the depth, and the projection 1/2 + u
solves the tridiagonal mass system for u; its error is 1/12 − 2 u·b + uᵀ(mass)u. Phases are taken with whole numbers,
so knots on the wave's corners are recognised at any depth. Cost O(n). Error: rounding in u, about 1e-16 in the error.

Source: elementary; example 2 of the concept page "Neural Network Expressivity" samples the same problem at 4096 points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky_banded

from nnexpr.linear.piecewise import relu_penalty
from nnexpr.splines.p1 import add_bands, mass, multiply_bands, settled

__all__ = ["project_wave"]

Array = NDArray[np.float64]

VARIANCE = 1 / 12  # of the wave about its mean 1/2


def project_wave(depth: int, elements: int, ridge: float = 0.0) -> tuple[Array, float]:
    """The projection's values less 1/2 at the knots i/elements, ``(elements + 1,)``, and its mean squared error.

    ``depth`` from 1 to 40, ``elements`` up to 10⁶ + 1. ``ridge`` is λ in ∫ (f − wave)² + λ‖a‖², a the ReLU coefficients
    of f, its value at 0 included.
    """
    h = 1 / elements
    second_integral = _second_integral(depth, elements)
    load = np.zeros(elements + 1)  # ∫ g φ_i; the boundary terms vanish, because 0 and 1 end a period
    load[1:-1] = np.diff(second_integral, 2)
    load[0], load[-1] = second_integral[1], second_integral[-2]
    load /= h
    knots = np.linspace(0, 1, elements + 1)
    matrix = products = mass(knots)
    target = load.copy()
    target[0] -= ridge / 2  # the constant 1/2 has one ReLU coefficient, the value at 0
    if ridge > 0:
        matrix = add_bands(products, ridge * relu_penalty(knots))
    factor = cholesky_banded(matrix, lower=True, check_finite=False)
    u = settled(factor, lambda values: target - multiply_bands(matrix, values), 1).astype(np.float64)
    error = VARIANCE - 2 * float(u @ load) + float(u @ multiply_bands(products, u))
    return u, max(error, 0.0)


def _second_integral(depth: int, elements: int) -> Array:
    """G_2 at the knots i/elements: exact phases, i 2^(depth−1) mod elements, in whole numbers below 2^63."""
    index = np.arange(elements + 1, dtype=np.int64)
    remainder = index % elements * (2 ** (depth - 1) % elements) % elements
    p = np.minimum(remainder, elements - remainder) / elements
    period = 2.0 ** (1 - depth)
    second: Array = period**2 * (p**3 / 3 - p**2 / 4)
    return second
