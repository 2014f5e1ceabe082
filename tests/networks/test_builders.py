"""The builders: shapes and counts by formula, values against plain NumPy and torch modules."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from adding import ResidualBlocks

from nnexpr import FitSpecification, InputError
from nnexpr.kinds import mmnn_layers
from nnexpr.networks.architecture import Architecture
from nnexpr.networks.builders import build, mlp, mmnn, shallow
from nnexpr.networks.compositional import compositional
from nnexpr.networks.knots import adaptive_knots

X = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)


def test_mlp_counts_its_parameters() -> None:
    network = mlp(depth=4, width=(7, 5, 3), activation="tanh", members=2)
    sizes = [1, 7, 5, 3, 1]
    assert network.parameter_count == sum((a + 1) * b for a, b in pairwise(sizes))
    assert network.trained_parameter_count == network.parameter_count
    assert [layer.activation for layer in network.layers] == ["tanh"] * 3 + ["identity"]
    assert network(X.to(torch.float32)).shape == (2, 101, 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kinks_coincide_within_eight_rounding_errors_unless_a_builder_knows_more(dtype: str) -> None:
    """Whatever the precision of the weights, which are taken exactly; those of waves are rounded from real numbers."""
    assert mlp(dtype=dtype).tie_tolerance == shallow(4, dtype=dtype).tie_tolerance == 8 * np.finfo(float).eps
    assert compositional(3, dtype=dtype).tie_tolerance == 2 * np.finfo(dtype).eps


def test_mlp_of_depth_one_is_a_line() -> None:
    values = mlp(depth=1, dtype="float64")(X)[0, :, 0].numpy()
    assert np.abs(np.diff(values, 2)).max() < 1e-15


def test_mlp_takes_an_encoding_and_two_inputs() -> None:
    network = mlp(inputs=2, encoding_bands=3, encoding_raw=True)
    assert network.layers[0].inputs == 2 * (2 * 3 + 1)
    assert network(torch.rand(9, 2)).shape == (1, 9, 1)
    assert mlp(encoding_bands=0, encoding_raw=True).encoding is None


def test_mmnn_alternates_frozen_and_trained_layers() -> None:
    network = mmnn(width=30, rank=4, depth=3, members=2, inputs=2)
    assert [(layer.inputs, layer.outputs) for layer in network.layers] == [
        (2, 30), (30, 4), (4, 30), (30, 4), (4, 30), (30, 1)
    ]  # fmt: skip
    assert [layer.trained for layer in network.layers] == [False, True] * 3
    assert [layer.activation for layer in network.layers] == ["relu", "identity"] * 3
    assert network.trained_parameter_count == 2 * 31 * 4 + 31


@pytest.mark.parametrize(
    ("width", "rank", "depth", "inputs", "trained", "total"),
    [
        (666, 36, 6, 1, 120_727, 245_269),  # the authors' first experiment, as their program prints it
        (10, 3, 5, 1, 143, 323),  # and those of the talk, by Σ (w + 1) r and Σ (r' + 1) w
        (300, 5, 4, 1, 4_816, 10_816),
        (500, 3, 5, 1, 6_513, 15_513),
        (500, 5, 5, 2, 10_521, 24_021),
        (600, 15, 30, 2, 262_036, 542_236),
        (100, 10, 6, 2, 5_151, 10_951),
        (1024, 16, 6, 1, 83_025, 172_113),
    ],
)
def test_mmnn_has_the_published_parameter_counts(
    width: int, rank: int, depth: int, inputs: int, trained: int, total: int
) -> None:
    network = mmnn(width=width, rank=rank, depth=depth, inputs=inputs)
    assert (network.trained_parameter_count, network.parameter_count) == (trained, total)


@pytest.mark.parametrize("activation", ["relu", "sine"])
@pytest.mark.parametrize("depth", [3, 4, 7])
def test_a_residual_mmnn_is_that_of_the_authors(depth: int, activation: str) -> None:
    network = mmnn(20, 3, depth, activation, residual=True, members=2, inputs=3, dtype="float64")
    assert repr(network).startswith("<Network 3-20-3-20")
    assert "residual" in repr(network)
    x = torch.rand(40, 3, dtype=torch.float64) * 2 - 1
    for member in range(2):
        module = ResidualBlocks(network, member, activation)
        torch.testing.assert_close(network(x)[member], module(x).detach(), rtol=1e-12, atol=1e-12)
        trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
        assert trained == network.trained_parameter_count
        assert sum(p.numel() for p in module.parameters()) == network.parameter_count


def test_residual_channels_are_no_parameters_and_change_none() -> None:
    plain, residual = (mmnn(9, 2, 4, seed=3, residual=flag) for flag in (False, True))
    assert torch.equal(plain.parameters, residual.parameters)
    assert not torch.allclose(plain(X), residual(X))


@pytest.mark.parametrize(("width", "rank"), [(800, 400), (800, 40)])
def test_the_authors_residual_networks_have_the_counts_of_the_formula(width: int, rank: int) -> None:
    described = Architecture(mmnn_layers(15, (width,), rank, "relu", residual=True))
    trained = 14 * (width + 1) * rank + width + 1
    assert described.trained_parameter_count == trained
    assert described.parameter_count == trained + 2 * width + 14 * (rank + 1) * width
    assert [layer.adds for layer in described.layers] == [0, 0, *[0, 2] * 13, 0, 0]


@pytest.mark.parametrize("biases", ["uniform", "adaptive", "random"])
def test_shallow_is_the_sum_of_its_ramps(biases: str) -> None:
    samples = (X.numpy(), X.numpy() ** 3)
    network = shallow(9, biases=biases, members=3, seed=4, samples=samples, dtype="float64")
    knots = -network.bias(0).numpy()
    assert np.all(knots[:, [0, -1]] == [0.0, 1.0])
    assert torch.all(network.weight(0) == 1.0)
    weights, constant = network.weight(1)[:, 0].numpy(), network.bias(1)[:, 0].numpy()
    ramps = np.maximum(X.numpy()[None, None, :] - knots[:, :, None], 0.0)
    assert np.allclose(network(X)[:, :, 0], constant[:, None] + np.einsum("mk,mkx->mx", weights, ramps))
    assert [layer.trained for layer in network.layers] == [False, True]
    assert torch.all(network.layer_values(X)[0][:, -1] == 0.0)  # the last knot is the end of the domain
    alone = shallow(9, biases=biases, seed=6, samples=samples, dtype="float64")
    assert torch.equal(network.parameters[2], alone.parameters[0])
    distinct = len(np.unique(knots, axis=0))
    assert distinct == (3 if biases == "random" else 1)


def test_shallow_takes_given_and_adaptive_knots_on_any_domain() -> None:
    given = shallow([-1.0, 0.25, 2.0], members=2, dtype="float64")
    assert given.bias(0).tolist() == [[1.0, -0.25, -2.0]] * 2
    x = np.linspace(-0.9, 0.9, 50)
    placed = shallow(6, biases="adaptive", domain=(-1.0, 1.0), samples=(x, np.exp(x)), dtype="float64")
    knots = -placed.bias(0)[0].numpy()
    assert np.array_equal(knots[1:-1], adaptive_knots(6, (x, np.exp(x)))[1:-1])
    assert (knots[0], knots[-1]) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("call", "option"),
    [
        (lambda: mlp(depth=3, width=(4, 4, 4)), "width"),
        (lambda: mlp(depth=0), "depth"),
        (lambda: mlp(width=0), "width"),
        (lambda: mlp(members=0), "members"),
        (lambda: mlp(inputs=0), "inputs"),
        (lambda: mlp(activation="swish"), "activation"),
        (lambda: mlp(dtype="float16"), "dtype"),
        (lambda: mmnn(rank=0), "rank"),
        (lambda: mmnn(depth=2, residual=True), "depth"),
        (lambda: shallow(1), "knots"),
        (lambda: shallow([0.0, 0.0]), "knots"),
        (lambda: shallow([0.0, math.inf]), "knots"),
        (lambda: shallow([math.nan, 0.0]), "knots"),
        (lambda: shallow(4, biases="adaptive"), "biases"),
        (lambda: shallow(4, domain=(1.0, 0.0)), "domain"),
    ],
)
def test_a_bad_value_is_named(call: object, option: str) -> None:
    with pytest.raises(InputError) as raised:
        call()  # type: ignore[operator]
    assert raised.value.option == option


def test_build_is_the_builder_that_the_specification_names() -> None:
    common = {"members": 3, "seed": 2, "dtype": "float64"}
    pairs = [
        ({"network": "mlp", "width": (4, 6), "activation": "sine"}, mlp(3, (4, 6), "sine", **common)),
        ({"network": "mlp", "depth": 1}, mlp(depth=1, **common)),
        (
            {"network": "mmnn", "width": 8, "rank": 2, "residual": True},
            mmnn(8, 2, residual=True, **common),
        ),
        (
            {"network": "mmnn", "width": 8, "rank": 2, "encoding_bands": 2},
            mmnn(8, 2, encoding_bands=2, **common),
        ),
        ({"network": "shallow", "knots": 7, "biases": "random"}, shallow(7, biases="random", **common)),
    ]
    for options, expected in pairs:
        network = build(
            FitSpecification.make(**options, **common), domain=((0.0, 1.0),), dimension=1, samples=None
        )
        assert network.layers == expected.layers
        assert network.encoding == expected.encoding
        assert network.seeds == expected.seeds == (2, 3, 4)
        assert torch.equal(network.parameters, expected.parameters)


def test_one_knot_of_ones_own_is_one_unit_and_none_is_refused() -> None:
    network = shallow([0.25], members=2, dtype="float64")
    assert [layer.outputs for layer in network.layers] == [1, 1]
    np.testing.assert_allclose(-network.bias(0) / network.weight(0)[:, :, 0], 0.25)
    with pytest.raises(InputError, match="give how many, or the knots themselves"):
        shallow([])


def test_build_lets_a_compositional_network_lean_towards_the_data() -> None:
    # x - Σ lies below the line from corner to corner, x + Σ above where the data do; here on the domain (-1, 3).
    specification = FitSpecification.make(network="compositional", dtype="float64")
    x = np.linspace(-1.0, 3.0, 50)
    line = (x + 1) / 4
    for y, side in ((line**2, -1.0), (line, -1.0), (np.sqrt(line), 1.0)):
        network = build(specification, domain=((-1.0, 3.0),), dimension=1, samples=(x[:, None], y))
        values = network(torch.from_numpy(x))[0, :, 0].numpy()
        assert np.allclose(values[[0, -1]], [0.0, 1.0])
        assert np.all(side * (values - line)[1:-1] > 0)


def test_a_device_that_is_asked_for_goes_before_the_specifications() -> None:
    automatic, processor = (FitSpecification.make(device=device) for device in ("auto", "cpu"))
    assert build(automatic).parameters.device.type == build(processor).parameters.device.type == "cpu"
    assert build(automatic, device="meta").parameters.device.type == "meta"
    assert build(processor, device=torch.device("meta")).parameters.device.type == "meta"


@pytest.mark.parametrize("network", ["shallow", "compositional"])
def test_networks_of_one_input_say_so(network: str) -> None:
    specification = FitSpecification.make(network=network)
    with pytest.raises(InputError, match="the target must have 1 input; this one has 2") as raised:
        build(specification, domain=((0.0, 1.0), (0.0, 1.0)), dimension=2, samples=None)
    assert raised.value.option == "network"


def test_nothing_is_made_on_a_default_device() -> None:
    for call in (mlp, mmnn, shallow):
        assert call(device="meta").parameters.device.type == "meta"


def test_equation_3_is_what_an_encoding_is_on_the_unit_interval() -> None:
    """x -> sin 2 pi x, cos 2 pi x, ..., sin 2^k pi x, cos 2^k pi x, k = 3."""
    x = torch.linspace(0.25, 1.0, 97, dtype=torch.float64)
    for domain in ((0.0, 1.0), (0.25, 0.75), (0.5, 1.5)):
        encoding = mlp(encoding_bands=3, domain=domain).encoding
        expected = [wave(2**j * np.pi * x) for j in (1, 2, 3) for wave in (torch.sin, torch.cos)]
        assert torch.equal(encoding(x[:, None]), torch.stack(expected))
        assert encoding.note == ""


@pytest.mark.parametrize("domain", [(-1.0, 1.0), (3.0, 308.0), (-0.1, 1.0)])
def test_an_encoding_tells_all_of_a_long_domain_apart(domain: tuple[float, float]) -> None:
    spec = FitSpecification.make(encoding_bands=4, encoding_raw=False)
    encoding = build(spec, domain=(domain,)).encoding
    x = torch.linspace(*domain, 400, dtype=torch.float64)[:-1, None]  # both ends are one, as 0 and 1 are
    apart = torch.cdist(encoding(x).T, encoding(x).T) + 9 * torch.eye(len(x))
    assert float(apart.min()) > 0.01
    assert torch.allclose(encoding(x + domain[1] - domain[0]), encoding(x), atol=1e-9)
    assert "period is the domain" in encoding.note


def test_numpy_goes_in_and_comes_out() -> None:
    network = mlp(3, 5, members=2, inputs=2, outputs=3)
    x = np.random.default_rng(0).normal(size=(7, 2))
    values = network(x)
    assert isinstance(values, np.ndarray)
    assert values.shape == (2, 7, 3)
    np.testing.assert_array_equal(values, network(torch.as_tensor(x)).numpy())
    np.testing.assert_array_equal(network(x.tolist()), values)


def test_one_of_several_outputs_is_a_network() -> None:
    network = mlp(4, (3, 4, 5), members=2, inputs=2, outputs=3, dtype="float64")
    x = torch.rand(9, 2, dtype=torch.float64)
    for output in range(3):
        assert torch.allclose(network.output(output)(x)[..., 0], network(x)[..., output], rtol=1e-14)
        assert network.output(output).seeds == network.seeds
