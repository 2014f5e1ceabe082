"""Values and verdicts as people read them, wherever they are shown: in a terminal, on a page, in a figure."""

from __future__ import annotations

from nnexpr.experiments.data import Verdict

__all__ = ["cell_text", "verdict_text"]


def verdict_text(verdict: Verdict) -> str:
    """A verdict as people read it: there are numbers where nothing was judged, so "not measured" says too much."""
    return "not judged" if verdict == "not measured" else verdict


def cell_text(value: object) -> str:
    """A value of a table or a claim as people read it; a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if not isinstance(value, float):
        return str(value)
    if value == 0 or 1e-2 <= abs(value) < 1e4:
        return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
    return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e+")
