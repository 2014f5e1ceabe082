"""The continuous piecewise-linear function of one variable: against NumPy, Simpson's rule and itself."""

import numpy as np
import pytest

from nnexpr.scale import Scale
from nnexpr.splines.linear import LinearSpline


def spline(seed=0, n=9, outputs=()):
    rng = np.random.default_rng(seed)
    return LinearSpline(np.cumsum(rng.uniform(0.1, 1, n)) - 2, rng.normal(size=(n, *outputs)))


def test_inside_it_is_the_interpolation_and_outside_the_outermost_pieces_go_on():
    f = spline()
    low, high = f.domain
    x = np.linspace(low, high, 501)
    np.testing.assert_allclose(f(x), np.interp(x, f.knots, f.values), atol=1e-14)
    np.testing.assert_allclose(f(f.knots), f.values, atol=1e-15)
    np.testing.assert_allclose(
        f([low - 2, high + 3]), [f.values[0] - 2 * f.slopes[0], f.values[-1] + 3 * f.slopes[-1]]
    )
    assert f(0.3) == pytest.approx(np.interp(0.3, f.knots, f.values))


@pytest.mark.parametrize("flat", [(True, False), (False, True), (True, True)])
def test_it_is_constant_beyond_an_end_that_is_flat(flat):
    f = spline()
    g = LinearSpline(f.knots, f.values, flat=flat)
    x = np.array([f.knots[0] - 1, f.knots[-1] + 1])
    np.testing.assert_array_equal(g(x)[list(flat)], f.values[[0, -1]][list(flat)])
    free = [not end for end in flat]
    np.testing.assert_array_equal(g(x)[free], f(x)[free])


def test_pieces_slopes_and_intercepts_are_one_function():
    f = spline()
    assert (f.count, f.bends, len(f.breakpoints), len(f.gaps)) == (8, 7, 7, 7)
    for left, right, slope, intercept in zip(f.knots[:-1], f.knots[1:], f.slopes, f.intercepts, strict=True):
        x = np.array([left, (left + right) / 2])
        np.testing.assert_allclose(f(x), slope * x + intercept, atol=1e-13)
    assert f.gaps.sum() == pytest.approx(f.slopes[-1] - f.slopes[0])


def test_a_single_piece_has_no_gaps():
    assert (spline(n=2).count, len(spline(n=2).gaps)) == (1, 0)


def test_given_slopes_are_used():
    """1e8 + 1e-9 x: the difference of the values has no digits left."""
    f = LinearSpline(np.array([0.0, 1.0]), np.array([1e8, 1e8]), slopes=np.array([1e-9]))
    assert f.slopes.tolist() == [1e-9]
    assert f.rescaled(Scale(0.5), Scale(4.0)).slopes.tolist() == [8e-9]


def test_the_integral_is_simpsons():
    f = spline()
    middles = (f.knots[1:] + f.knots[:-1]) / 2
    by_simpson = np.diff(f.knots) @ (f.values[1:] + f.values[:-1] + 4 * f(middles)) / 6
    assert f.integral == pytest.approx(by_simpson)


def test_the_deviation_is_that_of_very_many_samples():
    f, g = spline(1), spline(2, 6)
    low, high = max(f.knots[0], g.knots[0]), min(f.knots[-1], g.knots[-1])
    x = low + (high - low) * (np.arange(400_000) + 0.5) / 400_000
    exact, sampled = f.deviation(g), f.deviation_on(x, g(x))
    assert exact.mean_square == pytest.approx(sampled.mean_square, rel=1e-8)
    assert sampled.largest <= exact.largest == pytest.approx(sampled.largest, rel=1e-4)
    assert f.deviation(f) == (0, 0)
    assert g.deviation(f) == pytest.approx(exact)


@pytest.mark.parametrize("factor", [2.5, -2.5])
def test_other_units_are_the_same_function(factor):
    across, up = Scale(factor, 10.0), Scale(-3.0, 1.0)
    f = LinearSpline(spline().knots, spline().values, flat=(True, False))
    own = f.rescaled(across, up)
    x = np.linspace(f.knots[0] - 1, f.knots[-1] + 1, 100)
    np.testing.assert_allclose(own(across.to_own(x)), up.to_own(f(x)), atol=1e-12)
    assert (np.diff(own.knots) > 0).all()


def test_several_outputs_are_as_many_splines():
    f = spline(3, 7, (2,))
    x = np.linspace(-3, 4, 50)
    for output in range(2):
        one = LinearSpline(f.knots, f.values[:, output])
        np.testing.assert_array_equal(f(x)[:, output], one(x))
        np.testing.assert_array_equal(f.slopes[:, output], one.slopes)
        np.testing.assert_allclose(f.intercepts[:, output], one.intercepts)


def test_a_bend_that_is_rounding_is_not_seen():
    knots = np.linspace(0, 1, 5)
    values = np.array([0.0, 0.25, 0.5 + 1e-15, 0.75, 0.0])
    assert LinearSpline(knots, values).visible_bends(1e-12) == 1
    assert LinearSpline(knots, values).visible_bends(0) == 3


def test_a_bend_beside_a_narrow_piece_moves_the_function_by_what_it_does_there():
    """A slope of 1e-4 over 1e-9, and 1 more beyond: on one side of each bend at least f moves by 1e-13 only."""
    knots = np.array([0.0, 1.0, 1.0 + 1e-9, 2.0])
    f = LinearSpline(knots, np.zeros(4), slopes=np.array([0.0, 1e-4, 0.0]))
    seen = LinearSpline(f.knots, np.array([1.0, 1.0, 1.0, 1.0]), slopes=f.slopes)
    assert seen.visible_bends(0.9e-13) == 2
    assert seen.visible_bends(1.1e-13) == 0


def test_slopes_and_flat_ends_are_given_by_name():
    with pytest.raises(TypeError):
        LinearSpline(np.array([0.0, 1.0]), np.array([0.0, 1.0]), (True, False))
