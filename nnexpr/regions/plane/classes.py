"""Where one output is the largest: cells cut further along the lines on which two outputs tie for it.

On a cell the outputs are affine, so the largest of them is convex there, and each output is the largest on a convex
part of the cell, or nowhere. An output that is the largest at all corners is so on the whole cell. Else two corners
have two different ones, of which neither is the largest at the other's corner: the cell is cut where these two tie, as
by the line of a unit whose pre-activation is their difference (``cut.py``), and both parts are looked at again. A third
output that is the largest only inside the cell shows itself at the new corners.

An output counts as the largest at a vertex if it is by no more than rounding below the one that is: the tie rule of
``ties.py``, for the difference of the two. A cut goes on to the cell's border where a third output is the larger one;
the parts of one cell that it takes from a class are one again in the count, not in the list of cells.

Cost: a look at the corners of every cell; a cut as any other.
"""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.cut import split_cell
from nnexpr.regions.plane.mesh import (
    ABOVE,
    AFTER,
    BELOW,
    CELLS,
    ORIGIN,
    VERTICES,
    Lines,
    Mesh,
    grown,
    with_lines,
)
from nnexpr.regions.plane.outline import share_of
from nnexpr.regions.plane.ties import Rounding
from nnexpr.regions.room import TooManyCells

__all__ = ["decide"]


def decide(
    mesh: Mesh, rounding: Rounding, tolerance: float, layer: int, most: int
) -> tuple[Mesh, Index, int]:
    """The mesh with its cells cut to classes, and the output that is the largest on each: ``(cells,)``. And at how many
    of their corners another one may be, for all that rounding tells.

    The mesh's values are the outputs, ``rounding`` theirs; ``layer`` is the number that new edges have. Raises
    ``TooManyCells`` for more than ``most``.
    """
    outputs, values = mesh.values.shape[1], mesh.values
    mesh = with_lines(mesh, outputs + 1, 1)  # the first number is the difference of two outputs
    mesh.values[: mesh.sizes[VERTICES], 1:] = values[: mesh.sizes[VERTICES]]
    limits, steepness = tolerance * rounding.sigmas, rounding.steepness
    classes, cell, level = np.zeros(0, dtype=np.int64), 0, np.zeros(1, dtype=np.int64)
    while cell < mesh.sizes[CELLS] <= most:
        mesh = grown(mesh) if len(classes) else mesh
        longer = np.zeros(len(mesh.first), dtype=np.int64)
        longer[: len(classes)] = classes
        classes, cell = longer, _decide(mesh, cell, layer, limits, steepness, longer, level, most)
    if mesh.sizes[CELLS] > most:
        raise TooManyCells(most, int(mesh.sizes[CELLS]), layer, layer, share_of(mesh, slice(cell)))
    return mesh, classes[: mesh.sizes[CELLS]], int(level[0])


@compiled
def _decide(
    mesh: Mesh,
    cell: int,
    layer: int,
    limits: Array,
    steepness: Array,
    classes: Index,
    level: Index,
    most: int,
) -> int:
    """Cut all cells from ``cell`` on; the number of cells if done, else the cell at which room ran out."""
    near, steep, one_unit = np.empty(1), np.empty(1), np.ones(1, dtype=np.int64)
    groups = np.array([[0, 1, 0, 1]])
    line = Lines(0 * one_unit, one_unit, np.zeros(1), np.full(1, np.inf), groups)
    while cell < mesh.sizes[CELLS] <= most:
        one, other = _rivals(mesh, cell, limits, steepness)
        if other < 0:
            classes[cell] = one
            level[0] += _level(mesh, cell, one, limits, steepness)
            cell += 1
            continue
        _face(mesh, cell, one, other, limits, steepness)
        near[0] = np.hypot(limits[one], limits[other])
        steep[0] = np.hypot(steepness[one], steepness[other])
        old = mesh.sizes[VERTICES]
        done = split_cell(mesh, cell, 0, layer, line, near, steep)
        for vertex in range(old, mesh.sizes[VERTICES]):
            mesh.values[vertex, 1 + other] = mesh.values[vertex, 1 + one]
        if not done:
            return cell
    return cell


@compiled
def _largest(mesh: Mesh, vertex: int, outputs: int) -> int:
    """The output that is the largest at a vertex, the first of equal ones."""
    found = 0
    for each in range(1, outputs):
        if mesh.values[vertex, 1 + each] > mesh.values[vertex, 1 + found]:
            found = each
    return found


