"""Steps of first-order optimisers over one flat tensor, in place: Adam (Kingma and Ba 2015) and SGD with momentum.

They are those of ``torch.optim.Adam`` and ``torch.optim.SGD``, and on the processor compiled in ``kernels/steps.py``.
A declaration names such a class; it is made from ``(parameters, gradient, specification, scales)``. The learning rate
is a tensor that may be filled with another value at any time, also between two replays of a captured graph. ``scales``
multiply it, one number for each parameter.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from nnexpr.kernels.steps import BETA_1, BETA_2, EPSILON
from nnexpr.specification import FitSpecification

__all__ = ["Adam", "Step", "StochasticGradientDescent"]


class Step(Protocol):
    """Updates a flat parameter tensor from its flat gradient."""

    learning_rate: Tensor  # of no dimension; filled by whoever drives the optimiser

    @property
    def state(self) -> list[Tensor]:
        """Everything the next step depends on beside parameters and gradient; restored by copying into it."""

    def step(self) -> None:
        """One update, in place."""


class Adam:
    """m, v: running means of the gradient and its square; p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + 1e-8)."""

    def __init__(
        self, parameters: Tensor, gradient: Tensor, _: FitSpecification, scales: Tensor | None = None
    ) -> None:
        self._parameters, self._gradient, self._scales = parameters, gradient, scales
        self._mean = torch.zeros_like(parameters)
        self._square = torch.zeros_like(parameters)
        self._moved = torch.zeros_like(parameters)
        # 1 - 0.999^t has lost four digits in float32 when t is 1; a Metal device has nothing finer.
        exact = torch.float32 if parameters.device.type == "mps" else torch.float64
        self._steps = torch.zeros((), dtype=exact, device=parameters.device)
        self.learning_rate = torch.zeros_like(self._steps)

    @property
    def state(self) -> list[Tensor]:
        return [self._mean, self._square, self._steps]

    def step(self) -> None:
        self._steps.add_(1)
        self._mean.lerp_(self._gradient, 1 - BETA_1)
        self._square.mul_(BETA_2).addcmul_(self._gradient, self._gradient, value=1 - BETA_2)
        size = self.learning_rate / (1 - torch.pow(BETA_1, self._steps))
        root = torch.sqrt(1 - torch.pow(BETA_2, self._steps))
        torch.sqrt(self._square, out=self._moved).div_(root).add_(EPSILON)
        torch.div(self._mean, self._moved, out=self._moved).mul_(size)
        if self._scales is not None:
            self._moved.mul_(self._scales)
        self._parameters.sub_(self._moved)


class StochasticGradientDescent:
    """v = momentum v + g; p -= lr v (``torch.optim.SGD`` without dampening)."""

    def __init__(
        self, parameters: Tensor, gradient: Tensor, spec: FitSpecification, scales: Tensor | None = None
    ) -> None:
        self._parameters, self._gradient, self._momentum = parameters, gradient, spec.momentum
        self._scales = scales
        self._velocity = torch.zeros_like(parameters)
        self._moved = torch.zeros_like(parameters)
        self.learning_rate = torch.zeros((), dtype=parameters.dtype, device=parameters.device)

    @property
    def state(self) -> list[Tensor]:
        return [self._velocity]

    def step(self) -> None:
        self._velocity.mul_(self._momentum).add_(self._gradient)
        torch.mul(self._velocity, self.learning_rate, out=self._moved)
        if self._scales is not None:
            self._moved.mul_(self._scales)
        self._parameters.sub_(self._moved)
