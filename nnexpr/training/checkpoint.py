"""A session as it can be put by and taken up again: the same bits follow as if it had never stopped.

It rests on the contract of a stepper's state (:mod:`nnexpr.training.stepper`). Of each group the state before its last
turn is held, with the learning rates since: run again they lead to the present, and a member whose loss turns out not
to have been finite can be taken back by an update, as always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.training.history import History
from nnexpr.training.modes import ModeHistory

__all__ = ["Checkpoint", "Differs", "GroupCheckpoint"]


class Differs(ValueError):
    """Why a session cannot go on bit for bit here, as one sentence."""


@dataclass(frozen=True, eq=False)
class GroupCheckpoint:
    """``tensors``: a stepper's state after ``epoch`` epochs, on the processor; ``rates``: of the epochs since."""

    first: int  # member
    members: int
    epoch: int
    tensors: Sequence[Tensor]
    rates: Sequence[float]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a session is beside what it was made of. ``parameters``: (members, P), of all members as they are.

    ``history`` and ``modes`` are the session's own, and go on with it: a checkpoint is written, not kept.
    """

    epoch: int
    seconds: float
    counted: int  # epochs whose losses are in the history
    diverged: Mapping[int, int]
    best_loss: NDArray[np.float64]
    epoch_of_best: NDArray[np.int64]
    history: History
    modes: ModeHistory | None
    stage_ends: Sequence[int] | None
    parameters: Tensor
    groups: Sequence[GroupCheckpoint]
