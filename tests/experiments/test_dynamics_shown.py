"""What the tables and figures on approximation dynamics show: numbers that are known, and the same ones in both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from quick import curves, quick
from wrong_dynamics import MIDDLES, OUTWARDS, by_depth, by_width, ended, learned, moving, pair, with_knee

from nnexpr.experiments.data import Figure, Map, Table
from nnexpr.experiments.dynamics import depth, encoding, equiparameter, fronts, grid, over_time, width
from nnexpr.experiments.dynamics.courses import Course
from nnexpr.experiments.dynamics.settings import CODE, PRESETS, QUICK_EPOCHS

CODES = PRESETS[CODE]


def rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


LABELS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "dynamics-width": lambda row: f"d = {row['d']}",
    "dynamics-depth": lambda row: f"N = {row['N']}",
    "dynamics-equiparameter": lambda row: row["shape"],
    "dynamics-encoding": lambda row: "encoded" if row["encoded"] else "plain",
}


@pytest.mark.parametrize("name", LABELS)
def test_losses_in_the_table_are_where_the_curves_end(name: str) -> None:
    """From the first epoch to the last, for each preset."""
    result, _ = quick(name)
    [table] = result.tables
    titled = {figure.title: curves(figure) for figure in result.figures if isinstance(figure, Figure)}
    for row in rows(table):
        [shown] = [
            each for title, each in titled.items() if "edian loss" in title and title.endswith(row["preset"])
        ]
        epochs, losses = shown[LABELS[name](row)]
        assert (epochs[0], epochs[-1]) == (1, QUICK_EPOCHS)
        assert losses[-1] == pytest.approx(row["loss"])
        assert losses[0] > losses[-1] or name == "dynamics-depth"
        if name == "dynamics-encoding":
            [captured] = [
                each
                for title, each in titled.items()
                if "captured" in title and title.endswith(row["preset"])
            ]
            for modes, column in (("modes below 6", "modes below 6 captured"), ("from 6 on", "from 6 on")):
                assert captured[f"{LABELS[name](row)}, {modes}"][1][-1] == pytest.approx(row[column])


def test_over_time_tables_and_figures_show_the_same() -> None:
    result, _ = quick("dynamics-over-time")
    titled = {each.title: each for each in result.figures if isinstance(each, Figure)}
    maps = {each.title: each for each in result.figures if isinstance(each, Map)}
    _, modes, *courses = result.tables
    for preset, table in zip(PRESETS.values(), courses, strict=True):
        errors = curves(titled[f"Loss and errors over the target's size, {preset.name}"])
        errors["straight line"] = curves(titled["Share of the straight line in the fit"])[preset.name]
        shown = rows(table)
        assert [row["epoch"] for row in shown[:3]] == [0, 10, 20]
        assert 50 <= shown[-1]["epoch"] <= 1.05 * 50
        for row in shown[1:]:
            for name, (epochs, values) in errors.items():
                assert epochs[0] == 1
                assert values[epochs.index(row["epoch"])] == pytest.approx(row[name])
        title = f"Errors by mode, over those at first, {preset.name}"
        drawn, whole = curves(titled[title]), maps[title]
        assert whole.x[0] == 1
        assert list(whole.y) == list(range(1, 11))
        for row in (row for row in rows(modes) if row["preset"] == preset.name):
            left = row["left at the end"]
            assert whole.values[row["mode"] - 1][-1] == pytest.approx(left, rel=1e-3)
            if row["mode"] in (1, 10):
                assert drawn[f"mode {row['mode']}"][1][-1] == pytest.approx(left)


def test_modes_are_told_with_the_epoch_at_which_they_are_halved_and_what_is_left() -> None:
    """Learned evenly from half of an epoch of their own on; in the end all of the code's, a quarter of the others."""
    made = learned(rise=0)
    left = replace(made, modes=made.modes[:1] * np.linspace(1, 0.25, len(made.epochs))[:, None, None])
    shown = rows(over_time.modes_table(dict(zip(PRESETS.values(), (made, left), strict=True))))
    assert [row["mode"] for row in shown] == 2 * list(range(1, 11))
    for row in shown[1:10]:
        assert row["median"] == pytest.approx(75 * row["mode"], rel=0.1)
        assert row["from"] <= row["median"] <= row["to"]
        assert row["halved, share"] == 1
        assert row["left at the end"] == pytest.approx(0, abs=1e-9)
    assert [row["left at the end"] for row in shown[10:]] == pytest.approx([0.25] * 10)
    never = replace(made, modes=np.repeat(made.modes[:1], len(made.epochs), axis=0))
    shown = rows(over_time.modes_table({CODES: never}))
    assert {(row["halved, share"], row["median"]) for row in shown} == {(0.0, np.inf)}


