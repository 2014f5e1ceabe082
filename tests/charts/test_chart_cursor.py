"""A chart's cursor: it stands at places of the data, each can be reached, and it reads what the series hold there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr_tui.charts.cursor import moved, nearest, places, readings
from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import MARKER_SETS, Axis, ChartData, Frame, Series

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40, unique=True)


def chart_of(x: list[float], *, log: bool = False) -> ChartData:
    at = np.array(x)
    line = Series(at, np.sin(at), "sine")
    return ChartData((line, Series(at[:1], at[:1], "one", style="points")), Axis(log=log))


@given(NUMBERS)
def test_at_each_place_the_value_is_that_of_the_series_to_the_bit(x: list[float]) -> None:
    chart = chart_of(x)
    assert places(chart).tolist() == sorted(x)
    for at in x:
        assert nearest(chart, at) == at
        read = dict(readings(chart, at))
        assert read["sine"] == (float(np.sin(np.array(x))[x.index(at)]),)
        assert read["one"] == (x[0],)


@given(NUMBERS, st.sampled_from([1, 3, 10]), st.integers(1, 200), st.booleans())
def test_steps_lead_from_end_to_end_and_back(x: list[float], columns: int, width: int, log: bool) -> None:
    chart = chart_of([abs(each) + 1e-9 for each in x] if log else x, log=log)
    there = places(chart)
    for direction in (1, -1):
        at = float(there[0 if direction > 0 else -1])
        for _ in there:
            further = moved(chart, at, direction * columns, width)
            assert further is not None
            end = there[-1 if direction > 0 else 0]
            assert (further - at) * direction > 0 or at == further == end
            at = further
        assert moved(chart, at, direction * 1e9, width) == end


def test_a_line_is_read_between_its_corners_as_it_is_drawn_a_band_with_both_edges_ticks_by_the_nearest() -> (
    None
):
    chart = ChartData(
        (
            Series((0.0, 1.0, 3.0), (0.0, 2.0, 0.0), "tent"),
            Series((0.0, 3.0), (-1.0, -4.0), "band", style="band", upper=(1.0, 4.0)),
            Series((0.4, 2.2), (), "bends", style="ticks"),
            Series((1.0, 2.0), (5.0, 6.0), "short"),
            Series((0.0, 3.0), (0.0, 0.0)),
            Series((), (), "nothing"),
        ),
        facts=lambda: (Series((2.0,), (7.0,), "fact"),),
    )
    assert dict(readings(chart, 2.0)) == {
        "tent": (1.0,), "band": (-3.0, 3.0), "bends": (2.2,), "short": (6.0,), "fact": (7.0,),
    }  # fmt: skip
    assert "short" not in dict(readings(chart, 0.5))


def test_where_nothing_has_a_place_the_cursor_has_none() -> None:
    for series in ((), (Series((np.nan,), (1.0,)),), (Series((1.0,), (), style="ticks"),)):
        chart = ChartData(series)
        assert nearest(chart, 0.0) is None
        assert moved(chart, 0.0, 1, 10) is None
    assert places(ChartData((Series((-1.0, 0.0, 2.0), (1, 1, 1)),), Axis(log=True))).tolist() == [2.0]
    assert places(ChartData((Series((0.0, 1.0, 2.0), (1, 1, 1)),), Axis(limits=(0.5, 9.0)))).tolist() == [
        1.0,
        2.0,
    ]


@pytest.mark.parametrize("markers", MARKER_SETS)
@pytest.mark.parametrize("log", [False, True])
def test_the_rule_stands_behind_the_curves_in_the_column_of_its_place(markers, log: bool) -> None:
    x = np.geomspace(1.0, 100.0, 50) if log else np.linspace(0.0, 1.0, 50)
    plain = ChartData((Series(x, np.linspace(0.0, 1.0, 50)),), Axis(log=log, limits=(x[0], x[-1])))
    frame = Frame(60, 20, markers)
    drawn = {}
    for name, cursor in (("none", None), ("first", float(x[0])), ("last", float(x[-1]))):
        rows = rasterise(ChartData(plain.series, plain.x_axis, cursor=cursor), frame)
        drawn[name] = ["".join(text for text, _ in row) for row in rows]
    for name in ("first", "last"):
        columns = {
            column
            for before, after in zip(drawn["none"], drawn[name], strict=True)
            for column, (a, b) in enumerate(zip(before, after, strict=True))
            if a != b
        }
        assert len(columns) == 1
        assert all(
            a in (b, " ")
            for x, y in zip(drawn["none"], drawn[name], strict=True)
            for a, b in zip(x, y, strict=True)
        )
        drawn[name + " column"] = list(columns)
    assert drawn["last column"][0] == 59
    assert drawn["first column"][0] < 12
