"""What a run's file holds beside its network: how far the fit came, its history, and what was recorded on the way.

All of it is tensors of the file, by the names below, and words in its head, so that whatever reads safetensors can read
it. :mod:`nnexpr.runs.restored` reads it back.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.runs.recording import Recording, Scene
from nnexpr.training.checkpoint import Checkpoint
from nnexpr.training.session import Session

__all__ = ["tensors_of", "words_of", "words_of_checkpoint"]

FILE = "csv:"  # a target's name, if it is data of a file
MOST_DATA_BYTES = 4_000_000  # of a file's points; with more of them, the file is needed again

Array = NDArray[Any]


def words_of(session: Session, checkpoint: Checkpoint, recording: Recording | None) -> dict[str, Any]:
    """What the file's head says, beside the epoch and the losses."""
    return {
        "seconds": session.seconds,
        "state": session.state,
        "device": session.device_name,
        "snapshots": 0 if recording is None else len(recording.snapshots),
        "scene": None if recording is None else _words_of_scene(recording.scene),
        "loops": session.loops,
        "checkpoint": words_of_checkpoint(checkpoint),
    }


def words_of_checkpoint(checkpoint: Checkpoint) -> dict[str, Any]:
    """What the head says of a checkpoint, by which its tensors are read."""
    return {
        "counted": checkpoint.counted,
        "stage_ends": checkpoint.stage_ends,
        "mode_ratio": None if checkpoint.modes is None else checkpoint.modes.ratio,
        "groups": [[each.first, each.members, each.epoch, len(each.tensors)] for each in checkpoint.groups],
    }


def tensors_of(
    session: Session, checkpoint: Checkpoint, losses: Array, recording: Recording | None
) -> dict[str, Tensor]:
    """The arrays of the file, but for the parameters as they are now."""
    diverged = np.full(session.network.members, -1, dtype=np.int64)
    diverged[list(session.diverged)] = list(session.diverged.values())
    arrays: dict[str, Array] = {
        "begun": session.network.parameters.detach().cpu().numpy(),
        "loss": losses,
        "best_loss": session.best_loss,
        "epoch_of_best": session.epoch_of_best,
        "diverged": diverged,
        "history.epochs": session.history.epochs,
        "history.losses": session.history.losses,
    }
    target = session.target
    if _needs_points(session):
        arrays |= {"target.inputs": target.inputs, "target.values": target.values}
    if recording is not None:
        arrays |= _recorded(recording)
    if checkpoint.modes is not None and len(checkpoint.modes):
        modes = checkpoint.modes
        arrays |= {
            "modes.epochs": modes.epochs,
            "modes.amplitudes": modes.amplitudes,
            "modes.truth": modes.truth,
        }
    states = {
        f"state.{at}.{number}": tensor
        for at, group in enumerate(checkpoint.groups)
        for number, tensor in enumerate(group.tensors)
    }
    rates = {f"state.{at}.rates": np.array(group.rates) for at, group in enumerate(checkpoint.groups)}
    own = {"own.rates": session.settings.rates, "own.masks": session.settings.masks}
    tensors = states | {name: tensor.detach().cpu() for name, tensor in own.items() if tensor is not None}
    made = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in (arrays | rates).items()}
    return made | {name: tensor.contiguous() for name, tensor in tensors.items()}


def _needs_points(session: Session) -> bool:
    """Whether a target cannot be built again from what the file says, or its file may have gone."""
    target = session.target
    if target.function is not None:
        return not session.is_target_specified
    return target.inputs.nbytes + target.values.nbytes <= MOST_DATA_BYTES or not target.name.startswith(FILE)


def _recorded(recording: Recording) -> dict[str, Array]:
    scene, taken = recording.scene, recording.snapshots
    grid = taken[0].prediction.shape
    unknown = np.full((2, *grid), np.nan, dtype=np.float32)
    arrays: dict[str, Array] = {
        "scene.x": scene.x,
        "scene.truth": scene.truth,
        "snapshots.epochs": np.array([each.epoch for each in taken], dtype=np.int64),
        "snapshots.seconds": np.array([each.seconds for each in taken]),
        "snapshots.learning_rates": np.array([each.learning_rate for each in taken]),
        "snapshots.members": np.array([each.member for each in taken], dtype=np.int64),
        "snapshots.losses": np.stack([each.losses for each in taken]),
        "snapshots.predictions": np.stack([each.prediction for each in taken]),
    }
    if scene.data is not None:
        arrays["scene.data"] = scene.data
    if any(each.band is not None for each in taken):
        arrays["snapshots.bands"] = np.stack([unknown if each.band is None else each.band for each in taken])
    if all(each.parameters.size for each in taken):
        arrays["snapshots.parameters"] = np.stack([each.parameters for each in taken])
    return arrays


def _words_of_scene(scene: Scene) -> dict[str, Any]:
    """What of a scene neither an array nor the network tells."""
    names = ("name", "formula", "domain", "device", "input_name", "value_name", "notes")
    return {name: getattr(scene, name) for name in names}
