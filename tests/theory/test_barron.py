"""Barron norms against quadrature, and greedy pursuit against its theorem and plain least squares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi

from nnexpr.theory.barron import (
    BarronFunction,
    ball_points,
    barron_bound,
    gaussian,
    greedy_errors,
    plane_waves,
    random_errors,
)


@pytest.mark.parametrize("dimension", [1, 2, 5, 20])
def test_the_gaussians_norm_is_the_mean_length_of_a_normal_vector(dimension: int) -> None:
    expected, _ = quad(lambda length: length * chi.pdf(length, dimension), 0.0, 40.0)
    assert gaussian(dimension).norm == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("make", [gaussian, plane_waves])
def test_the_norm_bounds_the_gradient(make: Callable[[int], BarronFunction]) -> None:
    """|∇f| <= ∫ |ω| |f̂|."""
    function = make(3)
    points, step = ball_points(200, 3, seed=1), 1e-6
    for axis in np.eye(3):
        slopes = (function(points + step * axis) - function(points - step * axis)) / (2 * step)
        assert np.abs(slopes).max() <= function.norm


@pytest.mark.parametrize("dimension", [1, 2, 6])
@pytest.mark.parametrize("make", [gaussian, plane_waves])
def test_greedy_errors_fall_and_stay_below_the_bound(
    make: Callable[[int], BarronFunction], dimension: int
) -> None:
    function = make(dimension)
    points = ball_points(300, dimension, seed=2)
    errors = greedy_errors(function, points, 40, directions=32)
    assert errors[0] == pytest.approx(function(points).var())
    assert np.all(np.diff(errors) <= 1e-15)
    assert np.all(errors[1:] <= barron_bound(function.norm, np.arange(1, 41)))
    assert errors[-1] <= random_errors(function, points, 40)[-1]


def test_random_errors_are_those_of_least_squares() -> None:
    function, points = plane_waves(2), ball_points(200, 2)
    rng = np.random.default_rng(7)
    axes = rng.standard_normal((12, 2))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    thresholds = 2.0 * rng.random(12) - 1.0
    steps = (points @ axes.T > thresholds).astype(float)
    errors = random_errors(function, points, 12, seed=7)
    for units in (1, 5, 12):
        matrix = np.column_stack([np.ones(200), steps[:, :units]])
        left = function(points) - matrix @ np.linalg.lstsq(matrix, function(points), rcond=None)[0]
        assert errors[units] == pytest.approx(np.mean(left**2), rel=1e-9)


def test_points_are_uniform_in_the_ball() -> None:
    lengths = np.linalg.norm(ball_points(4000, 4), axis=1)
    assert lengths.max() <= 1.0
    assert np.mean(lengths**4) == pytest.approx(0.5, abs=0.02)  # |x|^d is uniform
