"""The tent: in floats against rational arithmetic, and as the ReLUs it is made of."""

from fractions import Fraction

import numpy as np
import pytest

from nnexpr.splines.tent import composed, corners, relu_weights, tent, theorem_scales, waves


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


@pytest.mark.parametrize("sign", [-1, 1])
def test_scales_of_equal_peaks_are_powers_of_a_quarter(sign):
    assert theorem_scales([Fraction(1, 2)] * 5, sign) == [Fraction(1, 4**k) for k in range(1, 6)]


@pytest.mark.parametrize("sign", [-1, 1])
def test_scales_make_left_and_right_slopes_meet_at_every_peak_as_waves_are_added(sign):
    """At a peak of W_i later waves rise on both sides: what is left of the kink shrinks with each, by exact slopes."""
    third = Fraction(1, 3)
    peaks = [Fraction(2, 5), Fraction(3, 4), *[third] * 30]
    scales = theorem_scales(peaks, sign)
    assert scales[0] == (peaks[0] if sign < 0 else 1 - peaks[0]) * peaks[1]
    for i in range(3):
        kink, steep = scales[i], 1 / (1 - peaks[i + 1])
        for n in range(i + 1, len(peaks)):
            kink -= scales[n] * steep
            if n + 1 < len(peaks):
                steep /= peaks[n + 1]
        assert 0 < kink < scales[i] * (1 - third) ** (len(peaks) - i - 3)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("peak", [Fraction(1, 2), Fraction(1, 5)])
def test_the_sum_of_x_and_waves_is_flat_at_the_end_that_the_module_names(sign, peak):
    """F'(0) = 1 − Σ s_i W_i'(0) and F'(1) = 1 + Σ s_i W_i'(1): |W_i'| is 1/a_0 or 1/(1 − a_0), times 1/a_1 … 1/a_i."""
    scales = theorem_scales([peak, *[Fraction(1, 2)] * 40], sign)
    first = 1 / peak if sign < 0 else 1 / (1 - peak)
    missing = 1 - sum(scale * first * 2**layer for layer, scale in enumerate(scales))
    assert abs(missing) < Fraction(1, 2**38)


def test_weights_and_corners_of_a_scaled_tent():
    up, down = relu_weights(Fraction(1, 4), Fraction(3))
    assert (up, down) == (12, -16)
    assert corners(Fraction(1, 4), Fraction(3)) == ((0, 0), (Fraction(1, 4), 3), (1, 0))
    assert corners() == ((0, 0), (Fraction(1, 2), 1), (1, 0))


def test_waves_of_several_members_are_each_members_own():
    x, peaks = np.linspace(0, 1, 50), np.array([[0.3, 0.6, 0.5], [0.8, 0.2, 0.4]])
    both = waves(peaks, x)
    assert both.shape == (2, 3, 50)
    for member in range(2):
        w = x
        for layer in range(3):
            w = tent(w, peaks[member, layer])
            np.testing.assert_array_equal(both[member, layer], w)
