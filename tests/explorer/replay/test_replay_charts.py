"""What Replay draws of its runs, as data: one set of axes, one time, and each run at its own."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from stand_in import World
from test_replay_lanes import opened

from nnexpr.runs.recording import Recording
from nnexpr_tui.ascii import in_ascii
from nnexpr_tui.charts.maps import Ground
from nnexpr_tui.charts.rows import told_apart
from nnexpr_tui.replay import charts
from nnexpr_tui.replay.lanes import FIT, Lane
from nnexpr_tui.replay.timeline import CLOCKS, Clock, span_of, times_of
from nnexpr_tui.replay.tracks import Tracks


def standing(mark: str, recording: Recording, index: int, clock: Clock) -> charts.Standing:
    return charts.Standing(Lane(mark, FIT), recording, times_of(recording, clock), index, None)


def grown(recording: Recording, factor: float) -> Recording:
    """The last fit so many times as high."""
    last = recording.snapshots[-1]
    higher = replace(last, prediction=(last.prediction * factor).astype(np.float32))
    return replace(recording, snapshots=(*recording.snapshots[:-1], higher))


def test_axes_hold_every_snapshot_but_not_a_fit_that_grows_beyond_all_bounds(world: World) -> None:
    fit, _ = opened(world, epochs=5)
    recording = fit.recording
    low, high = charts.fits_limits(recording, residual=False) or (0.0, 0.0)
    for snapshot in recording.snapshots:
        assert low <= snapshot.prediction.min() <= snapshot.prediction.max() <= high
    far = charts.fits_limits(grown(recording, 1e12), residual=False)
    assert far is not None
    height = np.ptp(recording.scene.truth)
    assert max(map(abs, far)) <= 6 * height
    lost = replace(recording.snapshots[-1], prediction=np.full(65, np.nan, np.float32))
    assert charts.fits_limits(replace(recording, snapshots=(lost,)), residual=True) is None


@pytest.mark.parametrize("clock", CLOCKS)
def test_all_that_stands_below_is_on_one_axis_and_marks_one_time(world: World, clock: Clock) -> None:
    fit, _ = opened(world, epochs=8)
    long, short = fit.recording, replace(fit.recording, snapshots=fit.recording.snapshots[:4])
    runs = [standing("A", long, 6, clock), standing("B", short, 3, clock)]
    span, at = span_of([run.times for run in runs], log=True), float(runs[0].times[6])
    tracks = Tracks()
    modes = {run: rows for run in runs if (rows := tracks.modes(run.recording)) is not None}
    errors = {run: rows for run in runs if (rows := tracks.errors(run.recording)) is not None}
    for maps in (charts.modes_maps(runs, modes, span, at), charts.fronts_maps(runs, errors, span, at)):
        assert [each.shown for each in maps.maps] == [at, at]
        assert [each.end for each in maps.maps] == [run.times[-1] for run in runs], (
            "nothing after a run has ended"
        )
        assert maps.axis.low <= np.log10(span.low)
        assert maps.axis.high >= np.log10(span.high)
        for each, run in zip(maps.maps, runs, strict=True):
            assert each.values.shape[0] == len(run.recording.snapshots)
    drawn = charts.losses_chart(runs, clock, at, log_time=True, log_loss=True)
    assert drawn.cursor == at
    marks = [series for series in drawn.series if series.style == "points"]
    assert [(series.marker, float(np.asarray(series.x)[0])) for series in marks] == [
        ("A", runs[0].times[6]), ("B", runs[1].times[3]),
    ]  # fmt: skip
    whole, parts = charts.fits_chart(runs, residual=False, limits=(-2.0, 2.0))
    assert len(parts) == 2
    assert {(each.x_axis.limits, each.y_axis.limits) for each in (whole, *parts)} == {
        ((0.0, 1.0), (-2.0, 2.0))
    }


def test_each_snapshot_is_derived_once_and_forgotten_with_its_run(world: World) -> None:
    fit, _ = opened(world, epochs=5)
    tracks, recording = Tracks(), fit.recording
    first = tracks.errors(recording)
    assert first is not None
    assert np.array_equal(tracks.errors(recording) if first is not None else None, first)  # type: ignore[arg-type]
    thinned = replace(recording, snapshots=recording.snapshots[::2])
    again = tracks.errors(thinned)
    assert again is not None
    assert np.array_equal(again, first[::2])
    assert len(tracks._known["errors", recording.scene]) == len(thinned.snapshots)
    tracks.keep_only(set())
    assert not tracks._known


@pytest.mark.parametrize("clock", CLOCKS)
def test_what_has_no_place_on_a_logarithmic_axis_is_left_out_unsaid(world: World, clock: Clock) -> None:
    fit, _ = opened(world, epochs=8)
    assert fit.recording.epochs[0] == 0
    runs = [standing("A", fit.recording, 6, clock)]
    bends = {runs[0]: {each.epoch: np.ones(64, np.float32) for each in fit.recording.snapshots}}
    for drawn in (
        charts.losses_chart(runs, clock, None, log_time=True, log_loss=True),
        charts.bends_chart(runs, bends, clock, None, log_time=True),
    ):
        for series in drawn.series:
            assert len(series.x)
            assert min(series.x) > 0
            assert min(series.y) > 0


def elsewhere(recording: Recording, low: float, high: float) -> Recording:
    """As if its target were on another domain."""
    scene = recording.scene
    x = low + (high - low) * scene.x
    return replace(recording, scene=replace(scene, x=x, domain=((low, high),)))


def test_maps_and_fronts_of_runs_on_different_domains_have_the_x_of_each(world: World) -> None:
    fit, _ = opened(world, epochs=5)
    runs = [
        standing("A", fit.recording, 5, "epochs"),
        standing("B", elsewhere(fit.recording, -4.0, 3.0), 5, "epochs"),
    ]
    span, tracks = span_of([run.times for run in runs], log=True), Tracks()
    errors = {run: rows for run in runs if (rows := tracks.errors(run.recording)) is not None}
    assert len(errors) == 2
    for maps in (charts.fronts_maps(runs, errors, span, None), charts.bends_maps(runs, {}, span, None)):
        assert [each.ends for each in maps.maps] == [("1", "0"), ("3", "-4")]
        lines = ["".join(map(chr, line["code"])) for line in maps.drawn(Ground(80, 12, markers="ascii"))]
        assert re.search(r"^ +1 .* 3 ", lines[1])
        assert re.search(r"^ +0 .* -4 ", lines[10])
    assert charts.fronts_chart(runs, errors, "epochs", 3.0).x_axis.limits == (-4.0, 3.0)


def test_a_map_says_whose_it_is_where_others_have_none(world: World) -> None:
    fit, _ = opened(world, epochs=5)
    smooth = replace(fit.recording, scene=replace(fit.recording.scene, piecewise_linear=False))
    runs = [standing("A", smooth, 5, "epochs"), standing("B", fit.recording, 5, "epochs")]
    span, rows = span_of([run.times for run in runs], log=True), Tracks().errors(fit.recording)
    assert rows is not None
    only = {runs[1]: rows}
    for maps in (
        charts.bends_maps(runs, {}, span, None),
        charts.fronts_maps(runs, only, span, None),
        charts.modes_maps(runs, only, span, None),
    ):
        assert "A n/a" in maps.note
        first = "".join(map(chr, maps.drawn(Ground(40, 8))[0]["code"]))
        assert first.startswith("B fit")
    assert not charts.fronts_maps(runs[1:], only, span, None).maps[0].mark


def test_a_name_that_is_cut_says_so_and_never_becomes_another(world: World) -> None:
    fit, _ = opened(world, epochs=2)
    names = ("fit", "depth 2, width 176", "depth 2, width 16", "cube")
    runs = [
        charts.Standing(Lane(mark, FIT, name), fit.recording, times_of(fit.recording, "epochs"), 0, None)
        for mark, name in zip("ABCD", names, strict=True)
    ]
    drawn = charts.losses_chart(runs, "epochs", None, log_time=True, log_loss=True)
    assert [series.label for series in drawn.series if series.label] == [
        "A fit", "B …width 176", "C …width 16", "D cube",
    ]  # fmt: skip
    drawn = charts.losses_chart(runs[:3], "epochs", None, log_time=True, log_loss=True)
    assert [series.label for series in drawn.series if series.label] == [
        "A fit", "B depth 2, width 176", "C depth 2, width 16",
    ]  # fmt: skip
    assert told_apart(["width 176", "width 16"], 8) == ["width 1…", "width 16"]
    assert told_apart(["width 176", "width 180"], 8) == ["…176", "…180"]
    assert told_apart(["depth 2, width 176", "depth 2, width 16"], 12) == ["…width 176", "…2, width 16"]
    assert told_apart(["width 17600", "width 18000"], 4) == ["", ""]
    assert told_apart(["one name"] * 2, 5) == ["", ""]
    assert in_ascii("width 1…") == "width 1~"
