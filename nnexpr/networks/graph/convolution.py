"""Convolutions as linear maps: kept as their weights and geometry, applied block by block of rows.

Applied as a product of the weights with the windows that they see, gathered for so few rows at a time that they stay
in the cache: on two cores and images of 28 to 32 pixels 3 to 5 times as fast as torch's convolution in float64.
Average pooling is a convolution by groups, a mean over the last axis one of a single channel; in one dimension the
height is 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import sparse

from nnexpr.networks.graph.maps import Array, Index

__all__ = ["Convolution"]

_BLOCK = (
    1 << 19
)  # numbers gathered at a time, 4 MB; 2^18 to 2^20 do as well, 2^22 takes up to 5 times as long
# Many weights and few places to put them: one product for all rows, else the weights are read again for each. That is
# up to 15 times as fast for 512 channels, and half as fast for 8.
_FEW, _MANY = 64, 1 << 14


@dataclass(frozen=True, eq=False)
class Convolution:
    """``weights (out channels, in channels / groups, height, width)`` on images ``image (channels, height, width)``.

    ``padding``: zeros above, left, below and right. A row is an image in C order, and so is what is made of it.
    """

    weights: Array
    image: tuple[int, ...]
    stride: tuple[int, ...] = (1, 1)
    padding: tuple[int, ...] = (0, 0, 0, 0)
    dilation: tuple[int, ...] = (1, 1)
    groups: int = 1

    def __post_init__(self) -> None:
        channels, each, groups = self.image[0], self.weights.shape[1], self.groups
        if channels != each * groups or len(self.weights) % groups:
            raise ValueError(
                f"a convolution of {groups} groups with weights {self.weights.shape} takes "
                f"{each * groups} channels; given are {channels}"
            )
        if min(*self.stride, *self.dilation) < 1 or min(self.padding) < 0:
            raise ValueError(
                f"stride {self.stride}, dilation {self.dilation} or padding {self.padding} is too small"
            )
        if min(self.made) < 1:
            raise ValueError(f"a window of {self._reach} does not fit into the image {self.image}")

    @property
    def numbers(self) -> Array:
        """Its own."""
        return self.weights

    @property
    def inputs(self) -> int:
        """Numbers of an image."""
        return int(np.prod(self.image))

    @property
    def outputs(self) -> int:
        """Numbers of what is made of it."""
        return int(np.prod(self.made))

    @cached_property
    def made(self) -> tuple[int, ...]:
        """Channels, height and width of what is made."""
        (_, height, width), (top, left, bottom, right) = self.image, self.padding
        tall, wide = self._reach
        down = (height + top + bottom - tall) // self.stride[0] + 1
        across = (width + left + right - wide) // self.stride[1] + 1
        return len(self.weights), down, across

    @cached_property
    def squared(self) -> Convolution:
        """The same with each weight squared."""
        return replace(self, weights=self.weights * self.weights)

    @cached_property
    def magnitudes(self) -> Convolution:
        """The same with each weight's absolute value."""
        return replace(self, weights=np.abs(self.weights))

    def apply(self, rows: Array) -> Array:
        """Every image convolved."""
        made = np.empty((len(rows), self.outputs))
        groups, each, places = self.groups, self.weights[0].size, self.outputs // len(self.weights)
        weights = self.weights.reshape(groups, -1, each)
        together = places <= _FEW and weights.size >= _MANY
        step = max(1, _BLOCK // (groups * each * places))
        for start in range(0, len(rows), step):
            windows = self._windows(rows[start : start + step].reshape(-1, *self.image), 0.0)
            block = made[start : start + step].reshape(len(windows), groups, -1, places)
            if together:
                at_once = windows.transpose(1, 4, 5, 0, 2, 3).reshape(groups, each, -1)
                products = (weights @ at_once).reshape(groups, -1, len(windows), places)
                block[...] = products.transpose(2, 0, 1, 3)
            else:
                seen = windows.transpose(0, 1, 4, 5, 2, 3).reshape(len(windows), groups, each, places)
                np.matmul(weights, seen, out=block)
        return made

    def sparse(self) -> sparse.csr_array:
        """The entries that are not zero."""
        images: Index = np.arange(self.inputs).reshape(1, *self.image)
        _, down, across = self.made
        each, places = self.weights[0].size, down * across
        windows = self._windows(images, -1)[0].transpose(0, 3, 4, 1, 2).reshape(self.groups, 1, each, places)
        given = np.arange(self.outputs).reshape(self.groups, -1, 1, places)
        weights = self.weights.reshape(self.groups, -1, each, 1)
        below, above, entries = (part.ravel() for part in np.broadcast_arrays(windows, given, weights))
        kept = (below >= 0) & (entries != 0.0)
        shape = (self.inputs, self.outputs)
        return sparse.csr_array((entries[kept], (below[kept], above[kept])), shape=shape)

    @property
    def _reach(self) -> tuple[int, int]:
        """Height and width of what a window spans."""
        tall, wide = self.weights.shape[2:]
        return (tall - 1) * self.dilation[0] + 1, (wide - 1) * self.dilation[1] + 1

    def _windows(self, images: NDArray[Any], outside: float) -> NDArray[Any]:
        """``(n, channels, down, across, height, width)``: what every window sees, a view."""
        top, left, bottom, right = self.padding
        if any(self.padding):
            around = ((0, 0), (0, 0), (top, bottom), (left, right))
            images = np.pad(images, around, constant_values=outside)
        seen = sliding_window_view(images, self._reach, axis=(2, 3))
        (down, across), (tall, wide) = self.stride, self.dilation
        return seen[:, :, ::down, ::across, ::tall, ::wide]