def test_epochs_of_mean_tilt_both_and_the_knee_are_told() -> None:
    made = replace(learned(mean=400, tilt=800), knees=with_knee(150, -1, -0.1).knees)
    without = replace(made, knees=np.full_like(made.knees, np.nan))
    first, other = (
        {row["what"]: row["median"] for row in rows(over_time.epochs_table({CODES: course}))}
        for course in (made, without)
    )
    assert 300 < first["mean matched"] < 400 < 600 < first["tilt matched"] == first["both"] < 800
    assert (first["knee of the loss"], other["knee of the loss"]) == (150, np.inf)


def test_the_course_is_told_from_the_first_epoch_on() -> None:
    """At epoch 0 the error is the target; in the end there is none."""
    made = learned()
    made = replace(made, straight=np.nan_to_num(made.straight, nan=1.0))
    shown = rows(over_time.over_epochs(CODES, made))
    assert shown[0]["loss"] == pytest.approx(np.median(1 + made.mean[0] ** 2), rel=1e-9)
    assert (shown[0]["epoch"], shown[-1]["epoch"]) == (0, 1000)
    assert [shown[-1][name] for name in ("loss", "mean", "tilt", "what is bent")] == pytest.approx(
        [0] * 4, abs=1e-9
    )


def test_widths_are_told_with_their_losses_knees_and_what_they_capture() -> None:
    found = by_width(1.0, 0.9, 0.8, tilts=(90, 60, 40))
    some = found[64].knees.copy()
    some[:, :10] = np.nan
    found[64] = replace(found[64], knees=some)
    shown = rows(width.table({CODES: found}))
    assert [row["loss"] for row in shown] == [1.0, 0.9, 0.8]
    assert [(row["from"], row["to"]) for row in shown] == [(1.0, 1.0), (0.9, 0.9), (0.8, 0.8)]
    assert [row["knee"] for row in shown] == [90, 60, 40]
    assert [row["with a knee"] for row in shown] == pytest.approx([1, 2 / 3, 1])
    for row, epoch in zip(shown, (90, 60, 40), strict=True):
        assert 0.5 * epoch < row["mean and tilt matched"] < epoch
        assert row["captured from mode 6 on"] == pytest.approx(1)


def test_depths_are_told_with_what_became_of_them() -> None:
    found = by_depth(gone=0.95, mean=0.01, straight=0.9, steeper=2.0)
    first = np.where(np.arange(30) < 6, 0.0, 1.0)
    found[16] = replace(found[16], ranges=np.stack([first, np.ones(30)]))
    found[4] = replace(found[4], turns=np.stack([np.full(30, 1.0), np.full(30, 7.0)]))
    low, middle, deep = rows(depth.table({CODES: found}))
    assert (low["straight line"], low["turning points"], low["steepest slope"]) == (0.9, 7, 1)
    assert (middle["steepest slope"], middle["collapsed"], middle["constant at first"]) == (2, 0, 0.2)
    assert (deep["mean"], deep["collapsed"]) == (0.01, pytest.approx(28 / 30))
    assert deep["constant at first"] == 1  # before anything is learned


def test_encodings_are_told_with_turning_points_and_what_they_capture() -> None:
    found = pair(times=11)
    turns = [np.repeat([[first], [last]], 30, axis=1) for first, last in ((1.0, 3.0), (2.0, 5.0))]
    modes = found[True].modes.copy()
    modes[-1, :, :6], modes[-1, :, 6:] = 0.5 * found[True].wanted[:, :6], 0.6 * found[True].wanted[:, 6:]
    plain, encoded = rows(
        encoding.table(
            {
                CODES: {
                    False: replace(found[False], turns=turns[0]),
                    True: replace(found[True], turns=turns[1], modes=modes),
                }
            }
        )
    )
    assert (plain["encoded"], encoded["encoded"]) == (False, True)
    assert [(row["turning points at first"], row["at the end"]) for row in (plain, encoded)] == [
        (1, 3),
        (2, 5),
    ]
    assert (encoded["modes below 6 captured"], encoded["from 6 on"]) == pytest.approx((0.75, 0.64))
    assert plain["loss"] == pytest.approx(11 * encoded["loss"])
    assert 10 < encoded["mean and tilt matched"] < 20


