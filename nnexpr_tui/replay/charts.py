"""What Replay draws of its runs: pure functions from where each stands to charts and maps on shared axes.

Each run has the letter of its lane, its colour and, where colours may not be relied on, dashes or the letter itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from nnexpr.training.fronts import BELOW, Subintervals, settled
from nnexpr_tui.charts.limits import Limits, snap, snap_log
from nnexpr_tui.charts.modes import MARGIN, amplitude_limits, exponents
from nnexpr_tui.charts.rows import told_apart
from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.charts.timemap import TimeAxis, TimeMap, TimeMaps, deep_rows, even_rows
from nnexpr_tui.parts.numbers import number
from nnexpr_tui.replay.subject import PARTS
from nnexpr_tui.replay.timeline import AXES, Clock, Span, along

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Recording
    from nnexpr.training.snapshots import Snapshot
    from nnexpr_tui.replay.lanes import Lane

    Array = NDArray[np.float64]
    Bends = Mapping[int, NDArray[np.int32] | None]  # by epoch, in each part of the domain

__all__ = [
    "COLORS", "Standing", "bends_chart", "bends_maps", "fits_chart", "fits_limits", "fronts_chart", "fronts_maps",
    "losses_chart", "modes_maps", "time_axis",
]  # fmt: skip

COLORS = {"A": "accent", "B": "primary", "C": "success", "D": "error"}  # four that no theme has as one
LABELS = (60, 40, 20, 12)  # cells for a name beside so many others
TWO_INPUTS = "n/a (two inputs)"
NOT_COUNTED = "n/a (not piecewise linear, or of two inputs)"
REACH = 5.0  # either way from the middle of the target, in its heights
LEAST_ERROR = -2.0  # exponents of ten of the error on a subinterval, of the target's size, up to 1
NAMES = 8  # cells for a place in x beside a map


@dataclass(frozen=True, eq=False)
class Standing:
    """A run where the clock has it: which of its snapshots is shown, and what is known of that."""

    lane: Lane
    recording: Recording
    times: Array  # of its snapshots, by the clock
    index: int
    counts: LineRegions | None

    @property
    def snapshot(self) -> Snapshot:
        """The one that is shown."""
        return self.recording.snapshots[self.index]

    @property
    def color(self) -> str:
        """Of its curves."""
        return COLORS[self.lane.mark]

    @property
    def name(self) -> str:
        """Its letter and what it is."""
        return f"{self.lane.mark} {self.lane.name}"


def _labels(runs: Sequence[Standing]) -> list[str]:
    """Their names, as much of each as a legend has room for; the letter alone of those that are equal then."""
    room = LABELS[min(len(runs), len(LABELS)) - 1] - len("A ")
    names = told_apart([run.lane.name for run in runs], room)
    return [f"{run.lane.mark} {name}".rstrip() for run, name in zip(runs, names, strict=True)]


# The fits


def fits_chart(
    runs: Sequence[Standing], *, residual: bool, limits: Limits
) -> tuple[ChartData, tuple[ChartData, ...]]:
    """All fits in one chart, and each in one of its own; the axes are the same."""
    first = runs[0].recording.scene
    x_axis = Axis(label=first.input_name, limits=_domain(runs))
    y_axis = Axis(label=first.value_name, limits=limits)
    own = tuple(
        ChartData((*_shared([run], residual, name=""), *_curves(run, run.name, residual)), x_axis, y_axis)
        for run in runs
    )
    labels = _labels(runs)
    curves = [each for run, label in zip(runs, labels, strict=True) for each in _curves(run, label, residual)]
    whole = (*_shared(runs, residual), *curves)
    return ChartData(whole, x_axis, y_axis, facts=partial(_errors, runs) if not residual else tuple), own


def _shared(runs: Sequence[Standing], residual: bool, name: str = "target") -> list[Series]:
    """What is approximated; of several targets each once."""
    series: list[Series] = []
    known: list[tuple[str, Array]] = []
    for run in runs:
        scene = run.recording.scene
        if residual:
            if not series:
                series.append(Series((scene.x[0], scene.x[-1]), (0.0, 0.0), "", "foreground"))
        elif not any(scene.name == other and np.array_equal(scene.truth, truth) for other, truth in known):
            known.append((scene.name, scene.truth))
            label = name and (scene.name if len(known) > 1 else name)
            if scene.data is not None:
                series.append(
                    Series(scene.data[0], scene.data[1], label and "data", "foreground", style="points")
                )
            else:
                series.append(Series(scene.x, scene.truth, label, "foreground"))
    return series


def _curves(run: Standing, label: str, residual: bool) -> list[Series]:
    scene, fit = run.recording.scene, run.snapshot.prediction
    shown = fit - scene.truth if residual else fit
    curves = [Series(scene.x, shown, label, run.color, run.lane.mark)]
    if scene.countable:
        bends = () if run.counts is None else run.counts.breakpoints
        curves.append(Series(bends, (), "", run.color, style="ticks"))
    return curves


def _errors(runs: Sequence[Standing]) -> tuple[Series, ...]:
    return tuple(
        Series(
            run.recording.scene.x,
            run.snapshot.prediction - run.recording.scene.truth,
            f"{run.lane.mark} error",
        )
        for run in runs
    )


def fits_limits(recording: Recording, residual: bool) -> tuple[float, float] | None:
    """The least and the greatest value of all its snapshots, or of their errors; None where there is none.

    Of a fit that grows beyond all bounds before it diverges, no further than ``REACH`` of the target's heights.
    """
    curves = np.stack([snapshot.prediction for snapshot in recording.snapshots]).astype(np.float64)
    truth = recording.scene.truth
    shown = curves - truth if residual else np.vstack([curves, truth[None]])
    known = truth[np.isfinite(truth)]
    height = float(np.ptp(known)) if known.size else 0.0
    if height > 0:
        middle = 0.0 if residual else float(known.min() + known.max()) / 2
        shown = np.clip(shown, middle - REACH * height, middle + REACH * height)
    shown = shown[np.isfinite(shown)]
    return (float(shown.min()), float(shown.max())) if shown.size else None


# Over time


def losses_chart(
    runs: Sequence[Standing], clock: Clock, at: float | None, *, log_time: bool, log_loss: bool
) -> ChartData:
    """The losses by the clock; by loss, at which epoch each had come so low. ``at``: the time that is shown."""
    by_loss = clock == "loss"
    series: list[Series] = []
    for run, label in zip(runs, _labels(runs), strict=True):
        member = run.snapshot.member
        times, epochs = along(run.recording, member, clock), run.recording.epochs
        values = epochs if by_loss else run.recording.losses[:, member]
        # The beginning has no place on a logarithmic axis.
        placed = (values > 0 if by_loss else np.full(len(times), True)) & (times > 0 if log_time else True)
        times, values = times[placed], values[placed]
        if by_loss:  # the first epoch of those at one loss
            times, first = np.unique(times, return_index=True)
            values = values[first]
        series.append(Series(times, values, label, run.color, run.lane.mark))
    for run in runs:
        value = run.snapshot.epoch if by_loss else run.snapshot.loss
        series.append(Series((run.times[run.index],), (value,), "", run.color, run.lane.mark, style="points"))
    y_axis = Axis(log=log_loss or by_loss, label="epoch" if by_loss else "mean squared error")
    return ChartData(tuple(series), _time(runs, clock, log_time), y_axis, cursor=at)


def _time(runs: Sequence[Standing], clock: Clock, log: bool) -> Axis:
    """The axis of all charts over time: of all times of all runs."""
    last = max(float(run.times[-1]) for run in runs)
    first = min(float(run.times[0]) for run in runs)
    if log:
        first = min((float(time) for run in runs for time in run.times[run.times > 0][:1]), default=1.0)
        last = max(last, first)
    return Axis(label=AXES[clock], log=log, include=(first, last if last > first else first + 1))


def time_axis(span: Span) -> TimeAxis:
    """The same of maps, up to round numbers."""
    if span.log:
        return TimeAxis(*snap_log(np.log10(span.low), np.log10(span.high)))
    return TimeAxis(*snap(span.low, span.high), log=False)


def modes_maps(
    runs: Sequence[Standing], amplitudes: Mapping[Standing, Array], span: Span, at: float | None
) -> TimeMaps:
    """The error's Fourier modes: ``(snapshots, modes)`` of each run, on one scale."""
    every, runs = runs, [run for run in runs if run in amplitudes]
    if not runs:
        return TimeMaps("Error modes over time", why=TWO_INPUTS)
    limits = amplitude_limits(np.concatenate([amplitudes[run].ravel() for run in runs]))
    maps = [
        TimeMap(
            run.times, exponents(amplitudes[run]), float(run.times[-1]), _shown(run, at), *_whose(run, every)
        )
        for run in runs
    ]
    rows = partial(deep_rows, min(each.values.shape[1] for each in maps))
    return TimeMaps(
        f"Error modes over time, up to {number(10.0 ** limits[1], 1)}",
        maps,
        time_axis(span),
        rows,
        limits,
        MARGIN,
        _left_out(every, runs),
    )


