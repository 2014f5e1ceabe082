"""What was recorded comes back bit for bit, from a file that is checked before it is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

import nnexpr
from nnexpr.runs.head import STATES
from nnexpr.runs.keeper import Keeper
from nnexpr.runs.recorder import Recorder
from nnexpr.runs.recording import Recording
from nnexpr.runs.run import Run
from nnexpr.runs.scene import scene_of
from nnexpr.runs.store import Store
from nnexpr.specification import FitSpecification, InputError
from nnexpr.training.fit import result_of, session_of
from nnexpr.training.session import Session, State

KINDS: dict[str, dict[str, object]] = {
    "one": {"width": (4,), "epochs": 40},
    "ensemble": {"width": (4,), "members": 3, "epochs": 40, "dtype": "float64", "noise": 0.1},
    "diverging": {"width": (4,), "members": 3, "epochs": 40, "optimizer": "sgd", "lr": 1e6},
    "plane": {"target": "waves2d", "width": (4, 4), "points": 100, "epochs": 20},
    "smooth": {"activation": "sine", "encoding_bands": 2, "target": "arctan25", "epochs": 20},
    "mmnn": {"network": "mmnn", "width": (8,), "rank": 3, "epochs": 20},
    "folded": {"network": "compositional", "stages": (1, 3), "epochs": 20},
}


def trained(**options: object) -> tuple[Session, Recorder]:
    session = session_of(FitSpecification.make(**{"points": 32, **options}))
    recorder = Recorder(session, scene_of(session))
    session.start()
    while recorder.advance(0.02):
        pass
    return session, recorder


def kept(folder: Path, session: Session, recorder: Recorder | None) -> Run:
    keeper = Keeper(Store(folder), 0.0)
    keeper.keep(session, recorder)
    assert keeper.problem == ""
    run = Store(folder).find(keeper.run or "")
    assert run is not None
    return run


def same(first: object, second: object) -> bool:
    """Bit for bit, also where a number is not one."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return (first.dtype, first.shape, first.tobytes()) == (second.dtype, second.shape, second.tobytes())
    return bool(first == second)


