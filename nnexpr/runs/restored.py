"""A fit as it comes back from its run's file: its result so far, and its recording (:mod:`nnexpr.runs.contents`).

What is read is checked before it is believed: shapes belong to the network and to each other, epochs ascend. A file
from before runs held this is still a network; it has no result and no recording.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.networks.network import Network
from nnexpr.runs.file import SavedNetwork
from nnexpr.runs.head import LAST_EPOCH
from nnexpr.runs.recording import Recording, Scene
from nnexpr.runs.scene import architecture_of
from nnexpr.specification import InputError
from nnexpr.targets.build import build_target
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult
from nnexpr.training.history import History
from nnexpr.training.session import State
from nnexpr.training.snapshots import Snapshot

__all__ = [
    "Damaged",
    "Reader",
    "begun_of",
    "history_of",
    "recording_of",
    "result_of",
    "seconds_of",
    "target_of",
]

Array = NDArray[Any]

FEWEST_DRAWN = 9  # points of a grid


class Damaged(ValueError):
    """What a file holds does not belong together."""


def result_of(saved: SavedNetwork) -> FitResult | None:
    """The fit as far as it came; None of a file that holds only a network.

    The target is built anew, or from the points that the file holds. Raises InputError where it cannot be.
    """
    told, members = saved.metadata["extra"], saved.network.members
    if saved.specification is None or "begun" not in saved.tensors or saved.target is None:
        return None
    read = Reader(saved.tensors)
    target, diverged = target_of(saved, saved.target), read.integers("diverged", members)
    loss, best = read.numbers("loss", members), read.numbers("best_loss", members)
    epochs, losses = history_of(read, members)
    network = saved.network
    return FitResult(
        network=network,
        begun=network.with_parameters(begun_of(saved)),
        target=target,
        specification=saved.specification,
        loss=torch.from_numpy(loss),
        best_loss=np.where(np.isinf(best), np.nan, best),
        epoch_of_best=read.integers("epoch_of_best", members),
        max_error=np.where(diverged >= 0, np.nan, _max_errors(network, target)),
        diverged={int(member): int(diverged[member]) for member in np.flatnonzero(diverged >= 0)},
        epochs=_count(told["epoch"]),
        seconds=seconds_of(told["seconds"]),
        device=str(told["device"]),
        history=History.of(epochs, losses),
        modes=None,
        state=_state(told["state"]),
    )


def recording_of(saved: SavedNetwork, run: str | None) -> Recording | None:
    """What was recorded of the fit; None where nothing was."""
    told = saved.metadata["extra"].get("scene")
    if told is None or saved.specification is None:
        return None
    read, network = Reader(saved.tensors), saved.network.with_parameters(begun_of(saved))
    epochs, losses = history_of(read, network.members)
    return Recording(
        specification=saved.specification,
        scene=_scene(told, read, network),
        network=network,
        snapshots=_snapshots(read, network),
        epochs=epochs,
        losses=losses,
        run=run,
    )


class Reader:
    """Arrays of a file by their names, of the shapes that they are said to have."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def _read(self, name: str, kinds: Sequence[torch.dtype], shape: tuple[int | None, ...]) -> Array:
        tensor = self._tensors[name]
        fits = len(tensor.shape) == len(shape) and all(
            size in (None, found) for size, found in zip(shape, tensor.shape, strict=True)
        )
        if tensor.dtype not in kinds or not fits:
            raise Damaged(f"{name} is {tensor.dtype} of {tuple(tensor.shape)}")
        array: Array = tensor.numpy()
        return array

    def numbers(self, name: str, *shape: int | None) -> Array:
        """Floating-point numbers."""
        return self._read(name, (torch.float32, torch.float64), shape)

    def integers(self, name: str, *shape: int | None) -> NDArray[np.int64]:
        """Integers of 64 bits."""
        return self._read(name, (torch.int64,), shape)


def begun_of(saved: SavedNetwork) -> Tensor:
    """The parameters ``(members, P)`` that training began with."""
    begun, now = saved.tensors["begun"], saved.network.parameters
    if begun.shape != now.shape or begun.dtype != now.dtype:
        raise Damaged("the network did not begin as another")
    return begun


