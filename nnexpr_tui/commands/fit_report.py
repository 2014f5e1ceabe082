"""What ``fit`` tells of a fit: the JSON document, and for people a chart and a table."""

from __future__ import annotations

import time
from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from nnexpr_tui.commands.output import figure, number, print_chart, print_table, print_text
from nnexpr_tui.documents import domain_document, modes_document, tangent_document

if TYPE_CHECKING:
    from nnexpr.runs.keeper import Keeper
    from nnexpr.runs.recording import Scene
    from nnexpr.training.fit import FitResult
    from nnexpr.training.session import Session
    from nnexpr.training.snapshots import Snapshot

__all__ = ["document", "print_fit", "show"]

MOST_ROWS = 20  # members that the table shows one by one
PLANE_SECONDS = 20.0  # after which no more members of two inputs are counted

FLOOR_SECONDS = 5.0  # after which no more of them are sought
MOST_FLOOR_REGIONS, MOST_FLOOR_POINTS = 512, 20_000
MOST_ENTRIES, MOST_LOSSES = 200, 200_000  # of the history: epochs, and losses of all members together
COUNTS = ("linear_regions", "bends", "activation_regions", "dead_units", "collapsed", "certified")


def document(
    result: FitResult, keeper: Keeper | None, *, bounds: bool, tangent: bool = False
) -> dict[str, Any]:
    """The JSON document of a fit, kept by ``keeper``; with the ``bounds`` of splines, which take a while.

    And the ``tangent`` kernel of the member of least loss.
    """
    network = result.network
    counted, notes = _regions(result)
    regions = [counts["linear_regions"] for counts in counted.values()]
    floors, unknown = _floors(result, regions) if bounds else ({}, [])
    counted = {index: counts | floors.get(counts["linear_regions"], {}) for index, counts in counted.items()}
    notes += unknown
    if keeper and keeper.problem:
        notes.append(keeper.problem)
    kernel, why = _tangent(result) if tangent else (None, [])
    notes += why
    return {
        "schema": 1,
        "run": keeper.kept if keeper else None,
        "config": result.specification.as_config(),
        "device": str(network.parameters.device),
        "dtype": result.specification.dtype,
        "parameters": network.parameter_count,
        "trained_parameters": network.trained_parameter_count,
        "domain": domain_document(result.target.own_domain),
        "members": [_member(result, index, counted.get(index, {})) for index in range(network.members)],
        "epochs": result.epochs,
        "seconds": result.seconds,
        "member_epochs_per_second": result.member_epochs_per_second,
        "state": result.state,
        "history": _history(result),
        "modes": _modes(result),
        **({"tangent": kernel} if tangent else {}),
        **({"notes": notes} if notes else {}),
    }


def _regions(result: FitResult) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """What is counted of each member on the target's domain; and why some could not be counted."""
    network = result.network
    alive = [index for index in range(network.members) if index not in result.diverged]
    if not (network.is_piecewise_linear and network.inputs in (1, 2) and alive):
        return {}, []
    if network.inputs == 2:
        return _plane_regions(result, alive)
    from nnexpr.regions.line import linear_regions
    from nnexpr_tui.commands.regions_report import counts

    selected = network if len(alive) == network.members else network.select(alive)
    return {
        member: counts(member, lines) | {"collapsed": lines.collapsed}
        for member, lines in zip(alive, linear_regions(selected), strict=True)
    }, []


def _plane_regions(result: FitResult, alive: list[int]) -> tuple[dict[int, dict[str, Any]], list[str]]:
    from nnexpr_tui.commands.regions_report import in_plane

    up = result.target.value_scale
    try:
        found = in_plane(result.network, None, alive, up, seconds=PLANE_SECONDS)
    except ValueError as error:  # of too many cells what a caller of the engine could do is left out
        return {}, [f"regions were not counted: {getattr(error, 'told', error)}"]
    told = f"regions were counted for {len(found)} of {len(alive)} members, in {PLANE_SECONDS:g} seconds"
    return {counts["member"]: counts for counts in found}, [told] if len(found) < len(alive) else []


def _floors(result: FitResult, regions: list[int]) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """For each number of regions, the least loss that a spline with so many pieces can have: proved, found, the same?

    Those that most members have come first; none is begun after ``FLOOR_SECONDS``.
    """
    from nnexpr.splines.floor import QUICK_WORK, enclosure, spline_floor

    target, until = result.target, time.monotonic() + FLOOR_SECONDS
    if target.dimension != 1 or target.points > MOST_FLOOR_POINTS:
        return {}, []
    counts = [count for count, _ in Counter(regions).most_common() if count <= MOST_FLOOR_REGIONS]
    floors = {}
    for count in takewhile(lambda _: time.monotonic() < until, counts):
        found = spline_floor(target.own_inputs[:, 0], target.own_values, count, work=QUICK_WORK)
        floors[count] = enclosure(found)
    told = f"spline bounds were found for {len(floors)} of {len(counts)} counts, in {FLOOR_SECONDS:g} seconds"
    return floors, [told] if len(floors) < len(counts) else []


def _member(result: FitResult, index: int, counts: dict[str, Any]) -> dict[str, Any]:
    from nnexpr.splines.floor import enclosure

    diverged = index in result.diverged
    return {
        "seed": result.network.seeds[index],
        "loss": None if diverged else float(result.loss[index]),
        "best_loss": _finite(result.best_loss[index]),
        "epoch_of_best": int(result.epoch_of_best[index]),
        "max_error": None if diverged else float(result.max_error[index]),
        **{key: counts.get(key) for key in (*COUNTS, *enclosure(None))},
        "nonfinite": diverged,
        **({"diverged_at": result.diverged[index]} if diverged else {}),
    }


