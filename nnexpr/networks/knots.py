"""Where a shallow network's fixed knots lie. Every placement includes both ends of the domain."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["adaptive_knots", "random_knots", "uniform_knots"]

Array = NDArray[np.float64]


def uniform_knots(n: int, domain: tuple[float, float] = (0.0, 1.0)) -> Array:
    """``n`` evenly spaced knots, ascending float64; n is at least 2 (ValueError)."""
    _at_least_two(n)
    return np.linspace(*domain, n)


def random_knots(n: int, domain: tuple[float, float], rng: np.random.Generator) -> Array:
    """Both ends and ``n - 2`` knots uniform between them, ascending float64; n is at least 2 (ValueError)."""
    _at_least_two(n)
    low, high = domain
    return np.concatenate([[low], np.sort(rng.uniform(low, high, n - 2)), [high]])


def adaptive_knots(n: int, samples: tuple[ArrayLike, ArrayLike]) -> Array:
    """``n`` knots that share the variation of ``samples = (x, y)`` evenly, ascending float64.

    With F(t) the integral of |f'| up to t divided by the whole, f the line through the samples, knot i (from
    1) solves F(b_i) = (i - 1)/(n - 1); where f is constant that is the left end of the stretch. The first and
    the last knot are the ends of the samples. Samples may come in any order; values at the same x are
    averaged; a constant f gives uniform knots. Cost: O(m log m) for m samples. Raises ValueError for n < 2 or
    fewer than two different x.
    """
    _at_least_two(n)
    x, inverse = np.unique(np.asarray(samples[0], dtype=np.float64).ravel(), return_inverse=True)
    values = np.asarray(samples[1], dtype=np.float64).ravel()
    if values.size != inverse.size:
        raise ValueError(f"there are {inverse.size} sample inputs and {values.size} values")
    if x.size < 2:
        raise ValueError("adaptive knots need samples at two different inputs or more")
    mean = np.bincount(inverse, weights=values) / np.bincount(inverse)
    variation = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(mean)))])
    if not np.isfinite(variation[-1]):
        raise ValueError("adaptive knots need finite sample values")
    if variation[-1] == 0.0:
        return np.linspace(x[0], x[-1], n)
    shares = np.linspace(0.0, variation[-1], n)[1:-1]
    right = np.searchsorted(variation, shares)  # variation[right - 1] < share <= variation[right]
    left = right - 1
    part = (shares - variation[left]) / (variation[right] - variation[left])
    return np.concatenate([x[:1], x[left] + part * (x[right] - x[left]), x[-1:]])


def _at_least_two(n: int) -> None:
    if n < 2:
        raise ValueError(f"there are {n} knots; both ends of the domain are knots, so there are at least 2")
