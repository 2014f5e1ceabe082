"""Pooling: the mean or the largest of what windows see of each channel, in one, two or three dimensions.

Where a window begins and ends is the same for torch and ONNX: so many before each axis, and behind it so many more as
``ceil_mode`` needs for its last window, which begins inside the image or the padding before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil, floor

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nnexpr.networks.graph.affine import contracted, convolved, scaled
from nnexpr.networks.graph.bends import largest
from nnexpr.networks.graph.draft import Signal, require_units
from nnexpr.networks.graph.maps import Array, Index

__all__ = ["Windows", "adaptive_max", "adaptive_mean", "pooled_max", "pooled_mean"]


@dataclass(frozen=True)
class Windows:
    """``padding``: before each axis, then behind each."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil: bool = False

    def reach(self, axis: int) -> int:
        """What a window spans."""
        return (self.kernel[axis] - 1) * self.dilation[axis] + 1

    def count(self, axis: int, size: int) -> int:
        """How many there are."""
        before, behind = self.before(axis), self.padding[len(self.kernel) + axis]
        steps = (size + before + behind - self.reach(axis)) / self.stride[axis]
        count = (ceil(steps) if self.ceil else floor(steps)) + 1
        return count - (self.ceil and (count - 1) * self.stride[axis] >= size + before)

    def before(self, axis: int) -> int:
        """Padding."""
        return self.padding[axis]

    def behind(self, axis: int, size: int) -> int:
        """Padding that the last window reaches; negative where it leaves some of the image."""
        return (self.count(axis, size) - 1) * self.stride[axis] + self.reach(axis) - size - self.before(axis)

    def seen(self, axis: int, size: int, with_padding: bool) -> Index:
        """How many numbers each window sees, of the image or of its padding too."""
        starts = np.arange(self.count(axis, size)) * self.stride[axis] - self.before(axis)
        places = starts[:, None] + np.arange(self.kernel[axis]) * self.dilation[axis]
        low, high = (
            (-self.before(axis), size + self.padding[len(self.kernel) + axis]) if with_padding else (0, size)
        )
        seen: Index = ((places >= low) & (places < high)).sum(axis=1)
        return seen


def pooled_max(signal: Signal, windows: Windows) -> Signal:
    """The largest of each window."""
    axes = range(len(windows.kernel))
    sizes = _image(signal, windows)
    require_units(signal.shape[1], *(size + 2 * sum(windows.padding) for size in sizes))
    around = [(windows.before(axis), max(0, windows.behind(axis, sizes[axis]))) for axis in axes]
    places = np.pad(signal.places, [(0, 0), (0, 0), *around], constant_values=-1)
    seen = sliding_window_view(places, tuple(map(windows.reach, axes)), axis=tuple(axis + 2 for axis in axes))
    steps = tuple(slice(0, None, windows.stride[axis]) for axis in axes)
    inside = tuple(slice(None, None, windows.dilation[axis]) for axis in axes)
    counted = tuple(slice(windows.count(axis, sizes[axis])) for axis in axes)
    seen = seen[:, :, *steps, *inside][:, :, *counted]
    require_units(seen.size)
    return largest(signal, seen.reshape(*seen.shape[: 2 + len(sizes)], -1))


def pooled_mean(
    signal: Signal, windows: Windows, with_padding: bool = True, divisor: float | None = None
) -> Signal:
    """The mean of each window: its sum over how much it sees, ``with_padding`` or without, or over a ``divisor``."""
    sizes = _image(signal, windows)
    axes = range(len(sizes))
    counts = [windows.seen(axis, sizes[axis], with_padding) for axis in axes]
    seen: Array = reduce(np.multiply.outer, counts).astype(np.float64)
    seen = np.full_like(seen, divisor) if divisor is not None else seen
    alike = bool(np.all(seen == seen.flat[0]))
    channels = signal.shape[1]
    require_units(channels, *windows.kernel)
    weights = np.full((channels, 1, *windows.kernel), 1.0 / seen.flat[0] if alike else 1.0)
    behind = [windows.behind(axis, sizes[axis]) for axis in axes]
    # What no window reaches is left out by the floor of a convolution.
    padding = *map(windows.before, axes), *(max(0, each) for each in behind)
    made = convolved(
        signal, weights, stride=windows.stride, padding=padding, dilation=windows.dilation, groups=channels
    )
    return made if alike else scaled(made, 1.0 / seen)


def adaptive_mean(signal: Signal, sizes: Sequence[int]) -> Signal:
    """Means of windows that part each of the last axes in so many, as evenly as can be."""
    first = len(signal.shape) - len(sizes)
    image = signal.shape[first:]
    if first == 2 and all(size % made == 0 for size, made in zip(image, sizes, strict=True)):
        kernel = tuple(size // made for size, made in zip(image, sizes, strict=True))
        return pooled_mean(signal, Windows(kernel, kernel, (0,) * (2 * len(sizes)), (1,) * len(sizes)))
    for axis, (size, made) in enumerate(zip(image, sizes, strict=True), first):
        matrix = np.zeros((size, made))
        for number, window in enumerate(_parts(size, made)):
            matrix[window, number] = 1.0 / len(window)
        signal = contracted(signal, matrix, axis)
    return signal


def adaptive_max(signal: Signal, sizes: Sequence[int]) -> Signal:
    """The largest of windows that part each of the last axes in so many."""
    places = signal.places[..., None]
    first = len(signal.shape) - len(sizes)
    for axis, made in enumerate(sizes, first):
        parts = _parts(places.shape[axis], made)
        most = max(map(len, parts))
        picks = np.array(
            [[*part, *([part[-1]] * (most - len(part)))] for part in parts]
        )  # twice the same is once
        places = np.moveaxis(np.take(places, picks, axis=axis), axis + 1, -1)
        places = places.reshape(*places.shape[:-2], -1)
    return largest(signal, places)


def _parts(size: int, made: int) -> list[range]:
    return [range(number * size // made, ceil((number + 1) * size / made)) for number in range(made)]


def _image(signal: Signal, windows: Windows) -> tuple[int, ...]:
    """The sizes of what is pooled."""
    sizes = signal.shape[2:]
    if min(*windows.kernel, *windows.stride, *windows.dilation) < 1 or min(windows.padding) < 0:
        raise ValueError(f"kernel, stride and dilation are at least 1, and padding 0; they are {windows}")
    if len(sizes) != len(windows.kernel):
        raise ValueError(f"windows of {windows.kernel} do not fit to {signal.shape[1:]}")
    if any(windows.count(axis, size) < 1 for axis, size in enumerate(sizes)):
        raise ValueError(f"windows of {windows.kernel} do not fit into {signal.shape[1:]}")
    return sizes
