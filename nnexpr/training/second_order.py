"""L-BFGS and Levenberg-Marquardt as steppers: an epoch is one iteration over all points.

They choose the length of a step themselves, so the learning rate and its schedule do not enter. L-BFGS takes its
gradients from the stepper that the device would train with; Levenberg-Marquardt takes the Jacobian of ``jacobian.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import torch
from torch import Tensor

from nnexpr.training.group import Division
from nnexpr.training.groups import evaluator
from nnexpr.training.jacobian import StackResiduals, trained_columns
from nnexpr.training.lbfgs import LBFGS
from nnexpr.training.levenberg_marquardt import LevenbergMarquardt
from nnexpr.training.stepper import Evaluator, Job, Stepper, restore

__all__ = ["SecondOrderStepper", "lbfgs", "levenberg_marquardt"]


class Iteration(Protocol):
    """One of the two optimisers, over its own flat parameters."""

    @property
    def state(self) -> list[Tensor]: ...
    def step(self) -> Tensor: ...


class SecondOrderStepper:
    """See :class:`nnexpr.training.stepper.Stepper`. ``inner`` evaluates losses, predictions and gradients.

    ``iterate`` is given the stepper and makes what moves its :attr:`trained` parameters: those of trained layers where
    the optimiser ``takes_columns``, else all of them, of which the others have no gradient.
    """

    def __init__(
        self, job: Job, inner: Evaluator, iterate: Callable[[SecondOrderStepper], Iteration],
        *, takes_columns: bool,
    ) -> None:  # fmt: skip
        self.job, self._inner = job, inner
        self._all = job.parameters()
        self.members = self._all.shape[0]
        self._columns = trained_columns(job.network.layers).to(self._all.device)
        self.trained = self._all[:, self._columns] if takes_columns else self._all
        # Where every layer is frozen there is nothing to do.
        self._iteration = iterate(self) if len(self._columns) else None

    def gradient_at(self, parameters: Tensor, losses: Tensor, gradient: Tensor, wanted: Tensor) -> None:
        """Of masked parameters it is 0, so that they stay."""
        self._inner.loss_and_gradient(parameters, losses, gradient, wanted)
        if self.job.settings.masks is not None:
            gradient.mul_(self.job.settings.masks)

    @property
    def state(self) -> list[Tensor]:
        return [self.trained, *(self._iteration.state if self._iteration else ())]

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:  # noqa: ARG002
        for row in range(len(rates)):
            if self._iteration is None:
                self.loss(losses[row])
            else:
                losses[row].copy_(self._iteration.step())

    def loss(self, out: Tensor) -> None:
        self._inner.set_parameters(self.parameters())
        self._inner.loss(out)

    def predict(self, features: Tensor, out: Tensor) -> None:
        self.predict_at(self.trained, features, out)

    def predict_at(self, trained: Tensor, features: Tensor, out: Tensor) -> None:
        """Predictions where the trained parameters are others."""
        self._inner.set_parameters(self._with(trained))
        self._inner.predict(features, out)

    def parameters(self) -> Tensor:
        return self._with(self.trained)

    def _with(self, trained: Tensor) -> Tensor:
        """All parameters, a copy, with these in place of the trained ones."""
        if trained.shape[1] == self._all.shape[1]:
            return trained.clone()
        whole = self._all.clone()
        whole[:, self._columns] = trained
        return whole

    def trained_mask(self) -> Tensor | None:
        """The masks of the trained parameters."""
        masks = self.job.settings.masks
        return None if masks is None else masks[:, self._columns]


def lbfgs(job: Job, division: Division) -> SecondOrderStepper:
    """By gradients at trial parameters."""

    def iterate(stepper: SecondOrderStepper) -> LBFGS:
        def evaluate(parameters: Tensor, losses: Tensor, gradient: Tensor) -> None:
            stepper.gradient_at(parameters, losses, gradient, optimizer.wanted)

        optimizer = LBFGS(stepper.trained, evaluate)
        return optimizer

    return SecondOrderStepper(job, evaluator(job, division), iterate, takes_columns=False)


def levenberg_marquardt(job: Job, division: Division) -> Stepper:
    """By the Jacobian of the residuals; on the processor one member after another, elsewhere all in one batch."""

    def make(part: Job) -> SecondOrderStepper:
        return SecondOrderStepper(part, evaluator(part, division), iterate, takes_columns=True)

    def iterate(stepper: SecondOrderStepper) -> LevenbergMarquardt:
        return LevenbergMarquardt(stepper.trained, _Problem(stepper))

    return OneByOne(job, make) if job.network.parameters.device.type == "cpu" else make(job)


class OneByOne:
    """See :class:`nnexpr.training.stepper.Stepper`. Members by steppers of a single one, ``make(job)`` of it.

    How a batched product rounds depends on the shape of the batch, so only alone are a member's bits its own. Members
    whose jobs differ in nothing but the state share a stepper: each brings its state, and takes it away.
    """

    def __init__(self, job: Job, make: Callable[[Job], SecondOrderStepper]) -> None:
        first, self.members = job.members.start, job.members.stop - job.members.start
        jobs = [
            replace(job, members=slice(first + k, first + k + 1), settings=job.settings.of(slice(k, k + 1)))
            for k in range(self.members)
        ]
        alike = job.settings.masks is None and all(layer.trained for layer in job.network.layers)
        self._steppers = [make(jobs[0])] * self.members if alike else list(map(make, jobs))
        starts = [stepper.state for stepper in self._steppers]
        self.state = [torch.cat(tensors) for tensors in zip(*starts, strict=True)]
        if alike:
            self.state[0].copy_(job.parameters())

    def _each(self) -> Iterator[tuple[slice, SecondOrderStepper]]:
        """Every member's place, and its stepper in its state."""
        for member, stepper in enumerate(self._steppers):
            place = slice(member, member + 1)
            restore(stepper, [tensor[place] for tensor in self.state])
            yield place, stepper

    def run(self, epoch: int, rates: Sequence[float], losses: Tensor) -> None:
        for place, stepper in self._each():
            stepper.run(epoch, rates, losses[:, place])
            for tensor, own in zip(self.state, stepper.state, strict=True):
                tensor[place] = own

    def loss(self, out: Tensor) -> None:
        for place, stepper in self._each():
            stepper.loss(out[place])

    def predict(self, features: Tensor, out: Tensor) -> None:
        for place, stepper in self._each():
            stepper.predict(features, out[place])

    def parameters(self) -> Tensor:
        return torch.cat([stepper.parameters() for _, stepper in self._each()])


class _Problem:
    """The residuals of a stepper's members; parameters whose mask is 0 have no influence, so that they stay."""

    def __init__(self, stepper: SecondOrderStepper) -> None:
        self._stepper, self._mask, self._data = stepper, stepper.trained_mask(), stepper.job.data
        self._jacobian = StackResiduals(
            stepper.job.network.layers, stepper.parameters(), self._data.features, self._data.values
        )
        self.points = self._data.points

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        self._stepper.predict_at(parameters, self._data.features, out)
        out.sub_(self._data.values)

    def parts(self, parameters: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        for residual, jacobian in self._jacobian.parts(parameters):
            yield residual, jacobian if self._mask is None else jacobian.mul_(self._mask[:, :, None])
