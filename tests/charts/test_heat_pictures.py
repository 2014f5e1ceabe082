"""Maps as cells: any numbers, any size; nothing is lost between pixels and runs, or between two pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnexpr_tui.charts import heat, maps
from nnexpr_tui.charts.maps import Ground

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))
FLOATS = st.floats(width=64)
FEW = st.integers(0, 3)  # colours, few enough that neighbours share them
GROUNDS = st.builds(
    Ground,
    width=st.integers(1, 40),
    height=st.integers(1, 12),
    markers=st.sampled_from(("braille", "block", "ascii")),
    dark=st.booleans(),
    plain=st.booleans(),
    cross=st.none() | st.tuples(st.floats(0, 1), st.floats(0, 1)),
)


def images(elements: st.SearchStrategy = FLOATS) -> st.SearchStrategy:
    return SHAPES.flatmap(lambda shape: arrays(np.float64, shape, elements=elements))


# Levels


@given(images(), st.tuples(FLOATS, FLOATS).filter(lambda ends: np.isfinite(ends).all() and ends[0] < ends[1]))
@example(np.zeros((1, 1)), (0.0, 5e-324))
def test_every_number_has_a_level_and_only_numbers(values: np.ndarray, limits: tuple[float, float]) -> None:
    levels = heat.levels_of(values, limits, 33)
    assert ((levels == heat.EMPTY) == np.isnan(values)).all()
    assert levels.max() < 33
    order = np.argsort(values.ravel(), kind="stable")
    known = levels.ravel()[order][~np.isnan(np.sort(values.ravel()))]
    assert (np.diff(known) >= 0).all(), "more is never a lower level"


@given(images(st.floats(-0.5, 1.5)), st.integers(2, 40), st.integers(-1, 50))
def test_a_level_that_is_held_is_nearly_right(values: np.ndarray, count: int, before: int) -> None:
    held = heat.levels_of(values, (0.0, 1.0), count, np.full(values.shape, before, np.int16))
    assert held.min() >= 0
    assert held.max() < count
    assert np.abs(np.clip(values, 0, 1) * count - held - 0.5).max() <= heat.STICK + 1e-9
    fresh = heat.levels_of(values, (0.0, 1.0), count)
    assert ((held == fresh) | (held == before)).all()


def test_a_value_that_hovers_between_two_levels_stays_in_one() -> None:
    before = None
    seen = set()
    for value in (0.49, 0.51, 0.48, 0.52, 0.49, 0.51):
        before = heat.levels_of(np.array([[value]]), (0.0, 1.0), 10, before)
        seen.add(int(before[0, 0]))
    assert len(seen) == 1


# Pixels, runs and spans


def pixel_pairs(runs: list[heat.Run]) -> list[tuple[int, int]]:
    """What the characters of the runs show: the upper pixel's colour and the lower one's."""
    halves = {
        " ": lambda i, p: (p, p), "█": lambda i, p: (i, i), "▀": lambda i, p: (i, p), "▄": lambda i, p: (p, i)
    }  # fmt: skip
    return [halves[character](ink, paper) for text, ink, paper in runs for character in text]


@given(SHAPES.flatmap(lambda s: arrays(np.int32, (2 * s[0], s[1]), elements=FEW)))
def test_runs_show_the_pixels_they_are_made_of(colors: np.ndarray) -> None:
    picture = heat.pixels(colors)
    for y in range(len(colors) // 2):
        runs = heat.runs_of(picture[y].tolist())
        assert pixel_pairs(runs) == list(zip(colors[2 * y].tolist(), colors[2 * y + 1].tolist(), strict=True))
        distinct = len(set(pixel_pairs(runs)))
        assert len(runs) <= max(1, colors.shape[1])
        assert len(runs) >= (distinct > 4), "two colours a run"


def test_two_colours_make_one_run() -> None:
    colors = np.array([[1, 2, 1, 2], [2, 1, 1, 2]], np.int32)
    picture = heat.pixels(colors)
    assert heat.runs_of(picture[0].tolist()) == [("▀▄█ ", 1, 2)]


@given(st.data())
def test_what_is_painted_again_is_what_changed(data: st.DataObject) -> None:
    shape = data.draw(SHAPES)
    old, new = (
        heat.pixels(data.draw(arrays(np.int32, (2 * shape[0], shape[1]), elements=st.integers(0, 1))))
        for _ in range(2)
    )
    differ = (old["ink"] != new["ink"]) | (old["paper"] != new["paper"])
    changes = dict(heat.changed_cells(old, new))
    assert list(changes) == np.flatnonzero(differ.any(axis=1)).tolist()
    for y, cells in changes.items():
        assert differ[y, cells - 1]
        assert not differ[y, cells:].any()
    shown = old.copy()
    for y, cells in changes.items():
        shown[y, :cells] = new[y, :cells]
    assert (shown == new).all()
    assert heat.changed_cells(old, old.copy()) == []


# Maps


@given(images(), GROUNDS, st.booleans())
def test_any_values_at_any_size_make_a_picture_of_that_size(
    values: np.ndarray, ground: Ground, signed: bool
) -> None:
    limits = maps.value_limits(values)
    assert np.isfinite(limits).all()
    assert limits[0] < limits[1]
    picture, levels = maps.value_map(values, limits, ground, signed=signed)
    assert picture.shape == (ground.height, ground.width)
    assert levels.shape == values.shape
    check_characters(picture, ground)
    again, _ = maps.value_map(values, limits, ground, signed=signed, before=levels)
    assert heat.changed_cells(picture, again) == []


@given(st.data(), GROUNDS)
def test_any_cells_at_any_size_make_a_picture_of_that_size(data: st.DataObject, ground: Ground) -> None:
    count = data.draw(st.integers(1, 6))
    faces = data.draw(SHAPES.flatmap(lambda s: arrays(np.int64, s, elements=st.integers(-1, count - 1))))
    slopes = data.draw(arrays(np.float64, (count, 2), elements=FLOATS))
    with np.errstate(all="ignore"):
        limit = maps.held_limit(np.hypot(slopes[:, 0], slopes[:, 1]), data.draw(st.none() | st.just(2.0)))
        picture = maps.cell_map(faces, slopes, limit, ground)
    assert limit > 0
    assert picture.shape == (ground.height, ground.width)
    check_characters(picture, ground)


@given(
    st.integers(0, 5).flatmap(lambda n: arrays(np.float64, (n, 4), elements=st.floats(-3, 3))),
    st.integers(1, 40),
    GROUNDS,
)
def test_any_borders_at_any_size_make_a_picture_of_that_size(
    segments: np.ndarray, deepest: int, ground: Ground
) -> None:
    layers = np.linspace(1, deepest, len(segments)).astype(np.int64)
    picture = maps.border_map(segments, layers, ((-1.0, 1.0), (-1.0, 1.0)), ground)
    assert picture.shape == (ground.height, ground.width)
    check_characters(picture, ground)


def check_characters(picture: heat.Picture, ground: Ground) -> None:
    if ground.plain:
        assert (picture["ink"] == heat.OWN).all(), "colour says nothing"
        assert (picture["paper"] == heat.OWN).all()
        if ground.markers == "ascii":
            assert picture["code"].max(initial=0) < 128
            assert picture["code"].min(initial=32) >= 32


def text(picture: heat.Picture) -> list[str]:
    return ["".join(map(chr, row)) for row in picture["code"].tolist()]


@pytest.mark.parametrize("markers", ["braille", "ascii"])
def test_without_colours_more_is_another_character(markers: str) -> None:
    values = np.linspace(0, 1, 400)[None, :]
    picture, _ = maps.value_map(values, (0.0, 1.0), Ground(400, 4, markers, plain=True))  # type: ignore[arg-type]
    seen = list(dict.fromkeys(text(picture)[0]))
    assert seen == list(heat.SHADES[markers])
    assert text(picture)[-1].startswith("0 ")
    assert text(picture)[-1].endswith(" 1")


def test_a_value_that_is_no_number_looks_like_none() -> None:
    values = np.array([[0.0, np.nan], [1.0, np.inf]])
    plain, _ = maps.value_map(values, (0.0, 1.0), Ground(2, 2, plain=True))
    assert text(plain) == [" ?", "██"]
    colored, _ = maps.value_map(values, (0.0, 1.0), Ground(2, 1))
    assert len({colored["ink"][0, 0], colored["ink"][0, 1], colored["paper"][0, 0]}) == 3


def test_the_border_of_two_cells_is_one_line_where_they_meet() -> None:
    faces = np.tile((np.arange(20) >= 10).astype(np.int64), (6, 1))
    slopes = np.array([[1.0, 0.0], [-1.0, 0.0]])
    drawn = text(maps.cell_map(faces, slopes, 1.0, Ground(20, 7, plain=True)))
    assert all(row.index("│") == 9 and row.count("│") == 1 for row in drawn[:-1])
    colored = maps.cell_map(faces, slopes, 1.0, Ground(20, 7))
    assert len(set(colored["ink"][0].tolist())) == 3
    assert colored["ink"][0, 8] != colored["ink"][0, 9] != colored["ink"][0, 10] != colored["ink"][0, 8]


def test_cells_smaller_than_pixels_are_shown_without_borders() -> None:
    faces = np.arange(400).reshape(20, 20)
    slopes = np.stack([np.linspace(1, 2, 400), np.zeros(400)], axis=1)
    drawn = text(maps.cell_map(faces, slopes, 2.0, Ground(20, 21, plain=True)))
    assert set("".join(drawn[:-1])) <= set(heat.SHADES["braille"])


def test_borders_are_drawn_where_they_are_and_say_their_layer() -> None:
    segments = np.array([[0.0, -1.0, 0.0, 1.0], [-1.0, 0.5, 1.0, 0.5]])
    window = ((-1.0, 1.0), (-1.0, 1.0))
    drawn = text(maps.border_map(segments, np.array([1, 2]), window, Ground(21, 21, "ascii", plain=True)))
    assert [row[10] for row in drawn[:20]] == ["1"] * 20
    assert drawn[5].count("2") == 20
    assert sum("2" in row for row in drawn[:20]) == 1


@pytest.mark.parametrize("plain", [True, False])
def test_the_crosshair_is_around_its_pixel(plain: bool) -> None:
    values = np.zeros((10, 10))
    bare, _ = maps.value_map(values, (0.0, 1.0), Ground(10, 6, plain=plain))
    crossed, _ = maps.value_map(values, (0.0, 1.0), Ground(10, 6, plain=plain, cross=(0.45, 0.45)))
    changes = heat.changed_cells(bare, crossed)
    assert changes
    assert all(y in (1, 2, 3) and 4 <= cells <= 6 for y, cells in changes)
    assert crossed["code"][2, 4] == bare["code"][2, 4]


@given(arrays(np.float64, st.integers(0, 9), elements=FLOATS), st.none() | st.floats(1e-3, 1e3))
def test_a_limit_holds_all_and_is_not_far_off(values: np.ndarray, before: float | None) -> None:
    limit = maps.held_limit(values, before)
    finite = np.abs(values[np.isfinite(values)])
    largest = finite.max(initial=0.0)
    assert limit > 0
    if largest <= 1e300:
        assert limit >= largest * (1 - 1e-9)
    if before is not None and before / 4 <= largest <= before:
        assert limit == before
    elif 1e-290 < largest < 1e290:
        assert limit <= 2 * largest
