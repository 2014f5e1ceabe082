"""Where everything lies: the plan of a network for the compiled passes, and the workspace of a thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.kernels.passes import (
    ADDED_ROWS,
    COLUMNS,
    INPUT_ROWS,
    INPUTS,
    OUTPUT_ROWS,
    OWED_BELOW,
    OWED_ROWS,
    PARAMETERS,
    Plan,
)
from nnexpr.kernels.tiles import BLOCK_BYTES
from nnexpr.kernels.units import addresses
from nnexpr.kinds import AffineLayer
from nnexpr.networks.architecture import offsets

__all__ = ["make_plan", "workspace"]

Float = np.dtype[np.float32] | np.dtype[np.float64]

WORKSPACE_BYTES = 384 << 10  # about what a block's rows take, which its points follow from: see training.md
FEWEST_POINTS = 64


def make_plan(layers: Sequence[AffineLayer], points: int, dtype: Float) -> Plan:
    """Of a network, for batches of ``points`` points."""
    lanes = BLOCK_BYTES // dtype.itemsize
    activations = [ACTIVATIONS[layer.activation] for layer in layers]
    rows = layers[0].inputs + 1
    rows += sum(
        layer.outputs * (1 + each.keeps_input) + 1 for layer, each in zip(layers, activations, strict=True)
    )
    widest = max(max(layer.outputs, layer.inputs) for layer in layers)
    rows += 2 * widest + 1  # deltas of two layers, and what the points' values take of the cache
    trained = [index for index, layer in enumerate(layers) if layer.trained]
    lowest = min(trained, default=len(layers))
    added = {
        index: index - layer.adds for index, layer in enumerate(layers) if layer.adds
    }  # which, -1 the features
    owed = sorted({below for below in added.values() if below >= lowest})
    rows += sum(layers[below].outputs for below in owed)
    fitting = max(FEWEST_POINTS, WORKSPACE_BYTES // (rows * dtype.itemsize))
    blocks = -(-points // fitting)
    stride = -(-points // (blocks * lanes)) * lanes
    table = np.zeros((len(layers), COLUMNS), np.int64)
    at = 0
    taken = layers[0].inputs + 1
    for row, layer, parameters, activation in zip(table, layers, offsets(layers), activations, strict=False):
        kept = taken
        taken += layer.outputs * activation.keeps_input
        row[:] = (
            layer.inputs, layer.outputs, layer.trained, parameters, at * stride,
            (kept if activation.keeps_input else taken) * stride, taken * stride,
            *addresses(activation.compiled, np.empty(0, dtype)), -1, -1, -1,
        )  # fmt: skip
        at = taken
        taken += layer.outputs + 1
    for below in owed:
        table[below, OWED_ROWS] = taken * stride
        taken += layers[below].outputs
    for index, below in added.items():
        table[index, ADDED_ROWS] = table[below, OUTPUT_ROWS] if below >= 0 else table[0, INPUT_ROWS]
        table[index, OWED_BELOW] = table[below, OWED_ROWS] if below >= 0 else -1
    spans: list[list[int]] = []
    for index in trained:
        first = int(table[index, PARAMETERS])
        last = first + layers[index].size
        if spans and spans[-1][1] == first:
            spans[-1][1] = last
        else:
            spans.append([first, last])
    return Plan(
        layers=table,
        spans=np.array(spans, np.int64).reshape(-1, 2),
        lowest=lowest,
        stride=stride,
        lanes=lanes,
        deltas=taken * stride,
        deltas_below=(taken + widest) * stride,
        size=(taken + 2 * widest) * stride,
    )


def workspace(plan: Plan, dtype: Float) -> NDArray[np.float32] | NDArray[np.float64]:
    """Room for one thread; the rows of ones are filled in."""
    room = np.zeros(plan.size, dtype)
    for inputs, rows in plan.layers[:, [INPUTS, INPUT_ROWS]]:
        room[rows + inputs * plan.stride : rows + (inputs + 1) * plan.stride] = 1.0
    return room
