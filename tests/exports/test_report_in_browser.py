"""Reports in a browser that has no network: figures are drawn from their numbers, and verdicts filter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browsing import Opener
from found import CLAIMS, FIGURE, LOGS, hostile_report, report

from nnexpr.exports.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(report(), path)
    return path


def drawn(page: Page, number: int, name: str) -> np.ndarray:
    """The points of a mark (points, 2), by the axes of its chart: exponents where an axis is logarithmic."""
    svg = page.locator(f"#figure-0-{number} .plot svg")
    plot = json.loads(svg.get_attribute("data-plot") or "")
    path = svg.locator(f'path[data-name="{name}"]').get_attribute("d") or ""
    points = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path), dtype=np.float64)
    across = (points[:, 0] - plot["left"]) / plot["inner"]
    upwards = 1 - (points[:, 1] - plot["top"]) / plot["high"]
    return np.stack(
        [low + share * (high - low) for share, (low, high) in ((across, plot["x"]), (upwards, plot["y"]))], 1
    )


def test_curves_are_drawn_at_their_numbers(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    up, one = FIGURE.series
    points = np.stack([up.x, up.y], 1)
    np.testing.assert_allclose(drawn(page, 0, "curve-0"), points[[0, 1, 3]], atol=0.02)
    np.testing.assert_allclose(drawn(page, 0, "points-1"), [[one.x[0], one.y[0]]], atol=0.02)
    path = page.locator('#figure-0-0 path[data-name="curve-0"]').get_attribute("d") or ""
    assert path.count("M") == 2, "what is not a number breaks the line"
    exponents = np.log10([[LOGS.series[0].x[k], LOGS.series[0].y[k]] for k in (0, 2)])
    np.testing.assert_allclose(drawn(page, 1, "curve-0"), exponents, atol=0.02)


def test_maps_have_the_colour_of_the_nearest_value(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    colours = page.locator("#figure-0-2 .plot canvas").evaluate(
        """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const at = (x, y) => 4 * (Math.floor(y * canvas.height) * canvas.width + Math.floor(x * canvas.width));
            return [[0.05, 0.95], [0.3, 0.95], [0.95, 0.95], [0.05, 0.05], [0.3, 0.05], [0.95, 0.05]].map(
                ([x, y]) => [...data.slice(at(x, y), at(x, y) + 4)]);
        }"""
    )
    light = [sum(colour[:3]) for colour in colours]
    assert [colour[3] for colour in colours] == [255, 255, 0, 255, 255, 255], "no value, no colour"
    assert light[4] > light[0] > light[1] > light[3] > light[5], "on a light ground what is large is dark"


def test_verdicts_filter_the_claims(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    boxes = page.get_by_role("group", name="Show claims with the verdict").get_by_role("checkbox")
    assert boxes.count() == 4
    rows = page.locator("tr[data-verdict]")
    assert sum(rows.nth(k).is_visible() for k in range(rows.count())) == 5
    page.get_by_role("checkbox", name="✓ holds", exact=True).uncheck()
    assert [rows.nth(k).is_visible() for k in range(5)] == [False, True, True, True, False]
    assert page.locator("#shown").inner_text() == "3 of 5 claims are shown"
    headings = {
        name: page.get_by_role("heading", name=f"Title of {name}").is_visible()
        for name in ("works", "holds", "bare")
    }
    assert headings == {"works": True, "holds": False, "bare": True}
    page.get_by_role("checkbox", name="✓ holds", exact=True).check()
    assert page.get_by_role("heading", name="Title of holds").is_visible()


def test_contents_lead_to_the_experiments(opened: Opener, page_file: Path) -> None:
    page = opened(page_file)
    contents = page.get_by_role("navigation", name="Contents")
    assert contents.get_by_role("link").all_inner_texts() == [
        "first", "Title of works", "second", "Title of holds", "Title of bare",
    ]  # fmt: skip
    assert (
        contents.get_by_role("img", name="1 fails, 1 not judged, 1 holds as corrected, 1 holds").count() == 1
    )
    page.get_by_role("link", name="Title of bare").click()
    assert page.evaluate("location.hash") == "#experiment-bare"


@pytest.mark.parametrize("width", [320, 1500])
def test_it_fits_a_phone_and_a_lecture_hall(opened: Opener, page_file: Path, width: int) -> None:
    page = opened(page_file, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    claim = page.get_by_role("rowheader" if width > 700 else "cell").first
    assert claim.count() == 1
    assert page.get_by_text(CLAIMS[1].statement).is_visible()


def test_on_paper_everything_is_there(opened: Opener, page_file: Path) -> None:
    page = opened(page_file, color_scheme="dark")
    page.get_by_role("checkbox", name="✓ holds", exact=True).uncheck()
    page.emulate_media(media="print")
    assert not page.locator("#filter").is_visible()
    assert page.locator("table").count() == 5
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tall = page.locator(".table").evaluate_all("(all) => all.map((each) => getComputedStyle(each).maxHeight)")
    assert set(tall) == {"none"}


def test_text_from_outside_stays_text(opened: Opener, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    write_report(hostile_report(), path)
    page = opened(path)
    assert page.evaluate("window.hacked") is None
    assert page.locator("script").count() == 2
    assert "</script>" in page.locator("h3").first.inner_text()
    assert page.locator("figure svg[data-plot]").count() == 2
