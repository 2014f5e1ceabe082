"""A recording: what a fit was, and its way there, as plain data that a screen, a figure or a file can be made from.

Snapshots belong to the recording of their network: whoever counts one asks the recording for it, so a snapshot is never
taken for one of a network that has been built since. :mod:`nnexpr.runs.recorder` makes recordings. Importing this costs
neither NumPy nor torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnexpr.shown import Shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.networks.network import Network
    from nnexpr.specification import FitSpecification
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["Recording", "Scene", "network_of"]


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """What a fit is looked at against, and what stays the same while it trains; in the target's own units.

    ``x: (grid,)`` and ``truth: (grid,)`` are the target on the plotting grid, that of the snapshots' predictions; with
    two inputs, on the line along the first through the middle of the domain; NaN where it is not known.
    ``data: (2, points)`` are the training points, thinned, where they differ from the function; else None.
    """

    name: str
    formula: str
    domain: tuple[tuple[float, float], ...]  # one interval for each input
    x: Array
    truth: Array
    data: Array | None
    hidden_widths: tuple[int, ...]
    parameters: int  # of one member
    piecewise_linear: bool  # and not too large to be counted while it trains
    upper_bound: int | None  # linear regions that this architecture cannot exceed
    lower_bound: int | None  # linear regions that some network of this architecture has
    device: str
    input_name: str = "x"
    value_name: str = "y"
    notes: tuple[str, ...] = ()  # what was done to the data, one sentence each

    def __repr__(self) -> str:
        inputs = "x".join(f"[{low:g}, {high:g}]" for low, high in self.domain)
        return f"<Scene: {self.name} on {inputs}>"

    @property
    def dimension(self) -> int:
        """How many inputs the target has."""
        return len(self.domain)

    @property
    def countable(self) -> bool:
        """Whether it has linear regions on a line, and bends between them."""
        return self.piecewise_linear and self.dimension == 1

    @property
    def has_cells(self) -> bool:
        """Whether it has linear regions in the plane."""
        return self.piecewise_linear and self.dimension == 2

    @property
    def plane(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """The domain of two inputs; None of one."""
        return (self.domain[0], self.domain[1]) if self.dimension == 2 else None


@dataclass(frozen=True, eq=False, slots=True)
class Recording(Shown):
    """A fit as far as it has come. ``network`` is as it began: each snapshot has one member's parameters since."""

    specification: FitSpecification  # resolved
    scene: Scene
    network: Network
    snapshots: tuple[Snapshot, ...]  # in ascending epochs: the first from the beginning, the last the newest
    epochs: NDArray[np.int64]  # (entries,) of the history
    losses: NDArray[np.float32]  # (entries, members), own units, NaN after divergence
    run: str | None = None  # the id under which it is kept

    def __repr__(self) -> str:
        taken = f"{len(self.snapshots):,} snapshot{'s' * (len(self.snapshots) != 1)}"
        reached = f" up to epoch {self.snapshots[-1].epoch:,}" if self.snapshots else ""
        return f"<Recording: {taken}{reached}; {self.network!r} on {self.scene.name}>"

    def network_at(self, index: int) -> Network | None:
        """The member of the snapshot at ``index``, as it was; None where its weights were left out."""
        snapshot = self.snapshots[index]
        return network_of(self.network, snapshot) if snapshot.parameters.size else None


def network_of(network: Network, snapshot: Snapshot) -> Network:
    """The member of the snapshot as a network of its own, as it was, on the processor; ``network``: as it began."""
    import torch

    parameters = torch.as_tensor(snapshot.parameters)[None, :]
    return network.member(snapshot.member).with_parameters(parameters)
