"""The tent, or triangle map, and the waves that composing it makes.

    T(u) = u/a for u ≤ a, (1 − u)/(1 − a) beyond: the lesser of the two lines, which cross at the peak (a, 1).

It takes [0, 1] onto itself twice, so composing it doubles the linear pieces. As ReLUs: T(u) = σ(u)/a − σ(u − a)/(a(1 −
a)) from 0 on; with a = 1/2 these are 2σ(u) − 4σ(u − 1/2). In float64 T is exact wherever u is dyadic and a = 1/2.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Corners", "composed", "corners", "relu_weights", "tent", "waves"]

Array = NDArray[np.float64]
Corners = tuple[tuple[Fraction, Fraction], ...]


@overload
def tent(u: Fraction, peak: Fraction) -> Fraction: ...
@overload
def tent(u: Array, peak: float | Array = 0.5) -> Array: ...
def tent(u: Any, peak: Any = 0.5) -> Any:
    """T(u), u in [0, 1]; beyond, the two lines go on."""
    rising, falling = u / peak, (1 - u) / (1 - peak)
    return min(rising, falling) if isinstance(u, Fraction) else np.minimum(rising, falling)


def composed(folds: int, x: ArrayLike) -> Array:
    """The tent of peak 1/2 composed ``folds`` times at x in [0, 1], float64."""
    y: Array = np.array(x, dtype=np.float64)
    for _ in range(folds):
        y = tent(y)
    return y


def waves(peaks: ArrayLike, x: ArrayLike) -> Array:
    """W_0 … W_{L−1}, W_i = T_i(W_{i−1}) and W_{−1} = x ``(points,)``: ``(..., L, points)`` for ``peaks (..., L)``."""
    a = np.asarray(peaks, dtype=np.float64)[..., None]
    w = np.broadcast_to(np.asarray(x, dtype=np.float64), (*a.shape[:-2], np.size(x)))
    made = []
    for layer in range(a.shape[-2]):
        w = tent(w, a[..., layer, :])
        made.append(w)
    return np.stack(made, axis=-2)


def corners(peak: Fraction = Fraction(1, 2), height: Fraction = Fraction(1)) -> Corners:
    """(x, height · T(x)) where it bends, ends included."""
    return (Fraction(0), Fraction(0)), (peak, height), (Fraction(1), Fraction(0))


def relu_weights(peak: Any, scale: Any = 1.0) -> tuple[Any, Any]:
    """The weights of σ(u) and σ(u − peak) in scale · T(u): of numbers, arrays or tensors."""
    return scale / peak, -scale / (peak * (1.0 - peak))
