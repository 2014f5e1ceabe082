"""Thinned curves: how far off they are at most, and what they keep."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr_tui.exports.axes import cut
from nnexpr_tui.exports.thinning import finite_pieces, thinned

heights = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=60)


@settings(deadline=None)
@given(heights, st.floats(0.0, 10.0))
def test_no_point_is_further_from_the_thinned_curve_than_the_tolerance(
    y: list[float], tolerance: float
) -> None:
    points = np.stack([np.arange(len(y), dtype=float), np.array(y)], axis=1)
    kept = thinned(points, tolerance)
    off = np.abs(np.interp(points[:, 0], kept[:, 0], kept[:, 1]) - points[:, 1])
    assert off.max() <= tolerance + 1e-9
    assert kept[0].tolist() == points[0].tolist()
    assert kept[-1].tolist() == points[-1].tolist()
    assert (kept[:, 1].min(), kept[:, 1].max()) == (min(y), max(y))
    assert {tuple(point) for point in kept.tolist()} <= {tuple(point) for point in points.tolist()}


def test_straight_lines_need_their_ends_and_a_smooth_curve_few_points() -> None:
    x = np.linspace(0, 600, 2001)
    assert len(thinned(np.stack([x, 3 - 0.5 * x], axis=1), 1e-6)) == 2
    y = 100 * np.sin(x / 60)
    # a chord of length h is h² |y''| / 8 off, so no curve through its own points needs fewer than this
    needed = np.trapezoid(np.sqrt(np.abs(y / 3600) / (8 * 0.35)), x)
    assert needed < len(thinned(np.stack([x, y], axis=1), 0.35)) < 2 * needed


def test_values_that_are_not_finite_part_a_curve() -> None:
    x, nan = np.arange(9.0), np.nan
    y = np.array([nan, 1, 2, nan, 3, np.inf, 4, 5, 6])
    assert [piece.tolist() for piece in finite_pieces(x, y)] == [[[1, 1], [2, 2]], [[6, 4], [7, 5], [8, 6]]]
    assert list(finite_pieces(x, np.full(9, nan))) == []
    assert list(finite_pieces(x[:0], y[:0])) == []


@settings(deadline=None)
@given(heights, st.floats(-900, 0), st.floats(1, 900))
def test_what_is_cut_off_is_exactly_what_lies_outside(y: list[float], low: float, high: float) -> None:
    x = np.arange(len(y), dtype=float)
    at, cut_off = cut(x, np.array(y), low, high)
    inside = np.isfinite(cut_off)
    assert (cut_off[inside] >= low).all()
    assert (cut_off[inside] <= high).all()
    assert np.interp(at[inside], x, y) == pytest.approx(cut_off[inside], abs=1e-6)
    within = (np.array(y) >= low) & (np.array(y) <= high)
    assert set(x[within]) <= set(at[inside])
    length = sum(piece[-1, 0] - piece[0, 0] for piece in finite_pieces(at, cut_off))
    assert length == pytest.approx(sum(_share(*ends, low, high) for ends in pairwise(y)), abs=1e-9 * len(y))


def _share(start: float, end: float, low: float, high: float) -> Fraction:
    """Of how much of the way from one height to another it is between two bounds, in exact arithmetic."""
    a, b = Fraction(start), Fraction(end)
    if a == b:
        return Fraction(low <= start <= high)
    first, last = sorted(((Fraction(low) - a) / (b - a), (Fraction(high) - a) / (b - a)))
    return max(min(last, Fraction(1)) - max(first, Fraction(0)), Fraction(0))
