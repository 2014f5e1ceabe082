"""Training by torch's batched products, on any device. On a CUDA device a whole epoch is one launch of a graph."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nnexpr.declarations import load
from nnexpr.training.blocks import ParameterBlocks
from nnexpr.training.gradients import Backpropagation, Batch
from nnexpr.training.graphs import Replayed
from nnexpr.training.optimizers import Step
from nnexpr.training.stepper import Job

__all__ = ["TensorEvaluator", "TensorStepper"]


class TensorEvaluator:
    """See :class:`nnexpr.training.stepper.Evaluator`; at most ``chunk`` points are held at a time."""

    def __init__(self, job: Job, chunk: int) -> None:
        parameters, self._data = job.network.parameters[job.members], job.data
        self.members, self._size = parameters.shape
        self._blocks = ParameterBlocks(
            job.network.layers, self.members, dtype=parameters.dtype, device=parameters.device
        )
        self._blocks.load(parameters)
        self._engine = Backpropagation(self._blocks, chunk)
        self._whole = self._engine.prepare(self._data.features, self._data.values)

    def loss_and_gradient(
        self,
        parameters: Tensor,
        losses: Tensor,
        gradients: Tensor,
        wanted: Tensor | None = None,  # noqa: ARG002
    ) -> None:
        """See :class:`nnexpr.training.stepper.Evaluator`; all members are evaluated in one batch, wanted or not."""
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


class TensorStepper(TensorEvaluator):
    """See :class:`nnexpr.training.stepper.Stepper`; for optimisers with a step on tensors."""

    def __init__(self, job: Job, chunk: int) -> None:
        super().__init__(job, chunk)
        trained, rates, spec = self._blocks.trained, job.settings.rates, job.specification
        self._mask = self._like_trained(job.settings.masks)
        scales = None if rates is None else self._like_trained(rates[:, None].expand(-1, self._size))
        make = load(spec.method.step)
        self._optimizer: Step = make(trained, self._engine.gradient.trained, spec, scales)
        self._losses = trained.new_zeros(self.members)
        if self._data.is_split:
            self._shuffled = torch.empty_like(self._data.features), torch.empty_like(self._data.values)
            self._batches = self._split(*self._shuffled, self._data.batch_size or 1)
            self._unused = torch.empty_like(self._losses)
        self._epoch = Replayed(self._one_epoch, self.state, trained.device)

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
