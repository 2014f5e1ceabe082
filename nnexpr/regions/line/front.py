"""A network part of the way up, on the line: one member's positions, and the values and slopes of one layer there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.regions.layer import Array, Index

__all__ = ["NOTHING", "SLOPES", "VALUES", "Front", "Path", "finite", "length"]

# What rounding leaves is carried of nothing, of values, or of values and slopes.
NOTHING, VALUES, SLOPES = range(3)


class Path(NamedTuple):
    """Given positions t_0 < ... < t_S, affine between them: on segment s the input at t is origin + direction t."""

    knots: Array  # (S + 1,)
    inputs: Array  # (S + 1, d) there
    origins: Array  # (S, d)
    directions: Array  # (S + 1, d) the last one zero


class Front(NamedTuple):
    """One row for each position, with the interval to its right."""

    positions: Array  # (rows,) ascending
    births: Index  # (rows, 2) the layer, from 1, and the unit, from 0, that first bends there; layer 0 if it was given
    values: Array  # (rows, units) there
    slopes: Array  # (rows, units) on the interval to the right, zero in the last row
    variances: (
        Array  # (rows, units) of values, in squares of the tolerance (``ties.py``); no rows below VALUES
    )
    blurs: (
        Array  # (rows, units) of slopes, in squares of their rounding (``bending.py``); no rows below SLOPES
    )
    care: int  # NOTHING, VALUES or SLOPES


@compiled
def finite(rows: Array) -> bool:
    """Whether all is finite."""
    number = 0
    for row in range(len(rows)):
        for unit in range(rows.shape[1]):
            number += not abs(rows[row, unit]) < np.inf
    return number == 0


@compiled_loosely
def length(rows: Array, units: int) -> float:
    """The length of the polyline through the first ``units`` numbers of the rows."""
    total = 0.0
    for row in range(len(rows) - 1):
        square = 0.0
        for unit in range(units):
            change = rows[row + 1, unit] - rows[row, unit]
            square += change * change
        total += np.sqrt(square)
    return total
