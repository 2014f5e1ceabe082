"""Free knots: the gradient against differences, values against LAPACK."""

import itertools

import numpy as np

from nnexpr.splines.floor.free_knots import Samples, _at_sample, _gauss_newton, fit_values, refine
from nnexpr.splines.p1 import Hats, multiply_bands


def samples(count=60, seed=0):
    rng = np.random.default_rng(seed)
    return Samples(np.linspace(0, 1, count), rng.normal(size=count), rng.uniform(0.5, 2, count))


def test_values_at_given_knots_are_the_weighted_least_squares():
    data, knots = samples(), np.array([0, 0.21, 0.5, 0.93, 1])
    root = np.sqrt(data.weights)
    matrix = np.stack([np.interp(data.x, knots, unit) for unit in np.eye(5)], axis=1) * root[:, None]
    expected = np.linalg.lstsq(matrix, root * data.y)[0]
    np.testing.assert_allclose(fit_values(data, knots).values, expected, atol=1e-12)


def test_a_value_that_a_sample_hardly_settles_is_its_own_and_one_that_none_does_is_its_neighbours():
    """The only sample of the last element lies 1e-5 behind its first knot: the value at its end is extrapolated."""
    x, knots = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5 + 1e-5]), np.array([0.0, 0.5, 1.0])
    y = np.array([1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.0 + 3e-5])
    np.testing.assert_allclose(
        fit_values(Samples(x, y, np.ones(7)), knots).values, [1.0, 2.0, 3.5], rtol=2e-4
    )
    few = fit_values(Samples(x[:6], y[:6], np.ones(6)), knots)
    np.testing.assert_allclose(few.values, [1.0, 2.0, 2.0], rtol=1e-9)


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


def test_the_matrix_of_a_step_is_that_of_the_derivatives():
    """JᵀWJ and JᵀWr of f(x; ξ, c) by central differences, a column for each knot and each value."""
    data = samples(50, 2)
    spline = fit_values(data, np.array([0, 0.21, 0.5, 0.93, 1]))
    parameters = np.stack([spline.knots, spline.values], axis=1).ravel()  # ξ_0, c_0, ξ_1, ...

    def values(p):
        return Hats.at(p[0::2], data.x).apply(p[1::2])

    inside = np.abs(data.x[:, None] - spline.knots).min(axis=1) > 1e-5  # there f has a derivative
    step = 1e-6 * np.eye(len(parameters))
    jacobian = np.stack([(values(parameters + h) - values(parameters - h)) / 2e-6 for h in step], axis=1)
    assert inside[1:-1].all()  # and the outermost elements go on beyond their ends
    matrix, gradient = _gauss_newton(spline)
    expected = jacobian.T @ (data.weights[:, None] * jacobian)
    dense = np.array([multiply_bands(matrix, unit) for unit in np.eye(len(parameters))])
    np.testing.assert_allclose(dense, expected, atol=1e-6 * np.abs(expected).max())
    np.testing.assert_allclose(gradient, jacobian.T @ (data.weights * spline.residual), atol=1e-5)
    np.testing.assert_allclose(gradient[1::2], 0, atol=1e-9)  # the values are projected out


def test_knots_at_samples_are_told_from_those_between():
    """Within a hundredth of the way to the next sample."""
    data = Samples(np.array([0.0, 0.1, 0.5, 1.0]), np.zeros(4), np.ones(4))
    knots = np.array([0.0, 0.1 - 0.9e-3, 0.1 + 0.0041, 0.3, 0.5 - 0.0039, 0.5 + 0.0051, 1.0])
    assert _at_sample(data, knots).tolist() == [True, True, False, False, True, False, True]
