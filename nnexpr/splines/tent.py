"""The tent, or triangle map, the waves that composing it makes, and the scales under which their sum is smooth.

    T(u) = u/a for u ≤ a, (1 − u)/(1 − a) beyond: the lesser of the two lines, which cross at the peak (a, 1).

It takes [0, 1] onto itself twice, so composing it doubles the linear pieces. As ReLUs: T(u) = σ(u)/a − σ(u − a)/(a(1 −
a)) from 0 on; with a = 1/2 these are 2σ(u) − 4σ(u − 1/2). In float64 T is exact wherever u is dyadic and a = 1/2.

Σ s_i W_i of the waves W_i = T_i(W_{i−1}) has a derivative in the limit only if s_{i+1} = s_i (1 − a_{i+1}) a_{i+2}. The
first scale is a_0 a_1 where the waves are subtracted from x, which makes F'(0) = 0 (x², x³), and (1 − a_0) a_1 where
they are added, which makes F'(1) = 0 (a quarter sine).

Everything else asks these functions, compiled loops too (:mod:`nnexpr.kernels.compiled`). Source of the scales: "A
trainable manifold for accurate approximation with ReLU networks", Theorem 3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from operator import mul
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Corners", "composed", "corners", "relu_weights", "scale_ratio", "scale_ratios", "tent", "theorem_scales", "waves",
]  # fmt: skip

Array = NDArray[np.float64]
Number = TypeVar("Number", bound=Any)  # a Fraction, a float, an array or a tensor
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


def scale_ratio(peak: Any, following: Any, falls: bool) -> Any:
    """s_i / s_{i−1}, or s_0: the share a of the peak's own rise, or 1 − a of its fall, times the following peak."""
    return ((1 - peak) if falls else peak) * following


def scale_ratios(peaks: Sequence[Number], sign: int = -1) -> list[Number]:
    """s_0, s_1/s_0, … of the theorem, one for each peak; the last peak is repeated: a_L = a_{L−1}.

    ``sign``: waves are added (1) or subtracted (−1).
    """
    pairs = pairwise([*peaks, peaks[-1]])
    return [scale_ratio(a, after, i > 0 or sign > 0) for i, (a, after) in enumerate(pairs)]


def theorem_scales(peaks: Sequence[Number], sign: int = -1) -> list[Number]:
    """s_0, s_1, … of the theorem, one for each peak, see :func:`scale_ratios`."""
    return list(accumulate(scale_ratios(peaks, sign), mul))
