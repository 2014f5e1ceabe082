"""The chart in an application: it repaints what changed and nothing else, and follows size and theme."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from textual.app import App

from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series
from nnexpr_tui.charts.widget import Chart

X = np.linspace(0, 1, 100)


def chart_data(phase=0.0, peak=0.0):
    y = np.sin(6 * X + phase)
    y[50] += peak
    return ChartData((Series(X, y, "fit", "accent"),), Axis(limits=(0, 1)), Axis(limits=(-2, 2)))


class CountingChart(Chart):
    """Notes the regions it repaints and the lines it renders."""

    def __init__(self):
        super().__init__(id="chart")
        self.repainted: list = []
        self.rendered: list[int] = []

    def refresh(self, *regions, **options):
        if hasattr(self, "repainted"):
            self.repainted.append(regions)
        return super().refresh(*regions, **options)

    def render_line(self, y):
        self.rendered.append(y)
        return super().render_line(y)

    def forget(self):
        self.repainted.clear()
        self.rendered.clear()


class ChartApp(App):
    CSS = "Chart { border: round $primary; }"

    def __init__(self):
        super().__init__()
        self.announced = 0

    def compose(self):
        yield CountingChart()

    def on_chart_frame_changed(self):
        self.announced += 1


async def settled(pilot, chart, data):
    chart.update_chart(data)
    await pilot.pause()
    chart.forget()


def shown(chart):
    return [chart.render_line(y).text for y in range(chart.content_size.height)]


async def test_only_rows_that_changed_are_repainted():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await pilot.pause(0.1)
        await settled(pilot, chart, chart_data())
        old = rasterise(chart_data(), chart.frame)
        new = rasterise(chart_data(peak=0.3), chart.frame)
        different = {y for y, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
        assert 0 < len(different) < chart.content_size.height
        assert chart.show(new) > 0
        await pilot.pause()
        regions = [region for call in chart.repainted for region in call]
        assert {region.y for region in regions} == different
        assert all(region.height == 1 for region in regions)
        assert set(chart.rendered) == different
        assert shown(chart) == ["".join(text for text, _ in row) for row in new]


async def test_the_same_rows_repaint_nothing():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await pilot.pause(0.1)
        await settled(pilot, chart, chart_data())
        assert chart.update_chart(chart_data(phase=1e-6)) == 0
        await pilot.pause()
        assert chart.repainted == []
        assert chart.rendered == []


async def test_a_resize_is_followed_once_it_is_over():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await settled(pilot, chart, chart_data())
        await pilot.pause(0.1)
        before = pilot.app.announced
        for width in (100, 60, 50):
            await pilot.resize_terminal(width, 20)
        assert all(len(line) == chart.content_size.width for line in shown(chart))
        await pilot.pause(0.2)
        assert chart.frame.width == 48
        expected = rasterise(chart_data(), chart.frame)
        assert shown(chart) == ["".join(text for text, _ in row) for row in expected]
        assert pilot.app.announced > before


async def test_a_hidden_chart_builds_nothing_until_it_is_seen():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await settled(pilot, chart, chart_data())
        chart.display = False
        await pilot.pause()
        assert not chart.is_wanted
        chart.forget()
        assert chart.update_chart(chart_data(phase=1.0)) == 0
        await pilot.pause()
        assert chart.rendered == []
        chart.display = True
        await pilot.pause(0.2)
        assert chart.is_wanted
        expected = rasterise(chart_data(phase=1.0), chart.frame)
        assert shown(chart) == ["".join(text for text, _ in row) for row in expected]


async def test_a_theme_colours_the_same_rows():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await settled(pilot, chart, chart_data())

        def styles():
            strips = [chart.render_line(y) for y in range(chart.content_size.height)]
            return {str(segment.style) for strip in strips for segment in strip}

        lines, dark = shown(chart), styles()
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert shown(chart) == lines
        assert not dark & styles()


@pytest.mark.parametrize("color", ["no such colour", "", "[bold]", "primary", "red"])
async def test_any_colour_name_can_be_shown(color):
    async with ChartApp().run_test(size=(60, 12)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        chart.update_chart(ChartData((Series([0, 1], [0, 1], "[b]x[/b]", color),)))
        await pilot.pause()
        assert "[b]x[/b]" in shown(chart)[0]


async def test_markers_can_be_changed():
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        chart = pilot.app.query_one(CountingChart)
        await settled(pilot, chart, chart_data())
        chart.set_markers("ascii")
        await pilot.pause()
        assert "".join(shown(chart)).isascii()
        assert chart.frame == Frame(78, 22, "ascii", chart.frame.patterns)


async def test_no_colour_asks_for_patterns(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with ChartApp().run_test(size=(80, 24)) as pilot:
        assert pilot.app.query_one(CountingChart).frame.patterns


def test_the_widget_needs_neither_numpy_nor_plotext():
    program = (
        "import sys; import nnexpr_tui.charts.widget, nnexpr_tui.charts.pacing;"
        "print([m for m in ('numpy', 'plotext', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
