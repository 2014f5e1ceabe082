"""Objects in a notebook: cards that say what they are, escaped, small, without matplotlib, and never a failure."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

import nnexpr
from nnexpr.experiments.data import Claim, Curve, Figure, Map, Result, Table
from nnexpr.notebook.html import MOST_ROWS
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.scene import scene_of
from nnexpr.shown import Shown
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of

TARGET = nnexpr.target("fourier", terms=3, points=64)
FIT = nnexpr.fit(nnexpr.mlp(depth=3, width=8, members=3), TARGET, epochs=20, lr=5e-3)
CELLS = nnexpr.plane_regions(nnexpr.mlp(depth=3, width=6, inputs=2), ((-1, 1), (-1, 1)))
GRAPH = replace(nnexpr.graph_of(nnexpr.mlp(depth=2, width=7)), names=("input", "<b>", "fc & co", "fc 2"))
X = np.linspace(-1, 1, 50)
CLAIM = Claim("M1", "It <b>holds</b>", 1.5, 2, None, "not measured", "it is $3")
TABLE = Table("A <table>", ["a & b", "c"], [[1, None]] * 100)
CURVES = Figure("F", "x", "y", [Curve("one", [1, 2, 3], [1, 4, 9])])


def recording():
    session = session_of(FitSpecification.make(target="cube", width=(4,), points=16))
    recorder = Recorder(session, scene_of(session))
    recorder.add(session.snapshot())
    return recorder.recording()


THINGS = {
    "target": (TARGET, {"64", TARGET.name}),
    "network": (FIT.network, {"relu", "8", f"{FIT.network.parameter_count:,}"}),
    "graph": (GRAPH, {"&lt;b&gt;", "fc &amp; co", "Dense", "7"}),
    "fit": (FIT, {f"{float(FIT.loss.min()):.4g}", "Fit of fourier"}),
    "history": (FIT.history, {"History"}),
    "recording": (recording(), {"Recording of cube"}),
    "line": (FIT.regions()[0], {f"{FIT.regions()[0].count:,}", "certified"}),
    "plane": (CELLS, {f"{CELLS.count:,}", f"{CELLS.activation_regions:,}"}),
    "spectrum": (nnexpr.spectrum("relu", knots=40), {"slope", "40 of relu"}),
    "least squares": (nnexpr.least_squares(X, X**2, 5), {"5 knots"}),
    "claim": (CLAIM, {"It &lt;b&gt;holds&lt;/b&gt;", "not judged", "1.5"}),
    "table": (TABLE, {"A &lt;table&gt;", "a &amp; b", "60 rows more"}),
    "figure": (CURVES, {"one"}),
    "map": (Map("M", "x", "y", [0, 1], [0, 1], [[1, 2], [3, 4]], "z"), {"2 × 2"}),
    "result": (Result([TABLE], [CURVES], [CLAIM]), {"1 claim, 1 table, 1 figure", "not judged"}),
}


def parsed(html: str) -> ElementTree.Element:
    """As strict XML: what is opened is closed, and nothing that was given is markup."""
    return ElementTree.fromstring(html)  # noqa: S314 - it is ours


@pytest.mark.parametrize("name", THINGS)
def test_each_object_says_what_it_is_in_a_small_card(name: str) -> None:
    thing, told = THINGS[name]
    assert isinstance(thing, Shown)
    html = thing._repr_html_()
    assert html is not None
    tags = {each.tag.rpartition("}")[2] for each in parsed(html).iter()}
    assert not tags & {"script", "style", "link", "img", "iframe"}
    assert all(part in re.sub(r"</?(div|strong|td|th)[^>]*>", " ", html) for part in told), html
    assert len(html) < 30_000


def test_the_card_of_a_residual_network_says_what_is_added() -> None:
    """A ResMMNN adds what the block before gave; below the first layer are the features."""
    network = nnexpr.mmnn(20, 4, 4, residual=True)
    said = re.findall(r"adds layer \d|adds the features", network._repr_html_())
    assert said == ["adds layer 2", "adds layer 4"]
    first, second, *rest = nnexpr.mlp(depth=3, width=1).layers
    network = nnexpr.Network((first, replace(second, adds=2), *rest), torch.zeros(1, 6))
    assert re.findall(r"adds layer \d|adds the features", network._repr_html_()) == ["adds the features"]


def test_a_chart_has_the_shape_of_its_curve() -> None:
    svg = parsed(FIT._repr_html_()).find(".//{http://www.w3.org/2000/svg}svg")
    truth, fitted = (
        np.array([pair.split(",") for pair in line.get("points").split()], dtype=float) for line in svg
    )
    x = np.linspace(0, 1, 201)
    own = TARGET.function(x[:, None])
    assert truth[:, 1].argmin() / len(truth) == pytest.approx(own.argmax() / 201, abs=0.02)  # down is up
    assert (np.diff(truth[:, 0]) >= 0).all()
    assert len(fitted) == 201
    many = Figure("many", "x", "y", [Curve("one", np.arange(200_000.0), np.sin(np.arange(200_000.0)))])
    assert len(many._repr_html_()) < 5_000


def test_polygons_are_the_cells() -> None:
    drawn = [each for each in parsed(CELLS._repr_html_()).iter() if each.tag.endswith("polygon")]
    assert len(drawn) == CELLS.activation_regions


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "' onload='x", '" onerror="x', "&amp;", "]]>", "\x00\x1b[2J"]
)
def test_names_are_text(text: str) -> None:
    for thing in (
        replace(TARGET, name=text, formula=text, source=text, notes=(text,)),
        Table(text, [text], [[text]]),
        Claim(text, text, text, text, text, "holds", text),
        Figure(text, text, text, [Curve(text, [0, 1], [0, 1])]),
    ):
        root = parsed(thing._repr_html_())
        assert {each.tag.rpartition("}")[2] for each in root.iter()} <= {
            "div", "strong", "table", "thead", "tbody", "tr", "td", "th", "svg", "polyline", "caption",
        }  # fmt: skip
        assert not any(name.startswith("on") for each in root.iter() for name in each.attrib)


def test_what_is_large_stays_small_and_quick() -> None:
    deep = nnexpr.mlp(depth=60, width=2)
    assert deep._repr_html_().count("<tr>") < 25
    assert TABLE._repr_html_().count("<tr>") == MOST_ROWS + 1
    large = nnexpr.plane_regions(nnexpr.mlp(depth=3, width=40, inputs=2, init="kaiming"), ((-1, 1), (-1, 1)))
    assert large.activation_regions > 300
    assert len(large._repr_html_()) < 2_000


@pytest.mark.parametrize("name", ["target", "fit", "plane", "spectrum", "figure"])
def test_pictures_where_matplotlib_is_there(name: str) -> None:
    picture = THINGS[name][0]._repr_png_()
    assert picture is not None
    with Image.open(BytesIO(picture)) as opened:
        opened.load()
        assert max(opened.size) < 1000
    assert THINGS["claim"][0]._repr_png_() is None


def test_cards_need_no_matplotlib_and_importing_costs_none_of_it() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; import nnexpr\n"
        "target = nnexpr.target('cube', points=8)\n"
        "assert 'nnexpr.notebook' not in sys.modules\n"
        "assert target._repr_html_().startswith('<div>')\n"
        "assert target._repr_png_() is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_showing_never_raises() -> None:
    broken = replace(TARGET, function=lambda x: 1 / 0)
    assert broken._repr_html_() is None
    assert broken._repr_png_() is None
    nothing = replace(TARGET, function=lambda x: np.full(len(x), np.nan))
    assert nothing._repr_html_() is not None

    class Unknown(Shown):
        pass

    assert Unknown()._repr_html_() is None
