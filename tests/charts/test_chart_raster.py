"""Rows of a chart: their size whatever the data, and the dots of lines, points, bands and ticks."""

from __future__ import annotations

import itertools
import unicodedata
from fractions import Fraction

import numpy as np
import pytest
from chart_cases import braille_dots, cells, charts, frames, text_of
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.rows import changed_rows
from nnexpr_tui.charts.series import MARKER_SETS, Axis, ChartData, Frame, Series

few = settings(max_examples=100, deadline=None, database=None)


@few
@given(charts, frames)
def test_any_data_fill_any_frame_exactly(chart, frame):
    keeper = LimitKeeper()
    for _ in range(2):  # the second time with the limits that were kept
        lines = text_of(rasterise(chart, frame, keeper))
        assert len(lines) == frame.height
        assert all(cell_len(line) == frame.width for line in lines)
        assert all(unicodedata.category(c)[0] not in "C" for line in lines for c in line)


@few
@given(charts, frames)
def test_runs_are_merged(chart, frame):
    for row in rasterise(chart, frame):
        assert all(text for text, _ in row)
        assert all(a[1] != b[1] for a, b in itertools.pairwise(row))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 5), (5, 0)])
def test_a_frame_without_cells_has_empty_rows(width, height):
    assert rasterise(ChartData(), Frame(width, height)) == ((),) * height


def bare(x, y, width, height, **options):
    """A line on axes of one unit a dot, in a frame too small for anything but the canvas."""
    chart = ChartData(
        (Series(x, y, **options),),
        Axis(limits=(0, 2 * width - 1)),
        Axis(limits=(0, 4 * height - 1)),
    )
    return text_of(rasterise(chart, Frame(width, height)))


@pytest.mark.parametrize("falling", [False, True])
def test_a_diagonal_has_one_dot_in_each_column(falling):
    y = [15, 0] if falling else [0, 15]
    expected = {(i, i if falling else 15 - i) for i in range(16)}
    assert braille_dots(bare([0, 15], y, 8, 4)) == expected


@few
@given(st.tuples(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.integers(0, 15)))
def test_a_line_is_the_dots_nearest_to_it(ends):
    x0, y0, x1, y1 = ends
    dots = {(x, 15 - row) for x, row in braille_dots(bare([x0, x1], [y0, y1], 8, 4))}
    steep = abs(y1 - y0) > abs(x1 - x0)
    if steep:
        dots = {(y, x) for x, y in dots}
        x0, y0, x1, y1 = y0, x0, y1, x1
    assert sorted(x for x, _ in dots) == list(range(min(x0, x1), max(x0, x1) + 1)), "one dot each"
    for x, y in dots:
        exact = y0 + Fraction(y1 - y0, x1 - x0 or 1) * (x - x0)
        assert abs(y - exact) <= Fraction(1, 2)


def test_a_line_is_cut_at_the_canvas_not_bent():
    inside = braille_dots(bare([-1000, 1015], [-1000, 1015], 8, 4))
    assert inside == {(i, 15 - i) for i in range(16)}
    assert bare([0, 15], [100, 100], 8, 4) == [" " * 8] * 4


def test_a_spike_of_one_sample_in_many_is_seen():
    y = np.zeros(100_000)
    y[54_321] = 15
    x = np.linspace(0, 15, len(y))
    dots = braille_dots(bare(x, y, 8, 4))
    assert {row for _, row in dots} == set(range(16))
    assert {column for column, row in dots if row < 15} == {round(x[54_321])}


@few
@given(st.lists(st.integers(0, 15), min_size=16, max_size=16), st.data())
def test_what_moves_by_less_than_a_dot_changes_no_row(y, data):
    shift = st.floats(-0.45, 0.45)
    moved = [value + data.draw(shift) for value in y]
    before, after = (
        rasterise(
            ChartData((Series(range(16), values),), Axis(limits=(0, 15)), Axis(limits=(-0.5, 15.5))),
            Frame(8, 4),
        )
        for values in ([*map(float, y)], y)
    )
    assert changed_rows(before, after) == []
    chart = ChartData((Series(range(16), moved),), Axis(limits=(0, 15)), Axis(limits=(0, 15)))
    still = ChartData((Series(range(16), y),), Axis(limits=(0, 15)), Axis(limits=(0, 15)))
    assert changed_rows(rasterise(still, Frame(8, 4)), rasterise(chart, Frame(8, 4))) == []


