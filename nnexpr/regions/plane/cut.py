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

from nnexpr.kernels.bits import WORD, lowest
from nnexpr.kernels.compiled import compiled
from nnexpr.regions.layer import Array
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

__all__ = ["cut", "split_cell"]

# The place of a crossing is in doubt by the unit's rounding over its slope. Where lines are nearly parallel that says
# nothing any more; more than this share of the edge is not believed.
MOST_DOUBT = 2.0**-30


@compiled
def _split_edge(mesh: Mesh, side: int, line: int, lines: Lines, limits: Array, steepness: Array) -> bool:
    """Split the edge of a half-edge where it crosses the line; False, and nothing done, if there is no room."""
    new, edge = mesh.sizes[VERTICES], mesh.sizes[EDGES]
    if new >= mesh.points.shape[0] or edge >= mesh.layers.shape[0]:
        return False
    back = side ^ 1
    a, b = mesh.sides[side, ORIGIN], mesh.sides[back, ORIGIN]
    unit, kink = unit_and_kink(lines, line)
    length = abs(mesh.points[a, 0] - mesh.points[b, 0]) + abs(mesh.points[a, 1] - mesh.points[b, 1])
    share = limits[unit] / abs(mesh.values[a, unit] - mesh.values[b, unit])
    mesh.doubts[new] = max(mesh.doubts[a], mesh.doubts[b]) + min(share, MOST_DOUBT) * length
    interpolate(mesh, new, a, b, unit, kink)
    take_sides(mesh, new, a, b, line, lines, limits, steepness)
    onward, returning = (
        2 * edge,
        2 * edge + 1,
    )  # new -> b and b -> new; the old ones are a -> new and new -> a
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
    return True


@compiled
def _entry(mesh: Mesh, cell: int, word: int, bit: int) -> int:
    """The half-edge by which the cell's boundary comes from the line to above it; counts a line that crosses twice."""
    found, entries = -1, 0
    start = mesh.first[cell]
    side = start
    while True:
        if (
            mesh.bits[mesh.sides[side ^ 1, ORIGIN], ABOVE, word] & bit != 0
            and mesh.bits[mesh.sides[side, ORIGIN], ABOVE, word] & bit == 0
        ):
            found = side
            entries += 1
        side = mesh.sides[side, AFTER]
        if side == start:
            break
    if entries > 1:
        mesh.sizes[TWICE] += 1
    return found


@compiled
def split_cell(
    mesh: Mesh, cell: int, line: int, layer: int, lines: Lines, limits: Array, steepness: Array
) -> bool:
    """Cut the part above the line, which has corners on both sides, off the cell; False, and the cell whole, if there
    is no room.
    """
    word, bit = line // WORD, 1 << (line % WORD)
    start = mesh.first[cell]
    side = start
    while True:
        a, b = mesh.sides[side, ORIGIN], mesh.sides[side ^ 1, ORIGIN]
        following = mesh.sides[side, AFTER]
        apart = (
            mesh.bits[a, ABOVE, word] & mesh.bits[b, BELOW, word]
            | mesh.bits[a, BELOW, word] & mesh.bits[b, ABOVE, word]
        )
        if apart & bit != 0 and not _split_edge(mesh, side, line, lines, limits, steepness):
            return False
        side = following
        if side == start:
            break
    edge, new = mesh.sizes[EDGES], mesh.sizes[CELLS]
    if edge >= mesh.layers.shape[0] or new >= mesh.first.shape[0]:
        return False
    entry = _entry(mesh, cell, word, bit)
    leave = entry
    while mesh.bits[mesh.sides[leave ^ 1, ORIGIN], ABOVE, word] & bit != 0:
        mesh.sides[leave, CELL] = new
        leave = mesh.sides[leave, AFTER]
    mesh.sides[leave, CELL] = new
    inner, outer = 2 * edge, 2 * edge + 1  # inner closes the part above, outer what is left
    mesh.sides[inner, ORIGIN] = mesh.sides[leave ^ 1, ORIGIN]
    mesh.sides[outer, ORIGIN] = mesh.sides[entry, ORIGIN]
    mesh.sides[inner, CELL], mesh.sides[outer, CELL] = new, cell
    leading, following = mesh.sides[entry, BEFORE], mesh.sides[leave, AFTER]
    mesh.sides[leave, AFTER], mesh.sides[inner, BEFORE] = inner, leave
    mesh.sides[inner, AFTER], mesh.sides[entry, BEFORE] = entry, inner
    mesh.sides[leading, AFTER], mesh.sides[outer, BEFORE] = outer, leading
    mesh.sides[outer, AFTER], mesh.sides[following, BEFORE] = following, outer
    mesh.layers[edge] = layer
    mesh.first[cell], mesh.first[new] = outer, inner
    mesh.parents[new] = mesh.parents[cell]
    mesh.sizes[EDGES] += 1
    mesh.sizes[CELLS] += 1
    survey(mesh, cell)
    survey(mesh, new)
    return True


@compiled
def cut(mesh: Mesh, cell: int, layer: int, lines: Lines, limits: Array, steepness: Array, most: int) -> int:
    """Cut all cells from ``cell`` on; the number of cells if done, else the cell at which room ran out.

    ``limits``, ``steepness: (units,)``. Stops after ``most`` cells.
    """
    while cell < mesh.sizes[CELLS] <= most:
        for word in range(mesh.cell_bits.shape[2]):
            crossed = mesh.cell_bits[cell, ABOVE, word] & mesh.cell_bits[cell, BELOW, word]
            while crossed != 0:
                line = word * WORD + lowest(crossed)
                if not split_cell(mesh, cell, line, layer, lines, limits, steepness):
                    return cell
                crossed = mesh.cell_bits[cell, ABOVE, word] & mesh.cell_bits[cell, BELOW, word]
        cell += 1
    return cell
