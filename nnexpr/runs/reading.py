"""A network by the name of its file: a run's id, a file written here, the state dict of a torch module, or ONNX."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nnexpr.networks.network import Network
from nnexpr.networks.onnx import from_onnx
from nnexpr.networks.state_dict import read_state_dict
from nnexpr.networks.tensor_file import read_tensors
from nnexpr.runs.file import SavedNetwork, load
from nnexpr.runs.store import Store
from nnexpr.scale import Scale
from nnexpr.specification import InputError

__all__ = ["of_one_output", "read_network"]


def read_network(
    name: str, store: Store, activation: str | None = None, layers: str | None = None
) -> SavedNetwork:
    """The network that ``name`` stands for, with all its outputs; a file goes before a run of that id.

    ``activation`` is that of a state dict, which does not hold it (relu unless given), ``layers`` the order of its
    layers, separated by commas. Raises InputError.
    """
    path = Path(name)
    if not os.path.exists(name):
        found = store.runs(name) if name else ()
        if len(found) != 1:
            none = (
                "no run of that id in the store"
                if not found
                else f"{len(found):,} runs have ids that begin so"
            )
            raise InputError("file", name, f"there is no such file, and {none}")
        path = found[0].path
    if path.suffix.lower() == ".onnx":
        for option, given in (("activation", activation), ("layers", layers)):
            if given is not None:
                raise InputError(
                    option, given, "leave it out; the file says what layers and activations it has"
                )
        network = from_onnx(path)
        if not isinstance(network, Network):
            raise InputError("file", name, "it is a graph, not a stack of layers on a vector")
        return SavedNetwork(network, (Scale(),) * network.inputs)
    if path.suffix != ".safetensors" or "nnexpr" not in read_tensors(path)[1]:
        names = [layer.strip() for layer in (layers or "").split(",") if layer.strip()]
        read = read_state_dict(path, activation, names)
        return SavedNetwork(read.network, (Scale(),) * read.network.inputs, assumed=read.assumed)
    for option, given in (("activation", activation), ("layers", layers)):
        if given is not None:
            raise InputError(option, given, "leave it out; the file says what layers and activations it has")
    return load(path)


def of_one_output(name: str, saved: SavedNetwork, output: int | None) -> SavedNetwork:
    """The network of ``output``, from 0, or of the only one there is. Raises InputError."""
    outputs = saved.network.outputs
    if outputs > 1 and output is None:
        why = f"it has {outputs} outputs; choose one by --output, from 0 to {outputs - 1}"
        raise InputError("file", name, why)
    if output is not None and output >= outputs:
        raise InputError("output", output, f"it must be from 0 to {outputs - 1}")
    return saved if outputs == 1 else replace(saved, network=saved.network.output(output or 0))
