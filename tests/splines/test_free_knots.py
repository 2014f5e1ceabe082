"""Free knots: the gradient against differences, values against LAPACK."""

import itertools

import numpy as np

from nnexpr.splines.floor.free_knots import Samples, fit_values, refine


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
