"""The tangent kernel against autograd, against closed forms, and against training itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

import nnexpr
from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp, mmnn, shallow
from nnexpr.networks.network import Network
from nnexpr.training.jacobian import StackResiduals, trained_columns
from nnexpr.training.tangent import (
    alignment,
    decays,
    linearised_losses,
    movement,
    tangent_kernel,
    tangent_modes,
)

X = torch.linspace(-1.0, 1.0, 33, dtype=torch.float64)


def by_jacobian(network: Network, x: Tensor) -> Tensor:
    """J J^T, every entry of J formed."""
    features = network.features(x)
    problem = StackResiduals(network.layers, network.parameters, features, features.new_zeros(len(x)))
    trained = network.parameters[:, trained_columns(network.layers)]
    jacobian = torch.cat([part.clone() for _, part in problem.parts(trained)], dim=2)
    return jacobian.transpose(1, 2) @ jacobian


@pytest.mark.parametrize("activation", sorted(name for name, each in ACTIVATIONS.items() if each.offered))
def test_it_is_the_product_of_the_jacobian_with_itself(activation: str) -> None:
    network = mlp(depth=4, width=(7, 3, 5), activation=activation, members=3, dtype="float64")
    torch.testing.assert_close(tangent_kernel(network, X), by_jacobian(network, X))


@pytest.mark.parametrize(
    "network",
    [
        mmnn(width=9, rank=2, depth=3, members=2, dtype="float64"),
        shallow(8, members=2, dtype="float64"),
        mlp(depth=3, width=6, encoding_bands=3, domain=(-1.0, 1.0), dtype="float64"),
    ],
    ids=["frozen below", "fixed knots", "encoded"],
)
def test_frozen_layers_and_encodings(network: Network) -> None:
    torch.testing.assert_close(tangent_kernel(network, X), by_jacobian(network, X))


def test_two_inputs() -> None:
    network = mlp(depth=3, width=6, inputs=2, dtype="float64")
    x = torch.rand(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(tangent_kernel(network, x), by_jacobian(network, x))


def gradients(network: Network, x: Tensor, values: Tensor) -> Tensor:
    """Of each of these functions of y(x), in the parameters of ``nn.Linear`` layers: ``(functions, P)``."""
    module = nnexpr.to_torch(network)
    y = module(x[:, None])[:, 0]
    parts = [torch.autograd.grad(value, module.parameters(), retain_graph=True) for value in values @ y]
    return torch.stack([torch.cat([part.reshape(-1) for part in each]) for each in parts])


def test_autograd_agrees_at_two_points() -> None:
    network = mlp(depth=3, width=5, activation="tanh", dtype="float64")
    single = gradients(network, X[:2], torch.eye(2, dtype=torch.float64))
    np.testing.assert_allclose(tangent_kernel(network, X[:2].numpy())[0], single @ single.T, rtol=1e-13)


def test_fixed_knots_have_the_gram_matrix_of_their_features() -> None:
    """K = sum_i relu(x - b_i) relu(x' - b_i) + 1, whatever the output weights."""
    knots = np.linspace(-1, 1, 12)
    features = np.maximum(X.numpy()[:, None] - knots, 0.0)
    expected = features @ features.T + 1.0
    for kernel in tangent_kernel(shallow(knots, members=3, dtype="float64"), X):
        np.testing.assert_allclose(kernel.numpy(), expected, rtol=1e-13)


def test_a_wide_layer_has_the_arc_cosine_kernels() -> None:
    """With w, b ~ N(0, 1), a_i = ±1 and m units, K / m tends to the kernels of Cho and Saul of orders 0 and 1.

    K / m -> E[relu(u) relu(v)] + E[1(u > 0) 1(v > 0)] (x x' + 1) with u = w x + b, v = w x' + b; the entries differ by
    O(1 / sqrt(m)).
    """
    m, generator = 200_000, torch.Generator().manual_seed(0)
    hidden = torch.randn(m, 2, generator=generator, dtype=torch.float64)
    signs = torch.randint(0, 2, (m,), generator=generator).to(torch.float64) * 2 - 1
    layers = AffineLayer(1, m, "relu"), AffineLayer(m, 1, "identity")
    parameters = torch.cat([hidden.reshape(-1), signs, torch.zeros(1, dtype=torch.float64)])[None]
    x = torch.tensor([-0.8, 0.1, 0.9], dtype=torch.float64)
    found = tangent_kernel(Network(layers, parameters), x)[0] / m
    for i, p in enumerate(x.tolist()):
        for j, q in enumerate(x.tolist()):
            norms, product = math.hypot(p, 1) * math.hypot(q, 1), p * q + 1
            angle = math.acos(min(1.0, product / norms))
            order_1 = norms * (math.sin(angle) + (math.pi - angle) * math.cos(angle)) / (2 * math.pi)
            order_0 = (math.pi - angle) / (2 * math.pi)
            assert float(found[i, j]) == pytest.approx(order_1 + order_0 * product, abs=0.02)


def test_a_small_step_moves_the_predictions_by_the_kernel() -> None:
    """y(p - h grad) - y(p) = -(2 h / n) K r + O(h²): the rest falls by 4 when h is halved."""
    network, n = mlp(depth=3, width=8, activation="tanh", dtype="float64", seed=3), len(X)
    residual = network(X)[0, :, 0] - torch.sin(5 * X)
    kernel = tangent_kernel(network, X)[0]

    def rest(h: float) -> float:
        module = nnexpr.to_torch(network)
        loss = (module(X[:, None])[:, 0] - torch.sin(5 * X)).square().mean()
        loss.backward()
        torch.optim.SGD(module.parameters(), lr=h).step()
        moved = module(X[:, None])[:, 0].detach() - network(X)[0, :, 0]
        return float((moved + 2 * h / n * (kernel @ residual)).norm())

    assert rest(1e-3) / rest(5e-4) == pytest.approx(4.0, rel=0.02)


def test_modes_are_orthonormal_ordered_and_give_the_kernel_back() -> None:
    kernel = tangent_kernel(mlp(depth=3, width=8, members=2, dtype="float64"), X)
    values, modes = tangent_modes(kernel)
    assert bool((values[:, :-1] >= values[:, 1:]).all())
    assert bool((values >= 0).all())
    unit = torch.eye(len(X), dtype=torch.float64).expand(2, -1, -1)
    torch.testing.assert_close(modes @ modes.transpose(1, 2), unit)
    torch.testing.assert_close(modes.transpose(1, 2) @ (values.unsqueeze(2) * modes), kernel)
    torch.testing.assert_close(values.sum(1), kernel.diagonal(dim1=1, dim2=2).sum(1))


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_where_the_network_is_linear_in_what_is_trained_the_losses_are_foretold(momentum: float) -> None:
    """Gradient descent of a fixed-knot network by the session, 400 epochs, against the modal formula."""
    target = nnexpr.target("expr:sin(3*x)", domain=(-1.0, 1.0), points=40)
    network = nnexpr.shallow(9, domain=(-1.0, 1.0), members=2, dtype="float64")
    result = nnexpr.fit(network, target, epochs=400, lr=0.02, optimizer="sgd", momentum=momentum)
    x = torch.as_tensor(target.inputs[:, 0])
    residual = network(x)[:, :, 0] - torch.as_tensor(target.values)
    start = tangent_kernel(network, x)
    epochs = torch.as_tensor(result.history.epochs)
    assert len(epochs) > 300
    foretold = linearised_losses(start, residual, 0.02, epochs, momentum=momentum)
    np.testing.assert_allclose(foretold.T, result.history.losses, rtol=1e-6)  # the history is float32
    np.testing.assert_allclose(foretold[:, -1], result.loss, rtol=1e-10)
    assert float(movement(tangent_kernel(result.network, x), start).max()) == 0.0


def test_movement_is_relative() -> None:
    kernel = tangent_kernel(mlp(depth=3, width=8, members=2, dtype="float64"), X)
    torch.testing.assert_close(movement(1.5 * kernel, kernel), torch.full((2,), 0.5, dtype=torch.float64))


def test_a_rate_that_is_too_high_diverges_as_the_formula_says() -> None:
    kernel = torch.diag(torch.tensor([4.0, 1.0], dtype=torch.float64))[None]
    residual = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    losses = linearised_losses(kernel, residual, 1.0, torch.tensor([0, 1, 3]))
    # 2 rate mu / n = mu: factors (1 - 4)² = 9 and 0.
    np.testing.assert_allclose(losses[0], [2.5, 4.5, 9**3 / 2])


def test_what_has_no_kernel_is_said() -> None:
    with pytest.raises(ValueError, match=r"network\.output"):
        tangent_kernel(mlp(depth=2, width=3, outputs=2), X)
    frozen = Network((AffineLayer(1, 1, "identity", trained=False),), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="frozen"):
        tangent_kernel(frozen, X)


def test_alignment_is_the_cosine_between_two_kernels() -> None:
    """1 for multiples, 0 for kernels of disjoint support, cos 45° = 1/√2 between a matrix and a half of it."""
    first, second = (torch.diag(torch.tensor(row, dtype=torch.float64)) for row in ([3.0, 0.0], [0.0, 2.0]))
    pairs = [(7 * first, first), (first, second), (first / 3 + second / 2, second)]
    found = alignment(*(torch.stack(each) for each in zip(*pairs, strict=True)))
    np.testing.assert_allclose(found, [1.0, 0.0, math.sqrt(0.5)], atol=1e-15)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_a_rate_that_changes_is_as_if_each_step_were_taken(momentum: float) -> None:
    """``torch.optim.SGD`` on the quadratic sum_k v_k e_k², whose gradient is 2 v e, with a rate for each stretch."""
    values = torch.tensor([3.0, 0.5, 0.0], dtype=torch.float64)
    rates, steps = (0.1, 0.02, 0.3, 0.05), (3, 0, 7, 40)
    e = torch.ones(3, dtype=torch.float64, requires_grad=True)
    optimizer, expected = torch.optim.SGD([e], lr=1.0, momentum=momentum), []
    for rate, count in zip(rates, steps, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        for _ in range(count):
            optimizer.zero_grad()
            (values * e**2).sum().backward()
            optimizer.step()
        expected.append(e.detach().clone())
    found = decays(values, torch.tensor(rates, dtype=torch.float64), torch.tensor(steps), momentum)
    torch.testing.assert_close(found, torch.stack(expected, dim=1))
