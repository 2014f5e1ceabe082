"""First-order optimisers over one flat tensor: Adam (Kingma and Ba 2015) and SGD with momentum, in place.

Adam is torch's own fused kernel, one pass over parameters, gradient and both moments; the steps are those of
``torch.optim.Adam``. A learning rate is given with every step, so it may change at any time.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

__all__ = ["Adam", "Optimizer", "StochasticGradientDescent", "make_optimizer"]


class Optimizer(Protocol):
    """Updates a flat parameter tensor from its flat gradient."""

    @property
    def state(self) -> list[Tensor]:
        """Everything the next step depends on beside parameters and gradient; restored by copying into it."""

    def step(self, learning_rate: float) -> None:
        """One update, in place."""


class Adam:
    """m, v: running means of the gradient and its square; p -= lr m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + 1e-8)."""

    def __init__(self, parameters: Tensor, gradient: Tensor) -> None:
        self._parameters, self._gradient = parameters, gradient
        self._mean = torch.zeros_like(parameters)
        self._square = torch.zeros_like(parameters)
        self._steps = torch.zeros((), dtype=torch.float32, device=parameters.device)

    @property
    def state(self) -> list[Tensor]:
        return [self._mean, self._square, self._steps]

    def step(self, learning_rate: float) -> None:
        self._steps.add_(1)
        torch._fused_adam_(
            [self._parameters], [self._gradient], [self._mean], [self._square], [], [self._steps],
            lr=learning_rate, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False, maximize=False,
        )  # fmt: skip


class StochasticGradientDescent:
    """v = momentum v + g; p -= lr v (``torch.optim.SGD`` without dampening)."""

    def __init__(self, parameters: Tensor, gradient: Tensor, momentum: float) -> None:
        self._parameters, self._gradient, self._momentum = parameters, gradient, momentum
        self._velocity = torch.zeros_like(parameters)

    @property
    def state(self) -> list[Tensor]:
        return [self._velocity]

    def step(self, learning_rate: float) -> None:
        self._velocity.mul_(self._momentum).add_(self._gradient)
        self._parameters.add_(self._velocity, alpha=-learning_rate)


def make_optimizer(name: str, parameters: Tensor, gradient: Tensor, momentum: float) -> Optimizer:
    """The optimiser with a specification's name."""
    if name == "adam":
        return Adam(parameters, gradient)
    return StochasticGradientDescent(parameters, gradient, momentum)
