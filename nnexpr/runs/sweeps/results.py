"""What is told of each cell when its job is done: losses, exact counts, seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nnexpr.networks.network import Network
from nnexpr.training.fit import FitResult

__all__ = ["RESULTS", "results_of"]

# Of each cell, and what they are.
RESULTS = {
    "loss": "mean squared error after the last update, in the target's own units",
    "best_loss": "the least over all epochs",
    "epoch_of_best": "the epoch of the least",
    "max_error": "the largest absolute error on the training points",
    "linear_regions": "exact",
    "bends": "exact",
    "activation_regions": "exact",
    "dead_units": "how many units are active nowhere on the domain",
    "collapsed": "whether the output is constant",
    "certified": "whether the count is vouched for",
    "trained_epochs": "how many it came to",
    "seconds": "an equal share of those of the cell's job",
    "nonfinite": "whether the loss ceased to be finite",
    "diverged_at": "the epoch at which it did",
}
MOST_PLANE_UNITS = (
    64  # hidden units of a network of two inputs whose regions are counted: seconds each beyond it
)

Row = dict[str, Any]


def results_of(result: FitResult) -> list[Row]:
    """One of each member; a number that is not finite, and a count that there is none of, is None."""
    network = result.network
    alive = [member for member in range(network.members) if member not in result.diverged]
    counted = _counted(network, alive)
    return [_row(result, member, counted.get(member, {})) for member in range(network.members)]


def _row(result: FitResult, member: int, counted: Row) -> Row:
    diverged = member in result.diverged
    unknown = dict.fromkeys(
        ("linear_regions", "bends", "activation_regions", "dead_units", "collapsed", "certified")
    )
    return {
        "loss": _finite(float(result.loss[member])),
        "best_loss": _finite(float(result.best_loss[member])),
        "epoch_of_best": int(result.epoch_of_best[member]),
        "max_error": None if diverged else _finite(float(result.max_error[member])),
        **unknown,
        **counted,
        "trained_epochs": result.epochs,
        "seconds": result.seconds / result.network.members,
        "nonfinite": diverged,
        "diverged_at": result.diverged.get(member),
    }


def _counted(network: Network, alive: Sequence[int]) -> dict[int, Row]:
    """The counts of the members that are finite, on the domain that they were trained on."""
    if not (alive and network.is_piecewise_linear and network.inputs in (1, 2)):
        return {}
    if network.inputs == 1:
        from nnexpr.regions.line import linear_regions

        return {
            member: _counts(lines)
            for member, lines in zip(alive, linear_regions(network.select(alive)), strict=True)
        }
    if sum(network.architecture.hidden_widths) > MOST_PLANE_UNITS:
        return {}
    from nnexpr.regions.plane import plane_regions

    return {member: _counts(plane_regions(network, member=member)) for member in alive}


def _counts(found: Any) -> Row:
    return {
        "linear_regions": int(found.count),
        "bends": int(found.bends),
        "activation_regions": int(found.activation_regions),
        "dead_units": len(found.dead_units),
        "collapsed": bool(found.collapsed),
        "certified": bool(found.check.certified),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
