"""Counts of regions while a network trains: on the same path, or in the same plane, at one moment after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from numpy.typing import ArrayLike

from nnexpr.declarations import InputError
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.asked import ARGMAX, REGIONS
from nnexpr.regions.path import path_decisions, path_regions
from nnexpr.regions.plane import plane_regions
from nnexpr.regions.plane.placed import Domain

__all__ = ["RegionCount", "count_at", "regions_over"]


class Moment(Protocol):
    """What a recording keeps of a moment."""

    @property
    def epoch(self) -> int: ...


class Moments(Protocol):
    """A recording, as far as it matters here."""

    @property
    def snapshots(self) -> Sequence[Moment]: ...

    def network_at(self, index: int) -> Network | None: ...


@dataclass(frozen=True)
class RegionCount:
    """One moment: ``count`` linear regions, or decision regions where the class was asked for; ``activation_regions``;
    and whether what vouches for them holds.
    """

    epoch: int
    count: int
    activation_regions: int
    certified: bool


def count_at(
    network: Network | Graph,
    *,
    vertices: ArrayLike | None = None,
    closed: bool = False,
    plane: Sequence[ArrayLike] | None = None,
    domain: Domain | None = None,
    of: str = REGIONS,
    epoch: int = 0,
) -> RegionCount:
    """Member 0's regions along the polyline through ``vertices`` or, without, in the ``plane`` on ``domain``.

    The other arguments are those of ``path_regions`` and ``plane_regions``, and so are the errors. To be called while a
    network trains, with its ``epoch``.

    >>> import nnexpr
    >>> nnexpr.count_at(nnexpr.tent(3), vertices=[0.0, 1.0])
    RegionCount(epoch=0, count=8, activation_regions=8, certified=True)
    """
    if vertices is None:
        cells = plane_regions(network, domain, plane=plane, of=of)
        return RegionCount(epoch, cells.count, cells.activation_regions, cells.check.certified)
    if plane is not None or domain is not None:
        raise InputError("vertices", "given beside a plane", "a path or a plane, one of them")
    one = network.member(0) if network.members > 1 else network
    if of == ARGMAX:
        [decided] = path_decisions(one, vertices, closed=closed)
        return RegionCount(epoch, decided.count, decided.activation_regions, decided.check.certified)
    [found] = path_regions(one, vertices, closed=closed, of=of)
    return RegionCount(epoch, found.count, found.activation_regions, found.check.certified)


def regions_over(
    moments: Moments | Iterable[tuple[int, Network | Graph]],
    *,
    vertices: ArrayLike | None = None,
    closed: bool = False,
    plane: Sequence[ArrayLike] | None = None,
    domain: Domain | None = None,
    of: str = REGIONS,
) -> list[RegionCount]:
    """The counts at every moment: of a recording (where its weights were kept), or of pairs of epoch and network.

    Where and of what is told as to ``count_at``, in the network's units.
    """
    return [
        count_at(network, vertices=vertices, closed=closed, plane=plane, domain=domain, of=of, epoch=epoch)
        for epoch, network in _networks(moments)
    ]


def _networks(
    moments: Moments | Iterable[tuple[int, Network | Graph]],
) -> Iterator[tuple[int, Network | Graph]]:
    if isinstance(moments, Iterable):
        yield from moments
        return
    for index, snapshot in enumerate(moments.snapshots):
        network = moments.network_at(index)
        if network is not None:
            yield snapshot.epoch, network
