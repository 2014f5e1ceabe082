"""What trains a group of members, and what it is made from.

A :class:`Job` says which members of which network are trained on what and how; the optimiser's declaration makes a
:class:`Stepper` from it. Steppers differ in what they can do, never in how they are asked.

**The contract of** ``state``. A stepper is a function of its job, of its state and of what :meth:`Stepper.run` is
given. So a copy of the tensors, brought back by :func:`restore` into the same stepper or into another made from
an equal job, gives the same bits from there on: a group goes back so, and a run that is read from disk can go on so.
The tensors are the same at every call (a graph keeps their addresses), and their shapes do not change. What people
decide on the way, rates and where stages end, is not a stepper's but the session's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol

import torch
from torch import Tensor

from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.training.schedules import Stages

__all__ = ["Data", "Evaluator", "Job", "MemberSettings", "Stepper", "restore"]

MOST_ORDER = 4_000_000  # numbers of the orders that are drawn ahead


@dataclass(frozen=True, eq=False)
class Data:
    """The training points on the device: ``features: (inputs, points)``, ``values: (points,)``."""

    features: Tensor
    values: Tensor
    batch_size: int | None = None
    order_seed: int = 0
    _drawn: dict[tuple[int, int], Tensor] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def points(self) -> int:
        """How many there are."""
        return len(self.values)

    @property
    def is_split(self) -> bool:
        """Whether an epoch takes several mini-batches."""
        return self.batch_size is not None and self.batch_size < self.points

    @property
    def most_epochs(self) -> int:
        """Of one turn, so that the orders drawn for it take little memory."""
        return max(1, MOST_ORDER // self.points) if self.is_split else 1 << 30

    def orders(self, first: int, epochs: int) -> Tensor:
        """The order of the points in each epoch from ``first`` on: ``(epochs, points)``.

        It follows from the seed and the epoch alone, and is drawn once for all groups of a session.
        """
        with self._lock:
            if (first, epochs) not in self._drawn:
                self._drawn.clear()
                self._drawn[first, epochs] = torch.stack([self._order(first + k) for k in range(epochs)])
            return self._drawn[first, epochs]

    def _order(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed((self.order_seed * 1_000_003 + epoch) % (1 << 63))
        return torch.randperm(self.points, generator=generator).to(self.values.device)


@dataclass(frozen=True, eq=False)
class MemberSettings:
    """What members of one batch may have of their own.

    ``rates: (members,)`` multiply the learning rate. ``masks: (members, P)``, 1 or 0: a parameter whose mask is 0 is
    never changed (pruning; set it to 0 in the network to remove the weight).
    """

    rates: Tensor | None = None
    masks: Tensor | None = None

    def of(self, members: slice) -> MemberSettings:
        """Those of a group."""
        return MemberSettings(
            None if self.rates is None else self.rates[members],
            None if self.masks is None else self.masks[members],
        )


@dataclass(frozen=True, eq=False)
class Job:
    """``members`` of a network, on the device, the points and how they are trained; ``settings`` are these members'."""

    network: Network
    members: slice
    data: Data
    specification: FitSpecification
    settings: MemberSettings = field(default_factory=MemberSettings)
    stages: Stages | None = None  # where peaks and scales are trained

    def part(self, members: slice) -> Job:
        """The same for some of the members."""
        return replace(self, members=members, settings=self.settings.of(members))

    def parameters(self) -> Tensor:
        """``(members, P)``, a copy."""
        return self.network.parameters[self.members].clone(memory_format=torch.contiguous_format)


class Model(Protocol):
    """``members`` networks of one shape, as they are now."""

    members: int

    def loss(self, out: Tensor) -> None:
        """Mean squared errors over all training points, to ``out: (members,)``."""

    def predict(self, features: Tensor, out: Tensor) -> None:
        """The first output at ``features: (inputs, points)``, to ``out: (members, points)``."""

    def parameters(self) -> Tensor:
        """``(members, P)``, a copy in the network's own layout."""


class Evaluator(Model, Protocol):
    """Takes losses and gradients at any parameters."""

    def set_parameters(self, parameters: Tensor) -> None:
        """Go on from other parameters ``(members, P)``; what the optimiser remembers stays."""

    def loss_and_gradient(
        self, parameters: Tensor, losses: Tensor, gradients: Tensor, wanted: Tensor | None = None
    ) -> None:
        """Mean squared errors ``(members,)`` and gradients ``(members, P)`` at other ``parameters: (members, P)``.

        Of members that are not ``wanted: (members,)`` they may be anything.
        """


class Stepper(Model, Protocol):
    """Trains them."""

    @property
    def state(self) -> list[Tensor]:
        """All that what follows depends on, the trained parameters first; see the contract above."""

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        """One epoch for each rate, the first of them ``epoch``; ``losses[k]: (members,)`` is the loss before it."""


def restore(stepper: Stepper, state: Sequence[Tensor]) -> None:
    """Go back, or on, to a copy of a stepper's state."""
    for tensor, kept in zip(stepper.state, state, strict=True):
        tensor.copy_(kept)
