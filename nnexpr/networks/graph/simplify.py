"""Affine upon affine made one where that is no dearer, and what nothing takes left out.

Batch normalisation goes into the convolution below it, scaled inputs into the layer that takes them, flattening into
the rows of a matrix. A map is only made part of another if nothing else takes what lies between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nnexpr.networks.graph.convolution import Convolution
from nnexpr.networks.graph.maps import Array, Dense, Diagonal, LinearMap, Selection
from nnexpr.networks.graph.nodes import Affine, Node

__all__ = ["simplified"]


def simplified(nodes: Sequence[Node], names: Sequence[str]) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """The nodes that the last one needs, with affine maps joined, and their names."""
    made, called = list(nodes), list(names)
    counts = _times_taken(nodes)
    stands = list(range(len(nodes)))  # the node in the place of each
    for number, node in enumerate(nodes):
        made[number] = affine = replace(node, of=tuple(stands[below] for below in node.of))
        if not isinstance(affine, Affine):
            continue
        (below,) = affine.of
        under = made[below]
        if isinstance(under, Affine) and counts[below] == 1 and (joint := _joined(under.map, affine.map)):
            bias = affine.map.apply(under.bias[None])[0] + affine.bias
            made[number] = affine = Affine(of=under.of, map=joint, bias=bias)
            if isinstance(under.map, Dense | Convolution):
                called[number] = called[below]
        if _is_identity(affine.map) and not affine.bias.any():
            (stands[number],) = affine.of
            counts[stands[number]] += counts[number] - 1
    return _kept(made, called, stands[-1])


def _needed(nodes: Sequence[Node], last: int) -> list[int]:
    """Those from which the last one is made, by number."""
    needed = {last}
    for number in range(last, -1, -1):
        if number in needed:
            needed.update(nodes[number].of)
    return sorted(needed)


def _times_taken(nodes: Sequence[Node]) -> list[int]:
    """How often each node is taken by one that is needed."""
    counts = [0] * len(nodes)
    for number in _needed(nodes, len(nodes) - 1):
        for below in nodes[number].of:
            counts[below] += 1
    return counts


def _kept(nodes: Sequence[Node], names: Sequence[str], last: int) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """The needed nodes, numbered anew."""
    needed = _needed(nodes, last) if last else [0]
    needed = needed if needed[0] == 0 else [0, *needed]
    places = {number: place for place, number in enumerate(needed)}
    kept = [
        replace(nodes[number], of=tuple(places[below] for below in nodes[number].of)) for number in needed
    ]
    return tuple(kept), tuple(names[number] for number in needed)


def _is_identity(linear: LinearMap) -> bool:
    return (isinstance(linear, Selection) and linear.is_whole) or (
        isinstance(linear, Diagonal) and bool(np.all(linear.factors == 1.0))
    )


def _joined(first: LinearMap, second: LinearMap) -> LinearMap | None:
    """One map that is both, the first one first, if it is no dearer."""
    if _is_identity(first) or _is_identity(second):
        return second if _is_identity(first) else first
    match first, second:
        case Selection(), Selection():
            return Selection(np.where(second.picks < 0, -1, first.picks[second.picks]), first.inputs)
        case Diagonal(), Diagonal():
            return Diagonal(first.factors * second.factors)
        case Diagonal(), Dense():
            return Dense(first.factors[:, None] * second.weights)
        case Dense(), Diagonal():
            return Dense(first.weights * second.factors)
        case Dense(), Selection() if second.outputs <= first.outputs:
            return Dense(second.apply(first.weights))
        case Dense(), Dense() if first.inputs * second.outputs <= first.weights.size + second.weights.size:
            return Dense(first.weights @ second.weights)
        case Selection(), Dense() if first.inputs <= 2 * first.outputs:
            weights = np.zeros((first.inputs, second.outputs))
            np.add.at(weights, first.picks[first.picks >= 0], second.weights[first.picks >= 0])
            return Dense(weights)
        case Convolution(), Diagonal() if (factors := _by_channel(second, first.made)) is not None:
            return replace(first, weights=first.weights * factors[:, None, None, None])
        case Diagonal(), Convolution() if (factors := _by_channel(first, second.image)) is not None:
            spread = np.repeat(
                factors.reshape(second.groups, 1, -1), len(second.weights) // second.groups, axis=1
            )
            return replace(second, weights=second.weights * spread.reshape(len(second.weights), -1, 1, 1))
        case Selection(), Convolution():
            return _within(first, second)
    return None


def _by_channel(diagonal: Diagonal, image: tuple[int, ...]) -> Array | None:
    """The factors of a diagonal that are the same all over each channel."""
    factors = diagonal.factors.reshape(image[0], -1)
    return factors[:, 0].copy() if np.all(factors == factors[:, :1]) else None


def _within(selection: Selection, convolution: Convolution) -> Convolution | None:
    """The convolution with what only puts zeros around its image as its own padding."""
    channels = convolution.image[0]
    there = (selection.picks >= 0).reshape(convolution.image)
    rows, columns = (np.flatnonzero(there.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    if not len(rows) or selection.inputs != channels * len(rows) * len(columns):
        return None
    inside = selection.picks.reshape(convolution.image)[
        :, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1
    ]
    if not np.array_equal(inside.ravel(), np.arange(selection.inputs)):
        return None
    (_, height, width), (top, left, bottom, right) = convolution.image, convolution.padding
    around = (
        top + rows[0],
        left + columns[0],
        bottom + height - 1 - rows[-1],
        right + width - 1 - columns[-1],
    )
    return replace(
        convolution, image=(channels, len(rows), len(columns)), padding=tuple(map(int, around))
    )  # fmt: skip
