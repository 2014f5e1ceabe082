"""What is affine in a signal: sums, scaling, products with constants, convolutions, averages, padding."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.draft import Refused, Signal, require_units
from nnexpr.networks.graph.maps import Array, Dense, Diagonal, Selection
from nnexpr.networks.graph.nodes import Affine, Sum

__all__ = [
    "added", "averaged", "broadcast", "contracted", "convolved", "joined", "multiplied", "padded", "scaled", "summed",
    "unconvolved",
]  # fmt: skip


MOST_PRODUCTS = 1 << 37  # of one convolution: a minute a point


def broadcast(signal: Signal, shape: Sequence[int]) -> Signal:
    """By NumPy's rules."""
    require_units(*shape)
    return signal if signal.shape == tuple(shape) else signal.at(np.broadcast_to(signal.places, shape))


def scaled(signal: Signal, factors: ArrayLike = 1.0, shifts: ArrayLike = 0.0) -> Signal:
    """``factors * signal + shifts``, by NumPy's rules of broadcasting."""
    f, s = np.asarray(factors, dtype=np.float64), np.asarray(shifts, dtype=np.float64)
    if (
        np.all(f == 1.0)
        and np.all(s == 0.0)
        and signal.shape == np.broadcast_shapes(signal.shape, f.shape, s.shape)
    ):
        return signal
    signal = broadcast(signal, np.broadcast_shapes(signal.shape, f.shape, s.shape))
    f, s = (np.array(np.broadcast_to(each, signal.shape)).ravel() for each in (f, s))
    draft = signal.draft
    if not signal.is_permutation:
        return draft.affine(signal, Diagonal(f), signal.shape, s)
    order = signal.numbered  # so that what is only moved stays moved by numbers
    node = Affine(of=(signal.node,), map=Diagonal(f[order]), bias=s[order])
    return draft.add(node, (-1,)).at(signal.places)


def added(one: Signal, other: Signal) -> Signal:
    """The sum of two signals, by NumPy's rules of broadcasting."""
    shape = np.broadcast_shapes(one.shape, other.shape)
    one, other = broadcast(one, shape), broadcast(other, shape)
    draft = one.draft
    if one.is_permutation and other.is_permutation and np.array_equal(one.places, other.places):
        return draft.add(Sum(of=(one.node, other.node), size=one.places.size), (-1,)).at(one.places)
    return draft.add(Sum(of=(draft.flat(one), draft.flat(other)), size=prod(shape)), shape)


def joined(signals: Sequence[Signal], axis: int) -> Signal:
    """Concatenated along an axis."""
    require_units(sum(signal.places.size for signal in signals))
    together = signals[0].draft.together(signals)
    return together[0].at(np.concatenate([signal.places for signal in together], axis=axis))


def contracted(signal: Signal, matrix: ArrayLike, axis: int) -> Signal:
    """``sum_i signal[.., i, ..] matrix[i, k]`` with k where i was: ``matrix (n, k)``.

    A matrix where nothing else varies, else a convolution that sees one place at a time.
    """
    weights = np.asarray(matrix, dtype=np.float64)
    moved = signal.at(np.moveaxis(signal.places, axis, 0))
    rest, made = moved.shape[1:], weights.shape[1]
    if moved.shape[0] != len(weights):
        raise ValueError(f"{moved.shape[0]} numbers meet a matrix of {len(weights)} rows")
    draft, shape = signal.draft, (made, *rest)
    if prod(rest) == 1:
        if signal.is_permutation:
            dense = Dense(weights[signal.numbered])
            result = draft.add(Affine(of=(signal.node,), map=dense, bias=np.zeros(made)), shape)
        else:
            result = draft.affine(moved, Dense(weights), shape)
    else:
        pointwise = Convolution(weights.T[:, :, None, None].copy(), (len(weights), 1, prod(rest)))
        result = draft.affine(moved, pointwise, shape)
    return result.at(np.moveaxis(result.places, 0, axis))


