"""A network part of the way up, on the line: all members' positions, and the values and slopes of one layer there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Front", "Index", "Mask", "affine_rows", "first_front"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]

# OpenBLAS starts threads for a product of more than 2^18 multiplications. On short ones waiting for a thread costs
# more than it saves, by far if the machine is busy, so rows are taken in blocks below that, down to a length that still
# keeps the multiplier busy (measured for widths 16 to 256: 15 % slower than one product at 32 rows, twice at 4).
PRODUCT = 1 << 18
SHORTEST = 32


@dataclass(frozen=True)
class Front:
    """All members' intervals below or above some layer's activation; member m owns rows ``starts[m]:starts[m + 1]``.

    ``positions: (rows,)``, ascending within a member. ``values: (rows, units)`` there, and ``slopes: (rows, units)`` on
    the interval to the right, zero in a member's last row. ``layers``, ``units: (rows,)``: the unit that first bends
    there, counted from 1 and from 0; layer 0 is an end of the domain.

    For ``ties.py``: ``variances: (rows, units)``, the rounding that a value has gathered, squared, in units of the
    tolerance, or None if it is not carried; ``suspects: (members,)`` would have needed it; ``ties: (members,)`` counts
    what the tie rule decided.
    """

    positions: Array
    values: Array
    slopes: Array
    starts: Index
    layers: Index
    units: Index
    variances: Array | None
    suspects: Mask
    ties: Index

    @property
    def members(self) -> int:
        """How many networks the front holds."""
        return len(self.starts) - 1

    def members_of(self, rows: Index) -> Index:
        """The member that owns each of the rows."""
        return np.searchsorted(self.starts, rows, side="right") - 1

    def part(self, first: int, last: int) -> Front:
        """Members ``first:last``, as views."""
        rows = slice(self.starts[first], self.starts[last])
        return Front(
            self.positions[rows],
            self.values[rows],
            self.slopes[rows],
            self.starts[first : last + 1] - self.starts[first],
            self.layers[rows],
            self.units[rows],
            None if self.variances is None else self.variances[rows],
            self.suspects[first:last],
            self.ties[first:last],
        )


def first_front(members: int, domain: tuple[float, float], careful: bool) -> Front:
    """x itself on the domain, one interval a member; ``careful`` carries variances."""
    rows = 2 * members
    x = np.tile(np.array(domain), members)
    slopes = np.tile(np.array([[1.0], [0.0]]), (members, 1))
    zeros = np.zeros(rows, dtype=np.intp)
    starts = np.arange(0, rows + 1, 2)
    variances = np.zeros((rows, 1)) if careful else None
    suspects, ties = np.zeros(members, dtype=bool), np.zeros(members, dtype=np.intp)
    return Front(x, x[:, None], slopes, starts, zeros, zeros, variances, suspects, ties)


def affine_rows(rows: Array, starts: Index, affine: Array, *, bias: bool = True) -> Array:
    """``W_m rows[r] + b_m`` for every row r of every member m: ``(rows, outputs)``.

    ``affine: (members, outputs, inputs + 1)`` is [W | b]. A member's product is the same to the last bit whoever stands
    beside it.
    """
    members, outputs, columns = affine.shape
    result = np.empty((rows.shape[0], outputs))
    weights = affine[:, :, :-1].transpose(0, 2, 1)
    each = rows.shape[0] // members
    step = PRODUCT // (outputs * (columns - 1))
    step = step if step >= SHORTEST else rows.shape[0]
    if each <= step and (starts == np.arange(members + 1) * each).all():  # as many rows each: one call
        batch = result.reshape(members, each, outputs)
        np.matmul(rows.reshape(members, each, columns - 1), weights, out=batch)
        if bias:
            batch += affine[:, None, :, -1]
        return result
    for member, (low, high) in enumerate(pairwise(starts.tolist())):
        whole = low + (high - low) // step * step
        if low < whole:
            blocks = rows[low:whole].reshape(-1, step, columns - 1)
            np.matmul(blocks, weights[member], out=result[low:whole].reshape(-1, step, outputs))
        if whole < high:
            np.matmul(rows[whole:high], weights[member], out=result[whole:high])
        if bias:
            result[low:high] += affine[member, :, -1]
    return result
