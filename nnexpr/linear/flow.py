"""Linear gradient flow: the coefficients of a basis under da/dt = −G a + f, mode by mode, at any time.

With G = Σ λ_k g_k g_kᵀ each coefficient â_k = g_kᵀ a follows dâ/dt = −λ â + f̂, so

    â(t) = â(0) e^(−λt) + f̂ (1 − e^(−λt))/λ.

There is no time step and no error but rounding: for λt → 0 the fraction is t, and is taken as −expm1(−λt)/λ. Mode k has
come to within 1/e of its end at t = 1/λ_k: the small eigenvalues of global bases are learned last, if ever, and what
noise has of them enters last too. Cost O(modes) for each time.

Source: the talk "Numerical understanding of neural networks: representation and learning", learning dynamics.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["modal_flow"]

Array = NDArray[np.float64]


def modal_flow(eigenvalues: ArrayLike, loads: ArrayLike, start: ArrayLike, times: ArrayLike) -> Array:
    """â ``(times, k)`` from ``eigenvalues (k,)`` ≥ 0, ``loads (k,)`` f̂ and ``start (k,)`` â(0); times ≥ 0."""
    decay = np.asarray(eigenvalues, dtype=np.float64)
    t = np.asarray(times, dtype=np.float64)[:, None]
    rates = decay * t
    shares = np.divide(-np.expm1(-rates), decay, out=np.broadcast_to(t, rates.shape).copy(), where=decay > 0)
    return np.asarray(np.asarray(start) * np.exp(-rates) + np.asarray(loads) * shares)