def multiplied(one: Signal | ArrayLike | None, other: Signal | ArrayLike | None) -> Signal:
    """The matrix product of a signal and an array, either way, as NumPy's ``matmul``; Refused for two signals."""
    if isinstance(other, Signal):  # (A S)' = S' A'
        if isinstance(one, Signal):
            raise Refused("it is a product of two things that both depend on the input")
        matrix = np.asarray(one, dtype=np.float64)
        matrix = matrix.swapaxes(-1, -2) if matrix.ndim > 1 else matrix
        made = multiplied(_turned(other), matrix)
        return made if min(matrix.ndim, len(other.shape)) == 1 else _turned(made)
    if not isinstance(one, Signal):
        raise Refused("it is a product of constants")
    matrix = np.asarray(other, dtype=np.float64)
    if matrix.ndim == 1:
        column = contracted(one, matrix[:, None], -1)
        return column.at(column.places[..., 0])
    if matrix.ndim == 2:
        return contracted(one, matrix, -1)
    if len(one.shape) == 1:
        row = multiplied(one.at(one.places[None]), matrix)
        return row.at(row.places[..., 0, :])
    stacks = np.broadcast_shapes(one.shape[:-2], matrix.shape[:-2])
    places = np.broadcast_to(one.places, (*stacks, *one.shape[-2:])).reshape(-1, *one.shape[-2:])
    matrices = np.broadcast_to(matrix, (*stacks, *matrix.shape[-2:])).reshape(-1, *matrix.shape[-2:])
    if np.all(matrices == matrices[0]):
        return contracted(one.at(places.reshape(*stacks, *one.shape[-2:])), matrices[0], -1)
    parts = [contracted(one.at(each), by, -1) for each, by in zip(places, matrices, strict=True)]
    parts = one.draft.together(parts)
    stacked = np.stack([part.places for part in parts])
    return parts[0].at(stacked.reshape(*stacks, *stacked.shape[1:]))


def _turned(signal: Signal) -> Signal:
    """The last two axes the other way round."""
    return signal.at(signal.places.swapaxes(-1, -2)) if len(signal.shape) > 1 else signal


def summed(signal: Signal, axes: Sequence[int], keep: bool = False, factor: float = 1.0) -> Signal:
    """The sum over some axes, times a factor; ``keep`` leaves them with size 1."""
    axes = sorted({axis % len(signal.shape) for axis in axes})
    rest = [axis for axis in range(len(signal.shape)) if axis not in axes]
    places = signal.places.transpose(*rest, *axes)
    left = places.shape[: len(rest)]
    count = prod(places.shape[len(rest) :])
    rows = signal.at(places.reshape(*left, count))
    if prod(left) == 1:
        made = contracted(rows, np.full((count, 1), factor), -1)
    else:  # one row of an image after another
        row = Convolution(np.full((1, 1, 1, count), factor), (1, prod(left), count), (1, count))
        made = signal.draft.affine(rows, row, (*left, 1))
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(signal.shape))
    return made.at(made.places.reshape(shape if keep else left))


def averaged(signal: Signal, axes: Sequence[int], keep: bool = False) -> Signal:
    """The mean over some axes."""
    count = prod(signal.shape[axis] for axis in {axis % len(signal.shape) for axis in axes})
    return summed(signal, axes, keep, 1.0 / count)


def padded(
    signal: Signal, around: Sequence[tuple[int, int]], value: float = 0.0, mode: str = "constant"
) -> Signal:
    """Each axis longer by so many before and behind, negative for shorter; ``mode`` as in ``numpy.pad``."""
    inside = tuple(
        slice(max(0, -before), size - max(0, -behind))
        for size, (before, behind) in zip(signal.shape, around, strict=True)
    )
    wider = [(max(0, before), max(0, behind)) for before, behind in around]
    cut = signal.places[inside]
    require_units(*(size + sum(pair) for size, pair in zip(cut.shape, wider, strict=True)))
    if not any(map(any, wider)):
        return signal.at(cut)
    if mode != "constant":
        return signal.at(np.pad(cut, wider, mode=mode))  # type: ignore[call-overload]
    picks = np.pad(cut, wider, constant_values=-1)
    draft = signal.draft
    nothing = np.where(picks < 0, value, 0.0).ravel()
    node = Affine(
        of=(signal.node,), map=Selection(picks.ravel(), draft.nodes[signal.node].units), bias=nothing
    )
    return draft.add(node, picks.shape)


