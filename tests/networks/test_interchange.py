"""torch modules in and out: the module itself is the oracle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from adding import ByHand, random_adding, random_layers
from torch import nn
from torch.optim.swa_utils import AveragedModel

from nnexpr import InputError
from nnexpr.networks.adding import AddingStack
from nnexpr.networks.builders import mlp, mmnn
from nnexpr.networks.compositional import tent
from nnexpr.networks.interchange import from_torch, to_torch
from nnexpr.networks.state_dict import from_state_dict

X = torch.linspace(-2, 2, 301, dtype=torch.float64).unsqueeze(1)
MODULES = {
    "linear": nn.Linear(1, 3),
    "relu": nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 2)),
    "every activation": nn.Sequential(
        nn.Linear(1, 4), nn.LeakyReLU(), nn.Linear(4, 4), nn.Hardtanh(), nn.Linear(4, 4), nn.ELU(),
        nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 1),
    ),
    "no bias": nn.Sequential(nn.Linear(1, 4, bias=False), nn.ReLU(), nn.Linear(4, 2, bias=False)),
    "nested": nn.Sequential(nn.Sequential(nn.Linear(1, 4), nn.ReLU()), nn.Sequential(nn.Linear(4, 1))),
    "linear after linear": nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1)),
    "identities": nn.Sequential(
        nn.Identity(), nn.Linear(1, 4), nn.Identity(), nn.ReLU(), nn.Linear(4, 1), nn.Identity(),
    ),
    "ends in an activation": nn.Sequential(nn.Linear(1, 4), nn.ReLU()),
    "activation after activation": nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Tanh(), nn.Linear(4, 1)),
}  # fmt: skip


def normalised(inputs: int) -> nn.BatchNorm1d:
    """With statistics and weights of its own."""
    module = nn.BatchNorm1d(inputs, eps=1e-3)
    for tensor in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
        tensor.copy_(torch.rand(inputs) + 0.5)
    return module


MODULES |= {
    "any slope": nn.Sequential(
        nn.Linear(1, 5), nn.LeakyReLU(0.2), nn.Linear(5, 4), nn.LeakyReLU(-1.5), nn.Linear(4, 4), nn.LeakyReLU(0.0),
        nn.Linear(4, 4), nn.PReLU(), nn.Linear(4, 1), nn.PReLU(init=3.0),
    ),
    "idle in evaluation": nn.Sequential(
        nn.Flatten(), nn.Linear(1, 4), nn.Dropout(0.7), nn.ReLU(), nn.AlphaDropout(), nn.Flatten(-1), nn.Linear(4, 1),
    ),
    "batch normalisation": nn.Sequential(
        normalised(1), nn.Linear(1, 6), normalised(6), nn.ReLU(), nn.Linear(6, 4), nn.ReLU(), normalised(4),
        nn.Linear(4, 2, bias=False), normalised(2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_values_are_the_modules(name: str) -> None:
    module = MODULES[name].double()
    network = from_torch(module)
    assert module.training
    module.eval()
    assert torch.allclose(network(X)[0], module(X), rtol=1e-13, atol=1e-15)
    assert network.layers[-1].activation == "identity"
    back = to_torch(network)
    assert torch.allclose(back(X), module(X), rtol=1e-13, atol=1e-15)
    module.train()


def test_a_smooth_activation_without_a_name_is_refused_or_cut_off() -> None:
    """A smooth activation that a network has no name for is no piecewise-linear step either, and may be cut off."""
    module = nn.Sequential(nn.Linear(1, 2), nn.Softplus(), nn.Linear(2, 1))
    with pytest.raises(InputError, match=r"not piecewise linear, .* up_to='1' takes what comes before it"):
        from_torch(module)
    assert torch.allclose(from_torch(module.double(), up_to="1")(X)[0], module[0](X))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own, where it imports its compiler
def test_a_wrapped_module_is_what_is_inside() -> None:
    module = MODULES["relu"].double()
    for wrapped in (nn.DataParallel(module), AveragedModel(module), torch.compile(module)):
        assert torch.equal(from_torch(wrapped).parameters, from_torch(module).parameters)
    hooked = nn.DataParallel(module)
    hooked.register_forward_hook(lambda _, __, out: 2 * out)
    with pytest.raises(InputError, match="DataParallel"):
        from_torch(hooked)


def test_parameters_survive_the_round_trip_bit_for_bit() -> None:
    for network in (
        mlp(depth=5, width=(3, 4, 5, 6), members=3, outputs=2),
        mmnn(width=9, rank=2, depth=3, members=2),
    ):
        again = from_torch(to_torch(network, member=1))
        assert again.layers == network.layers
        assert torch.equal(again.parameters, network.parameters[1:2])
    state = torch.random.get_rng_state()
    to_torch(tent(5))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_module_shares_no_memory_with_its_network() -> None:
    network = mlp()
    before = network.parameters.clone()
    module = to_torch(network)
    from_torch(module).parameters.zero_()
    with torch.no_grad():
        module[0].weight.zero_()
    assert torch.equal(network.parameters, before)


def test_frozen_layers_stay_frozen() -> None:
    module = to_torch(mmnn(width=4, rank=2, depth=2))
    assert [part.weight.requires_grad for part in module if isinstance(part, nn.Linear)] == [False, True] * 2


@pytest.mark.parametrize(
    ("given", "expected"),
    [(torch.float16, torch.float32), (torch.bfloat16, torch.float32), (torch.float32, torch.float32)],
)
def test_narrow_types_become_single_precision(given: torch.dtype, expected: torch.dtype) -> None:
    module = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1)).to(given)
    network = from_torch(module)
    assert network.parameters.dtype == expected
    assert torch.equal(network.weight(0)[0], module[0].weight.detach().to(expected))


class Widened(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * super().forward(x)


@pytest.mark.parametrize(
    ("module", "named"),
    [
        (nn.Sequential(nn.Linear(1, 2), nn.Softmax(1), nn.Linear(2, 1)), "1 (Softmax)"),
        (nn.Sequential(nn.Linear(1, 2), nn.LayerNorm(2), nn.Linear(2, 1)), "1 (LayerNorm)"),
        (nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2, track_running_stats=False)), "1 (BatchNorm1d)"),
        (nn.Sequential(nn.Linear(1, 2, device="meta")), "0 (Linear)"),
        (nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.Softplus())), "0.1 (Softplus)"),
        (nn.Sequential(nn.Linear(1, 2), nn.ELU(0.5)), "1 (ELU)"),
        (nn.Sequential(nn.Linear(1, 2), nn.GELU("tanh")), "1 (GELU)"),
        (nn.Sequential(nn.Linear(1, 2, dtype=torch.complex64)), "0 (Linear)"),
        (nn.Sequential(), "Sequential"),
        (nn.Conv1d(1, 1, 1), "(Conv1d)"),
    ],
)
def test_other_modules_are_named_and_refused(module: nn.Module, named: str) -> None:
    with pytest.raises(InputError) as raised:
        from_torch(module)
    assert raised.value.option == "module"
    assert str(raised.value).startswith(f"module is {named}: ")


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Linear(1, 2), nn.PReLU(2)),
        nn.Sequential(nn.Linear(1, 2), nn.Hardtanh(0, 1)),
        nn.Sequential(nn.Linear(1, 2), nn.ReLU6()),
        nn.Sequential(nn.ReLU(), nn.Linear(1, 2)),
        nn.Sequential(Widened(1, 2)),
    ],
)
def test_what_is_no_stack_but_piecewise_linear_is_followed(module: nn.Module) -> None:
    module = module.double()
    assert torch.allclose(from_torch(module)(X)[0], module(X), rtol=1e-12, atol=1e-12)


def test_a_module_of_one_point_at_a_time_is_followed() -> None:
    module = nn.Sequential(nn.Flatten(0), nn.Linear(6, 2)).double()
    x = torch.linspace(-1, 1, 6, dtype=torch.float64)
    assert torch.allclose(from_torch(module)(x[None])[0, 0], module(x[None]))


def changed(how: str) -> nn.Module:
    """A module that is made of layers and does something else as well."""
    module = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    if how == "hook":
        module[0].register_forward_hook(lambda _, __, out: out * 1.001)
    elif how == "first hook":
        module.register_forward_pre_hook(lambda _, inputs: (inputs[0].abs(),))
    elif how == "forward":
        module.forward = lambda x: x.sum(dim=1, keepdim=True)  # type: ignore[method-assign]
    elif how == "shape":
        module.register_forward_hook(lambda _, __, out: out[:, 0])
    else:
        module.register_forward_hook(lambda *_: 1 / 0)
    return module


@pytest.mark.parametrize("how", ["hook", "first hook", "forward", "shape", "error"])
def test_a_module_that_is_more_than_its_layers_is_refused(how: str) -> None:
    with pytest.raises(InputError, match=r"other values than its layers do|cannot be run") as raised:
        from_torch(changed(how))
    assert raised.value.option == "module"


def test_what_rounding_may_do_does_not_grow_with_depth_where_values_do_not() -> None:
    module = nn.Sequential(*(part for _ in range(40) for part in (nn.Linear(1, 1), nn.ReLU()))).double()
    for parameter in module.parameters():
        parameter.data.fill_(float(parameter.ndim == 2))  # x -> relu(x), forty times
    assert from_torch(module).inputs == 1
    module.register_forward_hook(lambda _, __, out: out + 1e-9)
    with pytest.raises(InputError, match="other values than its layers do"):
        from_torch(module)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e8])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_rounding_is_no_difference(dtype: torch.dtype, scale: float) -> None:
    torch.manual_seed(0)
    for width in (3, 200):
        module = nn.Sequential(
            nn.Linear(2, width), nn.ReLU(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width), nn.ReLU(),
            nn.Linear(width, 1),
        )  # fmt: skip
        for parameter in module[0].parameters():
            parameter.data *= scale
        assert from_torch(module.to(dtype)).inputs == 2


def test_what_torch_lacks_is_refused() -> None:
    for activation in ("sine", "hat"):
        with pytest.raises(InputError, match="torch has no module for it"):
            to_torch(mlp(activation=activation))
    with pytest.raises(InputError, match="encoding"):
        to_torch(mlp(encoding_bands=2))
    with pytest.raises(InputError, match="it must be from 0 to 1"):
        to_torch(mlp(members=2), member=2)


@pytest.mark.parametrize("seed", range(6))
def test_layers_that_add_go_to_torch_and_come_back(seed: int) -> None:
    layers = random_layers(np.random.default_rng(seed), ["relu", "tanh", "leaky_relu"], inputs=2)
    network = random_adding(layers, members=2, seed=seed)
    module = to_torch(network, 1)
    assert isinstance(module, AddingStack)
    x = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(module(x), ByHand(network, 1)(x), rtol=1e-12, atol=1e-12)
    assert [p.requires_grad for p in module.affine.parameters()] == [
        layer.trained for layer in layers for _ in range(2)
    ]
    back = from_torch(module)
    assert back.layers == layers
    assert torch.equal(back.parameters[0], network.parameters[1])
    assert f"adds={tuple(layer.adds for layer in layers)}" in repr(module)


def test_the_weights_alone_of_layers_that_add_are_not_taken_for_a_chain(tmp_path: Path) -> None:
    layers = random_layers(np.random.default_rng(0), ["relu"])
    torch.save(to_torch(random_adding(layers)).state_dict(), tmp_path / "a.pt")
    with pytest.raises(InputError, match="the order of its layers cannot be known"):
        from_state_dict(tmp_path / "a.pt")


def test_an_adding_stack_that_was_changed_is_refused() -> None:
    layers = random_layers(np.random.default_rng(2), ["relu"])
    module = to_torch(random_adding(layers))
    assert isinstance(module, AddingStack)
    module.adds = (9, *module.adds[1:])
    with pytest.raises(InputError, match="its layers do not fit: layer 1 adds what is 9 below"):
        from_torch(module)
    module.forward = lambda x: 2 * x  # type: ignore[method-assign]
    module.adds = (0,) * len(layers)
    with pytest.raises(InputError, match="it gives other values than its layers do"):
        from_torch(module)
