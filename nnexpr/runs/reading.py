"""A network by the name of its file: a run's id, a file written here, the state dict of a torch module, or ONNX."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.networks.onnx import from_onnx
from nnexpr.networks.state_dict import read_state_dict
from nnexpr.networks.tensor_file import read_tensors
from nnexpr.runs.file import SavedNetwork, load
from nnexpr.runs.restored import recording_of
from nnexpr.runs.store import Store
from nnexpr.scale import SAME, Scale
from nnexpr.specification import InputError

__all__ = ["AnyNetwork", "of_one_output", "read_any", "read_moments", "read_network"]

ONNX = ".onnx"


@dataclass(frozen=True, eq=False)
class AnyNetwork:
    """A network of any kind from a file, with the units that its inputs and values are in."""

    network: Network | Graph
    input_scales: Sequence[Scale]
    value_scale: Scale = SAME
    domain: tuple[tuple[float, float], ...] | None = None  # own units; None where it was not trained
    assumed: tuple[str, ...] = ()  # see SavedNetwork

    @property
    def input_shape(self) -> tuple[int, ...]:
        """How the numbers of one input lie, such as ``(1, 28, 28)``; that of a vector where nothing is known of it."""
        return self.network.input_shape if isinstance(self.network, Graph) else (self.network.inputs,)


def read_any(
    name: str,
    store: Store,
    activation: str | None = None,
    layers: str | None = None,
    up_to: str | None = None,
) -> AnyNetwork:
    """The network that ``name`` stands for, with all its outputs; a file goes before a run of that id.

    ``activation`` is that of a state dict, which does not hold it (relu unless given), ``layers`` the order of its
    layers, separated by commas; ``up_to`` the node of an ONNX file before which to stop. Raises InputError.
    """
    path = _path(name, store)
    if path.suffix.lower() == ONNX:
        _refuse("the file says what layers and activations it has", activation=activation, layers=layers)
        network = from_onnx(path, up_to)
        return AnyNetwork(network, (Scale(),) * network.inputs)
    _refuse("it is for ONNX files", up_to=up_to)
    saved = _saved(path, activation, layers)
    return AnyNetwork(saved.network, saved.input_scales, saved.value_scale, saved.domain, saved.assumed)


def read_moments(name: str, store: Store) -> list[tuple[int, AnyNetwork]]:
    """The networks that a run's recording holds, each with its epoch: the member that was shown, as it was.

    Raises InputError for other files, and where no weights were recorded.
    """
    path = _path(name, store)
    if path.suffix != ".safetensors" or "nnexpr" not in read_tensors(path)[1]:
        raise InputError(
            "epochs", "given", "leave it out; it is for runs, whose recordings hold their weights"
        )
    saved = load(path)
    recording = recording_of(saved, None)
    moments = [
        (snapshot.epoch, network)
        for index, snapshot in enumerate(recording.snapshots if recording is not None else ())
        if recording is not None and (network := recording.network_at(index)) is not None
    ]
    if not moments:
        raise InputError(
            "file", name, "its run recorded no weights; leave --epochs out to count where it ended"
        )
    return [
        (epoch, AnyNetwork(network, saved.input_scales, saved.value_scale, saved.domain, saved.assumed))
        for epoch, network in moments
    ]


def read_network(
    name: str,
    store: Store,
    activation: str | None = None,
    layers: str | None = None,
    up_to: str | None = None,
) -> SavedNetwork:
    """The same of a stack of layers, with all that its file says of it. Raises InputError, also for a graph."""
    path = _path(name, store)
    if path.suffix.lower() != ONNX:
        _refuse("it is for ONNX files", up_to=up_to)
        return _saved(path, activation, layers)
    read = read_any(name, store, activation, layers, up_to)
    if not isinstance(read.network, Network):
        raise InputError("file", name, f"it is a graph, {read.network!r}; say where: --between, or --plane")
    return SavedNetwork(read.network, tuple(read.input_scales))


def of_one_output(name: str, saved: SavedNetwork, output: int | None) -> SavedNetwork:
    """The network of ``output``, from 0, or of the only one there is. Raises InputError."""
    outputs = saved.network.outputs
    if outputs > 1 and output is None:
        why = f"it has {outputs} outputs; choose one by --output, from 0 to {outputs - 1}"
        raise InputError("file", name, why)
    if output is not None and output >= outputs:
        raise InputError("output", output, f"it must be from 0 to {outputs - 1}")
    return saved if outputs == 1 else replace(saved, network=saved.network.output(output or 0))


def _path(name: str, store: Store) -> Path:
    if os.path.exists(name):
        return Path(name)
    found = store.runs(name) if name else ()
    if len(found) != 1:
        none = (
            "no run of that id in the store" if not found else f"{len(found):,} runs have ids that begin so"
        )
        raise InputError("file", name, f"there is no such file, and {none}")
    return found[0].path


def _saved(path: Path, activation: str | None, layers: str | None) -> SavedNetwork:
    if path.suffix != ".safetensors" or "nnexpr" not in read_tensors(path)[1]:
        names = [layer.strip() for layer in (layers or "").split(",") if layer.strip()]
        read = read_state_dict(path, activation, names)
        return SavedNetwork(read.network, (Scale(),) * read.network.inputs, assumed=read.assumed)
    _refuse("the file says what layers and activations it has", activation=activation, layers=layers)
    saved = load(path)
    return replace(saved, assumed=(*saved.assumed, *_of_diverged(saved)))


def _of_diverged(saved: SavedNetwork) -> list[str]:
    """What has to be known of members whose losses are not finite: their weights are not those that gave them."""
    diverged = saved.tensors.get("diverged")
    if diverged is None or diverged.dtype != torch.int64 or diverged.shape != (saved.network.members,):
        return []
    return [
        f"Member {member} diverged by epoch {epoch:,}: its weights here are the last from before that."
        for member, epoch in enumerate(diverged.tolist())
        if epoch >= 0
    ]


def _refuse(why: str, **options: str | None) -> None:
    for option, given in options.items():
        if given is not None:
            raise InputError(option, given, f"leave it out; {why}")
