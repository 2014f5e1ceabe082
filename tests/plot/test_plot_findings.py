"""Figures and tables of experiments: all curves, all cells, nothing that overlaps, whatever the names are."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnexpr import plot
from nnexpr.experiments.data import Curve, Map, Result, Table
from nnexpr.experiments.data import Figure as FigureData
from nnexpr.experiments.wording import cell_text
from nnexpr.plot.style import GREY

WIDE = Table(
    "A table of $many$ columns",
    ["network", "min", "min, printed", "the mean over all members", "<b>regions</b>", "is it so"],
    [["Default & co", 1.25e-7, 2.5e-5, None, 32, True], ["x_1^2", float("nan"), 0.5, 123456.0, 7, False]],
)


def curves(figure: Figure) -> dict[str, tuple[list[float], list[float]]]:
    FigureCanvasAgg(figure).draw()
    return {
        str(line.get_label()): (list(line.get_xdata()), list(line.get_ydata()))
        for line in figure.axes[0].lines
    }


@pytest.mark.parametrize("log_x", [False, True])
@pytest.mark.parametrize("log_y", [False, True])
def test_a_figure_has_its_curves_and_its_axes(log_x: bool, log_y: bool) -> None:
    data = FigureData(
        "$t$", "x_0", "y^2", [Curve("_a", [1, 2, 3], [1, 4, 9]), Curve("$b$", [1, 3], [2, 2])], log_x, log_y
    )
    figure = plot.figure(data)
    assert curves(figure) == {"_a": ([1, 2, 3], [1, 4, 9]), "$b$": ([1, 3], [2, 2])}
    ax = figure.axes[0]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log" if log_x else "linear", "log" if log_y else "linear")
    assert (ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel()) == ("$t$", "x_0", "y^2")


@pytest.mark.parametrize("log", [False, True])
def test_a_map_has_its_values_at_their_places_and_the_scale_of_its_colours(log: bool) -> None:
    """Cells end half way between neighbours, of numbers or of their logarithms; what has no value is left out."""
    data = Map("$t$", "x_0", "epoch", [-1.0, 0.0, 2.0], [1.0, 100.0], [[1.0, 2.0, np.nan], [4.0, 8.0, 16.0]], "e",
               log_y=log, log=log)  # fmt: skip
    figure = plot.figure(data)
    FigureCanvasAgg(figure).draw()
    [ax] = figure.axes
    [scale] = ax.child_axes
    [mesh] = ax.collections
    corners = np.ma.getdata(mesh.get_coordinates())
    assert corners[0, :, 0] == pytest.approx([-1.5, -0.5, 1, 3])
    assert corners[:, 0, 1] == pytest.approx([0.1, 10, 1000] if log else [-48.5, 50.5, 149.5])
    np.testing.assert_array_equal(np.ma.filled(mesh.get_array(), np.nan), data.values)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log" if log else "linear")
    assert mesh.norm(mesh.norm.vmax) - mesh.norm(8.0) == pytest.approx(0.25 if log else 8 / 15)
    assert "e" in {scale.get_ylabel(), scale.get_xlabel(), scale.get_title()}


@pytest.mark.parametrize("scale", ["", "log", "diverging"])
def test_odd_maps_are_drawn_without_a_word(scale: str) -> None:
    nan, inf = float("nan"), float("inf")
    for values in ([[nan]], [[0.0]], [[-1.0]], [[inf]], [[1e300]], [[1.0, 1.0]], [[0.0, -2.0, 1e-9]]):
        x = list(range(1, 1 + len(values[0])))
        more = {scale: True} if scale else {}
        FigureCanvasAgg(
            plot.figure(Map("m", "x", "y", x, [1.0], values, "v", log_x=True, log_y=True, **more))
        ).draw()


def test_odd_curves_are_drawn_without_a_word() -> None:
    nan, inf = float("nan"), float("inf")
    odd = {"none": ([], []), "one": ([1], [1]), "gaps": ([1, 2, 3], [nan, 1, inf]), "all gaps": ([1, 2], [nan, nan]),
           "flat": ([1, 2], [0, 0]), "negative": ([-1, 1], [-1, 1]), "huge": ([1, 2], [1e200, 1e-200])}  # fmt: skip
    for log in (False, True):
        for label, (x, y) in odd.items():
            curves(plot.figure(FigureData(label, "x", "y", [Curve(label, x, y)], log, log)))
    curves(plot.figure(FigureData("nothing", "x", "y", [])))


def test_a_million_points_make_a_small_file_with_every_peak(tmp_path) -> None:
    x = np.linspace(0, 1, 1_000_000)
    y = np.sin(2000 * x) + 0.1 * np.random.default_rng(0).normal(size=len(x))
    y[777_777] = 9.0
    figure = plot.figure(FigureData("many", "x", "y", [Curve("many", x, y)]))
    assert max(curves(figure)["many"][1]) == 9.0
    for ending in ("svg", "pdf"):
        [file] = plot.save(figure, tmp_path / f"many.{ending}")
        assert file.stat().st_size < 150_000


def test_a_table_says_every_cell_and_greys_what_is_printed(tmp_path) -> None:
    figure = plot.table(WIDE)
    said = [text.get_text() for text in figure.axes[0].texts]
    for value in (cell for row in WIDE.rows for cell in row):
        assert cell_text(value) in said
    assert WIDE.title in said
    assert {word for name in WIDE.columns for word in name.split()} <= set(" ".join(said).split())
    grey = {text.get_text() for text in figure.axes[0].texts if text.get_color() == GREY}
    assert grey == {cell_text(2.5e-5), cell_text(0.5)}
    [file] = plot.save(figure, tmp_path / "table.svg")
    tree = ElementTree.parse(file)  # noqa: S314 - it is ours
    spelled = {"".join(each.itertext()) for each in tree.iter() if each.tag.endswith("text")}
    assert {"x_1^2", "Default & co", WIDE.title} <= spelled


@pytest.mark.parametrize("columns", [1, 3, 30])
@pytest.mark.parametrize("rows", [0, 1, 12])
def test_no_text_of_a_table_lies_on_another_or_outside(rows: int, columns: int) -> None:
    names = [f"column {place} with a name{' and more' * (place % 3)}" for place in range(columns)]
    cells = [
        [f"a text of some length, {row}" if not place else row * 10.0**-place for place in range(columns)]
        for row in range(rows)
    ]
    figure = plot.table(Table("A title that is longer than a narrow table is wide", names, cells))
    FigureCanvasAgg(figure).draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for one, other in combinations(boxes, 2):
        across = min(one.x1, other.x1) - max(one.x0, other.x0)
        up = min(one.y1, other.y1) - max(one.y0, other.y0)
        assert across <= 0.5 or up <= 0.5
    whole = figure.bbox
    assert all(
        whole.x0 <= box.x0 and box.x1 <= whole.x1 and whole.y0 <= box.y0 and box.y1 <= whole.y1
        for box in boxes
    )


def test_all_of_an_experiment_in_its_order() -> None:
    data = FigureData("one", "x", "y", [Curve("a", [1, 2], [1, 2])])
    figures = plot.experiment(Result([WIDE], [data, data]))
    assert [bool(each.axes[0].lines and each.axes[0].get_xlabel()) for each in figures] == [True, True, False]
    assert len(plot.experiment(Result([WIDE], [data]), tables=False)) == 1


@pytest.mark.parametrize(
    ("y", "log", "aspect"),
    [([0.0, 1.0], False, 1.0), ([0.0, 2.0], False, "auto"), ([1.0, 2.0], True, "auto")],
)
def test_a_square_of_the_plane_is_drawn_as_one(y: list[float], log: bool, aspect: object) -> None:
    x = [1.0, 2.0] if log else [0.0, 1.0]
    drawn = plot.figure(Map("m", "x1", "x2", x, y, [[0.0, 1.0], [2.0, 3.0]], "v", log_x=log, log_y=log))
    assert drawn.axes[0].get_aspect() == aspect
