"""A network whose layers add what others gave, as one in which every layer takes what is right below it.

What layer j gives and layer m > j + 1 adds is passed on by the layers between: behind its own units each has units
without an activation, whose weights are rows of the identity and whose biases are 0, so that they hold the very
numbers. Layer m has the rows of the identity among its weights; where m = j + 1 they are W + I, rounded once.

Such a network is the same function; its own units are the same, with the same pre-activations but for the order of a
sum. Units that pass have no kinks: nothing bends in them, and none of them is counted as a unit. It costs as much as if
each layer were wider by what it passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnexpr.kinds import AffineLayer

__all__ = ["Wider", "carried"]

Places = tuple[tuple[int, int], ...]


class Wider(NamedTuple):
    """What takes the place of a layer: its own inputs and units come first.

    ``ones``: the (input, output) whose weight has 1 added, that of units that pass among them.
    """

    inputs: int
    outputs: int
    passing: int  # of the outputs, the last ones
    ones: Places


def carried(layers: Sequence[AffineLayer]) -> tuple[Wider, ...]:
    """What takes the place of each layer; the last one passes nothing."""
    found, added = [], [(index, index - layer.adds) for index, layer in enumerate(layers) if layer.adds]
    given = {-1: layers[0].inputs} | {index: layer.outputs for index, layer in enumerate(layers)}
    places, width = {-1: 0}, layers[0].inputs  # where among a layer's inputs is what each layer below gave
    for index, layer in enumerate(layers):
        ones = [(places[below] + i, i) for at, below in added if at == index for i in range(layer.outputs)]
        passed, taken = {index: 0}, layer.outputs
        for below in sorted({below for at, below in added if at > index and below < index}):
            ones += [(places[below] + i, taken + i) for i in range(given[below])]
            passed[below] = taken
            taken += given[below]
        found.append(Wider(width, taken, taken - layer.outputs, tuple(ones)))
        places, width = passed, taken
    return tuple(found)
