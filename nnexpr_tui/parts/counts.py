"""The exact counts of a network on a line as lines of a table, between its bounds: of the fit, and of its replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.numbers import count
from nnexpr_tui.parts.table import row

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.runs.recording import Scene

__all__ = ["counted_lines"]


def counted_lines(scene: Scene, counts: LineRegions | None) -> list[Line]:
    """The counts as lines, also of a moment in Replay."""
    if not scene.countable:
        why = "not piecewise linear"
        if scene.dimension > 1:
            why = "the cells: screen 4"
        return [row("Linear regions", "n/a"), row("Bends", "n/a"), ((f"({why})", "label"),)]
    lines = [
        row("Linear regions", count(counts.count) if counts else "…", "accent"),
        row("Bends", count(counts.bends) if counts else "…", "accent"),
    ]
    if counts is not None:
        lines.append(row("Activation reg.", count(counts.activation_regions)))
        lines.append(row("By layer", " ".join(map(str, counts.bends_by_layer)) or "0"))
        lines.append(row("Dead units", _dead(counts)))
        lines.append(row("Collapsed", "yes: constant" if counts.collapsed else "no"))
        if not counts.check.certified:
            lines.append(row("Certified", "NO", "accent"))
    if scene.upper_bound is not None:
        lines.append(row("At most", count(scene.upper_bound)))
    if scene.lower_bound is not None:
        lines.append(row("Reachable", count(scene.lower_bound)))
    return lines


def _dead(counts: LineRegions) -> str:
    """How many, and the first, as layer.unit: there is room for one or two."""
    if not counts.dead_units:
        return "none"
    names = " ".join(
        f"{layer}.{unit}" for layer, unit in counts.dead_units[: 2 if len(counts.dead_units) == 2 else 1]
    )
    return f"{len(counts.dead_units)}: {names}{' …' if len(counts.dead_units) > 2 else ''}"
