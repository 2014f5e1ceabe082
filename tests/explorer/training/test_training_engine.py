"""The real engine behind the explorer, against closed forms and against what is read back from its files."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import numpy as np
import pytest
import torch
from steps import PATIENCE, seated
from textual.app import App

import nnexpr
from nnexpr.runs.recording import network_of
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.app import _load_engine
from nnexpr_tui.lulls import Lulls
from nnexpr_tui.training.counting import Counting
from nnexpr_tui.training.engine import build, frequencies, library, lines
from nnexpr_tui.training.floors import MOST_REGIONS, Floors
from nnexpr_tui.training.subject import WAIT, FitSubject

SMALL = FitSpecification.make(width=(6,), points=64, seed=3, members=2, target="expr:sin(2*pi*x)")


@pytest.fixture(autouse=True)
def own_store(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNEXPR_STORE", str(own_folders / "store"))


def test_counts_are_those_of_the_network_that_is_written(tmp_path: Path) -> None:
    fit = seated(FitSubject())
    fit.configure(SMALL)
    fit.step(40)
    fit.show_member(1)
    session = fit.session
    stem, moment = fit.write(tmp_path / "deep")
    assert stem.name == "nnexpr-mlp-expr-sin-2-pi-x-40"
    saved = nnexpr.load(stem.with_name(f"{stem.name}.safetensors"))
    assert saved.metadata["extra"] == {"epoch": 40, "losses": moment.snapshot.losses.tolist()}
    assert torch.equal(saved.network.parameters[1], torch.as_tensor(session.snapshot(1).parameters))
    document = json.loads(stem.with_name(f"{stem.name}.json").read_text())
    expected = nnexpr.linear_regions(saved.network)[1]
    assert document["domain"] == [0.0, 1.0] == expected.knots[[0, -1]].tolist()
    assert document["counts"]["linear_regions"] == expected.count
    assert document["counts"]["breakpoints"] == pytest.approx(expected.breakpoints.tolist(), abs=1e-12)
    assert document["epochs"] == 40
    assert document["losses"] == session.snapshot(0).losses.tolist()
    resolved = {"device": "cpu", "threads": torch.get_num_threads(), "domain": (0.0, 1.0)}
    assert FitSpecification.from_config(document["config"]) == SMALL.replace(**resolved)


def test_a_file_is_shown_in_its_own_units(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    path.write_text("year,count\n" + "\n".join(f"{1900 + i},{50 * i}" for i in range(21)), encoding="utf-8")
    session = build(FitSpecification.make(target=f"csv:{path}", width=(5,)))
    scene = scene_of(session)
    assert scene.domain[0] == pytest.approx((1900, 1920))
    assert scene.truth == pytest.approx(50 * (scene.x - 1900))
    assert scene.data is not None
    assert scene.data[1] == pytest.approx(50.0 * np.arange(21))
    assert (scene.input_name, scene.value_name) == ("year", "count")
    snapshot = session.snapshot(0)
    counts = lines(network_of(session.network, snapshot), session.target)
    assert counts is not None
    assert counts.breakpoints.min(initial=1910) >= 1900
    assert counts.breakpoints.max(initial=1910) <= 1920
    inside = np.searchsorted(counts.breakpoints, scene.x)
    slopes = np.diff(snapshot.prediction.astype(float)) / np.diff(scene.x)
    same = inside[1:] == inside[:-1]
    assert slopes[same] == pytest.approx(counts.slopes[inside[1:]][same], rel=1e-2, abs=1e-2)


@pytest.mark.parametrize("mode", [0, 1, 5, 20])
def test_the_frequencies_of_an_error_of_one_mode_are_that_mode(mode: int) -> None:
    session = build(SMALL)
    scene = scene_of(session)
    error = 0.25 * np.cos(2 * np.pi * mode * scene.x)
    plain = session.snapshot(0)
    off = Snapshot(
        0, 0.0, 1e-3, plain.losses, 0, (scene.truth + error).astype(np.float32), None, plain.parameters
    )
    amplitudes = frequencies(scene, off)
    assert amplitudes is not None
    assert amplitudes[mode] == pytest.approx(0.25, abs=1e-6)
    assert np.delete(amplitudes, mode).max() < 1e-6


def test_the_floor_is_zero_for_a_straight_line_and_above_the_loss_of_no_network() -> None:
    line = build(FitSpecification.make(target="expr:2*x+1", width=(4,), points=50))
    straight = Floors(line.target).find(1)
    assert straight is not None
    assert (straight.lower_bound, straight.mse, straight.certified) == (0.0, 0.0, True)
    session = build(SMALL)
    session.step(300)
    counts = lines(network_of(session.network, session.snapshot(0)), session.target)
    assert counts is not None
    floor = Floors(session.target).find(counts.count)
    assert floor is not None
    assert 0 < floor.lower_bound <= session.snapshot(0).loss


def test_while_a_count_moves_a_floor_of_some_more_pieces_stands_in_for_it() -> None:
    """It is sought in the background; more regions than are searched have none."""
    floors = Floors(build(SMALL).target)
    assert floors.near(20) is None
    floors.seek(20)
    deadline = monotonic() + PATIENCE
    while floors.near(20) is None:
        assert monotonic() < deadline
        sleep(0.01)
    near = floors.near(20)
    assert near is not None
    assert near.regions == 22
    assert floors.near(23) is floors.get(20) is None
    own = floors.find(20)
    assert own is floors.near(20)
    assert own is not None
    assert near.lower_bound <= own.lower_bound <= own.mse
    assert floors.find(MOST_REGIONS + 1) is floors.near(MOST_REGIONS + 1) is None


def test_a_kept_run_is_found_and_kept_again_over_itself() -> None:
    fit = seated(FitSubject(store=store()))
    fit.configure(SMALL)
    fit.step(3)
    fit.end()
    run = fit.run
    assert run is not None
    first = store().find(run)
    assert first is not None
    fit.step(3)
    fit.end()
    assert fit.run == run
    saved = first.read()
    assert torch.equal(saved.network.parameters[0], torch.as_tensor(fit.snapshot().parameters))


def test_more_epochs_open_a_finished_fit_again() -> None:
    fit = seated(FitSubject())
    fit.configure(SMALL.replace(epochs=2))
    fit.step(2)
    assert fit.session.state == "finished"
    fit.reconfigure(SMALL.replace(epochs=4, lr=1e-2))
    fit.step(2)
    assert (fit.session.epoch, fit.snapshot().learning_rate) == (4, 1e-2)


def test_a_rate_that_a_key_has_changed_is_of_the_run() -> None:
    fit = seated(FitSubject())
    fit.configure(SMALL.replace(epochs=20, lr=1e-2))
    fit.step(5)
    fit.reconfigure(SMALL.replace(epochs=20, lr=2e-2))
    fit.step(3)
    fit.reconfigure(SMALL.replace(epochs=30, lr=2e-2))
    assert (fit.session.specification.lr, fit.session.specification.schedule) == (1e-2, "steps:5=0.02")
    assert fit.session.learning_rate == 2e-2
    moment = fit.moment()
    assert moment is not None
    assert moment.recording.specification.schedule == "steps:5=0.02"
    fit.configure(SMALL.replace(epochs=20, depth=4))
    moment = fit.moment()
    assert moment is not None
    assert moment.tried[-1].specification.schedule == "steps:5=0.02"


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "tanh"},
        {"encoding_bands": 2},
        {"target": "waves2d", "points": 100},
        {"network": "shallow", "knots": 9},
        {"network": "compositional"},
        {"network": "mmnn", "width": (12,)},
        {"depth": 1},
    ],
)
def test_every_kind_of_fit_can_be_looked_at(changes: dict[str, object]) -> None:
    fit = seated(FitSubject())
    fit.configure(FitSpecification.make(**{"points": 64, **changes}))  # type: ignore[arg-type]
    fit.step(2)
    while fit.wait is not None:
        fit.turn(fit.wait)
    moment = fit.moment()
    assert moment is not None
    assert moment.epoch == 2
    assert np.isfinite(moment.loss)
    assert (moment.counts is None) == (not moment.scene.countable)
    assert (moment.frequencies is None) == (moment.scene.dimension == 2)
    assert len(moment.recording.snapshots) == 2


def test_the_catalogue_is_offered_lines_first_and_what_is_not_in_it_is_refused() -> None:
    known = library()
    assert {"fourier", "cube", "chirp"} <= set(known.targets)
    dimensions = [nnexpr.target(name, points=100).dimension for name in known.targets]
    assert dimensions == sorted(dimensions)
    with pytest.raises(InputError):
        known.build(FitSpecification.make(target="no-such-target"))


def test_while_training_a_floor_is_shown_that_is_a_bound_too() -> None:
    fit = seated(FitSubject())
    fit.configure(SMALL)
    fit.step(40)
    counting = Counting(fit.session)
    counting.glance(fit.snapshot(), running=True)
    deadline = monotonic() + PATIENCE
    while counting.of(0)[2] is None:
        assert monotonic() < deadline
        sleep(0.01)
    _, _, while_training = counting.of(0)
    counting.look(fit.snapshot())
    lines, _, floor = counting.of(0)
    assert while_training is not None
    assert floor is not None
    assert lines is not None
    assert while_training.regions > floor.regions == lines.count
    assert 0 < while_training.lower_bound <= floor.lower_bound <= fit.snapshot().loss


def test_counts_do_not_wait_for_the_loops_that_find_floors(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = {"line": Event(), "floor": Event()}
    monkeypatch.setattr("nnexpr_tui.training.subject.compiling", compiled.__getitem__)
    fit = seated(FitSubject())
    fit.configure(SMALL)
    fit.step(3)
    assert fit.wait == WAIT
    compiled["line"].set()
    assert fit.wait == 0.0
    fit.turn(0.0)
    moment = fit.moment()
    assert moment is not None
    assert (moment.counted, moment.floor) == (3, None)
    assert fit.wait == WAIT, "questions are answered meanwhile"
    compiled["floor"].set()
    assert fit.wait == 0.0
    fit.turn(0.0)
    moment = fit.moment()
    assert moment is not None
    assert moment.floor is not None
    assert fit.wait is None


def test_what_waits_for_the_loops_that_count_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = {"line": Event(), "floor": Event()}
    monkeypatch.setattr("nnexpr_tui.training.subject.compiling", compiled.__getitem__)
    monkeypatch.setattr("nnexpr_tui.worker.telling.SLOW", 0.01)
    fit, said, told = seated(FitSubject()), [], Event()

    def say(text: str, *, error: bool = False) -> None:
        said.append((text, error))
        told.set()

    monkeypatch.setattr(fit.scheduler, "say", say)
    fit.configure(SMALL)
    assert fit.wait == fit.wait == WAIT
    assert told.wait(100)
    text, error = said[0]
    assert "count are being compiled" in text
    assert not error


async def test_garbage_is_not_looked_for_in_what_was_loaded() -> None:
    app, thresholds = App[None](), gc.get_threshold()
    try:
        async with app.run_test():
            lulls = Lulls(app, [])
            lulls.tend_garbage()
            assert not gc.isenabled()
            _load_engine()
            lulls.begin()
        looked_through = {id(each) for each in gc.get_objects()}
        assert not looked_through & {id(torch.nn.Linear), id(vars(torch)), id(vars(nnexpr))}
        assert gc.isenabled()
    finally:
        gc.enable()
        gc.set_threshold(*thresholds)
        gc.unfreeze()
