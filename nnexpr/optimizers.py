"""The optimisers: one declaration each, which everything else asks.

The command line, forms and checks of a specification learn from it what may be chosen and what means something;
training learns what makes a stepper, and the memory estimate what it holds. The code itself is named by its home, so
nothing here imports torch, NumPy or Numba. A new optimiser is a class with a step (``training/optimizers.py`` has two),
a compiled step for the processor's loops if there is one (``kernels/steps.py``), and its declaration, here or anywhere:

    declare(Optimizer(name="signs", options=("lr", "schedule"), step="mine.signs:Signs", compiled="mine.signs:step"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nnexpr.declarations import Declared, Home

__all__ = ["OPTIMIZERS", "Optimizer", "declare", "taking"]


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """What is to be known of an optimiser: it can do what it has an option or a home for.

    One of first order has a ``step`` from a gradient; any other makes a stepper of its own.
    """

    name: str  # as it is chosen
    options: tuple[str, ...] = ()  # those of training that mean something for it and not for every optimiser
    step: Home = ""  # on tensors, also within a graph: see training/optimizers.py
    compiled: Home = ""  # the same for the processor's loops: see kernels/steps.py
    stepper: Home = "nnexpr.training.groups:first_order"  # (job, division) -> Stepper
    staged: Home = ""  # likewise, of peaks and scales: stages 1 and 2 of a compositional network
    moments: int = 0  # numbers of its state for each parameter
    room: Callable[[int], int] = lambda _: 0  # other numbers it needs for a member with so many parameters

    def takes(self, option: str) -> bool:
        """Whether an option of training means something for it."""
        return option in self.options or not taking(option)


OPTIMIZERS: Declared[Optimizer] = Declared("an optimiser")
declare = OPTIMIZERS.declare


def taking(option: str) -> tuple[str, ...]:
    """The optimisers for which an option means something; none where it means the same for all."""
    return tuple(name for name, optimizer in OPTIMIZERS.items() if option in optimizer.options)


RATE = ("lr", "schedule", "batch_size")  # what every optimiser of first order takes

declare(Optimizer(
    name="adam", options=RATE, moments=2, staged="nnexpr.training.stages:StagedStepper",
    step="nnexpr.training.optimizers:Adam", compiled="nnexpr.kernels.steps:adam",
))  # fmt: skip
declare(Optimizer(
    name="sgd", options=(*RATE, "momentum"), moments=1,
    step="nnexpr.training.optimizers:StochasticGradientDescent", compiled="nnexpr.kernels.steps:descend",
))  # fmt: skip
# Over all points at once, each step as long as it chooses. Ten pairs and a gradient; normal equations and factors.
declare(Optimizer(
    name="lbfgs", stepper="nnexpr.training.second_order:lbfgs", moments=21, room=lambda size: 5 * size,
))  # fmt: skip
declare(Optimizer(
    name="levenberg-marquardt", stepper="nnexpr.training.second_order:levenberg_marquardt",
    room=lambda size: 2 * size**2,
))  # fmt: skip
