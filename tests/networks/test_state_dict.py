"""State dicts: the module that they came from is the oracle, and what they do not say is said to be assumed."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from contextlib import nullcontext
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from test_interchange import MODULES, X, normalised
from torch import nn

from nnexpr import InputError
from nnexpr.networks.builders import mlp, mmnn
from nnexpr.networks.interchange import from_torch, to_torch
from nnexpr.networks.state_dict import from_state_dict, read_state_dict
from nnexpr.runs.file import save


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
        ({"layers.0.weight_g": torch.zeros(1, 1)}, "it holds 'layers.0.weight_g'"),
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
    assert "it is a folder" in refusal(tmp_path / "folder.pt")
    (tmp_path / "text.pt").write_text("not a tensor")
    assert refusal(tmp_path / "text.pt")
    torch.save(MODULES["relu"].state_dict(), tmp_path / "whole.pt")
    (tmp_path / "part.pt").write_bytes((tmp_path / "whole.pt").read_bytes()[:-200])
    assert "damaged" in refusal(tmp_path / "part.pt")
    save(tmp_path / "ours.safetensors", mlp())
    assert "saved by nnexpr" in refusal(tmp_path / "ours.safetensors")


PLAIN = nn.Sequential(nn.Linear(1, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1)).double()


def renamed(*prefix: str) -> dict[str, torch.Tensor]:
    """The plain network's weights under other names."""
    return {".".join([*prefix, key]): tensor for key, tensor in PLAIN.state_dict().items()}


STEPS = {"state": {0: {"exp_avg": torch.zeros(2)}}, "param_groups": [{"lr": 0.1}]}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (renamed("module"), 0),
        (renamed("_orig_mod", "module"), 0),
        (renamed("module", "net", "_orig_mod"), 1),
        (renamed("net"), 1),
        (renamed("model", "body"), 1),
        ({"epoch": 3, "model_state_dict": renamed(), "optimizer_state_dict": STEPS, "loss": 0.1}, 1),
        ({"state_dict": renamed("model"), "hyper_parameters": {}}, 2),
        ({"model": renamed("module"), "optimizer": STEPS}, 1),
        ({"checkpoint": {"network": renamed()}, "step": 4}, 2),
        ({"model": renamed(), "ema": {key: 2 * tensor for key, tensor in renamed().items()}}, 1),
        ({**renamed("module"), "n_averaged": torch.tensor(7)}, 0),
        (OrderedDict(reversed(renamed().items())), 0),
    ],
)
def test_wrappers_and_checkpoints_change_nothing(state: object, said: int, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "m.pt")
    network, assumed = read_state_dict(tmp_path / "m.pt")
    assert torch.equal(network.parameters, from_torch(PLAIN).parameters)
    assert [layer.activation for layer in network.layers] == ["relu", "relu", "identity"]
    assert len(assumed) == said + 1
    assert "activation relu was assumed" in assumed[-1]
    assert len(read_state_dict(tmp_path / "m.pt", "relu").assumed) == said


@pytest.mark.parametrize(
    ("hidden", "end"), [(3, "4 and 6"), (4, "4 and 6 and 1 more"), (6, "4 and 6 and 3 more")]
)
def test_three_of_the_places_where_an_activation_was_assumed_are_named(
    hidden: int, end: str, tmp_path: Path
) -> None:
    sizes = [1, *[3] * hidden, 1]
    modules = [part for pair in pairwise(sizes) for part in (nn.Linear(*pair), nn.Tanh())][:-1]
    torch.save(nn.Sequential(*modules).state_dict(), tmp_path / "m.pt")
    [said] = read_state_dict(tmp_path / "m.pt").assumed
    assert f"between 0 and 2, 2 and 4, {end}, and none" in said


@pytest.mark.parametrize(
    "module",
    [
        nn.Sequential(nn.Sequential(nn.Linear(1, 4), nn.ReLU()), nn.Sequential(nn.Linear(4, 1))),
        nn.Sequential(nn.Linear(1, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 3), nn.ReLU()), nn.Linear(3, 2)),
        nn.Sequential(nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 3)), nn.ReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(1, 4), nn.Dropout(), nn.ReLU(), nn.Linear(4, 1)),
        nn.Sequential(
            normalised(1), nn.Linear(1, 6), normalised(6), nn.ReLU(), nn.Linear(6, 2), normalised(2)
        ),
        nn.Sequential(nn.Linear(1, 6), nn.ReLU(), normalised(6), nn.Linear(6, 2)),
        nn.Sequential(
            nn.Linear(1, 6), nn.PReLU(init=-0.4), nn.Linear(6, 3), nn.PReLU(), nn.Dropout(), nn.Linear(3, 1)
        ),
        nn.Sequential(*[nn.ReLU() if i % 2 else nn.Linear(1 + (i > 0) * 3, 4) for i in range(25)]),
        nn.Linear(1, 3),
    ],
)
def test_places_tell_where_activations_stand(module: nn.Module, tmp_path: Path) -> None:
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d):
            part.eps = 1e-5  # torch's default, which the file does not hold
    module = module.double().eval()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    assert torch.allclose(from_state_dict(tmp_path / "m.pt")(X)[0], module(X), rtol=1e-12, atol=1e-14)


