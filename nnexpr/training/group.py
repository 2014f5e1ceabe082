"""A group: as many members as are trained in one batch, sized so that their buffers stay in the processor's cache.

A group can go back. Before every turn it keeps its state (parameters and the optimiser's), for this turn and the one
before; because each update is a fixed sequence of operations, running again from a kept state gives the same bits. That
is how the exact last finite state of a member that diverged is found, at no cost to the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from nnexpr.networks.network import AffineLayer, Network
from nnexpr.specification import FitSpecification
from nnexpr.training.blocks import ParameterBlocks
from nnexpr.training.gradients import Backpropagation, Batch
from nnexpr.training.optimizers import make_optimizer

__all__ = ["Data", "Group", "group_sizes"]

GROUP_BYTES = (
    4 << 20
)  # found by trying 1 to 16 MiB on processors with 1 to 2 MiB of second-level cache a core
FEWEST_POINTS = 256  # of a chunk: below this the calls cost more than the cache saves


@dataclass(frozen=True)
class Data:
    """The training points on the device: ``features: (inputs, points)``, ``values: (points,)``."""

    features: Tensor
    values: Tensor
    batch_size: int | None = None
    order_seed: int = 0

    @property
    def is_split(self) -> bool:
        """Whether an epoch takes several mini-batches."""
        return self.batch_size is not None and self.batch_size < len(self.values)

    def order(self, epoch: int) -> Tensor:
        """The order of the points in this epoch, drawn from the seed and the epoch alone: ``(points,)``."""
        generator = torch.Generator().manual_seed((self.order_seed * 1_000_003 + epoch) % (1 << 63))
        return torch.randperm(len(self.values), generator=generator).to(self.values.device)


def _bytes_per_point(layers: Sequence[AffineLayer], itemsize: int) -> int:
    """Buffers of one member for one point: an output and a delta for each unit."""
    return 2 * itemsize * sum(layer.outputs for layer in layers)


def group_sizes(network: Network, points: int, threads: int = 1) -> tuple[int, int]:
    """``(members of a group, points of a chunk)`` whose buffers take about :data:`GROUP_BYTES`.

    Members are spread over at least ``threads`` groups. On a graphics processor one group holds all members.
    """
    each = _bytes_per_point(network.layers, network.parameters.element_size())
    room = GROUP_BYTES if network.parameters.device.type == "cpu" else 1 << 30
    fitting = max(1, room // (each * points))
    rounds = -(-network.members // (threads * fitting))
    members = -(-network.members // (threads * rounds))  # as many groups as threads, or a multiple of that
    chunk = points if members > 1 else min(points, max(FEWEST_POINTS, room // each))
    if room == 1 << 30 and members < network.members:
        members, chunk = network.members, max(FEWEST_POINTS, room // (each * network.members))
    return members, min(chunk, points)


@dataclass
class _Kept:
    """A state to go back to, and the learning rates of the updates made since."""

    epoch: int
    tensors: list[Tensor]
    rates: list[float]


class Group:
    """Members ``first .. first + members`` of a network, being trained."""

    def __init__(
        self, network: Network, first: int, members: int, data: Data, chunk: int, spec: FitSpecification
    ) -> None:
        self.slice = slice(first, first + members)
        self._data = data
        parameters = network.parameters
        self.blocks = ParameterBlocks(
            network.layers, members, dtype=parameters.dtype, device=parameters.device
        )
        self.blocks.load(parameters[self.slice])
        self._engine = Backpropagation(self.blocks, chunk)
        self._optimizer = make_optimizer(
            spec.optimizer, self.blocks.trained, self._engine.gradient.trained, spec.momentum
        )
        self._whole = self._engine.prepare(data.features, data.values)
        if data.is_split:
            self._shuffled = torch.empty_like(data.features), torch.empty_like(data.values)
            self._batches = self._split(*self._shuffled, data.batch_size or 1)
        self.epoch = 0
        self._kept: list[_Kept] = []

    def _split(self, features: Tensor, values: Tensor, size: int) -> list[Batch]:
        starts = range(0, len(values), size)
        return [self._engine.prepare(features[:, s : s + size], values[s : s + size]) for s in starts]

    def run(self, rates: Sequence[float], losses: Tensor) -> None:
        """One epoch for each learning rate; ``losses[k]: (members,)`` is the loss before the k-th update."""
        self._keep()
        for row, rate in enumerate(rates):
            self._epoch(rate, losses[row])
        self._kept[-1].rates.extend(rates)

    def _epoch(self, rate: float, losses: Tensor) -> None:
        if self._data.is_split:
            self.loss(losses)
            order, unused = self._data.order(self.epoch), torch.empty_like(losses)
            torch.index_select(self._data.features, 1, order, out=self._shuffled[0])
            torch.index_select(self._data.values, 0, order, out=self._shuffled[1])
            for batch in self._batches:
                self._engine.loss_and_gradient(batch, unused)
                self._optimizer.step(rate)
        else:
            self._engine.loss_and_gradient(self._whole, losses)
            self._optimizer.step(rate)
        self.epoch += 1

    def loss(self, out: Tensor) -> None:
        """Losses over all training points as the parameters are now, to ``out: (members,)``."""
        self._engine.loss(self._whole, out)

    def predict(self, features: Tensor, out: Tensor) -> None:
        """Predictions at ``features`` as the parameters are now, to ``out: (members, points)``."""
        self._engine.predict(self._engine.prepare(features), out)

    def rewind(self, epoch: int) -> None:
        """Go back to the state after ``epoch`` updates, which lies in this turn or the one before."""
        kept = next(kept for kept in reversed(self._kept) if kept.epoch <= epoch)
        for tensor, old in zip(self._state(), kept.tensors, strict=True):
            tensor.copy_(old)
        self.epoch = kept.epoch
        losses = self.blocks.trained.new_empty(self.blocks.members)
        for rate in kept.rates[: epoch - kept.epoch]:
            self._epoch(rate, losses)

    def parameters_at(self, epoch: int) -> Tensor:
        """``(members, P)`` after ``epoch`` updates, without disturbing the present state."""
        present, now = [tensor.clone() for tensor in self._state()], self.epoch
        self.rewind(epoch)
        parameters = self.parameters()
        for tensor, old in zip(self._state(), present, strict=True):
            tensor.copy_(old)
        self.epoch = now
        return parameters

    def parameters(self) -> Tensor:
        """``(members, P)`` as they are now, a copy in the network's own layout."""
        size = sum(layer.size for layer in self.blocks.layers)
        out = self.blocks.trained.new_empty(self.blocks.members, size)
        self.blocks.store(out)
        return out

    def forget(self) -> None:
        """Drop the kept states: what follows cannot be rewound past this epoch."""
        self._kept.clear()

    def _state(self) -> list[Tensor]:
        return [self.blocks.trained, *self._optimizer.state]

    def _keep(self) -> None:
        """Keep the present state, over the oldest of two."""
        if len(self._kept) < 2:
            self._kept.append(_Kept(self.epoch, [tensor.clone() for tensor in self._state()], []))
            return
        oldest = self._kept.pop(0)
        for old, tensor in zip(oldest.tensors, self._state(), strict=True):
            old.copy_(tensor)
        self._kept.append(_Kept(self.epoch, oldest.tensors, []))
