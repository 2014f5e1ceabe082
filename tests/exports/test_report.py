"""Reports: every claim, table and number is there, no text becomes markup, and what is not whole says so."""

from __future__ import annotations

import json
import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from found import AROUND, CLAIMS, FIGURE, LOGS, MAP, TABLE, hostile_report, report
from markup import Elements

from nnexpr.exports.page.html import found_data
from nnexpr.exports.report import SCRIPTS, STYLES, rendered_report


class Tables(HTMLParser):
    """The cells of every table, row by row, and the scopes of its headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.scopes: list[str | None] = []
        self._cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self._cell = True
            self.tables[-1][-1].append("")
            if tag == "th":
                self.scopes.append(dict(attrs).get("scope"))

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.tables[-1][-1][-1] += data


def test_claims_stand_with_what_is_printed_and_what_was_measured() -> None:
    found = Tables(rendered_report(report()))
    assert set(found.scopes) == {"col", "row"}
    verdicts, claims, table, *_ = found.tables
    assert [row[1:] for row in claims[1:]] == [
        ["1", "1", "✓ holds", "one is another"],
        ["2 (0.25)", "1", "✗ failsIt is not.", "one is one"],
        ["2", "1", "≈ holds as corrected", "1 is 0"],
        ["–", "–", "○ not judged", "somebody does"],
    ]
    assert [row[0] for row in claims[1:]] == [f"{claim.id} {claim.statement}" for claim in CLAIMS]
    assert verdicts == [
        ["source", "✓ holds", "✗ fails", "≈ holds as corrected", "○ not judged", "claims"],
        ["first", "1", "1", "1", "1", "4"],
        ["second", "1", "–", "–", "–", "1"],
        ["all", "2", "1", "1", "1", "5"],
    ]
    assert table == [
        list(TABLE.columns),
        ["one", "1.5", "a"],
        ["none", "–", "b"],
        ["lost", "nan", "c"],
        ["", "3", ""],
    ]


def test_figures_are_data_in_the_page() -> None:
    page = rendered_report(report())
    [[lines, logs, plane, around], [], []] = found_data(page)["figures"]
    assert lines["series"][0] == {"label": "up", "x": [0, 1, 2, 3], "y": [1, 2, None, 4]}
    assert (logs["log_x"], logs["log_y"], logs["x_label"]) == (True, True, "n")
    assert plane["values"] == [[0, 1, None], [3, -4, 5]]
    assert (plane["log_y"], plane["diverging"], around["diverging"]) == (True, False, True)
    for title in (FIGURE.title, LOGS.title, MAP.title, AROUND.title):
        assert re.search(f"<figcaption[^>]*>{title}</figcaption>", page)
    json.dumps(found_data(page), allow_nan=False)


@pytest.mark.parametrize(("size", "seed"), [("full", 0), ("quick", 7), ("large", 0)])
def test_it_says_how_it_was_made(size: str, seed: int) -> None:
    page = rendered_report(report(quick=size == "quick", large=size == "large", seed=seed))
    assert ("Nothing here is a full result" in page) is (size == "quick")
    for settings, told in (("full", "all of it"), ("quick", "a bit"), ("large", "more")):
        assert (f"{told}. 12.3 s" in page) is (settings == size)
    assert f"from seed {seed}" in page
    for part in (
        "nnexpr-tui reproduce all --report a.html",
        "2023-11-14 22:13 UTC",
        "torch 2",
        "Python 3",
        "numba 0",
    ):
        assert part in page


def test_no_text_becomes_markup() -> None:
    found = Elements(rendered_report(hostile_report()))
    count = Counter(tag for tag, _ in found.tags)
    assert (count["script"], count["style"], count["b"]) == (2, 1, 1)
    assert not found.comments
    assert not any("onload" in attributes for _, attributes in found.tags)


def test_assets_are_there() -> None:
    for name in (*STYLES, *SCRIPTS):
        assert name.endswith((".css", ".js"))
    [_, script] = Elements(rendered_report(report())).inside["script"]
    assert "</" not in script


def test_places_in_the_page_are_found() -> None:
    """Every link leads somewhere, and no two places have one name."""
    found = Elements(rendered_report(report()))
    assert (found.unclosed, found.astray) == ([], [])
    places = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(places) == len(set(places))
    links = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    assert len(links) == 5
    assert {str(link).removeprefix("#") for link in links} <= set(places)
    named = {
        value for _, attributes in found.tags for key, value in attributes.items() if key == "aria-labelledby"
    }
    assert named <= set(places)
