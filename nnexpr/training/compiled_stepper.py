"""Training on the processor: members one after another, each through whole epochs of compiled loops.

A member's numbers do not depend on what is trained beside it: the same operations run in the same order, so the same
seed gives the same bits alone and in a batch of any size. (Only a member so large that its points are spread over
threads depends on how many there are.)
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnexpr.declarations import load
from nnexpr.kernels import epochs
from nnexpr.kernels.compiled import address_of
from nnexpr.kernels.passes import Plan
from nnexpr.training.plan import make_plan, workspace
from nnexpr.training.stepper import Job

__all__ = ["CompiledEvaluator", "CompiledStepper"]

# Multiply-adds of an epoch from which spreading one member's points over threads pays: an exchange with another thread
# takes some tens of microseconds, so many multiply-adds ten times as long.
LARGE_EPOCH = 20_000_000
APART = 256  # numbers between rows that a step reads and writes: more than it takes at once


class CompiledEvaluator:
    """See :class:`nnexpr.training.stepper.Evaluator`. ``threads``: how many may work on one member at once."""

    def __init__(self, job: Job, threads: int = 1) -> None:
        self.data, self._parameters = job.data, job.parameters()
        self.members, size = self._parameters.shape
        self._flat = self._parameters.numpy().reshape(-1)
        self.points = epochs.Points(
            *(np.ascontiguousarray(part.numpy()) for part in (job.data.features, job.data.values))
        )
        self._batch = min(self.data.batch_size or self.data.points, self.data.points)
        dtype = self.points.features.dtype
        self.plan = make_plan(job.network.layers, self._batch, dtype)
        self.threads = threads if threads > 1 and 3 * size * self._batch >= LARGE_EPOCH else 1
        self._pool = ThreadPoolExecutor(self.threads, "points") if self.threads > 1 else None
        self._rooms = [workspace(self.plan, dtype) for _ in range(self.threads)]
        self._gradients = [np.zeros(size, dtype) for _ in range(self.threads)]

    def _gradient(self, member: int, points: epochs.Points, first: int, last: int) -> float:
        """The gradient over ``first .. last`` into the first gradient buffer; the sum of squares."""
        edges = np.linspace(first, last, self.threads + 1).astype(int)

        def part(k: int) -> float:
            self._gradients[k][:] = 0.0
            total: float = epochs.gradient_sum(
                self.plan, self._flat, member * self._gradients[k].size, points, int(edges[k]), int(edges[k + 1]),
                last - first, self._rooms[k], self._gradients[k],
            )  # fmt: skip
            return total

        totals = list(self._pool.map(part, range(self.threads))) if self._pool else [part(0)]
        for gradient in self._gradients[1:]:
            self._gradients[0] += gradient
        return sum(totals)

    def loss_and_gradient(
        self, parameters: Tensor, losses: Tensor, gradients: Tensor, wanted: Tensor | None = None
    ) -> None:
        """See :class:`nnexpr.training.stepper.Evaluator`; of members that are not wanted nothing is written."""
        self._parameters.copy_(parameters)
        rows, points = gradients.numpy(), self.data.points
        for member in range(self.members) if wanted is None else wanted.nonzero().view(-1).tolist():
            losses[member] = self._gradient(member, self.points, 0, points) / points
            rows[member] = self._gradients[0]

    def loss(self, out: Tensor) -> None:
        epochs.losses_at(self.plan, self._flat, self.points, self._rooms[0], out.numpy())

    def predict(self, features: Tensor, out: Tensor) -> None:
        at = np.ascontiguousarray(features.numpy())
        epochs.predictions_at(self.plan, self._flat, at, self._rooms[0], out.numpy())

    def parameters(self) -> Tensor:
        return self._parameters.clone()

    def set_parameters(self, parameters: Tensor) -> None:
        self._parameters.copy_(parameters)


class CompiledStepper(CompiledEvaluator):
    """See :class:`nnexpr.training.stepper.Stepper`; for optimisers with a compiled step."""

    def __init__(self, job: Job, threads: int = 1) -> None:
        super().__init__(job, threads)
        method, size, dtype = job.specification.method, self._gradients[0].size, self.points.features.dtype
        # One piece, in this order and a row apart: loops have a version for arrays that may overlap, which rounds
        # otherwise, and take it too where what is written begins less than a row behind what is read. In pieces of
        # their own the bits would depend on addresses.
        length = self._flat.size + APART
        piece = torch.zeros((1 + method.moments) * length + size, dtype=self._parameters.dtype)
        rows = piece[:-size].view(-1, length)
        rows[0, : self._flat.size] = self._parameters.view(-1)
        self._parameters, self._moments = rows[0, : self._flat.size].view(-1, size), rows[1:]
        self._flat, self._gradients[0] = self._parameters.numpy().reshape(-1), piece[-size:].numpy()
        self._updates = torch.zeros((), dtype=torch.int64)
        step: Any = load(method.compiled)
        masks, rates, split = job.settings.masks, job.settings.rates, self.data.is_split
        self._rule = epochs.Rule(
            address_of(step, self._flat, 0, self._gradients[0], 0, self._moments.numpy(), 0, 0.0, 0, 0.0),
            job.specification.momentum, masks is not None,
            np.ones((1, size), dtype) if masks is None else np.ascontiguousarray(masks.numpy(), dtype),
        )  # fmt: skip
        scales = np.ones(self.members) if rates is None else np.ascontiguousarray(rates.numpy(), np.float64)
        self.who = epochs.Members(self._flat, self._moments.numpy(), scales)
        apart = epochs.Points(*(np.empty_like(part) for part in self.points)) if split else self.points
        self.room = epochs.Room(self._rooms[0], self._gradients[0], apart)
        self._no_orders = np.zeros((1, 1), np.int64)

    @property
    def state(self) -> list[Tensor]:
        return [self._parameters, self._moments[:, : self._flat.size], self._updates]

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        split = self.data.is_split
        orders = self.data.orders(epoch, len(rates)).numpy() if split else self._no_orders
        batches = epochs.Batches(self._batch, split, orders)
        train = epochs.train if self._pool is None else self._train_apart
        train(
            self.plan, self.points, batches, self._rule, self.who, np.asarray(rates, dtype=np.float64),
            int(self._updates), self.room, losses.numpy(),
        )  # fmt: skip
        self._updates += len(rates) * -(-self.data.points // self._batch)

    def _train_apart(
        self, plan: Plan, points: epochs.Points, batches: epochs.Batches, rule: epochs.Rule,
        members: epochs.Members, rates: NDArray[np.float64], updates: int, room: epochs.Room, losses: np.ndarray,
    ) -> None:  # fmt: skip
        """What ``epochs.train`` does, with the points of each batch spread over the threads."""
        n = points.values.size
        for row, rate in enumerate(rates):
            seen = points
            if batches.shuffled:
                self.loss(torch.from_numpy(losses[row]))
                seen = room.shuffled
                epochs.shuffle(points, batches.orders[row], seen)
            for first in range(0, n, batches.size):
                updates += 1
                for member in range(self.members):
                    total = self._gradient(member, seen, first, min(first + batches.size, n))
                    if not batches.shuffled:
                        losses[row, member] = total / n
                    epochs.update(plan, rule, members, member, room.gradient, rate, updates)
