"""The heat map of a sweep in a terminal: a block for each place, a label for each row and column, gaps that say so."""

from __future__ import annotations

import math
import re

import pytest

from nnexpr.runs.sweeps.pictures import HeatMap
from nnexpr_tui.charts.blocks import EMPTY_MEANS, block_map
from nnexpr_tui.charts.heat import OWN
from nnexpr_tui.charts.maps import Ground

nan = math.nan


def a_map(values: list[list[float]], *, log: bool = False) -> HeatMap:
    """Columns and rows whose values are far from evenly spaced."""
    x = [str(4**place) for place in range(len(values[0]))]
    y = [f"{10.0**-place:g}" for place in range(len(values), 0, -1)]
    return HeatMap("loss over width and lr", "width", "lr", x, y, values, "loss", log)


def lines(data: HeatMap, ground: Ground) -> list[str]:
    return ["".join(map(chr, row)) for row in block_map(data, ground)["code"].tolist()]


SMALL = a_map([[0.5, 0.25, nan], [8.0, 0.125, 2.0]])


@pytest.mark.parametrize("plain", [False, True])
def test_each_row_and_column_has_its_label_and_each_place_its_number(plain: bool) -> None:
    drawn = lines(SMALL, Ground(80, 2, plain=plain))
    numbers = [re.findall(r"[0-9.e+-]+", line) for line in drawn]
    assert drawn[0].strip() == "lr"
    assert numbers[1:4] == [["0.1", "8", "0.12", "2"], ["0.01", "0.5", "0.25"], ["1", "4", "16"]]
    assert drawn[3].split() == ["1", "4", "16", "width"]
    assert drawn[4].startswith("0.12 ")
    assert drawn[4].rstrip().endswith(f"8   {EMPTY_MEANS}")


def test_columns_are_evenly_wide_and_labels_stand_under_their_middles() -> None:
    picture = block_map(SMALL, Ground(80, 2))
    papers = picture["paper"][1].tolist()
    runs = [(paper, papers.count(paper)) for paper in dict.fromkeys(papers) if paper != OWN]
    assert len(runs) == 3
    assert len({count for _, count in runs}) == 1
    width, labels = runs[0][1], "".join(map(chr, picture["code"][3].tolist()))
    start = papers.index(runs[0][0])
    for column, label in enumerate(("1", "4", "16")):
        middle = labels.index(f" {label} ") + 1 + (len(label) - 1) / 2
        assert abs(middle - (start + (column + 0.5) * width - 0.5)) <= 0.5


def test_only_what_has_no_value_is_empty() -> None:
    for plain in (True, False):
        picture = block_map(SMALL, Ground(80, 2, plain=plain))
        for row, values in ((1, SMALL.values[1]), (2, SMALL.values[0])):
            cells = picture[row, 5:]
            width = 8 if plain else 6
            for column, value in enumerate(values):
                block = cells[column * width : (column + 1) * width]
                is_drawn = (block["paper"] != OWN).all() or (plain and (block["code"] != ord(" ")).any())
                assert is_drawn == math.isfinite(value), (plain, row, column)
    whole = lines(a_map([[1.0, 2.0], [3.0, 4.0]]), Ground(80, 2))
    assert EMPTY_MEANS not in whole[-1], "where nothing is, nothing is said"


@pytest.mark.parametrize("plain", [False, True])
def test_what_is_smaller_has_no_lighter_block(plain: bool) -> None:
    """Also over many powers of ten, and the same numbers have the same block."""
    values = [[1e-9, 1e-6, 1e-6], [1e-3, 1.0, 1e3]]
    picture = block_map(a_map(values, log=True), Ground(100, 2, plain=plain))
    if plain:
        shades = [[chr(code) for code in row if chr(code) in "░▒▓█"] for row in picture["code"][1:3].tolist()]
        order = ["░▒▓█".index(each) for row in reversed(shades) for each in row]
    else:
        papers = [list(dict.fromkeys(p for p in row if p != OWN)) for row in picture["paper"][1:3].tolist()]
        light = [[(p >> 16) + (p >> 8 & 255) + (p & 255) for p in row] for row in papers]
        order = [each for row in reversed(light) for each in row]
    assert order == sorted(order)
    assert order[0] < order[-1]


@pytest.mark.parametrize("width", range(0, 60, 3))
@pytest.mark.parametrize("plain", [False, True])
def test_where_there_is_less_room_all_places_are_there_as_long_as_they_can(width: int, plain: bool) -> None:
    data = a_map([[1.0 + row * column for column in range(9)] for row in range(3)])
    picture = block_map(data, Ground(width, 1, plain=plain))
    assert picture.shape[1] == width
    drawn = (picture["paper"] != OWN) | ((picture["code"] != ord(" ")) & plain)
    if width < 6 + 9:
        assert len(picture) == 0
    else:
        assert drawn[1:4, 6:].sum(axis=1).min() >= 9


def test_what_a_file_says_is_no_escape_and_no_page_wide() -> None:
    data = HeatMap(
        "t",
        "\x1b[31mred",
        "y" * 300,
        ["\x1b]0;x\x07", "b" * 300],
        ["a", "b"],
        [[1.0, nan]] * 2,
        "loss",
        False,
    )
    drawn = "".join(lines(data, Ground(120, 1)))
    assert not any(ord(sign) < 32 for sign in drawn)
    assert "b" * 15 + "…" in drawn


def test_nothing_finite_and_all_the_same_are_drawn() -> None:
    nothing = lines(a_map([[nan, nan]] * 2), Ground(60, 1))
    assert EMPTY_MEANS in nothing[-1]
    same = block_map(a_map([[3.0, 3.0]] * 2), Ground(60, 1))
    assert len({paper for paper in same["paper"][1:3].ravel().tolist() if paper != OWN}) == 1
