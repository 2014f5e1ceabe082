"""Charts as strings, drawn by plotext: their form, and plotext as an oracle for our own lines."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pytest
from chart_cases import braille_dots, charts, frames, text_of
from hypothesis import given, settings
from rich.cells import cell_len

from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import MARKER_SETS, Axis, ChartData, Frame, Series
from nnexpr_tui.charts.text import render_text

SGR = re.compile(r"\x1b\[[0-9;]*m")


@settings(max_examples=60, deadline=None, database=None)
@given(charts, frames)
def test_any_data_become_lines_that_fit(chart, frame):
    for color in (False, True):
        lines = render_text(chart, frame.width, frame.height, color, frame.markers).split("\n")
        assert lines.pop() == ""
        assert len(lines) == max(frame.height, 8)
        for line in lines:
            plain = SGR.sub("", line) if color else line
            assert "\x1b" not in plain
            assert cell_len(plain) <= max(frame.width, 24)


@pytest.mark.parametrize("markers", MARKER_SETS)
def test_series_differ_without_colour(markers):
    x = np.linspace(0, 1, 50)
    chart = ChartData(tuple(Series(x, x * 0 + i, f"line {i}") for i in range(4)))
    lines = render_text(chart, 78, 20, False, markers).splitlines()
    drawn = {line[7:].strip() for line in lines[1:-2]} - {""}
    assert len(drawn) == 4


@pytest.mark.parametrize("frequency", [1.0, 3.0, 9.0])
def test_our_lines_are_where_plotext_draws_them(frequency):
    x = np.linspace(0, 1, 200)
    chart = ChartData((Series(x, np.sin(frequency * x)),), Axis(limits=(0, 1)), Axis(limits=(-1, 1)))
    canvases = [
        [line.ljust(78)[7:] for line in lines[:-2]]
        for lines in (
            text_of(rasterise(chart, Frame(78, 24))),
            render_text(chart, 78, 24, False).splitlines(),
        )
    ]
    ours, plotexts = map(braille_dots, canvases)
    assert ours
    for some, others in ((ours, plotexts), (plotexts, ours)):
        assert all(any((x + i, y + j) in others for i in (-1, 0, 1) for j in (-1, 0, 1)) for x, y in some)


def test_the_string_does_not_depend_on_the_order_of_sets():
    program = (
        "from nnexpr_tui.charts.series import ChartData, Series\n"
        "from nnexpr_tui.charts.text import render_text\n"
        "print(render_text(ChartData((Series([0,1,2],[0,1,4],'a'),Series([0,2],[3,0],'b',style='points'))),60,14))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1


def test_drawing_a_string_needs_no_textual():
    program = (
        "import sys; from nnexpr_tui.charts.series import ChartData\n"
        "from nnexpr_tui.charts.text import render_text; render_text(ChartData());"
        "print('textual' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
