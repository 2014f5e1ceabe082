"""Replay on the engine's thread: snapshots of the present fit are counted, the newest asked for first."""

from __future__ import annotations

from threading import Event

import pytest
from stand_in import World
from steps import seated

import nnexpr
from nnexpr.specification import FitSpecification
from nnexpr_tui.replay.subject import WAIT, ReplaySubject
from nnexpr_tui.training.subject import FitSubject

SMALL = FitSpecification.make(width=(6,), epochs=100)


def opened(world: World) -> tuple[FitSubject, ReplaySubject]:
    fit = seated(FitSubject(world.load))
    fit.configure(SMALL)
    for _ in range(3):
        fit.step()
        fit.moment()
    return fit, fit.scheduler.subject(ReplaySubject)


def test_of_several_snapshots_the_newest_is_counted_and_what_is_known_stays_known(world: World) -> None:
    fit, replay = opened(world)
    moment = fit.moment()
    assert moment is not None
    recording = moment.recording
    for indices, epochs in (((0, 1, 2), {2}), ((0,), {2, 0})):
        before = replay.moment()
        for index in indices:
            replay.count(recording, index)
        assert replay.wait == 0
        assert replay.turn(0.0)
        assert replay.wait is None
        found = replay.moment()
        assert found is not None
        assert found.is_urgent(before)
        assert not found.is_urgent(found)
        assert set(found.counts) == {recording.scene}
        assert set(found.counts[recording.scene]) == epochs
        for epoch, counts in found.counts[recording.scene].items():
            [expected] = nnexpr.linear_regions(recording.network_at(epoch))
            assert counts is not None
            assert counts.breakpoints.tolist() == expected.breakpoints.tolist()


def test_while_what_counts_is_compiled_snapshots_wait_and_events_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's thread answers keys and trains while another thread compiles."""
    compiled = Event()
    monkeypatch.setattr("nnexpr_tui.replay.subject.compiling", {"line": compiled}.__getitem__)
    fit, replay = opened(world)
    moment = fit.moment()
    assert moment is not None
    replay.count(moment.recording, 0)
    assert replay.wait == WAIT
    replay.search((moment.recording,))
    assert replay.wait == 0
    assert replay.turn(0.0)
    found = replay.moment()
    assert found is not None
    assert (found.searched, dict(found.counts)) == ((moment.recording,), {})
    assert replay.wait == WAIT
    compiled.set()
    assert replay.wait == 0


def test_a_snapshot_of_a_network_that_has_been_built_anew_is_not_counted(world: World) -> None:
    fit, replay = opened(world)
    before = fit.moment()
    assert before is not None
    replay.count(before.recording, 0)
    fit.configure(SMALL)
    assert not replay.turn(0.0)
    assert replay.moment() is None
