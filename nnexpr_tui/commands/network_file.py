"""A network by the name of its file: a run's id, a file written here, or the state dict of a torch module."""

from __future__ import annotations

import os
from pathlib import Path

from nnexpr.networks.interchange import from_state_dict
from nnexpr.networks.tensor_file import read_tensors
from nnexpr.runs.file import SavedNetwork, load
from nnexpr.runs.store import Store
from nnexpr.scale import Scale
from nnexpr.specification import InputError

__all__ = ["read_network"]


def read_network(name: str, store: Store, activation: str | None = None) -> SavedNetwork:
    """The network that ``name`` stands for; a file goes before a run of that id.

    ``activation`` is that of a state dict, which does not hold it (relu unless given). Raises InputError.
    """
    path = Path(name)
    if not os.path.exists(name):
        run = store.find(name)
        if run is None:
            raise InputError("file", name, "there is no such file, and no run of that id in the store")
        path = run.path
    if path.suffix != ".safetensors" or "nnexpr" not in read_tensors(path)[1]:
        network = from_state_dict(path, "relu" if activation is None else activation)
        return SavedNetwork(network, (Scale(),) * network.inputs)
    if activation is not None:
        raise InputError("activation", activation, "leave it out; the file says which activations it has")
    return load(path)
