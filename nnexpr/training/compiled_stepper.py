"""Training on the processor: members one after another, each through whole epochs of compiled loops.

A member's numbers do not depend on what is trained beside it: the same operations run in the same order, so the same
seed gives the same bits alone and in a batch of any size. (Only a member so large that its points are spread over
threads depends on how many there are.)
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from torch import Tensor

from nnexpr.kernels import epochs
from nnexpr.kernels.units import CODES
from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.training.plan import Plan, make_plan
from nnexpr.training.stepper import Data, MemberSettings

__all__ = ["CompiledStepper", "can_compile"]

# Multiply-adds of an epoch from which spreading one member's points over threads pays: an exchange with another thread
# takes some tens of microseconds, so many multiply-adds ten times as long.
LARGE_EPOCH = 20_000_000
_ALL = np.empty((0, 0), np.int64)


def can_compile(network: Network) -> bool:
    """Whether the compiled loops know the network and its device."""
    known = all(layer.activation in CODES for layer in network.layers)
    return network.parameters.device.type == "cpu" and known


class CompiledStepper:
    """See :class:`nnexpr.training.stepper.Stepper`. ``threads``: how many may work on one member at once."""

    def __init__(
        self, network: Network, members: slice, data: Data, spec: FitSpecification,
        settings: MemberSettings, threads: int = 1,
    ) -> None:  # fmt: skip
        self._parameters = network.parameters[members].clone(memory_format=torch.contiguous_format)
        self.members, size = self._parameters.shape
        self._mean, self._square = torch.zeros_like(self._parameters), torch.zeros_like(self._parameters)
        self._steps = torch.zeros((), dtype=torch.int64)
        self._data = data
        self._features = np.ascontiguousarray(data.features.numpy())
        self._values = np.ascontiguousarray(data.values.numpy())
        self._batch = min(data.batch_size or data.points, data.points)
        self._optimizer = epochs.ADAM if spec.optimizer == "adam" else epochs.SGD
        self._momentum = float(spec.momentum)
        dtype = self._features.dtype
        self._plan: Plan = make_plan(network.layers, self._batch, dtype)
        self._scales = np.ones(self.members)
        if settings.rates is not None:
            self._scales = np.ascontiguousarray(settings.rates.numpy(), dtype=np.float64)
        self._mask = np.empty(0, dtype)
        if settings.masks is not None:
            self._mask = np.ascontiguousarray(settings.masks.numpy(), dtype=dtype).reshape(-1)
        work = size * self._batch * 3
        self._threads = threads if threads > 1 and work >= LARGE_EPOCH else 1
        self._pool = ThreadPoolExecutor(self._threads, "points") if self._threads > 1 else None
        self._rooms = [self._plan.workspace() for _ in range(self._threads)]
        self._gradients = [np.zeros(size, dtype) for _ in range(self._threads)]
        self._flat = self._parameters.numpy().reshape(-1)
        self._moments = self._mean.numpy().reshape(-1), self._square.numpy().reshape(-1)

    @property
    def state(self) -> list[Tensor]:
        return [self._parameters, self._mean, self._square, self._steps]

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        orders = self._data.orders(epoch, len(rates)).numpy() if self._data.is_split else _ALL
        rows = losses.numpy()
        speeds = np.asarray(rates, dtype=np.float64)
        if self._pool is not None:
            self._run_apart(orders, speeds, rows)
            return
        plan = self._plan
        epochs.train(
            plan.layers, plan.rooms, plan.lowest, plan.spans, self._flat, 0, self.members, self._features,
            self._values, orders, self._batch, speeds, self._scales, self._optimizer, self._momentum,
            *self._moments, int(self._steps), self._mask, self._rooms[0], self._gradients[0], rows,
        )  # fmt: skip
        self._steps += len(rates) * -(-self._data.points // self._batch)

    def _run_apart(self, orders: np.ndarray, rates: np.ndarray, losses: np.ndarray) -> None:
        """The same, with the points of each batch spread over the threads."""
        points = self._data.points
        for row, rate in enumerate(rates):
            order = orders[row] if len(orders) else np.empty(0, np.int64)
            if len(order):
                self.loss(torch.from_numpy(losses[row]))
            for first in range(0, points, self._batch):
                last = min(first + self._batch, points)
                self._steps += 1
                for member in range(self.members):
                    total = self._gradient(member, order, first, last)
                    if not len(order):
                        losses[row, member] = total / points
                    epochs.update(
                        self._optimizer, self._momentum, self._plan.spans, self._flat, member * len(self._gradients[0]),
                        self._gradients[0], self._mask, *self._moments, rate * self._scales[member], int(self._steps),
                    )  # fmt: skip

    def _gradient(self, member: int, order: np.ndarray, first: int, last: int) -> float:
        """The gradient over ``first .. last`` into the first gradient buffer; the sum of squares."""
        plan, scale = self._plan, self._features.dtype.type(2.0 / (last - first))
        edges = np.linspace(first, last, self._threads + 1).astype(int)

        def part(k: int) -> float:
            self._gradients[k][:] = 0.0
            total: float = epochs.gradient_sum(
                plan.layers, plan.rooms, plan.lowest, self._flat, member * len(self._gradients[0]), self._rooms[k],
                self._features, self._values, order, int(edges[k]), int(edges[k + 1]), scale, self._gradients[k], 0,
            )  # fmt: skip
            return total

        totals = list(self._pool.map(part, range(self._threads))) if self._pool else [part(0)]
        for gradient in self._gradients[1:]:
            self._gradients[0] += gradient
        return sum(totals)

    def loss_and_gradient(
        self, parameters: Tensor, losses: Tensor, gradients: Tensor, wanted: Tensor | None = None
    ) -> None:
        """Mean squared errors ``(members,)`` and gradients ``(members, P)`` at other ``parameters: (members, P)``.

        Of members that are not ``wanted: (members,)`` nothing is written.
        """
        self._parameters.copy_(parameters)
        rows, points = gradients.numpy(), self._data.points
        for member in range(self.members) if wanted is None else wanted.nonzero().view(-1).tolist():
            losses[member] = self._gradient(member, np.empty(0, np.int64), 0, points) / points
            rows[member] = self._gradients[0]

    def loss(self, out: Tensor) -> None:
        plan, size = self._plan, len(self._gradients[0])
        for member in range(self.members):
            out[member] = (
                epochs.square_sum(
                    plan.layers,
                    plan.rooms,
                    self._flat,
                    member * size,
                    self._rooms[0],
                    self._features,
                    self._values,
                )
                / self._data.points
            )

    def predict(self, features: Tensor, out: Tensor) -> None:
        plan, size = self._plan, len(self._gradients[0])
        inputs = np.ascontiguousarray(features.numpy())
        for member in range(self.members):
            epochs.predict(
                plan.layers,
                plan.rooms,
                self._flat,
                member * size,
                self._rooms[0],
                inputs,
                out[member].numpy(),
            )

    def parameters(self) -> Tensor:
        return self._parameters.clone()

    def set_parameters(self, parameters: Tensor) -> None:
        self._parameters.copy_(parameters)
