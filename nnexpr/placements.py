"""Where fixed knots lie: one declaration a placement, which the command line, forms and shallow networks ask.

The code is named by its home, so nothing here imports NumPy. A new placement is a function of how many knots, and of
what it needs, and its declaration, here or anywhere:

    declare(Placement("squares", "mine.squares:knots", ("domain",)))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home, InputError, load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["PLACEMENTS", "Placement", "declare"]


@dataclass(frozen=True)
class Placement:
    """What is to be known of a placement; the knots come ascending, float64, both ends included."""

    name: str  # as it is chosen
    home: Home  # (n, what it needs …) -> (n,)
    needs: tuple[str, ...]  # domain (low, high), samples (x, y), generator

    @property
    def is_drawn(self) -> bool:
        """Whether every member has knots of its own."""
        return "generator" in self.needs

    def place(
        self,
        n: int,
        domain: tuple[float, float],
        samples: tuple[ArrayLike, ArrayLike] | None,
        generator: np.random.Generator,
    ) -> NDArray[np.float64]:
        """The knots ``(n,)``; InputError where there are no samples and they are needed."""
        given: dict[str, Any] = {"domain": domain, "samples": samples, "generator": generator}
        if "samples" in self.needs and samples is None:
            raise InputError("biases", self.name, f"{self.name} knots need samples (x, y) of the target")
        placed: NDArray[np.float64] = load(self.home)(n, *(given[need] for need in self.needs))
        return placed


PLACEMENTS: Declared[Placement] = Declared("a placement")
declare = PLACEMENTS.declare


_KNOTS = "nnexpr.networks.knots:"
declare(Placement("uniform", _KNOTS + "uniform_knots", ("domain",)))
declare(Placement("adaptive", _KNOTS + "adaptive_knots", ("samples",)))
declare(Placement("random", _KNOTS + "random_knots", ("domain", "generator")))
