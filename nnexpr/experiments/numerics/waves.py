"""Z24: waves in the plane, as they are and three times as fast, learned by MMNNs.

For the fast ones the talk prints "(width, depth, rank) = (600, 15, 30)". For the star it gives the rank before the
depth, as the authors' papers do, so that network is trained both ways: depth 15, rank 30 and depth 30, rank 15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.numerics.planar import (
    FALLS,
    Case,
    Moment,
    elements,
    error_map,
    falls,
    moments,
    network_of,
    size_of,
    target_map,
)

__all__ = ["CASES", "LARGE", "QUICK", "falling", "run"]

Found = Mapping[str, Sequence[Moment]]

TALK, SMALL, FEW = (400, 1000, (100, 500, 1000)), (200, 400, (10, 50, 100)), (40, 100, (2, 4, 6))
LARGE = {
    "s=1": Case("waves2d", 500, 5, 5, *TALK),
    "s=3": Case("waves2d_fine", 600, 30, 15, *TALK),
    "s=3 deep": Case("waves2d_fine", 600, 15, 30, *TALK),
}
CASES = {
    "s=1": Case("waves2d", 500, 5, 5, *SMALL, 3),
    "s=3": Case("waves2d_fine", 300, 15, 8, *SMALL),
    "s=3 deep": Case("waves2d_fine", 300, 8, 15, *SMALL),
}
QUICK = {
    "s=1": Case("waves2d", 50, 5, 5, *FEW),
    "s=3": Case("waves2d_fine", 60, 5, 4, *FEW),
    "s=3 deep": Case("waves2d_fine", 60, 4, 5, *FEW),
}
NO_TALK = "The talk trains on 400 × 400 samples for 1000 epochs: see --large."
FLAT = 15  # layers from which on it begins flat to float32's rounding
SLOW = "So deep it begins flat to float32's rounding, and has not left the mean after 10,000 updates."


def run(attempt: Attempt) -> Result:
    """Train all, and solve for elements of as many unknowns as there are trained parameters."""
    cases = attempt.choose(CASES, QUICK, LARGE)
    found: dict[str, Sequence[Moment]] = {}
    for place, (name, case) in enumerate(cases.items()):
        found[name] = moments(
            attempt, name, case, begin=0.95 * place / len(cases), end=0.95 * (place + 1) / len(cases)
        )
    names = list(cases)
    solved = attempt.each(
        names, lambda name: elements(cases[name], _trained(cases[name])), "{}, elements".format, begin=0.95
    )
    beside = dict(zip(names, solved, strict=True))
    claims = [falling(name, cases[name], found[name], attempt) for name in cases]
    return Result(
        (table(cases, found, attempt.device), _elements_table(beside)), _figures(cases, found, beside), claims
    )


def _trained(case: Case) -> int:
    return network_of(case, 0, 1).trained_parameter_count


def falling(name: str, case: Case, found: Sequence[Moment], attempt: Attempt) -> Claim:
    """Z24."""
    epochs = ", ".join(map(str, case.epochs))
    smaller = "" if attempt.large else ", smaller than the talk's"
    return judged(
        f"Z24 {name}" if name != "s=1" else "Z24",
        f"{case.told} learns {case.target}: its MSE falls over epochs {epochs} ({size_of(case)}{smaller})",
        "falls", ", ".join(f"{each.median:.2e}" for each in found),
        f"MSE at the samples, median of {case.members} member{'s' * (case.members > 1)}",
        not attempt.quick and falls(found), quick=attempt.quick,
        fails_if=f"the median MSE at one of these epochs is not below {FALLS:g} of that at the one before",
        why="" if attempt.large else " ".join([SLOW] * (case.depth >= FLAT) + [NO_TALK]),
    )  # fmt: skip


def table(cases: Mapping[str, Case], found: Found, device: str) -> Table:
    """Every look."""
    return Table.of(
        "MMNNs on waves: mean squared errors",
        [{"waves": name, "width": case.width, "rank": case.rank, "depth": case.depth, "trained": _trained(case),
          "in all": network_of(case, 0, 1).parameter_count, "samples": case.side**2, "batch": case.batch,
          "members": case.members, "device": device, "epoch": each.epoch, "MSE": each.median,
          "best": min(each.losses), "worst": max(each.losses), "MSE between": float(np.median(each.between)),
          "seconds": round(each.seconds, 1)}
         for name, case in cases.items() for each in found[name]],
    )  # fmt: skip


def _elements_table(beside: Mapping[str, Mapping[str, float]]) -> Table:
    return Table.of(
        "Linear elements of as many unknowns as there are trained parameters",
        [
            {"waves": name, "nodes": each["nodes"], "MSE": each["loss"], "MSE between": each["between"]}
            for name, each in beside.items()
        ],
    )


def _figures(
    cases: Mapping[str, Case], found: Found, beside: Mapping[str, Mapping[str, object]]
) -> list[Figure | Map]:
    figures: list[Figure | Map] = []
    for name, case in cases.items():
        at, title = case.epochs, f"{name}: mean squared error"
        series = {"at the samples": [each.median for each in found[name]],
                  "between them": [float(np.median(each.between)) for each in found[name]]}  # fmt: skip
        figures.append(Figure.over(at, series, title, "epoch", "MSE", log_x=True, log_y=True))
        figures.append(target_map(case))
        most = float(np.max(np.abs(found[name][0].error)))
        figures += [
            error_map(f"{name}: error after epoch {each.epoch}", each.error, most) for each in found[name]
        ]
        figures.append(error_map(f"{name}: error of linear elements", beside[name]["error"], most))
    return figures
