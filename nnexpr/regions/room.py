"""How many cells of a plane fit into memory: all units' values of a layer are held at every vertex (``plane.md``)."""

from __future__ import annotations

import psutil

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.graph.nodes import Maximum, Node
from nnexpr.networks.network import Network

__all__ = ["cells_that_fit"]

MOST = 2_000_000
SHARE = 0.5  # of the memory that is free
A_CELL, A_UNIT = 500, 16.5  # bytes: of a cell, and of a unit of the widest layer at its vertices


def cells_that_fit(network: Network | Graph, room: float | None = None, most: int = MOST) -> int:
    """The cells that can be counted in ``room`` bytes, half of what is free unless given; no more than ``most``."""
    if isinstance(network, Graph):
        widest = max((_width(network, network.nodes[place]) for place in network.bending), default=1)
    else:
        widest = max(layer.outputs for layer in network.layers)
    free = SHARE * psutil.virtual_memory().available if room is None else room
    return max(1, min(most, int(free / (A_UNIT * widest + A_CELL))))


def _width(graph: Graph, node: Node) -> int:
    """Of the layer that a node is counted as, at most: a maximum compares numbers in pairs, beside which they pass."""
    if not isinstance(node, Maximum):
        return node.units
    pairs = (node.groups[:, 0:-1:2] >= 0) & (node.groups[:, 1::2] >= 0)
    return graph.nodes[node.of[0]].units + int(pairs.sum())
