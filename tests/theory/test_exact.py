"""Sums of waves in rational arithmetic: gaps, counts and breakpoints against the slopes of the sum itself."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from nnexpr.splines.tent import tent, theorem_scales
from nnexpr.theory.exact import breakpoints, gap, random_peaks, regions


def drawn(seed: int, layers: int) -> tuple[list[Fraction], list[Fraction]]:
    rng = np.random.default_rng(seed)
    scales = [Fraction(int(top), int(below)) for top, below in rng.integers(1, 20, (layers, 2))]
    return random_peaks(layers, rng), scales


def slopes(x: list[Fraction], values: list[Fraction]) -> list[Fraction]:
    return [(v - u) / (b - a) for (a, b), (u, v) in zip(pairwise(x), pairwise(values), strict=True)]


def summed(scales: list[Fraction], waves: list[list[Fraction]]) -> list[Fraction]:
    return [sum(map(lambda s, w: s * w, scales, row), Fraction(0)) for row in zip(*waves, strict=True)]


@pytest.mark.parametrize("seed", range(4))
def test_between_breakpoints_every_wave_is_straight_and_at_them_it_is_the_composed_tent(seed: int) -> None:
    peaks, scales = drawn(seed, 5)
    x, waves = breakpoints(peaks, scales)
    assert (len(x), len(waves)) == (2**5 + 1, 5)
    assert all(a < b for a, b in pairwise(x))
    middles = [(a + b) / 2 for a, b in pairwise(x)]
    at, between = x, middles
    for peak, wave in zip(peaks, waves, strict=True):
        at, between = [tent(w, peak) for w in at], [tent(w, peak) for w in between]
        assert wave == at
        assert between == [(u + v) / 2 for u, v in pairwise(wave)]
    assert sum(w == 1 for w in waves[-1]) == 2**4


@pytest.mark.parametrize("seed", range(4))
def test_the_change_of_slope_at_a_peak_is_the_gap_times_that_of_the_peaks_own_wave(seed: int) -> None:
    peaks, scales = drawn(seed, 5)
    x, waves = breakpoints(peaks, scales)
    of_sum = slopes(x, summed(scales, waves))
    for layer, wave in enumerate(waves):
        own = slopes(x, wave)
        for place in range(1, len(x) - 1):
            if wave[place] == 1:
                change = of_sum[place] - of_sum[place - 1]
                assert change == (own[place] - own[place - 1]) * gap(peaks, scales, layer)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("layers", [1, 2, 5])
def test_regions_are_where_the_slope_of_the_sum_changes_also_where_gaps_vanish(
    seed: int, layers: int
) -> None:
    peaks, scales = drawn(seed, layers)
    for flat in (None, *range(layers - 1)):
        if flat is not None:  # the scale that makes this layer's gap 0
            scales[flat] -= gap(peaks, scales, flat)
        found = slopes(*(lambda x, waves: (x, summed(scales, waves)))(*breakpoints(peaks, scales)))
        count = 1 + sum(before != after for before, after in pairwise(found))
        assert regions(peaks, scales) == count
        if flat is None:
            assert count == 2**layers
        else:
            assert count <= 2**layers - 2**flat


def test_under_the_scales_of_the_theorem_no_gap_is_the_limits() -> None:
    """Equation 4 holds of all layers together: cut off, every gap is what the missing ones would have added."""
    peaks = random_peaks(8, np.random.default_rng(1))
    scales = theorem_scales(peaks)
    assert regions(peaks, scales) == 2**8
    assert all(gap(peaks, scales, layer) > 0 for layer in range(8))


def test_random_peaks_reach_both_of_their_ends_and_no_further() -> None:
    rng = np.random.default_rng(0)
    assert set(random_peaks(200, rng, least=2, steps=6)) == {Fraction(k, 6) for k in (2, 3, 4)}
    assert set(random_peaks(20_000, rng)) <= {Fraction(k, 1000) for k in range(1, 1000)}
    assert {Fraction(1, 1000), Fraction(999, 1000)} <= set(random_peaks(20_000, rng))
