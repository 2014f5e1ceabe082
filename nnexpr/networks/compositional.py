"""Compositional networks: four units a layer that fold [0, 1] into 2^L linear regions.

A hidden layer holds (sum, t1, t2, bias). With peaks a_0 ... a_{L-1} in (0, 1) and the triangle

    T_i(u) = u/a_i for u <= a_i, (1 - u)/(1 - a_i) for u >= a_i;    W_i = T_i(W_{i-1}), W_{-1} = x,

hidden layer i (from 0) carries t1 = c_i W_{i-1}, t2 = c_i relu(W_{i-1} - a_i) and bias = c_i, where c_0 = 1
and c_i = s_{i-1}. The layer above forms c_i W_i = t1/a_i - t2/(a_i - a_i²), multiplies it by the ratio S_i =
s_i / c_i, and adds it to (sign +1) or subtracts it from (sign -1) ``sum``, which starts as x. So the ratios
of the scales are spread over the layers, the amplitudes decay with them, and the network is

    F(x) = x ± Σ_{i<L} s_i W_i(x).

*Scales* (Theorem 3.4, ``nnexpr/splines/tent.py``): the last one asks for a peak a_L that a network of L layers
does not have: the last peak is repeated, a_L = a_{L-1}. With all peaks 1/2, s_i = 4^{-(i+1)} and F is x² with
error 4^{-(L+1)}, attained.

*Positivity.* ReLU must pass ``sum``. Added waves keep it above x. Under the theorem's scales s*, x minus all
infinitely many waves is convex with value and slope 0 at 0, so no partial sum is below 0, nor is one under
any scales with s_i <= s*_i. Scales above them are caught by a lift K = Σ max(0, s_i - s*_i), added to ``sum``
in the first layer and taken off at the output: x - Σ s_i W_i >= (x - Σ s*_i W_i) - K >= -K because W_i <= 1.
It is 0 under the theorem's scales.

Source: "A trainable manifold for accurate approximation with ReLU networks", section 3; later Milkert, Hyde
and Laine, arXiv 2311.18022. Its equation (1) misprints the second slope, which is -1/(1 - a_i).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from nnexpr.kinds import compositional_layers, dense_layers
from nnexpr.networks.network import Network
from nnexpr.specification import OPTIONS, InputError
from nnexpr.splines.tent import relu_weights, scale_ratios

__all__ = ["compositional", "manifold_parameters", "random_peaks", "tent"]

Array = NDArray[np.float64]


def compositional(
    depth: int | None = None,
    peaks: ArrayLike | None = None,
    scales: ArrayLike | None = None,
    *,
    members: int = 1,
    seed: int = 0,
    sign: int | None = None,
    samples: tuple[ArrayLike, ArrayLike] | None = None,
    domain: tuple[float, float] = (0.0, 1.0),
    dtype: str = "float32",
    device: str | torch.device = "cpu",
) -> Network:
    """Networks of ``depth`` hidden layers (5, or as many as there are peaks), four units each, ReLU.

    ``peaks``: one for all layers, ``(depth,)`` or ``(members, depth)``, in (0, 1); unless given, member i
    draws its own uniformly from ``default_rng(seed + i)``. ``scales``: ``(depth,)`` or ``(members, depth)``,
    above 0; Theorem 3.4's unless given. ``sign``: +1 adds the waves to the line, -1 subtracts them; unless
    given, they are added where ``samples`` (x, y) lie above y = x on average, both scaled to the domain.
    ``domain``: the interval that is mapped to [0, 1] first. Parameters are formed in float64, then rounded to
    ``dtype``. Raises InputError.
    """
    members, seed = OPTIONS["members"].check(members), OPTIONS["seed"].check(seed)
    numeric = getattr(torch, OPTIONS["dtype"].check(dtype))
    low, high = OPTIONS["domain"].check(domain)
    sign = _wave_sign(samples, (low, high)) if sign is None else sign
    if sign not in (-1, 1):
        raise InputError("sign", sign, "it must be +1 (waves added) or -1 (waves subtracted)")
    given = None if peaks is None else _rows("peaks", peaks)
    if depth is None:
        depth = 5 if given is None or given.shape[1] == 1 else given.shape[1]
    depth = OPTIONS["depth"].check(depth)
    a = random_peaks(depth, members, seed) if given is None else _fit("peaks", given, members, depth)
    if not np.all((a > 0) & (a < 1)):
        raise InputError("peaks", _shown(a), "they must be above 0 and below 1")
    s = None if scales is None else _fit("scales", _rows("scales", scales), members, depth)
    if s is not None and not np.all((s > 0) & np.isfinite(s)):
        raise InputError("scales", _shown(s), "they must be numbers above 0")
    parameters = manifold_parameters(
        torch.from_numpy(a), None if s is None else torch.from_numpy(s), sign=sign, domain=(low, high)
    )
    return Network(
        compositional_layers(depth),
        parameters.to(dtype=numeric, device=device),
        seeds=tuple(range(seed, seed + members)),
        tie_tolerance=2 * torch.finfo(numeric).eps,
    )


def _wave_sign(samples: tuple[ArrayLike, ArrayLike] | None, domain: tuple[float, float]) -> int:
    if samples is None:
        return -1
    x, y = (np.asarray(column, dtype=np.float64).ravel() for column in samples)
    return 1 if np.mean(y - (x - domain[0]) / (domain[1] - domain[0])) > 0 else -1


def random_peaks(depth: int, members: int, seed: int) -> Array:
    """Peaks ``(members, depth)``, uniform in the open (0, 1), member i's from ``default_rng(seed + i)``."""
    drawn = [np.random.default_rng(seed + member).random(depth) for member in range(members)]
    return np.maximum(np.stack(drawn), 2.0**-53)  # 0 itself can be drawn


