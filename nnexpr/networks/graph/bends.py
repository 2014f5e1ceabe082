"""What bends in a signal: functions of one number on each, and the largest of several."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from nnexpr.activations import PiecewiseLinear
from nnexpr.networks.graph.affine import broadcast, scaled
from nnexpr.networks.graph.draft import Refused, Signal
from nnexpr.networks.graph.maps import Index
from nnexpr.networks.graph.nodes import Kinks, Maximum

__all__ = [
    "at_least",
    "at_most",
    "bent",
    "clamped",
    "larger",
    "largest",
    "largest_over",
    "leaky",
    "ordered",
    "smaller",
]


MOST_SORTED = 32  # of which every other one is compared with its neighbour, as often


def bent(signal: Signal, pieces: Sequence[PiecewiseLinear], which: ArrayLike = 0) -> Signal:
    """``pieces[which]`` of each number; ``which`` is broadcast to the signal."""
    functions = np.array(np.broadcast_to(np.asarray(which, dtype=np.int64), signal.shape)).ravel()
    if not signal.is_permutation:
        node = Kinks(of=(signal.draft.flat(signal),), pieces=tuple(pieces), which=functions)
        return signal.draft.add(node, signal.shape)
    node = Kinks(of=(signal.node,), pieces=tuple(pieces), which=functions[signal.numbered])
    return signal.draft.add(node, (-1,)).at(signal.places)


def leaky(signal: Signal, slopes: ArrayLike) -> Signal:
    """max(0, z) + slope min(0, z), the slopes broadcast to the signal."""
    different, which = np.unique(np.asarray(slopes, dtype=np.float64), return_inverse=True)
    pieces = [
        PiecewiseLinear((0.0,), (float(slope), 1.0), (0.0, 0.0))
        if slope != 1.0
        else PiecewiseLinear((), (1.0,), (0.0,))
        for slope in different
    ]
    return bent(signal, pieces, which.reshape(np.shape(slopes)))


def clamped(signal: Signal, low: float = -inf, high: float = inf) -> Signal:
    """min(high, max(low, z)); where low is above high, it is high everywhere."""
    if low >= high:
        return scaled(signal, 0.0, high)
    kinks = [limit for limit in (low, high) if abs(limit) < inf]
    slopes = [0.0] * (low > -inf) + [1.0] + [0.0] * (high < inf)
    intercepts = [low] * (low > -inf) + [0.0] + [high] * (high < inf)
    return (
        bent(signal, [PiecewiseLinear(tuple(kinks), tuple(slopes), tuple(intercepts))]) if kinks else signal
    )


def at_least(signal: Signal, limits: ArrayLike) -> Signal:
    """max(z, limit), the limits broadcast with the signal."""
    given = np.asarray(limits, dtype=np.float64)
    signal = broadcast(signal, np.broadcast_shapes(signal.shape, given.shape))
    different, which = np.unique(given, return_inverse=True)
    pieces = [PiecewiseLinear((limit,), (0.0, 1.0), (limit, 0.0)) for limit in different.tolist()]
    return bent(signal, pieces, which.reshape(given.shape))


def at_most(signal: Signal, limits: ArrayLike) -> Signal:
    """min(z, limit), the limits broadcast with the signal."""
    given = np.asarray(limits, dtype=np.float64)
    signal = broadcast(signal, np.broadcast_shapes(signal.shape, given.shape))
    different, which = np.unique(given, return_inverse=True)
    pieces = [PiecewiseLinear((limit,), (1.0, 0.0), (0.0, limit)) for limit in different.tolist()]
    return bent(signal, pieces, which.reshape(given.shape))


def largest(signal: Signal, windows: Index) -> Signal:
    """Over the last axis of ``windows``, an array of units of the signal's node, -1 for none; the rest is its shape."""
    groups = -np.sort(-windows.reshape(-1, windows.shape[-1]), axis=1)  # what is there first
    groups[:, 1:][groups[:, 1:] == groups[:, :-1]] = -1  # each unit once: it would always be even with itself
    groups = -np.sort(-groups, axis=1)
    groups = groups[:, : max(1, int((groups >= 0).sum(axis=1).max(initial=0)))]
    if groups.shape[1] == 1:
        return signal.at(groups.reshape(windows.shape[:-1]))
    return signal.draft.add(Maximum(of=(signal.node,), groups=groups), windows.shape[:-1])


def largest_over(signal: Signal, axes: Sequence[int], keep: bool = False) -> Signal:
    """The largest over some axes; ``keep`` leaves them with size 1."""
    axes = sorted({axis % len(signal.shape) for axis in axes})
    rest = [axis for axis in range(len(signal.shape)) if axis not in axes]
    places = signal.places.transpose(*rest, *axes)
    made = largest(signal, places.reshape(*places.shape[: len(rest)], -1))
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(signal.shape))
    return made.at(made.places.reshape(shape)) if keep else made


def larger(*signals: Signal) -> Signal:
    """The largest of signals at each place, by NumPy's rules of broadcasting."""
    shape = np.broadcast_shapes(*(signal.shape for signal in signals))
    together = signals[0].draft.together([broadcast(signal, shape) for signal in signals])
    return largest(together[0], np.stack([signal.places for signal in together], axis=-1))


def smaller(*signals: Signal) -> Signal:
    """The smallest of signals at each place."""
    return scaled(larger(*(scaled(signal, -1.0) for signal in signals)), -1.0)


def ordered(signal: Signal, axis: int, descending: bool = False) -> Signal:
    """Sorted along an axis, by comparing neighbours in rounds, as many as there are numbers (Knuth 5.3.4)."""
    moved = signal.at(np.moveaxis(signal.places, axis, 0))
    count = len(moved.places)
    if count > MOST_SORTED:
        raise Refused(f"it sorts {count} numbers; at most {MOST_SORTED} are followed")
    first, second = (larger, smaller) if descending else (smaller, larger)
    for number in range(count):
        start, pairs = number % 2, (count - number % 2) // 2
        if not pairs:
            continue
        one, other = (moved.at(moved.places[at : start + 2 * pairs : 2]) for at in (start, start + 1))
        moved, low, high = moved.draft.together([moved, first(one, other), second(one, other)])
        places = moved.places.copy()
        places[start : start + 2 * pairs : 2], places[start + 1 : start + 2 * pairs : 2] = (
            low.places,
            high.places,
        )
        moved = moved.at(places)
    return moved.at(np.moveaxis(moved.places, 0, axis))
