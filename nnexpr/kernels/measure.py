"""The matrix products of a step and nothing else, to measure what share of a step they are."""

from __future__ import annotations

from nnexpr.kernels.compiled import compiled
from nnexpr.kernels.passes import INPUT_ROWS, INPUTS, KEPT_ROWS, OUTPUTS, PARAMETERS, TRAINED
from nnexpr.kernels.products import add_dots, multiply
from nnexpr.kernels.types import Index, Numbers

__all__ = ["products_only"]


@compiled
def products_only(
    plan: Index, rooms: Index, lowest: int, parameters: Numbers, workspace: Numbers, points: int, steps: int,
    gradient: Numbers,
) -> None:  # fmt: skip
    """All products of ``steps`` steps of one member, on whatever lies in the workspace."""
    stride, lanes = rooms[0], rooms[1]
    for _ in range(steps):
        gradient[:] = 0.0
        for _start in range(0, points, stride):
            delta0, delta1 = rooms[2], rooms[3]
            for layer in range(plan.shape[0]):
                row = plan[layer]
                columns = row[INPUTS] + 1
                multiply(
                    workspace, row[KEPT_ROWS], parameters, row[PARAMETERS], columns, 1,
                    workspace, row[INPUT_ROWS], stride, row[OUTPUTS], columns, stride, lanes,
                )  # fmt: skip
            for layer in range(plan.shape[0] - 1, lowest - 1, -1):
                row = plan[layer]
                columns = row[INPUTS] + 1
                if row[TRAINED]:
                    add_dots(
                        gradient, row[PARAMETERS], columns, workspace, delta0, workspace, row[INPUT_ROWS],
                        stride, row[OUTPUTS], columns, stride,
                    )  # fmt: skip
                if layer > lowest:
                    multiply(
                        workspace, delta1, parameters, row[PARAMETERS], 1, columns,
                        workspace, delta0, stride, columns - 1, row[OUTPUTS], stride, lanes,
                    )  # fmt: skip
                    delta0, delta1 = delta1, delta0
