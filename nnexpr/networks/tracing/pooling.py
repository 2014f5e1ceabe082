"""The pooling of torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nnexpr.networks.graph.draft import Draft, Signal
from nnexpr.networks.graph.pooling import Windows, adaptive_max, adaptive_mean, pooled_max, pooled_mean
from nnexpr.networks.tracing.declared import Given, declare


@declare("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _average_pool(_: Draft, given: Given) -> Signal:
    signal, batched = _batched(given["self"], given)
    made = pooled_mean(signal, _windows(given), given["count_include_pad"], given.get("divisor_override"))
    return batched(made)


@declare("max_pool1d", "max_pool2d", "max_pool2d_with_indices", "max_pool3d", "max_pool3d_with_indices")
def _max_pool(_: Draft, given: Given) -> Signal:
    signal, batched = _batched(given["self"], given)
    return batched(pooled_max(signal, _windows(given)))


@declare(
    "_adaptive_avg_pool2d",
    "_adaptive_avg_pool3d",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
)
def _adaptive_average(_: Draft, given: Given) -> Signal:
    return adaptive_mean(given["self"], given["output_size"])


@declare("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
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
