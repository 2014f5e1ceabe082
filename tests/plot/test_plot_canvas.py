"""The canvas: a style that touches nothing of the caller's, and texts that are nothing but texts."""

from __future__ import annotations

import subprocess
import sys
import threading
from io import BytesIO
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nnexpr.plot.canvas import Drawing, drawing, drawings
from nnexpr.plot.style import COLORS, applied, dash, inches
from nnexpr.plot.texts import told
from nnexpr.specification import InputError

HOSTILE = (
    "$x^2$",
    r"\frac{1}{2}",
    "<script>alert(1)</script>",
    "$",
    "_hidden",
    "100 %",
    "a & b",
    "{x}",
    "x\ny",
)


def drawn(label: str = "a curve") -> Figure:
    with drawing(None, "column") as on:
        on.line([0.0, 1.0, 2.0], [1.0, 3.0, 2.0], label)
        on.dots([0.0, 1.0], [-2.0, 2.0], "dots")
        on.name(x="time", y="metres", title="a title")
    return on.figure


def svg(figure: Figure) -> str:
    written = BytesIO()
    figure.savefig(written, format="svg")
    return written.getvalue().decode()


def texts(figure: Figure) -> list[str]:
    """All that an SVG says, as an XML parser reads it."""
    return [
        "".join(each.itertext())
        for each in ElementTree.fromstring(svg(figure)).iter()  # noqa: S314 - it is ours
        if each.tag.endswith("text")
    ]