def history_of(read: Reader, members: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Its epochs ``(entries,)`` and losses ``(entries, members)``."""
    epochs = _ascending(read.integers("history.epochs", None))
    return epochs, read.numbers("history.losses", len(epochs), members).astype(np.float32, copy=False)


def _snapshots(read: Reader, network: Network) -> tuple[Snapshot, ...]:
    epochs = _ascending(read.integers("snapshots.epochs", None))
    count, members = len(epochs), read.integers("snapshots.members", len(epochs))
    if not count or members.min() < 0 or members.max() >= network.members:
        raise Damaged("a snapshot is of a member that is not there")
    seconds, rates = (read.numbers(f"snapshots.{name}", count) for name in ("seconds", "learning_rates"))
    losses = read.numbers("snapshots.losses", count, network.members)
    predictions = read.numbers("snapshots.predictions", count, len(read.numbers("scene.x", None)))
    bands, parameters = None, np.zeros((count, 0), dtype=np.float32)
    if "snapshots.bands" in read:
        bands = read.numbers("snapshots.bands", count, 2, predictions.shape[1])
    if "snapshots.parameters" in read:
        parameters = read.numbers("snapshots.parameters", count, network.parameter_count)
    return tuple(
        Snapshot(
            epoch=int(epochs[at]), seconds=float(seconds[at]), learning_rate=float(rates[at]), losses=losses[at],
            member=int(members[at]), prediction=predictions[at],
            band=None if bands is None or np.isnan(bands[at]).all() else bands[at], parameters=parameters[at],
        )
        for at in range(count)
    )  # fmt: skip


def _scene(told: Mapping[str, Any], read: Reader, network: Network) -> Scene:
    x = read.numbers("scene.x", None)
    if len(x) < FEWEST_DRAWN or not np.isfinite(x).all() or (np.diff(x) < 0).any() or x[0] == x[-1]:
        raise Damaged("a grid that nothing can be drawn on")
    domain = tuple((float(low), float(high)) for low, high in told["domain"])
    if len(domain) != network.inputs or not all(-math.inf < low < high < math.inf for low, high in domain):
        raise Damaged("the domain is of another dimension than the network")
    return Scene(
        **{name: str(told[name]) for name in ("name", "formula", "device", "input_name", "value_name")},
        domain=domain,
        x=x,
        truth=read.numbers("scene.truth", len(x)),
        data=read.numbers("scene.data", 2, None) if "scene.data" in read else None,
        notes=tuple(map(str, told["notes"])),
        **architecture_of(network),
    )


def _max_errors(network: Network, target: Target) -> NDArray[np.float64]:
    """``(members,)`` over the training points, taken in parts, so that no array holds all members at all points."""
    part, largest = max(1, 1_000_000 // network.members), np.zeros(network.members)
    for start in range(0, target.points, part):
        rows = slice(start, start + part)
        values = network(target.inputs[rows])[..., 0].astype(np.float64)
        errors = np.abs(target.value_scale.to_own(values) - target.own_values[rows])
        largest = np.maximum(largest, errors.max(axis=1))
    return largest


def target_of(saved: SavedNetwork, name: str) -> Target:
    """The target that was trained on: of the points in the file where they are there, else built anew."""
    specification, network = saved.specification, saved.network
    assert specification is not None  # noqa: S101 - the caller has looked
    if "target.inputs" not in saved.tensors:
        built = build_target(specification)
        if not _is_same(built, saved, name):
            raise InputError("target", name, "what is built of it is not what the run was trained on")
        return built
    read, told = Reader(saved.tensors), saved.words
    inputs = read.numbers("target.inputs", None, network.inputs)
    names = tuple(map(str, told["input_names"]))
    if len(names) != network.inputs or network.domain is None:
        raise Damaged("the target has another dimension than the network")
    return Target(
        name,
        str(told["formula"]),
        inputs,
        read.numbers("target.values", len(inputs)),
        network.domain,
        None,
        saved.input_scales,
        saved.value_scale,
        names,
        str(told["value_name"]),
        notes=tuple(map(str, told["notes"])),
    )


def _is_same(built: Target, saved: SavedNetwork, name: str) -> bool:
    """Whether a target is the one that was trained on, as far as the file tells; scales but for their last bits."""
    scales, others = (*built.input_scales, built.value_scale), (*saved.input_scales, saved.value_scale)
    return (built.name, built.own_domain, len(scales)) == (name, saved.domain, len(others)) and all(
        math.isclose(one.factor, other.factor, rel_tol=1e-9)
        and math.isclose(one.shift, other.shift, rel_tol=1e-9, abs_tol=1e-9 * abs(one.factor))
        for one, other in zip(scales, others, strict=True)
    )


def _ascending(epochs: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(epochs) and (epochs[0] < 0 or epochs[-1] > LAST_EPOCH or (epochs[1:] <= epochs[:-1]).any()):
        raise Damaged("epochs that do not ascend")
    return epochs


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise Damaged("epochs that are no number")
    return value


def seconds_of(value: Any) -> float:
    """A time in seconds, from what the head says."""
    seconds = float(value)
    if not 0 <= seconds < float("inf"):
        raise Damaged("seconds that are no time")
    return seconds


def _state(value: Any) -> str:
    if value not in get_args(State):
        raise Damaged("a state that no fit is in")
    return str(value)
