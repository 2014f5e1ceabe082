"""One layer in the plane: every cell cut along the lines on which one of the layer's units bends.

On a cell the pre-activations are affine, so a unit's kink is a straight line there, and the cell is convex, so a line
that has corners on both sides crosses its boundary exactly twice. Each crossing is a corner on the line, or it is on an
edge whose ends lie strictly on two sides: that edge is split, for both of its cells at once, at the point where linear
interpolation meets the kink; all units of the layer are interpolated there with it. The two crossings are then joined.
No sorting, hashing or linear programming: the other cell of a split edge finds the vertex as a corner on its line.

Sides are decided once (``plane_sides.py``) and never change back and forth along an edge, so the subdivision is a sound
one whatever the rounding: should a line cross a cell more than twice, the cell is cut at each crossing, and this is
counted.

Cost: a new cell takes two walks around its corners and about two interpolations of all units of the layer.
"""

from __future__ import annotations

from nnexpr.compiled import compiled
from nnexpr.regions.plane_mesh import CELLS, EDGES, TWICE, VERTICES, WORD, Array, Mesh
from nnexpr.regions.plane_sides import lowest, survey, take_sides
from nnexpr.regions.plane_values import interpolate

__all__ = ["cut"]

# The place of a crossing is in doubt by the unit's rounding over its slope. Where lines are nearly parallel that says
# nothing any more; more than this share of the edge is not believed.
MOST_DOUBT = 2.0**-30


@compiled
def _split_edge(mesh: Mesh, side: int, line: int, kinks: Array, limits: Array, steepness: Array) -> bool:
    """Split the edge of a half-edge where it crosses the line; False, and nothing done, if there is no room."""
    new, edge = mesh.sizes[VERTICES], mesh.sizes[EDGES]
    if new >= mesh.points.shape[0] or edge >= mesh.layers.shape[0]:
        return False
    back = side ^ 1
    a, b = mesh.origin[side], mesh.origin[back]
    unit = line // kinks.shape[0]
    length = abs(mesh.points[a, 0] - mesh.points[b, 0]) + abs(mesh.points[a, 1] - mesh.points[b, 1])
    share = limits[unit] / abs(mesh.values[a, unit] - mesh.values[b, unit])
    mesh.doubts[new] = max(mesh.doubts[a], mesh.doubts[b]) + min(share, MOST_DOUBT) * length
    interpolate(mesh, new, a, b, unit, kinks[line % kinks.shape[0]])
    take_sides(mesh, new, a, b, line, kinks, limits, steepness)
    onward, returning = (
        2 * edge,
        2 * edge + 1,
    )  # new -> b and b -> new; the old ones are a -> new and new -> a
    mesh.origin[onward], mesh.origin[returning], mesh.origin[back] = new, b, new
    mesh.cell[onward], mesh.cell[returning] = mesh.cell[side], mesh.cell[back]
    following, leading = mesh.after[side], mesh.before[back]
    mesh.after[onward], mesh.before[following] = following, onward
    mesh.after[side], mesh.before[onward] = onward, side
    mesh.before[returning], mesh.after[leading] = leading, returning
    mesh.after[returning], mesh.before[back] = back, returning
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
            mesh.above[mesh.origin[side ^ 1], word] & bit != 0
            and mesh.above[mesh.origin[side], word] & bit == 0
        ):
            found = side
            entries += 1
        side = mesh.after[side]
        if side == start:
            break
    if entries > 1:
        mesh.sizes[TWICE] += 1
    return found


@compiled
def _split_cell(
    mesh: Mesh, cell: int, line: int, layer: int, kinks: Array, limits: Array, steepness: Array
) -> bool:
    """Cut the part above the line off the cell; False, and the cell whole, if there is no room."""
    word, bit = line // WORD, 1 << (line % WORD)
    start = mesh.first[cell]
    side = start
    while True:
        a, b = mesh.origin[side], mesh.origin[side ^ 1]
        following = mesh.after[side]
        apart = mesh.above[a, word] & mesh.below[b, word] | mesh.below[a, word] & mesh.above[b, word]
        if apart & bit != 0 and not _split_edge(mesh, side, line, kinks, limits, steepness):
            return False
        side = following
        if side == start:
            break
    edge, new = mesh.sizes[EDGES], mesh.sizes[CELLS]
    if edge >= mesh.layers.shape[0] or new >= mesh.first.shape[0]:
        return False
    entry = _entry(mesh, cell, word, bit)
    leave = entry
    while mesh.above[mesh.origin[leave ^ 1], word] & bit != 0:
        mesh.cell[leave] = new
        leave = mesh.after[leave]
    mesh.cell[leave] = new
    inner, outer = 2 * edge, 2 * edge + 1  # inner closes the part above, outer what is left
    mesh.origin[inner], mesh.origin[outer] = mesh.origin[leave ^ 1], mesh.origin[entry]
    mesh.cell[inner], mesh.cell[outer] = new, cell
    leading, following = mesh.before[entry], mesh.after[leave]
    mesh.after[leave], mesh.before[inner], mesh.after[inner], mesh.before[entry] = inner, leave, entry, inner
    mesh.after[leading], mesh.before[outer] = outer, leading
    mesh.after[outer], mesh.before[following] = following, outer
    mesh.layers[edge] = layer
    mesh.first[cell], mesh.first[new] = outer, inner
    mesh.parents[new] = mesh.parents[cell]
    mesh.sizes[EDGES] += 1
    mesh.sizes[CELLS] += 1
    survey(mesh, cell)
    survey(mesh, new)
    return True


@compiled
def cut(mesh: Mesh, cell: int, layer: int, kinks: Array, limits: Array, steepness: Array, most: int) -> int:
    """Cut all cells from ``cell`` on; the number of cells if done, else the cell at which room ran out.

    ``kinks: (kinks,)``; ``limits``, ``steepness: (units,)``. Stops after ``most`` cells.
    """
    while cell < mesh.sizes[CELLS] <= most:
        for word in range(mesh.cell_above.shape[1]):
            crossed = mesh.cell_above[cell, word] & mesh.cell_below[cell, word]
            while crossed != 0:
                line = word * WORD + lowest(crossed)
                if not _split_cell(mesh, cell, line, layer, kinks, limits, steepness):
                    return cell
                crossed = mesh.cell_above[cell, word] & mesh.cell_below[cell, word]
        cell += 1
    return cell
