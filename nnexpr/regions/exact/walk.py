"""Cells cut step by step along the exact kinks of a graph's units, whatever the cells are: intervals or polygons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.exact.maps import Maps, Whole, bent, joined, less_kinks, mapped
from nnexpr.regions.layer import Index
from nnexpr.regions.steps import Bend, Joined, Mapped, Step

__all__ = ["Cells", "Shapes", "TooMuch", "largest", "walked"]

Flags = NDArray[np.bool_]


class TooMuch(Exception):
    """It would take more multiplications than were allowed."""


class Shapes(Protocol):
    """Cells without what is on them."""

    def __len__(self) -> int: ...

    def cut(self, lines: Whole) -> tuple[Self, Index]:
        """Cells cut where maps ``lines (cells, coordinates + 1, lines)`` are zero, and the cell each is a part of."""
        ...

    def above(self, lines: Whole) -> Flags:
        """Whether maps that are zero inside of no cell, or all over it, are above zero there: ``(cells, lines)``."""
        ...


Kind = TypeVar("Kind", bound=Shapes)


class Cells(NamedTuple, Generic[Kind]):
    """``pieces (cells, units)``: on which piece of its function each unit is; ``outputs``: the last step's maps."""

    shapes: Kind
    pieces: Index
    outputs: Maps


def walked(steps: Sequence[Step | None], last: int, shapes: Kind, inputs: Maps, most: int) -> Cells[Kind]:
    """The cells on which no unit bends, of steps as ``steps_of`` makes them. Raises ``TooMuch`` for more than ``most``
    multiplications, about.
    """
    values: dict[int, Maps] = {0: inputs}
    pieces: list[Index] = []
    left = most
    for number, step in enumerate(steps):
        if isinstance(step, Mapped):
            left -= len(shapes) * step.matrix.nnz
            if left < 0:
                raise TooMuch
            values[number] = mapped(step, values[step.of])
        elif isinstance(step, Joined):
            values[number] = joined(step, [values[each] for each in step.of])
        elif isinstance(step, Bend):
            lines, units = less_kinks(step, values[step.of])
            left -= 4 * len(shapes) * len(units)
            if left < 0:
                raise TooMuch
            shapes, parents = shapes.cut(lines)
            values = {place: each.on(parents) for place, each in values.items()}
            on = np.zeros((len(parents), len(step.which)), dtype=np.int64)
            above = shapes.above(lines[parents])
            for at, unit in enumerate(units.tolist()):
                on[:, unit] += above[:, at]
            pieces = [*(each[parents] for each in pieces), on]
            values[number] = bent(step, values[step.of], on)
    every = np.concatenate([np.zeros((len(shapes), 0), dtype=np.int64), *pieces], axis=1)
    return Cells(shapes, every, values[last])


def largest(cells: Cells[Kind]) -> tuple[Kind, Flags]:
    """Cells cut further where outputs tie for the largest, and which are the largest on each, ``(cells, outputs)``."""
    shapes, maps = cells.shapes, cells.outputs.numbers
    pairs = list(combinations(range(maps.shape[2]), 2))
    left, right = (np.array(each) for each in zip(*pairs, strict=True))
    shapes, parents = shapes.cut(maps[:, :, left] - maps[:, :, right])
    ahead = maps[parents][:, :, left] - maps[parents][:, :, right]
    first, second = shapes.above(ahead), shapes.above(-ahead)
    found = np.ones((len(parents), maps.shape[2]), dtype=np.bool_)
    for at, (one, other) in enumerate(pairs):
        found[:, one] &= ~second[:, at]
        found[:, other] &= ~first[:, at]
    return shapes, found
