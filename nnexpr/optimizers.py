"""The optimisers: one declaration each, which everything else asks.

The command line, forms and checks of a specification learn from it what may be chosen and what means something;
the memory estimate what it holds. Nothing here imports torch or NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["OPTIMIZERS", "Optimizer", "declare", "taking"]


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """What is to be known of an optimiser."""

    name: str  # as it is chosen
    options: tuple[str, ...] = ()  # those of training that mean something for it and not for every optimiser
    staged: bool = False  # trains peaks and scales: stages 1 and 2 of a compositional network
    moments: int = 0  # numbers of its state for each parameter
    room: Callable[[int], int] = lambda _: 0  # other numbers it needs for a member with so many parameters

    def takes(self, option: str) -> bool:
        """Whether an option of training means something for it."""
        return option in self.options or not taking(option)


OPTIMIZERS: dict[str, Optimizer] = {}


def declare(optimizer: Optimizer) -> None:
    """Add it to what may be chosen; ValueError where the name is taken."""
    if optimizer.name in OPTIMIZERS:
        raise ValueError(f"an optimiser called {optimizer.name} has been declared")
    OPTIMIZERS[optimizer.name] = optimizer


def taking(option: str) -> tuple[str, ...]:
    """The optimisers for which an option means something; none where it means the same for all."""
    return tuple(name for name, optimizer in OPTIMIZERS.items() if option in optimizer.options)


RATE = ("lr", "schedule", "batch_size")  # what every optimiser of first order takes

declare(
    Optimizer(
        name="adam",
        options=RATE,
        staged=True,
        moments=2,
    )
)
declare(
    Optimizer(
        name="sgd",
        options=(*RATE, "momentum"),
        moments=1,
    )
)
# Over all points at once, each step as long as it chooses.
declare(
    Optimizer(
        name="lbfgs",
        moments=21,  # ten pairs and a gradient
        room=lambda parameters: 5 * parameters,
    )
)
declare(
    Optimizer(
        name="levenberg-marquardt",
        room=lambda parameters: 2 * parameters**2,  # the normal equations and their factors
    )
)
