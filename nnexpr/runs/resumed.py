"""A run taken up where its file leaves it: the session that follows, bit for bit on the same machine."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import torch

from nnexpr.runs.file import SavedNetwork
from nnexpr.runs.restored import Damaged, Reader, begun_of, history_of, seconds_of, target_of
from nnexpr.training.checkpoint import Checkpoint, Differs, GroupCheckpoint
from nnexpr.training.devices import require_memory, resolve_device
from nnexpr.training.groups import Loops
from nnexpr.training.history import History
from nnexpr.training.modes import ModeHistory
from nnexpr.training.session import Session
from nnexpr.training.stepper import MemberSettings

__all__ = ["checkpoint_of", "session_from"]


def session_from(saved: SavedNetwork) -> Session | None:
    """The session, holding at the epoch of the file; None of a file that has no checkpoint.

    Raises InputError where its device or target is not there, ValueError where the file does not belong together or
    this machine gives other bits.
    """
    told, specification = saved.metadata["extra"].get("checkpoint"), saved.specification
    if told is None or specification is None or saved.target is None:
        return None
    if specification.threads is not None:
        torch.set_num_threads(specification.threads)
    device = resolve_device(specification.device, specification.dtype)
    require_memory(specification, device)
    begun = saved.network.with_parameters(begun_of(saved)).to(device=device)
    loops = saved.metadata["extra"].get("loops", "auto")
    if loops not in get_args(Loops):
        raise Damaged("loops of no kind")
    session = Session(
        begun, target_of(saved, saved.target), specification, settings=_settings(saved, device), loops=loops
    )
    drawn = saved.tensors.get("scene.x")
    if drawn is not None and len(drawn) != len(session.grid):
        raise Differs(f"its snapshots were drawn at {len(drawn)} points, and here at {len(session.grid)}")
    session.resume(checkpoint_of(saved, told, session))
    return session


def _settings(saved: SavedNetwork, device: torch.device) -> MemberSettings:
    """What members had of their own."""
    rates, masks = saved.tensors.get("own.rates"), saved.tensors.get("own.masks")
    if rates is not None and (rates.shape != (saved.network.members,) or not rates.isfinite().all()):
        raise Damaged("rates of other members")
    if masks is not None and masks.shape != saved.network.parameters.shape:
        raise Damaged("masks of another network")
    moved = (None if each is None else each.to(device) for each in (rates, masks))
    return MemberSettings(*moved)


def checkpoint_of(saved: SavedNetwork, told: dict[str, Any], session: Session) -> Checkpoint:
    """The checkpoint of a file for a session like the one that it is of; ValueError, LookupError where it is not."""
    read, extra, members = Reader(saved.tensors), saved.metadata["extra"], saved.network.members
    epochs, losses = history_of(read, members)
    diverged = read.integers("diverged", members)
    lost = np.flatnonzero(diverged >= 0)
    groups = []
    for at, (first, count, epoch, tensors) in enumerate(told["groups"]):
        state = [saved.tensors[f"state.{at}.{number}"] for number in range(int(tensors))]
        rates = read.numbers(f"state.{at}.rates", None).tolist()
        groups.append(GroupCheckpoint(int(first), int(count), int(epoch), state, rates))
    modes = None
    if "modes.epochs" in read:
        entries = read.integers("modes.epochs", None)
        if not len(entries):
            raise Damaged("modes of no epoch")
        amplitudes = read.numbers("modes.amplitudes", len(entries), members, None)
        truth = session.target.truth(session.grid)
        if "modes.truth" in read:
            truth = read.numbers("modes.truth", len(session.grid)).astype(np.float64)
        modes = ModeHistory.of(
            truth,
            entries,
            amplitudes.astype(np.float32),
            float(told["mode_ratio"]),
        )
    ends = told["stage_ends"]
    return Checkpoint(
        epoch=int(extra["epoch"]), seconds=seconds_of(extra["seconds"]), counted=int(told["counted"]),
        diverged={int(member): int(diverged[member]) for member in lost},
        best_loss=read.numbers("best_loss", members), epoch_of_best=read.integers("epoch_of_best", members),
        history=History.of(epochs, losses), modes=modes,
        stage_ends=None if ends is None else [int(end) for end in ends],
        parameters=saved.network.parameters, groups=groups,
    )  # fmt: skip
