"""Z25: a small star in the plane, by an MMNN and by linear elements of as many degrees of freedom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.numerics.planar import (
    Case,
    Moment,
    elements,
    error_map,
    moments,
    network_of,
    size_of,
    target_map,
)

__all__ = ["ALL", "CASE", "LARGE", "QUICK", "TRAINED", "nearer", "run"]

LARGE = Case("star2d", 100, 10, 6, 400, 1000, (100, 500, 1000), 5, 0.25)
CASE = Case("star2d", 100, 10, 6, 200, 400, (50, 250, 500), 5, 0.25)
QUICK = Case("star2d", 30, 5, 4, 40, 100, (2, 4, 6), 2, 0.25)
TRAINED, ALL = "it has trained parameters", "it has parameters"
SMALLER = "It has 50,000 updates here and 160,000 at the talk's size: see --large."
MORE_THAN_HALF_RANDOM = "More than half of them are random and stay so; an element's are all solved for."


def run(attempt: Attempt) -> Result:
    """Train, and solve for elements of as many unknowns as are trained, and as there are."""
    case = attempt.choose(CASE, QUICK, LARGE)
    found = moments(attempt, "star", case, end=0.95)
    network = network_of(case, 0, 1)
    counts = {TRAINED: network.trained_parameter_count, ALL: network.parameter_count}
    solved = attempt.each(
        list(counts), lambda what: elements(case, counts[what]), "elements, as many as {}".format, begin=0.95
    )
    beside = dict(zip(counts, solved, strict=True))
    claims = [
        nearer("Z25", TRAINED, case, found[-1], beside[TRAINED]["between"], attempt),
        nearer("Z25 total", ALL, case, found[-1], beside[ALL]["between"], attempt),
    ]
    return Result(
        (table(case, found, attempt.device), _elements_table(beside)), _figures(case, found, beside), claims
    )


def nearer(name: str, what: str, case: Case, last: Moment, of_elements: float, attempt: Attempt) -> Claim:
    """Z25, by the parameters that are trained and by all of them; between the samples, for that is what is drawn."""
    median = float(np.median(last.between))
    smaller = "" if attempt.large else ", smaller than the talk's"
    return judged(
        name,
        f"{case.told} is nearer to the star than linear elements of as many unknowns as {what} "
        f"({size_of(case)}{smaller})",
        f"below {of_elements:.3g}", median, "MSE between the samples, median of the members",
        not attempt.quick and median < of_elements,
        quick=attempt.quick,
        fails_if="the median error after the last epoch is not below that of the elements",
        why=" ".join([MORE_THAN_HALF_RANDOM] * (what == ALL) + [SMALLER] * (not attempt.large)),
    )  # fmt: skip


def table(case: Case, found: Sequence[Moment], device: str) -> Table:
    """Every look."""
    return Table.of(
        f"{case.told} on the star: {size_of(case)}",
        [{"epoch": each.epoch, "members": case.members, "device": device, "MSE": each.median, "best": min(each.losses),
          "worst": max(each.losses), "MSE between": float(np.median(each.between)),
          "best between": min(each.between), "seconds": round(each.seconds, 1)} for each in found],
    )  # fmt: skip


def _elements_table(beside: Mapping[str, Mapping[str, Any]]) -> Table:
    return Table.of(
        "Linear elements on the same samples",
        [
            {
                "as many unknowns as": what,
                "nodes": each["nodes"],
                "MSE": each["loss"],
                "MSE between": each["between"],
            }
            for what, each in beside.items()
        ],
    )


def _figures(
    case: Case, found: Sequence[Moment], beside: Mapping[str, Mapping[str, Any]]
) -> list[Figure | Map]:
    last = found[-1]
    errors = {f"MMNN, first member, after epoch {last.epoch}": last.error}
    errors |= {f"linear elements on {each['nodes']} nodes": each["error"] for each in beside.values()}
    most = max(float(np.max(np.abs(error))) for error in errors.values())
    curve = {
        "MMNN": [float(np.median(each.between)) for each in found],
        **{f"{each['nodes']} elements": [each["between"]] * len(found) for each in beside.values()},
    }
    over = Figure.over(
        case.epochs, curve, "Mean squared error on the star", "epoch", "MSE", log_x=True, log_y=True
    )
    return [
        over,
        target_map(case),
        *(error_map(f"Error of {what}", error, most, case.shown) for what, error in errors.items()),
    ]
