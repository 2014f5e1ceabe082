"""Strong Wolfe line searches of M members side by side, one trial step of each a round.

With phi(a) = F(p + a d) a step is taken where

    phi(a) <= phi(0) + c1 a phi'(0)    and    |phi'(a)| <= c2 |phi'(0)|,    c1 = 1e-4, c2 = 0.9.

A member first *brackets*: it lengthens the step until one is too long (no sufficient decrease, higher than the
last, or uphill). Then it *zooms*: ``low`` is the best step of sufficient decrease found, and steps that fulfil both
conditions lie between ``low`` and ``high`` (Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 3.5
and 3.6). The next trial is the minimiser of the cubic through both ends, kept 0.1 of the interval away from them;
bisection, and a tenth where phi is not finite. A step that is too short is lengthened to the cubic's minimiser, at
least twice and at most ten times as long.

After :data:`ROUNDS` trials a member takes ``low``, which has sufficient decrease but not the second condition:
where the loss has a kink, as that of ReLU networks, no step may fulfil both. Where ``low`` is still 0 the search
has failed.

A round is a few scalars for each member, so it is compiled and runs on the processor, in float64, wherever the
vectors are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import compiled

__all__ = ["C1", "C2", "LineSearch"]

C1, C2 = 1e-4, 0.9  # Nocedal and Wright's, for quasi-Newton directions
ROUNDS = 12  # found by trying: searches that end at all take fewer than 10 trials, the others stand at a kink
BRACKET, ZOOM, DONE, FAILED = 0, 1, 2, 3

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]


class _Searches(NamedTuple):
    """Of every member ``(members,)``; at a step, ``(2, members)``: phi and phi' there."""

    phase: Integers
    rounds: Integers
    step: Floats
    low: Floats
    high: Floats
    at_start: Floats
    at_low: Floats
    at_high: Floats


class LineSearch:
    """The searches of ``members`` members; all arrays are ``(members,)``.

    ``step``: the trial to be evaluated, 0 for members that do not search. ``low``: the best step so far, the result
    when the search has ended.
    """

    def __init__(self, members: int) -> None:
        phase, rounds = np.full(members, DONE), np.zeros(members, dtype=np.int64)
        steps, ends = np.zeros((3, members)), np.zeros((3, 2, members))
        self._all = _Searches(phase, rounds, *steps, *ends)
        self.step, self.low = self._all.step, self._all.low

    def begin(self, which: Bools, values: Floats, slopes: Floats, steps: Floats) -> None:
        """Let the members ``which`` search from phi(0), phi'(0) < 0 with a first trial; others keep what they have."""
        own = self._all
        own.phase[which], own.rounds[which] = BRACKET, 0
        own.step[:] = np.where(which, steps, 0.0)
        own.low[which], own.high[which] = 0.0, np.inf
        for end in (own.at_start, own.at_low):
            end[:, which] = values[which], slopes[which]

    @property
    def searching(self) -> bool:
        """Whether any member needs another trial."""
        return bool(self.wanted.any())

    @property
    def wanted(self) -> Bools:
        """The members whose trial is to be evaluated."""
        return np.asarray(self._all.phase <= ZOOM)

    @property
    def failed(self) -> Bools:
        """The members that found no step of sufficient decrease."""
        return np.asarray(self._all.phase == FAILED)

    def advance(self, values: Floats, slopes: Floats) -> Bools:
        """Take phi and phi' at ``step``; the members whose ``low`` is now that step. Sets the next ``step``."""
        taken = np.zeros(len(values), dtype=np.bool_)
        _advance(values, slopes, self._all, taken)
        return taken


@compiled
def _cubic(a: float, fa: float, da: float, b: float, fb: float, db: float) -> float:
    """The minimiser of the cubic with values f and slopes d at a and b; NaN where it has none (formula 3.59)."""
    d1 = da + db - 3.0 * (fa - fb) / (a - b)
    square = d1 * d1 - da * db
    if not square >= 0.0:
        return np.nan
    d2 = np.copysign(np.sqrt(square), b - a)
    least: float = b - (b - a) * (db + d2 - d1) / (db - da + 2.0 * d2)
    return least


@compiled
def _advance(values: Floats, slopes: Floats, searches: _Searches, taken: Bools) -> None:
    phase, rounds, step, low, high, start, at_low, at_high = searches
    for m in range(values.size):
        if phase[m] > ZOOM:
            continue
        a, f, d = step[m], values[m], slopes[m]
        finite = np.isfinite(f) and np.isfinite(d)
        rounds[m] += 1
        decrease = finite and f <= start[0, m] + C1 * a * start[1, m]
        if not decrease or f >= at_low[0, m]:
            high[m], at_high[0, m], at_high[1, m] = a, f, d
            phase[m] = ZOOM
        else:
            taken[m] = True
            before, f_before, d_before = low[m], at_low[0, m], at_low[1, m]
            if abs(d) <= -C2 * start[1, m]:
                phase[m] = DONE
            elif phase[m] == BRACKET and d < 0.0:
                longer = _cubic(before, f_before, d_before, a, f, d)
                step[m] = min(max(longer, 2.0 * a), 10.0 * a) if longer > a else 2.0 * a
            else:
                uphill = d >= 0.0 if phase[m] == BRACKET else d * (high[m] - low[m]) >= 0.0
                if uphill:
                    high[m], at_high[0, m], at_high[1, m] = before, f_before, d_before
                phase[m] = ZOOM
            low[m], at_low[0, m], at_low[1, m] = a, f, d
        if phase[m] == ZOOM:
            width = high[m] - low[m]
            if np.isfinite(at_high[0, m]) and np.isfinite(at_high[1, m]):
                c = _cubic(low[m], at_low[0, m], at_low[1, m], high[m], at_high[0, m], at_high[1, m])
                part = (c - low[m]) / width
                part = min(max(part, 0.1), 0.9) if np.isfinite(part) else 0.5
            else:
                part = 0.1
            step[m] = low[m] + part * width
        if phase[m] <= ZOOM and (rounds[m] >= ROUNDS or step[m] == low[m]):
            phase[m] = DONE if low[m] > 0.0 else FAILED
        if phase[m] > ZOOM:
            step[m] = 0.0