def _history(result: FitResult) -> dict[str, Any]:
    """The losses on the way, thinned: ``losses`` has a list for each member, one number for each of the ``epochs``."""
    epochs, losses = result.history.epochs, result.history.losses
    most = max(2, min(MOST_ENTRIES, MOST_LOSSES // result.network.members))
    chosen = np.unique(np.linspace(0, len(epochs) - 1, min(most, len(epochs))).round().astype(int))
    return {"epochs": epochs[chosen], "losses": losses[chosen].T}


def _modes(result: FitResult) -> dict[str, Any] | None:
    """Of the member of least loss, and the median of all."""
    modes = result.modes
    if modes is None or not len(modes):
        return None
    member = _best(result)
    median = modes.median if result.network.members > 1 else None
    return modes_document(modes.epochs, modes.target, member, modes.member(member), median)


def _tangent(result: FitResult) -> tuple[dict[str, Any] | None, list[str]]:
    """Of the member of least loss; or why there is none."""
    member = _best(result)
    try:
        return tangent_document(result.tangents(member), member), []
    except ValueError as error:
        return None, [f"there is no tangent kernel: {error}"]


def _best(result: FitResult) -> int:
    """The member of least loss; the first where all have diverged."""
    losses = result.loss.numpy()
    return int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def show(session: Session, report: dict[str, Any]) -> None:
    """Print the final chart and the table of members."""
    _print_fit(session)
    members = report["members"]
    rows = [
        (
            str(member["seed"]),
            "diverged" if member["nonfinite"] else figure(member["loss"]),
            number(member["max_error"]),
            number(member["linear_regions"]),
            number(member["bends"]),
            number(None if member["dead_units"] is None else len(member["dead_units"])),
            "collapsed" if member["collapsed"] else "",
        )
        for member in members[:MOST_ROWS]
    ]
    config = report["config"]
    title = f"{config['network']} on {config['target']}, after {report['epochs']:,} epochs"
    print_table(title, ("seed", "loss", "max error", "regions", "bends", "dead units", ""), rows)
    if len(members) > MOST_ROWS:
        print_text(f"... and {len(members) - MOST_ROWS:,} more members (all with --json)")
    if len(members) > 1:
        _print_summary(members)
    if "tangent" in report:
        _print_tangent(report)
    if report["run"]:
        print_text(f"run {report['run']}")


def _print_summary(members: list[dict[str, Any]]) -> None:
    """The spread over all members."""
    rows = []
    for title, key in (("loss", "loss"), ("max error", "max_error"), ("regions", "linear_regions")):
        values = [float(member[key]) for member in members if member[key] is not None]
        if values:
            rows.append((title, *(number(float(np.quantile(values, q))) for q in (0.0, 0.5, 1.0))))
    lost = sum(member["nonfinite"] for member in members)
    print_table(f"{len(members):,} members, {lost:,} diverged", ("", "least", "median", "greatest"), rows)


def _print_tangent(report: dict[str, Any]) -> None:
    """The kernel at the start and at the end, side by side; or why there is none."""
    told = report["tangent"]
    if told is None:
        print_text(report["notes"][-1].capitalize())
        return
    ways = told["start"], told["now"]
    rows = [
        ("epoch", *(number(way["epoch"]) for way in ways)),
        ("largest eigenvalue of K / n", *(number(float(way["eigenvalues"][0])) for way in ways)),
        ("effective rank", *(number(way["effective_rank"]) for way in ways)),
        (
            "of the squared error in 10 modes",
            *(number(float(sum(way["residual_shares"][:10]))) for way in ways),
        ),
        ("loss, if it had stood still", "", figure(float(told["foretold"]["losses"][-1]))),
    ]
    moved = f"moved by {number(told['movement'])}, alignment {number(told['alignment'])}"
    print_table(f"Tangent kernel of member {told['member']}: {moved}", ("", "start", "end"), rows)


def _print_fit(session: Session) -> None:
    """The member of least loss."""
    from nnexpr.runs.scene import scene_of

    losses = session.losses()
    best = int(np.argmin(np.where(np.isfinite(losses), losses, np.inf)))
    known = session.target.function is not None
    print_fit(scene_of(session), session.snapshot(best), session.network.seeds[best], known=known)


def print_fit(scene: Scene, snapshot: Snapshot, seed: int, *, known: bool) -> None:
    """The target, the fit of the snapshot's member, and the range of all; ``known``: the target is more than data."""
    from nnexpr_tui.charts.series import Axis, ChartData, Series

    series: list[Series] = []
    if snapshot.band is not None:
        low, high = snapshot.band
        series.append(Series(scene.x, low, upper=high, style="band", label="members", color="secondary"))
    if known:
        series.append(Series(scene.x, scene.truth, label="target", color="accent"))
    elif scene.data is not None:
        x, y = scene.data
        series.append(Series(x, y, style="points", label=scene.value_name, color="accent"))
    if np.isfinite(snapshot.losses[snapshot.member]):
        series.append(Series(scene.x, snapshot.prediction, label=f"fit, seed {seed}"))
    axes = Axis(label=scene.input_name), Axis(label=scene.value_name)
    print_chart(ChartData(tuple(series), *axes, title=scene.name))