@compiled
def _reach(mesh: Mesh, vertex: int, one: int, other: int, limits: Array, steepness: Array) -> float:
    """By how much two outputs may differ at a vertex and count as equal."""
    doubt = mesh.doubts[vertex]
    first, second = limits[one] + doubt * steepness[one], limits[other] + doubt * steepness[other]
    reach: float = np.hypot(first, second)
    return reach


@compiled
def _leads(mesh: Mesh, vertex: int, one: int, other: int, limits: Array, steepness: Array) -> bool:
    """Whether ``one`` is above ``other`` at a vertex by more than rounding."""
    ahead = mesh.values[vertex, 1 + one] - mesh.values[vertex, 1 + other]
    leads: bool = ahead > _reach(mesh, vertex, one, other, limits, steepness)
    return leads


@compiled
def _rivals(mesh: Mesh, cell: int, limits: Array, steepness: Array) -> tuple[int, int]:
    """An output that is the largest at all corners of a cell, and -1; or two of which each leads the other somewhere.

    Where rounding leaves neither, the one that is the largest in the mean over the corners.
    """
    outputs = len(limits)
    start = mesh.first[cell]
    leaders = np.zeros(outputs, dtype=np.int64)
    side = start
    while True:
        leaders[_largest(mesh, mesh.sides[side, ORIGIN], outputs)] = 1
        side = mesh.sides[side, AFTER]
        if side == start:
            break
    for one in range(outputs):
        beaten, by = False, -1
        side = start
        while leaders[one]:
            corner = mesh.sides[side, ORIGIN]
            first = _largest(mesh, corner, outputs)
            if first != one and _leads(mesh, corner, first, one, limits, steepness):
                beaten = True
                if by < 0 and _leads_somewhere(mesh, cell, one, first, limits, steepness):
                    by = first
            side = mesh.sides[side, AFTER]
            if side == start:
                break
        if leaders[one] and not beaten:
            return one, -1
        if by >= 0:
            return one, by
    best, most = 0, -np.inf
    for one in range(outputs):
        total = 0.0
        side = start
        while True:
            total += mesh.values[mesh.sides[side, ORIGIN], 1 + one]
            side = mesh.sides[side, AFTER]
            if side == start:
                break
        if total > most:
            best, most = one, total
    return best, -1


@compiled
def _level(mesh: Mesh, cell: int, one: int, limits: Array, steepness: Array) -> int:
    """At how many corners of a cell another output is not as large as ``one`` to the bit, but nearly."""
    number, start = 0, mesh.first[cell]
    side = start
    while True:
        corner, near = mesh.sides[side, ORIGIN], 0
        doubt, own = mesh.doubts[corner], mesh.values[corner, 1 + one]
        for each in range(len(limits)):
            reach = limits[each] + limits[one] + doubt * (steepness[each] + steepness[one])
            apart = abs(mesh.values[corner, 1 + each] - own)
            near += (apart <= reach) & (apart > 0.0)
        number += near > 0
        side = mesh.sides[side, AFTER]
        if side == start:
            return number


@compiled
def _leads_somewhere(mesh: Mesh, cell: int, one: int, other: int, limits: Array, steepness: Array) -> bool:
    """Whether ``one`` is above ``other`` at some corner of a cell by more than rounding."""
    start = mesh.first[cell]
    side = start
    while True:
        if _leads(mesh, mesh.sides[side, ORIGIN], one, other, limits, steepness):
            return True
        side = mesh.sides[side, AFTER]
        if side == start:
            return False


@compiled
def _face(mesh: Mesh, cell: int, one: int, other: int, limits: Array, steepness: Array) -> None:
    """Make the difference of two outputs the one line that a cell's corners lie above, below or on."""
    start = mesh.first[cell]
    side = start
    while True:
        corner = mesh.sides[side, ORIGIN]
        mesh.values[corner, 0] = mesh.values[corner, 1 + one] - mesh.values[corner, 1 + other]
        mesh.bits[corner, ABOVE, 0] = 1 if _leads(mesh, corner, one, other, limits, steepness) else 0
        mesh.bits[corner, BELOW, 0] = 1 if _leads(mesh, corner, other, one, limits, steepness) else 0
        side = mesh.sides[side, AFTER]
        if side == start:
            break
