"""A network by the name of its file: a run's id, a file written here, or the state dict of a torch module."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nnexpr.networks.files import load, read_safetensors
from nnexpr.networks.interchange import from_state_dict
from nnexpr.networks.network import Network
from nnexpr.runs import store
from nnexpr.specification import InputError
from nnexpr.targets.target import Scale

_SAME = Scale()

__all__ = ["FoundNetwork", "read_network"]


@dataclass(frozen=True, eq=False)
class FoundNetwork:
    """A network with the domain it was trained on, in own units (None where that is not known), and its scales.

    ``domain`` and ``input_scale`` are those of the first input, ``domains`` and ``input_scales`` of each.
    """

    network: Network
    domain: tuple[float, float] | None = None
    input_scale: Scale = _SAME
    value_scale: Scale = _SAME
    domains: tuple[tuple[float, float], ...] | None = None
    input_scales: tuple[Scale, ...] | None = None


def read_network(name: str, *, activation: str | None = None, folder: str | None = None) -> FoundNetwork:
    """The network that ``name`` stands for; a file goes before a run of that id.

    ``activation`` is that of a state dict, which does not hold it (relu unless given). Raises InputError.
    """
    path = Path(name)
    if not os.path.exists(name):
        found = store.find(name, folder)
        if found is None:
            raise InputError("file", name, "there is no such file, and no run of that id in the store")
        path = found
    if path.suffix != ".safetensors" or "nnexpr" not in read_safetensors(path)[1]:
        return FoundNetwork(from_state_dict(path, "relu" if activation is None else activation))
    if activation is not None:
        raise InputError("activation", activation, "leave it out; the file says which activations it has")
    saved = load(path)
    return FoundNetwork(
        saved.network,
        saved.domain[0] if saved.domain else None,
        Scale(*saved.input_scales[0]),
        Scale(*saved.value_scale),
        saved.domain,
        tuple(Scale(*scale) for scale in saved.input_scales),
    )
