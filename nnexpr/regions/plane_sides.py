"""On which side of a layer's lines the vertices and cells lie.

Sides are decided once, when the layer begins or a vertex is made, and from numbers only where they have to be: a new
vertex on an edge takes the side of its ends, and only where these are on two sides of another line is its value asked.
``plane_ties.py`` says when that counts as *on* the line.
"""

from __future__ import annotations

from nnexpr.compiled import compiled
from nnexpr.regions.plane_mesh import CELLS, TIES, VERTICES, WORD, Array, Mesh

__all__ = ["classify", "lowest", "survey", "take_sides"]


@compiled
def classify(mesh: Mesh, kinks: Array, limits: Array, steepness: Array) -> None:
    """Set the bits of all vertices and cells; a pre-activation that counts as on a kink is set to it."""
    for vertex in range(mesh.sizes[VERTICES]):
        values, doubt = mesh.values[vertex], mesh.doubts[vertex]
        above, below, place, word = 0, 0, 0, 0
        for unit in range(limits.shape[0]):
            limit = limits[unit] + doubt * steepness[unit]
            for number in range(kinks.shape[0]):
                height = values[unit] - kinks[number]
                is_above, is_below = height > limit, height < -limit
                above |= is_above << place
                below |= is_below << place
                if not (is_above or is_below):
                    values[unit] = kinks[number]
                    mesh.sizes[TIES] += 1
                place += 1
                if place == WORD:
                    mesh.above[vertex, word], mesh.below[vertex, word] = above, below
                    above, below, place, word = 0, 0, 0, word + 1
        if place > 0:
            mesh.above[vertex, word], mesh.below[vertex, word] = above, below
    for cell in range(mesh.sizes[CELLS]):
        survey(mesh, cell)


@compiled
def survey(mesh: Mesh, cell: int) -> None:
    """Gather a cell's bits from its corners."""
    words = mesh.above.shape[1]
    for word in range(words):
        mesh.cell_above[cell, word] = 0
        mesh.cell_below[cell, word] = 0
    start = mesh.first[cell]
    side = start
    while True:
        corner = mesh.origin[side]
        for word in range(words):
            mesh.cell_above[cell, word] |= mesh.above[corner, word]
            mesh.cell_below[cell, word] |= mesh.below[corner, word]
        side = mesh.after[side]
        if side == start:
            break


@compiled
def lowest(bits: int) -> int:
    """The number of the lowest bit that is set."""
    place = 0
    while bits & 255 == 0:
        bits >>= 8
        place += 8
    while bits & 1 == 0:
        bits >>= 1
        place += 1
    return place


@compiled
def take_sides(
    mesh: Mesh, new: int, a: int, b: int, line: int, kinks: Array, limits: Array, steepness: Array
) -> None:
    """Set the bits of vertex ``new``, which is on ``line`` and on the edge from a to b."""
    for word in range(mesh.above.shape[1]):
        above, below = mesh.above[a, word] | mesh.above[b, word], mesh.below[a, word] | mesh.below[b, word]
        open_bits = above & below
        above &= ~open_bits
        below &= ~open_bits
        while open_bits != 0:
            place = lowest(open_bits)
            bit = 1 << place
            open_bits &= ~bit
            other = word * WORD + place
            if other == line:
                continue
            unit, kink = other // kinks.shape[0], kinks[other % kinks.shape[0]]
            height = mesh.values[new, unit] - kink
            if abs(height) <= limits[unit] + mesh.doubts[new] * steepness[unit]:
                mesh.values[new, unit] = kink
                mesh.sizes[TIES] += 1
            elif height > 0.0:
                above |= bit
            else:
                below |= bit
        mesh.above[new, word] = above
        mesh.below[new, word] = below