def bends_maps(
    runs: Sequence[Standing], bends: Mapping[Standing, Bends], span: Span, at: float | None
) -> TimeMaps:
    """How many bends lie in each of the parts of the domain, at the snapshots that are counted by now."""
    every, runs = runs, [run for run in runs if run.recording.scene.countable]
    if not runs:
        return TimeMaps("Bends over x and time", why=NOT_COUNTED)
    maps = [_bends_map(run, bends.get(run, {}), at, every) for run in runs]
    most = max(1, *(int(each.values.max(initial=0)) for each in maps))
    note = _noted(_left(runs, bends), _left_out(every, runs))
    title = f"Bends over x and time, up to {most} in a {PARTS}th of the domain"
    return TimeMaps(
        title,
        maps,
        time_axis(span),
        partial(even_rows, PARTS),
        (0.0, float(most)),
        NAMES,
        note,
    )


def _bends_map(run: Standing, known: Bends, at: float | None, among: Sequence[Standing]) -> TimeMap:
    snapshots = run.recording.snapshots
    kept = [(i, found) for i, each in enumerate(snapshots) if (found := known.get(each.epoch)) is not None]
    values = np.array([found for _, found in kept], dtype=np.float64).reshape(len(kept), PARTS)
    times, end = run.times[[i for i, _ in kept]], float(run.times[-1])
    return TimeMap(times, values, end, _shown(run, at), *_whose(run, among), _ends(run))


