"""How near the least errors of the rows with stage 1 come to the printed ones: claims M3."""

from __future__ import annotations

from collections.abc import Callable

from nnexpr.experiments.data import Claim
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.setup import CURVES, Curve

__all__ = ["WITH_STAGE_1", "Ratios", "near_print", "ratios_to_print", "worst_of"]

WITH_STAGE_1 = ("stages 1, 3", "all stages")
TIMES = 3  # print, at most

Ratios = dict[tuple[str, str], float]  # by row, and the curve's label


def ratios_to_print(least: Callable[[str, Curve], float]) -> Ratios:
    """The least errors of the rows with stage 1, over the printed ones."""
    return {
        (row, curve.label): least(row, curve) / PRINTED[row][curve.name][0]
        for row in WITH_STAGE_1
        for curve in CURVES
    }


def worst_of(ratios: Ratios) -> tuple[str, str]:
    """The row and the curve that are furthest above print."""
    return max(ratios, key=lambda key: ratios[key])


def near_print(id: str, statement: str, ratios: Ratios, *, quick: bool, why: str = "") -> Claim:  # noqa: A002
    """Whether all ratios are at most three."""
    worst, within = worst_of(ratios), sum(ratio <= TIMES for ratio in ratios.values())
    return judged(
        id,
        statement,
        f"{len(ratios)} of {len(ratios)}",
        f"{within} of {len(ratios)}; the largest ratio is {ratios[worst]:.2g} ({', '.join(worst)})",
        f"× {TIMES}",
        within == len(ratios),
        fails_if=f"one of the least errors is more than {TIMES} times the printed one",
        quick=quick,
        why=why,
    )