def alike(first: Recording, second: Recording) -> None:
    assert first.specification == second.specification
    assert torch.equal(first.network.parameters, second.network.parameters)
    assert (first.network.layers, first.network.seeds) == (second.network.layers, second.network.seeds)
    assert first.network.domain == second.network.domain
    for name in first.scene.__dataclass_fields__:
        assert same(getattr(first.scene, name), getattr(second.scene, name)), name
    assert same(first.epochs, second.epochs)
    assert same(first.losses, second.losses)
    assert len(first.snapshots) == len(second.snapshots) > 3
    for one, other in zip(first.snapshots, second.snapshots, strict=True):
        for name in one.__dataclass_fields__:
            assert same(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_comes_back_bit_for_bit(kind: str, tmp_path: Path) -> None:
    session, recorder = trained(**KINDS[kind])
    run = kept(tmp_path, session, recorder)
    found = run.recording()
    alike(recorder.recording(), found)
    assert found.run == run.id
    assert found.snapshots[-1].epoch == session.epoch
    network = found.network_at(len(found.snapshots) - 1)
    assert network is not None
    member = found.snapshots[-1].member
    assert torch.equal(network.parameters[0], session.current_network().parameters[member])


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_comes_back(kind: str, tmp_path: Path) -> None:
    session, recorder = trained(**KINDS[kind])
    result, found = result_of(session), kept(tmp_path, session, recorder).load()
    assert torch.equal(found.network.parameters, result.network.parameters)
    assert torch.equal(found.begun.parameters, result.begun.parameters)
    for name in ("specification", "diverged", "epochs", "seconds", "device", "state"):
        assert getattr(found, name) == getattr(result, name), name
    assert torch.equal(found.loss.nan_to_num(-1), result.loss.nan_to_num(-1))
    assert same(found.best_loss, result.best_loss)
    assert same(found.epoch_of_best, result.epoch_of_best)
    assert same(found.history.epochs, result.history.epochs)
    assert same(found.history.losses, result.history.losses)
    assert found.history.stride == result.history.stride
    assert found.max_error == pytest.approx(result.max_error, rel=1e-4, nan_ok=True)
    assert same(found.target.inputs, result.target.inputs)
    assert same(found.target.values, result.target.values)
    x = result.target.own_inputs
    assert same(found.predict(x), result.predict(x))


def test_the_points_of_a_file_are_in_the_run(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("day,level\n" + "\n".join(f"{1900 + i},{50 * i % 7}" for i in range(40)))
    session, recorder = trained(target=f"csv:{path}", width=(4,), epochs=20)
    run = kept(tmp_path / "runs", session, recorder)
    path.unlink()
    found = run.load()
    assert same(found.target.own_values, session.target.own_values)
    assert found.target.truth(session.grid) == pytest.approx(session.target.truth(session.grid))
    for name in ("name", "formula", "input_names", "value_name", "notes", "own_domain", "points"):
        assert getattr(found.target, name) == getattr(session.target, name), name
    alike(recorder.recording(), run.recording())


def test_a_run_without_a_recording_has_a_result(tmp_path: Path) -> None:
    session, _ = trained(**KINDS["one"])
    run = kept(tmp_path, session, None)
    assert torch.equal(run.load().loss, torch.as_tensor(session.losses()))
    with pytest.raises(InputError, match="holds the trained network, but not a recording"):
        run.recording()


def test_a_run_of_before_is_a_network_and_says_what_it_has_not(tmp_path: Path) -> None:
    spec = FitSpecification.make(width=(4,), points=16)
    target = nnexpr.target("fourier", points=16)
    found = Store(tmp_path).find(
        Store(tmp_path).keep(nnexpr.mlp(width=4), spec, target, epoch=3, losses=[1.0])
    )
    assert found is not None
    assert found.read().network.parameter_count
    for read, what in ((found.load, "how the training went"), (found.recording, "a recording")):
        with pytest.raises(InputError, match=f"holds the trained network, but not {what}"):
            read()


def rewritten(run: Run, change: Callable[[dict[str, torch.Tensor], dict[str, object]], None]) -> None:
    with safe_open(run.path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        document = json.loads(file.metadata()["nnexpr"])
    del document["checksums"]  # as in a file of before there were any: then nothing else notices the change
    change(tensors, document)
    save_file(tensors, run.path, {"nnexpr": json.dumps(document)})


@pytest.mark.parametrize("name", [
    "begun", "history.epochs", "history.losses", "scene.x", "scene.truth", "snapshots.epochs", "snapshots.seconds",
    "snapshots.losses", "snapshots.members", "snapshots.predictions", "snapshots.bands", "snapshots.parameters",
])  # fmt: skip
def test_arrays_that_do_not_belong_together_are_refused(name: str, tmp_path: Path) -> None:
    session, recorder = trained(**KINDS["ensemble"])
    wrong: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "shorter": lambda tensor: tensor[:-1].clone(),
        "of another kind": lambda tensor: tensor.to(
            torch.float16 if tensor.is_floating_point() else torch.int8
        ),
        "with another axis": lambda tensor: tensor[None].clone(),
    }
    for what, change in wrong.items():
        run = kept(tmp_path / what, session, recorder)

        def damage(tensors: dict[str, torch.Tensor], _: object, change=change) -> None:  # type: ignore[no-untyped-def]
            tensors[name] = change(tensors[name])

        rewritten(run, damage)
        with pytest.raises(InputError, match="recording that its file holds is damaged"):
            run.recording()


NASTY = [None, -1, 1e308, "x", [], [[]], {}, {"a": 1}, True]


@pytest.mark.parametrize("value", NASTY, ids=repr)
def test_whatever_stands_in_the_head_is_used_or_refused(value: object, tmp_path: Path) -> None:
    session, recorder = trained(**KINDS["one"])
    run = kept(tmp_path, session, recorder)
    before = run.path.read_bytes()
    with safe_open(run.path, framework="pt") as file:
        extra = json.loads(file.metadata()["nnexpr"])["extra"]
    places = [("extra", key) for key in extra] + [("scene", key) for key in extra["scene"]]
    for part, key in places:

        def change(_: object, document, part=part, key=key) -> None:  # type: ignore[no-untyped-def]
            place = document["extra"] if part == "extra" else document["extra"]["scene"]
            place[key] = value

        rewritten(run, change)
        for read in (run.load, run.recording):
            with suppress(InputError):
                read()
        run.path.write_bytes(before)


def set_extra(name: str, value: object) -> Callable[..., None]:
    def change(_: object, document) -> None:  # type: ignore[no-untyped-def]
        document["extra"][name] = value

    return change


def set_tensor(name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Callable[..., None]:
    def changed(tensors: dict[str, torch.Tensor], _: object) -> None:
        tensors[name] = change(tensors[name]).contiguous()

    return changed


def unbounded(_: object, document) -> None:  # type: ignore[no-untyped-def]
    document["extra"]["scene"]["domain"] = [[0.0, float("inf")]]


def few(tensors: dict[str, torch.Tensor], _: object) -> None:
    for name in ("scene.x", "scene.truth", "snapshots.predictions"):
        tensors[name] = tensors[name][..., :8].contiguous()


def empty(tensors: dict[str, torch.Tensor], _: object) -> None:
    tensors["modes.epochs"] = torch.zeros(0, dtype=torch.int64)
    tensors["modes.amplitudes"] = torch.zeros(0, 1, 9)


def shorter(tensors: dict[str, torch.Tensor], _: object) -> None:
    for name in ("scene.x", "scene.truth", "snapshots.predictions"):
        tensors[name] = tensors[name][..., :100].contiguous()


@pytest.mark.parametrize(("change", "read", "why"), [
    (few, "recording", "damaged"),
    (set_tensor("scene.x", lambda x: x.flip(0)), "recording", "damaged"),
    (set_tensor("scene.x", lambda x: x * torch.nan), "recording", "damaged"),
    (set_tensor("snapshots.epochs", lambda epochs: epochs + 2**60), "recording", "damaged"),
    (unbounded, "recording", "damaged"),
    (set_extra("seconds", float("inf")), "session", "damaged"),
    (empty, "session", "damaged"),
    (shorter, "session", "100 points, and here at 512"),
    (set_extra("state", "\x1b[31m"), "head", "damaged"),
    (set_extra("epoch", -1), "head", "damaged"),
    (set_extra("seconds", float("inf")), "head", "damaged"),
])  # fmt: skip
def test_numbers_that_nothing_can_be_done_with_are_refused(
    change: Callable[..., None], read: str, why: str, tmp_path: Path
) -> None:
    session, recorder = trained(**KINDS["one"])
    run = kept(tmp_path, session, recorder)
    rewritten(run, change)
    with pytest.raises(InputError, match=why):
        getattr(run, read)()


def test_the_head_knows_every_state() -> None:
    assert set(STATES) == {"", *get_args(State)}


def test_whatever_reading_falls_over_is_a_damaged_file(tmp_path: Path) -> None:
    session, recorder = trained(**KINDS["one"])
    run = kept(tmp_path, session, recorder)
    for error in (IndexError(), RecursionError(), ZeroDivisionError(), RuntimeError()):

        def fall(_: object, error: Exception = error) -> None:
            raise error

        with pytest.raises(InputError, match="damaged"):
            run._restored(fall, "a recording")


def test_indices_and_epochs_are_looked_at(tmp_path: Path) -> None:
    session, recorder = trained(**KINDS["ensemble"])
    for name, value in (("snapshots.members", 3), ("snapshots.members", -1), ("snapshots.epochs", 10**6)):
        run = kept(tmp_path / f"{name}{value}", session, recorder)

        def change(tensors, _, name=name, value=value) -> None:  # type: ignore[no-untyped-def]
            tensors[name][0] = value

        rewritten(run, change)
        with pytest.raises(InputError, match="damaged"):
            run.recording()
