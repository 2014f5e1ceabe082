"""Along the segments of a path, exactly: intervals of the share of a segment, cut at rational places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.exact.maps import Maps, Whole, inputs_of
from nnexpr.regions.exact.walk import Cells, largest, walked
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.steps import Step

__all__ = ["Along", "Intervals", "along", "follows"]

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Intervals:
    """From one place to the next, ``(cells + 1,)`` ascending."""

    ends: list[Fraction]

    def __len__(self) -> int:
        return len(self.ends) - 1

    def _heights(self, lines: Whole) -> tuple[Whole, Whole]:
        """Maps at the left and the right end of each interval, up to a factor above zero."""
        tops, bottoms = (
            np.array([getattr(end, side) for end in self.ends], dtype=object)
            for side in ("numerator", "denominator")
        )
        left, right = (
            lines[:, 0] * tops[own, None] + lines[:, 1] * bottoms[own, None]
            for own in (slice(None, -1), slice(1, None))
        )
        return left, right

    def cut(self, lines: Whole) -> tuple[Intervals, Index]:
        """See ``Shapes``."""
        left, right = self._heights(lines)
        crossed = ((left > 0) & (right < 0)) | ((left < 0) & (right > 0))
        ends, parents = [self.ends[0]], []
        for cell, end in enumerate(self.ends[1:]):
            places = {
                Fraction(-lines[cell, 1, at], lines[cell, 0, at]) for at in np.flatnonzero(crossed[cell])
            }
            ends += [*sorted(places), end]
            parents += [cell] * (len(places) + 1)
        return Intervals(ends), np.array(parents)

    def above(self, lines: Whole) -> Flags:
        """See ``Shapes``."""
        left, right = self._heights(lines)
        found: Flags = (left > 0) | (right > 0)
        return found


class Along(NamedTuple):
    """Exact counts along a path."""

    births: list[int]  # of each segment, the places strictly inside it at which some unit changes its piece
    bends: list[int]  # and those at which some output bends
    turned: list[
        int
    ]  # the vertices at which some unit changes its piece; 0 stands for the last and the first, joined
    signs: int  # how often the one output changes its sign
    largest: Flags  # (stretches, outputs) which are the largest; none for one output


def along(steps: Sequence[Step | None], last: int, vertices: Array, most: int) -> Along:
    """Of a graph's steps on the polyline through ``vertices (V, d)``. Raises ``TooMuch``."""
    segments: list[Cells[Intervals]] = []
    for start, end in pairwise(vertices):
        # The end less the start need not be a float64 number: the two are weights of the share and of what is left.
        inputs = inputs_of([start, end])
        slope = inputs.numbers[:, 1] - inputs.numbers[:, 0]
        both = np.stack([slope, inputs.numbers[:, 0]], axis=1)
        unit = Intervals([Fraction(0), Fraction(1)])
        segments.append(walked(steps, last, unit, Maps(both, inputs.exponent), most // (len(vertices) - 1)))
    births = [int(_changes(each.pieces).sum()) for each in segments]
    bends = [int(_changes(each.outputs.numbers[:, 0]).sum()) for each in segments]
    ends = [(each.pieces[0], each.pieces[-1]) for each in segments]
    turned = [at for at, (first, _) in enumerate(ends) if (ends[at - 1][1] != first).any()]
    single = segments[0].outputs.numbers.shape[2] == 1
    signs = _sign_changes(segments) if single else 0
    tops = (
        np.zeros((0, 1), dtype=np.bool_)
        if single
        else np.concatenate([largest(each)[1] for each in segments])
    )
    return Along(births, bends, turned, signs, tops)


def _changes(rows: NDArray[np.generic]) -> Flags:
    """Whether each row is another one than that before it, ``(rows - 1,)``."""
    found: Flags = (rows[1:] != rows[:-1]).any(axis=1)
    return found


def _sign_changes(segments: Sequence[Cells[Intervals]]) -> int:
    signs: list[int] = []
    for each in segments:
        shapes, parents = each.shapes.cut(each.outputs.numbers)
        maps = each.outputs.numbers[parents]
        both = shapes.above(maps)[:, 0].astype(int) - shapes.above(-maps)[:, 0]
        signs += [sign for sign in both.tolist() if sign]
    return sum(one != other for one, other in pairwise(signs))


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