def test_names_may_be_of_different_depth(tmp_path: Path) -> None:
    module = nn.Sequential(
        OrderedDict(fc=nn.Linear(1, 4), act=nn.ReLU(), head=nn.Sequential(nn.Linear(4, 1)))
    ).double()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    network, _ = read_state_dict(tmp_path / "m.pt", "relu", ["fc", "head.0"])
    assert torch.allclose(network(X)[0], module(X), rtol=1e-12, atol=1e-14)


def test_a_layer_holds_no_layer(tmp_path: Path) -> None:
    for outer, why in (("0", "numbered without a gap"), ("net", "--layers net,net.1")):
        torch.save({f"{outer}.weight": W[:1, :1], f"{outer}.1.weight": W[:1, :1]}, tmp_path / "m.pt")
        assert why in refusal(tmp_path / "m.pt")


def test_nothing_may_stand_between_layers(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(1, 4), nn.Dropout(), nn.Linear(4, 1)).double().eval()
    torch.save(module.state_dict(), tmp_path / "m.pt")
    network, assumed = read_state_dict(tmp_path / "m.pt", "identity")
    assert torch.allclose(network(X)[0], module(X), rtol=1e-12, atol=1e-14)
    assert assumed == ()


class Attributes(nn.Module):
    def __init__(self, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.fc2, self.fc10, self.fc1 = nn.Linear(4, 4), nn.Linear(4, 1), nn.Linear(1, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = torch.relu(self.fc1(x))
        return self.fc10(torch.relu(self.fc2(first)) + (first if self.residual else 0))


def test_the_order_of_attributes_is_asked_for(tmp_path: Path) -> None:
    for residual in (True, False):
        torch.save(Attributes(residual).state_dict(), tmp_path / f"{residual}.pt")
        why = refusal(tmp_path / f"{residual}.pt")
        assert "--layers fc1,fc2,fc10" in why
        assert "from_torch" in why
    module = Attributes(residual=False).double()
    save_file(
        {f"module.{key}": value for key, value in module.state_dict().items()}, tmp_path / "m.safetensors"
    )
    for names in (("fc1", "fc2", "fc10"), ("module.fc1", " fc2", "module.fc10")):
        network, assumed = read_state_dict(tmp_path / "m.safetensors", layers=names)
        assert torch.allclose(network(X)[0], module(X), rtol=1e-12, atol=1e-14)
        assert len(assumed) == 1
    part, assumed = read_state_dict(tmp_path / "m.safetensors", "tanh", layers=("fc1", "fc2"))
    assert [layer.activation for layer in part.layers] == ["tanh", "identity"]
    assert assumed == ("Of the file, fc10 was left out.",)
    with pytest.raises(
        InputError, match=r"layers is fc1,fc3: the file has no layer fc3; it has fc1, fc2, fc10"
    ):
        read_state_dict(tmp_path / "m.safetensors", layers=("fc1", "fc3"))
    with pytest.raises(InputError, match=r"fc1\.weight takes 1 inputs where 4 are given"):
        read_state_dict(tmp_path / "m.safetensors", layers=("fc2", "fc1"))


class Named(nn.Module):
    """What most people write."""

    def __init__(self, sizes: list[int], names: list[str]) -> None:
        super().__init__()
        self.names = names
        for name, (inputs, outputs) in zip(names, pairwise(sizes), strict=True):
            self.add_module(name, nn.Linear(inputs, outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for name in self.names[:-1]:
            x = torch.relu(getattr(self, name)(x))
        return getattr(self, self.names[-1])(x)


@pytest.mark.parametrize(
    ("sizes", "names", "sorted_too"),
    [
        ([1, 4, 4, 2], ["fc1", "fc2", "out"], True),
        ([1, 4, 4, 4, 2], ["fc1", "fc2", "fc10", "head"], True),
        ([1, 4, 4, 1], ["fc1", "fc2", "head"], False),  # sorted, head may come first
        ([1, 4, 4, 4], ["fc1", "fc2", "out"], False),  # sorted, out may stand anywhere behind fc1
        ([1, 3, 5, 2], ["input_layer", "hidden", "classifier"], True),  # which sizes alone tell
        ([1, 4, 4, 4, 2], ["enter", "b", "a", "leave"], False),
        ([1, 4], ["only"], True),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_attributes_follow_one_another_as_they_are_stored(
    sizes: list[int], names: list[str], sorted_too: bool, dtype: torch.dtype, tmp_path: Path
) -> None:
    module = Named(sizes, names).to(dtype)
    state = {f"_orig_mod.module.{key}": tensor for key, tensor in module.state_dict().items()}
    torch.save(state, tmp_path / "m.pt")
    save_file(state, tmp_path / "m.safetensors")
    network, assumed = read_state_dict(tmp_path / "m.pt", "relu")
    assert torch.allclose(network.to(dtype=X.dtype)(X)[0], module.double()(X), rtol=1e-12, atol=1e-12)
    assert [", ".join(names) in sentence for sentence in assumed] == [True] * (len(names) > 1)
    if sorted_too:
        again, _ = read_state_dict(tmp_path / "m.safetensors", "relu")
        assert torch.equal(again.parameters, network.parameters)
    else:
        assert "--layers" in refusal(tmp_path / "m.safetensors")
    chosen, _ = read_state_dict(tmp_path / "m.safetensors", "relu", layers=names)
    assert torch.equal(chosen.parameters, network.parameters)


def test_many_layers_that_are_alike_are_not_tried_in_every_order(tmp_path: Path) -> None:
    """Thirty that fit in 30! orders, and so that only one does not come to an end."""
    same = {f"{letter}{letter}.weight": torch.eye(3) for letter in "abcdefghijklmnopqrstuvwxyzäöüß"}
    save_file(same, tmp_path / "same.safetensors")
    assert "the order of its layers cannot be known" in refusal(tmp_path / "same.safetensors")
    save_file(same | {"lost.weight": torch.ones(5, 7)}, tmp_path / "lost.safetensors")
    assert "the order of its layers cannot be known" in refusal(tmp_path / "lost.safetensors")


def test_a_batch_normalisation_by_name_follows_its_layer(tmp_path: Path) -> None:
    module = (
        nn.ModuleDict({"fc1": nn.Linear(1, 4), "bn1": nn.BatchNorm1d(4), "fc2": nn.Linear(4, 1)})
        .double()
        .eval()
    )
    module["bn1"].running_mean.copy_(torch.arange(4))
    torch.save(module.state_dict(), tmp_path / "m.pt")
    network, assumed = read_state_dict(tmp_path / "m.pt", layers=("fc1", "bn1", "fc2"))
    expected = module["fc2"](torch.relu(module["bn1"](module["fc1"](X))))
    assert torch.allclose(network(X)[0], expected, rtol=1e-12, atol=1e-14)
    assert "eps, 1e-05" in assumed[0]


W = torch.ones(3, 1)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"0.weight": W.to("meta"), "0.bias": W[:, 0]}, "0.weight is on the meta device"),
        ({"0.weight": torch.ones(1, 1).expand(10**6, 10**6)}, "0.weight has the shape (1000000, 1000000)"),
        ({"0.weight": W.half().to_sparse()}, "0.weight holds no real"),
        ({"0.weight": W, "module.0.weight": W}, "it holds module.0.weight twice"),
        ({"0.weight": W, "epoch": 3}, "it holds 'epoch'"),
        ({"0.weight": W, 3: W}, "it holds 3"),
        (
            {"generator": {"0.weight": W}, "discriminator": {"0.weight": W}},
            "it holds several networks, 'generator'",
        ),
        (
            {"0.weight": W, "1.weight": torch.ones(3), "1.bias": torch.ones(3)},
            "layer 1 has the shapes (3,) and (3,)",
        ),
        ({"0.weight": torch.ones(4, 1, 3, 3)}, "layer 0 has the shapes (4, 1, 3, 3)"),
        ({"0.weight_ih_l0": W}, "it holds '0.weight_ih_l0'"),
        ({"0.parametrizations.weight.original0": W}, "it holds '0.parametrizations"),
        ({"0.weight": torch.ones(1)}, "0 is an activation of slope 1 before any layer"),
        (
            {"0.weight": W, "1.weight": torch.tensor([torch.nan]), "2.weight": W.T},
            "1 is an activation of slope nan",
        ),
        ({"0.weight": W, "1.running_mean": torch.ones(3)}, "1, a batch normalisation, has the shapes (3,)"),
        (
            {"0.weight": W, "1.running_mean": torch.ones(2), "1.running_var": torch.ones(2)},
            "1 normalises (2,) numbers where 3 are given",
        ),
    ],
)
def test_what_cannot_be_known_is_refused_with_its_reason(state: object, reason: str, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "m.pt")
    assert refusal(tmp_path / "m.pt").startswith(reason)


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is"),
        (b"<!DOCTYPE html><html>404</html>", "it is a web page, not a file of weights"),
        (b"\n <HTML>", "it is a web page"),
        (LFS, "it is a Git LFS pointer, not the file itself; fetch that with git lfs pull"),
        (b"\x89PNG\r\n\x1a\n", "it is a picture"),
        (b"\x1f\x8b\x08", "it is compressed"),
        (b'{"message": "Not Found"}', "it is a JSON document"),
        (b"\x93NUMPY\x01\0", "it is a NumPy array"),
    ],
)
def test_files_are_called_what_they_are(content: bytes, reason: str, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"m{suffix}").write_bytes(content)
    assert refusal(tmp_path / f"m{suffix}").startswith(reason)


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    save_file(dict(PLAIN.state_dict()), tmp_path / "m.pt")
    torch.save(PLAIN.state_dict(), tmp_path / "m.safetensors")
    for name in ("m.pt", "m.safetensors"):
        assert torch.equal(from_state_dict(tmp_path / name).parameters, from_torch(PLAIN).parameters)