def test_importing_the_package_costs_no_matplotlib_and_no_torch() -> None:
    code = (
        "import sys, nnexpr; nnexpr.plot; assert not {'matplotlib', 'torch', 'numpy'} & set(sys.modules);"
        "nnexpr.plot.panels; assert 'matplotlib' in sys.modules and 'torch' not in sys.modules;"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "assert sorted(nnexpr.plot.__all__) == dir(nnexpr.plot)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_matplotlib_one_sentence_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; import nnexpr\n"
        "try: nnexpr.plot.panels\n"
        "except ImportError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert said == "figures need matplotlib, which is not installed: pip install 'nnexpr-tui[plots]'\n"


def test_no_setting_of_the_caller_is_changed_and_none_changes_a_figure() -> None:
    plain = svg(drawn())
    own = {
        "text.usetex": True,
        "axes.facecolor": "black",
        "font.size": 30,
        "svg.fonttype": "path",
        "lines.linewidth": 9,
    }
    with matplotlib.rc_context(own):
        before = dict(matplotlib.rcParams)
        hostile = drawn()
        assert dict(matplotlib.rcParams) == before
        assert svg(hostile) == plain
        assert dict(matplotlib.rcParams) == before


def test_a_figure_is_drawn_alike_by_whatever_draws_it() -> None:
    figure = drawn()
    own = {"axes.facecolor": "black", "text.usetex": True, "xtick.color": "red", "axes.unicode_minus": False}
    with matplotlib.rc_context(own):
        pictures = []
        for each in (figure, drawn()):
            canvas = FigureCanvasAgg(each)
            canvas.draw()
            pictures.append(np.asarray(canvas.buffer_rgba()).copy())
    FigureCanvasAgg(figure).draw()
    assert np.array_equal(pictures[0], pictures[1])
    assert np.array_equal(np.asarray(figure.canvas.buffer_rgba()), pictures[0])


def test_threads_draw_at_once_and_leave_nothing_behind() -> None:
    before, plain, found = dict(matplotlib.rcParams), svg(drawn()), []
    threads = [threading.Thread(target=lambda: found.append(svg(drawn()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [plain] * 4
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_drawn_as_they_are_spelled(text: str) -> None:
    with drawing(None, "page") as on:
        on.line([0.0, 1.0], [0.0, 1.0], text)
        on.line([0.0, 1.0], [1.0, 1.0], "another")
        on.name(x=f"x {text}", y=f"y {text}", title=f"title {text}")
    said = [" ".join(each.split()) for each in texts(on.figure)]
    shown = " ".join(text.split())
    assert {shown, f"x {shown}", f"y {shown}", f"title {shown}"} <= set(said)


def test_a_name_in_the_callers_axes_is_no_mathematics_either() -> None:
    figure = Figure()
    with drawing(figure.subplots(), "column") as on:
        on.line([0.0, 1.0], [0.0, 1.0], "$a$")
        on.line([0.0, 1.0], [0.0, 2.0], "_b")
        on.name(x="$c$", title="$d$")
    assert on.figure is figure
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        assert {"$a$", "_b", "$c$", "$d$"} <= set(texts(figure))


def test_signs_that_the_font_lacks_and_endless_texts() -> None:
    assert told("a\x1b[31m\n b\u202e") == "a\N{REPLACEMENT CHARACTER}[31m b\N{REPLACEMENT CHARACTER}"
    assert told("物理") == "\N{REPLACEMENT CHARACTER}" * 2
    assert told("σ ≤ 10⁻³ ‖∇f‖") == "σ ≤ 10⁻³ ‖∇f‖"
    assert len(told("x" * 10_000)) < 200


def test_a_legend_stays_within_the_figure_and_hides_nothing() -> None:
    with drawing(None, "column") as on:
        for place in range(9):
            on.line(
                [0.0, 1.0],
                [0.0, place],
                f"a curve with a long name, number {place}" + " and more" * 30 * (place == 3),
            )
        on.name(x="x", y="y")
    FigureCanvasAgg(on.figure).draw()
    [legend] = on.figure.legends
    box, axes, whole = legend.get_window_extent(), on.ax.get_window_extent(), on.figure.bbox
    assert whole.x0 <= box.x0
    assert box.x1 <= whole.x1
    assert box.y1 <= axes.y0
    assert axes.height > 0.4 * inches("column")[1] * on.figure.dpi


def test_curves_differ_in_more_than_their_colours() -> None:
    looks = {(COLORS[place % len(COLORS)], dash(place)) for place in range(49)}
    assert len(looks) == 49
    assert len({dash(place) for place in range(7)}) == 7


def test_one_point_is_a_dot_and_a_gap_is_a_gap() -> None:
    with drawing(None, "column") as on:
        one = on.line([3.0], [4.0], "one")
        gap = on.line([0.0, 1.0, 2.0, 3.0], [1.0, np.nan, 2.0, 3.0], "gap")
        none = on.line([0.0, 1.0], [np.nan, np.nan], "nothing")
        on.line([], [], "empty")
    assert one.get_marker() == gap.get_marker() == "."
    assert (one.get_markevery(), gap.get_markevery()) == ([0], [0])
    assert none.get_marker() == "None"
    assert np.isnan(gap.get_ydata()[1])
    FigureCanvasAgg(on.figure).draw()


def test_short_logarithmic_axes_have_numbers_that_can_be_read() -> None:
    with drawing(None, "column") as on:
        on.ax.set_xscale("log")
        on.line([10.0, 100.0], [0.0, 1.0])
    FigureCanvasAgg(on.figure).draw()
    shown = [tick.get_text() for tick in on.ax.get_xticklabels() if tick.get_text()]
    assert {"10", "20", "50", "100"} <= set(shown)


@pytest.mark.parametrize("size", ["wide", (0.1, 2), (3, 1000), (1, 2, 3), "", (float("nan"), 1)])
def test_a_size_that_is_none_is_refused(size) -> None:
    with pytest.raises(InputError, match="column, page or WIDTH,HEIGHT"), drawings(size):
        pass


@pytest.mark.parametrize("size", ["column", "page", (4.0, 2.5)])
def test_the_size_is_the_one_that_was_asked_for(size) -> None:
    with drawing(None, size) as on:
        on.line([0, 1], [0, 1], "one")
        on.line([0, 1], [1, 1], "two")
    width, height = inches(size)
    assert on.figure.get_figwidth() == width
    assert (
        on.figure.get_figheight() == height if isinstance(size, tuple) else on.figure.get_figheight() > height
    )


def test_only_our_own_figures_are_drawn_in_our_style() -> None:
    ax = Figure().subplots()
    assert Drawing(ax, own=False).figure is ax.figure
    with applied():
        assert matplotlib.rcParams["pdf.fonttype"] == 42
    assert matplotlib.rcParams["pdf.fonttype"] == matplotlib.rcParamsDefault["pdf.fonttype"]
