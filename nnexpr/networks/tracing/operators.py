"""The operators of torch that are steps of a graph, by their names in ``aten``: one function each.

A function is given the draft and the operator's arguments by the names that torch has for them, with signals for what
depends on the input and arrays for what does not. A name ends in no underscore here: in place is the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.affine import (
    added,
    averaged,
    broadcast,
    contracted,
    convolved,
    joined,
    multiplied,
    padded,
    scaled,
    summed,
    unconvolved,
)
from nnexpr.networks.graph.bends import at_least, at_most, bent, clamped, larger, largest_over, leaky, smaller
from nnexpr.networks.graph.draft import Draft, Refused, Signal
from nnexpr.networks.graph.pooling import Windows, adaptive_max, adaptive_mean, pooled_max, pooled_mean
from nnexpr.networks.tracing.interpolating import interpolated

__all__ = ["OPERATORS"]

Given = Mapping[str, Any]
Operator = Callable[[Draft, Given], Signal]
OPERATORS: dict[str, Operator] = {}


def _declare(*names: str) -> Callable[[Operator], Operator]:
    def declared(operator: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, operator))
        return operator

    return declared


def _plus(one: Any, other: Any, factor: float = 1.0) -> Signal:
    """``one + factor * other``, of which at least one is a signal."""
    if isinstance(one, Signal) and isinstance(other, Signal):
        return added(one, scaled(other, factor))
    if isinstance(one, Signal):
        return scaled(one, shifts=factor * np.asarray(other, dtype=np.float64))
    return scaled(other, factor, one)


@_declare("add")
def _add(_: Draft, given: Given) -> Signal:
    return _plus(given["self"], given["other"], given["alpha"])


@_declare("sub")
def _subtract(_: Draft, given: Given) -> Signal:
    return _plus(given["self"], given["other"], -given["alpha"])


@_declare("rsub")
def _subtract_from(_: Draft, given: Given) -> Signal:
    return _plus(given["other"], given["self"], -given["alpha"])


@_declare("mul")
def _multiply(_: Draft, given: Given) -> Signal:
    one, other = given["self"], given["other"]
    if isinstance(one, Signal) and isinstance(other, Signal):
        raise Refused("it is a product of two things that both depend on the input")
    return scaled(one, other) if isinstance(one, Signal) else scaled(other, one)


@_declare("div")
def _divide(_: Draft, given: Given) -> Signal:
    if isinstance(given["other"], Signal):
        raise Refused("it divides by what depends on the input")
    if given.get("rounding_mode") is not None:
        raise Refused("it rounds, which is not continuous")
    return scaled(given["self"], 1.0 / np.asarray(given["other"], dtype=np.float64))


@_declare("neg")
def _negate(_: Draft, given: Given) -> Signal:
    return scaled(given["self"], -1.0)


@_declare("mm", "bmm", "mv", "matmul")
def _product(_: Draft, given: Given) -> Signal:
    return multiplied(given["self"], given["vec"] if "vec" in given else _second(given))


def _second(given: Given) -> Any:
    return given["mat2"] if "mat2" in given else given["other"]


@_declare("addmm", "addmv", "baddbmm")
def _product_and_sum(_: Draft, given: Given) -> Signal:
    one, other = (given[name] for name in given if name.startswith(("mat", "batch", "vec")))
    made = (
        scaled(multiplied(one, other), given["alpha"])
        if _depends(one, other)
        else given["alpha"] * (one @ other)
    )
    return _plus(made, given["self"], given["beta"])


def _depends(*values: Any) -> bool:
    return any(isinstance(value, Signal) for value in values)


@_declare("linear")
def _linear(_: Draft, given: Given) -> Signal:
    made = multiplied(given["input"], np.swapaxes(given["weight"], -1, -2))
    return made if given["bias"] is None else scaled(made, shifts=given["bias"])


@_declare("convolution")
def _convolve(_: Draft, given: Given) -> Signal:
    signal, weights, bias = given["input"], given["weight"], given["bias"]
    if not isinstance(signal, Signal) or _depends(weights, bias):
        raise Refused("its weights depend on the input")
    geometry = {"stride": given["stride"], "padding": (*given["padding"], *given["padding"]),
                "dilation": given["dilation"], "groups": given["groups"]}  # fmt: skip
    if given["transposed"]:
        return unconvolved(signal, weights, bias, behind=given["output_padding"], **geometry)
    return convolved(signal, weights, bias, **geometry)


@_declare("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training")
def _normalise(_: Draft, given: Given) -> Signal:
    mean, variance = given["running_mean"], given["running_var"]
    if given.get("training", False) or mean is None or variance is None:
        raise Refused("it has no running statistics, so it is not an affine map")
    factors = (1.0 if given["weight"] is None else given["weight"]) / np.sqrt(variance + given["eps"])
    shifts = (0.0 if given["bias"] is None else given["bias"]) - factors * mean
    shape = (-1, *[1] * (len(given["input"].shape) - 2))
    return scaled(given["input"], factors.reshape(shape), shifts.reshape(shape))


@_declare("mean")
def _mean(_: Draft, given: Given) -> Signal:
    return averaged(given["self"], *_axes(given))


@_declare("sum")
def _sum(_: Draft, given: Given) -> Signal:
    return summed(given["self"], *_axes(given))


def _axes(given: Given) -> tuple[Sequence[int], bool]:
    """Over which axes, and whether they stay."""
    axes = given.get("dim")
    axes = [axes] if isinstance(axes, int) else axes
    return axes or range(len(given["self"].shape)), bool(given.get("keepdim", False))


@_declare("cumsum")
def _running_sum(_: Draft, given: Given) -> Signal:
    size = given["self"].shape[given["dim"]]
    return contracted(given["self"], np.triu(np.ones((size, size))), given["dim"])


@_declare("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _average_pool(_: Draft, given: Given) -> Signal:
    signal, batched = _batched(given["self"], given)
    made = pooled_mean(signal, _windows(given), given["count_include_pad"], given.get("divisor_override"))
    return batched(made)


@_declare("max_pool1d", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices")
def _max_pool(_: Draft, given: Given) -> Signal:
    signal, batched = _batched(given["self"], given)
    return batched(pooled_max(signal, _windows(given)))


@_declare(
    "_adaptive_avg_pool2d",
    "_adaptive_avg_pool3d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
)
def _adaptive_average(_: Draft, given: Given) -> Signal:
    return adaptive_mean(given["self"], given["output_size"])


@_declare("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def _adaptive_largest(_: Draft, given: Given) -> Signal:
    return adaptive_max(given["self"], given["output_size"])


def _batched(signal: Signal, given: Given) -> tuple[Signal, Callable[[Signal], Signal]]:
    """With a batch before the channels, and what takes it off again where there was none."""
    if len(signal.shape) == len(given["kernel_size"]) + 2:
        return signal, lambda made: made
    return signal.at(signal.places[None]), lambda made: made.at(made.places[0])


def _windows(given: Given) -> Windows:
    kernel = tuple(given["kernel_size"])

    def each(values: Sequence[int]) -> tuple[int, ...]:
        return tuple(values) * (len(kernel) if len(values) == 1 else 1)

    stride, padding = each(given["stride"] or kernel), each(given["padding"])
    return Windows(kernel, stride, padding + padding, each(given.get("dilation", (1,))), given["ceil_mode"])


@_declare("relu")
def _relu(_: Draft, given: Given) -> Signal:
    return leaky(given["self"], 0.0)


@_declare("relu6")
def _relu6(_: Draft, given: Given) -> Signal:
    return clamped(given["self"], 0.0, 6.0)


@_declare("leaky_relu")
def _leaky(_: Draft, given: Given) -> Signal:
    return leaky(given["self"], given["negative_slope"])


@_declare("_prelu_kernel")
def _parametric(_: Draft, given: Given) -> Signal:
    if _depends(given["weight"]):
        raise Refused("its slopes depend on the input")
    return leaky(given["self"], given["weight"])


@_declare("rrelu_with_noise")
def _random_slopes(_: Draft, given: Given) -> Signal:
    if given["training"]:
        raise Refused("it is random in training mode")
    return leaky(given["self"], (given["lower"] + given["upper"]) / 2)


@_declare("hardtanh")
def _hard_tanh(_: Draft, given: Given) -> Signal:
    return clamped(given["self"], given["min_val"], given["max_val"])


@_declare("hardsigmoid")
def _hard_sigmoid(_: Draft, given: Given) -> Signal:
    return scaled(clamped(given["self"], -3.0, 3.0), 1.0 / 6.0, 0.5)


@_declare("softshrink")
def _soft_shrink(_: Draft, given: Given) -> Signal:
    width = float(given["lambd"])
    return bent(given["self"], [PiecewiseLinear((-width, width), (1.0, 0.0, 1.0), (width, 0.0, -width))])


@_declare("threshold")
def _threshold(_: Draft, given: Given) -> Signal:
    if given["threshold"] != given["value"]:
        raise Refused("it jumps at its threshold, so it is not continuous")
    return clamped(given["self"], float(given["value"]))


@_declare("clamp", "clamp_min", "clamp_max")
def _clamp(_: Draft, given: Given) -> Signal:
    low, high = given.get("min"), given.get("max")
    signal: Signal = given["self"]
    if not _depends(signal):
        raise Refused("its limits depend on the input, and what is limited does not")
    if not any(isinstance(limit, (np.ndarray, Signal)) for limit in (low, high)):
        limits = -np.inf if low is None else float(low), np.inf if high is None else float(high)
        return clamped(signal, *limits)
    above: Signal = signal if low is None else _extreme(signal, low, larger, at_least)
    return above if high is None else _extreme(above, high, smaller, at_most)


def _extreme(one: Any, other: Any, two: Callable[..., Signal], limited: Callable[..., Signal]) -> Signal:
    if _depends(one) and _depends(other):
        return two(one, other)
    return limited(one, other) if _depends(one) else limited(other, one)


@_declare("abs")
def _magnitude(_: Draft, given: Given) -> Signal:
    return bent(given["self"], [PiecewiseLinear((0.0,), (-1.0, 1.0), (0.0, 0.0))])


@_declare("maximum", "fmax")
def _maximum(_: Draft, given: Given) -> Signal:
    return _extreme(given["self"], given["other"], larger, at_least)


@_declare("minimum", "fmin")
def _minimum(_: Draft, given: Given) -> Signal:
    return _extreme(given["self"], given["other"], smaller, at_most)


@_declare("max", "amax")
def _max(_: Draft, given: Given) -> Signal:
    return largest_over(given["self"], *_axes(given))


@_declare("min", "amin")
def _min(_: Draft, given: Given) -> Signal:
    return scaled(largest_over(scaled(given["self"], -1.0), *_axes(given)), -1.0)


@_declare("_to_copy")
def _copied(_: Draft, given: Given) -> Signal:
    kind = given.get("dtype")
    if kind is not None and not kind.is_floating_point:
        raise Refused(f"it makes {str(kind).removeprefix('torch.')} of real numbers")
    signal: Signal = given["self"]
    return signal


def _as_signal(draft: Draft, value: Any) -> Signal:
    return value if isinstance(value, Signal) else draft.constant(value)


@_declare("cat")
def _concatenate(draft: Draft, given: Given) -> Signal:
    parts = [_as_signal(draft, each) for each in given["tensors"]]
    return joined([part for part in parts if part.shape != (0,)], given["dim"])  # which torch leaves out too


@_declare("stack")
def _stack(draft: Draft, given: Given) -> Signal:
    parts = draft.together([_as_signal(draft, each) for each in given["tensors"]])
    return parts[0].at(np.stack([part.places for part in parts], axis=given["dim"]))


@_declare("where")
def _where(draft: Draft, given: Given) -> Signal:
    return _chosen(draft, given["condition"], given["self"], given["other"])


@_declare("masked_fill")
def _masked(draft: Draft, given: Given) -> Signal:
    return _chosen(draft, given["mask"], given["value"], given["self"])


def _chosen(draft: Draft, condition: Any, one: Any, other: Any) -> Signal:
    if _depends(condition):
        raise Refused("its condition depends on the input")
    parts = _as_signal(draft, one), _as_signal(draft, other)
    shape = np.broadcast_shapes(np.shape(condition), *(part.shape for part in parts))
    first, second = draft.together([broadcast(part, shape) for part in parts])
    return first.at(np.where(condition, first.places, second.places))


@_declare("constant_pad_nd")
def _pad(_: Draft, given: Given) -> Signal:
    pads = list(given["pad"])
    around = [(before, behind) for before, behind in zip(pads[::2], pads[1::2], strict=True)][::-1]
    return padded(
        given["self"], [(0, 0)] * (len(given["self"].shape) - len(around)) + around, float(given["value"])
    )


@_declare("copy")
def _copy(draft: Draft, given: Given) -> Signal:
    return broadcast(_as_signal(draft, given["src"]), given["self"].shape)


@_declare("fill")
def _fill(draft: Draft, given: Given) -> Signal:
    return broadcast(_as_signal(draft, given["value"]), given["self"].shape)


@_declare("zero")
def _zero(draft: Draft, given: Given) -> Signal:
    return broadcast(draft.constant(0.0), given["self"].shape)


@_declare("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def _interpolate(_: Draft, given: Given) -> Signal:
    return interpolated(given, _linear_along)


@_declare("upsample_bicubic2d")
def _interpolate_cubically(_: Draft, given: Given) -> Signal:
    return interpolated(given, _cubic_along)


def _linear_along(basis: torch.Tensor, size: int, corners: bool, scale: float | None) -> torch.Tensor:
    made: torch.Tensor = torch.ops.aten.upsample_linear1d(basis, [size], corners, scale)
    return made


def _cubic_along(basis: torch.Tensor, size: int, corners: bool, scale: float | None) -> torch.Tensor:
    made: torch.Tensor = torch.ops.aten.upsample_bicubic2d(basis[..., None], [size, 1], corners, scale, None)
    return made[..., 0]
