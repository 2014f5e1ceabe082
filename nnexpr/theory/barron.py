"""Barron's rate: functions whose Fourier transform has a finite first moment, by two-layer networks of m units.

C_f = ∫ |ω| |f̂(ω)| dω. For every probability measure on the ball of radius r and every m, m sigmoidal units reach

    ‖f − f_m‖² <= (2 r C_f)² / m

whatever the dimension, because f − f(0) is in the closed convex hull of 2 r C_f times unit steps. The proof is a greedy
algorithm. Orthogonal greedy pursuit keeps the same rate: it takes the step that is most correlated with what is left,
then fits all taken so far by least squares (DeVore and Temlyakov). Here the measure is the uniform one on N points, the
steps are [a·x > t], with a drawn as the directions of f's Fourier transform are spread (the proof's own law), anew
every few steps, and all thresholds t. A direction is looked at in O(N): with the points in the order of a·x, the
correlations with all thresholds are one cumulative sum.

Random features take their m units at random instead, and only fit: for m fixed functions no such rate holds uniformly
over all f with C_f <= C, where the error of any m of them is at least of order C² / (d² m^{2/d}) (Barron).

Sources: A. Barron, "Universal approximation bounds for superpositions of a sigmoidal function", IEEE Trans. Information
Theory 39, 1993; R. DeVore, V. Temlyakov, "Some remarks on greedy algorithms", Adv. Comput. Math. 5, 1996, 173–187
(orthogonal greedy: an error of |f| m^{-1/2}). Cost: O(m N (directions + m)).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import lgamma

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BarronFunction",
    "ball_points",
    "barron_bound",
    "gaussian",
    "greedy_errors",
    "plane_waves",
    "random_errors",
]

Array = NDArray[np.float64]

REDRAWN = 4  # steps for which a draw of directions serves: sorting costs more than looking


@dataclass(frozen=True, eq=False)
class BarronFunction:
    """A function with a known C_f, and how the directions of its Fourier transform are spread."""

    name: str
    dimension: int
    norm: float  # C_f
    values: Callable[[Array], Array]  # at points (points, dimension)
    directions: Callable[
        [int, np.random.Generator], Array
    ]  # so many unit vectors as ω/|ω| is spread, or all there are

    def __call__(self, points: Array) -> Array:
        return np.asarray(self.values(points))


def gaussian(dimension: int) -> BarronFunction:
    """exp(−|x|²/2): f̂ is the standard normal density, so C_f = E|ω| = √2 Γ((d+1)/2) / Γ(d/2)."""
    norm = float(np.sqrt(2.0) * np.exp(lgamma((dimension + 1) / 2) - lgamma(dimension / 2)))
    return BarronFunction(
        "Gaussian", dimension, norm,
        lambda points: np.exp(-0.5 * (points**2).sum(axis=1)),
        lambda count, rng: _unit(rng.standard_normal((count, dimension))),
    )  # fmt: skip


def plane_waves(dimension: int, waves: int = 4, frequency: float = 6.0, seed: int = 0) -> BarronFunction:
    """The mean of ``waves`` cosines of wave number ``frequency`` in random directions: C_f = ``frequency``."""
    rng = np.random.default_rng(seed)
    directions = _unit(rng.standard_normal((waves, dimension)))
    phases = 2.0 * np.pi * rng.random(waves)
    return BarronFunction(
        "plane waves", dimension, frequency,
        lambda points: np.cos(frequency * points @ directions.T + phases).mean(axis=1),
        lambda count, rng: directions,  # noqa: ARG005
    )  # fmt: skip


def barron_bound(norm: float, units: ArrayLike, radius: float = 1.0) -> Array:
    """(2 r C)² / m."""
    return np.asarray((2.0 * radius * norm) ** 2 / np.asarray(units, dtype=np.float64))


def ball_points(count: int, dimension: int, seed: int = 0) -> Array:
    """``(count, dimension)`` points, uniform in the unit ball."""
    rng = np.random.default_rng(seed)
    directions = _unit(rng.standard_normal((count, dimension)))
    return directions * rng.random((count, 1)) ** (1.0 / dimension)


def greedy_errors(
    function: BarronFunction, points: Array, units: int, directions: int = 128, seed: int = 0
) -> Array:
    """Mean squared errors ``(units + 1,)`` of orthogonal greedy pursuit; entry m with m steps and a constant."""
    rng = np.random.default_rng(seed)
    count = len(points)
    pursuit = _Projection(function(points))
    errors = [pursuit.error]
    order = np.zeros((0, count), dtype=np.int64)
    for unit in range(units):
        if unit % REDRAWN == 0:
            order = np.argsort(function.directions(directions, rng) @ points.T, axis=1)  # (directions, N)
        below = np.cumsum(pursuit.residual[order], axis=1)  # <r, [a·x <= t]>; the residual has mean 0
        row, last = divmod(int(np.abs(below).argmax()), count)
        step = np.ones(count)
        step[order[row, : last + 1]] = 0.0
        pursuit.add(step)
        errors.append(pursuit.error)
    return np.array(errors)


def random_errors(function: BarronFunction, points: Array, units: int, seed: int = 0) -> Array:
    """The same for steps drawn at random: direction uniform on the sphere, threshold uniform in [−1, 1]."""
    rng = np.random.default_rng(seed)
    axes, thresholds = _unit(rng.standard_normal((units, points.shape[1]))), 2.0 * rng.random(units) - 1.0
    fit = _Projection(function(points))
    errors = [fit.error]
    for axis, threshold in zip(axes, thresholds, strict=True):
        fit.add((points @ axis > threshold).astype(np.float64))
        errors.append(fit.error)
    return np.array(errors)


class _Projection:
    """Least squares on functions that come one by one: an orthonormal basis of their span, the constant first."""

    def __init__(self, values: Array) -> None:
        self._basis = np.full((1, len(values)), len(values) ** -0.5)
        self.residual: Array = values - values.mean()

    @property
    def error(self) -> float:
        return float((self.residual**2).mean())

    def add(self, function: Array) -> None:
        norm = float(np.linalg.norm(function))
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            function = function - (self._basis @ function) @ self._basis
        left = float(np.linalg.norm(function))
        if left > 1e-10 * norm:  # else it was in the span already
            direction = function / left
            self._basis = np.vstack([self._basis, direction])
            self.residual = self.residual - (direction @ self.residual) * direction


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
