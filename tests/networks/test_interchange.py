"""torch modules in and out: the module itself is the oracle."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from nnexpr import InputError
from nnexpr.networks.builders import mlp, mmnn
from nnexpr.networks.compositional import tent
from nnexpr.networks.interchange import from_state_dict, from_torch, to_torch
from nnexpr.runs.file import save

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


@pytest.mark.parametrize("name", MODULES)
def test_values_are_the_modules(name: str) -> None:
    module = MODULES[name].double()
    network = from_torch(module)
    assert torch.allclose(network(X)[0], module(X), rtol=1e-13, atol=1e-15)
    assert network.layers[-1].activation == "identity"
    back = to_torch(network)
    assert torch.allclose(back(X), module(X), rtol=1e-13, atol=1e-15)


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
        (nn.Sequential(nn.Linear(1, 2), nn.Dropout(), nn.Linear(2, 1)), "1 (Dropout)"),
        (nn.Sequential(nn.Sequential(nn.Linear(1, 2), nn.Softplus())), "0.1 (Softplus)"),
        (nn.Sequential(nn.Linear(1, 2), nn.LeakyReLU(0.2)), "1 (LeakyReLU)"),
        (nn.Sequential(nn.Linear(1, 2), nn.Hardtanh(0, 1)), "1 (Hardtanh)"),
        (nn.Sequential(nn.Linear(1, 2), nn.ReLU6()), "1 (ReLU6)"),
        (nn.Sequential(nn.Linear(1, 2), nn.ELU(0.5)), "1 (ELU)"),
        (nn.Sequential(nn.Linear(1, 2), nn.GELU("tanh")), "1 (GELU)"),
        (nn.Sequential(nn.ReLU(), nn.Linear(1, 2)), "0 (ReLU)"),
        (nn.Sequential(nn.Linear(1, 2, dtype=torch.complex64)), "0 (Linear)"),
        (nn.Sequential(Widened(1, 2)), "0 (Widened)"),
        (nn.Sequential(), "Sequential"),
        (nn.Conv1d(1, 1, 1), "(Conv1d)"),
    ],
)
def test_other_modules_are_named_and_refused(module: nn.Module, named: str) -> None:
    with pytest.raises(InputError) as raised:
        from_torch(module)
    assert raised.value.option == "module"
    assert str(raised.value).startswith(f"module is {named}: ")


def test_what_torch_lacks_is_refused() -> None:
    for activation in ("sine", "hat"):
        with pytest.raises(InputError, match="torch has no module for it"):
            to_torch(mlp(activation=activation))
    with pytest.raises(InputError, match="encoding"):
        to_torch(mlp(encoding_bands=2))
    with pytest.raises(InputError, match="it must be from 0 to 1"):
        to_torch(mlp(members=2), member=2)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", ["relu", "no bias", "linear"])
def test_state_dicts_give_the_modules_values(name: str, suffix: str, tmp_path: Path) -> None:
    module = MODULES[name].double() if name != "linear" else nn.Sequential(nn.Linear(1, 3)).double()
    write = torch.save if suffix == ".pt" else save_file
    write(module.state_dict(), tmp_path / f"m{suffix}")
    network = from_state_dict(tmp_path / f"m{suffix}")
    assert network.parameters.dtype == torch.float64
    assert torch.equal(network.parameters, from_torch(module).parameters)
    assert torch.allclose(network(X)[0], module(X), rtol=1e-13, atol=1e-15)


def test_numbers_without_a_gap_have_no_activation_between(tmp_path: Path) -> None:
    network = mmnn(width=9, rank=2, depth=3, activation="tanh", dtype="float64")
    torch.save(to_torch(network).state_dict(), tmp_path / "m.pt")
    again = from_state_dict(tmp_path / "m.pt", activation="tanh")
    assert torch.equal(again(X), network(X))
    torch.save({f"{n}.weight": torch.zeros(2, 2) for n in range(3)}, tmp_path / "list.pt")
    with pytest.raises(InputError, match="numbered without a gap"):
        from_state_dict(tmp_path / "list.pt")


class Harmful:
    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.touched,)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        from_state_dict(path)
    assert raised.value.option == "file"
    assert "\n" not in raised.value.allowed
    return raised.value.allowed


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    torch.save({"0.weight": torch.zeros(1, 1), "0.bias": Harmful(touched)}, tmp_path / "harmful.pt")
    assert "never run" in refusal(tmp_path / "harmful.pt")
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Harmful(touched)))
    refusal(tmp_path / "bare.pt")
    torch.save(MODULES["relu"], tmp_path / "module.pt")
    assert "save module.state_dict() instead" in refusal(tmp_path / "module.pt")
    assert not touched.exists()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({}, "it is empty"),
        ([torch.zeros(1)], "it holds a list"),
        ({"layers.0.weight": torch.zeros(1, 1)}, "it holds 'layers.0.weight'"),
        ({"0.weight\x1b[2J": torch.zeros(1, 1)}, r"it holds '0.weight\x1b[2J'"),
        ({"0.bias": torch.zeros(1)}, "0.weight is missing"),
        ({"0.weight": torch.zeros(3)}, "layer 0 has the shapes (3,)"),
        ({"0.weight": torch.zeros(3, 1), "0.bias": torch.zeros(2)}, "layer 0 has the shapes (3, 1) and (2,)"),
        (
            {"0.weight": torch.zeros(3, 1), "2.weight": torch.zeros(1, 4)},
            "2.weight takes 4 inputs where 3 are given",
        ),
        ({"0.weight": torch.zeros(2, 1, dtype=torch.int64)}, "0.weight holds no real floating-point numbers"),
        ({"0.weight": 3.0}, "0.weight holds no real floating-point numbers"),
    ],
)
def test_what_is_not_such_a_state_dict_is_refused(state: object, reason: str, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "m.pt")
    assert refusal(tmp_path / "m.pt").startswith(reason)


def test_files_of_another_kind_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing.pt")
    (tmp_path / "folder.pt").mkdir()
    assert "cannot be read" in refusal(tmp_path / "folder.pt")
    (tmp_path / "text.pt").write_text("not a tensor")
    assert refusal(tmp_path / "text.pt")
    torch.save(MODULES["relu"].state_dict(), tmp_path / "whole.pt")
    (tmp_path / "part.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:-200])
    assert "damaged" in refusal(tmp_path / "part.pt")
    save(tmp_path / "ours.safetensors", mlp())
    assert "saved by nnexpr" in refusal(tmp_path / "ours.safetensors")
