"""Training by torch's batched products, on any device. On a CUDA device a whole epoch is one launch of a graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnexpr.networks.network import Network
from nnexpr.specification import FitSpecification
from nnexpr.training.blocks import ParameterBlocks
from nnexpr.training.gradients import Backpropagation, Batch
from nnexpr.training.graphs import Replayed
from nnexpr.training.optimizers import make_optimizer
from nnexpr.training.stepper import Data, MemberSettings

__all__ = ["TensorStepper"]


class TensorStepper:
    """See :class:`nnexpr.training.stepper.Stepper`; at most ``chunk`` points are held at a time."""

    def __init__(
        self, network: Network, members: slice, data: Data, spec: FitSpecification,
        settings: MemberSettings, chunk: int,
    ) -> None:  # fmt: skip
        parameters = network.parameters[members]
        self.members, self._size = parameters.shape
        self._data = data
        dtype, device = parameters.dtype, parameters.device
        self._blocks = ParameterBlocks(network.layers, self.members, dtype=dtype, device=device)
        self._blocks.load(parameters)
        self._engine = Backpropagation(self._blocks, chunk)
        self._mask = self._like_trained(settings.masks)
        rates = settings.rates
        scales = None if rates is None else self._like_trained(rates[:, None].expand(-1, self._size))
        self._optimizer = make_optimizer(
            spec.optimizer, self._blocks.trained, self._engine.gradient.trained, spec.momentum, scales
        )
        self._whole = self._engine.prepare(data.features, data.values)
        self._losses = parameters.new_zeros(self.members)
        if data.is_split:
            self._shuffled = torch.empty_like(data.features), torch.empty_like(data.values)
            self._batches = self._split(*self._shuffled, data.batch_size or 1)
            self._unused = torch.empty_like(self._losses)
        self._epoch = Replayed(self._one_epoch, self.state, device)

    @property
    def launches(self) -> str:
        """How an epoch reaches the device: "graph" or "plain"."""
        return self._epoch.kind

    def _like_trained(self, values: Tensor | None) -> Tensor | None:
        """``(members, P)`` in the order of the trained parameters."""
        if values is None:
            return None
        layers, reference = self._blocks.layers, self._blocks.trained
        blocks = ParameterBlocks(layers, self.members, dtype=reference.dtype, device=reference.device)
        blocks.load(values.to(dtype=reference.dtype, device=reference.device))
        return blocks.trained

    def _split(self, features: Tensor, values: Tensor, size: int) -> list[Batch]:
        starts = range(0, len(values), size)
        return [self._engine.prepare(features[:, s : s + size], values[s : s + size]) for s in starts]

    @property
    def state(self) -> list[Tensor]:
        return [self._blocks.trained, *self._optimizer.state]

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        for row, rate in enumerate(rates):
            self._optimizer.learning_rate.fill_(rate)
            if self._data.is_split:
                order = self._data.orders(epoch, len(rates))[row]
                torch.index_select(self._data.features, 1, order, out=self._shuffled[0])
                torch.index_select(self._data.values, 0, order, out=self._shuffled[1])
            self._epoch()
            losses[row].copy_(self._losses)

    def _one_epoch(self) -> None:
        if self._data.is_split:
            self.loss(self._losses)
            for batch in self._batches:
                self._update(batch, self._unused)
        else:
            self._update(self._whole, self._losses)

    def _update(self, batch: Batch, losses: Tensor) -> None:
        self._engine.loss_and_gradient(batch, losses)
        if self._mask is not None:
            self._engine.gradient.trained.mul_(self._mask)
        self._optimizer.step()

    def loss_and_gradient(
        self,
        parameters: Tensor,
        losses: Tensor,
        gradients: Tensor,
        wanted: Tensor | None = None,  # noqa: ARG002
    ) -> None:
        """Mean squared errors ``(members,)`` and gradients ``(members, P)`` at other ``parameters: (members, P)``.

        All members are evaluated in one batch, ``wanted`` or not.
        """
        self._blocks.load(parameters)
        self._engine.loss_and_gradient(self._whole, losses)
        self._engine.gradient.store(gradients)

    def loss(self, out: Tensor) -> None:
        self._engine.loss(self._whole, out)

    def predict(self, features: Tensor, out: Tensor) -> None:
        self._engine.predict(self._engine.prepare(features), out)

    def parameters(self) -> Tensor:
        out = self._blocks.trained.new_empty(self.members, self._size)
        self._blocks.store(out)
        return out

    def set_parameters(self, parameters: Tensor) -> None:
        self._blocks.load(parameters)
