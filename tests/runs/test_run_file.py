"""Saving and loading: every bit comes back; a file that is not whole or not ours is refused in one sentence."""

from __future__ import annotations

import json
import os
import random
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from adding import random_adding
from safetensors import safe_open
from safetensors.torch import save_file

from nnexpr import FitSpecification, InputError
from nnexpr.kinds import AffineLayer
from nnexpr.networks.builders import mlp, mmnn
from nnexpr.networks.compositional import compositional
from nnexpr.networks.network import Network
from nnexpr.runs.checksums import HEAD, checksum
from nnexpr.runs.file import load, save
from nnexpr.scale import Scale
from nnexpr.targets.target import Target

NETWORKS = {
    "mlp": lambda: mlp(depth=4, width=(3, 5, 2), activation="sine", members=3, seed=2**62),
    "encoded": lambda: mlp(inputs=2, encoding_bands=3, encoding_raw=True, dtype="float64"),
    "mmnn": lambda: mmnn(width=5, rank=2, depth=2, activation="hat", members=2),
    "residual": lambda: mmnn(width=5, rank=2, depth=4, residual=True, members=2),
    "adding": lambda: random_adding((AffineLayer(2, 2, "relu", adds=1), AffineLayer(2, 2, adds=2))),
    "compositional": lambda: compositional(4, members=2, seed=7),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_bit_comes_back(kind: str, tmp_path: Path) -> None:
    network: Network = NETWORKS[kind]()
    network.parameters[0, :3] = torch.tensor([float("nan"), float("-inf"), -0.0])  # diverged members too
    save(tmp_path / "a.safetensors", network)
    loaded = load(tmp_path / "a.safetensors")
    assert loaded.network.parameters.dtype == network.parameters.dtype
    assert loaded.network.parameters.numpy().tobytes() == network.parameters.numpy().tobytes()
    assert loaded.network.layers == network.layers
    assert loaded.network.encoding == network.encoding
    assert loaded.network.seeds == network.seeds
    assert loaded.network.tie_tolerance == network.tie_tolerance
    assert (loaded.specification, loaded.target, loaded.domain) == (None, None, None)
    assert loaded.input_scales == (Scale(),) * network.inputs
    assert {"nnexpr", "torch", "created"} <= loaded.metadata.keys()


def test_specification_and_target_come_back(tmp_path: Path) -> None:
    specification = FitSpecification.make(width=(8, 4), members=2, target="csv:[red]\x1b[0m.csv", lr=0.1)
    target = Target(
        name="csv:[red]\x1b[0m.csv", formula="", inputs=np.zeros((2, 1)), values=np.zeros(2),
        domain=((0.0, 1.0),), input_scales=(Scale(308.0, 1700.5),), value_scale=Scale(0.1, 1 / 3),
    )  # fmt: skip
    save(tmp_path / "a", mlp(width=(8, 4), members=2), specification, target=target, extra={"epochs": 12})
    loaded = load(tmp_path / "a")
    assert loaded.specification == specification
    assert loaded.target == target.name
    assert loaded.domain == target.own_domain == ((1700.5, 2008.5),)
    assert loaded.network.domain == target.domain
    assert loaded.input_scales == (Scale(308.0, 1700.5),)
    assert loaded.value_scale == Scale(0.1, 1 / 3)
    assert loaded.metadata["extra"] == {"epochs": 12}


def test_a_file_is_an_ordinary_safetensors_file(tmp_path: Path) -> None:
    network = mlp(members=2)
    save(tmp_path / "a", network.select([1, 0]))
    with safe_open(tmp_path / "a", framework="pt") as file:
        assert torch.equal(file.get_tensor("parameters"), network.parameters[[1, 0]])
        assert json.loads(file.metadata()["nnexpr"])["seeds"] == [1, 0]


def test_a_file_from_before_networks_knew_their_domain_has_that_of_its_target(tmp_path: Path) -> None:
    network = mlp()
    save(tmp_path / "a", network)
    with safe_open(tmp_path / "a", framework="pt") as file:
        document = json.loads(file.metadata()["nnexpr"])
    del document["domain"], document["checksums"]
    for told, domain in ((None, None), (TARGET | {"network_domain": [[-1, 1]]}, ((-1.0, 1.0),))):
        described = {"nnexpr": json.dumps(document | {"target": told})}
        save_file({"parameters": network.parameters}, tmp_path / "b", described)
        assert load(tmp_path / "b").network.domain == domain


def test_only_what_older_programs_would_misread_has_a_new_format(tmp_path: Path) -> None:
    documents = {}
    for kind in ("mmnn", "adding"):
        save(tmp_path / kind, NETWORKS[kind]())
        with safe_open(tmp_path / kind, framework="pt") as file:
            documents[kind] = json.loads(file.metadata()["nnexpr"])
    assert (documents["mmnn"]["format_version"], documents["adding"]["format_version"]) == (1, 2)
    assert set(documents["mmnn"]["layers"][0]) == {"inputs", "outputs", "activation", "trained"}
    assert [layer["adds"] for layer in documents["adding"]["layers"]] == [1, 2]


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    save(path, mlp(seed=1))
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(path, mlp(seed=2))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a"]


TARGET = {
    "name": "cube", "domain": [[0, 1]], "network_domain": [[0, 1]], "input_scales": [[1, 0]], "value_scale": [1, 0],
}  # fmt: skip


LAYER = {"inputs": 1, "outputs": 1, "activation": "relu", "trained": True}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        load(path)
    assert raised.value.option == "file"
    assert "\n" not in raised.value.allowed
    return raised.value.allowed


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "whole", mlp(width=2))
    data = (tmp_path / "whole").read_bytes()
    for length in {0, 1, 7, 8, 9, 100, len(data) // 2, len(data) - 100, len(data) - 1}:
        (tmp_path / "part").write_bytes(data[:length])
        reason = refusal(tmp_path / "part")
        assert reason == "it is not a safetensors file" if length < 9 else "it is cut short" in reason


def test_files_of_others_are_refused(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "missing")
    assert "it is a folder" in refusal(tmp_path)
    (tmp_path / "text").write_text("x,y\n1,2\n" * 50)
    assert "not a safetensors file" in refusal(tmp_path / "text")
    torch.save({"0.weight": torch.zeros(1, 1)}, tmp_path / "torch.pt")
    assert "not a safetensors file" in refusal(tmp_path / "torch.pt")
    save_file({"0.weight": torch.zeros(2, 1)}, tmp_path / "state")
    assert "state dict" in refusal(tmp_path / "state")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format_version": 99}, "a newer nnexpr"),
        ({"layers": []}, "damaged"),
        ({"layers": [LAYER]}, "damaged"),
        ({"layers": 5}, "damaged"),
        ({"layers": [{**LAYER, "adds": 2}]}, "damaged"),
        ({"layers": [{**LAYER, "adds": -1}]}, "damaged"),
        ({"layers": [{**LAYER, "adds": "far"}]}, "damaged"),
        ({"seeds": [1, 2, 3]}, "damaged"),
        ({"encoding": {"bands": 3, "raw": False, "dimension": 1}}, "damaged"),
        ({"specification": {"network": "magic"}}, "its specification cannot be used: network is magic"),
        ({"target": {"name": "x"}}, "damaged"),
        ({"target": TARGET | {"domain": [[0, 1], [0, 1]]}}, "damaged"),
        ({"target": TARGET | {"domain": [[0, float("inf")]]}}, "damaged"),
        ({"target": TARGET | {"input_scales": []}}, "damaged"),
        ({"target": TARGET | {"value_scale": [0, 1]}}, "damaged"),
        ({"tie_tolerance": None}, "damaged"),
        ({"tie_tolerance": float("nan")}, "damaged"),
        ({"tie_tolerance": -1e-9}, "damaged"),
        ({"tie_tolerance": 2.0}, "damaged"),
        ({"format_version": float("inf")}, "damaged"),  # as 1e400 is read
        ({"target": TARGET | {"domain": [[1, 0]]}}, "damaged"),
        ({"target": TARGET | {"input_scales": [[1, 0], [1, 0]]}}, "damaged"),
        ({"encoding": {"bands": -1, "raw": True, "dimension": -1}}, "damaged"),
        ({"encoding": {"bands": 0, "raw": True, "dimension": 1}}, "damaged"),
        ({"seeds": [float("inf")]}, "damaged"),
        ({"extra": 3}, "damaged"),
        ({"domain": [[0, 1], [0, 1]]}, "damaged"),
        ({"domain": [[1, 0]]}, "damaged"),
        ({"domain": [[0, float("nan")]]}, "damaged"),
    ],
)
def test_a_damaged_description_is_refused(change: dict[str, object], reason: str, tmp_path: Path) -> None:
    network = mlp()
    save(tmp_path / "a", network)
    with safe_open(tmp_path / "a", framework="pt") as file:
        document = json.loads(file.metadata()["nnexpr"])
    del document["checksums"]
    save_file({"parameters": network.parameters}, tmp_path / "b", {"nnexpr": json.dumps(document | change)})
    assert reason in refusal(tmp_path / "b")
    for text in ("", "[", "[]", "{}", "[" * 100_000):
        save_file({"parameters": network.parameters}, tmp_path / "c", {"nnexpr": text})
        assert "damaged" in refusal(tmp_path / "c")


