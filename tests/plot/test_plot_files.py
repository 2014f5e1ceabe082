"""Figures as files: whole, the same bytes for the same figure, opened by other programs, refused in one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure
from PIL import Image

from nnexpr import plot
from nnexpr.experiments.data import Curve
from nnexpr.experiments.data import Figure as FigureData
from nnexpr.specification import InputError


def figure(title: str = "a title") -> Figure:
    return plot.figure(FigureData(title, "x", "y", [Curve("a", [1, 2], [1, 2]), Curve("b", [1, 2], [2, 1])]))


@pytest.mark.parametrize("ending", ["pdf", "png", "svg", "PNG"])
def test_the_same_figure_is_the_same_bytes(tmp_path: Path, ending: str) -> None:
    files = [plot.save(figure(), tmp_path / f"{name}.{ending}", title="t", origin="o")[0] for name in "ab"]
    assert files[0].read_bytes() == files[1].read_bytes()
    figure().savefig(tmp_path / "c.svg")
    figure().savefig(tmp_path / "d.svg")
    assert (tmp_path / "c.svg").read_bytes() == (tmp_path / "d.svg").read_bytes()


def test_other_programs_open_them(tmp_path: Path) -> None:
    made = figure()
    [png] = plot.save(made, tmp_path / "a.png", dpi=100, title="a title", origin="how it was made")
    with Image.open(png) as picture:
        picture.load()
        assert picture.size == tuple(int(side * 100) for side in made.get_size_inches())
        assert picture.text["Description"] == "how it was made"
    [svg] = plot.save(made, tmp_path / "a.svg", origin="how <it> was made")
    whole = "".join(ElementTree.parse(svg).getroot().itertext())  # noqa: S314 - it is ours
    assert "how <it> was made" in whole
    assert "a title" in whole
    [pdf] = plot.save(made, tmp_path / "a.pdf", origin="how it was made")
    content = pdf.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"how it was made" in content
    assert b"/FontFile2" in content  # TrueType is embedded
    assert b"/Type3" not in content


def test_several_are_pages_or_numbered_files(tmp_path: Path) -> None:
    several = [figure(str(number)) for number in range(3)]
    [pdf] = plot.save(several, tmp_path / "all.pdf")
    assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == 3
    files = plot.save(several, tmp_path / "all.svg")
    assert [file.name for file in files] == ["all-1.svg", "all-2.svg", "all-3.svg"]
    assert [re.findall(r">(\d+)</text>", file.read_text())[-1] for file in files] == [
        str(n) for n in range(3)
    ]


@pytest.mark.parametrize("name", ["a", "a.jpg", "a.pdf.gz", ".svgz", ""])
def test_another_ending_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"end in \.pdf, \.png, \.svg"):
        plot.save(figure(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_what_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [file] = plot.save(figure(), tmp_path / "a.pdf")
    before, broken = file.read_bytes(), figure()
    monkeypatch.setattr(broken.axes[0].lines[0], "draw", lambda renderer: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        plot.save([figure(), broken], file)
    assert file.read_bytes() == before
    with pytest.raises(ZeroDivisionError):
        plot.save([figure(), broken], tmp_path / "b.png")
    assert [each.name for each in tmp_path.iterdir()] == ["a.pdf"]
