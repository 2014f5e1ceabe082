"""Thinning: what is left covers the same dots of the axis, gaps are kept, and it is bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr.plot.thinning import alone, thinned

STRIPS = 50


def reach(places: np.ndarray, y: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest y in each strip of the axis: what a line covers there."""
    strip = np.clip(((places - low) / (high - low) * STRIPS).astype(int), 0, STRIPS - 1)
    least, most = np.full(STRIPS, np.inf), np.full(STRIPS, -np.inf)
    np.minimum.at(least, strip, y)
    np.maximum.at(most, strip, y)
    return least, most


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("even", [False, True])
def test_each_strip_of_the_axis_keeps_what_is_drawn_there(log: bool, even: bool) -> None:
    rng = np.random.default_rng(0)
    x = np.arange(1.0, 20_001) if even else np.sort(rng.exponential(3.0, 20_000)) + 1e-3
    y = np.cumsum(rng.normal(size=len(x)))
    kept = thinned(x, y, log=log, strips=STRIPS)
    places = np.log10(x) if log else x
    whole = reach(places, y, places[0], places[-1])
    assert np.array_equal(reach(places[kept], y[kept], places[0], places[-1]), whole)
    assert len(kept) <= 4 * STRIPS
    assert (kept[0], kept[-1]) == (0, len(x) - 1)


@settings(deadline=None, max_examples=50, database=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 400)), max_size=6), st.booleans())
def test_a_gap_that_can_be_seen_stays_a_gap(runs: list[tuple[int, int]], infinite: bool) -> None:
    y = np.sin(np.arange(2500.0))
    for start, length in runs:
        y[start : start + length] = np.inf if infinite else np.nan
    kept = thinned(np.arange(2500.0), y, strips=STRIPS)
    assert len(kept) <= 6 * STRIPS
    seen = np.isfinite(y[kept])
    for before, after in zip(kept[:-1][seen[:-1] & seen[1:]], kept[1:][seen[:-1] & seen[1:]], strict=True):
        missing = (~np.isfinite(y[before:after])).sum()
        assert missing <= 2 * 2500 / STRIPS  # less than a strip on each side


def test_a_spike_in_a_million_points_is_kept() -> None:
    y = np.zeros(1_000_000)
    y[654_321], y[123_456] = 5.0, -7.0
    kept = thinned(np.arange(len(y)), y)
    assert {654_321, 123_456} <= set(kept.tolist())
    assert len(kept) < 4000


def test_a_curve_that_turns_back_keeps_the_extremes_of_both() -> None:
    turn = np.linspace(0, 2 * np.pi, 100_000)
    x, y = np.cos(turn), np.sin(3 * turn)
    kept = thinned(x, y, strips=STRIPS)
    assert len(kept) <= 6 * STRIPS
    for values in (x, y):
        assert (values[kept].min(), values[kept].max()) == (values.min(), values.max())


@pytest.mark.parametrize("n", [0, 1, 2, 200])
def test_few_points_stay_as_they_are(n: int) -> None:
    assert thinned(np.full(n, np.nan), np.zeros(n), strips=STRIPS).tolist() == list(range(n))


def test_values_between_gaps_are_dots() -> None:
    nan = np.nan
    assert alone([1.0, nan, 2.0, 3.0, nan, 4.0]).tolist() == [0, 5]
    assert alone([1.0]).tolist() == [0]
    assert alone([1.0, 2.0]).tolist() == alone([nan]).tolist() == []
