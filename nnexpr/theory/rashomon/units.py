"""n ReLUs of random knots, sides and weights, and how far their sum is from a wave: exactly, a unit at a time.

A unit is (a, t): its weight over the largest one, and the length of what it is active on over 2, with the sign of its
side. Both are uniform on [−1, 1] where w = ±1, b and a are uniform as in the talk. Two ReLUs of lengths u ≤ v on the
same side have the inner product u²(3v − u)/6, on opposite sides o³/6 with o = max(u + v − 2, 0), their overlap. So

    ‖h − c f‖² = Σ_ij a_i a_j G_ij − 2 c Σ_i a_i ⟨f, σ_i⟩ + c²,    ‖f‖ = 1,

costs O(n²) multiply-adds, and after a move of one unit O(n). A move adds a symmetric draw to (a, t) and reflects it at
the ends of the square, which is symmetric too: accepted wherever the score stays at or below the level, it keeps the
uniform law there (Metropolis). The score of a state is computed anew at the start of every sweep: no rounding adds up.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.compiled import Numbers, compiled, compiled_loosely, inlined
from nnexpr.theory.rashomon.waves import Wave

__all__ = ["Units"]

Array = NDArray[np.float64]


class _Goal(NamedTuple):
    frequency: float
    phase: float
    size: float
    share: float  # c: 1 for the wave, 0 for a ball about zero
    weight: float  # A / n


class Units:
    """The event ‖h − c f‖ ≤ level for h = (1/n) Σ a_j σ(w_j x − b_j), |a_j| ≤ A. States are ``(count, 2, n)``."""

    def __init__(self, wave: Wave, width: int, amplitude: float, share: float = 1.0) -> None:
        """``width`` n, ``amplitude`` A; ``share`` c, 1 for the wave and 0 for a ball of the same radius about zero."""
        self.width = width
        self._goal = _Goal(*wave, share, amplitude / width)

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Uniform states."""
        return 2.0 * rng.random((count, 2, self.width)) - 1.0

    def scores(self, states: Array) -> Array:
        """‖h − c f‖ of each."""
        found = np.empty(len(states))
        _distances(states, self._goal, found)
        return found

    def walk(
        self, states: Array, scores: Array, level: float, step: float, rng: np.random.Generator
    ) -> float:
        """A move of every unit; sizes are cubes of uniform draws, small ones more often than large ones."""
        moves = self.draw(len(states), rng)
        moves *= 2.0 * step * moves**2
        return float(_sweep(states, scores, self._goal, level, moves)) / (len(states) * self.width)


@compiled_loosely
def _felt(weights: Numbers, places: Numbers, place: float) -> float:
    """Σ_j a_j ⟨σ_j, σ⟩ over all units, for one at ``place``."""
    u, total = 2.0 * abs(place), 0.0
    for j in range(places.shape[0]):
        v = 2.0 * abs(places[j])
        low, high, over = min(u, v), max(u, v), max(u + v - 2.0, 0.0)
        same = low * low * (3.0 * high - low)
        total += weights[j] * (same if places[j] * place > 0.0 else over * over * over)
    return total / 6.0


@inlined
def _seen(goal: _Goal, place: float) -> float:
    """⟨f, σ⟩ of a unit at ``place``; see :meth:`Wave.seen`."""
    w, t = goal.frequency, 2.0 * abs(place)
    p = goal.phase if place > 0.0 else -goal.phase
    bent = (math.cos(w + p) - math.cos(w * (1.0 - t) + p)) / (w * w)
    return goal.size * (bent + t * math.sin(w + p) / w)


@inlined
def _added(goal: _Goal, weights: Numbers, places: Numbers, weight: float, place: float) -> float:
    """What one more unit adds to ‖h − c f‖²."""
    a, t = goal.weight * weight, 2.0 * abs(place)
    others = goal.weight * _felt(weights, places, place)
    return a * (2.0 * (others - goal.share * _seen(goal, place)) + a * t * t * t / 3.0)


@inlined
def _square(goal: _Goal, weights: Numbers, places: Numbers) -> float:
    """‖h − c f‖²."""
    total = goal.share * goal.share
    for i in range(weights.shape[0]):
        total += _added(goal, weights[:i], places[:i], weights[i], places[i])
    return total


@compiled
def _distances(states: Numbers, goal: _Goal, out: Numbers) -> None:
    for k in range(states.shape[0]):
        out[k] = math.sqrt(max(_square(goal, states[k, 0], states[k, 1]), 0.0))


@inlined
def _reflected(x: float) -> float:
    """Into [−1, 1], from at most 2 beyond an end."""
    return 2.0 - x if x > 1.0 else -2.0 - x if x < -1.0 else x


@compiled
def _sweep(states: Numbers, scores: Numbers, goal: _Goal, level: float, moves: Numbers) -> int:
    """A move of every unit of every state, in place; how many were accepted."""
    accepted, most = 0, level * level
    for k in range(states.shape[0]):
        weights, places = states[k, 0], states[k, 1]
        square = _square(goal, weights, places)
        for i in range(weights.shape[0]):
            weight, place = weights[i], places[i]
            new_weight, new_place = _reflected(weight + moves[k, 0, i]), _reflected(place + moves[k, 1, i])
            weights[i] = 0.0  # so that it is not felt
            moved = square - _added(goal, weights, places, weight, place)
            moved += _added(goal, weights, places, new_weight, new_place)
            if moved <= most:
                weights[i], places[i] = new_weight, new_place
                square = moved
                accepted += 1
            else:
                weights[i] = weight
        scores[k] = math.sqrt(max(square, 0.0))
    return accepted
