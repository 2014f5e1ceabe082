"""Fitting in one call, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.networks.builders import build
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.targets import build_target
from nnexpr.targets.target import Target
from nnexpr.training.devices import resolve_device
from nnexpr.training.history import History
from nnexpr.training.memory import require_memory
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot

__all__ = ["FitResult", "assemble", "fit", "result_of", "train"]


@dataclass(frozen=True, eq=False)
class FitResult:
    """A finished fit. Losses and errors are in the target's own units; a diverged member's are NaN."""

    network: Network  # trained; diverged members in their last finite state
    target: Target
    specification: FitSpecification
    loss: Tensor  # (members,) float64: mean squared error after the last update
    best_loss: NDArray[np.float64]  # (members,): the least over all epochs
    epoch_of_best: NDArray[np.int64]
    max_error: NDArray[np.float64]  # (members,): the largest absolute error on the training points
    diverged: dict[int, int]  # member: the epoch at which its loss ceased to be finite
    epochs: int
    seconds: float
    device: str
    history: History
    state: str

    @property
    def member_epochs_per_second(self) -> float:
        """Training speed: members times epochs over seconds."""
        return self.network.members * self.epochs / self.seconds if self.seconds > 0 else 0.0


def assemble(specification: FitSpecification) -> tuple[Network, Target]:
    """The network at its first weights, on its device, and the target; raises InputError for what cannot be."""
    device = resolve_device(specification.device, specification.dtype)
    require_memory(specification, device)
    target = build_target(specification)
    network = build(
        specification,
        domain=target.domain,
        dimension=target.dimension,
        samples=(target.inputs[:, 0], target.values),
    )
    return network.to(device=device), target


def train(network: Network, target: Target, *, snapshots: int = 100, **options: Any) -> Iterator[Snapshot]:
    """Train and yield about ``snapshots`` snapshots at even spacing, the first at epoch 0 and the last at the end.

    ``options`` are training options of a specification: epochs, lr, optimizer, schedule, batch_size, stop_loss, ...
    """
    session = Session(network, target, _training(network, options))
    stride = max(1, session.specification.epochs // max(1, snapshots))
    yield session.snapshot()
    while session.state in ("ready", "paused") and session.epoch < session.specification.epochs:
        session.step(stride)
        yield session.snapshot()


def fit(network: Network, target: Target, **options: Any) -> FitResult:
    """Train to the end. The network given is not changed; see :func:`train` for the options."""
    session = Session(network, target, _training(network, options))
    session.start()
    while session.advance(1.0):
        pass
    return result_of(session)


def _training(network: Network, options: dict[str, Any]) -> FitSpecification:
    dtype = "float64" if network.parameters.dtype == torch.float64 else "float32"
    given: dict[str, Any] = {"members": network.members, "dtype": dtype, **options}
    return FitSpecification.make(**given)


def result_of(session: Session) -> FitResult:
    """What has come of a session so far."""
    return FitResult(
        network=session.current_network(),
        target=session.target,
        specification=session.specification,
        loss=torch.as_tensor(session.losses()),
        best_loss=np.where(np.isinf(session.best_loss), np.nan, session.best_loss),
        epoch_of_best=session.epoch_of_best.copy(),
        max_error=_max_errors(session),
        diverged=dict(session.diverged),
        epochs=session.epoch,
        seconds=session.seconds,
        device=session.device_name,
        history=session.history,
        state=session.state,
    )


def _max_errors(session: Session) -> NDArray[np.float64]:
    """``(members,)``, over the training points taken in parts, so that no array holds all members at all points."""
    target, part = session.target, max(1, 1_000_000 // session.network.members)
    largest = np.zeros(session.network.members)
    for start in range(0, target.points, part):
        rows = slice(start, start + part)
        inputs = session.network.features(torch.as_tensor(target.inputs[rows]))
        errors = np.abs(session.predictions(inputs) - target.own_values[rows])
        largest = np.maximum(largest, errors.max(axis=1))
    return largest
