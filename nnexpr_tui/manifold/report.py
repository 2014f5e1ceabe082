"""What the Compose screen's network and its twin are, for a file and for the clipboard; pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnexpr.plain import plain
from nnexpr_tui.manifold.moment import ManifoldMoment, Trained, stages_from

if TYPE_CHECKING:
    from nnexpr.splines.floor import SplineFloor

__all__ = ["document", "shares", "summary"]


def shares(moment: ManifoldMoment) -> dict[int, int]:
    """Each stage so far and the epochs that it has trained."""
    begins = (*moment.stage_begins, moment.epoch)
    stages = stages_from(moment.start)
    return {stage: after - begin for stage, begin, after in zip(stages, begins, begins[1:], strict=False)}


def summary(moment: ManifoldMoment, command: str) -> str:
    """The command line that trains it, as near as ``fit`` comes, with the numbers as comments behind it.

    ``command``: how ``fit`` names the target and the peaks.
    """
    start, trained = moment.start, {stage: count for stage, count in shares(moment).items() if count}
    options = f" --stages {','.join(map(str, trained))} --epochs {moment.epoch}" if trained else " --epochs 0"
    lines = [command + options]
    if len(set(trained.values())) > 1:
        each = ", ".join(f"{count:,} in stage {stage}" for stage, count in trained.items())
        lines.append(f"# epochs: {each}; fit gives each stage an equal share")
    if start.scales is not None:
        scales = ", ".join(f"{scale:.6g}" for scale in start.scales)
        lines.append(f"# started with scales {scales}; fit starts with those of Theorem 3.4")
    lines.append(f"# waves are {'added to' if start.sign > 0 else 'subtracted from'} the line")
    if moment.peaks is not None and moment.scales is not None:
        lines.append("# peaks " + ", ".join(f"{peak:.6g}" for peak in moment.peaks))
        lines.append("# scales " + ", ".join(f"{scale:.6g}" for scale in moment.scales))
    else:
        lines.append("# all weights are trained: the network has left the manifold of peaks and scales")
    for name, one in (("by stages", moment.network), ("gradient descent alone", moment.twin)):
        regions, bends = one.lines.count, one.lines.bends
        lines.append(f"# {name}: loss {one.loss:.6g}, linear regions {regions}, bends {bends}")
    return "\n".join(lines)


def document(moment: ManifoldMoment) -> Any:
    """What is on the screen, as JSON; numbers that are not finite become null."""
    start = moment.start
    return plain(
        {
            "schema": 1,
            "target": start.target,
            "formula": moment.formula,
            "waves": "added" if start.sign > 0 else "subtracted",
            "start": {"peaks": start.peaks, "scales": start.scales},
            "learning_rate": moment.learned[0],
            "schedule": moment.learned[1],
            "epochs": moment.epoch,
            "stage": moment.stage,
            "stages": [{"stage": stage, "epochs": count} for stage, count in shares(moment).items()],
            "peaks": moment.peaks,
            "scales": moment.scales,
            "exact_regions": moment.exact_regions,
            "by_stages": _network(moment.network, moment.floors[0]),
            "gradient_descent_alone": _network(moment.twin, moment.floors[1]),
            "history": {
                "epochs": moment.history_epochs,
                "by_stages": moment.history_losses,
                "gradient_descent_alone": moment.twin_losses,
            },
        }
    )


def _network(trained: Trained, floor: SplineFloor | None) -> dict[str, Any]:
    from nnexpr.splines.floor import enclosure

    return {
        "loss": trained.loss,
        "max_error": trained.max_error,
        **enclosure(floor),
        "linear_regions": trained.lines.count,
        "bends": trained.lines.bends,
        "breakpoints": trained.lines.breakpoints,
        "values": trained.lines.values,
        "slopes": trained.lines.slopes,
        "slope_gaps": trained.lines.gaps,
        "bend_layers": trained.lines.bend_layers,
        "dead_units": len(trained.lines.dead_units),
    }
