"""One layer in the plane: every cell cut along the lines on which one of the layer's units bends.

On a cell the pre-activations are affine, so a unit's kink is a straight line there, and the cell is convex, so a line
that has corners on both sides crosses its boundary exactly twice. Each crossing is a corner on the line, or it is on an
edge whose ends lie strictly on two sides: that edge is split, for both of its cells at once, at the point where linear
interpolation meets the kink; all units of the layer are interpolated there with it. The two crossings are then joined.
No sorting, hashing or linear programming: the other cell of a split edge finds the vertex as a corner on its line.

Sides are decided once (``sides.py``) and never change back and forth along an edge, so the subdivision is a sound
one whatever the rounding: should a line cross a cell more than twice, the cell is cut at each crossing, and this is
counted.

Cost: a new cell takes two walks around its corners and about two interpolations of all units of the layer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.bits import WORD, lowest
from nnexpr.kernels.compiled import compiled, inlined
from nnexpr.regions.layer import Array, Index
from nnexpr.regions.plane.mesh import (
    ABOVE,
    AFTER,
    BEFORE,
    BELOW,
    CELL,
    CELLS,
    EDGES,
    ORIGIN,
    TWICE,
    VERTICES,
    Lines,
    Mesh,
)
from nnexpr.regions.plane.sides import survey, take_sides, unit_and_kink
from nnexpr.regions.plane.values import interpolate

__all__ = ["DONE", "Turns", "cut", "split_cell", "turns_of"]

# The place of a crossing is in doubt by the unit's rounding over its slope. Where lines are nearly parallel that says
# nothing any more; more than this share of the edge is not believed.
MOST_DOUBT = 2.0**-30

SPLITS = 8  # edges, and vertices, that there must be room for before a cell is cut; three, and two, are made

DONE, WAITING, NEXT, END = range(4)  # the places in ``Turns.numbers``


class Turns(NamedTuple):
    """In which order cells are cut: all parts of one before the next, and the last one cut off first, so that what is
    worked on lies together.
    """

    done: Index  # (cells or more,) those that no line cuts any more
    waiting: Index  # (cells or more,) parts of one cell, of which the last one is next
    numbers: (
        Index  # how many of both there are, the next cell of the layer below, and the one behind its last
    )


def turns_of(mesh: Mesh, before: Turns | None = None) -> Turns:
    """Those of a layer that begins, or goes on with more room after ``before``."""
    done, waiting = np.empty((2, len(mesh.first)), dtype=np.int64)
    if before is None:
        return Turns(done, waiting, np.array([0, 0, 0, mesh.sizes[CELLS]]))
    done[: len(before.done)], waiting[: len(before.waiting)] = before.done, before.waiting
    return Turns(done, waiting, before.numbers)


@inlined
def _split_edge(
    mesh: Mesh, side: int, line: int, unit: int, kink: float, lines: Lines, limits: Array, steepness: Array
) -> int:
    """Split the edge of a half-edge where ``unit`` crosses the line, its kink; the half-edge from there to its end."""
    new, edge = mesh.sizes[VERTICES], mesh.sizes[EDGES]
    back = side ^ 1
    a, b = mesh.sides[side, ORIGIN], mesh.sides[back, ORIGIN]
    length = abs(mesh.points[a, 0] - mesh.points[b, 0]) + abs(mesh.points[a, 1] - mesh.points[b, 1])
    share = limits[unit] / abs(mesh.values[a, unit] - mesh.values[b, unit])
    mesh.doubts[new] = max(mesh.doubts[a], mesh.doubts[b]) + min(share, MOST_DOUBT) * length
    interpolate(mesh, new, a, b, unit, kink)
    take_sides(mesh, new, a, b, line, lines, limits, steepness)
    # new -> b and b -> new; the old ones are a -> new and new -> a
    onward, returning = 2 * edge, 2 * edge + 1
    mesh.sides[onward, ORIGIN], mesh.sides[returning, ORIGIN], mesh.sides[back, ORIGIN] = new, b, new
    mesh.sides[onward, CELL], mesh.sides[returning, CELL] = mesh.sides[side, CELL], mesh.sides[back, CELL]
    following, leading = mesh.sides[side, AFTER], mesh.sides[back, BEFORE]
    mesh.sides[onward, AFTER], mesh.sides[following, BEFORE] = following, onward
    mesh.sides[side, AFTER], mesh.sides[onward, BEFORE] = onward, side
    mesh.sides[returning, BEFORE], mesh.sides[leading, AFTER] = leading, returning
    mesh.sides[returning, AFTER], mesh.sides[back, BEFORE] = back, returning
    mesh.layers[edge] = mesh.layers[side // 2]
    mesh.sizes[VERTICES] += 1
    mesh.sizes[EDGES] += 1
    return int(onward)


@inlined
def _add_bits(mesh: Mesh, cell: int, vertex: int) -> None:
    """A corner's bits to those of its cell."""
    for word in range(mesh.bits.shape[2]):
        mesh.cell_bits[cell, ABOVE, word] |= mesh.bits[vertex, ABOVE, word]
        mesh.cell_bits[cell, BELOW, word] |= mesh.bits[vertex, BELOW, word]