NASTY = [None, True, -1, 1e308, float("nan"), float("inf"), 2**70, "", "x", [], [[]], [None], {}, {"a": 1}]


@pytest.mark.parametrize("value", NASTY, ids=repr)
def test_whatever_stands_in_a_description_is_used_or_refused(value: object, tmp_path: Path) -> None:
    network = mlp(encoding_bands=1)
    target = Target(
        name="cube", formula="", inputs=np.zeros((2, 1)), values=np.zeros(2), domain=((0.0, 1.0),)
    )
    save(tmp_path / "a", network, FitSpecification.make(encoding_bands=1), target=target, extra={"epoch": 1})
    with safe_open(tmp_path / "a", framework="pt") as file:
        whole = json.loads(file.metadata()["nnexpr"])
    places = [(whole, key) for key in whole]
    places += [(part, key) for part in whole.values() if isinstance(part, dict) for key in part]
    places += [(whole["layers"][0], key) for key in whole["layers"][0]]
    for part, key in places:
        before, part[key] = part[key], value
        head = json.dumps(whole)
        described = {"nnexpr": head, HEAD: checksum(head.encode())}
        save_file({"parameters": network.parameters}, tmp_path / "b", described)
        part[key] = before
        with suppress(InputError):
            load(tmp_path / "b")


