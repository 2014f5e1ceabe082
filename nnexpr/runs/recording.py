"""A recording: what a fit was, and its way there, as plain data that a screen, a figure or a file can be made from.

Snapshots are spread evenly over the epochs and bounded in number and in memory, however long the fit goes on. They
belong to the recording of their network: whoever counts one asks the recording for it, so a snapshot is never taken
for one of a network that has been built since. Importing this costs neither NumPy nor torch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.networks.network import Network
    from nnexpr.specification import FitSpecification
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

    Array = NDArray[np.float64]

__all__ = ["Recorder", "Recording", "Scene", "network_of"]

MOST_SNAPSHOTS = 300
MOST_BYTES = 8_000_000
LARGEST_PARAMETERS = 400_000  # bytes; beyond it the weights of a snapshot are left out


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
class Recording:
    """A fit as far as it has come. ``network`` is as it began: each snapshot has one member's parameters since."""

    specification: FitSpecification  # resolved
    scene: Scene
    network: Network
    snapshots: tuple[Snapshot, ...]  # in ascending epochs: the first from the beginning, the last the newest
    epochs: NDArray[np.int64]  # (entries,) of the history
    losses: NDArray[np.float32]  # (entries, members), own units, NaN after divergence
    run: str | None = None  # the id under which it is kept

    def network_at(self, index: int) -> Network | None:
        """The member of the snapshot at ``index``, as it was; None where its weights were left out."""
        snapshot = self.snapshots[index]
        return network_of(self.network, snapshot) if snapshot.parameters.size else None


def network_of(network: Network, snapshot: Snapshot) -> Network:
    """The member of the snapshot as a network of its own, as it was, on the processor; ``network``: as it began."""
    import torch

    parameters = torch.as_tensor(snapshot.parameters)[None, :]
    return network.member(snapshot.member).with_parameters(parameters)


class Recorder:
    """Records a session: a snapshot at a stride of epochs.

    The stride doubles, and every other snapshot is dropped, when there are too many. The first one stays, and the
    newest is always the last. Two snapshots of one epoch are one: the newer replaces it.
    """

    def __init__(self, session: Session, scene: Scene, most: int = MOST_SNAPSHOTS) -> None:
        self._session, self._scene, self._most = session, scene, most
        self._kept: list[Snapshot] = []
        self._newest: Snapshot | None = None
        self.stride = 1

    def due(self, epoch: int) -> bool:
        """Whether a snapshot at this epoch would be kept for good."""
        return not self._kept or epoch >= self._kept[-1].epoch + self.stride

    def add(self, snapshot: Snapshot) -> None:
        """Take a snapshot of the session, newer than all before."""
        if snapshot.parameters.nbytes > LARGEST_PARAMETERS:
            snapshot = replace(snapshot, parameters=snapshot.parameters[:0])
        if self._kept and self._kept[-1].epoch == snapshot.epoch:
            self._kept[-1] = snapshot
        elif self.due(snapshot.epoch):
            self._kept.append(snapshot)
            self._thin(snapshot)
        self._newest = snapshot

    def recording(self) -> Recording:
        """All of it so far."""
        newest, session = self._newest, self._session
        tail = (newest,) if newest is not None and newest is not self._kept[-1] else ()
        return Recording(
            specification=session.specification,
            scene=self._scene,
            network=session.network,
            snapshots=(*self._kept, *tail),
            epochs=session.history.epochs,
            losses=session.history.losses,
        )

    def _thin(self, like: Snapshot) -> None:
        band = 0 if like.band is None else like.band.nbytes
        size = like.parameters.nbytes + like.prediction.nbytes + band + like.losses.nbytes
        if len(self._kept) > max(16, min(self._most, MOST_BYTES // size)):
            self._kept = self._kept[::2]
            self.stride *= 2
            # A stride that spaces out what is there.
            self.stride = max(self.stride, self._kept[-1].epoch // len(self._kept))
