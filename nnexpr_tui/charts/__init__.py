"""Charts: series become rows of styled text, and a widget repaints only the rows that changed.

========== ==========================================================================================
series     what is drawn: :class:`Series`, :class:`Axis`, :class:`ChartData`, and the :class:`Frame` it is drawn into
prepare    values that cannot be shown are set aside and counted; the rest is thinned to what dots can tell apart
limits     round limits that hold, and where the ticks go
plan       which rows and columns are header, axes, canvas, bends and footer
plots      the only file that knows plotext: axes for every chart, whole charts for the batch commands
dots       lines, points and bands as braille, block or ASCII characters
raster     :func:`rasterise`: a chart as rows; pure, for any thread
text       :func:`render_text`: a chart as a string, for pipes and logs
widget     :class:`Chart`, the Textual widget
pacing     :class:`Pacer`: when the next frame may be drawn; ``output``: whether the terminal keeps up
========== ==========================================================================================

``series``, ``rows``, ``limits``, ``widget``, ``pacing`` and ``output`` import neither NumPy nor plotext, so an explorer
can paint before either is loaded; only ``widget`` imports Textual, so batch commands can draw without it. The names
below are loaded when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nnexpr_tui.charts.limits import LimitKeeper
    from nnexpr_tui.charts.pacing import Pacer
    from nnexpr_tui.charts.raster import rasterise
    from nnexpr_tui.charts.rows import Rows
    from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series
    from nnexpr_tui.charts.text import render_text
    from nnexpr_tui.charts.widget import Chart

__all__ = [
    "Axis",
    "Chart",
    "ChartData",
    "Frame",
    "LimitKeeper",
    "Pacer",
    "Rows",
    "Series",
    "rasterise",
    "render_text",
]

_HOMES = {
    "Axis": "series",
    "Chart": "widget",
    "ChartData": "series",
    "Frame": "series",
    "LimitKeeper": "limits",
    "Pacer": "pacing",
    "Rows": "rows",
    "Series": "series",
    "rasterise": "raster",
    "render_text": "text",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
