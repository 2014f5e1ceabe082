"""The spectrum of the continuous ReLU kernel: what the eigenvalues of Gram matrices approach as knots get dense.

On an interval of length L the kernel is (Kφ)(b) = ∫ φ(b′) ∫ σ(x − b)^p σ(x − b′)^p dx db′.

**p = 1.** K inverts φ'''' with φ = φ′ = 0 at the right end and φ″ = φ‴ = 0 at the left one: the cantilever beam. So

    μ_k = (L/β_k)⁴,    cos β cosh β = −1,    β_k = 1.8751, 4.6941, 7.8548, … → (k − ½)π

(Newton from the limit on cos β + 1/cosh β, which cannot overflow; full precision for every k).

**Any p.** σ^p/p! is the Green's function of p + 1 integrations from the left, so K = (p!)² (J*)^{p+1} J^{p+1} with
(Jφ)(x) = ∫_l^x φ and μ_k = (p! s_k)², s_k the singular values of J^{p+1}. In orthonormal Legendre polynomials J is
tridiagonal, ∫ P_n = (P_{n+1} − P_{n−1})/(2n + 1); cut off after twice as many rows as modes, the leading ones are
exact to rounding, as eigenfunctions are entire and their coefficients fall faster than exponentially. Relative error of
μ_k about ε (μ_1/μ_k)^{1/2}. μ_k falls like k^{−2(p+1)}, which for p = 1, 2, 3 is k⁻⁴, k⁻⁶, k⁻⁸.

Sources: the talk "Numerical understanding of neural networks" (kernel and boundary conditions for p = 1); Timoshenko,
*Vibration Problems in Engineering* (the cantilever); DLMF 18.9 (the integral of P_n).
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

__all__ = ["cantilever", "relu_kernel"]

Array = NDArray[np.float64]

NEWTON = 6  # steps: three are enough from within 0.31 of the root


def cantilever(modes: int, length: float = 2.0) -> Array:
    """μ_1 … μ_modes of the ReLU kernel, descending, ``(modes,)``."""
    beta = (np.arange(1, modes + 1) - 0.5) * np.pi
    # 1/cosh, and its derivative, from exp(−β): from k = 237 on they are 0, and the limit is the root.
    for _ in range(NEWTON):
        decay = np.exp(-beta)
        sech = 2 * decay / (1 + decay**2)
        tanh = (1 - decay**2) / (1 + decay**2)
        beta = beta + (np.cos(beta) + sech) / (np.sin(beta) + sech * tanh)
    return np.asarray((length / beta) ** 4)


def relu_kernel(power: int, modes: int, length: float = 2.0) -> Array:
    """μ_1 … μ_modes of the kernel of σ^power, descending, ``(modes,)``; ``power`` from 0 (a step) on. O(modes³)."""
    rows = 2 * modes + 8 * (power + 2)
    n = np.arange(rows)
    norm = np.sqrt((2 * n + 1) / 2)  # of P_n on [−1, 1], inverted
    integral = np.zeros((rows, rows))
    integral[n[1:], n[:-1]] = norm[:-1] / ((2 * n[:-1] + 1) * norm[1:])
    integral[n[:-1], n[1:]] = -norm[1:] / ((2 * n[1:] + 1) * norm[:-1])
    integral[0, 0] = 1.0  # from the left end: the constant of integration
    singular = np.linalg.svd(np.linalg.matrix_power(integral, power + 1), compute_uv=False)[:modes]
    return np.asarray((factorial(power) * singular) ** 2 * (length / 2) ** (2 * power + 2))
