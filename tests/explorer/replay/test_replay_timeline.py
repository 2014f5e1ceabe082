"""The clock of Replay: what each run shows at a time, how the time moves, and how it is played."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnexpr.runs.recording import Recording
from nnexpr.specification import FitSpecification
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.replay.position import Playing, Position
from nnexpr_tui.replay.timeline import CLOCKS, Clock, along, index_at, span_of, time_at, times_of

NOTHING: Any = None
LOSSES = st.lists(
    st.one_of(st.floats(1e-12, 1e6), st.just(float("nan")), st.just(0.0)), min_size=1, max_size=30
)


def recorded(losses: list[float], stride: int = 3, pace: float = 0.5) -> Recording:
    """A snapshot every so many epochs; a history of the same."""
    empty = np.zeros(0, np.float32)
    snapshots = tuple(
        Snapshot(k * stride, k * pace, 1e-3, np.array([loss]), 0, empty, None, empty)
        for k, loss in enumerate(losses)
    )
    epochs = np.array([each.epoch for each in snapshots])
    history = np.array(losses, dtype=np.float32)[:, None]
    return Recording(FitSpecification.make(), NOTHING, NOTHING, snapshots, epochs, history)


@given(LOSSES)
@pytest.mark.parametrize("clock", CLOCKS)
def test_times_never_fall_and_each_leads_back_to_a_snapshot_of_that_time(
    clock: Clock, losses: list[float]
) -> None:
    recording = recorded(losses)
    times = times_of(recording, clock)
    assert (np.diff(times) >= 0).all()
    assert (np.diff(along(recording, 0, clock)) >= 0).all()
    for time in times:
        assert times[index_at(times, time, clock)] == time
    assert index_at(times, None, clock) == len(losses) - 1


@given(LOSSES, st.floats(1e-9, 1e9))
def test_by_loss_a_run_shows_the_first_snapshot_that_has_come_so_low_or_its_last(
    losses: list[float], wanted: float
) -> None:
    times = times_of(recorded(losses), "loss")
    index = index_at(times, 1 / wanted, "loss")
    low = [k for k, loss in enumerate(losses) if 1 / max(loss, 1e-300) >= 1 / wanted]  # NaN is not
    assert index == (low[0] if low else len(losses) - 1)


@given(st.lists(LOSSES, min_size=1, max_size=4), st.floats(0, 200))
def test_a_run_that_has_ended_stays_at_its_end(runs: list[list[float]], at: float) -> None:
    for clock in ("epochs", "seconds"):
        for losses in runs:
            recording = recorded(losses)
            times = times_of(recording, clock)  # type: ignore[arg-type]
            index = index_at(times, at, clock)  # type: ignore[arg-type]
            assert times[index] <= at or index == 0
            assert index == len(losses) - 1 or times[index + 1] > at


@given(st.lists(st.tuples(LOSSES, st.integers(1, 5)), min_size=1, max_size=4))
@pytest.mark.parametrize("clock", CLOCKS)
def test_one_step_after_another_every_time_of_every_run_is_shown(
    clock: Clock, runs: list[tuple[list[float], int]]
) -> None:
    times = [times_of(recorded(losses, stride), clock) for losses, stride in runs]
    every = np.unique(np.concatenate(times))
    for steps in (1, -1):
        at = time_at(times, None if steps < 0 else float(every[0]), 0)
        at = float(every[0]) if steps > 0 and len(every) > 1 else at
        shown = [at]
        while (after := time_at(times, shown[-1], steps)) != shown[-1]:
            shown.append(after)
        found = [float(every[-1]) if each is None else each for each in shown]
        assert found == (every.tolist() if steps > 0 else every[::-1].tolist())


@given(LOSSES)
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_jump_shows_the_snapshot_of_the_epoch_on_every_clock_and_turning_it_keeps_that(
    clock: Clock, losses: list[float]
) -> None:
    recording = recorded(losses)
    for index, snapshot in enumerate(recording.snapshots):
        position = Position(clock)
        position.jump(recording, snapshot.epoch + 1)  # between two: the earlier
        assert position.index(recording, times_of(recording, clock)) == index
        for _ in CLOCKS:
            position.turn(recording)
            assert position.index(recording, times_of(recording, position.clock)) == index
        assert position.clock == clock


@given(st.lists(LOSSES, min_size=1, max_size=3), st.booleans(), st.floats(0, 1))
@pytest.mark.parametrize("clock", CLOCKS)
def test_a_share_of_the_span_is_a_time_within_it_and_back(
    clock: Clock, runs: list[list[float]], log: bool, share: float
) -> None:
    span = span_of([times_of(recorded(losses), clock) for losses in runs], log=log)
    time = span.time(share)
    assert span.low * (1 - 1e-9) <= time <= span.high * (1 + 1e-9)
    if span.high > span.low * (1 + 1e-6) > 0:
        assert span.share(time) == pytest.approx(share, abs=1e-6)


def test_playing_takes_as_long_as_is_said_on_either_axis_and_at_any_speed() -> None:
    times = [times_of(recorded([1.0] * 1000), "epochs")]
    for log in (False, True):
        span, playing = span_of(times, log=log), Playing()
        assert playing.faster(4)
        assert playing.seconds == 5
        assert playing.begin(span, None, 100.0) == span.low
        assert playing.time(span, 102.5) == pytest.approx(span.time(0.5))
        assert playing.time(span, 104.9) == pytest.approx(span.time(0.98))
        assert playing.time(span, 105.0) is None
    while playing.faster(2):
        assert playing.seconds >= 1.25
    while playing.faster(0.5):
        assert playing.seconds <= 1280
