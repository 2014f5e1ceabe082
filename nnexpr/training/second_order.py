"""L-BFGS and Levenberg-Marquardt as steppers: an epoch is one iteration over all points.

They choose the length of a step themselves, so the learning rate and its schedule do not enter. L-BFGS takes its
gradients from the stepper that the device would train with; Levenberg-Marquardt takes the Jacobian of ``jacobian.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import torch
from torch import Tensor

from nnexpr.networks.network import AffineLayer, Network
from nnexpr.training.jacobian import StackResiduals, trained_columns
from nnexpr.training.lbfgs import LBFGS
from nnexpr.training.levenberg_marquardt import LevenbergMarquardt
from nnexpr.training.stepper import Data, MemberSettings, Stepper

__all__ = ["SecondOrderStepper"]


class Evaluator(Stepper, Protocol):
    """A stepper that gives gradients at any parameters."""

    def loss_and_gradient(
        self, parameters: Tensor, losses: Tensor, gradients: Tensor, wanted: Tensor | None = None
    ) -> None:
        """Mean squared errors and gradients; of members that are not ``wanted`` they may be anything."""


class Iteration(Protocol):
    """One of the two optimisers, over its own flat parameters."""

    @property
    def state(self) -> list[Tensor]: ...
    def step(self) -> Tensor: ...


class SecondOrderStepper:
    """See :class:`nnexpr.training.stepper.Stepper`. ``inner`` evaluates losses, predictions and gradients."""

    def __init__(
        self,
        name: str,
        network: Network,
        members: slice,
        data: Data,
        settings: MemberSettings,
        inner: Evaluator,
    ) -> None:
        self._inner = inner
        self._all = network.parameters[members].clone(memory_format=torch.contiguous_format)
        self.members = self._all.shape[0]
        self._mask = settings.masks
        self._columns = trained_columns(network.layers).to(self._all.device)
        self._trained = self._all[:, self._columns] if name == "levenberg-marquardt" else self._all
        self._wanted: Tensor | None = None
        self._iteration = self._iterate(name, network.layers, data)

    def _iterate(self, name: str, layers: Sequence[AffineLayer], data: Data) -> Iteration | None:
        if not len(self._columns):
            return None  # every layer is frozen: there is nothing to do
        if name == "levenberg-marquardt":
            return LevenbergMarquardt(self._trained, _Problem(self, layers, data))
        optimizer = LBFGS(self._trained, self._evaluate)
        self._wanted = optimizer.wanted
        return optimizer

    def _evaluate(self, parameters: Tensor, losses: Tensor, gradient: Tensor) -> None:
        self._inner.loss_and_gradient(parameters, losses, gradient, self._wanted)
        if self._mask is not None:
            gradient.mul_(self._mask)

    @property
    def state(self) -> list[Tensor]:
        return [self._trained, *(self._iteration.state if self._iteration else ())]

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
        self.predict_at(self._trained, features, out)

    def predict_at(self, trained: Tensor, features: Tensor, out: Tensor) -> None:
        """Predictions where the trained parameters are others."""
        self._inner.set_parameters(self._with(trained))
        self._inner.predict(features, out)

    def set_parameters(self, parameters: Tensor) -> None:
        self._all.copy_(parameters)
        if self._trained is not self._all:
            self._trained.copy_(parameters[:, self._columns])

    def parameters(self) -> Tensor:
        return self._with(self._trained)

    def _with(self, trained: Tensor) -> Tensor:
        """All parameters, a copy, with these in place of the trained ones."""
        if trained.shape[1] == self._all.shape[1]:
            return trained.clone()
        whole = self._all.clone()
        whole[:, self._columns] = trained
        return whole

    def trained_mask(self) -> Tensor | None:
        """The masks of the trained parameters."""
        return None if self._mask is None else self._mask[:, self._columns]


class _Problem:
    """The residuals of a stepper's members; parameters whose mask is 0 have no influence, so that they stay."""

    def __init__(self, stepper: SecondOrderStepper, layers: Sequence[AffineLayer], data: Data) -> None:
        self._stepper, self._data, self._mask = stepper, data, stepper.trained_mask()
        self._jacobian = StackResiduals(layers, stepper.parameters(), data.features, data.values)
        self.points = data.points

    def residual(self, parameters: Tensor, out: Tensor) -> None:
        self._stepper.predict_at(parameters, self._data.features, out)
        out.sub_(self._data.values)

    def parts(self, parameters: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        for residual, jacobian in self._jacobian.parts(parameters):
            yield residual, jacobian if self._mask is None else jacobian.mul_(self._mask[:, :, None])
