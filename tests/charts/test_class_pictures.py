"""Maps of which is which: a pixel shows the class or the pattern that is there, and lines go where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.classes import class_map, letter, overdrawn, pattern_map, with_points
from nnexpr_tui.charts.heat import PIXELS
from nnexpr_tui.charts.images import image_channels, image_map
from nnexpr_tui.charts.maps import Ground

UNIT = ((0.0, 1.0), (0.0, 1.0))
LABELS = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 4))
)
GROUNDS = st.builds(
    Ground,
    width=st.integers(0, 20),
    height=st.integers(0, 10),
    markers=st.sampled_from(("braille", "ascii")),
    dark=st.booleans(),
    plain=st.booleans(),
    cross=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)),
)


def colors(picture: np.ndarray) -> np.ndarray:
    """The pixels, two of each cell, ``(2 rows, columns)``."""
    found = np.empty((2 * picture.shape[0], picture.shape[1]), np.int32)
    found[::2], found[1::2] = picture["ink"], picture["paper"]
    return found


@given(LABELS, GROUNDS)
def test_every_map_fills_its_ground_whatever_its_size(labels: np.ndarray, ground: Ground) -> None:
    lines = [np.array([[0.1, 0.1], [2.0, 0.4], [0.4, -3.0]])]
    for picture in (class_map(labels, 5, ground), pattern_map(labels, np.arange(5), ground)):
        assert picture.shape == (ground.height, ground.width)
        assert overdrawn(picture, lines, UNIT, ground).shape == picture.shape
        assert with_points(picture, [("P", 0.5, 0.5), ("Q", 7, 7)], UNIT, ground).shape == picture.shape


def test_a_pixel_away_from_borders_has_the_colour_of_its_class() -> None:
    labels = np.repeat(np.repeat([[0, 1], [2, 3]], 8, axis=0), 8, axis=1)
    drawn = colors(class_map(labels, 4, Ground(16, 9))[:8])
    inner = palettes.class_colors(True, 4)
    assert len(set(inner.tolist())) == 4
    for row, column in ((2, 2), (2, 12), (12, 2), (12, 12)):
        assert drawn[row, column] == inner[labels[row, column]]
    assert drawn[3, 7] == palettes.class_colors(True, 4, border=True)[0]


def test_without_colours_a_class_is_its_sign() -> None:
    labels = np.repeat([[0, 11]], 4, axis=0).repeat(6, axis=1)
    text = [
        "".join(map(chr, row)) for row in class_map(labels, 12, Ground(12, 5, "ascii", plain=True))["code"]
    ]
    assert text[0] == "00000|bbbbbb"
    assert text[-1].startswith("largest 0 11")
    assert (letter(0), letter(11)) == ("0", "b")


def test_a_cell_has_the_colour_of_its_pattern_alone() -> None:
    faces = np.repeat(np.repeat([[0, 1], [2, 3]], 8, axis=0), 8, axis=1)
    patterns = np.array([7, 7 + palettes.PATTERNS, 20, 33])
    drawn = colors(pattern_map(faces, patterns, Ground(16, 9))[:8])
    moved = colors(pattern_map(3 - faces, patterns[::-1], Ground(16, 9))[:8])
    assert drawn[2, 2] == drawn[2, 12] == palettes.pattern_colors(True)[7]
    assert drawn[12, 2] == palettes.pattern_colors(True)[20]
    np.testing.assert_array_equal(drawn, moved)


@pytest.mark.parametrize("plain", [False, True])
def test_a_line_is_drawn_where_it_is(plain: bool) -> None:
    ground = Ground(20, 11, "ascii", plain=plain)
    picture = class_map(np.zeros((20, 20), np.int64), 1, ground)
    drawn = overdrawn(picture, [np.array([[0.0, 0.0], [1.0, 1.0]])], UNIT, ground)
    if plain:
        rows, columns = np.nonzero(drawn["code"][:10] == ord("#"))
        height = 10
    else:
        rows, columns = np.nonzero(colors(drawn[:10]) == palettes.mark(True))
        height = 20
    assert len(set(columns.tolist())) >= 19, "in every column, but that the last end may round out of the map"
    away = (columns + 0.5) / 20 - (1 - (rows + 0.5) / height)
    assert np.abs(away).max() <= 1 / height, "within a pixel of the diagonal"
    assert (drawn["code"][10] == picture["code"][10]).all(), "the legend is left alone"


def test_lines_that_would_hide_the_map_are_left_out() -> None:
    ground = Ground(20, 11)
    picture = class_map(np.zeros((20, 20), np.int64), 1, ground)
    dense = [np.array([[0.0, t], [1.0, t]]) for t in np.linspace(0, 1, 12)]
    np.testing.assert_array_equal(overdrawn(picture, dense, UNIT, ground), picture)
    assert (overdrawn(picture, dense[5:6], UNIT, ground) != picture).any()


def test_points_are_letters_in_the_window_only() -> None:
    ground = Ground(10, 6)
    blank = class_map(np.zeros((10, 10), np.int64), 1, ground)
    drawn = with_points(blank, [("A", 0.0, 1.0), ("B", 1.0, 0.0), ("C", 1.1, 0.5)], UNIT, ground)
    assert [chr(drawn["code"][at]) for at in ((0, 0), (4, 9))] == ["A", "B"]
    assert not (drawn["code"] == ord("C")).any()


# Images


@pytest.mark.parametrize(
    ("shape", "channels"),
    [
        ((1, 28, 28), (1, 28, 28)), ((3, 32, 32), (3, 32, 32)), ((8, 8), (1, 8, 8)), ((1, 1, 1, 5), None),
        ((64,), None), ((), None), ((1, 3, 4, 4), (3, 4, 4)), ((5, 4, 4), None),
    ],
)  # fmt: skip
def test_what_is_an_image(shape: tuple[int, ...], channels: tuple[int, int, int] | None) -> None:
    assert image_channels(shape) == channels


def test_a_grey_image_is_its_pixels_in_the_middle_of_the_ground() -> None:
    image = np.array([[[0.0, 1.0], [0.5, 0.25]]])
    picture = image_map(image, (0.0, 1.0), Ground(6, 2))
    drawn = colors(picture)
    assert (picture["code"][:, :1] != PIXELS).all(), "beside it there is nothing"
    assert drawn[0, 1] == 0x000000
    assert drawn[0, 4] == 0xFFFFFF
    grey = drawn[3, 1]
    assert grey >> 16 == grey >> 8 & 255 == grey & 255
    assert 0x70 <= grey & 255 <= 0x90


def test_three_channels_are_colours() -> None:
    image = np.zeros((3, 2, 2))
    image[0, 0, 0] = image[1, 0, 1] = image[2, 1, 0] = 1.0
    drawn = colors(image_map(image, (0.0, 1.0), Ground(2, 1)))
    np.testing.assert_array_equal(drawn, [[0xFF0000, 0x00FF00], [0x0000FF, 0]])


@given(
    st.tuples(st.sampled_from((1, 3)), st.integers(1, 9), st.integers(1, 9)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.floats(-1e9, 1e9))
    ),
    GROUNDS,
)
def test_any_image_fits_any_ground(image: np.ndarray, ground: Ground) -> None:
    assert image_map(image, (-1.0, 1.0), ground).shape == (ground.height, ground.width)