def test_shapes_are_told_with_their_losses_beside_the_printed_ones() -> None:
    losses = dict(zip(equiparameter.shapes(CODES), (0.3, 0.2, 0.1), strict=True))
    shown = rows(equiparameter.table({CODES: {name: ended(losses=loss) for name, loss in losses.items()}}))
    assert [(row["N"], row["d"], row["p = N d²"], row["loss"], row["printed"]) for row in shown] == [
        (8, 8, 512, 0.3, 0.24),
        (2, 16, 512, 0.2, 0.3178),
        (2, shown[2]["d"], 2 * shown[2]["d"] ** 2, 0.1, None),
    ]
    [figure] = [equiparameter.figure(CODES, {name: ended(losses=loss) for name, loss in losses.items()})]
    assert {label: y[-1] for label, (_, y) in curves(figure).items()} == losses


def cell(left: float, loss: float, gone: int) -> Course:
    """So much is left of its high modes, half of that of its low ones; so many of 30 end as a constant."""
    course = learned()
    modes = course.modes[[0, -1]].copy()
    modes[1, :, :6], modes[1, :, 6:] = left / 2 * course.wanted[:, :6], left * course.wanted[:, 6:]
    ranges = np.stack([np.ones(30), np.where(np.arange(30) < gone, 0.0, 1.0)])
    return replace(course, modes=modes, losses=np.full((2, 30), loss), ranges=ranges)


def test_cells_of_a_grid_are_told_and_drawn_where_they_are() -> None:
    sizes = list(product((2, 4), (8, 16)))
    lefts = dict(zip(sizes, (0.9, 0.8, 0.6, 0.3), strict=True))
    found = {
        (*size, activation, encoded): cell(lefts[size] / (1 + encoded), 0.1 + encoded, 3)
        for size in sizes
        for activation in grid.ACTIVATIONS
        for encoded in (False, True)
    }
    for row in rows(grid.table(found)):
        left = lefts[row["N"], row["d"]] / (1 + row["encoded"])
        assert row["from 6 on"] == pytest.approx(1 - left**2)
        assert row["below 6"] == pytest.approx(1 - left**2 / 4)
        assert (row["loss"], row["collapsed"]) == (0.1 + row["encoded"], 0.1)
    shown = grid.figures(found)
    assert len(shown) == 2 * 2 * len(grid.ACTIVATIONS)
    for figure, whole in zip(shown[::2], shown[1::2], strict=True):
        assert isinstance(figure, Figure)
        assert isinstance(whole, Map)
        assert figure.title == whole.title
        share = 1 + figure.title.endswith("encoded")
        for y, row in zip(whole.y, whole.values, strict=True):
            expected = [1 - (lefts[y, x] / share) ** 2 for x in whole.x]
            assert row == pytest.approx(expected, abs=1e-3)
            assert curves(figure)[f"N = {y:g}"] == (list(whole.x), pytest.approx(expected))


def test_fronts_are_told_and_drawn_as_they_are() -> None:
    """Outwards by tens of epochs; the first part has its error small for a moment long before."""
    made = moving(OUTWARDS)
    errors = made.errors.copy()
    errors[1, :, 0] = 0.01
    made = replace(made, errors=errors)
    of = dict.fromkeys((*fronts.KINDS, fronts.SERIES), made)
    by_frequency, by_place, *_ = rows(fronts.ranks(of))
    for row in (by_frequency, by_place):
        assert row["median"] == row["from"] == row["to"] > 0.99
        assert (row["settled by the end"], row["relative error"]) == (1, pytest.approx(0.01))
    shown = rows(fronts.by_part("sine", made))
    assert [row["x"] for row in shown] == pytest.approx(MIDDLES)
    assert [row["turns a unit"] for row in shown] == pytest.approx(OUTWARDS)
    settled = [row["settled"] for row in shown]
    assert sorted(settled) == [10 * each for each in range(1, 21)]
    assert [row["first below"] for row in shown] == [10, *settled[1:]]
    assert {row["settled, share"] for row in shown} == {1}
    front, *maps = fronts.figures(of)
    assert isinstance(front, Figure)
    assert len(maps) == len(front.series) == len(fronts.KINDS)
    for curve in front.series:
        assert (list(curve.x), list(curve.y)) == (pytest.approx(MIDDLES), settled)
    for each in maps:
        assert isinstance(each, Map)
        assert (each.y[0], each.y[-1]) == (10, 300)
        assert [row[5] for row in each.values] == [1.0 if epoch < settled[5] else 0.01 for epoch in each.y]
