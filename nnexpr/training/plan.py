"""Where everything lies: the plan of a network for the compiled passes, and the workspace of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnexpr.kernels.passes import COLUMNS
from nnexpr.kernels.tiles import BLOCK_BYTES
from nnexpr.kernels.units import CODES
from nnexpr.networks.network import AffineLayer

__all__ = ["KEEPS_INPUT", "Plan", "make_plan"]

Integers = NDArray[np.int64]

KEEPS_INPUT = ("hat", "sine", "gelu")  # whose derivative follows from the pre-activation, not from the output
WORKSPACE_BYTES = (
    384 << 10
)  # a block of points is chosen so that its rows take about that much: see training.md
FEWEST_POINTS = 64


@dataclass(frozen=True, eq=False)
class Plan:
    """A network's shape as the compiled passes read it (see ``passes.py`` and ``epochs.py``)."""

    layers: Integers  # (layers, COLUMNS)
    rooms: Integers  # (5,)
    spans: Integers  # (spans, 2): ranges of one member's parameters that are trained
    lowest: int  # the lowest trained layer
    size: int  # numbers in a workspace
    dtype: np.dtype[np.float32] | np.dtype[np.float64]

    def workspace(self) -> NDArray[np.float32] | NDArray[np.float64]:
        """Room for one thread; the rows of ones are filled in."""
        room = np.zeros(self.size, self.dtype)
        stride = int(self.rooms[0])
        for inputs, rows in self.layers[:, [0, 5]]:
            room[rows + inputs * stride : rows + (inputs + 1) * stride] = 1.0
        return room


def make_plan(
    layers: Sequence[AffineLayer], points: int, dtype: np.dtype[np.float32] | np.dtype[np.float64]
) -> Plan:
    """For batches of ``points`` points."""
    lanes = BLOCK_BYTES // dtype.itemsize
    rows = (
        layers[0].inputs
        + 1
        + sum(layer.outputs * (1 + (layer.activation in KEEPS_INPUT)) + 1 for layer in layers)
    )
    widest = max(max(layer.outputs, layer.inputs) for layer in layers)
    rows += 2 * widest + 1
    fitting = max(FEWEST_POINTS, WORKSPACE_BYTES // (rows * dtype.itemsize))
    blocks = -(-points // fitting)
    stride = -(-points // (blocks * lanes)) * lanes
    table = np.zeros((len(layers), COLUMNS), np.int64)
    at = parameters = 0
    taken = layers[0].inputs + 1
    for row, layer in zip(table, layers, strict=True):
        keeps = layer.activation in KEEPS_INPUT
        kept = taken
        taken += layer.outputs * keeps
        row[:] = (
            layer.inputs, layer.outputs, CODES[layer.activation], layer.trained, parameters,
            at * stride, (kept if keeps else taken) * stride, taken * stride,
        )  # fmt: skip
        at = taken
        taken += layer.outputs + 1
        parameters += layer.size
    rooms = np.array(
        [stride, lanes, taken * stride, (taken + widest) * stride, (taken + 2 * widest) * stride]
    )
    trained = [index for index, layer in enumerate(layers) if layer.trained]
    spans: list[list[int]] = []
    for index in trained:
        first, last = int(table[index, 4]), int(table[index, 4]) + layers[index].size
        if spans and spans[-1][1] == first:
            spans[-1][1] = last
        else:
            spans.append([first, last])
    return Plan(
        layers=table,
        rooms=rooms,
        spans=np.array(spans, np.int64).reshape(-1, 2),
        lowest=min(trained, default=len(layers)),
        size=(taken + 2 * widest + 1) * stride,
        dtype=dtype,
    )
