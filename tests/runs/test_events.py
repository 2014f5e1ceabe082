"""Events are where they were put: in recordings that are made up, and in one that was trained to collapse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nnexpr.regions.line import linear_regions
from nnexpr.runs.events import VISIBLE, Event, events
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.scene import scene_of
from nnexpr.specification import FitSpecification
from nnexpr.training.fit import session_of
from nnexpr.training.snapshots import Snapshot

SESSION = session_of(FitSpecification.make(width=(3,), points=16, members=2, target="expr:sin(2*pi*x)"))
SCENE = scene_of(SESSION)
WAVE = SCENE.truth - SCENE.truth.mean()
EPOCHS = np.arange(0, 1000, 10)


def made_up(
    fits: list[NDArray[np.float64]], losses: NDArray[np.float64] | None = None, every: int = 100
) -> Recording:
    """Snapshots of member 1 with these fits, at every so many epochs; losses (entries,) at EPOCHS, of member 1."""
    column = np.ones(len(EPOCHS)) if losses is None else losses
    snapshots = tuple(
        Snapshot(
            epoch=every * k, seconds=0.0, learning_rate=1.0, losses=np.array([np.nan, 1.0]), member=1,
            prediction=np.broadcast_to(fit, SCENE.x.shape).astype(np.float32), band=None,
            parameters=np.zeros(0, dtype=np.float32),
        )
        for k, fit in enumerate(fits)
    )  # fmt: skip
    both = np.stack([np.full(len(EPOCHS), np.nan), column], axis=1).astype(np.float32)
    return Recording(SESSION.specification, SCENE, SESSION.network, snapshots, EPOCHS, both)


def found(recording: Recording, kind: str, member: int | None = None) -> Event | None:
    of_kind = [event for event in events(recording, member) if event.kind == kind]
    assert len(of_kind) <= 1
    return of_kind[0] if of_kind else None


LINE = 3.0 * SCENE.x - 7.0
CURVED = WAVE - np.polyval(np.polyfit(SCENE.x, WAVE, 1), SCENE.x)


@pytest.mark.parametrize("share", [0.99 * VISIBLE, 1.01 * VISIBLE])
def test_the_fit_bends_when_a_tenth_of_what_is_not_straight_in_the_target_is_there(share: float) -> None:
    bend = found(made_up([LINE, LINE, LINE + share * CURVED, LINE + CURVED]), "bend")
    assert bend is not None
    first = 2 if share >= VISIBLE else 3
    assert (bend.snapshot, bend.epoch) == (first, 100 * first)
    assert f"by epoch {100 * first}" in bend.words


def test_a_fit_that_is_bent_from_the_beginning_or_never_has_no_bend_but_one_that_was_straight_again_has() -> (
    None
):
    assert found(made_up([CURVED, CURVED]), "bend") is None
    assert found(made_up([LINE, 2 * LINE]), "bend") is None
    bend = found(made_up([CURVED, LINE, CURVED, LINE, CURVED]), "bend")
    assert bend is not None
    assert bend.snapshot == 2
    straight = made_up([LINE, CURVED])
    assert found(replace(straight, scene=replace(SCENE, truth=LINE)), "bend") is None
    unknown = np.full_like(SCENE.truth, np.nan)
    assert found(replace(straight, scene=replace(SCENE, truth=unknown)), "bend") is None


@settings(deadline=None, max_examples=50, database=None)
@given(st.lists(st.booleans(), min_size=1, max_size=12), st.sampled_from([0.0, 1.0, -1e6, 1e-30]))
def test_it_has_collapsed_from_where_on_every_fit_is_constant(constant: list[bool], value: float) -> None:
    flat, varied = np.full_like(SCENE.x, value), value + (1 + abs(value)) * WAVE
    collapse = found(made_up([flat if each else varied for each in constant]), "collapse")
    varying = [at for at, each in enumerate(constant) if not each]
    first = varying[-1] + 1 if varying else 0
    assert collapse == (None if first == len(constant) else collapse)
    if first < len(constant):
        assert collapse is not None
        assert (collapse.snapshot, collapse.epoch) == (first, 100 * first)


def test_a_collapse_before_a_divergence_is_one() -> None:
    lost = np.full_like(SCENE.x, np.nan)
    collapse = found(made_up([WAVE, np.zeros_like(WAVE), lost, lost]), "collapse")
    assert collapse is not None
    assert collapse.snapshot == 1
    assert found(made_up([lost, lost]), "collapse") is None


@pytest.mark.parametrize("row", [1, 40, 99])
def test_the_divergence_is_where_losses_end(row: int) -> None:
    losses = np.ones(len(EPOCHS))
    losses[row:] = np.nan
    divergence = found(made_up([WAVE] * 10, losses), "divergence")
    assert divergence is not None
    assert divergence.epoch == EPOCHS[row]
    assert divergence.snapshot == min(9, -(-EPOCHS[row] // 100))
    assert found(made_up([WAVE] * 10), "divergence") is None


@pytest.mark.parametrize("row", [0, 37, 99])
def test_the_best_is_where_the_loss_is_least(row: int) -> None:
    losses = np.linspace(2.0, 3.0, len(EPOCHS))
    losses[row] = 1e-3
    best = found(made_up([WAVE] * 10, losses), "best")
    assert best is not None
    assert best.epoch == EPOCHS[row]
    assert "0.001, at epoch" in best.words
    assert found(made_up([WAVE] * 2, losses), "best", member=0) is None, "all of its losses are lost"


def test_losses_of_snapshots_later_than_the_history_are_known_too() -> None:
    recording = made_up([WAVE] * 12, np.linspace(3.0, 2.0, len(EPOCHS)))
    best = found(recording, "best")
    assert best is not None
    assert (best.epoch, best.snapshot) == (1000, 10)


@pytest.mark.parametrize("knee", [200, 500, 700])
def test_the_knee_is_where_two_rates_meet(knee: int) -> None:
    losses = np.exp(-EPOCHS / 50 + np.maximum(0, EPOCHS - knee) / 51)
    event = found(made_up([WAVE] * 10, losses), "knee")
    assert event is not None
    assert event.epoch == pytest.approx(knee, abs=10)
    assert event.snapshot == knee // 100
    assert found(made_up([WAVE] * 10, np.exp(-EPOCHS / 50)), "knee") is None


def test_events_come_in_order_and_are_those_of_the_member_that_is_asked_for() -> None:
    losses = np.exp(-EPOCHS / 50 + np.maximum(0, EPOCHS - 300) / 51)
    recording = made_up([LINE, LINE, CURVED, CURVED, np.zeros_like(WAVE)], losses)
    kinds = [event.kind for event in events(recording)]
    assert kinds == ["bend", "knee", "collapse", "best"]
    assert [event.kind for event in events(recording, 0)] == ["divergence"]


def test_the_collapse_is_where_exact_counting_finds_it() -> None:
    spec = FitSpecification.make(
        width=(2,),
        depth=4,
        points=32,
        epochs=60,
        optimizer="sgd",
        lr=0.5,
        members=30,
        target="expr:sin(2*pi*x)",
    )
    session = session_of(spec)
    session.step(60)
    ended = [lines.collapsed for lines in linear_regions(session.current_network())]
    begun = [lines.collapsed for lines in linear_regions(session.network)]
    killed = [member for member in range(30) if ended[member] and not begun[member]]
    assert killed
    session = session_of(spec)
    recorder = Recorder(session, scene_of(session))
    recorder.member = killed[0]
    recorder.record()
    while session.state in ("ready", "paused"):
        session.step(1)
        recorder.record()
    recording = recorder.recording()
    networks = [recording.network_at(at) for at in range(len(recording.snapshots))]
    counted = [linear_regions(network)[0].collapsed for network in networks if network is not None]
    collapse = found(recording, "collapse")
    assert collapse is not None
    assert counted[collapse.snapshot :] == [True] * (len(networks) - collapse.snapshot)
    assert not counted[collapse.snapshot - 1]


def test_one_snapshot_is_enough_to_ask() -> None:
    recording = made_up([WAVE])
    assert [event.kind for event in events(replace(recording, epochs=EPOCHS[:0], losses=recording.losses[:0]))] == [
        "best"
    ]  # fmt: skip
