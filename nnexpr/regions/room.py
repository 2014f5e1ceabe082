"""How many cells of a plane fit into memory: all units' values of a layer are held at every vertex (``plane.md``)."""

from __future__ import annotations

import numpy as np
import psutil

from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.regions.carried import carried
from nnexpr.regions.layer import Index
from nnexpr.regions.lowered import lowered

__all__ = ["TooManyCells", "cells_that_fit", "that_fit"]

MOST = 2_000_000
SHARE = 0.5  # of the memory that is free
# Bytes: of a cell; of a number of the widest layer, those that pass included, at its vertices; and of an output, whose
# gradients and their rounding are held after that.
A_CELL, A_UNIT, AN_OUTPUT = 500, 16.5, 72


class TooManyCells(ValueError):
    """There are more than ``most`` cells: ``cells`` after ``layer`` of ``layers``, or when cut to classes, which was
    done on the ``share`` of the domain by then.
    """

    def __init__(
        self, most: int, cells: int, layer: int, layers: int, share: float, fits: bool = False
    ) -> None:
        self.most, self.cells, self.layer, self.layers, self.share = most, cells, layer, layers, share
        self.fits = fits  # whether that is what fits into memory, and not what was asked for
        super().__init__(most, cells, layer, layers, share, fits)

    @property
    def told(self) -> str:
        """What was found, without what a caller of the engine can do."""
        fits = ", which is what fits into half of the memory that is free" if self.fits else ""
        return (
            f"there are more than {self.most:,} cells{fits}: {self.cells:,} after layer {self.layer} of {self.layers}, "
            f"which was done on {100.0 * self.share:.2g}% of the domain"
        )

    def __str__(self) -> str:
        return f"{self.told}; take a smaller domain, or raise most_cells"


def cells_that_fit(network: Network | Graph, room: float | None = None, most: int = MOST) -> int:
    """The cells that can be counted in ``room`` bytes, half of what is free unless given; no more than ``most``."""
    if isinstance(network, Graph):
        return that_fit(lowered(network).shapes, room, most)
    sizes = [(each.inputs, each.outputs) for each in carried(network.layers)]
    return that_fit(np.array(sizes), room, most)


def that_fit(shapes: Index, room: float | None = None, most: int = MOST) -> int:
    """The same of layers with ``shapes (layers, 2 or more)``: numbers that each takes and gives, as in ``Stack``."""
    free = SHARE * psutil.virtual_memory().available if room is None else room
    width, outputs = int(shapes[:, 1].max()), int(shapes[-1, 1])
    return max(1, min(most, int(free / (max(A_UNIT * width, AN_OUTPUT * outputs) + A_CELL))))
