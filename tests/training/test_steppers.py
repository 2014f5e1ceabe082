"""Compiled loops and batched products: each against autograd and torch.optim, and against each other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gradients import random_network, reference

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.training import compiled_stepper
from nnexpr.training.compiled_stepper import CompiledStepper
from nnexpr.training.stepper import Data, Job, MemberSettings, restore
from nnexpr.training.tensor_stepper import TensorStepper

KINDS = ["compiled", "tensors"]


def stepper(
    kind: str,
    network: Network,
    data: Data,
    own: MemberSettings | None = None,
    *,
    threads: int = 1,
    **options: object,
) -> CompiledStepper | TensorStepper:
    spec = FitSpecification.make(members=network.members, **options)
    job = Job(network, slice(0, network.members), data, spec, own or MemberSettings())
    return CompiledStepper(job, threads) if kind == "compiled" else TensorStepper(job, data.points)


def points(network: Network, count: int, batch_size: int | None = None) -> tuple[torch.Tensor, Data]:
    generator = torch.Generator().manual_seed(count)
    x = torch.rand(count, network.inputs, dtype=torch.float64, generator=generator) * 3 - 1
    y = torch.sin(5 * x[:, 0]).to(network.parameters.dtype)
    return x, Data(network.features(x), y, batch_size)


def trained(
    one: CompiledStepper | TensorStepper, epochs: int, rate: float = 1e-2
) -> tuple[torch.Tensor, torch.Tensor]:
    losses = one.parameters().new_empty(epochs, one.members)
    one.run(0, [rate] * epochs, losses)
    return one.parameters(), losses


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_gradient_is_autograds(kind: str, activation: str) -> None:
    layers = [AffineLayer(2, 5, activation), AffineLayer(5, 9, activation), AffineLayer(9, 1)]
    network = random_network(layers, members=3)
    x, data = points(network, 97)
    one = stepper(kind, network, data)
    losses, gradient = torch.empty(3, dtype=torch.float64), torch.empty_like(network.parameters)
    one.loss_and_gradient(network.parameters, losses, gradient)
    expected_losses, expected = reference(network, x, data.values)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(
    widths=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    count=st.integers(1, 700),
    inputs=st.integers(1, 5),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
)
def test_the_gradient_is_autograds_for_every_shape(
    widths: list[int], count: int, inputs: int, activation: str
) -> None:
    sizes = [inputs, *widths]
    layers = [AffineLayer(a, b, activation) for a, b in pairwise(sizes)]
    network = random_network([*layers, AffineLayer(sizes[-1], 1)], members=2)
    x, data = points(network, count)
    losses, gradient = torch.empty(2, dtype=torch.float64), torch.empty_like(network.parameters)
    stepper("compiled", network, data).loss_and_gradient(network.parameters, losses, gradient)
    expected_losses, expected = reference(network, x, data.values)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-11, atol=1e-14)
    size = float(expected.abs().max())
    torch.testing.assert_close(gradient, expected, rtol=1e-9, atol=1e-11 * size + 1e-14)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("batch_size", [None, 30])
def test_epochs_are_those_of_torch(kind: str, optimizer: str, batch_size: int | None) -> None:
    network = mlp(3, 7, members=2, seed=1, activation="tanh", dtype="float64")
    x, data = points(network, 100, batch_size)
    one = stepper(kind, network, data, optimizer=optimizer, momentum=0.8, batch_size=batch_size)
    ours, losses = trained(one, 5)
    for member in range(2):
        leaf = network.parameters[member : member + 1].clone().requires_grad_()
        made = (
            torch.optim.Adam([leaf], lr=1e-2)
            if optimizer == "adam"
            else torch.optim.SGD([leaf], lr=1e-2, momentum=0.8)
        )
        alone = network.member(member)
        for epoch in range(5):
            whole, _ = reference(alone.with_parameters(leaf.detach()), x, data.values)
            assert float(losses[epoch, member]) == pytest.approx(float(whole), rel=1e-10)
            order = data.orders(0, 5)[epoch] if batch_size else torch.arange(100)
            for part in order.split(batch_size or 100):
                _, gradient = reference(alone.with_parameters(leaf.detach()), x[part], data.values[part])
                leaf.grad = gradient
                made.step()
        torch.testing.assert_close(ours[member], leaf.detach()[0], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_every_member_may_have_a_learning_rate_of_its_own(kind: str, optimizer: str) -> None:
    network = mlp(3, 5, members=3, dtype="float64")
    _, data = points(network, 60)
    own = MemberSettings(rates=torch.tensor([1.0, 0.25, 0.0], dtype=torch.float64))
    together, _ = trained(stepper(kind, network, data, own, optimizer=optimizer), 6, 1e-2)
    for member, rate in enumerate((1e-2, 2.5e-3, 0.0)):
        alone, _ = trained(stepper(kind, network.member(member), data, optimizer=optimizer), 6, rate)
        torch.testing.assert_close(together[member], alone[0], rtol=1e-11, atol=1e-13)
    assert torch.equal(together[2], network.parameters[2])


@pytest.mark.parametrize("kind", KINDS)
def test_a_masked_weight_stays_and_the_others_train_as_if_it_were_not_there(kind: str) -> None:
    network = mlp(3, 6, members=2, seed=4, dtype="float64")
    _, data = points(network, 50)
    masks = torch.ones_like(network.parameters)
    # Without its outgoing weights, unit 5 of the last hidden layer is not there: a network of 6-5 is left.
    last = network.architecture.offsets[2]
    masks[:, last + 5] = 0
    masks[:, network.architecture.offsets[1] + 5 * 7 : network.architecture.offsets[2]] = 0
    pruned = network.with_parameters(network.parameters * masks)
    ours, _ = trained(stepper(kind, pruned, data, MemberSettings(masks=masks)), 8)
    assert torch.equal(ours * (1 - masks), torch.zeros_like(ours))
    kept = masks[0].bool()
    smaller = Network(
        (AffineLayer(1, 6, "relu"), AffineLayer(6, 5, "relu"), AffineLayer(5, 1)),
        pruned.parameters[:, kept].clone(),
    )
    theirs, _ = trained(stepper(kind, smaller, data), 8)
    torch.testing.assert_close(ours[:, kept], theirs, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "trained_layers", [(True, True, True), (False, True, True), (True, False, True), (False,) * 3]
)
def test_frozen_layers_have_no_gradient_and_stay(kind: str, trained_layers: tuple[bool, ...]) -> None:
    sizes = ((1, 6, "relu"), (6, 4, "relu"), (4, 1, "identity"))
    layers = [AffineLayer(*size, trained=kept) for size, kept in zip(sizes, trained_layers, strict=True)]
    network = random_network(layers, members=2)
    x, data = points(network, 70)
    one = stepper(kind, network, data)
    gradient = torch.full_like(network.parameters, torch.nan)
    one.loss_and_gradient(network.parameters, torch.empty(2, dtype=torch.float64), gradient)
    _, expected = reference(network, x, data.values)
    after, _ = trained(stepper(kind, network, data), 3)
    for index, layer in enumerate(layers):
        part = slice(network.architecture.offsets[index], network.architecture.offsets[index + 1])
        if layer.trained:
            torch.testing.assert_close(gradient[:, part], expected[:, part], rtol=1e-9, atol=1e-12)
            assert not torch.equal(after[:, part], network.parameters[:, part])
        else:
            assert not gradient[:, part].any()
            assert torch.equal(after[:, part], network.parameters[:, part])


def test_points_spread_over_threads_change_only_the_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    network = mlp(3, 20, members=1, dtype="float64")
    for batch_size in (None, 100):
        _, data = points(network, 333, batch_size)
        alone, losses = trained(stepper("compiled", network, data, batch_size=batch_size), 5)
        monkeypatch.setattr(compiled_stepper, "LARGE_EPOCH", 0)
        one = stepper("compiled", network, data, threads=3, batch_size=batch_size)
        assert one.threads == 3
        spread, same = trained(one, 5)
        monkeypatch.undo()
        torch.testing.assert_close(spread, alone, rtol=1e-10, atol=1e-13)
        torch.testing.assert_close(same, losses, rtol=1e-10, atol=0)


def test_what_is_restored_goes_on_to_the_same_bits() -> None:
    network = mlp(3, 5, members=2)
    _, data = points(network, 64, 20)
    for kind in KINDS:
        one = stepper(kind, network, data, batch_size=20)
        trained(one, 3)
        kept = [tensor.clone() for tensor in one.state]
        losses = torch.empty(4, 2)
        one.run(3, [1e-3] * 4, losses)
        first, rows = one.parameters(), losses.clone()
        restore(one, kept)
        one.run(3, [1e-3] * 4, losses)
        assert torch.equal(one.parameters(), first)
        assert torch.equal(losses, rows)


def test_predictions_are_the_networks_own() -> None:
    network = mlp(4, 9, members=3, activation="gelu", dtype="float64")
    x, data = points(network, 40)
    at = torch.linspace(-2, 2, 1001, dtype=torch.float64)
    for kind in KINDS:
        out = torch.empty(3, 1001, dtype=torch.float64)
        one = stepper(kind, network, data)
        one.predict(network.features(at), out)
        torch.testing.assert_close(out, network(at)[:, :, 0], rtol=1e-12, atol=1e-14)
        losses = torch.empty(3, dtype=torch.float64)
        one.loss(losses)
        np.testing.assert_allclose(losses, reference(network, x, data.values)[0], rtol=1e-12)


def test_the_bits_of_a_step_do_not_depend_on_where_in_memory_things_are() -> None:
    """Parameters, moments, gradient, however the heap is: with what is written close behind what is read, loops round
    otherwise."""
    spec = FitSpecification.make(members=2, epochs=3)
    network = mlp(3, 6, members=2)
    data = Data(network.features(torch.linspace(0.0, 1.0, 40)), torch.zeros(40))
    for size in range(0, 4000, 160):
        _ = [np.zeros(size, dtype=np.uint8) for _ in range(3)]
        stepper = CompiledStepper(Job(network, slice(0, 2), data, spec))
        parameters, moments, _ = stepper.state
        starts = [
            parameters.data_ptr(),
            *(row.data_ptr() for row in moments),
            stepper.room.gradient.ctypes.data,
        ]
        assert all(gap == starts[1] - starts[0] for gap in np.diff(starts))
        assert starts[1] - starts[0] - parameters.nbytes >= 1024
