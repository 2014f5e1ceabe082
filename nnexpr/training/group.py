"""A group: members that are trained by one stepper, and how the members of a network are divided into groups.

A group can go back. Before every turn it keeps its stepper's state, for this turn and the one before; because each
update is a fixed sequence of operations, running again from a kept state gives the same bits. That is how the exact
last finite state of a member that diverged is found, at no cost to the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from nnexpr.kinds import AffineLayer
from nnexpr.networks.network import Network
from nnexpr.training.checkpoint import GroupCheckpoint
from nnexpr.training.stepper import Stepper, restore

__all__ = ["Division", "Group", "divide", "divide_for_tensors"]

GROUP_BYTES = 4 << 20  # of a group's buffers on the processor: found by trying 1 to 16 MiB
DEVICE_BYTES = 1 << 30
FEWEST_POINTS = 256  # of a chunk: below this the calls cost more than the cache saves
GROUPS_A_THREAD = 2  # so that a thread held up by something else does not hold up all


@dataclass(frozen=True)
class Division:
    """``members`` of a group (the last may have fewer), ``chunk`` points at a time, ``threads`` inside a group.

    ``compiled``: in compiled loops, which take whatever points fit their workspace; else in products of tensors.
    """

    members: int
    chunk: int
    threads: int = 1
    compiled: bool = False


def divide(network: Network, points: int, threads: int) -> Division:
    """For the compiled loops: as many groups as keep all threads busy."""
    groups = min(network.members, GROUPS_A_THREAD * threads if threads > 1 else 1)
    return Division(-(-network.members // groups), points, max(1, threads // network.members), True)


def divide_for_tensors(
    network: Network, points: int, room: int, threads: int = 1, *, whole: int | None = None
) -> Division:
    """For batched products: groups and chunks whose buffers take about ``room`` bytes.

    Members are spread over at least ``threads`` groups. On a graphics processor one group holds all members, in chunks
    of fewer points, as long as those are not too few. ``points``: of an update; ``whole``: of all of them, if more,
    whose losses are taken there in as few chunks as there is room for, because each is as many launches.
    """
    each = _bytes_per_point(network.layers, network.parameters.element_size())
    if network.parameters.device.type != "cpu":
        members = max(1, min(network.members, room // (each * min(points, FEWEST_POINTS))))
        most = max(points, whole or points)
        return Division(members, max(1, min(most, max(FEWEST_POINTS, room // (each * members)))))
    fitting = max(1, room // (each * points))
    rounds = -(-network.members // (threads * fitting))
    members = -(-network.members // (threads * rounds))  # as many groups as threads, or a multiple of that
    chunk = points if members > 1 else min(points, max(FEWEST_POINTS, room // each))
    return Division(members, chunk)


def _bytes_per_point(layers: Sequence[AffineLayer], itemsize: int) -> int:
    """Buffers of one member for one point: an output and a delta for each unit."""
    return 2 * itemsize * sum(layer.outputs for layer in layers)


@dataclass
class _Kept:
    """A state to go back to, and the learning rates of the updates made since."""

    epoch: int
    tensors: list[Tensor]
    rates: list[float]


class Group:
    """Members ``first ..`` of a network, being trained by ``stepper``."""

    def __init__(self, first: int, stepper: Stepper) -> None:
        self.slice = slice(first, first + stepper.members)
        self._stepper = stepper
        self.loss: Callable[[Tensor], None] = stepper.loss
        self.predict: Callable[[Tensor, Tensor], None] = stepper.predict
        self.parameters: Callable[[], Tensor] = stepper.parameters
        self.epoch = 0
        self._kept: list[_Kept] = []

    @property
    def members(self) -> int:
        """How many."""
        return self._stepper.members

    @property
    def has_run(self) -> bool:
        """Whether there is a state to go back to."""
        return bool(self._kept)

    def run(self, rates: Sequence[float], losses: Tensor) -> None:
        """One epoch for each learning rate; ``losses[k]: (members,)`` is the loss before the k-th update."""
        self._keep()
        self._epochs(rates, losses)
        self._kept[-1].rates.extend(rates)

    def _epochs(self, rates: Sequence[float], losses: Tensor) -> None:
        self._stepper.run(self.epoch, rates, losses)
        self.epoch += len(rates)

    def rewind(self, epoch: int) -> None:
        """Go back to the state after ``epoch`` updates, which lies in this turn or the one before."""
        kept = next(kept for kept in reversed(self._kept) if kept.epoch <= epoch)
        restore(self._stepper, kept.tensors)
        self.epoch = kept.epoch
        self._go_on_to(epoch)

    def _go_on_to(self, epoch: int) -> None:
        """Run again what was run before, up to ``epoch``."""
        rates = [rate for kept in self._kept for rate in kept.rates]
        first = self._kept[0].epoch
        again = rates[self.epoch - first : epoch - first]
        if again:
            self._epochs(again, self._stepper.state[0].new_empty(len(again), self.members))

    def replay(self, epochs: Sequence[int], take: Callable[[int, Tensor], None]) -> None:
        """``take(epoch, parameters)``, ``(members, P)``, after so many updates each, in ascending order.

        All are found in one run through this turn and the one before; the present state is as it was afterwards.
        """
        present, now = [tensor.clone() for tensor in self._stepper.state], self.epoch
        self.rewind(epochs[0])
        for epoch in epochs:
            self._go_on_to(epoch)
            take(epoch, self.parameters())
        restore(self._stepper, present)
        self.epoch = now

    def checkpoint(self) -> GroupCheckpoint:
        """The state before the last turn and what was done since; a copy."""
        earlier = [kept for kept in self._kept if kept.epoch < self.epoch]
        kept = earlier[-1] if earlier else _Kept(self.epoch, self._stepper.state, [])
        tensors = [tensor.detach().cpu().clone() for tensor in kept.tensors]
        rates = kept.rates[: self.epoch - kept.epoch]
        return GroupCheckpoint(self.slice.start, self.members, kept.epoch, tensors, rates)

    def resume(self, checkpoint: GroupCheckpoint) -> None:
        """Go on from there; raises ValueError where it is that of another group."""
        state = self._stepper.state
        shapes = [(tensor.shape, tensor.dtype) for tensor in state]
        own = self.slice.start, self.members
        if shapes != [(tensor.shape, tensor.dtype) for tensor in checkpoint.tensors] or own != (
            checkpoint.first,
            checkpoint.members,
        ):
            raise ValueError("the state is that of other members, or of another optimiser")
        restore(self._stepper, checkpoint.tensors)
        self.epoch = checkpoint.epoch
        self._kept = [_Kept(self.epoch, [tensor.clone() for tensor in state], list(checkpoint.rates))]
        self._go_on_to(self.epoch + len(checkpoint.rates))

    def _keep(self) -> None:
        """Keep the present state, over the oldest of two."""
        if self._kept:  # what was taken back is not run again: from here on other epochs follow
            del self._kept[-1].rates[self.epoch - self._kept[-1].epoch :]
        state = self._stepper.state
        if len(self._kept) < 2:
            self._kept.append(_Kept(self.epoch, [tensor.clone() for tensor in state], []))
            return
        oldest = self._kept.pop(0)
        for old, tensor in zip(oldest.tensors, state, strict=True):
            old.copy_(tensor)
        self._kept.append(_Kept(self.epoch, oldest.tensors, []))