def test_the_period_of_an_encoding_is_kept(tmp_path: Path) -> None:
    network = mlp(encoding_bands=2, domain=(-1.0, 3.0))
    save(tmp_path / "a", network)
    assert load(tmp_path / "a").network.encoding == network.encoding


def test_a_byte_that_was_changed_anywhere_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    network, draw = mlp(width=(4,), members=2), random.Random(0)  # noqa: S311 - no secret
    history = {"history.losses": torch.arange(40.0).reshape(20, 2), "diverged": torch.full((2,), -1)}
    save(tmp_path / "a", network, FitSpecification.make(width=(4,)), tensors=history, extra={"epoch": 3})
    whole, known = (tmp_path / "a").read_bytes(), load(tmp_path / "a")
    end = 8 + int.from_bytes(whole[:8], "little")
    places = [*draw.sample(range(end), 400), *draw.sample(range(end, len(whole)), 200)]
    noticed = 0
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << draw.randrange(8)
        (tmp_path / "b").write_bytes(changed)
        try:
            found = load(tmp_path / "b")
        except InputError:
            noticed += 1
            continue
        assert torch.equal(found.network.parameters, known.network.parameters)
        assert all(torch.equal(found.tensors[name], tensor) for name, tensor in history.items())
        assert (found.network.layers, found.specification) == (known.network.layers, known.specification)
        assert found.metadata == known.metadata
    assert noticed > 0.95 * len(places)  # spaces at the end of the head may be any


def test_what_is_damaged_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a", mlp(), tensors={"history.losses": torch.ones(3, 1), "begun": torch.zeros(2, 2)})
    whole = (tmp_path / "a").read_bytes()
    place = whole.index(np.ones(3, np.float32).tobytes())
    (tmp_path / "b").write_bytes(whole[: place + 1] + b"\x01" + whole[place + 2 :])
    assert "its tensor history.losses has another checksum" in refusal(tmp_path / "b")
    (tmp_path / "b").write_bytes(whole.replace(b"relu", b"tanh", 1))
    assert "its head is damaged" in refusal(tmp_path / "b")
