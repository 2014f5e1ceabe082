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


def test_the_bound_is_the_square_of_twice_the_radius_times_the_norm_a_unit() -> None:
    assert barron_bound(3.0, [1, 4]).tolist() == [36.0, 9.0]
    assert barron_bound(3.0, 9, radius=0.5) == pytest.approx(1.0)


@pytest.mark.parametrize("frequency", [2.0, 6.0])
def test_of_one_wave_the_norm_is_the_steepest_slope_and_all_waves_have_period_and_direction(
    frequency: float,
) -> None:
    wave = plane_waves(2, 1, frequency, seed=5)
    axis = wave.directions(1, np.random.default_rng(0))[0]
    along = np.linspace(-1, 1, 4001)[:, None] * axis
    slopes = np.diff(wave(along)) / (2 / 4000)
    assert np.abs(slopes).max() == pytest.approx(wave.norm, rel=1e-4) == frequency
    np.testing.assert_allclose(wave(along + 2 * np.pi / frequency * axis), wave(along), atol=1e-12)
    np.testing.assert_allclose(wave(along + np.array([axis[1], -axis[0]])), wave(along), atol=1e-12)
    many = plane_waves(2, 3, frequency, seed=5)
    phases = [plane_waves(2, 3, frequency, seed=each)(np.zeros((1, 2)))[0] for each in range(400)]
    assert len(many.directions(9, np.random.default_rng(0))) == 3
    assert np.mean(phases) == pytest.approx(0, abs=0.1)  # phases run over a whole turn: a cosine's mean is 0
    assert np.var(phases) == pytest.approx(
        1 / 6, rel=0.2
    )  # and its variance 1/2, of three independent ones a third


def test_the_first_step_is_the_one_most_correlated_of_all_and_the_next_of_what_is_left() -> None:
    """On the line all thresholds can be tried: every one, then every other one after it, each fitted by LAPACK."""
    points = np.sort(np.random.default_rng(3).uniform(-1, 1, (40, 1)), axis=0)
    function = plane_waves(1, 3, seed=2)
    values, taken, expected = function(points), [np.ones(40)], []
    for _ in range(4):
        matrix = np.column_stack(taken)
        left = values - matrix @ np.linalg.lstsq(matrix, values, rcond=None)[0]
        expected.append(np.mean(left**2))
        steps = [(np.arange(40) > last).astype(float) for last in range(39)]
        taken.append(max(steps, key=lambda step: abs(left @ step)))
    np.testing.assert_allclose(greedy_errors(function, points, 3, directions=4), expected, rtol=1e-9)


def test_errors_do_not_rise_where_steps_repeat() -> None:
    """More steps than points: what is in the span already adds nothing, and the values are met."""
    function, points = gaussian(1), np.array([[0.1], [0.5], [0.9]])
    errors = random_errors(function, points, 60)
    assert errors[-1] < 1e-30
    assert np.isfinite(errors).all()


def test_the_gaussian_is_the_gaussian() -> None:
    points = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 0.0]])
    np.testing.assert_allclose(gaussian(2)(points), np.exp([0.0, -12.5, -0.5]))
