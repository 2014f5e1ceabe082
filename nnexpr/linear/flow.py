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
from scipy.optimize import brentq

__all__ = ["halving_time", "modal_flow"]

Array = NDArray[np.float64]


def modal_flow(eigenvalues: ArrayLike, loads: ArrayLike, start: ArrayLike, times: ArrayLike) -> Array:
    """â ``(times, k)`` from ``eigenvalues (k,)`` ≥ 0, ``loads (k,)`` f̂ and ``start (k,)`` â(0); times ≥ 0."""
    decay = np.asarray(eigenvalues, dtype=np.float64)
    t = np.asarray(times, dtype=np.float64)[:, None]
    rates = decay * t
    shares = np.divide(-np.expm1(-rates), decay, out=np.broadcast_to(t, rates.shape).copy(), where=decay > 0)
    return np.asarray(np.asarray(start) * np.exp(-rates) + np.asarray(loads) * shares)


def halving_time(eigenvalues: ArrayLike, shares: ArrayLike) -> float:
    """t at which Σ s_k e^(−λ_k t) is half of Σ s_k, for ``eigenvalues (k,)`` λ ≥ 0 and ``shares (k,)`` s ≥ 0.

    Of an error with the coefficients c_k in the modes of the flow, s_k = c_k², it is when half is left of what the
    error has of its first direction. For one λ it is ln 2/λ; for several it lies between the least and the largest
    of these. Infinite where half or more never moves. Relative error 1e-12, by bracketing in ln t.
    """
    rates, weights = np.asarray(eigenvalues, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    goal, moves = float(weights.sum()) / 2, (weights > 0) & (rates > 0)
    if float(weights[~moves].sum()) >= goal:
        return float("inf")

    def left(log_time: float) -> float:
        return float(weights @ np.exp(-rates * np.exp(log_time))) - goal

    low, high = np.log(np.log(2) / rates[moves].max()) - 1, np.log(np.log(2) / rates[moves].min()) + 1
    while left(high) > 0:  # what stands still takes the place of what still moves
        high += 1
    return float(np.exp(brentq(left, low, high, xtol=1e-12)))
