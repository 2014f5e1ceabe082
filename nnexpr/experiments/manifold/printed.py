"""The printed numbers: Tables 1 and 2 of the paper, and what a later version prints for the same rows.

The later version is Milkert, Hyde and Laine, arXiv 2311.18022 (v3 to v7): "Compelling ReLU networks to exhibit
exponentially many linear regions at initialization and during training". It renames the rows (Kaiming, RAAI, skip
pre-training, pre-train with free scales, pre-train with the theorem) and changes several.
"""

from __future__ import annotations

__all__ = ["LATER", "PRINTED", "SPARSE"]

Numbers = tuple[float, float]  # least and mean squared error over 30 models


def _by_curve(rows: dict[str, tuple[Numbers, ...]]) -> dict[str, dict[str, Numbers]]:
    """Each row's numbers by the names of the curves, of which the last may not have been read."""
    curves = ("cube", "power11", "quarter_sine", "tanh3")
    return {row: dict(zip(curves, numbers, strict=False)) for row, numbers in rows.items()}


PRINTED = _by_curve({
    "default": ((2.11e-5, 7.20e-2), (2.19e-5, 2.82e-2), (4.50e-5, 1.15e-1), (5.75e-5, 1.96e-1)),
    "raai": ((2.14e-5, 3.97e-2), (4.40e-5, 4.12e-2), (3.59e-5, 3.63e-2), (1.09e-5, 2.31e-2)),
    "stage 1": ((3.41e-5, 4.32e-4), (3.31e-4, 2.65e-3), (6.00e-6, 9.73e-5), (2.83e-5, 3.48e-4)),
    "stage 3": ((3.42e-6, 1.68e-4), (1.86e-5, 3.56e-4), (3.75e-7, 1.93e-5), (1.07e-6, 8.38e-5)),
    "free scales": ((2.55e-7, 6.81e-5), (6.82e-7, 1.38e-3), (1.29e-7, 1.23e-4), (1.17e-7, 4.67e-4)),
    "stages 2, 3": ((1.64e-7, 2.57e-2), (3.20e-6, 2.83e-1), (6.12e-8, 9.26e-6), (1.47e-7, 1.56e-4)),
    "stages 1, 3": ((7.86e-8, 6.57e-7), (9.58e-7, 5.30e-5), (5.06e-8, 3.14e-7), (6.82e-8, 9.58e-7)),
    "all stages": ((1.87e-7, 1.62e-6), (7.43e-7, 1.42e-5), (3.98e-8, 1.04e-7), (1.04e-7, 2.45e-7)),
})  # fmt: skip

LATER = _by_curve({
    "default": ((2.11e-5, 7.20e-2), (2.19e-5, 2.82e-2)),
    "raai": ((2.14e-5, 3.97e-2), (4.40e-5, 4.12e-2)),
    "stage 3": ((7.63e-7, 3.89e-5), (1.86e-5, 3.56e-4)),
    "stages 2, 3": ((1.64e-7, 1.02e-5), (3.20e-6, 3.73e-5)),
    "stages 1, 3": ((7.86e-8, 5.27e-7), (8.86e-7, 7.87e-6)),
})  # fmt: skip

# The least test error of 30 models trained on 10 points, from the later version: random initialisation, theirs.
SPARSE: dict[str, tuple[float, float]] = {
    "cube": (2.41e-4, 5.65e-6),
    "power11": (2.14e-3, 6.53e-4),
    "quarter_sine": (2.27e-5, 7.92e-7),
    "tanh3": (1.60e-4, 5.09e-6),
}