def convolved(
    signal: Signal,
    weights: Array,
    bias: Array | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int = 1,
) -> Signal:
    """Of ``(1, channels, length)``, ``(1, channels, height, width)`` or ``(1, channels, depth, height, width)``.

    ``padding``: zeros before each axis, then behind each. ``weights (out channels, in channels / groups, ...)``,
    ``bias (out channels,)``.
    """
    flat = len(signal.shape) == 3
    if len(signal.shape) not in (3, 4, 5) or weights.ndim != len(signal.shape):
        raise ValueError(f"weights {weights.shape} are no convolution of {signal.shape[1:]}")
    geometry = {"stride": stride, "padding": padding, "dilation": dilation}
    if len(signal.places) > 1:
        each = [
            convolved(signal.at(one[None]), weights, bias, **geometry, groups=groups) for one in signal.places
        ]
        return joined(each, 0)
    if len(signal.shape) == 5:
        return _in_depth(signal, weights, bias, **geometry, groups=groups)
    if flat:
        weights = weights[:, :, None]
        stride, dilation, padding = (1, *stride), (1, *dilation), (0, padding[0], 0, padding[1])
    image = (signal.shape[1], 1, signal.shape[2]) if flat else signal.shape[1:]
    around = (padding[axis] + padding[axis + 2] for axis in (0, 1))
    require_units(image[0], *(size + pad for size, pad in zip(image[1:], around, strict=True)))
    linear = Convolution(
        np.array(weights, dtype=np.float64), image, tuple(stride), tuple(padding), tuple(dilation), groups
    )  # fmt: skip
    if (products := prod(linear.made) * linear.weights[0].size) > MOST_PRODUCTS:
        raise Refused(f"it would take {products:,} products a point; at most {MOST_PRODUCTS:,} are taken")
    made = (linear.made[0], linear.made[2]) if flat else linear.made
    biases = 0.0 if bias is None else np.repeat(np.asarray(bias, dtype=np.float64), prod(made[1:]))
    return signal.draft.affine(signal, linear, (1, *made), biases)


def _in_depth(
    signal: Signal,
    weights: Array,
    bias: Array | None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int,
) -> Signal:
    """In three dimensions: each picture of the result is made of as many as the kernel is deep, as so many channels."""
    deep = padded(signal, [(0, 0), (0, 0), (padding[0], padding[3]), (0, 0), (0, 0)])
    kernel, height, width = weights.shape[2], *deep.shape[3:]
    count = (deep.shape[2] - (kernel - 1) * dilation[0] - 1) // stride[0] + 1
    if count < 1:
        raise ValueError(f"a kernel {kernel} deep does not fit into {signal.shape[1:]}")
    flat = weights.reshape(len(weights), -1, *weights.shape[3:])
    around = (padding[1], padding[2], padding[4], padding[5])
    made = []
    for first in range(0, count * stride[0], stride[0]):
        seen = deep.places[:, :, first : first + kernel * dilation[0] : dilation[0]].reshape(
            1, -1, height, width
        )
        made.append(
            convolved(
                deep.at(seen), flat, bias,
                stride=stride[1:], padding=around, dilation=dilation[1:], groups=groups,
            )
        )  # fmt: skip
    made = signal.draft.together(made)
    return made[0].at(np.stack([each.places for each in made], axis=2))


def unconvolved(
    signal: Signal,
    weights: Array,
    bias: Array | None = None,
    *,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    groups: int = 1,
    behind: Sequence[int],
) -> Signal:
    """The transposed convolution, ``weights (in channels, out channels / groups, ...)``: a convolution of the signal
    with ``stride - 1`` zeros between its numbers. ``behind``: that much longer at the end of each axis.
    """
    kernel = weights.shape[2:]
    axes = range(len(kernel))
    if len(signal.shape) != len(weights.shape) or signal.shape[1] != len(weights):
        raise ValueError(f"weights {weights.shape} are no transposed convolution of {signal.shape[1:]}")
    sizes = [(size - 1) * step + 1 for size, step in zip(signal.shape[2:], stride, strict=True)]
    require_units(*signal.shape[:2], *sizes)
    picks = np.full((*signal.shape[:2], *sizes), -1)
    picks[:, :, *(slice(None, None, step) for step in stride)] = signal.places
    selection = Selection(picks.ravel(), signal.draft.nodes[signal.node].units)
    apart = Affine(of=(signal.node,), map=selection, bias=np.zeros(picks.size))
    reach = [(kernel[axis] - 1) * dilation[axis] for axis in axes]
    around = [(reach[a] - padding[a], reach[a] - padding[len(kernel) + a] + behind[a]) for a in axes]
    wider = padded(signal.draft.add(apart, picks.shape), [(0, 0), (0, 0), *around])
    turned = np.flip(weights, axis=tuple(range(2, weights.ndim)))
    turned = turned.reshape(groups, -1, *turned.shape[1:]).swapaxes(1, 2)
    turned = turned.reshape(-1, *turned.shape[2:])
    nothing, ones = (0,) * (2 * len(kernel)), (1,) * len(kernel)
    return convolved(wider, turned, bias, stride=ones, padding=nothing, dilation=dilation, groups=groups)
