"""The operators of ONNX that are piecewise linear, as steps of a graph: one function each.

Where a constant may stand is where the operator stays piecewise linear: a product has one, the weights of a
convolution are one. Operators that only move numbers, and those of constants alone, are in ``arrays.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

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
from nnexpr.networks.graph.pooling import Windows, pooled_max, pooled_mean
from nnexpr.networks.onnx.resizing import resized

__all__ = ["OPERATORS", "Call"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Call:
    """One node: what it is given, of which at least one is a signal, its attributes, and the version of its words."""

    draft: Draft
    inputs: Sequence[Signal | Array | None]
    attributes: Mapping[str, Any]
    opset: int

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(name, default)

    def signal(self, place: int = 0) -> Signal:
        """An input that depends on the network's; Refused for a constant."""
        given = self.inputs[place]
        if not isinstance(given, Signal):
            raise Refused("where it takes a constant, what is given depends on the input")
        return given

    def constant(self, place: int, default: Any = None) -> Any:
        """An input that is a constant, as an array; Refused where it depends on the network's input."""
        given = self.inputs[place] if place < len(self.inputs) else None
        if isinstance(given, Signal):
            raise Refused("where it takes a constant, what is given depends on the input")
        return default if given is None else given

    def signals(self) -> list[Signal]:
        """All inputs, constants among them made signals."""
        return [
            each if isinstance(each, Signal) else self.draft.constant(each)
            for each in self.inputs
            if each is not None
        ]

    def axes(self, place: int, rank: int) -> list[int] | None:
        """From an attribute in older files, an input in newer ones."""
        given = self.get("axes", self.constant(place))
        return None if given is None else [int(axis) % rank for axis in np.ravel(given)]


Operator = Callable[[Call], Signal]
OPERATORS: dict[str, Operator] = {}


def _declare(*names: str) -> Callable[[Operator], Operator]:
    def declared(operator: Operator) -> Operator:
        OPERATORS.update(dict.fromkeys(names, operator))
        return operator

    return declared


@_declare("Add", "Sum")
def _add(call: Call) -> Signal:
    signals = [each for each in call.inputs if isinstance(each, Signal)]
    numbers = [np.asarray(each, dtype=np.float64) for each in call.inputs if isinstance(each, np.ndarray)]
    total = reduce(added, signals)
    return scaled(total, shifts=sum(numbers[1:], numbers[0])) if numbers else total


@_declare("Sub")
def _subtract(call: Call) -> Signal:
    one, other = call.inputs
    if not isinstance(other, Signal):
        return scaled(call.signal(), shifts=-np.asarray(other, dtype=np.float64))
    return _add(Call(call.draft, (one, scaled(other, -1.0)), {}, call.opset))


@_declare("Mul")
def _multiply(call: Call) -> Signal:
    one, other = call.inputs
    if isinstance(one, Signal) and isinstance(other, Signal):
        raise Refused("it is a product of two things that both depend on the input")
    return (
        scaled(call.signal(1), call.constant(0))
        if isinstance(other, Signal)
        else scaled(call.signal(), call.constant(1))
    )


@_declare("Div")
def _divide(call: Call) -> Signal:
    if isinstance(call.inputs[1], Signal):
        raise Refused("it divides by what depends on the input")
    return scaled(call.signal(), 1.0 / np.asarray(call.constant(1), dtype=np.float64))


@_declare("Neg")
def _negate(call: Call) -> Signal:
    return scaled(call.signal(), -1.0)


@_declare("Mean")
def _mean(call: Call) -> Signal:
    return scaled(_add(call), 1.0 / len(call.inputs))


@_declare("MatMul")
def _product(call: Call) -> Signal:
    return multiplied(*call.inputs)


@_declare("Gemm")
def _affine(call: Call) -> Signal:
    signal, matrix = call.signal(), np.asarray(call.constant(1), dtype=np.float64)
    signal = signal.at(signal.places.T) if call.get("transA", 0) else signal
    matrix = (matrix.T if call.get("transB", 0) else matrix) * call.get("alpha", 1.0)
    made = contracted(signal, matrix, -1)
    if len(call.inputs) < 3 or call.inputs[2] is None:
        return made
    if isinstance(call.inputs[2], Signal):
        return added(made, scaled(call.inputs[2], call.get("beta", 1.0)))
    return scaled(made, shifts=np.asarray(call.inputs[2], dtype=np.float64) * call.get("beta", 1.0))


