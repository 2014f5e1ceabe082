"""The two bases: same space, same function, and a change of basis that is its own check."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.linear.piecewise import check_knots, hat_to_relu, hats, relu_to_hat, relus
from nnexpr.specification import InputError
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.p1 import locate

FLOAT64 = np.dtype(np.float64)


@st.composite
def knots_and_values(draw):
    n = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    knots = np.cumsum(rng.uniform(0.01, 1, n)) * 10.0 ** draw(st.integers(-3, 3))
    return knots - draw(st.floats(-5, 5)), rng.normal(size=n)


@given(knots_and_values())
@settings(deadline=None, max_examples=60, database=None)
def test_the_two_bases_are_one_function(case):
    knots, values = case
    x = np.linspace(knots[0], knots[-1], 301)
    coefficients = hat_to_relu(knots, values)
    slopes = np.abs(np.diff(values) / np.diff(knots)).max()
    tolerance = 1e-12 * (np.abs(values).max() + slopes * np.ptp(knots)) * len(knots)
    expected = np.interp(x, knots, values)
    np.testing.assert_allclose(LinearSpline(knots, values, flat=(True, False))(x), expected, atol=tolerance)
    np.testing.assert_allclose(hats(knots, x) @ values, expected, atol=tolerance)
    np.testing.assert_allclose(relus(knots, x) @ coefficients, expected, atol=tolerance)
    np.testing.assert_allclose(relu_to_hat(knots, coefficients), values, atol=tolerance)


def test_hats_are_one_at_their_knot_and_sum_to_one():
    knots = np.array([0.0, 0.1, 0.5, 2.0])
    np.testing.assert_array_equal(hats(knots, knots), np.eye(4))
    np.testing.assert_allclose(hats(knots, np.linspace(0, 2, 97)).sum(axis=1), 1, rtol=1e-15)


def test_beyond_the_knots_a_function_does_what_its_relus_do():
    knots, values = np.array([0.0, 1.0, 3.0]), np.array([2.0, 5.0, 1.0])
    x = np.array([-4.0, -0.1, 3.5, 10.0])
    expected = relus(knots, x) @ hat_to_relu(knots, values)
    np.testing.assert_allclose(LinearSpline(knots, values, flat=(True, False))(x), expected, rtol=1e-14)


def test_every_position_has_one_element():
    knots = np.array([0.0, 1.0, 2.0])
    element, t = locate(knots, np.array([0.0, 0.5, 1.0, 1.5, 2.0]))
    assert element.tolist() == [0, 0, 1, 1, 1]
    np.testing.assert_array_equal(t, [0, 0.5, 0, 0.5, 1])


@pytest.mark.parametrize("knots", [[1.0], [0.0, 1.0, 1.0], [0.0, np.nan], [0.0, np.inf]])
def test_knots_that_cannot_be_used(knots):
    with pytest.raises(InputError, match=r"^knots is"):
        check_knots(knots, FLOAT64)


def test_knots_come_in_any_order_and_must_differ_in_the_precision_used():
    np.testing.assert_array_equal(check_knots([3, 1, 2], FLOAT64), [1, 2, 3])
    close = [0.0, 1.0, 1.0 + 1e-9]
    assert len(check_knots(close, FLOAT64)) == 3
    with pytest.raises(InputError, match="distinct in float32"):
        check_knots(close, np.dtype(np.float32))
