"""The tangent kernel on the engine's thread: of real training, the same live, in Replay, in a file and in Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from steps import seated

from nnexpr.linear.continuous import cantilever
from nnexpr.runs import recorder as recorders
from nnexpr.specification import FitSpecification
from nnexpr.training import tangents as engine
from nnexpr.training.tangents import chosen_points, foretold, tangent_of
from nnexpr_tui.replay.tangent import WAYPOINTS, ReplayTangent
from nnexpr_tui.training import tangent
from nnexpr_tui.training.subject import FitSubject
from nnexpr_tui.training.tangent import INTERVAL, SHARE, TangentMoment, TangentSubject

SMALL = FitSpecification.make(
    width=(6,), points=64, seed=3, members=2, target="expr:sin(2*pi*x)", epochs=10_000
)
FIXED = FitSpecification.make(
    network="shallow", knots=9, points=40, optimizer="sgd", momentum=0.0, lr=0.02, target="cube", dtype="float64",
    domain=(-1.0, 1.0), epochs=10_000,
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_store(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(own_folders / "store"))


@pytest.fixture
def fit() -> Iterator[FitSubject]:
    made = seated(FitSubject())
    made.scheduler.look(frozenset({FitSubject, TangentSubject}))
    yield made
    made.end()


def now(fit: FitSubject, specification: FitSpecification, epochs: int) -> TangentMoment:
    """The moment after so many epochs of a fit that stands still."""
    fit.configure(specification, start=False)
    fit.step(epochs)
    fit.moment()
    return found(fit)


def found(fit: FitSubject) -> TangentMoment:
    kernels = fit.scheduler.subject(TangentSubject)
    assert kernels.wait == 0
    assert kernels.turn(0.0), "what stands still is shown at once"
    assert kernels.wait is None
    moment = kernels.moment()
    assert moment is not None
    return moment


def test_it_is_that_of_the_weights_of_then_of_the_shown_member(fit: FitSubject) -> None:
    now(fit, SMALL, 30)
    fit.show_member(1)
    moment, session = found(fit), fit.session
    assert session is not None
    assert moment.tangents is not None
    expected = tangent_of(session.current_network(), session.target, member=1)
    start = tangent_of(session.network, session.target, member=1)
    assert (moment.member, moment.epoch, moment.points) == (1, 30, 64)
    np.testing.assert_allclose(moment.tangents.now.kernel, expected.kernel, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(moment.tangents.start.kernel, start.kernel, rtol=1e-12, atol=1e-12)
    moved = np.linalg.norm(expected.kernel - start.kernel) / np.linalg.norm(start.kernel)
    assert moment.movement == pytest.approx(moved, rel=1e-12)
    assert moment.x is not None
    np.testing.assert_allclose(moment.x, session.target.own_inputs[chosen_points(session.target), 0])


def test_replay_shows_the_same_of_a_snapshot_as_was_seen_live(fit: FitSubject) -> None:
    live = now(fit, SMALL, 7)
    fit.step(20)
    fit.moment()
    replay = fit.scheduler.subject(ReplayTangent)
    recording = fit.recording
    index = [snapshot.epoch for snapshot in recording.snapshots].index(7)
    for asked in (0, index):  # of both the newest
        replay.seek(recording, asked)
    assert replay.wait == 0
    assert replay.turn(0.0)
    assert replay.wait is None
    shown = replay.moment()
    assert shown is not None
    assert shown.tangents is not None
    assert live.tangents is not None
    assert shown.epoch == 7
    for name in ("start", "now"):
        one, other = getattr(live.tangents, name), getattr(shown.tangents, name)
        rounding = 64 * np.finfo(np.float64).eps * one.eigenvalues[0]
        np.testing.assert_allclose(one.eigenvalues, other.eigenvalues, rtol=1e-9, atol=rounding)
        np.testing.assert_allclose(one.residual, other.residual, atol=1e-12)
    same = live.movement, live.alignment, live.loss
    assert same == pytest.approx((shown.movement, shown.alignment, shown.loss), rel=1e-9)
    assert shown.onward is not None
    assert (shown.onward.epochs[0], shown.onward.epochs[-1]) == (7, 27)
    assert shown.onward.losses[0] == pytest.approx(shown.loss, rel=1e-12)
    fit.configure(SMALL, start=False)
    replay.seek(recording, 0)
    assert not replay.turn(0.0), "of another network"


def test_fixed_knots_do_as_they_were_foretold_from_the_start_and_on_the_way(fit: FitSubject) -> None:
    moment = now(fit, FIXED, 50)
    fit.step(30)
    moment = found(fit)
    assert moment.tangents is not None
    assert moment.onward is not None
    assert (moment.movement, moment.alignment) == (0.0, pytest.approx(1.0))
    assert (moment.onward.epochs[0], moment.onward.epochs[-1]) == (50, 80)
    for losses in (moment.tangents.foretold.losses, moment.onward.losses):
        assert losses[-1] == pytest.approx(moment.loss, rel=1e-9)


def test_a_rate_that_is_changed_holds_from_then_on(fit: FitSubject) -> None:
    now(fit, FIXED, 50)
    fit.reconfigure(FIXED.replace(lr=0.005))
    fit.step(30)
    moment = found(fit)
    assert moment.tangents is not None
    assert moment.tangents.foretold.losses[-1] == pytest.approx(moment.loss, rel=1e-9)


def test_the_kernel_on_the_way_is_renewed_when_training_is_twice_as_far(fit: FitSubject) -> None:
    moment = now(fit, SMALL, 3)
    since = [moment.onward]
    for epochs in (2, 1, 5, 1):
        fit.step(epochs)
        since.append(found(fit).onward)
    assert [int(each.epochs[0]) for each in since if each is not None] == [3, 3, 6, 6, 12]
    fit.configure(SMALL, start=False)
    assert found(fit).onward is None, "the start's"


def test_its_way_has_every_kernel_that_was_found_of_the_member(
    fit: FitSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = now(fit, SMALL, 3)
    fit.step(4)
    second = found(fit)
    assert [epoch for epoch, _ in second.way] == [3, 7]
    for moment, (_, waypoint) in zip((first, second), second.way, strict=True):
        assert moment.tangents is not None
        top = moment.tangents.now.eigenvalues[0]
        assert waypoint == (moment.movement, moment.alignment, 1 / top, SMALL.lr)
    fit.show_member(1)
    assert [epoch for epoch, _ in found(fit).way] == [7]
    monkeypatch.setattr(tangent, "MOST_WAYPOINTS", 4)
    for _ in range(6):
        fit.step(1)
        moment = found(fit)
    assert [epoch for epoch, _ in moment.way] == [7, 11, 13], "the first stays, and the newest"


def test_in_replay_the_way_is_that_of_the_whole_training(fit: FitSubject) -> None:
    now(fit, SMALL, 1)
    for _ in range(40):
        fit.step(1)
        fit.moment()
    replay, recording = fit.scheduler.subject(ReplayTangent), fit.recording
    fit.scheduler.look(frozenset({FitSubject, ReplayTangent}))
    replay.seek(recording, 20)
    assert replay.turn(0.0)
    shown, left = replay.moment(), WAYPOINTS
    assert shown is not None
    assert [epoch for epoch, _ in shown.way] == [20]
    while replay.wait == 0:
        is_last = replay.turn(0.0)
        assert is_last is (replay.wait is None), "the last is shown at once, for the thread then rests"
        assert replay.due
        shown = replay.moment()
        assert not replay.due
        left -= 1
    assert left in (0, 1)
    assert shown is not None
    assert shown.epoch == 20
    epochs = [epoch for epoch, _ in shown.way]
    assert (epochs[0], epochs[-1]) == (0, 41)
    assert epochs == sorted(set(epochs))
    assert len(epochs) == WAYPOINTS + 1 - left
    assert fit.session is not None
    start = tangent_of(recording.network, fit.session.target).kernel
    for index, snapshot in enumerate(recording.snapshots):
        if snapshot.epoch in epochs[1:]:
            network = recording.network_at(index)
            assert network is not None
            kernel = tangent_of(network, fit.session.target).kernel
            expected = np.linalg.norm(kernel - start) / np.linalg.norm(start)
            assert dict(shown.way)[snapshot.epoch].movement == pytest.approx(expected, rel=1e-12)
    replay.seek(recording, 3)
    assert replay.turn(0.0)
    fit.scheduler.look(frozenset({FitSubject}))
    assert replay.wait is None, "nobody looks"


def test_beside_it_is_the_gram_spectrum_with_the_first_eigenvalue_of_the_start(fit: FitSubject) -> None:
    moment = now(fit, SMALL, 5)
    assert moment.gram is not None
    assert moment.tangents is not None
    assert moment.gram[0] == pytest.approx(moment.tangents.start.eigenvalues[0], rel=1e-14)
    exact = cantilever(64)
    np.testing.assert_allclose(moment.gram / moment.gram[0], exact / exact[0], rtol=1e-12)
    plane = now(fit, FitSpecification.make(target="waves2d", width=(4,), points=64), 2)
    assert plane.gram is not None
    slopes = np.diff(np.log(plane.gram)) / np.diff(np.log(np.arange(1, len(plane.gram) + 1)))
    np.testing.assert_allclose(slopes, -2.5, rtol=1e-9)
    assert plane.x is None


def test_losses_are_said_to_be_those_of_what_they_are(fit: FitSubject) -> None:
    said = {}
    for optimizer in ("sgd", "adam", "lbfgs"):
        moment = now(fit, FitSpecification.make(width=(4,), points=20, target="cube", optimizer=optimizer), 2)
        said[optimizer] = moment.method
        assert moment.tangents is not None
        assert moment.tangents.foretold.is_flow is (optimizer == "lbfgs")
    assert said["sgd"] == "foretold: gradient descent at the learning rate"
    assert said["adam"].endswith("adam takes other steps")
    assert "gradient flow, one unit of time an epoch" in said["lbfgs"]


# What it costs


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The epochs at which a kernel was found."""
    made: list[int] = []

    def counted(*args: object, epoch: int = 0, **options: object) -> engine.Tangent:
        made.append(epoch)
        return tangent_of(*args, epoch=epoch, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "tangent_of", counted)
    return made


