"""How many cells of a plane fit into memory: all units' values of a layer are held at every vertex (``plane.md``)."""

from __future__ import annotations

import psutil

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network

__all__ = ["cells_that_fit"]

MOST = 2_000_000
SHARE = 0.5  # of the memory that is free
A_CELL, A_UNIT = 500, 16.5  # bytes: of a cell, and of a unit of the widest layer at its vertices


def cells_that_fit(network: Network | Graph, room: float | None = None, most: int = MOST) -> int:
    """The cells that can be counted in ``room`` bytes, half of what is free unless given; no more than ``most``."""
    if isinstance(network, Graph):
        widest = max((network.nodes[place].units for place in network.bending), default=1)
    else:
        widest = max(layer.outputs for layer in network.layers)
    free = SHARE * psutil.virtual_memory().available if room is None else room
    return max(1, min(most, int(free / (A_UNIT * widest + A_CELL))))
