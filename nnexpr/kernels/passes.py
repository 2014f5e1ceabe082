"""One member, one block of points: forward through all layers, the residual, and backward.

The same mathematics as ``nnexpr/training/gradients.py``. A layer's parameters are ``[W | b]: (outputs, inputs + 1)``,
so every layer's input carries a last row of ones, and one product does weights and bias; one product of the deltas with
that input gives both gradients, in the layout of the parameters. Activations of a block lie one row a unit, ``stride``
points a row; rows beyond the block's points hold zeros in the deltas, so they add nothing.

``plan`` says where everything is: per layer (inputs, outputs, activation code, trained, offset of its parameters,
offset of its input's rows, offset of its pre-activations, offset of its output's rows) in the workspace.
"""

from __future__ import annotations

from nnexpr.kernels.compiled import compiled, compiled_loosely
from nnexpr.kernels.products import add_dots, multiply
from nnexpr.kernels.types import Index, Numbers
from nnexpr.kernels.units import activate, pull_back

__all__ = ["COLUMNS", "add_gradient", "forward", "residual"]

INPUTS, OUTPUTS, CODE, TRAINED, PARAMETERS, INPUT_ROWS, KEPT_ROWS, OUTPUT_ROWS = range(8)
COLUMNS = 8  # of a plan


@compiled
def forward(
    plan: Index, parameters: Numbers, p0: int, workspace: Numbers, stride: int, points: int, lanes: int
) -> None:
    """Outputs of all layers for the features in the first layer's input rows; ``points`` is a multiple of lanes."""
    for layer in range(plan.shape[0]):
        row = plan[layer]
        columns, units = row[INPUTS] + 1, row[OUTPUTS]
        multiply(
            workspace, row[KEPT_ROWS], parameters, p0 + row[PARAMETERS], columns, 1,
            workspace, row[INPUT_ROWS], stride, units, columns, points, lanes,
        )  # fmt: skip
        activate(row[CODE], workspace, row[KEPT_ROWS], row[OUTPUT_ROWS], units * stride)


@compiled_loosely
def residual(
    plan: Index,
    workspace: Numbers,
    points: int,
    filled: int,
    values: Numbers,
    v0: int,
    delta0: int,
    scale: float,
) -> float:
    """The sum of squares of prediction minus value over ``points``; ``scale`` times the residual goes to ``delta0``."""
    out0 = plan[plan.shape[0] - 1, OUTPUT_ROWS]
    outputs, deltas = workspace[out0 : out0 + filled], workspace[delta0 : delta0 + filled]
    total = workspace.dtype.type(0.0)
    for p in range(points):
        difference = outputs[p] - values[v0 + p]
        total += difference * difference
        deltas[p] = scale * difference
    for p in range(points, filled):
        deltas[p] = workspace.dtype.type(0.0)
    return float(total)


@compiled
def add_gradient(
    plan: Index,
    lowest: int,
    parameters: Numbers,
    p0: int,
    workspace: Numbers,
    stride: int,
    points: int,
    lanes: int,
    delta0: int,
    delta1: int,
    gradient: Numbers,
    g0: int,
) -> None:
    """Add the block's gradient, from the last layer's deltas at ``delta0``; ``delta1``: room for the next layer's."""
    for layer in range(plan.shape[0] - 1, lowest - 1, -1):
        row = plan[layer]
        columns, units = row[INPUTS] + 1, row[OUTPUTS]
        if row[TRAINED]:
            add_dots(
                gradient, g0 + row[PARAMETERS], columns, workspace, delta0, workspace, row[INPUT_ROWS],
                stride, units, columns, points,
            )  # fmt: skip
        if layer > lowest:
            multiply(
                workspace, delta1, parameters, p0 + row[PARAMETERS], 1, columns,
                workspace, delta0, stride, columns - 1, units, points, lanes,
            )  # fmt: skip
            below = plan[layer - 1]
            pull_back(below[CODE], workspace, delta1, workspace, below[KEPT_ROWS], (columns - 1) * stride)
            delta0, delta1 = delta1, delta0
