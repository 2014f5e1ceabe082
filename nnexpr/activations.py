"""The activations: value and derivative in place, and the pieces of those that are piecewise linear.

Training keeps one buffer a layer. Where the derivative follows from the output (ReLU, tanh, ...) that buffer holds the
output; where it does not (sine, GELU, hat) the caller keeps the pre-activation beside it (``keeps_input``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["ACTIVATIONS", "Activation", "PiecewiseLinear"]

_aten = torch.ops.aten


@dataclass(frozen=True)
class PiecewiseLinear:
    """A continuous piecewise-linear function of one variable: piece k is ``slopes[k] z + intercepts[k]``."""

    kinks: tuple[float, ...]  # where it bends, ascending
    slopes: tuple[float, ...]  # one more than kinks
    intercepts: tuple[float, ...]

    def __call__(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        piece = np.searchsorted(self.kinks, z)
        values: NDArray[np.float64] = np.take(self.slopes, piece) * z + np.take(self.intercepts, piece)
        return values


@dataclass(frozen=True)
class Activation:
    """One activation, as the training loop and the counting need it.

    ``forward(z, out)`` writes the value to ``out`` (which may be ``z``). ``pull_back(g, kept)`` multiplies the
    gradient ``g`` by the derivative in place, where ``kept`` is the pre-activation if ``keeps_input``, else the output.
    ``pieces`` is None for an activation that is not piecewise linear.
    """

    name: str
    forward: Callable[[Tensor, Tensor], object]
    pull_back: Callable[[Tensor, Tensor], object]
    keeps_input: bool = False
    pieces: PiecewiseLinear | None = None


LEAKY_SLOPE = 0.01  # torch's default


def _sine_pull_back(g: Tensor, z: Tensor) -> object:
    return g.mul_(torch.cos(z))


def _hat_forward(z: Tensor, out: Tensor) -> object:
    # max(0, 1 - |z - 1|)
    return torch.sub(z, 1.0, out=out).abs_().neg_().add_(1.0).clamp_(min=0.0)


def _hat_pull_back(g: Tensor, z: Tensor) -> object:
    # The slope is +1 on (0, 1), -1 on (1, 2), 0 elsewhere.
    inside = (z > 0) & (z < 2)
    return g.mul_(torch.sign(1.0 - z)).mul_(inside)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation(
            "identity",
            lambda z, out: out if out is z else out.copy_(z),
            lambda g, _: g,
            pieces=PiecewiseLinear((), (1.0,), (0.0,)),
        ),
        Activation(
            "relu",
            lambda z, out: torch.clamp(z, min=0.0, out=out),
            lambda g, a: _aten.threshold_backward.grad_input(g, a, 0.0, grad_input=g),
            pieces=PiecewiseLinear((0.0,), (0.0, 1.0), (0.0, 0.0)),
        ),
        Activation(
            "leaky_relu",
            lambda z, out: _aten.leaky_relu.out(z, LEAKY_SLOPE, out=out),
            lambda g, a: _aten.leaky_relu_backward.grad_input(g, a, LEAKY_SLOPE, True, grad_input=g),
            pieces=PiecewiseLinear((0.0,), (LEAKY_SLOPE, 1.0), (0.0, 0.0)),
        ),
        Activation(
            "hardtanh",
            lambda z, out: torch.clamp(z, min=-1.0, max=1.0, out=out),
            lambda g, a: _aten.hardtanh_backward.grad_input(g, a, -1.0, 1.0, grad_input=g),
            pieces=PiecewiseLinear((-1.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 1.0)),
        ),
        # The hat of Hong, Siegel, Tan and Xu (arXiv 2208.04924): 0 outside (0, 2), 1 at 1.
        Activation(
            "hat",
            _hat_forward,
            _hat_pull_back,
            keeps_input=True,
            pieces=PiecewiseLinear((0.0, 1.0, 2.0), (0.0, 1.0, -1.0, 0.0), (0.0, 0.0, 2.0, 0.0)),
        ),
        Activation(
            "elu",
            lambda z, out: _aten.elu.out(z, 1.0, 1.0, 1.0, out=out),
            lambda g, a: _aten.elu_backward.grad_input(g, 1.0, 1.0, 1.0, True, a, grad_input=g),
        ),
        Activation(
            "sigmoid",
            lambda z, out: torch.sigmoid(z, out=out),
            lambda g, a: _aten.sigmoid_backward.grad_input(g, a, grad_input=g),
        ),
        Activation(
            "tanh",
            lambda z, out: torch.tanh(z, out=out),
            lambda g, a: _aten.tanh_backward.grad_input(g, a, grad_input=g),
        ),
        Activation("sine", lambda z, out: torch.sin(z, out=out), _sine_pull_back, keeps_input=True),
        Activation(
            "gelu",
            lambda z, out: _aten.gelu.out(z, approximate="none", out=out),
            lambda g, z: _aten.gelu_backward.grad_input(g, z, approximate="none", grad_input=g),
            keeps_input=True,
        ),
    )
}
