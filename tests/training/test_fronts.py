"""Learning fronts: errors on subintervals, when they are learned, and how that goes with the target's frequency."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from nnexpr.training.fronts import Subintervals, rank_correlation, reached, settled

GRID = np.linspace(-1.0, 1.0, 4001)


def wave(turns: float, x: np.ndarray = GRID) -> np.ndarray:
    return np.sin(2 * np.pi * turns * x)


@pytest.mark.parametrize("turns", [5, 10, 40])
def test_a_wave_has_its_own_frequency_everywhere(turns: int) -> None:
    """A tenth of the domain has whole half turns of it."""
    found = Subintervals(GRID, 3.0 + 7.0 * wave(turns)).frequencies
    np.testing.assert_allclose(found, turns, rtol=0.02)


def test_a_chirps_frequency_is_that_of_its_phase() -> None:
    """Of sin(2 pi 100 x²) it is 200 |x| turns a unit of x, in the root mean square over a subinterval."""
    x = np.linspace(-1.0, 1.0, 200_001)
    parts = Subintervals(x, np.sin(200 * np.pi * x**2))
    low, high = np.abs(parts.edges[:-1]), np.abs(parts.edges[1:])
    expected = 200 * np.sqrt((low**2 + low * high + high**2) / 3)
    np.testing.assert_allclose(parts.frequencies[np.abs(parts.middles) > 0.2], expected[np.abs(parts.middles) > 0.2],
                               rtol=0.02)  # fmt: skip
    assert rank_correlation(parts.frequencies, np.abs(parts.middles)) == pytest.approx(1, abs=0.01)


def test_errors_are_relative_to_the_size_of_the_whole() -> None:
    """An error of a third of the standard deviation on one subinterval is a third there and nothing elsewhere."""
    truth = 5.0 + 2.0 * wave(10)
    parts = Subintervals(GRID, truth)
    inside = np.arange(4001) // 200 == 7
    expected = np.zeros(20)
    expected[7] = 1 / 3
    np.testing.assert_allclose(parts.errors(truth + inside * np.std(truth) / 3), expected, atol=1e-12)
    assert parts.size == pytest.approx(2 / np.sqrt(2), rel=1e-3)


def test_squares_of_all_subintervals_are_those_of_the_whole() -> None:
    truth, predictions = wave(3), np.random.default_rng(0).standard_normal((4, 5, len(GRID)))
    parts = Subintervals(GRID, truth, 16)
    counts = np.diff(np.searchsorted(GRID, parts.edges[:-1] - 1e-6), append=len(GRID))
    total = (parts.errors(predictions) ** 2 * counts).sum(axis=-1) * np.var(truth)
    np.testing.assert_allclose(total, ((predictions - truth) ** 2).sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(
        (parts.deviations(predictions) ** 2).sum(axis=-1) * np.var(truth), total, rtol=1e-12
    )


@pytest.mark.parametrize(("factor", "shift"), [(3.0, 0.0), (-1e-9, 4.0), (1e6, -2.0)])
def test_units_change_nothing(factor: float, shift: float) -> None:
    truth, prediction = wave(4), wave(4) + 0.3 * wave(9)
    one = Subintervals(GRID, truth)
    other = Subintervals(10.0 * GRID + 7.0, factor * truth + shift)
    np.testing.assert_allclose(other.errors(factor * prediction + shift), one.errors(prediction), rtol=1e-5)
    np.testing.assert_allclose(10.0 * other.frequencies, one.frequencies, rtol=1e-5)


def test_a_domain_far_from_zero_has_the_same_subintervals() -> None:
    """Edges and points are moved without rounding."""
    truth, prediction, x = wave(4), wave(4) + 0.3 * wave(9), np.arange(4001.0)
    one, far = Subintervals(x, truth), Subintervals(x + 2.0**50, truth)
    np.testing.assert_array_equal(far.errors(prediction), one.errors(prediction))


def test_a_front_that_moves_from_the_left_is_found_where_it_is() -> None:
    """At epoch 10 k the network has learned what is left of the k-th edge."""
    truth, epochs = wave(10), 10 * np.arange(21)
    parts = Subintervals(GRID, truth)
    edges = np.r_[parts.edges[:-1], 2.0]
    predictions = np.where(GRID[None, :] < edges[:, None], truth, 0.0)
    errors = parts.errors(predictions)
    np.testing.assert_array_equal(settled(epochs, errors), epochs[1:])
    np.testing.assert_array_equal(reached(epochs, errors), epochs[1:])
    assert rank_correlation(settled(epochs, errors), parts.middles) == 1


def test_what_swings_back_was_reached_and_not_settled() -> None:
    errors = np.array(
        [[0.5, 0.5, 0.05, np.nan], [0.05, 0.5, 0.05, 0.05], [0.2, 0.1, 0.05, 0.05], [0.05, 0.1, 0.05, np.nan]]
    )
    epochs = [0, 10, 20, 40]
    np.testing.assert_array_equal(reached(epochs, errors), [10, np.inf, 0, 10])
    np.testing.assert_array_equal(settled(epochs, errors), [40, np.inf, 0, np.inf])


def test_members_stay_apart() -> None:
    truth = wave(10)
    predictions = np.stack(
        [np.zeros((2, len(GRID))), np.stack([truth, np.full(len(GRID), np.nan)])]
    )  # epochs, members
    found = settled([0, 5], Subintervals(GRID, truth).errors(predictions))
    np.testing.assert_array_equal(found, [[5.0] * 20, [np.inf] * 20])


def test_the_rank_correlation_is_scipys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 6, (8, 20)).astype(float), rng.standard_normal(20)
    first[first == 5] = np.inf
    expected = [spearmanr(np.where(np.isinf(row), 99, row), second).statistic for row in first]
    np.testing.assert_allclose(rank_correlation(first, second), expected, rtol=1e-12)
    assert np.isnan(rank_correlation(np.full(20, np.inf), second))
    assert np.isnan(rank_correlation(np.where(np.arange(20) == 3, np.nan, second), second))


def test_a_constant_target_has_no_relative_error() -> None:
    parts = Subintervals(GRID, np.full(len(GRID), 2.0))
    assert np.isnan(parts.errors(np.zeros(len(GRID)))).all()
    assert np.isinf(settled([0], parts.errors(np.zeros((1, len(GRID)))))).all()


def test_every_subinterval_has_points() -> None:
    assert Subintervals(np.linspace(0, 1, 40), np.linspace(0, 1, 40)).errors(np.zeros(40)).shape == (20,)
    with pytest.raises(ValueError, match="39 points are too few for 20 subintervals"):
        Subintervals(np.linspace(0, 1, 39), np.zeros(39))
    with pytest.raises(ValueError, match="ascend"):
        Subintervals(GRID[::-1], GRID)
