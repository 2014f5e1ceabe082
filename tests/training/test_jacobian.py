"""The Jacobian by hand against torch's automatic differentiation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from nnexpr.activations import ACTIVATIONS
from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp
from nnexpr.networks.encoding import Encoding
from nnexpr.networks.network import Network
from nnexpr.training.jacobian import StackResiduals, trained_columns

POINTS = 23


def stack(*layers: AffineLayer, members: int = 3, dtype: torch.dtype = torch.float64) -> Network:
    size = sum(layer.size for layer in layers)
    generator = torch.Generator().manual_seed(size)
    return Network(layers, torch.randn(members, size, generator=generator, dtype=dtype))


def reference(network: Network, features: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Residuals ``(members, n)`` and their Jacobian ``(members, P, n)`` by forward-over-parameters autograd."""
    columns = trained_columns(network.layers)

    def residual(trained: Tensor, whole: Tensor) -> Tensor:
        parameters = whole.index_copy(0, columns, trained)
        a, offset = features, 0
        for layer in network.layers:
            affine = parameters[offset : offset + layer.size].view(layer.outputs, layer.inputs + 1)
            z = affine[:, :-1] @ a + affine[:, -1:]
            a = smooth(layer.activation, z)
            offset += layer.size
        return a[0] - values

    residuals, jacobians = [], []
    for whole in network.parameters:
        residuals.append(residual(whole[columns], whole))
        jacobians.append(torch.func.jacrev(residual)(whole[columns], whole).T)
    return torch.stack(residuals), torch.stack(jacobians)


def smooth(activation: str, z: Tensor) -> Tensor:
    """The activation as torch defines it, for autograd."""
    functions = {
        "identity": lambda z: z,
        "sine": torch.sin,
        "hat": lambda z: torch.relu(1 - (z - 1).abs()),
        "relu2": lambda z: torch.relu(z).square(),
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
    }
    return functions.get(activation, getattr(torch.nn.functional, activation, torch.tanh))(z)


def ours(network: Network, features: Tensor, values: Tensor, chunk: int | None) -> tuple[Tensor, Tensor]:
    problem = StackResiduals(network.layers, network.parameters, features, values, chunk=chunk)
    trained = network.parameters[:, trained_columns(network.layers)]
    parts = [(residual.clone(), jacobian.clone()) for residual, jacobian in problem.parts(trained)]
    residual = torch.empty(network.members, features.shape[1], dtype=network.parameters.dtype)
    problem.residual(trained, residual)
    torch.testing.assert_close(torch.cat([part[0] for part in parts], 1), residual)
    return residual, torch.cat([part[1] for part in parts], 2)


def assert_same(network: Network, features: Tensor, chunk: int | None = None) -> None:
    values = torch.linspace(-1, 1, features.shape[1], dtype=features.dtype)
    for mine, theirs in zip(
        ours(network, features, values, chunk), reference(network, features, values), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


def inputs(count: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(count, POINTS, generator=torch.Generator().manual_seed(1), dtype=dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation(activation: str, dtype: torch.dtype) -> None:
    network = stack(
        AffineLayer(2, 5, activation), AffineLayer(5, 4, activation), AffineLayer(4, 1), dtype=dtype
    )
    assert_same(network, inputs(2, dtype), chunk=10)


@pytest.mark.parametrize("trained", ["TTTT", "FTTT", "FFTT", "TFTF", "FTFT", "FFFT", "TFFF"])
def test_frozen_layers(trained: str) -> None:
    shapes = [(1, 4, "tanh"), (4, 3, "identity"), (3, 5, "gelu"), (5, 1, "identity")]
    layers = [
        AffineLayer(*shape, trained=letter == "T") for shape, letter in zip(shapes, trained, strict=True)
    ]
    assert_same(stack(*layers), inputs(1), chunk=7)


def test_the_first_of_several_outputs_and_a_bent_last_layer() -> None:
    assert_same(stack(AffineLayer(1, 4, "sine"), AffineLayer(4, 3, "tanh")), inputs(1))


def test_one_member_one_layer_one_point() -> None:
    assert_same(stack(AffineLayer(1, 1), members=1), inputs(1)[:, :1])


def test_encoded_features() -> None:
    network = mlp(depth=3, width=4, members=2, dtype="float64", encoding_bands=3)
    assert isinstance(network.encoding, Encoding)
    assert_same(network, network.features(torch.linspace(0, 1, POINTS, dtype=torch.float64)))


def test_all_frozen_is_refused() -> None:
    network = stack(AffineLayer(1, 2, "relu", trained=False), AffineLayer(2, 1, trained=False))
    with pytest.raises(ValueError, match="every layer is frozen"):
        StackResiduals(network.layers, network.parameters, inputs(1), torch.zeros(POINTS))


@pytest.mark.parametrize(("width", "members"), [(4, 1), (40, 3), (150, 2), (400, 1)])
def test_a_part_of_the_jacobian_takes_4_mib_at_most_or_32_points(width: int, members: int) -> None:
    network = mlp(depth=3, width=width, members=members, dtype="float64")
    x = torch.zeros(1, 5000, dtype=torch.float64)
    problem = StackResiduals(network.layers, network.parameters, x, x[0])
    column = 8 * members * network.parameter_count
    assert problem.chunk == 5000 or problem.chunk % 32 == 0
    assert problem.chunk <= 32 or problem.chunk * column <= 4 << 20
    assert problem.chunk == 5000 or (problem.chunk + 32) * column > 4 << 20