@inlined
def _side(mesh: Mesh, vertex: int, word: int, place: int) -> int:
    """1 above a line, -1 below, 0 on it."""
    above, below = mesh.bits[vertex, ABOVE, word] >> place, mesh.bits[vertex, BELOW, word] >> place
    return int((above & 1) - (below & 1))


@inlined
def split_cell(
    mesh: Mesh, cell: int, line: int, layer: int, lines: Lines, limits: Array, steepness: Array
) -> bool:
    """Cut the part above the line, which has corners on both sides, off the cell; False, and the cell whole, if there
    is no room.

    One walk around the cell splits the edges that cross the line and shares out the corners' bits. A line that has to
    be taken to cross more than twice is counted, and the part behind its last way up is cut off.
    """
    new, most = mesh.sizes[CELLS], mesh.sizes[EDGES] + SPLITS
    if new >= len(mesh.first) or most > len(mesh.layers) or mesh.sizes[VERTICES] + SPLITS > len(mesh.points):
        return False
    word, place = line // WORD, line % WORD
    unit, kink = unit_and_kink(lines, line)
    mesh.cell_bits[cell], mesh.cell_bits[new] = 0, 0
    start, entry, leave, entries = mesh.first[cell], -1, -1, 0
    side, corner = start, mesh.sides[start, ORIGIN]
    here = _side(mesh, corner, word, place)
    while True:
        following = mesh.sides[side, AFTER]
        end = mesh.sides[following, ORIGIN]
        there = _side(mesh, end, word, place)
        onward = side
        if here * there < 0:
            if mesh.sizes[EDGES] + 1 >= most:
                survey(mesh, cell)
                return False
            onward = _split_edge(mesh, side, line, unit, kink, lines, limits, steepness)
        if there > 0 >= here:
            entry = onward
            entries += 1
        elif here > 0 >= there:
            leave = side
        _add_bits(mesh, new if here > 0 else cell, corner)
        if following == start:
            break
        side, corner, here = following, end, there
    if entries > 1:
        mesh.sizes[TWICE] += 1
        leave = entry
        while _side(mesh, mesh.sides[leave ^ 1, ORIGIN], word, place) > 0:
            leave = mesh.sides[leave, AFTER]
    _close(mesh, cell, entry, leave, layer)
    if entries > 1:
        survey(mesh, cell)
        survey(mesh, new)
    return True


@inlined
def _close(mesh: Mesh, cell: int, entry: int, leave: int, layer: int) -> None:
    """Make the sides from ``entry`` to ``leave`` a new cell, with an edge between it and what is left."""
    edge, new = mesh.sizes[EDGES], mesh.sizes[CELLS]
    first, last = mesh.sides[entry, ORIGIN], mesh.sides[leave ^ 1, ORIGIN]
    side = entry
    mesh.sides[leave, CELL] = new
    while side != leave:
        mesh.sides[side, CELL] = new
        side = mesh.sides[side, AFTER]
    inner, outer = 2 * edge, 2 * edge + 1  # inner closes the part above, outer what is left
    mesh.sides[inner, ORIGIN], mesh.sides[outer, ORIGIN] = last, first
    mesh.sides[inner, CELL], mesh.sides[outer, CELL] = new, cell
    leading, following = mesh.sides[entry, BEFORE], mesh.sides[leave, AFTER]
    mesh.sides[leave, AFTER], mesh.sides[inner, BEFORE] = inner, leave
    mesh.sides[inner, AFTER], mesh.sides[entry, BEFORE] = entry, inner
    mesh.sides[leading, AFTER], mesh.sides[outer, BEFORE] = outer, leading
    mesh.sides[outer, AFTER], mesh.sides[following, BEFORE] = following, outer
    mesh.layers[edge] = layer
    mesh.first[cell], mesh.first[new] = outer, inner
    mesh.parents[new] = mesh.parents[cell]
    for each in (cell, new):
        _add_bits(mesh, each, first)
        _add_bits(mesh, each, last)
    mesh.sizes[EDGES] += 1
    mesh.sizes[CELLS] += 1


@compiled
def cut(
    mesh: Mesh, turns: Turns, layer: int, lines: Lines, limits: Array, steepness: Array, most: int
) -> bool:
    """Cut the cells of the layer below, one after another, each with all its parts; whether they are all done.

    ``limits``, ``steepness: (units,)``. Stops where room runs out, and after ``most`` cells; goes on from ``turns``.
    """
    done, waiting, numbers = turns
    while mesh.sizes[CELLS] <= most:
        if numbers[WAITING] == 0:
            if numbers[NEXT] == numbers[END]:
                return True
            waiting[0], numbers[WAITING] = numbers[NEXT], 1
            numbers[NEXT] += 1
        numbers[WAITING] -= 1
        cell = waiting[numbers[WAITING]]
        for word in range(mesh.cell_bits.shape[2]):
            crossed = mesh.cell_bits[cell, ABOVE, word] & mesh.cell_bits[cell, BELOW, word]
            while crossed != 0:
                new, line = mesh.sizes[CELLS], word * WORD + lowest(crossed)
                room = split_cell(mesh, cell, line, layer, lines, limits, steepness)
                waiting[numbers[WAITING]] = new if room else cell
                numbers[WAITING] += 1
                if not room:
                    return False
                crossed = mesh.cell_bits[cell, ABOVE, word] & mesh.cell_bits[cell, BELOW, word]
        done[numbers[DONE]] = cell
        numbers[DONE] += 1
    return False
