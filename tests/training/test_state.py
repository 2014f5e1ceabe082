"""The contract of a stepper's state: copied out and in, into itself or another, the same bits follow."""

from __future__ import annotations

import pytest
import torch

from nnexpr.declarations import load
from nnexpr.networks.builders import mlp
from nnexpr.networks.compositional import compositional
from nnexpr.networks.network import Network
from nnexpr.optimizers import OPTIMIZERS
from nnexpr.specification import FitSpecification
from nnexpr.training.group import Division
from nnexpr.training.groups import is_compiled
from nnexpr.training.schedules import Stages
from nnexpr.training.stepper import Data, Job, Stepper, restore

BEFORE, AFTER = 7, 6


def job_of(network: Network, /, **options: object) -> Job:
    spec = FitSpecification.make(members=network.members, epochs=BEFORE + AFTER, **options)
    x = torch.linspace(0.0, 1.0, 50, dtype=torch.float64)
    values = torch.sin(5 * x).to(network.parameters.dtype)
    data = Data(network.features(x), values, spec.batch_size)
    stages = Stages(spec) if spec.on_the_manifold else None
    return Job(network, slice(0, network.members), data, spec, stages=stages)


def made(job: Job, compiled: bool) -> Stepper:
    method = job.specification.method
    home = method.staged if job.specification.on_the_manifold else method.stepper
    stepper: Stepper = load(home)(job, Division(job.network.members, 20, 1, compiled))
    return stepper


def went_on(stepper: Stepper, epoch: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    losses = stepper.parameters().new_empty(count, stepper.members)
    stepper.run(epoch, [1e-2 / (1 + epoch + k) for k in range(count)], losses)
    return stepper.parameters(), losses


def assert_the_same_bits_follow(job: Job, compiled: bool) -> None:
    stepper = made(job, compiled)
    addresses = [tensor.data_ptr() for tensor in stepper.state]
    went_on(stepper, 0, BEFORE)
    kept = [tensor.clone() for tensor in stepper.state]
    first = went_on(stepper, BEFORE, AFTER)
    assert not torch.equal(stepper.state[0], kept[0])
    other = made(job, compiled)
    went_on(other, 0, 2)  # of another past
    for one in (stepper, other):
        restore(one, kept)
        for ours, theirs in zip(went_on(one, BEFORE, AFTER), first, strict=True):
            assert torch.equal(ours, theirs)
    assert [tensor.data_ptr() for tensor in stepper.state] == addresses


@pytest.mark.parametrize("loops", ["compiled", "tensors"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_of_every_optimiser(optimizer: str, loops: str) -> None:
    network = mlp(3, 6, members=3, activation="tanh", dtype="float64")
    sizes = (None, 20) if OPTIMIZERS[optimizer].takes("batch_size") else (None,)
    for batch_size in sizes:
        job = job_of(network, optimizer=optimizer, batch_size=batch_size)
        assert is_compiled(job, "auto")
        assert_the_same_bits_follow(job, loops == "compiled")


@pytest.mark.parametrize("optimizer", [name for name, each in OPTIMIZERS.items() if each.staged])
@pytest.mark.parametrize("stages", [(1,), (2,), (1, 3), (1, 2, 3)])
def test_of_stages(optimizer: str, stages: tuple[int, ...]) -> None:
    network = compositional(3, members=2, dtype="float64")
    job = job_of(network, network="compositional", depth=3, stages=stages, optimizer=optimizer)
    assert_the_same_bits_follow(job, compiled=True)
    if job.stages is not None and len(stages) > 1:
        job.stages.end(BEFORE - 2)
        assert_the_same_bits_follow(job, compiled=True)


@pytest.mark.parametrize("loops", ["compiled", "tensors"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_it_holds_as_much_as_was_declared(optimizer: str, loops: str) -> None:
    network = mlp(3, 16, members=3)
    stepper = made(job_of(network, optimizer=optimizer), loops == "compiled")
    parameters, *rest = stepper.state
    each = sum(tensor.numel() for tensor in rest) / parameters.numel()
    assert OPTIMIZERS[optimizer].moments == int(each)