@few
@given(charts, charts, frames)
def test_painting_the_changed_cells_turns_one_frame_into_the_next(first, second, frame):
    old, new = rasterise(first, frame), rasterise(second, frame)
    painted = [cells(row) for row in old]
    for y, count in changed_rows(old, new):
        painted[y][:count] = cells(new[y])[:count]
    assert painted == [cells(row) for row in new]


@pytest.mark.parametrize("markers", MARKER_SETS)
def test_series_differ_without_colour(markers):
    x = np.linspace(0, 1, 50)
    chart = ChartData(tuple(Series(x, x * 0 + i, f"line {i}") for i in range(4)))
    lines = text_of(rasterise(chart, Frame(78, 20, markers, patterns=True)))
    used = [line[7:].strip() for line in lines[1:] if len(set(line[7:].strip())) > 0]
    drawn = [line for line in used if "line" not in line][:4]
    assert len(set(drawn)) == 4
    assert all(f"line {i}" in lines[0] for i in range(4))


def test_the_ascii_set_is_ascii():
    x = np.linspace(0, 1, 50)
    styles = (
        Series(x, x, "band", style="band", upper=x + 1),
        Series(x, x, "line"),
        Series(x, x, "points", style="points"),
        Series(x, label="bends", style="ticks"),
    )
    lines = text_of(rasterise(ChartData(styles, title="t"), Frame(78, 20, "ascii", patterns=True)))
    assert "".join(lines).isascii()


def test_ticks_have_a_row_of_their_own_under_the_canvas():
    x = [0.0, 0.5, 1.0]
    with_ticks = ChartData(
        (Series([0, 1], [0, 1]), Series(x, style="ticks", color="warning")), Axis(limits=(0, 1))
    )
    rows = rasterise(with_ticks, Frame(60, 12))
    row = rows[-3]
    assert [color for _, color in row if color == "warning"]
    marks = [(c, color) for c, color in cells(row) if c not in " │"]
    assert [color for _, color in marks] == ["warning"] * 3
    assert not any("warning" in (color for _, color in other) for other in rows if other != row)


def test_what_cannot_be_shown_is_counted_and_no_data_say_so():
    chart = ChartData((Series(range(5), [1, np.nan, np.inf, 0, -1]),), y_axis=Axis(log=True))
    assert "2 non-finite, 2 not positive" in text_of(rasterise(chart, Frame(60, 12)))[0]
    assert "no data" in "".join(text_of(rasterise(ChartData(), Frame(60, 12))))


def test_a_band_covers_from_lower_to_upper():
    chart = ChartData(
        (Series([0, 15], [4, 4], style="band", upper=[11, 11]),), Axis(limits=(0, 15)), Axis(limits=(0, 15))
    )
    assert text_of(rasterise(chart, Frame(8, 4))) == [" " * 8, "░" * 8, "░" * 8, " " * 8]


def test_a_point_beyond_the_canvas_is_not_drawn_elsewhere():
    chart = ChartData(
        (Series([-5, 20, 3], [3, 3, 99], style="points"),), Axis(limits=(0, 15)), Axis(limits=(0, 15))
    )
    assert text_of(rasterise(chart, Frame(8, 4))) == [" " * 8] * 4


def test_limits_hold_what_they_are_asked_to_include():
    chart = ChartData((Series([0, 90], [1, 0]),), Axis(include=(0, 90)), Axis(log=True))
    labels = text_of(rasterise(chart, Frame(60, 12)))[-1].split()
    assert (labels[0], labels[-1]) == ("0", "100")  # though the only value with a place is at 0


def test_a_legend_has_whole_names_as_many_as_there_is_room_for():
    names = ("target", "the fit of all", "bends")
    series = tuple(Series((0.0, 1.0), (k, 1.0), name) for k, name in enumerate(names))
    whole = text_of(rasterise(ChartData(series), Frame(200, 8, "ascii")))[0].rstrip()
    ends = [whole.index(name) + len(name) for name in names]
    for width in range(ends[0], 60):
        shown = text_of(rasterise(ChartData(series), Frame(width, 8, "ascii")))[0].rstrip()
        assert shown == whole[: max(end for end in ends if end <= width)]
