"""The affine map between two sets of units: a target's own, and those that a network sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["SAME", "Scale"]


@dataclass(frozen=True)
class Scale:
    """``own = factor * network + shift``."""

    factor: float = 1.0
    shift: float = 0.0

    def to_own(self, values: Array) -> Array:
        """Own units from the network's units."""
        return self.factor * values + self.shift

    def to_network(self, values: Array) -> Array:
        """The network's units from own units."""
        return (values - self.shift) / self.factor


SAME = Scale()
