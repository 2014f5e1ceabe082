"""Structured decomposition: a function as a composition of two, and as a sum of its pieces, each stretched.

**Compositions** f = f_2 ∘ f_1 are those of the talk's two examples: one stretches the middle of a narrow bump, the
other leaves each half of a wave to a layer of its own.

**Divide and conquer.** With x_0 < x_1 < … < x_n and an interval [a_i, b_i] for each piece,

    ψ_i(x) = s_i relu(x − x_{i−1}) − s_i relu(x − x_i) + a_i,    s_i = (b_i − a_i) / (x_i − x_{i−1}),

takes [x_{i−1}, x_i] to [a_i, b_i] and all that lies left or right of it to an end. With L_i the affine map back and
f_i = f ∘ L_i, a piece that is not at x adds its value at a break, so on [x_0, x_n]

    f(x) = Σ_i f_i(ψ_i(x)) − Σ_{0<i<n} f(x_i).

ψ is a network of one hidden layer, 2n units. Networks for the f_i are put upon it, block by block, and the whole is
again one: an MMNN of rank n. In float64 the identity holds up to rounding, about n ε max|f| + ε max|f′|.

Source: Zhao, Numerical Understanding of Neural Networks, "Structured decomposition and approximation".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import block_diag

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.scale import Scale
from nnexpr.specification import InputError
from nnexpr.targets.target import Target

__all__ = ["Composition", "Division", "stretched_bump", "waves_in_turn"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True)
class Composition:
    """``whole`` = ``outer`` ∘ ``inner`` on [-1, 1]; functions from ``(points,)`` to ``(points,)``, float64."""

    whole: Function
    inner: Function
    outer: Function


def stretched_bump(split: float = 0.1, image: float = 0.9) -> Composition:
    """Example 1: e^{−(10x)²}, with [−split, split] stretched to [−image, image] and what is outside compressed.

    The talk has 0.1 and 0.9. f_1 is piecewise linear, f_2 the bump of its inverse.
    """
    knots = np.array([-1.0, -split, split, 1.0])
    images = np.array([-1.0, -image, image, 1.0])

    def bump(x: Array) -> Array:
        return np.exp(-((10 * x) ** 2))

    return Composition(
        bump, lambda x: np.interp(x, knots, images), lambda y: bump(np.interp(y, images, knots))
    )


def waves_in_turn(n: int) -> Composition:
    """Example 2: (cos 2nπx − 1)/2, which is never positive: f_1 waves where x < 0, f_2 where its argument is not."""

    def waves(x: Array) -> Array:
        values: Array = (np.cos(2 * n * np.pi * x) - 1) / 2
        return values

    return Composition(waves, lambda x: np.where(x < 0, waves(x), x), lambda y: np.where(y < 0, y, waves(y)))


@dataclass(frozen=True, eq=False)
class Division:
    """f on [x_0, x_n] by its pieces.

    ``breaks: (n + 1,)`` ascending; ``images: (n, 2)`` with a_i < b_i, all [-1, 1] unless given. Raises
    :class:`InputError` for others.
    """

    function: Function
    breaks: Array
    images: Array | None = None

    def __post_init__(self) -> None:
        if self.breaks.ndim != 1 or len(self.breaks) < 2 or not (np.diff(self.breaks) > 0).all():
            raise InputError("breaks", str(self.breaks.tolist()), "give at least two, ascending")
        if self.intervals.shape != (self.pieces, 2) or not (np.diff(self.intervals) > 0).all():
            shape = f"({self.pieces}, 2)"
            raise InputError(
                "images", str(self.intervals.tolist()), f"give ends a < b of each piece, {shape}"
            )

    @property
    def pieces(self) -> int:
        """n."""
        return len(self.breaks) - 1

    @cached_property
    def intervals(self) -> Array:
        """[a_i, b_i], ``(n, 2)``."""
        return np.tile([-1.0, 1.0], (self.pieces, 1)) if self.images is None else self.images

    @property
    def constant(self) -> float:
        """Σ f(x_i) over the breaks inside."""
        return float(self.function(self.breaks[1:-1]).sum())

    def back(self, piece: int) -> Scale:
        """L_i, from [a_i, b_i] to [x_{i−1}, x_i]."""
        (a, b), (low, high) = self.intervals[piece], self.breaks[piece : piece + 2]
        factor = (high - low) / (b - a)
        return Scale(float(factor), float(low - factor * a))

    def target(self, piece: int, points: int, ends: int = 1) -> Target:
        """f_i at evenly spaced points of [a_i, b_i], to be fitted; its own units are those of f.

        ``ends``: so many points are at either end. What a fit is off there is added everywhere beyond that end, so the
        ends of the pieces weigh on the whole, and least squares of a piece alone does not know it.
        """
        scale, (a, b) = self.back(piece), self.intervals[piece]
        t = np.pad(np.linspace(a, b, points), ends - 1, "edge")[:, None]

        def stretched(inputs: Array) -> Array:
            return self.function(scale.to_own(inputs[:, 0]))

        name = f"piece {piece}"
        return Target(name, name, t, stretched(t), ((float(a), float(b)),), stretched, (scale,))

    @cached_property
    def inner(self) -> Network:
        """ψ: 1 input, 2n frozen ReLUs, n outputs, float64."""
        n, (a, b) = self.pieces, self.intervals.T
        slopes = (b - a) / np.diff(self.breaks)
        starts = np.concatenate([self.breaks[:-1], self.breaks[1:]])
        hidden = np.stack([np.ones(2 * n), -starts], axis=1)
        output = np.concatenate([np.diag(slopes), -np.diag(slopes), a[:, None]], axis=1)
        layers = AffineLayer(1, 2 * n, "relu", trained=False), AffineLayer(2 * n, n, trained=False)
        return Network(layers, torch.from_numpy(np.concatenate([hidden.ravel(), output.ravel()])[None]))

    def rebuilt(self, x: Array) -> Array:
        """Σ f_i(ψ_i(x)) − Σ f(x_i) at ``x: (points,)``, with ψ by its network."""
        stretched: Array = self.inner(x)[0]
        pieces = (self.function(self.back(i).to_own(stretched[:, i])) for i in range(self.pieces))
        return sum(pieces, np.full(len(x), -self.constant))

    def network(self, pieces: Network) -> Network:
        """One network for f, float64, from one member for each f_i on [a_i, b_i], of one input and one output."""
        if (pieces.members, pieces.inputs, pieces.outputs) != (self.pieces, 1, 1) or pieces.encoding:
            raise ValueError(
                f"{pieces!r} is not a member of one input and one output for each of {self.pieces} pieces"
            )
        if pieces.layers[-1].adds:
            raise ValueError("the last layer of the pieces is summed over, so it adds nothing of another's")
        layers, blocks = list(self.inner.layers), [self.inner.parameters[0]]
        for index, layer in enumerate(pieces.layers):
            weight, bias = pieces.weight(index).double(), pieces.bias(index).double()
            if index == len(pieces.layers) - 1:  # the sum over all of them
                joined, shift = weight[:, 0].reshape(1, -1), bias.sum().reshape(1, 1) - self.constant
            else:
                joined, shift = torch.from_numpy(block_diag(*weight.numpy())), bias.reshape(-1, 1)
            layers.append(replace(layer, inputs=joined.shape[1], outputs=joined.shape[0]))
            blocks.append(torch.cat([joined, shift], dim=1).reshape(-1))
        domain = ((float(self.breaks[0]), float(self.breaks[-1])),)
        return Network(tuple(layers), torch.cat(blocks)[None], domain=domain)
