"""A run that is taken up again ends bit for bit where it would have ended had it never stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import nnexpr
from nnexpr.optimizers import OPTIMIZERS
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.run import Run
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import Store
from nnexpr.scale import Scale
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets.target import Target
from nnexpr.training.fit import session as session_on
from nnexpr.training.fit import session_of
from nnexpr.training.session import Session

LAST = 40


def session(**options: object) -> Session:
    return session_of(
        FitSpecification.make(**{"points": 40, "width": (6,), "epochs": LAST, **options}), modes=True
    )


def kept(folder: Path, trained: Session, recorder: Recorder | None = None) -> Run:
    keeper = Keeper(Store(folder), 0.0)
    keeper.keep(trained, recorder)
    assert keeper.problem == ""
    return Store(folder).named(keeper.run or "")


def assert_same(one: Session, other: Session) -> None:
    ours, theirs = one.current_network().parameters, other.current_network().parameters
    assert ours.numpy().tobytes() == theirs.numpy().tobytes()
    assert (one.epoch, one.diverged, one.state) == (other.epoch, other.diverged, other.state)
    for name in ("best_loss", "epoch_of_best"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(one.history.epochs, other.history.epochs)
    assert one.history.losses.tobytes() == other.history.losses.tobytes()
    assert one.modes is not None
    assert other.modes is not None
    assert np.array_equal(one.modes.epochs, other.modes.epochs)
    assert one.modes.amplitudes.tobytes() == other.modes.amplitudes.tobytes()
    assert one.modes.next == other.modes.next
    assert np.array_equal(one.modes.median, other.modes.median, equal_nan=True)


KINDS: dict[str, dict[str, object]] = {
    **{name: {"optimizer": name, "members": 3, "dtype": "float64"} for name in OPTIMIZERS},
    "mini-batches": {"batch_size": 7, "members": 3, "schedule": "cosine"},
    "in tensors": {"activation": "gelu", "members": 3},
    "shallow": {"network": "shallow", "knots": 8},
    "mmnn": {"network": "mmnn", "width": (8,), "rank": 3, "members": 2},
    "in stages": {"network": "compositional", "stages": (1, 2, 3), "members": 2},
    "noisy, encoded": {"noise": 0.3, "encoding_bands": 2, "schedule": "step:7:0.5"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_bits_follow_from_a_file(kind: str, tmp_path: Path) -> None:
    whole = session(**KINDS[kind])
    whole.step(LAST)
    for at in (1, 13):
        part = session(**KINDS[kind])
        for epochs in (1, at - 1):  # in turns, of which the last is run again
            if epochs:
                part.step(epochs)
        taken_up = kept(tmp_path / str(at), part).session()
        assert (taken_up.epoch, taken_up.state) == (at, "paused")
        taken_up.step(LAST)
        assert_same(taken_up, whole)


def test_twice_taken_up_is_as_never_stopped(tmp_path: Path) -> None:
    whole = session(members=2, batch_size=16)
    whole.step(LAST)
    part = session(members=2, batch_size=16)
    for at in (9, 10, 11):
        part.step(at)
        part = kept(tmp_path / str(at), part).session()
    part.step(LAST)
    assert_same(part, whole)


def test_a_member_that_diverges_right_after_is_taken_back_to_its_last_finite_state(tmp_path: Path) -> None:
    options: dict[str, object] = {
        "optimizer": "sgd", "momentum": 0.0, "lr": 0.5, "depth": 5, "target": "expr:20*sin(5*x)", "members": 6,
    }  # fmt: skip
    whole = session(**options)
    whole.step(LAST)
    [(member, epoch)] = whole.diverged.items()
    for at in (epoch - 1, epoch, epoch + 1):
        part = session(**options)
        part.step(at - 3)
        part.step(3)
        assert (member in part.diverged) == (at > epoch)
        taken_up = kept(tmp_path / str(at), part).session()
        taken_up.step(LAST)
        assert_same(taken_up, whole)


def test_what_was_changed_on_the_way_stays_changed(tmp_path: Path) -> None:
    whole, part = (session(network="compositional", stages=(1, 3)) for _ in range(2))
    for one in (whole, part):
        one.step(5)
        one.next_stage()
        one.reconfigure(lr=0.05, epochs=50)
        one.step(3)
    taken_up = kept(tmp_path, part).session()
    for one in (whole, taken_up):
        one.step(50)
    assert_same(taken_up, whole)


def test_a_finished_run_goes_on_with_more_epochs(tmp_path: Path) -> None:
    whole, part = session(), session()
    for one in (whole, part):
        one.step(LAST)
    taken_up = kept(tmp_path, part).session()
    assert taken_up.state == "finished"
    for one in (whole, taken_up):
        one.reconfigure(epochs=60)
        one.step(60)
    assert_same(taken_up, whole)


def test_the_recording_goes_on_where_it_was(tmp_path: Path) -> None:
    part = session()
    recorder = Recorder(part, scene_of(part))
    part.start()
    while part.epoch < 20:
        recorder.advance(0.0)
    part.pause()
    run = kept(tmp_path, part, recorder)
    taken_up = run.session()
    again = Recorder(taken_up, scene_of(taken_up))
    again.resume(run.recording())
    taken_up.start()
    while again.advance(0.0):
        pass
    before, after = recorder.recording().snapshots, again.recording().snapshots
    assert [each.epoch for each in after[: len(before)]] == [each.epoch for each in before]
    assert (after[0].epoch, after[-1].epoch) == (0, LAST)


def test_bits_that_differ_and_states_of_others_are_refused(tmp_path: Path) -> None:
    trained = session(members=2)
    trained.step(9)
    run = kept(tmp_path, trained)
    saved = run.read()
    assert saved.specification is not None
    parameters = saved.network.parameters.clone()
    parameters[0, 0] = torch.nextafter(parameters[0, 0], torch.tensor(9.0))
    Store(tmp_path).keep(
        saved.network.with_parameters(parameters), saved.specification, trained.target, epoch=9, losses=[1.0, 1.0],
        run=run.id, words=saved.metadata["extra"], tensors=saved.tensors,
    )  # fmt: skip
    with pytest.raises(InputError, match="its last epochs give other bits here"):
        run.session()
    state = {**saved.tensors, "state.0.0": saved.tensors["state.0.0"][:-1].clone()}
    Store(tmp_path).keep(
        saved.network, saved.specification, trained.target, epoch=9, losses=[1.0, 1.0],
        run=run.id, words=saved.metadata["extra"], tensors=state,
    )  # fmt: skip
    with pytest.raises(InputError, match="a checkpoint to go on from that its file holds is damaged"):
        run.session()


OWN: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "rates": ({"lr": [0.02, 0.001, 0.005]}, {}),
    "masks": ({}, {"masks": True}),
    "rates and masks, in tensors": ({"lr": [0.02, 0.001, 0.005]}, {"masks": True, "loops": "tensors"}),
    "loops of tensors": ({}, {"loops": "tensors"}),
    "masks, by sgd": ({"optimizer": "sgd", "momentum": 0.5}, {"masks": True}),
}


@pytest.mark.parametrize("kind", OWN)
def test_what_members_have_of_their_own_goes_on_with_them(kind: str, tmp_path: Path) -> None:
    options, own = OWN[kind]
    network = nnexpr.mlp(depth=3, width=6, members=3, seed=4)
    masks = None
    if own.get("masks"):
        masks = (
            torch.rand(network.parameters.shape, generator=torch.Generator().manual_seed(1)) > 0.4
        ).float()
        network = network.with_parameters(network.parameters * masks)

    def begun() -> Session:
        return session_on(
            network, nnexpr.target("cube", points=40), epochs=LAST, modes=True, masks=masks,
            loops=own.get("loops", "auto"), **options,
        )  # fmt: skip

    whole, part = begun(), begun()
    whole.step(LAST)
    part.step(13)
    run = kept(tmp_path, part)
    taken_up = run.session()
    taken_up.step(LAST)
    assert_same(taken_up, whole)
    if masks is not None:
        assert not taken_up.current_network().parameters[masks == 0].any()
    saved = run.read()
    for name in ("own.rates", "own.masks"):
        if name in saved.tensors:
            damaged = dict(saved.tensors) | {name: saved.tensors[name][:-1].clone()}
            Store(tmp_path).keep(
                saved.network, whole.specification, whole.target, epoch=13, losses=[1.0] * 3, run=run.id,
                words=saved.metadata["extra"], tensors=damaged,
            )  # fmt: skip
            with pytest.raises(InputError, match="is damaged"):
                run.session()


def corrupted(path: Path, how: str) -> None:
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes({
        "a byte": content[:middle] + bytes([content[middle] ^ 4]) + content[middle + 1 :],
        "cut short": content[:middle],
        "empty": b"",
        "of zeros": bytes(len(content)),
    }[how])  # fmt: skip


@pytest.mark.parametrize("how", ["a byte", "cut short", "empty", "of zeros", "gone"])
def test_where_the_last_checkpoint_is_damaged_the_one_before_goes_on(how: str, tmp_path: Path) -> None:
    whole, part = session(members=2), session(members=2)
    whole.step(LAST)
    store, keeper = Store(tmp_path), Keeper(Store(tmp_path), 0.0)
    for epochs in (9, 4, 3):
        part.step(epochs)
        keeper.keep(part)
    keeper.release()
    [run] = store.runs()
    if how == "gone":
        run.path.unlink()
    else:
        corrupted(run.path, how)
    stands_in = "its previous checkpoint, of epoch 13, stands in"
    assert stands_in in run.read().stands_in
    assert run.load().epochs == 13
    [entry] = store.entries()
    if how == "a byte":  # which no head tells of
        assert entry.epoch == 16
    else:
        assert (entry.epoch, entry.state) == (13, "interrupted")
        assert stands_in in entry.problem
    keeper = Keeper(store, 0.0, run.id)
    with keeper.held():
        assert stands_in in keeper.problem
        taken_up = run.session()
        assert taken_up.epoch == 13
        keeper.keep(taken_up)
        assert keeper.problem == ""
        taken_up.step(LAST)
        assert_same(taken_up, whole)
        keeper.keep(taken_up)
    assert store.runs() == (run,)
    assert run.head().epoch == LAST
    assert run.head().problem == ""
    left = {path.name.removeprefix(run.id) for path in tmp_path.iterdir() if path.name.startswith(run.id)}
    aside = set() if how == "gone" else {".damaged.safetensors"}
    assert left == {".safetensors", *aside}, (
        "what was damaged is set aside, and the run that ended has one file"
    )
    run.delete()
    assert not list(tmp_path.glob(f"*{run.id}*"))


def test_without_a_checkpoint_before_a_damaged_run_is_named(tmp_path: Path) -> None:
    trained = session()
    trained.step(LAST)
    run = kept(tmp_path, trained)
    corrupted(run.path, "a byte")
    for read in (run.session, run.load, run.read):
        with pytest.raises(InputError, match="another checksum than when it was written"):
            read()
    assert run.mend() == ""
    assert run.path.exists()


def test_a_file_system_without_second_names_of_files_has_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", none)
    part, keeper = session(), Keeper(Store(tmp_path), 0.0)
    for _ in range(2):
        part.step(5)
        keeper.keep(part)
    [run] = Store(tmp_path).runs()
    run.path.unlink()
    assert run.head().epoch == 5


@pytest.mark.parametrize("members", [1, 6])
def test_after_a_turn_that_failed_half_way_it_goes_on_as_if_it_had_not(
    members: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, part = session(members=members), session(members=members)
    whole.step(LAST)
    part.step(7)
    part.step(4)
    last = part._groups[-1]._stepper

    def half_way(*_: object) -> None:
        last.state[0].add_(1.0)
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(last, "run", half_way)
        with pytest.raises(MemoryError):
            part.step(5)
    assert part.epoch == 11
    part.take_back()
    taken_up = kept(tmp_path, part).session()
    taken_up.step(LAST)
    assert_same(taken_up, whole)


def test_a_target_of_many_points_is_not_built_again_to_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    one = session()
    assert one.is_target_specified
    monkeypatch.setattr("nnexpr.targets.build.LARGEST_BUILT", 0)
    monkeypatch.setattr("nnexpr.targets.build.build_target", pytest.fail)
    assert session().is_target_specified
    assert not Session(one.network, replace(one.target, name="mine"), one.specification).is_target_specified


OTHERS: dict[str, Callable[[Target], Target]] = {
    "called otherwise": lambda target: replace(target, name="mine"),
    "elsewhere": lambda target: replace(target, domain=((0.0, 2.0),)),
    "in other units": lambda target: replace(target, value_scale=Scale(2.0)),
    "of other values": lambda target: replace(target, values=target.values + 1),
    "of points only": lambda target: replace(target, name="measured", function=None),
}


@pytest.mark.parametrize("which", OTHERS)
def test_a_target_that_the_specification_does_not_build_is_in_the_file(which: str, tmp_path: Path) -> None:
    one = session()

    def begun() -> Session:
        return Session(one.network, OTHERS[which](one.target), one.specification, modes=True)

    whole, part = begun(), begun()
    whole.step(LAST)
    part.step(9)
    run = kept(tmp_path, part)
    taken_up = run.session()
    taken_up.step(LAST)
    assert_same(taken_up, whole)
    assert run.load().target.name == whole.target.name
    saved = run.read()
    for name in ("target.inputs", "target.values"):
        del saved.tensors[name]  # type: ignore[attr-defined]
    Store(tmp_path).keep(
        saved.network, one.specification, whole.target, epoch=9, losses=[1.0], run=run.id,
        words=saved.metadata["extra"], tensors=saved.tensors,
    )  # fmt: skip
    if which != "of other values":  # of which nothing in the head tells
        for read in (run.session, run.load):
            with pytest.raises(InputError, match="not what the run was trained on"):
                read()
