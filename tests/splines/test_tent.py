"""The tent: in floats against rational arithmetic, and as the ReLUs it is made of."""

from fractions import Fraction

import numpy as np
import pytest

from nnexpr.splines.tent import composed, corners, relu_weights, tent, waves


@pytest.mark.parametrize("peak", [0.5, 0.3, 0.875])
def test_floats_are_rational_numbers_rounded(peak):
    x = np.random.default_rng(0).random(200)
    exact = [float(tent(Fraction(each), Fraction(peak))) for each in x]
    np.testing.assert_allclose(tent(x, peak), exact, rtol=4e-16)


@pytest.mark.parametrize("peak", [0.5, 0.2])
def test_it_is_its_relus_and_meets_its_corners(peak):
    x = np.linspace(0, 1, 101)
    up, down = relu_weights(peak)
    np.testing.assert_allclose(up * x + down * np.maximum(x - peak, 0), tent(x, peak), atol=1e-14)
    for at, height in corners(Fraction(peak)):
        assert tent(at, Fraction(peak)) == height


def test_waves_of_equal_peaks_are_the_composed_tent():
    x = np.linspace(0, 1, 333)
    found = waves([[0.5] * 6], x)
    assert found.shape == (1, 6, 333)
    for layer in range(6):
        np.testing.assert_array_equal(found[0, layer], composed(layer + 1, x))
