"""Separate lines: the bound against every cut there is; free knots: the gradient against differences."""

import itertools

import numpy as np
import pytest

from nnexpr.splines.floor.coarse import CoarseSpline
from nnexpr.splines.floor.free_knots import Samples, fit_values, refine
from nnexpr.splines.floor.segmentation import Segmentation


def line_error(x, y, weights):
    if len(x) < 3:
        return 0.0
    root = np.sqrt(weights)
    matrix = np.stack([root, root * x], axis=1)
    return float(np.sum((matrix @ np.linalg.lstsq(matrix, root * y)[0] - root * y) ** 2))


@pytest.mark.parametrize("runs", range(1, 6))
def test_every_cut_of_nine_samples(runs):
    rng = np.random.default_rng(runs)
    x, y, weights = np.sort(rng.uniform(0, 1, 9)), rng.normal(size=9), rng.integers(1, 4, 9).astype(float)
    totals = {
        cut: sum(line_error(x[a:b], y[a:b], weights[a:b]) for a, b in itertools.pairwise((0, *cut, 9)))
        for cut in itertools.combinations(range(1, 9), runs - 1)
    }
    best = min(totals, key=totals.__getitem__)
    found = Segmentation(x, y, weights, 6)
    assert found.total(runs) == pytest.approx(totals[best], abs=1e-14)
    if totals[best] > 1e-12:
        np.testing.assert_allclose(found.cuts(runs), [(x[i - 1] + x[i]) / 2 for i in best])


def test_small_errors_keep_their_digits():
    """A residual of 1e-9 on a steep line, alternating +−−+: the error is 4e-18 times a quarter of the samples."""
    x = np.linspace(0, 1, 40)
    y = 1000 * x + 1e-9 * np.tile([1, -1, -1, 1], 10)
    found = Segmentation(x, y, np.ones(40), 1).total(1)
    assert found == pytest.approx(line_error(x, 1e-9 * np.tile([1, -1, -1, 1], 10), np.ones(40)), rel=1e-3)


def samples(count=60, seed=0):
    rng = np.random.default_rng(seed)
    return Samples(np.linspace(0, 1, count), rng.normal(size=count), rng.uniform(0.5, 2, count))


def test_values_at_given_knots_are_the_weighted_least_squares():
    data, knots = samples(), np.array([0, 0.21, 0.5, 0.93, 1])
    root = np.sqrt(data.weights)
    matrix = np.stack([np.interp(data.x, knots, unit) for unit in np.eye(5)], axis=1) * root[:, None]
    expected = np.linalg.lstsq(matrix, root * data.y)[0]
    np.testing.assert_allclose(fit_values(data, knots).values, expected, atol=1e-12)


def test_at_a_refined_knot_the_error_has_no_slope_or_a_kink():
    """Moving any knot by a little, values projected out, does not lower the error."""
    data = samples()
    spline = refine(data, fit_values(data, np.linspace(0, 1, 6)), iterations=200)
    assert spline.error < fit_values(data, np.linspace(0, 1, 6)).error
    for knot, move in itertools.product(range(1, 5), (-1e-5, 1e-5)):
        knots = spline.knots.copy()
        knots[knot] += move
        assert fit_values(data, knots).error >= spline.error * (1 - 1e-6)


def test_knots_keep_their_order_and_the_error_never_rises():
    data = samples(40, 3)
    spline = fit_values(data, np.linspace(0, 1, 25))
    for _ in range(30):
        better = refine(data, spline, iterations=1)
        assert better.error <= spline.error
        assert (np.diff(better.knots) > 0).all()
        assert better.knots[[0, -1]].tolist() == [0, 1]
        spline = better


def test_the_coarse_grid_finds_a_spline_that_lies_on_it():
    data = Samples(np.linspace(0, 1, 480), np.empty(480), np.ones(480))
    # Places of the grid are where its 47 groups of samples part.
    places = np.concatenate(
        [[0], (data.x[:-1] + data.x[1:])[np.linspace(0, 480, 48).round().astype(int)[1:-1] - 1] / 2, [1]]
    )
    knots = places[[0, 9, 20, 41, 47]]
    data = Samples(data.x, np.interp(data.x, knots, [0.0, 1.0, 0.0, 1.0, 0.0]), data.weights)
    found = CoarseSpline(data, 6).knots(4)
    assert np.abs(found - knots).max() < 0.03  # levels 0 and 1 lie between those of the grid
    assert (np.diff(CoarseSpline(data, 6).knots(6)) > 0).all()
