"""What a basis in the plane is: on a rectangle, with knots of its own kind, which it can spread over it.

A new one is a class with ``units``, ``checked`` and ``spread``, named as ``plane`` in the declaration of its basis.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import Functions
from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats

__all__ = ["PlaneBasis", "Rectangle", "check_sides"]

Array = NDArray[np.float64]
Rectangle = tuple[tuple[float, float], tuple[float, float]]  # of each input the lower and the upper end


class PlaneBasis(Functions):
    """Functions of x ``(points, 2)``; ``low`` and ``high`` are the rectangle's corners ``(2,)``."""

    dimension = 2
    placements: ClassVar[tuple[str, ...]] = ("uniform", "random")  # how its knots may be spread

    def __init__(self, knots: Floats, domain: Rectangle) -> None:
        low, high = np.asarray(domain, dtype=knots.dtype).T
        self.knots, self.low, self.high = knots, low, high

    @classmethod
    @abstractmethod
    def checked(cls, knots: ArrayLike, dtype: np.dtype[np.floating]) -> Floats:
        """The knots, one a row, in ``dtype``; InputError for what are none."""

    @classmethod
    @abstractmethod
    def spread(cls, n: int, domain: Rectangle, generator: np.random.Generator | None, *, ends: bool) -> Array:
        """About n knots, drawn or, where there is no generator, evenly spread.

        ``ends``: with knots on the rectangle's own ends, as least squares has them on the line.
        """

    @classmethod
    def placed(
        cls, n: int, domain: Rectangle, biases: str, generator: np.random.Generator, *, ends: bool
    ) -> Array:
        """The knots of a placement by name; InputError for one that there is not."""
        if biases not in cls.placements:
            allowed = f"in two dimensions these knots are placed {' or '.join(cls.placements)}"
            raise InputError("biases", biases, allowed)
        return cls.spread(n, domain, generator if biases == "random" else None, ends=ends)


def check_sides(*sides: tuple[float, float]) -> None:
    """InputError for an interval of no length."""
    for low, high in sides:
        if not low < high:
            allowed = "each side is two numbers, the lower first; give it where the samples lie on a line"
            raise InputError("domain", f"{low:g} to {high:g}", allowed)