@_declare("BatchNormalization")
def _normalise(call: Call) -> Signal:
    if call.get("training_mode", 0):
        raise Refused("it is in training mode, where it depends on the batch")
    scale, shift, mean, variance = (
        np.asarray(call.constant(place), dtype=np.float64) for place in (1, 2, 3, 4)
    )
    factors = scale / np.sqrt(variance + call.get("epsilon", 1e-5))
    shape = (-1, *[1] * (len(call.signal().shape) - 2))
    return scaled(call.signal(), factors.reshape(shape), (shift - factors * mean).reshape(shape))


@_declare("Relu")
def _relu(call: Call) -> Signal:
    return leaky(call.signal(), 0.0)


@_declare("LeakyRelu")
def _leaky(call: Call) -> Signal:
    return leaky(call.signal(), call.get("alpha", 0.01))


@_declare("PRelu")
def _parametric(call: Call) -> Signal:
    return leaky(call.signal(), call.constant(1))


@_declare("Clip")
def _clip(call: Call) -> Signal:
    low, high = call.get("min", call.constant(1, -np.inf)), call.get("max", call.constant(2, np.inf))
    return clamped(call.signal(), float(low), float(high))


@_declare("Abs")
def _magnitude(call: Call) -> Signal:
    return bent(call.signal(), [PiecewiseLinear((0.0,), (-1.0, 1.0), (0.0, 0.0))])


@_declare("HardSigmoid")
def _hard_sigmoid(call: Call) -> Signal:
    return clamped(scaled(call.signal(), call.get("alpha", 0.2), call.get("beta", 0.5)), 0.0, 1.0)


@_declare("Max")
def _max(call: Call) -> Signal:
    return _extreme(call, larger, at_least, np.maximum)


@_declare("Min")
def _min(call: Call) -> Signal:
    return _extreme(call, smaller, at_most, np.minimum)


def _extreme(
    call: Call, several: Callable[..., Signal], limited: Callable[..., Signal], of: np.ufunc
) -> Signal:
    made = several(*(each for each in call.inputs if isinstance(each, Signal)))
    numbers = [np.asarray(each, dtype=np.float64) for each in call.inputs if isinstance(each, np.ndarray)]
    return limited(made, reduce(of, numbers)) if numbers else made


@_declare("Dropout", "Identity")
def _same(call: Call) -> Signal:
    if len(call.inputs) > 2 and bool(np.any(call.constant(2, False))):
        raise Refused("it is in training mode, where it is random")
    return call.signal()


@_declare("Cast", "CastLike")
def _cast(call: Call) -> Signal:
    if call.get("to", 1) not in _FLOATS:
        raise Refused("it makes whole numbers of real ones, which is not continuous")
    return call.signal()


_FLOATS = (1, 10, 11, 16)  # float32, float16, float64, bfloat16


@_declare("Concat")
def _concatenate(call: Call) -> Signal:
    return joined(call.signals(), call.get("axis", 1))


@_declare("Where")
def _where(call: Call) -> Signal:
    condition = np.asarray(call.constant(0), dtype=bool)
    one, other = Call(call.draft, call.inputs[1:], {}, call.opset).signals()
    shape = np.broadcast_shapes(condition.shape, one.shape, other.shape)
    one, other = call.draft.together([broadcast(one, shape), broadcast(other, shape)])
    return one.at(np.where(condition, one.places, other.places))


@_declare("Pad")
def _pad(call: Call) -> Signal:
    signal, mode = call.signal(), call.get("mode", "constant")
    rank = len(signal.shape)
    given = np.ravel(call.get("pads", call.constant(1))).astype(int)
    axes = call.axes(3, rank) or list(range(rank))
    around = [(0, 0)] * rank
    for axis, before, behind in zip(axes, *given.reshape(2, -1).tolist(), strict=True):
        around[axis] = before, behind
    value = call.get("value", call.constant(2, 0.0))
    value = float(np.ravel(value)[0]) if np.size(value) and not isinstance(value, str) else 0.0
    if prod(size + before + behind for size, (before, behind) in zip(signal.shape, around, strict=True)) < 1:
        raise Refused("it leaves nothing")
    return padded(signal, around, value, mode)


@_declare("ReduceSum")
def _sum(call: Call) -> Signal:
    return _reduced(call, summed)


@_declare("ReduceMean")
def _average(call: Call) -> Signal:
    return _reduced(call, averaged)


@_declare("GlobalAveragePool")
def _global_average(call: Call) -> Signal:
    return averaged(call.signal(), range(2, len(call.signal().shape)), keep=True)


@_declare("ReduceMax")
def _reduced_max(call: Call) -> Signal:
    return _reduced(call, largest_over)


