"""Counts: what the shown network is made of, counted exactly, between its bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.training.moment import FitMoment

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene

__all__ = ["CountsPane", "counted_lines"]

LABEL_WIDTH = 16


class CountsPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
Linear regions: the maximal intervals of the domain on which the shown member is one straight line; bends: the points
between them. Both are counted exactly from the weights, not from samples.
Activation regions: intervals with one pattern of active units; some neighbours may have the same slope.
By layer: how many bends each hidden layer makes.
Dead units are active nowhere on the domain, written layer.unit; a collapsed network is constant.
At most: the regions this architecture cannot exceed. Reachable: regions that some network of this architecture has.
Spline floor: the mean squared error of the best linear spline with as many pieces, the least any network with so many
regions can have; times floor: how far above it the loss is."""

    def show(self, fit: FitMoment) -> int:
        """Show the newest moment. About how many bytes that sends."""
        lines = counted_lines(fit.scene, fit.counts)
        if fit.scene.countable:
            lines.append(_row("Spline floor", number(fit.floor) if fit.floor is not None else "…"))
            lines.append(_row("times floor", number(fit.loss / fit.floor) if fit.floor else "…"))
        lines.append(_row("Parameters", count(fit.scene.parameters)))
        if fit.diverged_at is not None:
            lines.append((("Diverged", "error"), (f" at epoch {fit.diverged_at}: smaller lr (<)", "error")))
        return self.show_lines(lines)


def counted_lines(scene: Scene, counts: LineRegions | None) -> list[Line]:
    """The counts as lines, also of a moment in Replay."""
    if not scene.countable:
        why = "not piecewise linear"
        if scene.dimension > 1:
            why = "the cells: screen 4"
        return [_row("Linear regions", "n/a"), _row("Bends", "n/a"), ((f"({why})", "label"),)]
    lines = [
        _row("Linear regions", count(counts.count) if counts else "…", "accent"),
        _row("Bends", count(counts.bends) if counts else "…", "accent"),
    ]
    if counts is not None:
        lines.append(_row("Activation reg.", count(counts.activation_regions)))
        lines.append(_row("By layer", " ".join(map(str, counts.bends_by_layer)) or "0"))
        lines.append(_row("Dead units", _dead(counts)))
        lines.append(_row("Collapsed", "yes: constant" if counts.collapsed else "no"))
    if scene.upper_bound is not None:
        lines.append(_row("At most", count(scene.upper_bound)))
    if scene.lower_bound is not None:
        lines.append(_row("Reachable", count(scene.lower_bound)))
    return lines


def _dead(counts: LineRegions) -> str:
    """How many, and the first, as layer.unit: there is room for one or two."""
    if not counts.dead_units:
        return "none"
    names = " ".join(
        f"{layer}.{unit}" for layer, unit in counts.dead_units[: 2 if len(counts.dead_units) == 2 else 1]
    )
    return f"{len(counts.dead_units)}: {names}{' …' if len(counts.dead_units) > 2 else ''}"


def _row(label: str, value: str, style: str = "value") -> Line:
    return ((label.ljust(LABEL_WIDTH), "label"), (value, style))
