"""On which side of a layer's lines the vertices and cells lie.

Sides are decided once, when the layer begins or a vertex is made, and from numbers only where they have to be: a new
vertex on an edge takes the side of its ends, and only where these are on two sides of another line is its value asked.
``ties.py`` says when that counts as *on* the line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.bits import WORD, count, exceeding, lowest
from nnexpr.kernels.compiled import compiled, inlined
from nnexpr.regions.layer import Array, ends_of
from nnexpr.regions.plane.mesh import (
    ABOVE,
    AFTER,
    BELOW,
    CELL,
    EDGES,
    ORIGIN,
    TIES,
    VERTICES,
    Bits,
    Lines,
    Mesh,
)

__all__ = ["Flags", "classify", "meetings", "seen", "survey", "survey_cells", "take_sides", "unit_and_kink"]

Flags = NDArray[np.bool_]


@compiled
def classify(
    mesh: Mesh, lines: Lines, limits: Array, steepness: Array, rounded: Flags, low: int, high: int
) -> int:
    """Set the bits of some vertices; a pre-activation that counts as on a kink is set to it. How many do; ``rounded
    (units,)`` are marked if one of them was not on it to the bit.
    """
    units, groups = len(limits), lines.groups
    heights, depths, near = np.empty(units), np.empty(units), np.empty(units)
    ties = 0
    for vertex in range(low, high):
        doubt = mesh.doubts[vertex]
        for group in range(len(groups)):
            (first, end), word, words = ends_of(groups, group), groups[group, 2], groups[group, 3]
            kink, most, sided = lines.kinks[word], lines.rooms[word], 0
            for unit in range(first, end):
                near[unit] = min(limits[unit] + doubt * steepness[unit], most)
                heights[unit] = mesh.values[vertex, unit] - kink
                depths[unit] = -heights[unit]
            above = mesh.bits[vertex, ABOVE, word : word + words]
            below = mesh.bits[vertex, BELOW, word : word + words]
            low_unit, high_unit = groups[group, 0], groups[group, 1]
            exceeding(heights[low_unit:high_unit], near[low_unit:high_unit], above)
            exceeding(depths[low_unit:high_unit], near[low_unit:high_unit], below)
            for each in range(words):
                sided += count(above[each]) + count(below[each])
            if sided == groups[group, 1] - groups[group, 0]:
                continue
            for unit in range(first, end):
                if not (heights[unit] > near[unit] or depths[unit] > near[unit]):
                    rounded[unit] |= heights[unit] != 0.0
                    mesh.values[vertex, unit] = kink
                    ties += 1
    return ties


@compiled
def survey_cells(mesh: Mesh, low: int, high: int) -> None:
    """Gather the bits of some cells from their corners."""
    for cell in range(low, high):
        survey(mesh, cell)


@inlined
def survey(mesh: Mesh, cell: int) -> None:
    """Gather a cell's bits from its corners."""
    words = mesh.bits.shape[2]
    for word in range(words):
        mesh.cell_bits[cell, ABOVE, word] = 0
        mesh.cell_bits[cell, BELOW, word] = 0
    start = mesh.first[cell]
    side = start
    while True:
        corner = mesh.sides[side, ORIGIN]
        for word in range(words):
            mesh.cell_bits[cell, ABOVE, word] |= mesh.bits[corner, ABOVE, word]
            mesh.cell_bits[cell, BELOW, word] |= mesh.bits[corner, BELOW, word]
        side = mesh.sides[side, AFTER]
        if side == start:
            break


@compiled
def seen(mesh: Mesh) -> Bits:
    """The bits of all vertices together, ``(2, words)``."""
    words = mesh.bits.shape[2]
    bits = np.zeros((2, words), dtype=np.int64)
    for vertex in range(mesh.sizes[VERTICES]):
        for word in range(words):
            bits[ABOVE, word] |= mesh.bits[vertex, ABOVE, word]
            bits[BELOW, word] |= mesh.bits[vertex, BELOW, word]
    return bits


@inlined
def unit_and_kink(lines: Lines, line: int) -> tuple[int, float]:
    """Which unit bends on a line, and at which kink."""
    return lines.firsts[line // WORD] + line % WORD, lines.kinks[line // WORD]


@inlined
def take_sides(
    mesh: Mesh, new: int, a: int, b: int, line: int, lines: Lines, limits: Array, steepness: Array
) -> None:
    """Set the bits of vertex ``new``, which is on ``line`` and on the edge from a to b."""
    for word in range(mesh.bits.shape[2]):
        above, below = (
            mesh.bits[a, ABOVE, word] | mesh.bits[b, ABOVE, word],
            mesh.bits[a, BELOW, word] | mesh.bits[b, BELOW, word],
        )
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
            unit, kink = unit_and_kink(lines, other)
            height = mesh.values[new, unit] - kink
            near = limits[unit] + mesh.doubts[new] * steepness[unit]
            if abs(height) <= near and abs(height) <= lines.rooms[word]:
                mesh.values[new, unit] = kink
                mesh.sizes[TIES] += 1
            elif height > 0.0:
                above |= bit
            else:
                below |= bit
        mesh.bits[new, ABOVE, word] = above
        mesh.bits[new, BELOW, word] = below


@compiled
def meetings(mesh: Mesh, lines: Lines, rounded: Flags, new: int) -> int:
    """At how many vertices lines pass that did not make them: of each vertex the lines on it, but for those that are of
    units which stay on their kink all over a cell beside it, unless they are ``rounded (units,)``. ``new``: how many
    vertices a line of this layer made.
    """
    words, total = mesh.bits.shape[2], -new
    kept = np.zeros(words, dtype=np.int64)  # the lines of rounded units
    for word in range(words):
        for each in range(lines.counts[word]):
            kept[word] |= (1 if rounded[lines.firsts[word] + each] else 0) << each
    leaving = np.empty(mesh.sizes[VERTICES], dtype=np.int64)  # a half-edge from each
    for side in range(2 * mesh.sizes[EDGES]):
        leaving[mesh.sides[side, ORIGIN]] = side
    for vertex in range(len(leaving)):
        for word in range(words):
            open_bits = ~(mesh.bits[vertex, ABOVE, word] | mesh.bits[vertex, BELOW, word])
            if lines.counts[word] < WORD:
                open_bits &= (1 << lines.counts[word]) - 1
            if open_bits == 0:
                continue
            side = leaving[vertex]
            while True:
                cell = mesh.sides[side, CELL]
                if cell >= 0:
                    open_bits &= (
                        mesh.cell_bits[cell, ABOVE, word] | mesh.cell_bits[cell, BELOW, word] | kept[word]
                    )
                side = mesh.sides[side ^ 1, AFTER]
                if side == leaving[vertex]:
                    break
            total += count(open_bits)
    return max(total, 0)