def bends_chart(
    runs: Sequence[Standing],
    bends: Mapping[Standing, Bends],
    clock: Clock,
    at: float | None,
    *,
    log_time: bool,
) -> ChartData:
    """How many bends there are, at the snapshots that are counted by now."""
    series: list[Series] = []
    for run, label in zip(runs, _labels(runs), strict=True):
        known, snapshots = bends.get(run, {}), run.recording.snapshots
        found = [(time, int(known_at.sum())) for time, each in zip(run.times, snapshots, strict=True)
                 if (known_at := known.get(each.epoch)) is not None and not (log_time and time <= 0)]  # fmt: skip
        times, counts = zip(*found, strict=True) if found else ((), ())
        series.append(Series(times, counts, label, run.color, run.lane.mark))
        if run.counts is not None:
            here = (float(run.times[run.index]),), (run.counts.bends,)
            series.append(Series(*here, "", run.color, run.lane.mark, style="points"))
    return ChartData(
        tuple(series), _time(runs, clock, log_time), Axis(label="bends", include=(0,)), cursor=at
    )


def _left(runs: Sequence[Standing], bends: Mapping[Standing, Bends]) -> str:
    """How many snapshots are still to be counted."""
    left = sum(
        each.epoch not in bends.get(run, {})
        for run in runs if run.recording.scene.countable
        for each in run.recording.snapshots
    )  # fmt: skip
    return f"{left} snapshots still to be counted" if left else ""


# Where it learns first


def fronts_maps(
    runs: Sequence[Standing], errors: Mapping[Standing, Array], span: Span, at: float | None
) -> TimeMaps:
    """The error on each subinterval, ``(snapshots, parts)`` of the target's size, and from when on it stays small."""
    every, runs = runs, [run for run in runs if run in errors]
    if not runs:
        return TimeMaps("Error over x and time", why=TWO_INPUTS)
    maps = [
        TimeMap(run.times, exponents(errors[run]), float(run.times[-1]), _shown(run, at), *_whose(run, every),
                _ends(run), settled(run.times, errors[run]))
        for run in runs
    ]  # fmt: skip
    parts = maps[0].values.shape[1]
    title = "Error over x and time, 0.01 to 1 of the target's size"
    rows = partial(even_rows, parts)
    note = _noted(f"| from where on it stays below {BELOW:g}", _left_out(every, runs))
    return TimeMaps(title, maps, time_axis(span), rows, (LEAST_ERROR, 0.0), NAMES, note)


def fronts_chart(
    runs: Sequence[Standing], errors: Mapping[Standing, Array], clock: Clock, at: float | None
) -> ChartData:
    """The front: over x, the time from which on each subinterval's error stays small; none where it does not."""
    domain = _domain(runs)
    series: list[Series] = []
    for run, label in zip(runs, _labels(runs), strict=True):
        if run in errors:
            scene = run.recording.scene
            middles = Subintervals(scene.x, scene.truth).middles
            times = settled(run.times, errors[run])
            learned = np.isfinite(times)
            series.append(
                Series(
                    middles[learned],
                    times[learned],
                    label.removeprefix(f"{run.lane.mark} "),  # the letter is the marker
                    run.color,
                    run.lane.mark,
                    style="points",
                )
            )
    if at is not None and series:
        series.append(Series(domain, (at, at), "", "foreground"))
    x_axis = Axis(label=runs[0].recording.scene.input_name, limits=domain)
    return ChartData(tuple(series), x_axis, replace(_time(runs, clock, log=True), label=AXES[clock]))


def _shown(run: Standing, at: float | None) -> float:
    """The time that is marked."""
    return at if at is not None else float(run.times[-1])


def _ends(run: Standing) -> tuple[str, ...]:
    """Of its domain, as the rows of its map are named: the upper one first."""
    return tuple(number(end) for end in reversed(run.recording.scene.domain[0]))


def _domain(runs: Sequence[Standing]) -> tuple[float, float]:
    """What holds the first input of all."""
    lows, highs = zip(*(run.recording.scene.domain[0] for run in runs), strict=True)
    return min(lows), max(highs)


def _whose(run: Standing, among: Sequence[Standing]) -> tuple[str, str]:
    """The letter and the name of a map, where several runs stand, even if it is the only one that has such a map."""
    return (run.lane.mark, run.lane.name) if len(among) > 1 else ("", "")


def _left_out(every: Sequence[Standing], drawn: Sequence[Standing]) -> str:
    """The runs that have no such map."""
    marks = [run.lane.mark for run in every if run not in drawn]
    return f"{', '.join(marks)} n/a" if marks else ""


def _noted(*notes: str) -> str:
    return "; ".join(filter(None, notes))