def test_what_beside_tensors_is_named(tmp_path: Path) -> None:
    torch.save({"model": PLAIN.state_dict(), "loss": np.float64(0.5)}, tmp_path / "m.pt")
    assert "NumPy's numbers" in refusal(tmp_path / "m.pt")
    torch.save(PLAIN, tmp_path / "m.pt")
    assert "torch.nn.modules.container.Sequential" in refusal(tmp_path / "m.pt")
    np.savez(tmp_path / "m.npz", x=np.zeros(3))
    assert refusal(tmp_path / "m.npz") == "it is a zip archive that torch.save did not write"
    torch.save(PLAIN.state_dict(), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert torch.equal(from_state_dict(tmp_path / "old.pt").parameters, from_torch(PLAIN).parameters)


class Filled:
    def __reduce__(self) -> tuple[object, tuple[int]]:
        return bytearray, (10**13,)


@pytest.mark.parametrize("packed", [True, False])
def test_nothing_is_made_that_a_file_does_not_hold(packed: bool, tmp_path: Path) -> None:
    torch.save({"0.weight": W, "x": Filled()}, tmp_path / "m.pt", _use_new_zipfile_serialization=packed)
    assert refusal(tmp_path / "m.pt") == "it holds a bytearray, which no state dict does"


def test_nothing_is_read_beyond_what_a_file_holds(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refusal(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    assert "not an ordinary file" in refusal(tmp_path / "zero")
    torch.save(PLAIN.state_dict(), tmp_path / "m.pt")
    with (
        zipfile.ZipFile(tmp_path / "m.pt") as whole,
        zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for entry in whole.infolist():
            packed.writestr(entry.filename, whole.read(entry) + bytes(10**6))
    assert "its archive is packed" in refusal(tmp_path / "bomb.pt")
    save_file(dict(PLAIN.state_dict()), tmp_path / "m.safetensors")
    for name in ("m.pt", "m.safetensors", "nothing.pt", "nothing.safetensors"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 10**11)  # a hole, which takes no room
        assert refusal(tmp_path / name)


@pytest.mark.parametrize(("spare", "is_read"), [(0, True), (-1, False)])
def test_there_must_be_room_for_three_copies_in_double_precision(
    spare: int, is_read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = nn.Sequential(nn.Linear(1, 300), nn.ReLU(), nn.Linear(300, 300), nn.ReLU(), nn.Linear(300, 1))
    torch.save(module.state_dict(), tmp_path / "m.pt")
    needed = 24 * sum(each.numel() for each in module.parameters())
    assert needed > 2 * (tmp_path / "m.pt").stat().st_size  # which it takes to read it at all
    memory = type("Memory", (), {"available": needed + spare})()
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
    with nullcontext() if is_read else pytest.raises(InputError, match="of memory"):
        assert len(read_state_dict(tmp_path / "m.pt").network.layers) == 3
