"""What vouches for a count of regions on the line: a comparison with the network itself."""

from __future__ import annotations

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.sparse import ROWS, dense_turned, raise_turned, turn, turn_back
from nnexpr.regions.layer import Array, Index, Layer, Member, Pieces, affine, layer_of, pieces_of
from nnexpr.regions.line.front import Front, Path
from nnexpr.regions.line.propagate import is_relu, piece_of

__all__ = ["residual", "scale"]

POINTS = 256  # evaluated at once, so that values stay in the cache


@compiled
def _activate(z: Array, pieces: Pieces) -> None:
    """Apply the activation to ``z (n,)`` in place."""
    kinks, gains, shifts = pieces
    if is_relu(pieces):
        for each in range(len(z)):
            z[each] = z[each] if z[each] > 0.0 else 0.0
    elif len(kinks):
        for each in range(len(z)):
            piece = piece_of(z[each], z[each], kinks)
            z[each] = gains[piece] * z[each] + shifts[piece]


@compiled
def direct(points: Array, member: Member) -> Array:
    """The network evaluated layer by layer: ``points (n, inputs)`` to ``(n, outputs)``."""
    if member.shapes[0, 4] >= 0:
        return _direct_turned(points, member)
    a = points
    for number in range(len(member.shapes)):
        layer = layer_of(member, number)
        a = affine(a, layer, layer.bias)
        whole = len(layer.bends.runs) == 1 and layer.own == a.shape[1]
        if whole:
            _activate(a.reshape(a.size), pieces_of(layer.bends, 0))
        for run in range(0 if whole else len(layer.bends.runs)):
            pieces, first, end = (
                pieces_of(layer.bends, run),
                layer.bends.runs[run, 0],
                layer.bends.runs[run, 1],
            )
            for row in range(len(a)):
                _activate(a[row][first:end], pieces)
    return a


@compiled
def _direct_turned(points: Array, member: Member) -> Array:
    """The same of a sparse network, a block of points at a time, which stays turned on its way up."""
    shapes, inputs = member.shapes, points.shape[1]
    numbers = np.zeros((2, max(inputs, shapes[:, 1].max()), ROWS))
    found = np.empty((len(points), shapes[-1, 1]))
    for low in range(0, len(points), ROWS):
        high, below = min(low + ROWS, len(points)), numbers[1, :inputs]
        turn(points, below, low, high)
        for number in range(len(shapes)):
            layer = layer_of(member, number)
            above = numbers[number % 2, : shapes[number, 1]]
            if len(layer.weights):
                dense_turned(below, layer.weights, layer.bias, above)
            else:
                offsets, places, weights, order = layer.sparse
                raise_turned(below, offsets, places, weights, order, layer.bias, above)
            for run in range(len(layer.bends.runs)):
                first, end = layer.bends.runs[run, 0], layer.bends.runs[run, 1]
                _activate(above[first:end].reshape((end - first) * ROWS), pieces_of(layer.bends, run))
            below = above
        turn_back(below, found, low, high)
    return found


@compiled
def residual(front: Front, ends: Index, path: Path, member: Member) -> float:
    """The largest |pieces - network| of one member, from its output's front.

    ``ends``: the rows at which regions begin, and the last row.
    """
    positions, births, values, slopes = front.positions, front.births, front.values, front.slopes
    rows, inputs = len(positions), path.origins.shape[1]
    points, places, regions = np.empty((POINTS, inputs)), np.empty(POINTS), np.empty(POINTS, dtype=np.int64)
    worst, filled, region, segment = 0.0, 0, -1, -1
    for sample in range(rows + 1):  # the left end, every middle, the right end
        row = min(max(sample - 1, 0), rows - 2)
        if sample != 1 and sample != rows:
            segment += births[row, 0] == 0
            region += ends[region + 1] == row
        place = 0.5 * (positions[row] + positions[row + 1])
        if sample == 0 or sample == rows:
            place = positions[0 if sample == 0 else rows - 1]
        places[filled], regions[filled] = place, ends[region]
        for each in range(inputs):
            points[filled, each] = path.origins[segment, each] + path.directions[segment, each] * place
        filled += 1
        if filled == POINTS or sample == rows:
            found = direct(points[:filled], member)
            for at in range(filled):
                from_left = places[at] - positions[regions[at]]
                for each in range(values.shape[1]):
                    predicted = values[regions[at], each] + slopes[regions[at], each] * from_left
                    apart = abs(predicted - found[at, each])
                    if not apart <= worst and worst == worst:  # NaN is not, and stays
                        worst = apart
            filled = 0
    return worst


@compiled_loosely
def scale(below: Front, layer: Layer, reach: float) -> float:
    """The most that an output's terms amount to somewhere: in its value, or in its slope times the largest input."""
    rows, units = below.values.shape
    values, slopes, worst = below.values, below.slopes, 0.0
    columns = np.ascontiguousarray(layer.weights.T)
    for each in range(len(columns)):
        for row in range(rows):
            value, slope = abs(layer.bias[each]), 0.0
            for unit in range(units):
                value += abs(columns[each, unit] * values[row, unit])
                slope += abs(columns[each, unit] * slopes[row, unit])
            worst = max(worst, value, slope * reach)
    return worst
