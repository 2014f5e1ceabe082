"""Layers that add what others gave: values, gradients and Jacobians against a module written plainly, by autograd."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from adding import ByHand, ResidualBlocks, random_adding, random_layers
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import Architecture
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.training import compiled_stepper
from nnexpr.training.compiled_stepper import CompiledStepper
from nnexpr.training.jacobian import StackResiduals, trained_columns
from nnexpr.training.plan import make_plan
from nnexpr.training.stepper import Data, Job, MemberSettings
from nnexpr.training.tangent import tangent_kernel
from nnexpr.training.tensor_stepper import TensorStepper

DRAWN = range(12)
ALL = sorted(ACTIVATIONS)


def drawn(seed: int, members: int = 3) -> Network:
    """One, two or three inputs, two to eight layers, any activations, some of them frozen."""
    rng = np.random.default_rng(seed)
    depth, inputs = int(rng.integers(2, 9)), 1 + seed % 3
    return random_adding(random_layers(rng, ALL, inputs=inputs, depth=depth), members, seed)


def points(network: Network, count: int) -> tuple[Tensor, Tensor]:
    x = (
        torch.rand(count, network.inputs, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 3
        - 1
    )
    return x, torch.sin(5 * x[:, 0])


def by_autograd(network: Network, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    losses, gradients = [], []
    for member in range(network.members):
        module = ByHand(network, member)
        loss = ((module(x)[:, 0] - y) ** 2).mean()
        losses.append(loss.detach())
        gradients.append(module.gradient(loss))
    return torch.stack(losses), torch.stack(gradients)


def stepper(
    kind: str,
    network: Network,
    data: Data,
    chunk: int = 10**9,
    own: MemberSettings | None = None,
    **options: object,
) -> CompiledStepper | TensorStepper:
    spec = FitSpecification.make(members=network.members, **options)
    job = Job(network, slice(0, network.members), data, spec, own or MemberSettings())
    return CompiledStepper(job) if kind == "compiled" else TensorStepper(job, min(chunk, data.points))


def test_most_of_what_is_drawn_adds_and_some_of_it_the_inputs_and_what_is_far_below() -> None:
    layers = [layer for seed in DRAWN for layer in drawn(seed).layers]
    assert sum(layer.adds > 0 for layer in layers) > len(layers) // 3
    assert max(layer.adds for layer in layers) >= 4
    assert any(layer.adds == index + 1 for seed in DRAWN for index, layer in enumerate(drawn(seed).layers))


@pytest.mark.parametrize("seed", DRAWN)
def test_values_are_the_modules(seed: int) -> None:
    network = drawn(seed)
    x, _ = points(network, 57)
    for member in range(network.members):
        expected = ByHand(network, member)(x).detach()
        torch.testing.assert_close(network(x)[member], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", ["compiled", "tensors"])
@pytest.mark.parametrize("seed", DRAWN)
def test_the_gradient_is_autograds(seed: int, kind: str) -> None:
    network = drawn(seed)
    x, y = points(network, 201)
    one = stepper(kind, network, Data(network.features(x), y), chunk=64)
    losses, gradient = torch.empty(3, dtype=torch.float64), torch.zeros_like(network.parameters)
    for _ in range(2):  # what is owed in one pass must not be left for the next
        one.loss_and_gradient(network.parameters, losses, gradient)
    for index, layer in enumerate(network.layers):
        first = network.architecture.offsets[index]
        gradient[:, first : first + layer.size] *= layer.trained
    expected_losses, expected = by_autograd(network, x, y)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("seed", "chunk"), [*enumerate([None, 4, None, 3, 5, 2])])
def test_the_jacobian_is_autograds_and_the_tangent_kernel_its_product(seed: int, chunk: int | None) -> None:
    network = drawn(seed, members=2)
    x, y = points(network, 9)
    columns = trained_columns(network.layers)
    problem = StackResiduals(network.layers, network.parameters, network.features(x), y, chunk=chunk)
    parts = [
        (residual.clone(), jacobian.clone())
        for residual, jacobian in problem.parts(network.parameters[:, columns])
    ]
    jacobian = torch.cat([part[1] for part in parts], dim=2)
    for member in range(network.members):
        module = ByHand(network, member)
        values = module(x)[:, 0]
        expected = torch.stack([module.gradient(value, keep=True) for value in values], dim=1)[columns]
        torch.testing.assert_close(jacobian[member], expected, rtol=1e-10, atol=1e-11)
        torch.testing.assert_close(torch.cat([part[0] for part in parts], 1)[member], values.detach() - y)
    kernel = tangent_kernel(network, x)
    torch.testing.assert_close(kernel, jacobian.transpose(1, 2) @ jacobian, rtol=1e-9, atol=1e-9)


def test_threads_share_the_points_of_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_stepper, "LARGE_EPOCH", 0)
    network = drawn(1)
    x, y = points(network, 333)
    job = Job(network, slice(0, 3), Data(network.features(x), y), FitSpecification.make(members=3))
    one = CompiledStepper(job, threads=3)
    assert one.threads == 3
    losses, gradient = torch.empty(3, dtype=torch.float64), torch.zeros_like(network.parameters)
    for _ in range(2):
        one.loss_and_gradient(network.parameters, losses, gradient)
    columns = trained_columns(network.layers)
    expected = by_autograd(network, x, y)[1]
    torch.testing.assert_close(gradient[:, columns], expected[:, columns], rtol=1e-10, atol=1e-11)


def test_a_member_that_diverged_leaves_nothing_to_the_next() -> None:
    network = residual_blocks(members=3)
    broken = network.parameters.clone()
    broken[1] = torch.inf
    x, y = points(network, 50)
    gradients = []
    for parameters in (network.parameters, broken):
        one = stepper("compiled", network.with_parameters(parameters), Data(network.features(x), y))
        losses, gradient = torch.empty(3, dtype=torch.float64), torch.zeros_like(parameters)
        one.loss_and_gradient(parameters, losses, gradient)
        gradients.append(gradient[[0, 2]])
    assert not losses[1].isfinite()
    assert torch.equal(*gradients)


def test_a_gradient_through_an_encoding_that_is_added() -> None:
    encoding = Encoding(2, raw=True)
    layers = AffineLayer(5, 5, "tanh", adds=1), AffineLayer(5, 5, "relu", adds=2), AffineLayer(5, 1)
    size = sum(layer.size for layer in layers)
    generator = torch.Generator().manual_seed(3)
    network = Network(layers, torch.randn(2, size, dtype=torch.float64, generator=generator), encoding)
    x = torch.linspace(0, 1, 50, dtype=torch.float64)[:, None]
    y = torch.cos(9 * x[:, 0])
    for kind in ("compiled", "tensors"):
        losses, gradient = torch.empty(2, dtype=torch.float64), torch.zeros_like(network.parameters)
        stepper(kind, network, Data(network.features(x), y), 20).loss_and_gradient(
            network.parameters, losses, gradient
        )
        torch.testing.assert_close(gradient, by_autograd(network, x, y)[1], rtol=1e-10, atol=1e-11)


def residual_blocks(dtype: torch.dtype = torch.float64, members: int = 2) -> Network:
    """Of rank 3: the blocks in the middle add what they take."""
    layers = [AffineLayer(1, 9, "relu", trained=False), AffineLayer(9, 3)]
    for _ in range(3):
        layers += [AffineLayer(3, 9, "relu", trained=False), AffineLayer(9, 3, adds=2)]
    layers += [AffineLayer(3, 9, "relu", trained=False), AffineLayer(9, 1)]
    return random_adding(tuple(layers), members, 4, dtype)


@pytest.mark.parametrize("kind", ["compiled", "tensors"])
@pytest.mark.parametrize("batch_size", [None, 30])
def test_training_takes_the_steps_of_torchs_adam(kind: str, batch_size: int | None) -> None:
    network = residual_blocks()
    x, y = points(network, 100)
    data = Data(network.features(x), y, batch_size)
    one = stepper(kind, network, data, batch_size=batch_size, points=100)
    losses = torch.empty(8, 2, dtype=torch.float64)
    one.run(0, [1e-2] * 8, losses)
    for member in range(2):
        module = ResidualBlocks(network, member)
        adam = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=1e-2)
        for order in data.orders(0, 8) if batch_size else torch.arange(100).repeat(8, 1):
            for batch in order.split(batch_size or 100):
                adam.zero_grad()
                ((module(x[batch])[:, 0] - y[batch]) ** 2).mean().backward()
                adam.step()
        trained = network.with_parameters(one.parameters())
        torch.testing.assert_close(trained(x)[member], module(x).detach(), rtol=1e-9, atol=1e-10)
    assert torch.equal(trained.weight(2), network.weight(2))  # frozen


@pytest.mark.parametrize("kind", ["compiled", "tensors"])
def test_a_member_alone_is_trained_as_it_is_in_the_batch(kind: str) -> None:
    network = residual_blocks(torch.float32, members=3)
    x, y = points(network, 100)
    data = Data(network.features(x), y.float())
    together = stepper(kind, network, data)
    alone = stepper(kind, network.member(1), data)
    together.run(0, [1e-2] * 30, torch.empty(30, 3))
    alone.run(0, [1e-2] * 30, torch.empty(30, 1))
    if kind == "compiled":
        assert torch.equal(together.parameters()[1], alone.parameters()[0])
    else:
        torch.testing.assert_close(together.parameters()[1], alone.parameters()[0])


def test_a_mask_holds_weights_of_a_layer_that_adds() -> None:
    network = residual_blocks()
    x, y = points(network, 60)
    masks = (torch.rand(network.parameters.shape, generator=torch.Generator().manual_seed(0)) < 0.5).double()
    data = Data(network.features(x), y)
    found = []
    for kind in ("compiled", "tensors"):
        one = stepper(kind, network, data, own=MemberSettings(masks=masks))
        one.run(0, [1e-2] * 20, torch.empty(20, 2, dtype=torch.float64))
        assert torch.equal(one.parameters()[masks == 0], network.parameters[masks == 0])
        found.append(one.parameters())
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-11)


def test_shapes_are_known_on_the_meta_device() -> None:
    network = drawn(7)
    x = torch.zeros(5, network.inputs, device="meta")
    assert network.to(device="meta")(x).shape == (3, 5, 1)


def test_a_network_that_adds_nothing_has_nothing_of_it_in_its_plan() -> None:
    layers = [AffineLayer(1, 8, "relu"), AffineLayer(8, 8, "relu"), AffineLayer(8, 1)]
    plan = make_plan(layers, 100, np.dtype(np.float64))
    assert (plan.layers[:, -3:] == -1).all()


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ([AffineLayer(1, 2), AffineLayer(2, 1, adds=3)], "layer 2 adds what is 3 below; there are 2"),
        ([AffineLayer(1, 1, adds=-1)], "layer 1 adds what is -1 below; there are 1"),
        (
            [AffineLayer(1, 2), AffineLayer(2, 1, adds=1)],
            "layer 2 has 1 units; layer 1, which it adds, has 2",
        ),
        (
            [AffineLayer(3, 2), AffineLayer(2, 2, adds=2)],
            "layer 2 has 2 units; the input, which it adds, has 3",
        ),
    ],
)
def test_what_cannot_be_added_is_refused(layers: list[AffineLayer], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Architecture(tuple(layers))


def test_one_output_of_a_network_whose_last_layer_adds() -> None:
    layers = AffineLayer(2, 4, "relu"), AffineLayer(4, 2, adds=2)
    network = random_adding(layers, members=2)
    x, _ = points(network, 11)
    for output in (0, 1):
        assert torch.equal(network.output(output)(x)[:, :, 0], network(x)[:, :, output])
