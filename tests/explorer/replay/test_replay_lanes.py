"""The runs side by side, on the engine's thread: trained by turns, the fit left as it is, bounded, and taken away."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from stand_in import World
from steps import seated

from nnexpr.runs.events import events
from nnexpr.runs.store import store
from nnexpr.specification import FitSpecification, InputError
from nnexpr_tui.replay import lanes as lanes_module
from nnexpr_tui.replay import subject as counts_module
from nnexpr_tui.replay.lanes import FIT, KEPT, Lane, LanesSubject
from nnexpr_tui.replay.subject import ReplaySubject, far_apart
from nnexpr_tui.training.subject import FitSubject

SMALL = FitSpecification.make(width=(6,), epochs=1000, seed=7, members=2)


def opened(world: World, epochs: int = 3) -> tuple[FitSubject, LanesSubject]:
    fit = seated(FitSubject(world.load, store=store()))
    fit.configure(SMALL)
    for _ in range(epochs):
        fit.step()
        fit.moment()
    return fit, fit.scheduler.subject(LanesSubject)


def lanes_of(lanes: LanesSubject) -> dict[str, Lane]:
    return {lane.mark: lane for lane in lanes.moment().lanes}


def turns(lanes: LanesSubject, world: World, count: int) -> None:
    for _ in range(count):
        world.let_train(1)
        assert lanes.wait == 0
        lanes.turn(0.0)


def test_at_first_there_is_the_fit_alone(world: World) -> None:
    _, lanes = opened(world)
    assert [(lane.mark, lane.kind, lane.recording) for lane in lanes.moment().lanes] == [("A", FIT, None)]
    assert lanes.wait is None


def test_a_variant_is_trained_beside_the_fit_which_stays_as_it_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "LEAST_EPOCHS", 5)
    fit, lanes = opened(world)
    fit.show_member(1)
    wide = fit.session.specification.replace(width=(12,))  # type: ignore[union-attr]
    before = lanes.moment()
    lanes.vary("A", wide)
    assert lanes.moment().is_urgent(before)
    assert world.engine.specification == wide
    turns(lanes, world, 5)
    assert lanes.wait is None, "it stands still where it was to"
    lane = lanes_of(lanes)["B"]
    assert (lane.name, lane.state, lane.until) == ("width 12", "paused", 5)
    assert lane.recording is not None
    epochs = [snapshot.epoch for snapshot in lane.recording.snapshots]
    assert (epochs[0], epochs[-1]) == (0, 5)
    assert epochs == sorted(set(epochs))
    assert {snapshot.member for snapshot in lane.recording.snapshots} == {1}, "that of the fit"
    assert fit.session is world.engines[0]
    assert (fit.session.epoch, fit.session.state) == (3, "paused")  # type: ignore[union-attr]


def test_a_variant_goes_as_far_as_its_run_or_on_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes_module, "LEAST_EPOCHS", 2)
    fit, lanes = opened(world, epochs=4)
    assert fit.session is not None
    spec = fit.session.specification
    lanes.vary("A", spec.replace(seed=1))
    fit.toggle()
    lanes.vary("A", spec.replace(seed=2))
    lanes.vary("B", spec.replace(seed=3))  # of one that has not trained yet
    assert [lanes_of(lanes)[mark].until for mark in "BCD"] == [4, None, 2]


def test_variants_have_their_turns_one_after_the_other(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    for seed in (1, 2, 3):
        lanes.vary("A", fit.session.specification.replace(seed=seed))
    lanes.toggle("C")
    turns(lanes, world, 6)
    assert [engine.epoch for engine in world.engines[1:]] == [3, 0, 3]
    lanes.toggle("C")
    turns(lanes, world, 3)
    assert [engine.epoch for engine in world.engines[1:]] == [4, 1, 4]


def test_there_are_four_at_most_and_a_place_that_is_left_is_taken_again(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    spec = fit.session.specification
    for seed in (1, 2, 3):
        lanes.vary("A", spec.replace(seed=seed))
    with pytest.raises(RuntimeError, match="4 runs already"):
        lanes.vary("A", spec.replace(seed=4))
    lanes.take_away("C")
    assert world.engines[2].state == "paused"
    assert set(lanes_of(lanes)) == {"A", "B", "D"}
    lanes.vary("B", spec.replace(seed=1, lr=0.5))
    assert lanes_of(lanes)["C"].name == "lr 0.5, seed 1", "named by what it has otherwise than the fit"


def test_the_fit_can_be_put_away_and_brought_back_but_one_run_stays(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    with pytest.raises(RuntimeError, match="the only run"):
        lanes.take_away("A")
    lanes.vary("A", fit.session.specification.replace(seed=1))
    lanes.take_away("A")
    assert set(lanes_of(lanes)) == {"B"}
    with pytest.raises(RuntimeError, match="the only run"):
        lanes.take_away("B")
    lanes.bring_fit()
    assert lanes_of(lanes)["A"].kind == FIT


def test_a_variant_is_kept_when_it_is_asked_and_not_before(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    lanes.vary("A", fit.session.specification.replace(seed=1))
    turns(lanes, world, 2)
    assert world.kept == []
    lanes.keep("B")
    assert world.kept == [2]
    turns(lanes, world, 1)
    lanes.keep("B")
    assert world.kept == [3], "over what was kept of it before"
    assert lanes_of(lanes)["B"].run == store().runs()[0].id


def test_one_whose_training_fails_says_so_and_the_others_go_on(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    said: list[str] = []
    lanes.scheduler.say = lambda text, error=False: said.append(text)  # type: ignore[method-assign]
    for seed in (1, 2):
        lanes.vary("A", fit.session.specification.replace(seed=seed))
    world.failure = ValueError("no more memory")
    assert lanes.turn(0.0)
    world.failure = None
    turns(lanes, world, 3)
    assert said == ["B, seed 1, stopped: no more memory"]
    assert [lanes_of(lanes)[mark].state for mark in "BC"] == ["failed", "running"]
    assert world.engine.epoch == 3
    with pytest.raises(RuntimeError, match="no more memory"):
        lanes.toggle("B")


def test_all_snapshots_are_counted_in_spare_turns_and_what_is_known_is_bounded(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts_module, "MOST_WHOLE", 4)
    fit, lanes = opened(world, epochs=12)
    replay = fit.scheduler.subject(ReplaySubject)
    fit.scheduler.look(frozenset({ReplaySubject}))
    recording = fit.recording
    replay.survey([recording])
    shown = []
    while replay.wait is not None:
        shown.append(replay.turn(0.0))
    assert shown == [False] * 12 + [True], "the last is shown at once, for the thread then rests"
    found = replay.moment()
    assert found is not None
    assert set(found.bends[recording.scene]) == set(range(13))
    assert not found.counts.get(recording.scene)
    for index in range(13):
        replay.count(recording, index)
        replay.turn(0.0)
    found = replay.moment()
    assert found is not None
    assert set(found.counts[recording.scene]) == {9, 10, 11, 12}
    for epoch, counts in found.counts[recording.scene].items():
        assert counts is not None
        bends = found.bends[recording.scene][epoch]
        assert bends is not None
        assert bends.sum() == counts.bends
        assert np.flatnonzero(bends).tolist() == sorted({int(64 * x) for x in counts.breakpoints})
    lanes.vary("A", SMALL.replace(seed=9))
    lanes.take_away("A")
    replay.survey([])
    replay.count(recording, 0)
    assert not replay.turn(0.0), "of a run that is there no more"
    assert recording.scene not in replay._bends


@pytest.mark.parametrize("count", [0, 1, 2, 3, 8, 9, 300])
def test_far_apart_has_each_once_and_is_never_far_from_even(count: int) -> None:
    order = far_apart(count)
    assert sorted(order) == list(range(count))
    for taken in range(2, count):
        there = sorted(order[:taken])
        gaps = [after - before for before, after in pairwise(there)]
        assert max(gaps) <= 4 * (count - 1) / (taken - 1)


def test_a_kept_run_comes_back_as_it_was_seen_and_can_be_varied(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    lanes.vary("A", fit.session.specification.replace(width=(9,)))
    turns(lanes, world, 4)
    lanes.keep("B")
    before = lanes_of(lanes)["B"].recording
    assert before is not None
    lanes.take_away("B")
    lanes.list_kept()
    listed = lanes.moment().kept
    assert listed is not None
    [head] = listed
    lanes.open([head.run])
    after = lanes_of(lanes)["B"].recording
    assert after is not None
    assert after.run == head.run
    for one, other in zip(before.snapshots, after.snapshots, strict=True):
        assert (one.epoch, one.loss) == (other.epoch, other.loss)
        assert one.prediction.tolist() == other.prediction.tolist()
    assert lanes.target_of(after.scene) is not None
    assert lanes.wait is None
    with pytest.raises(RuntimeError, match="from the store"):
        lanes.toggle("B")
    lanes.vary("B", after.specification.replace(seed=3))
    assert lanes_of(lanes)["C"].name == "width 9, seed 3"
    with pytest.raises(InputError, match="20200101"):
        lanes.open(["20200101-000000-000000"])


def test_kept_runs_alone_take_the_place_of_all_others(world: World) -> None:
    fit, lanes = opened(world)
    assert fit.session is not None
    lanes.vary("A", fit.session.specification.replace(seed=1))
    lanes.keep("B")
    [run] = store().runs()
    lanes.open([run.id, run.id], alone=True)
    assert [(lane.mark, lane.kind) for lane in lanes.moment().lanes] == [("A", KEPT), ("B", KEPT)]
    assert world.engine.state == "paused"
    lanes.bring_fit()
    assert lanes_of(lanes)["C"].kind == FIT


def test_what_happened_in_the_runs_is_found_where_it_is_asked_for(world: World) -> None:
    fit, _ = opened(world, epochs=9)
    replay = fit.scheduler.subject(ReplaySubject)
    recordings = (fit.recording,)
    before = replay.moment()
    replay.search(recordings)
    assert replay.wait == 0
    assert replay.turn(0.0)
    assert replay.wait is None
    found = replay.moment()
    assert found is not None
    assert found.is_urgent(before)
    assert found.searched is recordings
    assert found.happened == {fit.recording.scene: events(recordings[0])}
    assert found.happened[recordings[0].scene]


def test_a_variant_is_named_by_the_fit_that_stands_beside_it_or_by_itself(world: World) -> None:
    fit, lanes = opened(world)
    lanes.vary("A", SMALL.replace(width=(12,)))
    lanes.vary("B", SMALL.replace(width=(12,), seed=8))
    assert [lanes_of(lanes)[mark].name for mark in "BC"] == ["width 12", "width 12, seed 8"]
    fit.configure(SMALL.replace(width=(12,)))
    assert [lanes_of(lanes)[mark].name for mark in "BC"] == ["the same again", "seed 8"]
    for change in (lambda: fit.configure(SMALL.replace(target="cube")), lambda: lanes.take_away("A")):
        change()
        assert [lanes_of(lanes)[mark].name for mark in "BC"] == [
            "width 12, members 2, seed 7", "width 12, members 2, seed 8",
        ]  # fmt: skip


def test_what_was_counted_of_runs_that_are_gone_is_forgotten_with_the_next_count(world: World) -> None:
    fit, _ = opened(world)
    replay = fit.scheduler.subject(ReplaySubject)
    first = fit.recording
    replay.count(first, 0)
    replay.turn(0.0)
    assert set(replay._counts) == set(replay._bends) == {first.scene}
    fit.configure(SMALL.replace(seed=1))
    replay.count(fit.recording, 0)
    replay.turn(0.0)
    assert set(replay._counts) == set(replay._bends) == {fit.scene}
