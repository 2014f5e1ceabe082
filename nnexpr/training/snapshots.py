"""What a training session shows of itself: immutable, small, plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Snapshot"]


@dataclass(frozen=True, eq=False, slots=True)
class Snapshot:
    """One moment of a session. Losses and predictions are in the target's own units.

    ``losses: (members,)`` float64, NaN where a member has diverged. ``prediction: (grid,)`` float32, of ``member``, on
    the session's plotting grid; ``band: (2, grid)`` the least and the greatest prediction over all members, or None for
    a single one. ``parameters: (P,)`` of ``member``, float32 or float64, a copy.
    """

    epoch: int
    seconds: float  # spent training so far
    learning_rate: float  # of the next epoch
    losses: NDArray[np.float64]
    member: int
    prediction: NDArray[np.float32]
    band: NDArray[np.float32] | None
    parameters: NDArray[np.float32] | NDArray[np.float64]

    def __repr__(self) -> str:
        members = f"member {self.member} of {len(self.losses):,}"
        return f"<Snapshot: epoch {self.epoch:,}, loss {self.loss:.3g} of {members}>"

    @property
    def loss(self) -> float:
        """The shown member's mean squared error."""
        return float(self.losses[self.member])
