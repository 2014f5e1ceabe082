"""Maps with axes as cells: every value at its place on the axes, numbers beside theirs, any values and any size."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnexpr.experiments.data import Map
from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.grids import grid_limits, grid_map
from nnexpr_tui.charts.heat import PIXELS
from nnexpr_tui.charts.maps import GREY, Ground

COLORS = palettes.sequential(True)
SLOPE = Map("A slope", "x", "y", [0.0, 1.0], [0.0, 1.0, 2.0], [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], "height")


def line(picture: np.ndarray, row: int) -> str:
    return "".join(chr(code) if code != PIXELS else "█" for code in picture["code"][row])


def image(picture: np.ndarray) -> np.ndarray:
    """The colours of its pixels, without what stands around them."""
    inside = picture["code"] == PIXELS
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    cells = picture[rows[0] : rows[-1] + 1, columns[0] :]
    pixels = np.empty((2 * len(cells), cells.shape[1]), dtype=np.int32)
    pixels[::2], pixels[1::2] = cells["ink"], cells["paper"]
    return pixels


def test_each_value_has_its_part_of_the_map_the_first_row_at_the_bottom() -> None:
    pixels = image(grid_map(SLOPE, Ground(42, 15)))
    assert pixels.shape == (24, 40)
    limits = grid_limits(SLOPE)
    assert limits == (0, 5)
    for i, j, value in ((0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3), (2, 0, 4), (2, 1, 5)):
        part = pixels[24 - 8 * (i + 1) : 24 - 8 * i, 20 * j : 20 * (j + 1)]
        assert set(part.ravel().tolist()) == {
            int(COLORS[min(value * palettes.LEVELS // 5, palettes.LEVELS - 1)])
        }


@pytest.mark.parametrize(("log", "share"), [(False, 0.5), (True, None)])
def test_places_that_are_uneven_have_as_much_room_as_on_the_axis(log: bool, share: float | None) -> None:
    """1, 10, 1000: a boundary lies half way between neighbours, of numbers or of their logarithms."""
    uneven = Map("m", "x", "y", [1.0, 10.0, 1000.0], [0.0], [[0.0, 0.5, 1.0]], log_x=log)
    pixels = image(grid_map(uneven, Ground(102, 12)))
    width = pixels.shape[1]
    places = np.log10([1.0, 10.0, 1000.0]) if log else np.array([1.0, 10.0, 1000.0])
    low, high = places[0] - (places[1] - places[0]) / 2, places[2] + (places[2] - places[1]) / 2
    found = np.flatnonzero(np.diff(pixels[0])) + 1
    expected = [((a + b) / 2 - low) / (high - low) * width for a, b in pairwise(places)]
    assert found == pytest.approx([each for each in expected if each > 0.5], abs=0.5)


def test_numbers_stand_at_their_places_and_names_beside_the_axes() -> None:
    ground = Ground(60, 20)
    figure = Map("m", "x", "epoch", np.linspace(-1, 1, 41).tolist(), np.geomspace(1, 1000, 31).tolist(),
                 np.zeros((31, 41)).tolist(), "error", log_y=True)  # fmt: skip
    picture = grid_map(figure, ground)
    assert line(picture, 0).startswith("epoch")
    assert line(picture, 0).endswith("error")
    margin = int(np.argmax(picture["code"][1] == PIXELS))
    labels = {line(picture, row)[:margin].strip(): row for row in range(1, 18)}
    step = 3 / 30
    for text, exponent in (("1", 0), ("1000", 3)):
        share = (exponent + step / 2) / (3 + step)
        assert labels[text] == 1 + min(int((1 - share) * 17), 16)
    below, width = line(picture, 18), 60 - margin
    assert below.split() == ["-1", "0", "x", "1"]
    for text, x in (("-1", -1.0), ("0", 0.0)):
        assert f" {text} " in below
        middle = below.index(f" {text} ") + 1 + len(text) // 2
        assert abs(middle - margin - int((x + 1.025) / 2.05 * width)) <= 1  # none over the edge


def test_powers_of_ten_are_told_apart_zero_is_the_least_and_what_has_none_is_grey() -> None:
    decades = Map("m", "x", "y", [1.0, 2.0, 3.0, 4.0, 5.0], [0.0], [[1e-4, 0.0, 1e-2, 1.0, -1.0]], log=True)
    assert grid_limits(decades) == (-4, 0)
    picture = grid_map(decades, Ground(50, 10))
    first = image(picture)[0]
    assert first[-1] == GREY
    assert set(first.tolist()) == {int(COLORS[0]), int(COLORS[palettes.LEVELS // 2]), int(COLORS[-1]), GREY}
    assert first[14] == first[0] == COLORS[0]
    assert "1e-4" in line(picture, 9)
    assert line(picture, 9).rstrip().endswith("1")


def test_signs_are_told_apart_evenly_and_limits_that_are_given_hold() -> None:
    signed = Map("m", "x", "y", [0.0, 1.0, 2.0], [0.0], [[-3.0, 0.0, 1.0]], diverging=True)
    low, high = grid_limits(signed)
    assert low == -high == -3
    colors = palettes.diverging(True)
    found = set(image(grid_map(signed, Ground(50, 10)))[0].tolist())
    assert int(colors[palettes.LEVELS // 2]) in found
    assert grid_limits(replace(signed, limits=[-9.0, 9.0])) == (-9, 9)
    assert grid_limits(replace(SLOPE, log=True, limits=[0.1, 100.0])) == (-1, 2)


@given(
    arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats()),
    st.integers(0, 60),
    st.integers(0, 30),
    st.booleans(),
    st.sampled_from(["", "diverging", "log"]),
    st.text(),
)
def test_any_values_at_any_size(
    values: np.ndarray, width: int, height: int, plain: bool, scale: str, text: str
) -> None:
    x, y = (np.geomspace(1, 1 + n, n).tolist() for n in values.shape[::-1])
    figure = Map(
        text, text, text, x, y, values.tolist(), text, log_x=True, **({scale: True} if scale else {})
    )
    assert grid_map(figure, Ground(width, height, plain=plain)).shape == (height, width)
