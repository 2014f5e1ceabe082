"""Where units meet their kinks inside the cells of a strip: found with bounds, ordered exactly where these overlap."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nnexpr.regions.exact.bounded import Bounded, Shares, shares
from nnexpr.regions.exact.strip import Order, Signs
from nnexpr.regions.layer import Index

__all__ = ["Crossings", "crossings", "order_of", "signs_of", "unbroken"]

Exactly = Callable[[int, int], Fraction]  # the share of a cell's segment at which a line of the cell is zero


class Crossings(NamedTuple):
    """From left to right: the cell and the line of each, and its share of the cell. ``position``: which of the places
    it is at, which those that coincide share; ``first``: of each place its first crossing.
    """

    cells: Index
    lines: Index
    shares: Shares
    position: Index
    first: Index


def crossings(heights: Bounded, signs: Signs, exactly: Exactly) -> Crossings:
    """Of lines with ``heights (places, lines)`` and ``signs``, of which none is in doubt."""
    cells, lines = np.nonzero(signs[:-1] * signs[1:] < 0)
    at = shares(
        *(Bounded(heights.values[row, lines], heights.errors[row, lines]) for row in (cells, cells + 1))
    )
    low, high = at.right - at.errors, at.right + at.errors
    order = np.lexsort((low, cells))
    cells, lines, at = cells[order], lines[order], Shares(*(each[order] for each in at))
    low, high = low[order], high[order]
    joins = np.zeros(
        len(cells), dtype=np.bool_
    )  # whether each may lie where the one before it does, or left of it
    # Places of later cells lie behind all of this one's: one running maximum serves all cells.
    reach = np.maximum.accumulate(2.0 * cells + high) if len(cells) else high
    joins[1:] = (cells[1:] == cells[:-1]) & (2.0 * cells[1:] + low[1:] <= reach[:-1] + 2.0**-50 * reach[:-1])
    apart = np.ones(len(cells), dtype=np.int64)
    starts = np.flatnonzero(joins & ~np.append(False, joins[:-1])) - 1
    for start in starts.tolist():
        end = start + 1
        while end < len(cells) and joins[end]:
            end += 1
        exact = [exactly(int(cells[each]), int(lines[each])) for each in range(start, end)]
        turn = sorted(range(end - start), key=exact.__getitem__)
        rows = start + np.array(turn)
        cells[start:end], lines[start:end] = cells[rows], lines[rows]
        for each in at:
            each[start:end] = each[rows]
        apart[start + 1 : end] = [exact[b] != exact[a] for a, b in pairwise(turn)]
    position = np.cumsum(apart) - 1
    return Crossings(cells, lines, at, position, np.flatnonzero(apart))


def order_of(rows: int, found: Crossings, first_number: int) -> Order:
    """So many places with those of the crossings among them, numbered from ``first_number`` on."""
    cells, count = found.cells[found.first], len(found.first)
    before = np.searchsorted(cells, np.arange(rows))  # new places left of each row
    old, new = np.arange(rows) + before, cells + 1 + np.arange(count)
    left, numbers = np.empty((2, rows + count), dtype=np.int64)
    left[old], left[new] = np.arange(rows), cells
    is_new = np.zeros(rows + count, dtype=np.bool_)
    is_new[new] = True
    numbers[old], numbers[new] = -1, first_number + np.arange(count)
    made = [np.zeros(rows + count) for _ in found.shares]
    for each, given in zip(made, found.shares, strict=True):
        each[new] = given[found.first]
    return Order(left, is_new, Shares(*made), numbers)


def unbroken(rows: int) -> Order:
    """So many places, none of them new."""
    zeros = np.zeros(rows)
    return Order(np.arange(rows), zeros > 0.0, Shares(zeros, zeros, zeros), np.full(rows, -1))


def signs_of(order: Order, found: Crossings, signs: Signs, first: int, end: int) -> Signs:
    """The signs of all lines at the places from ``first`` to below ``end`` in an order, ``(places, lines)``.

    Inside of a cell a line has the sign of the end at which it is not zero, but for those that cross: these have that
    of the left end before their own place, and none there.
    """
    left, is_new = order.left[first:end], order.is_new[first:end]
    made = signs[left]
    new = np.flatnonzero(is_new)
    if len(new) == 0:
        return made
    right = signs[left[new] + 1]
    made[new] = np.where(made[new] == 0, right, made[new])
    own = order.numbers[first:end][new]
    numbers = own - order.numbers[order.is_new][0]  # of positions, from 0
    for cell in np.unique(left[new]).tolist():
        here = np.flatnonzero(left[new] == cell)
        low, high = np.searchsorted(found.cells, [cell, cell + 1])
        crossing, at = found.lines[low:high], found.position[low:high]
        before = signs[cell, crossing]
        side = np.sign(at[None, :] - numbers[here][:, None]).astype(np.int8)
        made[np.ix_(new[here], crossing)] = side * before
    return made