@_declare("ReduceMin")
def _reduced_min(call: Call) -> Signal:
    return _reduced(call, lambda *given: scaled(largest_over(scaled(given[0], -1.0), *given[1:]), -1.0))


@_declare("GlobalMaxPool")
def _global_max(call: Call) -> Signal:
    return largest_over(call.signal(), range(2, len(call.signal().shape)), True)


def _reduced(call: Call, over: Callable[[Signal, Sequence[int], bool], Signal]) -> Signal:
    signal = call.signal()
    axes = call.axes(1, len(signal.shape))
    if axes is None and call.get("noop_with_empty_axes", 0):
        return signal
    return over(signal, axes or range(len(signal.shape)), bool(call.get("keepdims", 1)))


@_declare("MaxPool")
def _max_pool(call: Call) -> Signal:
    return pooled_max(call.signal(), _windows(call))


@_declare("AveragePool")
def _average_pool(call: Call) -> Signal:
    return pooled_mean(call.signal(), _windows(call), bool(call.get("count_include_pad", 0)))


@_declare("Conv")
def _convolve(call: Call) -> Signal:
    weights = np.asarray(call.constant(1), dtype=np.float64)
    windows = _windows(call, weights.shape[2:])
    return convolved(
        call.signal(), weights, call.constant(2), stride=windows.stride, padding=windows.padding,
        dilation=windows.dilation, groups=call.get("group", 1),
    )  # fmt: skip


@_declare("ConvTranspose")
def _unconvolve(call: Call) -> Signal:
    weights = np.asarray(call.constant(1), dtype=np.float64)
    if call.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or call.get("output_shape"):
        raise Refused("its padding is not written out; give it by pads")
    windows = _windows(call, weights.shape[2:])
    return unconvolved(
        call.signal(), weights, call.constant(2), stride=windows.stride, padding=windows.padding,
        dilation=windows.dilation, groups=call.get("group", 1),
        behind=call.get("output_padding", [0] * len(windows.kernel)),
    )  # fmt: skip


def _windows(call: Call, kernel: Sequence[int] = ()) -> Windows:
    """Of a convolution or a pooling, with ``auto_pad`` worked out."""
    kernel = tuple(kernel) or tuple(call.get("kernel_shape"))
    ones = (1,) * len(kernel)
    stride, dilation = tuple(call.get("strides", ones)), tuple(call.get("dilations", ones))
    sizes = call.signal().shape[2:]
    mode = call.get("auto_pad", "NOTSET")
    padding = tuple(call.get("pads", (0, 0) * len(kernel))) if mode == "NOTSET" else (0, 0) * len(kernel)
    if mode.startswith("SAME"):
        needed = [
            max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size)
            for size, s, k, d in zip(sizes, stride, kernel, dilation, strict=True)
        ]
        less, more = [each // 2 for each in needed], [each - each // 2 for each in needed]
        padding = (*less, *more) if mode == "SAME_UPPER" else (*more, *less)
    return Windows(kernel, stride, cast("tuple[int, ...]", padding), dilation, bool(call.get("ceil_mode", 0)))


@_declare("CumSum")
def _running_sum(call: Call) -> Signal:
    signal = call.signal()
    axis = int(np.ravel(call.constant(1))[0]) % len(signal.shape)
    size = signal.shape[axis]
    below = np.triu(np.ones((size, size)), int(call.get("exclusive", 0)))
    return contracted(signal, below.T if call.get("reverse", 0) else below, axis)


@_declare("Trilu")
def _triangle(call: Call) -> Signal:
    signal, shift = call.signal(), int(np.ravel(call.constant(1, 0))[0])
    part = np.triu if call.get("upper", 1) else np.tril
    return scaled(signal, part(np.ones(signal.shape[-2:]), shift))


@_declare("Shrink")
def _shrink(call: Call) -> Signal:
    width = float(call.get("lambd", 0.5))
    if width <= 0.0 or call.get("bias", 0.0) != width:
        raise Refused("it jumps, so it is not continuous")
    return bent(call.signal(), [PiecewiseLinear((-width, width), (1.0, 0.0, 1.0), (width, 0.0, -width))])


@_declare("ThresholdedRelu")
def _thresholded(call: Call) -> Signal:
    if call.get("alpha", 1.0) != 0.0:
        raise Refused("it jumps at its threshold, so it is not continuous")
    return leaky(call.signal(), 0.0)


@_declare("Resize", "Upsample")
def _resize(call: Call) -> Signal:
    return resized(call.signal(), call.inputs[1:], call.attributes)