def test_while_nobody_looks_it_has_nothing_to_do(fit: FitSubject, calls: list[int]) -> None:
    kernels = fit.scheduler.subject(TangentSubject)
    assert kernels.wait is None, "there is no network yet"
    fit.configure(SMALL, start=False)
    fit.scheduler.look(frozenset({FitSubject}))
    fit.step(10)
    fit.moment()
    assert kernels.wait is None
    assert calls == []
    fit.scheduler.look(frozenset({FitSubject, TangentSubject}))
    found(fit)
    assert calls == [0, 10]
    fit.step(1)
    found(fit)
    assert calls == [0, 10, 11], "the start is found once"


def test_while_training_it_takes_a_twentieth_of_the_time_and_twice_a_second_at_most(
    fit: FitSubject, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, cost = [100.0], [0.0]
    monkeypatch.setattr(tangent, "monotonic", lambda: clock[0])
    counted = engine.tangent_of

    def slow(*args: object, **options: object) -> engine.Tangent:
        clock[0] += cost[0]
        return counted(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "tangent_of", slow)
    fit.configure(SMALL, start=True)
    kernels = fit.scheduler.subject(TangentSubject)
    found_at = []
    for seconds, rest in ((0.0, INTERVAL), (0.001, INTERVAL), (2.0, SHARE * 2.0)):
        fit.turn(0.0)
        cost[0] = seconds
        assert kernels.wait == 0
        assert not kernels.turn(0.0), "shown when the screen wants it"
        assert kernels.due
        moment = kernels.moment()
        assert moment is not None
        found_at.append(moment.epoch)
        assert not kernels.due
        fit.turn(0.0)
        assert kernels.wait == pytest.approx(rest)
        clock[0] += rest
    assert found_at == sorted(set(found_at))
    fit.toggle()
    clock[0] -= 1.0
    assert kernels.wait == 0, "what stands still is found at once"


def test_only_another_network_or_member_is_urgent(fit: FitSubject) -> None:
    first = now(fit, SMALL, 3)
    fit.step(1)
    second = found(fit)
    assert first.is_urgent(None)
    assert not second.is_urgent(first)
    assert replace(second, member=1).is_urgent(first)
    assert now(fit, SMALL, 1).is_urgent(second)


# What has none


def test_it_is_said_why_there_is_none(fit: FitSubject, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = FitSpecification.make(network="compositional", target="cube", depth=2, stages=(1, 3), epochs=100)
    wild = FitSpecification.make(width=(8,), target="cube", optimizer="sgd", lr=1e9, epochs=100)
    for specification, epochs, why in (
        (staged, 2, "Peaks and scales are trained here"),
        (wild, 20, "Member 0 has diverged"),
    ):
        moment = now(fit, specification, epochs)
        assert why in moment.why
        assert moment.tangents is None
    fit.undo()
    assert "Peaks and scales" in found(fit).why
    monkeypatch.setattr(recorders, "LARGEST_PARAMETERS", 1)
    assert now(fit, SMALL, 3).tangents is not None
    replay = fit.scheduler.subject(ReplayTangent)
    replay.seek(fit.recording, 0)
    replay.turn(0.0)
    shown = replay.moment()
    assert shown is not None
    assert "not kept in snapshots" in shown.why


def test_of_another_network_than_the_present_one_nothing_is_shown(fit: FitSubject) -> None:
    now(fit, SMALL, 3)
    fit.configure(SMALL, start=False)
    assert fit.scheduler.subject(TangentSubject).moment() is None


def test_a_file_has_what_is_shown(fit: FitSubject, tmp_path: Path) -> None:
    moment = now(fit, SMALL, 12)
    assert moment.tangents is not None
    stem, _ = fit.write(tmp_path)
    told = json.loads(stem.with_name(f"{stem.name}.json").read_text())["tangent"]
    assert (told["member"], told["points"], told["now"]["epoch"]) == (0, 64, 12)
    assert told["movement"] == pytest.approx(moment.movement, rel=1e-12)
    kept = told["now"]["eigenvalues"]
    np.testing.assert_allclose(kept, moment.tangents.now.eigenvalues[: len(kept)], rtol=1e-3)
    losses = foretold(moment.tangents.start, fit.recording.specification, 64, 12).losses
    np.testing.assert_allclose(told["foretold"]["losses"], losses, rtol=1e-3)
    staged = FitSpecification.make(network="compositional", target="cube", depth=2, stages=(1, 3), epochs=100)
    now(fit, staged, 2)
    stem, _ = fit.write(tmp_path)
    assert json.loads(stem.with_name(f"{stem.name}.json").read_text())["tangent"] is None
