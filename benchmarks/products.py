"""The matrix products of a step and nothing else, to measure what share of a step they are."""

from __future__ import annotations

from nnexpr.kernels.compiled import Numbers, compiled
from nnexpr.kernels.passes import INPUT_ROWS, INPUTS, KEPT_ROWS, OUTPUTS, PARAMETERS, TRAINED, Plan
from nnexpr.kernels.products import add_dots, multiply

__all__ = ["products_only"]


@compiled
def products_only(
    plan: Plan, parameters: Numbers, workspace: Numbers, points: int, steps: int, gradient: Numbers
) -> None:
    """All products of ``steps`` steps of one member, on whatever lies in the workspace."""
    stride, lanes = plan.stride, plan.lanes
    for _ in range(steps):
        gradient[:] = 0.0
        for _start in range(0, points, stride):
            above, below = plan.deltas, plan.deltas_below
            for layer in range(plan.layers.shape[0]):
                row = plan.layers[layer]
                columns = row[INPUTS] + 1
                multiply(
                    workspace, row[KEPT_ROWS], parameters, row[PARAMETERS], columns, 1,
                    workspace, row[INPUT_ROWS], stride, row[OUTPUTS], columns, stride, lanes,
                )  # fmt: skip
            for layer in range(plan.layers.shape[0] - 1, plan.lowest - 1, -1):
                row = plan.layers[layer]
                columns = row[INPUTS] + 1
                if row[TRAINED]:
                    add_dots(
                        gradient, row[PARAMETERS], columns, workspace, above, workspace, row[INPUT_ROWS],
                        stride, row[OUTPUTS], columns, stride,
                    )  # fmt: skip
                if layer > plan.lowest:
                    multiply(
                        workspace, below, parameters, row[PARAMETERS], 1, columns,
                        workspace, above, stride, columns - 1, row[OUTPUTS], stride, lanes,
                    )  # fmt: skip
                    above, below = below, above
