"""The operators of torch that bend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.affine import scaled, summed
from nnexpr.networks.graph.bends import (
    at_least,
    at_most,
    bent,
    clamped,
    larger,
    largest_over,
    leaky,
    ordered,
    smaller,
)
from nnexpr.networks.graph.draft import Draft, Refused, Signal
from nnexpr.networks.tracing.declared import Given, axes_of, declare, depends


@declare("relu")
def _relu(_: Draft, given: Given) -> Signal:
    return leaky(given["self"], 0.0)


@declare("relu6")
def _relu6(_: Draft, given: Given) -> Signal:
    return clamped(given["self"], 0.0, 6.0)


@declare("leaky_relu")
def _leaky(_: Draft, given: Given) -> Signal:
    return leaky(given["self"], given["negative_slope"])


@declare("_prelu_kernel")
def _parametric(_: Draft, given: Given) -> Signal:
    if depends(given["weight"]):
        raise Refused("its slopes depend on the input")
    return leaky(given["self"], given["weight"])


@declare("rrelu_with_noise")
def _random_slopes(_: Draft, given: Given) -> Signal:
    if given["training"]:
        raise Refused("it is random in training mode")
    return leaky(given["self"], (given["lower"] + given["upper"]) / 2)


@declare("hardtanh")
def _hard_tanh(_: Draft, given: Given) -> Signal:
    return clamped(given["self"], given["min_val"], given["max_val"])


@declare("hardsigmoid")
def _hard_sigmoid(_: Draft, given: Given) -> Signal:
    return scaled(clamped(given["self"], -3.0, 3.0), 1.0 / 6.0, 0.5)


@declare("softshrink")
def _soft_shrink(_: Draft, given: Given) -> Signal:
    width = float(given["lambd"])
    return bent(given["self"], [PiecewiseLinear((-width, width), (1.0, 0.0, 1.0), (width, 0.0, -width))])


@declare("threshold")
def _threshold(_: Draft, given: Given) -> Signal:
    if given["threshold"] != given["value"]:
        raise Refused("it jumps at its threshold, so it is not continuous")
    return clamped(given["self"], float(given["value"]))


@declare("clamp", "clamp_min", "clamp_max")
def _clamp(_: Draft, given: Given) -> Signal:
    low, high = given.get("min"), given.get("max")
    signal: Signal = given["self"]
    if not depends(signal):
        raise Refused("its limits depend on the input, and what is limited does not")
    if not any(isinstance(limit, (np.ndarray, Signal)) for limit in (low, high)):
        limits = -np.inf if low is None else float(low), np.inf if high is None else float(high)
        return clamped(signal, *limits)
    above: Signal = signal if low is None else _extreme(signal, low, larger, at_least)
    return above if high is None else _extreme(above, high, smaller, at_most)


def _extreme(one: Any, other: Any, two: Callable[..., Signal], limited: Callable[..., Signal]) -> Signal:
    if depends(one) and depends(other):
        return two(one, other)
    return limited(one, other) if depends(one) else limited(other, one)


@declare("abs")
def _magnitude(_: Draft, given: Given) -> Signal:
    return bent(given["self"], [PiecewiseLinear((0.0,), (-1.0, 1.0), (0.0, 0.0))])


@declare("maximum", "fmax")
def _maximum(_: Draft, given: Given) -> Signal:
    return _extreme(given["self"], given["other"], larger, at_least)


@declare("minimum", "fmin")
def _minimum(_: Draft, given: Given) -> Signal:
    return _extreme(given["self"], given["other"], smaller, at_most)


@declare("max", "amax")
def _max(_: Draft, given: Given) -> Signal:
    return largest_over(given["self"], *axes_of(given))


@declare("min", "amin")
def _min(_: Draft, given: Given) -> Signal:
    return scaled(largest_over(scaled(given["self"], -1.0), *axes_of(given)), -1.0)


@declare("sort", "topk", "median", "kthvalue")
def _sorted(_: Draft, given: Given) -> Signal:
    """Of which the largest are the first, or one is the one in the middle, the lower of two, or of a given place."""
    signal, axis = given["self"], given.get("dim")
    if axis is None:
        signal, axis = signal.at(signal.places.ravel()), 0
    places = ordered(signal, axis, bool(given.get("descending", given.get("largest", False))))
    if "sorted" in given:
        return places.at(np.take(places.places, range(given["k"]), axis))
    if "descending" in given:
        return places
    place = given["k"] - 1 if "k" in given else (signal.shape[axis] - 1) // 2
    return places.at(np.take(places.places, [place] if given.get("keepdim") else place, axis))


@declare("linalg_vector_norm")
def _norm(_: Draft, given: Given) -> Signal:
    if abs(given["ord"]) not in (1.0, np.inf) or given["ord"] == -1.0:
        raise Refused("of the norms the sum and the largest of the absolute values are piecewise linear")
    magnitudes = _magnitude(_, given)
    if given["ord"] == 1.0:
        return summed(magnitudes, *axes_of(given))
    return (
        _max(_, {**given, "self": magnitudes}) if given["ord"] > 0 else _min(_, {**given, "self": magnitudes})
    )
