"""One member, one block of points: forward through all layers, the residual, and backward.

The same mathematics as ``nnexpr/training/gradients.py``. A layer's parameters are ``[W | b]: (outputs, inputs + 1)``,
so every layer's input carries a last row of ones, and one product does weights and bias; one product of the deltas with
that input gives both gradients, in the layout of the parameters. Activations of a block lie one row a unit, ``stride``
points a row; rows beyond the block's points hold zeros in the deltas, so they add nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from nnexpr.kernels.compiled import Index, Numbers, call, compiled, compiled_loosely
from nnexpr.kernels.products import add_dots, multiply

__all__ = ["COLUMNS", "Plan", "add_gradient", "forward", "residual", "take"]

(
    INPUTS, OUTPUTS, TRAINED, PARAMETERS, INPUT_ROWS, KEPT_ROWS, OUTPUT_ROWS, ACTIVATE, PULL_BACK,
    ADDED_ROWS, OWED_ROWS, OWED_BELOW,
) = range(12)  # fmt: skip
COLUMNS = 12  # of a plan's layers


class Plan(NamedTuple):
    """Where everything lies.

    ``layers: (layers, COLUMNS)``: inputs, outputs, trained, offset of its parameters; in the workspace offsets of its
    input's rows, of its pre-activations, of its output's rows; the addresses of its activation's loops, 0 for none. Of
    a layer that adds what another gave, the offset of that one's rows, and of what it owes to that one's deltas; of the
    other, of what it is owed: -1 for none. What is owed is 0 between two passes.
    """

    layers: Index
    spans: Index  # (spans, 2): ranges of one member's parameters that are trained
    lowest: int  # the lowest trained layer
    stride: int  # points of a row, the most of a block
    lanes: int  # points of a tile, which divide a stride
    deltas: int  # where in the workspace those of a layer are
    deltas_below: int  # and those of the layer below
    size: int  # of a workspace


@compiled
def take(plan: Plan, workspace: Numbers, features: Numbers, first: int, points: int) -> int:
    """The features of points from ``first`` on into the first layer's rows; how many columns of them are filled."""
    filled = (points + plan.lanes - 1) // plan.lanes * plan.lanes
    for row in range(plan.layers[0, INPUTS]):
        at = plan.layers[0, INPUT_ROWS] + row * plan.stride
        for p in range(points):
            workspace[at + p] = features[row, first + p]
        for p in range(points, filled):
            workspace[at + p] = 0.0
    return filled


@compiled
def forward(plan: Plan, parameters: Numbers, p0: int, workspace: Numbers, filled: int) -> None:
    """Outputs of all layers for the features in the first layer's input rows."""
    stride = plan.stride
    for layer in range(plan.layers.shape[0]):
        row = plan.layers[layer]
        columns, units = row[INPUTS] + 1, row[OUTPUTS]
        multiply(
            workspace, row[KEPT_ROWS], parameters, p0 + row[PARAMETERS], columns, 1,
            workspace, row[INPUT_ROWS], stride, units, columns, filled, plan.lanes,
        )  # fmt: skip
        if row[ADDED_ROWS] >= 0:
            _add(workspace, row[KEPT_ROWS], row[ADDED_ROWS], units, stride, filled)
        if row[ACTIVATE]:
            call(row[ACTIVATE], (workspace, row[KEPT_ROWS], row[OUTPUT_ROWS], units * stride))


@compiled
def _add(workspace: Numbers, to: int, what: int, rows: int, stride: int, filled: int) -> None:
    """Add rows of the workspace to others."""
    for row in range(rows):
        sums, terms = to + row * stride, what + row * stride
        total, more = workspace[sums : sums + filled], workspace[terms : terms + filled]
        for p in range(filled):
            total[p] += more[p]


@compiled
def _settle(workspace: Numbers, deltas: int, owed: int, rows: int, stride: int, filled: int) -> None:
    """Add what is owed to rows of deltas; then nothing is."""
    _add(workspace, deltas, owed, rows, stride, filled)
    for row in range(rows):
        at = owed + row * stride
        workspace[at : at + filled] = 0.0


@compiled_loosely
def residual(
    plan: Plan, workspace: Numbers, points: int, filled: int, values: Numbers, first: int, scale: float
) -> float:
    """The sum of squares of prediction minus value over ``points``; ``scale`` times each to the last layer's deltas."""
    at = plan.layers[plan.layers.shape[0] - 1, OUTPUT_ROWS]
    outputs, deltas = workspace[at : at + filled], workspace[plan.deltas : plan.deltas + filled]
    total = workspace.dtype.type(0.0)
    for p in range(points):
        difference = outputs[p] - values[first + p]
        total += difference * difference
        deltas[p] = scale * difference
    for p in range(points, filled):
        deltas[p] = workspace.dtype.type(0.0)
    return float(total)


@compiled
def add_gradient(
    plan: Plan, parameters: Numbers, p0: int, workspace: Numbers, filled: int, gradient: Numbers
) -> None:
    """Add the block's gradient, from the last layer's deltas on."""
    stride, above, below = plan.stride, plan.deltas, plan.deltas_below
    for layer in range(plan.layers.shape[0] - 1, plan.lowest - 1, -1):
        row = plan.layers[layer]
        columns, units = row[INPUTS] + 1, row[OUTPUTS]
        if row[OWED_BELOW] >= 0:
            _add(workspace, row[OWED_BELOW], above, units, stride, filled)
        if row[TRAINED]:
            add_dots(
                gradient, row[PARAMETERS], columns, workspace, above, workspace, row[INPUT_ROWS],
                stride, units, columns, filled,
            )  # fmt: skip
        if layer > plan.lowest:
            multiply(
                workspace, below, parameters, p0 + row[PARAMETERS], 1, columns,
                workspace, above, stride, columns - 1, units, filled, plan.lanes,
            )  # fmt: skip
            lower = plan.layers[layer - 1]
            if lower[OWED_ROWS] >= 0:
                _settle(workspace, below, lower[OWED_ROWS], columns - 1, stride, filled)
            if lower[PULL_BACK]:
                call(
                    lower[PULL_BACK], (workspace, below, workspace, lower[KEPT_ROWS], (columns - 1) * stride)
                )
            above, below = below, above
