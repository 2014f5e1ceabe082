"""The hand-written gradient against autograd, for every activation, frozen layer, encoding and chunking."""

from __future__ import annotations

import pytest
import torch
from adding import FUNCTIONS

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import Network
from nnexpr.training.blocks import ParameterBlocks
from nnexpr.training.gradients import Backpropagation


def random_network(layers: list[AffineLayer], members: int, encoding: Encoding | None = None) -> Network:
    generator = torch.Generator().manual_seed(5)
    size = sum(layer.size for layer in layers)
    parameters = torch.randn(members, size, dtype=torch.float64, generator=generator)
    return Network(tuple(layers), parameters, encoding)


def reference(network: Network, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Losses and gradients from autograd, with activations written out of place."""
    leaf = network.parameters.clone().requires_grad_()
    copy = network.with_parameters(leaf)
    a = copy.features(x).expand(network.members, -1, -1)
    for index, layer in enumerate(network.layers):
        a = FUNCTIONS[layer.activation](copy.weight(index) @ a + copy.bias(index).unsqueeze(2))
    losses = ((a[:, 0] - y) ** 2).mean(dim=1)
    (gradient,) = torch.autograd.grad(losses.sum(), leaf)
    return losses.detach(), gradient


def by_hand(
    network: Network, x: torch.Tensor, y: torch.Tensor, chunk: int
) -> tuple[torch.Tensor, torch.Tensor, Backpropagation]:
    blocks = ParameterBlocks(
        network.layers, network.members, dtype=network.parameters.dtype, device=network.parameters.device
    )
    blocks.load(network.parameters)
    engine = Backpropagation(blocks, chunk)
    losses = torch.empty(network.members, dtype=torch.float64)
    batch = engine.prepare(network.features(x), y)
    engine.loss_and_gradient(batch, losses)
    engine.loss_and_gradient(batch, losses)  # buffers that are used again must not add up
    gradient = torch.zeros_like(network.parameters)
    for layer, weight, bias, start in zip(
        network.layers,
        engine.gradient.weights,
        engine.gradient.biases,
        network.architecture.offsets,
        strict=False,
    ):
        if layer.trained:
            affine = gradient[:, start : start + layer.size].view(
                network.members, layer.outputs, layer.inputs + 1
            )
            affine[:, :, :-1], affine[:, :, -1:] = weight, bias
    return losses, gradient, engine


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("chunk", [97, 40, 1])
def test_gradient_is_autograds(activation: str, chunk: int) -> None:
    layers = [AffineLayer(2, 5, activation), AffineLayer(5, 4, activation), AffineLayer(4, 1)]
    network = random_network(layers, members=3)
    x = torch.rand(97, 2, dtype=torch.float64) * 3 - 1
    y = torch.sin(5 * x[:, 0])
    losses, gradient, _ = by_hand(network, x, y, chunk)
    expected_losses, expected = reference(network, x, y)
    torch.testing.assert_close(losses, expected_losses, rtol=1e-12, atol=0)
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "trained",
    [(False, True, True), (True, False, True), (False, False, True), (True, True, False), (False,) * 3],
)
def test_frozen_layers_get_no_gradient_and_do_not_disturb_the_others(trained: tuple[bool, ...]) -> None:
    layers = [
        AffineLayer(1, 6, "tanh", trained[0]),
        AffineLayer(6, 3, "identity", trained[1]),
        AffineLayer(3, 1, "identity", trained[2]),
    ]  # fmt: skip
    network = random_network(layers, members=2)
    x = torch.linspace(-1, 1, 31, dtype=torch.float64)
    _, gradient, _ = by_hand(network, x, x**3, chunk=31)
    _, expected = reference(network, x, x**3)
    for layer, start in zip(layers, network.architecture.offsets, strict=False):
        block = slice(start, start + layer.size)
        wanted = expected[:, block] if layer.trained else torch.zeros_like(expected[:, block])
        torch.testing.assert_close(gradient[:, block], wanted, rtol=1e-10, atol=1e-12)


def test_gradient_through_an_encoding() -> None:
    encoding = Encoding(3, raw=True)
    layers = [AffineLayer(encoding.features, 5, "gelu"), AffineLayer(5, 1)]
    network = random_network(layers, 2, encoding)
    x = torch.linspace(0, 1, 50, dtype=torch.float64)
    _, gradient, _ = by_hand(network, x, torch.cos(9 * x), chunk=20)
    _, expected = reference(network, x, torch.cos(9 * x))
    torch.testing.assert_close(gradient, expected, rtol=1e-10, atol=1e-12)


def test_predictions_are_the_networks_own() -> None:
    layers = [AffineLayer(1, 7, "hat"), AffineLayer(7, 7, "sine"), AffineLayer(7, 1)]
    network = random_network(layers, 4)
    x = torch.linspace(-2, 2, 33, dtype=torch.float64)
    _, _, engine = by_hand(network, x, x, chunk=10)
    out = engine.predict(engine.prepare(network.features(x)), torch.empty(4, 33, dtype=torch.float64))
    torch.testing.assert_close(out, network(x)[:, :, 0], rtol=1e-12, atol=1e-13)


def test_parameters_survive_the_layout_of_training() -> None:
    layers = [AffineLayer(1, 4, "relu", trained=False), AffineLayer(4, 3, "relu"), AffineLayer(3, 1)]
    network = random_network(layers, 5)
    blocks = ParameterBlocks(layers, 5, dtype=torch.float64, device=torch.device("cpu"))
    blocks.load(network.parameters)
    back = torch.empty_like(network.parameters)
    blocks.store(back)
    assert torch.equal(back, network.parameters)
