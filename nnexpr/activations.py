"""The activations: one declaration each, which everything else asks.

The command line, forms and checks learn from it what may be chosen, training its value and derivative in place, the
counting its pieces, and what goes to and comes from torch its module. Nothing here imports torch or NumPy before it is
used. A new activation is its declaration, here or anywhere:

    declare(Activation(name="square", tensors=lambda torch, _: (
        lambda z, out: torch.square(z, out=out), lambda g, z: g.mul_(z).mul_(2.0)), keeps_input=True,
        compiled="mine.square:PAIR"))  # PAIR = (lambda z: z * z), (lambda g, z: 2 * g * z)

One with a number of its own is a family: ``leaky_relu:0.2`` is the leaky ReLU of slope 0.2 (see ``FAMILIES``).

Training keeps one buffer a layer. Where the derivative follows from the output (ReLU, tanh, ...) that buffer holds the
output; where it does not (sine, GELU, hat) the caller keeps the pre-activation beside it (``keeps_input``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

__all__ = ["ACTIVATIONS", "FAMILIES", "Activation", "PiecewiseLinear", "declare"]


@dataclass(frozen=True)
class PiecewiseLinear:
    """A continuous piecewise-linear function of one variable: piece k is ``slopes[k] z + intercepts[k]``."""

    kinks: tuple[float, ...]  # where it bends, ascending
    slopes: tuple[float, ...]  # one more than kinks
    intercepts: tuple[float, ...]

    @property
    def is_homogeneous(self) -> bool:
        """Whether f(c z) = c f(z) for all c > 0."""
        return not any(self.kinks) and not any(self.intercepts)

    def __call__(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        piece = np.searchsorted(self.kinks, z)
        values: NDArray[np.float64] = np.take(self.slopes, piece) * z + np.take(self.intercepts, piece)
        return values


InPlace = Callable[["Tensor", "Tensor"], object]


@dataclass(frozen=True, kw_only=True)
class Activation:
    """What is to be known of an activation. ``tensors(torch, torch.ops.aten)`` is ``(forward, pull_back)``.

    ``forward(z, out)`` writes the value to ``out`` (which may be ``z``). ``pull_back(g, kept)`` multiplies the
    gradient ``g`` by the derivative in place, where ``kept`` is the pre-activation if ``keeps_input``, else the output.
    """

    name: str  # as it is chosen
    tensors: Callable[[Any, Any], tuple[InPlace, InPlace]]
    compiled: Home = ""  # the same for the processor's loops: see kernels/units.py
    keeps_input: bool = False
    pieces: PiecewiseLinear | None = None  # where it is piecewise linear
    offered: bool = True  # to a fit; any may stand in a network
    module: Home = ""  # the torch module that is this activation
    settings: Mapping[str, object] = field(default_factory=dict)  # the module's arguments and attributes

    @cached_property
    def _tensors(self) -> tuple[InPlace, InPlace]:
        import torch

        return self.tensors(torch, torch.ops.aten)

    @cached_property
    def forward(self) -> InPlace:
        """Value, in place."""
        return self._tensors[0]

    @cached_property
    def pull_back(self) -> InPlace:
        """Product with the derivative, in place."""
        return self._tensors[1]


class _Activations(Declared[Activation]):
    """The declared ones, which it lists, and those of a family, such as ``leaky_relu:0.2``, made when asked for."""

    def __init__(self) -> None:
        super().__init__("an activation")
        self._made: dict[str, Activation] = {}

    def __missing__(self, name: str) -> Activation:
        family, _, number = name.partition(":")
        if name not in self._made:
            try:
                made = FAMILIES[family](float(number))
            except ValueError:
                raise KeyError(name) from None
            self._made[name] = replace(made, name=name)
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or super().__contains__(name):
            return super().__contains__(name)
        try:
            return bool(self[name])
        except KeyError:
            return False


# By name, from their one setting; ValueError where it cannot be.
FAMILIES: dict[str, Callable[[float], Activation]] = {}
ACTIVATIONS = _Activations()
declare = ACTIVATIONS.declare


LEAKY_SLOPE = 0.01  # torch's default
UNITS = "nnexpr.kernels.units:"


def leaky_relu(slope: float) -> Activation:
    """max(0, z) + slope min(0, z), for any finite slope."""
    if not math.isfinite(slope):
        raise ValueError("the slope is not finite")
    falls = slope < 0  # then the sign of the output is not that of the input
    return Activation(
        name="leaky_relu", module="torch.nn:LeakyReLU", settings={"negative_slope": slope}, keeps_input=falls,
        pieces=PiecewiseLinear((0.0,), (slope, 1.0), (0.0, 0.0)),
        tensors=lambda _, aten: (
            lambda z, out: aten.leaky_relu.out(z, slope, out=out),
            lambda g, kept: aten.leaky_relu_backward.grad_input(g, kept, slope, not falls, grad_input=g),
        ),
    )  # fmt: skip


FAMILIES["leaky_relu"] = leaky_relu

declare(Activation(name="relu", compiled=UNITS + "RELU", module="torch.nn:ReLU",
    tensors=lambda torch, aten: (
    lambda z, out: torch.clamp(z, min=0.0, out=out),
    lambda g, a: aten.threshold_backward.grad_input(g, a, 0.0, grad_input=g),
), pieces=PiecewiseLinear((0.0,), (0.0, 1.0), (0.0, 0.0))))  # fmt: skip
declare(replace(leaky_relu(LEAKY_SLOPE), compiled=UNITS + "LEAKY_RELU"))
declare(Activation(name="relu2", compiled=UNITS + "RELU_SQUARED", keeps_input=True,  # max(0, z)²
    tensors=lambda torch, _: (
    lambda z, out: torch.clamp(z, min=0.0, out=out).square_(),
    lambda g, z: g.mul_(torch.clamp(z, min=0.0)).mul_(2.0),
)))  # fmt: skip
declare(Activation(name="elu", compiled=UNITS + "ELU", module="torch.nn:ELU", settings={"alpha": 1.0},
    tensors=lambda _, aten: (
    lambda z, out: aten.elu.out(z, 1.0, 1.0, 1.0, out=out),
    lambda g, a: aten.elu_backward.grad_input(g, 1.0, 1.0, 1.0, True, a, grad_input=g),
)))  # fmt: skip
declare(Activation(name="sigmoid", compiled=UNITS + "SIGMOID", module="torch.nn:Sigmoid",
    tensors=lambda torch, aten: (
    lambda z, out: torch.sigmoid(z, out=out),
    lambda g, a: aten.sigmoid_backward.grad_input(g, a, grad_input=g),
)))  # fmt: skip
declare(Activation(name="tanh", compiled=UNITS + "TANH", module="torch.nn:Tanh",
    tensors=lambda torch, aten: (
    lambda z, out: torch.tanh(z, out=out),
    lambda g, a: aten.tanh_backward.grad_input(g, a, grad_input=g),
)))  # fmt: skip
declare(Activation(name="sine", compiled=UNITS + "SINE", keeps_input=True,
    tensors=lambda torch, _: (
    lambda z, out: torch.sin(z, out=out),
    lambda g, z: g.mul_(torch.cos(z)),
)))  # fmt: skip
declare(Activation(name="gelu", compiled=UNITS + "GELU", keeps_input=True, module="torch.nn:GELU",
    tensors=lambda _, aten: (
    lambda z, out: aten.gelu.out(z, approximate="none", out=out),
    lambda g, z: aten.gelu_backward.grad_input(g, z, approximate="none", grad_input=g),
), settings={"approximate": "none"}))  # fmt: skip
# The hat of Hong, Siegel, Tan and Xu (arXiv 2208.04924): max(0, 1 - |z - 1|).
declare(Activation(name="hat", compiled=UNITS + "HAT", keeps_input=True,
    tensors=lambda torch, _: (
    lambda z, out: torch.sub(z, 1.0, out=out).abs_().neg_().add_(1.0).clamp_(min=0.0),
    lambda g, z: g.mul_(torch.sign(1.0 - z)).mul_((z > 0) & (z < 2)),
), pieces=PiecewiseLinear((0.0, 1.0, 2.0), (0.0, 1.0, -1.0, 0.0), (0.0, 0.0, 2.0, 0.0))))  # fmt: skip
declare(Activation(name="hardtanh", compiled=UNITS + "HARDTANH", module="torch.nn:Hardtanh", offered=False,
    tensors=lambda torch, aten: (
    lambda z, out: torch.clamp(z, min=-1.0, max=1.0, out=out),
    lambda g, a: aten.hardtanh_backward.grad_input(g, a, -1.0, 1.0, grad_input=g),
), settings={"min_val": -1.0, "max_val": 1.0},
    pieces=PiecewiseLinear((-1.0, 1.0), (0.0, 1.0, 0.0), (-1.0, 0.0, 1.0))))  # fmt: skip
declare(Activation(name="identity", compiled=UNITS + "IDENTITY", module="torch.nn:Identity", offered=False,
    tensors=lambda *_: (
    lambda z, out: out if out is z else out.copy_(z),
    lambda g, _: g,
), pieces=PiecewiseLinear((), (1.0,), (0.0,))))  # fmt: skip
