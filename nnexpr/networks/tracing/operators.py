"""The operators of torch that are steps of a graph, by their names in ``aten``: one function each.

A function is given the draft and the operator's arguments by the names that torch has for them, with signals for what
depends on the input and arrays for what does not. A name ends in no underscore here: in place is the same step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

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
from nnexpr.networks.graph.draft import Draft, Refused, Signal
from nnexpr.networks.tracing import bending, pooling  # noqa: F401  (they declare theirs)
from nnexpr.networks.tracing.declared import OPERATORS, Given, as_signal, axes_of, declare, depends
from nnexpr.networks.tracing.interpolating import interpolated

__all__ = ["OPERATORS"]


def _plus(one: Any, other: Any, factor: float = 1.0) -> Signal:
    """``one + factor * other``, of which at least one is a signal."""
    if isinstance(one, Signal) and isinstance(other, Signal):
        return added(one, scaled(other, factor))
    if isinstance(one, Signal):
        return scaled(one, shifts=factor * np.asarray(other, dtype=np.float64))
    return scaled(other, factor, one)


@declare("add")
def _add(_: Draft, given: Given) -> Signal:
    return _plus(given["self"], given["other"], given["alpha"])


@declare("sub")
def _subtract(_: Draft, given: Given) -> Signal:
    return _plus(given["self"], given["other"], -given["alpha"])


@declare("rsub")
def _subtract_from(_: Draft, given: Given) -> Signal:
    return _plus(given["other"], given["self"], -given["alpha"])


@declare("mul")
def _multiply(_: Draft, given: Given) -> Signal:
    one, other = given["self"], given["other"]
    if isinstance(one, Signal) and isinstance(other, Signal):
        raise Refused("it is a product of two things that both depend on the input")
    return scaled(one, other) if isinstance(one, Signal) else scaled(other, one)


@declare("div")
def _divide(_: Draft, given: Given) -> Signal:
    if isinstance(given["other"], Signal):
        raise Refused("it divides by what depends on the input")
    if given.get("rounding_mode") is not None:
        raise Refused("it rounds, which is not continuous")
    return scaled(given["self"], 1.0 / np.asarray(given["other"], dtype=np.float64))


@declare("addcmul")
def _product_of_each_and_sum(_: Draft, given: Given) -> Signal:
    one, other = given["tensor1"], given["tensor2"]
    made = _multiply(_, {"self": one, "other": other}) if depends(one, other) else np.multiply(one, other)
    return _plus(given["self"], made, given["value"])


@declare("lerp")
def _between(_: Draft, given: Given) -> Signal:
    if depends(given["weight"]):
        raise Refused("its weights depend on the input")
    step = _plus(given["end"], given["self"], -1.0)
    return _plus(given["self"], scaled(step, given["weight"]))


@declare("neg")
def _negate(_: Draft, given: Given) -> Signal:
    return scaled(given["self"], -1.0)


@declare("mm", "bmm", "mv", "matmul")
def _product(_: Draft, given: Given) -> Signal:
    return multiplied(given["self"], given["vec"] if "vec" in given else _second(given))


def _second(given: Given) -> Any:
    return given["mat2"] if "mat2" in given else given["other"]


@declare("addmm", "addmv", "baddbmm")
def _product_and_sum(_: Draft, given: Given) -> Signal:
    one, other = (given[name] for name in given if name.startswith(("mat", "batch", "vec")))
    made = (
        scaled(multiplied(one, other), given["alpha"])
        if depends(one, other)
        else given["alpha"] * (one @ other)
    )
    return _plus(made, given["self"], given["beta"])


@declare("linear")
def _linear(_: Draft, given: Given) -> Signal:
    made = multiplied(given["input"], np.swapaxes(given["weight"], -1, -2))
    return made if given["bias"] is None else scaled(made, shifts=given["bias"])


@declare("convolution")
def _convolve(_: Draft, given: Given) -> Signal:
    signal, weights, bias = given["input"], given["weight"], given["bias"]
    if not isinstance(signal, Signal) or depends(weights, bias):
        raise Refused("its weights depend on the input")
    geometry = {"stride": given["stride"], "padding": (*given["padding"], *given["padding"]),
                "dilation": given["dilation"], "groups": given["groups"]}  # fmt: skip
    if given["transposed"]:
        return unconvolved(signal, weights, bias, behind=given["output_padding"], **geometry)
    return convolved(signal, weights, bias, **geometry)


@declare("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_no_training")
def _normalise(_: Draft, given: Given) -> Signal:
    mean, variance = given["running_mean"], given["running_var"]
    if given.get("training", False) or mean is None or variance is None:
        raise Refused("it has no running statistics, so it is not an affine map")
    factors = (1.0 if given["weight"] is None else given["weight"]) / np.sqrt(variance + given["eps"])
    shifts = (0.0 if given["bias"] is None else given["bias"]) - factors * mean
    shape = (-1, *[1] * (len(given["input"].shape) - 2))
    return scaled(given["input"], factors.reshape(shape), shifts.reshape(shape))


@declare("mean")
def _mean(_: Draft, given: Given) -> Signal:
    return averaged(given["self"], *axes_of(given))


@declare("sum")
def _sum(_: Draft, given: Given) -> Signal:
    return summed(given["self"], *axes_of(given))


@declare("cumsum")
def _running_sum(_: Draft, given: Given) -> Signal:
    size = given["self"].shape[given["dim"]]
    return contracted(given["self"], np.triu(np.ones((size, size))), given["dim"])


@declare("_to_copy")
def _copied(_: Draft, given: Given) -> Signal:
    kind = given.get("dtype")
    if kind is not None and not kind.is_floating_point:
        raise Refused(f"it makes {str(kind).removeprefix('torch.')} of real numbers")
    signal: Signal = given["self"]
    return signal


@declare("cat")
def _concatenate(draft: Draft, given: Given) -> Signal:
    parts = [as_signal(draft, each) for each in given["tensors"]]
    return joined([part for part in parts if part.shape != (0,)], given["dim"])  # which torch leaves out too


@declare("stack")
def _stack(draft: Draft, given: Given) -> Signal:
    parts = draft.together([as_signal(draft, each) for each in given["tensors"]])
    return parts[0].at(np.stack([part.places for part in parts], axis=given["dim"]))


@declare("where")
def _where(draft: Draft, given: Given) -> Signal:
    return _chosen(draft, given["condition"], given["self"], given["other"])


@declare("masked_fill")
def _masked(draft: Draft, given: Given) -> Signal:
    return _chosen(draft, given["mask"], given["value"], given["self"])


def _chosen(draft: Draft, condition: Any, one: Any, other: Any) -> Signal:
    if depends(condition):
        raise Refused("its condition depends on the input")
    parts = as_signal(draft, one), as_signal(draft, other)
    shape = np.broadcast_shapes(np.shape(condition), *(part.shape for part in parts))
    first, second = draft.together([broadcast(part, shape) for part in parts])
    return first.at(np.where(condition, first.places, second.places))


@declare("constant_pad_nd")
def _pad(_: Draft, given: Given) -> Signal:
    pads = list(given["pad"])
    around = [(before, behind) for before, behind in zip(pads[::2], pads[1::2], strict=True)][::-1]
    return padded(
        given["self"], [(0, 0)] * (len(given["self"].shape) - len(around)) + around, float(given["value"])
    )


@declare("copy")
def _copy(draft: Draft, given: Given) -> Signal:
    return broadcast(as_signal(draft, given["src"]), given["self"].shape)


@declare("index_put")
def _put(draft: Draft, given: Given) -> Signal:
    if given["accumulate"]:
        raise Refused("it adds to what is there by number")
    one, new = draft.together([as_signal(draft, given["self"]), as_signal(draft, given["values"])])
    indices = [None if each is None else torch.from_numpy(each) for each in given["indices"]]
    places = torch.ops.aten.index_put(torch.tensor(one.places), indices, torch.tensor(new.places))
    return one.at(places.numpy())


@declare("fill")
def _fill(draft: Draft, given: Given) -> Signal:
    return broadcast(as_signal(draft, given["value"]), given["self"].shape)


@declare("zero")
def _zero(draft: Draft, given: Given) -> Signal:
    return broadcast(draft.constant(0.0), given["self"].shape)


@declare("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
def _interpolate(_: Draft, given: Given) -> Signal:
    return interpolated(given, _linear_along)


@declare("upsample_bicubic2d")
def _interpolate_cubically(_: Draft, given: Given) -> Signal:
    return interpolated(given, _cubic_along)


def _linear_along(basis: torch.Tensor, size: int, corners: bool, scale: float | None) -> torch.Tensor:
    made: torch.Tensor = torch.ops.aten.upsample_linear1d(basis, [size], corners, scale)
    return made


def _cubic_along(basis: torch.Tensor, size: int, corners: bool, scale: float | None) -> torch.Tensor:
    made: torch.Tensor = torch.ops.aten.upsample_bicubic2d(basis[..., None], [size, 1], corners, scale, None)
    return made[..., 0]
