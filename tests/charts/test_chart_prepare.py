"""Cleaning and thinning: laws, with plain Python as the oracle."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nnexpr_tui.charts.dots import line_dots
from nnexpr_tui.charts.prepare import positions, prepare, thin
from nnexpr_tui.charts.series import Axis, Series

anything = st.floats()
few = settings(max_examples=150, deadline=None, database=None)


@few
@given(st.lists(st.tuples(anything, anything), max_size=40), st.booleans())
def test_every_value_is_shown_or_counted(points, log):
    series = Series([x for x, _ in points], [y for _, y in points], style="points")
    values = prepare(series, Axis(), Axis(log=log))
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    shown = [(x, y) for x, y in finite if y > 0 or not log]
    assert (values.non_finite, values.non_positive) == (len(points) - len(finite), len(finite) - len(shown))
    assert len(values.x) == len(values.y) == len(shown)
    assert np.isfinite(values.x).all()
    assert np.isfinite(values.y).all()
    expected = [math.log10(y) if log else min(max(y, -1e300), 1e300) for _, y in shown]
    np.testing.assert_allclose(values.y, expected, rtol=1e-12)


def test_a_line_breaks_where_a_value_is_missing():
    values = prepare(Series(range(6), [1, 2, math.nan, 3, 4, math.inf]), Axis(), Axis())
    assert values.x.tolist() == [0, 1, 3, 4]
    assert values.pieces[0] == values.pieces[1] != values.pieces[2] == values.pieces[3]


def test_a_line_is_drawn_in_order_of_x():
    values = prepare(Series([2, 0, 1], [20, 0, 10]), Axis(), Axis())
    assert values.x.tolist() == [0, 1, 2]
    assert values.y.tolist() == [0, 10, 20]


def test_the_longer_of_x_and_y_is_cut_and_ticks_need_no_y():
    assert len(prepare(Series([1, 2, 3], [1]), Axis(), Axis()).x) == 1
    assert len(prepare(Series([1, 2, 3], style="ticks"), Axis(), Axis()).x) == 3
    assert len(prepare(Series([1, 2], [0, 0], style="band", upper=[1, math.nan]), Axis(), Axis()).x) == 1


@few
@given(st.lists(st.tuples(st.floats(0, 20), st.floats(-1e3, 1e3)), min_size=1, max_size=300))
def test_thinning_keeps_the_extremes_and_ends_of_each_column(points):
    points.sort()
    columns, y = np.array(points).T
    kept = thin(columns, y, np.zeros(len(y), dtype=np.intp))
    assert (np.diff(kept) > 0).all()
    before: dict[int, list[float]] = {}
    after: dict[int, list[float]] = {}
    for index, (column, value) in enumerate(points):
        before.setdefault(round(column), []).append(value)
        if index in set(kept.tolist()):
            after.setdefault(round(column), []).append(value)
    assert before.keys() == after.keys()
    for column, values in after.items():
        assert len(values) <= 4
        assert (min(values), max(values)) == (min(before[column]), max(before[column]))
        assert (values[0], values[-1]) == (before[column][0], before[column][-1])


@few
@given(st.lists(st.tuples(st.floats(0, 15), st.floats(-5, 20)), min_size=1, max_size=300), st.booleans())
def test_a_thinned_line_covers_the_same_dots(points, broken):
    points.sort()
    columns, y = np.array(points).T
    pieces = (np.arange(len(y)) // 50 if broken else np.zeros(len(y))).astype(np.intp)
    kept = thin(columns, y, pieces)
    every, some = (
        set(zip(*(dots.tolist() for dots in line_dots(columns[i], y[i], pieces[i], 16, 16)[:2]), strict=True))
        for i in (slice(None), kept)
    )
    assert every == some


@few
@given(st.floats(-1e300, 1e300), st.integers(1, 400))
def test_positions_run_from_the_lower_to_the_upper_limit(value, count):
    ends = positions(np.array([-1e300, 1e300]), (-1e300, 1e300), count)
    assert ends.tolist() == [0, count - 1]
    inside = positions(np.array([value]), (-1e300, 1e300), count)[0]
    assert 0 <= inside <= count - 1
    assert np.isfinite(positions(np.array([value]), (0, 1e-300), count)).all()
