"""Devices: nothing is made on the wrong one, memory that is short, graphs with a plain way out; CUDA where it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnexpr.networks.builders import mlp, mmnn
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification, InputError
from nnexpr.targets import target
from nnexpr.training import devices, graphs, groups
from nnexpr.training.devices import estimate_bytes, passed_over, resolve_device
from nnexpr.training.fit import fit
from nnexpr.training.graphs import Replayed
from nnexpr.training.groups import make_groups
from nnexpr.training.session import Session
from nnexpr.training.stepper import Data, Job, MemberSettings
from nnexpr.training.tensor_stepper import TensorStepper

cuda = pytest.mark.cuda
if not torch.cuda.is_available():
    cuda = pytest.mark.parametrize(
        "device", []
    )  # collected with no case: nothing to run here, nothing skipped


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batch_size", [None, 20])
@pytest.mark.parametrize("activation", ["relu", "gelu", "hat", "sine"])
@pytest.mark.parametrize("residual", [False, True])
def test_no_tensor_is_made_on_another_device(
    optimizer: str, batch_size: int | None, activation: str, residual: bool
) -> None:
    """On the meta device an operation with a stray tensor of the processor raises, and nothing can be read back."""
    network = (
        mmnn(7, 3, 4, activation, members=5, residual=True) if residual else mlp(4, 7, activation, members=5)
    )
    network = network.to(device="meta")
    x = torch.linspace(0, 1, 64, dtype=torch.float64)
    data = Data(network.features(x), torch.zeros(64, device="meta"), batch_size)
    spec = FitSpecification.make(members=5, optimizer=optimizer, batch_size=batch_size)
    own = MemberSettings(torch.ones(5, device="meta"), torch.ones_like(network.parameters))
    job = Job(network, slice(0, 5), data, spec, own)
    stepper = TensorStepper(job.part(slice(1, 4)), chunk=30)
    losses = torch.empty(6, 3, device="meta")
    stepper.run(0, [1e-3] * 6, losses)
    stepper.loss(losses[0])
    stepper.predict(network.features(x), torch.empty(3, 64, device="meta"))
    assert {tensor.device.type for tensor in (*stepper.state, stepper.parameters())} == {"meta"}


def test_on_a_device_batches_are_small_and_the_loss_of_all_points_is_few_products() -> None:
    """As many points at once as there is room for, whatever the batches are; on the processor as many as in one."""
    network = mmnn(30, 5, 4, inputs=2, members=2)
    for device, chunk in (("meta", 1000), ("cpu", 50)):
        moved = network.to(device=device)
        data = Data(torch.zeros(2, 1000, device=device), torch.zeros(1000, device=device), 50)
        job = Job(moved, slice(0, 2), data, FitSpecification.make(members=2, batch_size=50))
        [group, *_] = make_groups(job, "tensors")
        stepper = group._stepper
        assert isinstance(stepper, TensorStepper)
        assert [len(stepper._whole.chunks), stepper._engine.chunk] == [1000 // chunk, chunk]
        assert {(batch.points, len(batch.chunks)) for batch in stepper._batches} == {(50, 1)}


def small_job(network: Network) -> Job:
    data = Data(network.features(torch.linspace(0, 1, 40, dtype=torch.float64)), torch.zeros(40))
    return Job(network, slice(0, network.members), data, FitSpecification.make())


def test_short_memory_is_answered_by_smaller_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Small(TensorStepper):
        def __init__(self, job: Job, chunk: int) -> None:
            asked.append(job.members.stop - job.members.start)
            if asked[-1] > 3:
                raise torch.cuda.OutOfMemoryError("out of memory")
            super().__init__(job, chunk)

    monkeypatch.setattr(groups, "TensorStepper", Small)
    network = mlp(3, 8, members=20)
    made = make_groups(small_job(network), "tensors")
    assert sum(group.members for group in made) == 20
    assert max(group.members for group in made) <= 3
    assert asked[0] > 3


def test_the_estimate_holds_at_least_what_adam_must() -> None:
    """Of each parameter itself, its gradient and two moments; so much more for each member more."""
    one = FitSpecification.make(depth=3, width=(1000,), members=1)
    parameters = mlp(3, 1000).parameter_count
    more = estimate_bytes(one.replace(members=11)) - estimate_bytes(one)
    assert more >= 10 * 4 * parameters * 4
    assert estimate_bytes(one.replace(dtype="float64")) > 1.9 * estimate_bytes(one)


def test_a_device_that_cannot_be_is_told_from_one_that_is_not_there() -> None:
    for name in ("cuda:123456789", "cuda:x", "cpu:0", "tpu"):
        with pytest.raises(InputError, match="it must be auto, cpu, cuda, cuda:N or mps"):
            resolve_device(name)
    with pytest.raises(InputError, match="CUDA device"):
        resolve_device("cuda:12345678")


def test_memory_that_holds_not_one_member_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise torch.cuda.OutOfMemoryError("out of memory")

    monkeypatch.setattr(groups, "TensorStepper", refuse)
    network = mlp(3, 8, members=20)
    with pytest.raises(
        InputError, match="members is 20: the memory of cpu does not hold them in groups of any size"
    ):
        make_groups(small_job(network), "tensors")


def test_a_capture_that_fails_leaves_plain_calls_and_the_state_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken:
        def __init__(self) -> None:
            raise RuntimeError("operation not permitted when stream is capturing\nand more")

    monkeypatch.setattr(graphs.torch.cuda, "Stream", Broken)
    counter = torch.zeros(3)
    epoch = Replayed(lambda: counter.add_(1), [counter], torch.device("cuda"))
    for calls in (1, 2, 3):
        epoch()
        assert counter.tolist() == [calls] * 3
    assert epoch.kind == "plain"
    assert epoch.reason == "operation not permitted when stream is capturing"


def test_the_processor_says_why_it_has_no_graph() -> None:
    epoch = Replayed(lambda: None, [], torch.device("cpu"))
    epoch()
    assert (epoch.kind, epoch.reason) == ("plain", "cpu has no graphs")


@pytest.mark.cuda
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "lbfgs", "levenberg-marquardt"])
def test_cuda_trains_as_the_processor_does(optimizer: str, residual: bool) -> None:
    network, goal = mlp(3, 16, members=7, dtype="float64", activation="tanh"), target("fourier", points=200)
    if residual:
        network = mmnn(16, 3, 5, "tanh", members=7, residual=True, dtype="float64")
    # A damped step can double what rounding has changed: after eight, a last bit of the start is in the second digit.
    epochs = 3 if optimizer == "levenberg-marquardt" else 20
    here = fit(network, goal, epochs=epochs, optimizer=optimizer)
    there = fit(network.to(device="cuda"), goal, epochs=epochs, optimizer=optimizer)
    np.testing.assert_allclose(there.loss.numpy(), here.loss.numpy(), rtol=1e-6)
    assert "cuda" in there.device


@pytest.mark.cuda
@pytest.mark.parametrize("batch_size", [None, 50])
@pytest.mark.parametrize("residual", [False, True])
def test_cuda_replays_a_graph_that_does_what_plain_calls_do(batch_size: int | None, residual: bool) -> None:
    network, goal = (
        mmnn(3, 40, 6, members=3, residual=residual, dtype="float64").to(device="cuda"),
        target("fourier", points=200),
    )
    spec = FitSpecification.make(
        members=3, epochs=50, schedule="cosine", dtype="float64", batch_size=batch_size
    )
    trained = []
    for plain in (False, True):
        session = Session(network, goal, spec)
        stepper = session._groups[0]._stepper
        assert isinstance(stepper, TensorStepper)
        if plain:
            stepper._epoch._is_new = False
        session.step(50)
        assert stepper.launches == ("plain" if plain else "graph")
        trained.append(session.current_network().parameters)
    torch.testing.assert_close(*trained, rtol=1e-9, atol=1e-12)


def test_a_machine_without_a_cuda_device_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name in ("cuda", "cuda:0", "cuda:3"):
        with pytest.raises(InputError, match="this machine has no CUDA device; auto and cpu always work"):
            resolve_device(name)
    assert resolve_device("auto") == torch.device("cpu")
    assert passed_over("auto") == ""


def test_a_device_that_is_there_is_numbered_below_how_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(devices, "trouble", lambda name: "too old" if name == "cuda:1" else "")
    assert resolve_device("cuda") == resolve_device("auto") == torch.device("cuda", 0)
    with pytest.raises(InputError, match=r"it cannot compute \(too old\); auto and cpu always work"):
        resolve_device("cuda:1")
    with pytest.raises(InputError, match="this machine has 2 CUDA devices"):
        resolve_device("cuda:2")
    assert passed_over("auto") == ""
    monkeypatch.setattr(devices, "trouble", lambda _: "too old")
    assert resolve_device("auto") == torch.device("cpu")
    assert passed_over("auto") == "cuda:0 cannot compute (too old); the processor is taken."
    assert passed_over("cuda") == passed_over("cpu") == ""


def test_the_estimate_holds_the_points_with_their_features() -> None:
    """Of each at least its 80 features and its value, and no more than half as much again beside them."""
    spec = FitSpecification.make(encoding_bands=40, width=(4,), points=1000)
    for dtype, size in (("float32", 4), ("float64", 8)):
        few, many = (spec.replace(dtype=dtype, points=points) for points in (1000, 101_000))
        each = (estimate_bytes(many) - estimate_bytes(few)) / 100_000
        assert 81 * size <= each <= 1.5 * 81 * size