def manifold_parameters(
    peaks: Tensor, scales: Tensor | None = None, *, sign: int = -1, domain: tuple[float, float] = (0.0, 1.0)
) -> Tensor:
    """The parameters ``(M, 20 L - 7)`` of peaks and scales, each ``(M, L)``; differentiable in both.

    ``scales=None`` follows the peaks by Theorem 3.4. Peaks must lie in (0, 1) and scales above 0; neither is
    checked.
    """
    members, depth = peaks.shape
    ratios, lift = torch.stack(scale_ratios(peaks.unbind(1), sign), dim=1), peaks.new_zeros(members)
    if scales is not None:
        above = torch.relu(scales - torch.cumprod(ratios, dim=1)).sum(dim=1)
        lift = above if sign < 0 else lift
        ratios = torch.cat([scales[:, :1], scales[:, 1:] / scales[:, :-1]], dim=1)
    zero, one = torch.zeros_like(lift), torch.ones_like(lift)

    # Rows (sum, t1, t2, bias) of a hidden layer, each over the columns (sum, t1, t2, bias | b).
    width = domain[1] - domain[0]
    start = 0.0 - domain[0] / width  # not -0.0 on [0, 1]
    slope = one / width
    first = [slope, lift + start, slope, one * start, slope, start - peaks[:, 0], zero, one]
    blocks = [torch.stack(first, dim=1)]
    up, down = relu_weights(peaks, ratios)
    for layer in range(1, depth):
        u, d, r = up[:, layer - 1], down[:, layer - 1], ratios[:, layer - 1]
        rows = [one, sign * u, sign * d, zero, zero]
        rows += [zero, u, d, zero, zero]
        rows += [zero, u, d, -peaks[:, layer] * r, zero]
        rows += [zero, zero, zero, r, zero]
        blocks.append(torch.stack(rows, dim=1))
    blocks.append(torch.stack([one, sign * up[:, -1], sign * down[:, -1], zero, -lift], dim=1))
    return torch.cat(blocks, dim=1)


def tent(folds: int, dtype: str = "float64") -> Network:
    """The tent T(x) = 2 relu(x) - 4 relu(x - 1/2) composed ``folds`` times: 2^folds linear regions on [0, 1].

    One network with two units a fold. Its weights, and its values at every dyadic x that ``dtype`` holds, are
    exact.
    """
    folds = OPTIONS["depth"].check(folds)
    weights = relu_weights(0.5)
    again = [*weights, 0.0, *weights, -0.5]
    parameters = [1.0, 0.0, 1.0, -0.5, *(again * (folds - 1)), *weights, 0.0]
    return Network(
        dense_layers((1, *[2] * folds, 1)),
        torch.tensor([parameters], dtype=getattr(torch, OPTIONS["dtype"].check(dtype)), device="cpu"),
    )


def _rows(option: str, values: ArrayLike) -> Array:
    try:
        array = np.atleast_2d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(option, values, "they must be numbers, the same count for each member") from None
    if array.ndim != 2 or array.size == 0:
        raise InputError(option, _shown(array), "give (depth,) or (members, depth) of them")
    return array


def _fit(option: str, array: Array, members: int, depth: int) -> Array:
    if array.shape[0] not in (1, members) or array.shape[1] not in (1, depth):
        allowed = f"give one, {depth} for the layers, or {members} members with {depth} each"
        raise InputError(option, f"an array of shape {array.shape}", allowed)
    return np.array(np.broadcast_to(array, (members, depth)))  # a copy that may be written to


def _shown(array: Array) -> str:
    return np.array2string(array, threshold=8, separator=", ", precision=6)
