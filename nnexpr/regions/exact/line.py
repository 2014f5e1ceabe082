"""Counts along the segments of a path, exactly: of bends, of changes of sign and of the largest output."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nnexpr.regions.exact.path import Walk
from nnexpr.regions.exact.strip import Signs
from nnexpr.regions.exact.units import width_of
from nnexpr.regions.exact.walk import TooMuch
from nnexpr.regions.layer import Array
from nnexpr.regions.steps import RELU, Bend, Mapped, Step

__all__ = ["Along", "along", "follows"]

Flags = NDArray[np.bool_]

PAIRS = 1 << 12  # of outputs, that are compared


class Along(NamedTuple):
    """Exact counts along a path."""

    births: list[int]  # of each segment, the places strictly inside it at which some unit changes its piece
    bends: list[int]  # and those at which some output bends
    turned: list[
        int
    ]  # the vertices at which some unit changes its piece; 0 stands for the last and the first, joined
    signs: int  # how often the one output changes its sign, if that was asked
    largest: Flags  # (stretches, outputs) which are the largest, if that was asked; none for one output


def along(
    steps: Sequence[Step | None], last: int, vertices: Array, most: int, *, compared: bool = False
) -> Along:
    """Of a graph's steps on the polyline through ``vertices (V, d)``; ``compared``: which output is the largest, or the
    sign of the one, too. Raises ``TooMuch`` where it would take more than ``most`` multiplications of whole numbers.
    """
    every, outputs = list(steps), width_of(steps, last, vertices.shape[1])
    if compared:
        differences = _differences(outputs)
        every.append(Mapped(last, differences, np.zeros(differences.shape[1])))
        every.append(Bend(len(every) - 1, (RELU,), np.zeros(differences.shape[1], dtype=np.int64)))
    walk = Walk(every, last, vertices, most)
    with np.errstate(all="ignore"):  # what overflows, or is no number, has no bound that tells anything
        walk.through()
    sides = np.concatenate(walk.sides) if compared else np.zeros((0, 0), dtype=np.int8)
    single = outputs == 1
    signs = [sign for sign in sides[:, 0].tolist() if sign] if compared and single else []
    return Along(
        walk.births.tolist(),
        walk.bends.tolist(),
        walk.turned(),
        sum(one != other for one, other in pairwise(signs)),
        np.zeros((0, 1), dtype=np.bool_) if single or not compared else _largest(sides, outputs),
    )


def _differences(outputs: int) -> sparse.csr_array:
    """One output as it is, of several each less each behind it."""
    if outputs == 1:
        return sparse.csr_array(np.ones((1, 1)))
    if outputs * (outputs - 1) > 2 * PAIRS:
        raise TooMuch
    left, right = map(np.array, zip(*combinations(range(outputs), 2), strict=True))
    pairs = np.arange(len(left))
    values, rows = np.repeat([1.0, -1.0], len(pairs)), np.concatenate([left, right])
    return sparse.csr_array((values, (rows, np.tile(pairs, 2))), shape=(outputs, len(pairs)))


def _largest(sides: Signs, outputs: int) -> Flags:
    found = np.ones((len(sides), outputs), dtype=np.bool_)
    for at, (one, other) in enumerate(combinations(range(outputs), 2)):
        found[:, one] &= sides[:, at] >= 0
        found[:, other] &= sides[:, at] <= 0
    return found


def follows(classes: Sequence[int], tops: Flags) -> bool:
    """Whether the stretches, of which ``tops (stretches, outputs)`` says which outputs are the largest, can be shared
    out to ``classes`` one after another, each of which gets one at least.
    """
    reached = {0}  # how many classes may have begun
    for place, top in enumerate(tops):
        if place == 0:
            reached = {1}
        else:
            reached |= {each + 1 for each in reached}
        reached = {each for each in reached if each <= len(classes) and top[classes[each - 1]]}
    return len(classes) in reached
