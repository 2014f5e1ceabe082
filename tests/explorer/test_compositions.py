"""What the Compose screen asks of the engine: exact sums against fractions, curves against the definitions."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.experiments.composition import wave
from nnexpr.networks.compositional import compositional
from nnexpr_tui.compositions import (
    MOST_POINTS,
    FoldQuestion,
    LayersQuestion,
    bends,
    build_layers,
    exact_sum,
    fold,
)
from nnexpr_tui.panes.fold import shown_regions, wave_points

PEAKS = st.lists(st.integers(2, 98), min_size=1, max_size=6).map(tuple)


def sum_at(x: Fraction, peaks: tuple[int, ...]) -> Fraction:
    """F(x) = x - Σ s_i W_i(x) from the definitions of W and of Theorem 3.4's scales."""
    a = [Fraction(peak, 100) for peak in (*peaks, peaks[-1])]
    total, w, scale = x, x, a[0] * a[1]
    for layer in range(len(peaks)):
        w = w / a[layer] if w <= a[layer] else (1 - w) / (1 - a[layer])
        total -= scale * w
        if layer + 2 < len(a):
            scale *= (1 - a[layer + 1]) * a[layer + 2]
    return total


@settings(deadline=None, max_examples=40, database=None)
@given(PEAKS)
def test_the_exact_sum_is_the_definition_at_every_bend(peaks: tuple[int, ...]) -> None:
    unit = 100 ** len(peaks)
    xs, sums = exact_sum(peaks)
    assert [Fraction(value, unit**2) for value in sums] == [sum_at(Fraction(x, unit), peaks) for x in xs]


@settings(deadline=None, max_examples=40, database=None)
@given(PEAKS)
def test_it_is_straight_between_and_bends_at_each(peaks: tuple[int, ...]) -> None:
    unit = 100 ** len(peaks)
    xs, sums = exact_sum(peaks)
    assert len(xs) == 2 ** len(peaks) + 1
    assert xs == sorted(set(xs))
    for (x0, y0), (x1, y1) in pairwise(zip(xs, sums, strict=True)):
        assert sum_at(Fraction(x0 + x1, 2 * unit), peaks) == Fraction(y0 + y1, 2 * unit**2)
    assert bends(xs, sums) == 2 ** len(peaks) - 1


def test_a_straight_point_is_no_bend() -> None:
    assert bends([0, 1, 3, 4], [0, 2, 6, 7]) == 1


@settings(deadline=None, max_examples=20, database=None)
@given(PEAKS.filter(lambda peaks: all(20 <= peak <= 80 for peak in peaks)))
def test_the_curves_are_the_networks(peaks: tuple[int, ...]) -> None:
    answer = build_layers(LayersQuestion(peaks))
    import torch

    network = compositional(len(peaks), [peak / 100 for peak in peaks], dtype="float64")
    np.testing.assert_allclose(
        network(torch.from_numpy(answer.x))[0, :, 0].numpy(), answer.output, atol=1e-12
    )
    assert answer.units.shape == (len(peaks), 3, len(answer.x))
    np.testing.assert_array_equal(answer.units[0, 0], answer.x)  # the first layer's t1 is its input
    np.testing.assert_allclose(answer.units[0, 1], np.maximum(answer.x - peaks[0] / 100, 0), atol=1e-15)


@pytest.mark.parametrize("layers", [1, 3, 6, 10])
def test_with_peaks_at_a_half_it_is_the_interpolant_of_the_square(layers: int) -> None:
    answer = build_layers(LayersQuestion((50,) * layers))
    np.testing.assert_array_equal(answer.output, answer.x**2)
    assert answer.max_error == 4.0 ** -(layers + 1)
    assert answer.gap == 2.0 ** (1 - layers)
    assert answer.linear_regions == answer.float_regions == 2**layers
    assert answer.scales == tuple(4.0 ** -(layer + 1) for layer in range(layers))


@settings(deadline=None, max_examples=10, database=None)
@given(PEAKS)
def test_no_point_is_further_from_the_square_than_the_error(peaks: tuple[int, ...]) -> None:
    answer = build_layers(LayersQuestion(peaks))
    x = np.linspace(0, 1, 5001)
    distance = np.abs(np.interp(x, answer.x, answer.output) - x**2).max()
    assert 0.99 * answer.max_error - 1e-6 <= distance <= answer.max_error + 1e-12


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
def test_a_fold_goes_from_the_wave_before_to_the_wave(depth: int) -> None:
    x, after = wave_points(depth, 2**depth)
    np.testing.assert_array_equal(after, wave(depth, x))
    np.testing.assert_array_equal(wave_points(depth, 2**depth, 0.0)[1], wave(depth - 1, x))
    half = wave_points(depth, 2**depth, 0.5)[1]
    np.testing.assert_allclose(half, (wave(depth - 1, x) + wave(depth, x)) / 2)


def test_the_fit_that_has_enough_knots_is_the_wave() -> None:
    answer = fold(FoldQuestion(5, 31, 32))
    assert answer.fit_regions == answer.linear_regions == 32
    np.testing.assert_allclose(answer.fit[1], wave(5, answer.fit[0]), atol=1e-9)
    assert answer.mse < 1e-18


def test_a_window_holds_its_part_of_the_curves() -> None:
    question = FoldQuestion(8, 100, 16)
    answer = fold(question)
    whole = fold(FoldQuestion(8, 100, 256))
    assert question.until == 1 / 16
    x, fitted = answer.fit
    assert (x[0], x[-1]) == (0.0, question.until)
    np.testing.assert_allclose(fitted, np.interp(x, *whole.fit), atol=1e-12)
    assert answer.knots.tolist() == [knot for knot in whole.knots.tolist() if knot < question.until]
    assert answer.linear_regions == whole.linear_regions == 256


def test_curves_of_many_points_keep_their_extremes() -> None:
    answer = fold(FoldQuestion(14, 3, 2**14))
    x, error = answer.error
    assert len(x) <= 2 * MOST_POINTS
    corners = np.arange(2**14 + 1) / 2**14
    exact = np.interp(corners, *answer.fit) - wave(14, corners)
    assert error.max() == pytest.approx(exact.max(), abs=1e-6)
    assert error.min() == pytest.approx(exact.min(), abs=1e-6)


@pytest.mark.parametrize("markers", ["braille", "block", "ascii"])
@pytest.mark.parametrize("width", [1, 12, 30, 90, 300])
def test_no_more_regions_are_shown_than_there_are_cells(width: int, markers: str) -> None:
    for depth in range(1, 17):
        shown = shown_regions(depth, width, markers)
        assert shown in {2**power for power in range(1, depth + 1)}
        assert shown <= max(2, width - 8)
