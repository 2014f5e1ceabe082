"""A stretch of a path between places at which some unit changes its piece, with what all units are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.regions.exact.bounded import Bounded, Shares, between
from nnexpr.regions.layer import Index

__all__ = ["CellOf", "Order", "Signs", "Strip"]

Signs = NDArray[np.int8]


@dataclass(eq=False)
class Strip:
    """Rows are places one after another, and each but the last has the cell to its right.

    ``places (rows,)``: the number of each place; those of the path's vertices come first. ``segments (cells,)``.
    ``begun``: whether the first cell belongs to the strip before this one, and is here for what changes at its end.
    ``values``: of steps whose values are needed, at every place. ``jumps``: how much the slopes of their units change
    there, as a multiple of the slope of one unit that bends there; a step without has none. ``pieces``: of steps that
    bend on which piece each unit is, some cells at a time, and ``within``: which of these each cell is a part of.
    """

    places: Index
    segments: Index
    begun: bool
    values: dict[int, Bounded]
    jumps: dict[int, Bounded] = field(default_factory=dict)
    pieces: dict[int, Signs] = field(default_factory=dict)
    within: dict[int, Index] = field(default_factory=dict)

    @property
    def own(self) -> slice:
        """The cells that belong to this strip."""
        return slice(int(self.begun), None)

    @property
    def inner(self) -> Index:
        """The places that have a cell on either side."""
        return np.arange(1, len(self.places) - 1)

    def part(self, order: Order, first: int, end: int, begun: bool) -> Strip:
        """Of the places in ``order`` those from ``first`` to below ``end``, with all that is known there."""
        left, new = order.left[first:end], np.flatnonzero(order.is_new[first:end])
        at = Shares(*(each[first:end][new] for each in order.shares))
        values = {}
        for number, given in self.values.items():
            values[number] = given.on(left)
            values[number].values[new], values[number].errors[new] = between(given, left[new], at)
        jumps = {number: given.on(left) for number, given in self.jumps.items()}
        for each in jumps.values():
            each.values[new] = each.errors[new] = 0.0
        within = {number: rows[left[:-1]] for number, rows in self.within.items()}
        places = np.where(order.is_new[first:end], order.numbers[first:end], self.places[left])
        return Strip(places, self.segments[left[:-1]], begun, values, jumps, dict(self.pieces), within)

    def pieces_on(self, number: int, cell: int) -> Signs:
        """On which piece each unit of a step is on a cell, ``(units,)``."""
        found: Signs = self.pieces[number][self.within[number][cell]]
        return found


class CellOf(NamedTuple):
    """A cell of a strip."""

    strip: Strip
    number: int

    @property
    def segment(self) -> int:
        """Of the path."""
        return int(self.strip.segments[self.number])

    def pieces(self, step: int) -> Signs:
        """See ``Cell``."""
        return self.strip.pieces_on(step, self.number)


class Order(NamedTuple):
    """A strip's places with new ones among them, from left to right."""

    left: Index  # the row that each is, or is right of
    is_new: NDArray[np.bool_]
    shares: Shares  # of the cell, of those that are new
    numbers: Index  # of places, of those that are new
