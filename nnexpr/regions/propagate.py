"""One layer of exact propagation on the line: where its units bend, and the values and slopes above it.

A front holds, for every member, the positions at which some unit so far changes its piece, and the outputs of the
current layer there. Between two neighbouring positions every output is affine in x, so the next layer's
pre-activations z are, and a unit bends inside iff its z lies strictly on two sides of a kink at the two ends. The
position and all other pre-activations follow by linear interpolation. Interpolating values, rather than evaluating at
the new x, keeps their relative accuracy however narrow the interval is: the numbers of regions stay right even where
positions are closer than float64 can tell apart. Slopes are carried beside the values, one for each interval and
unit, because the difference of two values over a narrow interval has few digits left.

Ties (``ties.py`` says when a z counts as on a kink). A tied unit touches its kink and does not cross it: if z lies on
different sides to the left and to the right, the unit bends *at* that position and no new one is made. Two units that
cross inside one interval coincide if one of them counts as on its kink where the other crosses: they share that
position. A unit on a kink throughout an interval counts as below it and has slope zero there.

Cost of a layer: two matrix products and about fifteen passes over (rows, units), with variances three and twenty.
Nothing is sorted but the crossings that share an interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nnexpr.activations import PiecewiseLinear
from nnexpr.regions.front import Array, Front, Index, Mask, affine_rows
from nnexpr.regions.ties import nearness, pass_on, settle, suspect

__all__ = ["advance", "apply"]


@dataclass(frozen=True)
class _Crossings:
    """Unit ``units[c]`` meets ``kinks[c]`` in the interval right of ``rows[c]``, at ``left`` and ``right`` of its ends.

    ``left + right = 1`` are the weights of the two ends, each accurate on its own; ``rises`` is the unit's change of z
    over the interval. In order of rows, then of position.
    """

    rows: Index
    units: Index
    kinks: Array
    left: Array
    right: Array
    rises: Array

    def __getitem__(self, index: Index | Mask) -> _Crossings:
        return _Crossings(
            self.rows[index],
            self.units[index],
            self.kinks[index],
            self.left[index],
            self.right[index],
            self.rises[index],
        )

    def between(self, values: Array, units: Index) -> Array:
        """``values: (rows, units)`` interpolated to the crossings, of one unit for each."""
        return self.left * values[self.rows, units] + self.right * values[self.rows + 1, units]

    def between_all(self, values: Array) -> Array:
        """``values: (rows, units)`` interpolated to the crossings, of all units."""
        low, high = np.take(values, self.rows, axis=0), np.take(values, self.rows + 1, axis=0)
        low *= self.left[:, None]
        high *= self.right[:, None]
        low += high
        return low


def advance(
    front: Front, number: int, affine: Array, pieces: PiecewiseLinear, tolerance: float
) -> tuple[Front, Mask]:
    """The front above layer ``number`` (from 1), and which of its units are dead: ``(members, outputs)``.

    ``affine: (members, outputs, inputs + 1)`` is [W | b]. A unit is dead if it stays on one flat piece of its
    activation, kinks included, on the whole domain.
    """
    z = replace(
        front,
        values=affine_rows(front.values, front.starts, affine),
        slopes=affine_rows(front.slopes, front.starts, affine, bias=False),
        variances=pass_on(front, affine),
        suspects=front.suspects.copy(),
    )
    if not pieces.kinks:
        return z, np.zeros(affine.shape[:2], dtype=bool)
    if z.variances is None:
        near = nearness(front, affine)
        suspect(z, near, pieces.kinks)
        crossings = _find(z, pieces.kinks)
        z.suspects[z.members_of(crossings.rows[_coincident(crossings, near[crossings.rows])])] = True
        above = _insert(z, number, crossings, np.ones(len(crossings.rows), dtype=bool))
    else:
        rows, units = settle(z, front, affine, pieces.kinks, tolerance)
        crossings = _find(z, pieces.kinks)
        first = ~_coincident(crossings, tolerance * np.sqrt(crossings.between(z.variances, crossings.units)))
        above = _insert(z, number, crossings, first)
        _flatten(above, rows + np.searchsorted(crossings.rows[first], rows), units)
        decided = z.members_of(np.concatenate([rows, crossings.rows[~first]]))
        above = replace(above, ties=front.ties + np.bincount(decided, minlength=front.members))
    return above, _activate(above, pieces)


def _find(z: Front, kinks: tuple[float, ...]) -> _Crossings:
    """Every unit that lies strictly on two sides of a kink at the two ends of an interval."""
    values, width = z.values.ravel(), z.values.shape[1]
    flat, start, end, level = [], [], [], []
    for kink in kinks:
        above = z.values > kink
        change = above[1:] != above[:-1]
        change[z.starts[1:-1] - 1] = False  # from one member's last row to the next one's first
        index = change.ravel().nonzero()[0]
        low, high = values[index], values[index + width]
        strict = (low != kink) & (high != kink)
        flat.append(index[strict])
        start.append(low[strict])
        end.append(high[strict])
        level.append(np.full(len(flat[-1]), kink))
    low, high, met = np.concatenate(start), np.concatenate(end), np.concatenate(level)
    rows, units = np.divmod(np.concatenate(flat), width)
    rises = high - low
    found = _Crossings(rows, units, met, (high - met) / rises, (met - low) / rises, rises)
    if (rows[1:] > rows[:-1]).all():
        return found
    return found[np.lexsort((units, -found.left, found.right, rows))]


def _coincident(crossings: _Crossings, near: Array) -> Mask:
    """Which crossings coincide with the one before them: either unit is within ``near`` of its kink where the other is.

    ``near: (crossings,)`` in units of z.
    """
    coincident = np.zeros(len(crossings.rows), dtype=bool)
    later = 1 + (crossings.rows[1:] == crossings.rows[:-1]).nonzero()[0]
    if len(later):
        one, two = crossings[later - 1], crossings[later]
        # The distance as a share of the interval, from the smaller of its two weights, which has the more digits.
        share = np.where(two.right > 0.5, one.left - two.left, two.right - one.right)
        apart = (share * np.abs(one.rises) > near[later - 1]) & (share * np.abs(two.rises) > near[later])
        coincident[later[~apart]] = True
    return coincident


def _insert(z: Front, number: int, crossings: _Crossings, first: Mask) -> Front:
    """The front with a row for every new position: values interpolated, slopes those of the interval.

    Crossings that are not ``first`` share the position of the one before them.
    """
    new = crossings[first]
    parents = np.repeat(np.arange(len(z.positions)), 1 + np.bincount(new.rows, minlength=len(z.positions)))
    added = new.rows + 1 + np.arange(len(new.rows))
    own = added[np.cumsum(first) - 1], crossings.units
    values, slopes = np.take(z.values, parents, axis=0), np.take(z.slopes, parents, axis=0)
    values[added] = new.between_all(z.values)
    values[own] = crossings.kinks
    variances = None
    if z.variances is not None:
        variances = np.take(z.variances, parents, axis=0)
        rises = z.values[new.rows + 1] - z.values[new.rows]
        shift = new.between(z.variances, new.units) / new.rises**2
        variances[added] = new.between_all(z.variances) + rises * rises * shift[:, None]
        variances[own] = 0.0
    positions = z.positions[parents]
    low, high = z.positions[new.rows], z.positions[new.rows + 1]
    positions[added] = np.minimum(low + new.right * (high - low), high)
    layers, units = z.layers[parents], z.units[parents]
    layers[added] = number
    if len(new.rows):
        units[added] = np.minimum.reduceat(crossings.units, first.nonzero()[0])
    starts = z.starts + np.searchsorted(new.rows, z.starts)
    return Front(positions, values, slopes, starts, layers, units, variances, z.suspects, z.ties)


def _flatten(front: Front, rows: Index, units: Index) -> None:
    """Give a unit slope zero where it stays on a kink; ``units[c]`` is on one at ``rows[c]``.

    Between two members' rows this touches only the last row of the first, whose slopes are zero already.
    """
    left, units = np.concatenate([rows - 1, rows]), np.concatenate([units, units])
    inside = (left >= 0) & (left < len(front.values) - 1)
    left, units = left[inside], units[inside]
    stays = front.values[left, units] == front.values[left + 1, units]
    front.slopes[left[stays], units[stays]] = 0.0


def _activate(front: Front, pieces: PiecewiseLinear) -> Mask:
    """Apply the activation in place: values, variances and slopes. Which units are dead, ``(members, units)``.

    No unit crosses a kink inside an interval, so it is above a kink there iff it is at one of the two ends.
    """
    z, begins = front.values, front.starts[:-1]
    above = [z > kink for kink in pieces.kinks]
    dead = np.zeros((front.members, z.shape[1]), dtype=bool)
    for piece, slope in enumerate(pieces.slopes):
        if slope == 0.0:
            inside = np.ones_like(dead)
            if piece < len(pieces.kinks):
                inside &= ~np.logical_or.reduceat(above[piece], begins, axis=0)
            if piece > 0:
                inside &= ~np.logical_or.reduceat(z < pieces.kinks[piece - 1], begins, axis=0)
            dead |= inside
    slopes, variances = front.slopes[:-1], front.variances
    slopes *= _by_piece([mask[:-1] | mask[1:] for mask in above], pieces.slopes)
    if variances is not None:
        variances *= _by_piece(above, tuple(slope * slope for slope in pieces.slopes))
    apply(pieces, z, above)
    return dead


def apply(pieces: PiecewiseLinear, z: Array, above: list[Mask] | None = None) -> None:
    """The activation's values, in place; ``above[k]`` says where z > ``kinks[k]``."""
    if pieces.slopes == (0.0, 1.0) and pieces.intercepts == (0.0, 0.0):
        np.maximum(z, pieces.kinks[0], out=z)
    elif pieces.kinks:
        above = [z > kink for kink in pieces.kinks] if above is None else above
        z *= _by_piece(above, pieces.slopes)
        z += _by_piece(above, pieces.intercepts)


def _by_piece(above: list[Mask], numbers: tuple[float, ...]) -> Array | Mask:
    """``numbers[k]`` where z lies on piece k; a kink belongs to the piece below it."""
    if numbers == (0.0, 1.0):
        return above[0]
    chosen: Array | float = numbers[0]
    for mask, number in zip(above, numbers[1:], strict=True):
        chosen = np.where(mask, number, chosen)
    return np.asarray(chosen)
