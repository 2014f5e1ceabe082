"""What a chart shows: series on two axes, and the frame of terminal cells they are drawn into.

Colours are names: a role of the theme (``"primary"``, ``"accent"``, ``"warning"``, ...) or any colour Rich knows
(``"red"``, ``"#ff8800"``). They become styles only where something is painted, so a theme may change without a redraw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["MARKER_SETS", "Axis", "ChartData", "Frame", "Markers", "Series", "SeriesStyle"]

Markers = Literal["braille", "block", "ascii"]
SeriesStyle = Literal["line", "points", "band", "ticks"]
MARKER_SETS: tuple[Markers, ...] = ("braille", "block", "ascii")


@dataclass(frozen=True, eq=False)
class Series:
    """One named set of values.

    ``style`` says how it is drawn: ``"line"`` joins the points in order of ``x`` and breaks where a value is not
    finite; ``"points"`` marks each; ``"band"`` shades from ``y`` up to ``upper``; ``"ticks"`` marks the positions ``x``
    on a row of its own under the canvas (``y`` is not used). ``x`` and ``y`` are 1-D and of one length; the longer is
    cut. ``marker`` replaces the character of points, and of lines in the ASCII set.
    """

    x: ArrayLike
    y: ArrayLike = ()
    label: str = ""
    color: str = "primary"
    marker: str = ""
    style: SeriesStyle = "line"
    upper: ArrayLike | None = None


@dataclass(frozen=True)
class Axis:
    """A scale. ``limits`` fixes it; otherwise limits are chosen from the data and held while they fit.

    ``include``: values the limits hold besides the data.
    """

    log: bool = False
    label: str = ""
    limits: tuple[float, float] | None = None
    include: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class ChartData:
    """A chart: its series from back to front, two axes and a title.

    ``cursor``: where on the horizontal axis a rule stands, behind the curves. ``facts()``: what is read there beside
    the series and not drawn. ``has_legend``: whether the series are named above the canvas, and not elsewhere.
    """

    series: tuple[Series, ...] = ()
    x_axis: Axis = Axis()
    y_axis: Axis = Axis()
    title: str = ""
    facts: Callable[[], tuple[Series, ...]] = tuple
    cursor: float | None = None
    has_legend: bool = True

    @property
    def numbers(self) -> list[int]:
        """For each series, how many of its style come before it."""
        styles = [series.style for series in self.series]
        return [styles[:i].count(style) for i, style in enumerate(styles)]


@dataclass(frozen=True)
class Frame:
    """The cells to fill, and with which characters.

    With ``patterns`` lines also differ in dashes, for terminals that show no colour or too few.
    """

    width: int
    height: int
    markers: Markers = "braille"
    patterns: bool = False
