"""A network part of the way up, on the line: one member's positions, and the values and slopes of one layer there.

In compiled loops a front is six arrays, one row for each position, with the interval to its right:

    positions  (rows,)        ascending
    births     (rows, 2)      the layer, from 1, and the unit, from 0, that first bends there; layer 0: a given position
    values     (rows, units)  there
    slopes     (rows, units)  on the interval to the right, zero in the last row
    variances  (rows, units)  the rounding that a value has gathered, squared, in units of the tolerance (``ties.py``),
                              or no rows if it is not carried
"""

from __future__ import annotations

import numpy as np

from nnexpr.compiled import compiled
from nnexpr.regions.stack import Array, Places

__all__ = [
    "BLOCK",
    "FEW",
    "PRODUCT",
    "add",
    "gathered",
    "layer_of",
    "length",
    "product",
    "products",
    "squared",
]

# OpenBLAS starts threads for a product of more than 2^18 multiplications. On short ones waiting for a thread costs
# more than it saves, by far if the machine is busy or members are spread over threads already, so rows are taken in
# blocks below that, down to a length that still keeps the multiplier busy.
PRODUCT = 1 << 18
BLOCK = 32


@compiled
def product(rows: Array, weights: Array) -> Array:
    """``rows (n, inputs)`` times ``weights (inputs, outputs)``, in blocks of rows."""
    count, (inputs, outputs) = rows.shape[0], weights.shape
    result = np.empty((count, outputs))
    step = max(BLOCK, PRODUCT // (inputs * outputs))
    for low in range(0, count, step):
        high = min(low + step, count)
        np.dot(rows[low:high], weights, result[low:high])
    return result


# Rows whose products are taken at once where inputs that are zero in all of them are left out. About half of a ReLU
# layer is, and neighbours share most of it. Of 16, 32 and 64 rows, 32 and 64 were fastest for 64 units: a quarter
# faster than with the zeros. Fewer inputs than FEW are not worth the search.
FEW = 16


@compiled
def products(values: Array, slopes: Array, weights: Array) -> tuple[Array, Array]:
    """``product`` of the values and of the slopes of a front."""
    count, (inputs, outputs) = len(values), weights.shape
    if min(inputs, outputs) < FEW:
        return product(values, weights), product(slopes, weights)
    above, steep = np.empty((count, outputs)), np.empty((count, outputs))
    live = np.empty(inputs, dtype=np.uint64)
    rows, chosen = np.empty(2 * BLOCK * inputs), np.empty(weights.size)
    for low in range(0, count, BLOCK):
        size = min(BLOCK, count - low)
        number = _live(values[low : low + size], slopes[low : low + size], live)
        few, own = rows[: 2 * size * number].reshape(2 * size, number), chosen[: number * outputs]
        own = gathered(weights, live[:number], own.reshape(number, outputs))
        for row in range(size):
            for at in range(number):
                few[row, at] = values[low + row, live[at]]
                few[size + row, at] = slopes[low + row, live[at]]
        np.dot(few[:size], own, above[low : low + size])
        np.dot(few[size:], own, steep[low : low + size])
    return above, steep


@compiled
def _live(values: Array, slopes: Array, live: Places) -> int:
    """Write down which inputs are not zero in all rows; how many."""
    inputs = values.shape[1]
    marks = np.zeros(inputs, dtype=np.int64)
    for row in range(len(values)):
        for each in range(inputs):
            marks[each] |= (values[row, each] != 0.0) | (slopes[row, each] != 0.0)
    number = 0
    for each in range(inputs):
        live[number] = each
        number += marks[each]
    return number


@compiled
def gathered(matrix: Array, rows: Places, out: Array) -> Array:
    """``out``, filled with some rows of a matrix."""
    for at in range(len(rows)):
        for column in range(matrix.shape[1]):
            out[at, column] = matrix[rows[at], column]
    return out


@compiled
def layer_of(parameters: Array, start: int, inputs: int, outputs: int) -> tuple[Array, Array]:
    """The transposed weights ``(inputs, outputs)`` and the biases of the layer that begins at ``start``."""
    middle = start + inputs * outputs
    return parameters[start:middle].reshape(inputs, outputs), parameters[middle : middle + outputs]


@compiled
def add(rows: Array, bias: Array) -> bool:
    """Add the biases to every row, in place; whether all is finite."""
    finite = True
    for row in range(len(rows)):
        number = 0
        for unit in range(len(bias)):
            rows[row, unit] += bias[unit]
            number += not abs(rows[row, unit]) < np.inf
        finite = finite and number == 0
    return finite


@compiled
def squared(rows: Array, more: Array) -> Array:
    """``rows * rows + more``; ``more`` may have no rows."""
    result = np.empty(rows.shape)
    for row in range(rows.shape[0]):
        for unit in range(rows.shape[1]):
            result[row, unit] = rows[row, unit] * rows[row, unit] + (more[row, unit] if len(more) else 0.0)
    return result


@compiled
def length(rows: Array) -> float:
    """The length of the polyline through the rows."""
    total = 0.0
    for row in range(len(rows) - 1):
        square = 0.0
        for unit in range(rows.shape[1]):
            change = rows[row + 1, unit] - rows[row, unit]
            square += change * change
        total += np.sqrt(square)
    return total
