"""What figures are drawn on: a figure of its own style, axes of the caller's, and texts that are nothing but texts.

Figures are made by the object interface: no pyplot, no global state, no backend. Names come from files and formulas, so
every text of ours is drawn as it is spelled: no mathematics, no TeX.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from io import BytesIO
from math import ceil, log10
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.cm import ScalarMappable
from matplotlib.container import BarContainer
from matplotlib.figure import Figure, SubFigure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike

from nnexpr.plot.style import BLACK, COLORS, FONT, GREY, LEGEND_FONT, Size, applied, dash, inches
from nnexpr.plot.texts import PLAIN, text_width, told
from nnexpr.plot.thinning import alone, thinned

__all__ = ["Drawing", "PaperFigure", "drawing", "drawings", "panels"]

MOST_NAMED = 24  # entries of a legend
HANDLE = 4.6  # sizes of a legend's letters: the line before a text, and the gaps
TITLE = 0.8  # of a figure's width, for the title of its axes
SHORT, VERY_SHORT = 1.5, 0.7  # decades: a shorter logarithmic axis has numbers at these
COARSE, FINE = (1.0, 2.0, 5.0), (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
LABELS = 0.42  # inches below axes, for the numbers and the name of x
LEGEND_ROW = 0.15  # inches


class PaperFigure(Figure):
    """A matplotlib figure that is drawn and saved in the style that it was made in, whatever is configured by then."""

    def draw(self, renderer: RendererBase) -> None:
        with applied():
            super().draw(renderer)

    def savefig(self, fname: Any, **options: Any) -> None:
        """As of every figure, with nothing of the time of day in it: the same figure gives the same bytes."""
        ending = str(options.get("format") or getattr(fname, "name", fname)).rpartition(".")[2].lower()
        date = {"pdf": "CreationDate", "svg": "Date"}.get(ending)
        metadata = {date: None} if date else {}
        with applied():
            super().savefig(fname, **{**options, "metadata": metadata | dict(options.get("metadata") or {})})

    def _repr_png_(self) -> bytes:
        """For a notebook, which shows a figure of the object interface in no other way."""
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=150)
        return picture.getvalue()


class Drawing:
    """Axes, and what has been drawn there under a name. ``own``: they are of a figure of ours, in our style."""

    def __init__(self, ax: Axes, *, own: bool, columns: int = 1) -> None:
        self.ax, self.own = ax, own
        self.named_ones: list[tuple[Artist | BarContainer, str]] = []
        self._curves, self._columns = 0, columns

    @property
    def figure(self) -> Figure:
        """The whole figure that the axes are part of."""
        figure: Figure | SubFigure | None = self.ax.figure
        while isinstance(figure, SubFigure):
            figure = figure.figure
        assert figure is not None  # noqa: S101 - axes without a figure cannot be drawn on
        return figure

    # Texts

    def name(self, *, x: str = "", y: str = "", title: str = "") -> None:
        """Write what the axes are of, and a title where there is one."""
        for text, write in ((x, self.ax.set_xlabel), (y, self.ax.set_ylabel)):
            if text:
                write(told(text, own=self.own), **PLAIN)
        if title:
            lines = told(title, own=self.own)
            self.ax.set_title(self._on_lines(lines) if self.own else lines, **PLAIN)

    def _on_lines(self, text: str) -> str:
        """A title, as many lines as it takes in a figure of this width."""
        room = self.figure.get_figwidth() * 72 * TITLE / self._columns / FONT
        return "\n".join(wrap(text, max(8, int(len(text) * room / max(text_width(text), 1e-9)))))

    def whole(self, width: float, height: float) -> None:
        """Make the axes all of the figure, which is so many points wide and high, with points as its units."""
        self.figure.set_layout_engine("none")
        self.ax.set_position((0.0, 0.0, 1.0, 1.0))
        self.ax.set_xlim(0.0, width)
        self.ax.set_ylim(0.0, height)

    def at(self, x: float, y: float, text: str, **options: Any) -> None:
        """A text whose top is at y, in the units of the axes."""
        self.ax.text(x, y, told(text, own=self.own), va="top", **PLAIN, **options)

    def rule(self, left: float, right: float, y: float, thick: float) -> None:
        """A line across, in the units of the axes."""
        self.ax.plot(
            [left, right], [y, y], color=BLACK, linewidth=thick, linestyle="-", solid_capstyle="butt"
        )

    # Curves

    def line(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: Any) -> Line2D:
        """A curve with a colour and a dash of its own unless given, thinned; a dot where a value stands alone."""
        across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        kept = thinned(across, up, log=self.ax.get_xscale() == "log")
        across, up = across[kept], up[kept]
        place, self._curves = self._curves, self._curves + 1
        style: dict[str, Any] = {"color": COLORS[place % len(COLORS)], "linestyle": dash(place)} | options
        if "marker" not in style and len(dots := alone(up)):
            style |= {"marker": ".", "markevery": dots.tolist()}
        [drawn] = self.ax.plot(across, up, **style)
        self._name(drawn, label)
        return drawn

    def dots(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: Any) -> Line2D:
        """Points without a line."""
        return self.line(x, y, label, **{"linestyle": "none", "marker": "o", **options})

    def band(self, x: ArrayLike, low: ArrayLike, high: ArrayLike, label: str = "", **options: Any) -> None:
        """What lies between two curves, thinned."""
        across, least, most = (np.asarray(each, dtype=np.float64) for each in (x, low, high))
        kept = thinned(across, least, most, log=self.ax.get_xscale() == "log")
        style: dict[str, Any] = {"color": COLORS[0], "alpha": 0.2, "linewidth": 0} | options
        self._name(self.ax.fill_between(across[kept], least[kept], most[kept], **style), label)

    def ticks(self, x: ArrayLike, label: str = "", **options: Any) -> None:
        """A short line above the lower border at each x."""
        at = np.unique(np.asarray(x, dtype=np.float64))
        at = at[thinned(at, at)]
        style = {"color": GREY, "linestyle": "none", "marker": "|", "markersize": 6, "markeredgewidth": 0.5}
        ground = self.ax.get_xaxis_transform()
        [drawn] = self.ax.plot(
            at, np.full(len(at), 0.02), transform=ground, clip_on=False, **{**style, **options}
        )
        self._name(drawn, label)

    def level(self, y: float, label: str = "", **options: Any) -> None:
        """A line across the axes."""
        self._name(
            self.ax.axhline(y, **{"color": GREY, "linewidth": 0.8, "linestyle": dash(1), **options}), label
        )

    def bars(self, x: ArrayLike, y: ArrayLike, label: str = "", **options: Any) -> None:
        """Upright bars from the lower border; on a logarithmic axis none for what is not above 0."""
        across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        kept = np.isfinite(up) & ((up > 0) | (self.ax.get_yscale() != "log"))
        self._name(self.ax.bar(across[kept], up[kept], **{"width": 0.7, **options}), label)

    def scale(self, colors: ScalarMappable, label: str, **options: Any) -> None:
        """What the colours of a map mean, beside it."""
        # Beside the axes as they are in the end, also where a map keeps its proportions.
        where: dict[str, Any] = (
            {"cax": self.ax.inset_axes((1.03, 0.0, 0.045, 1.0))} if self.own else {"ax": self.ax}
        )
        bar = self.figure.colorbar(colors, **where, **options)
        bar.outline.set_linewidth(0.4)
        bar.set_label(told(label, own=self.own), **PLAIN)

    # In the end

    def finish(self, *, alone: bool) -> None:
        """The legend, and ticks that can be read where a logarithmic axis is short; one that is empty has an end."""
        if self.own and self._is_empty():
            self.ax.set_autoscale_on(False)
            self.ax.set_xlim(1.0, 10.0)
            self.ax.set_ylim(1.0, 10.0)
        for axis, limits in ((self.ax.xaxis, self.ax.get_xlim()), (self.ax.yaxis, self.ax.get_ylim())):
            span = abs(log10(limits[1]) - log10(limits[0])) if axis.get_scale() == "log" else SHORT
            if span < SHORT:
                axis.set_major_locator(LogLocator(subs=FINE if span < VERY_SHORT else COARSE))
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
                axis.set_minor_formatter(NullFormatter())
        self.legend(alone=alone)

    def _is_empty(self) -> bool:
        """Whether the axes have nothing to show: no point that is finite, and above 0 where an axis is logarithmic."""
        logs = self.ax.get_xscale() == "log", self.ax.get_yscale() == "log"
        for line in self.ax.lines:
            points = np.asarray(line.get_xydata(), dtype=np.float64)
            seen = np.isfinite(points) & ((points > 0) | ~np.array(logs))
            if seen.all(axis=1).any():
                return False
        return not (self.ax.collections or self.ax.patches or self.ax.images)

    def _name(self, artist: Artist | BarContainer, label: str) -> None:
        if label and len(self.named_ones) < MOST_NAMED:
            artist.set_label(label)
            self.named_ones.append((artist, told(label, own=self.own)))

    def legend(self, *, alone: bool) -> None:
        """What has a name: in our own figures below the axes, where it hides nothing. One curve needs none."""
        if len(self.named_ones) < 2:
            return
        artists, labels = zip(*self.named_ones, strict=True)
        blank = [" "] * len(labels)  # a label that begins with an underscore would be left out
        if self.own:
            room = self.figure.get_figwidth() / self._columns
            labels = tuple(_fitting(label, room) for label in labels)
            columns = _columns(room, labels)
            if alone:
                drawn = self.figure.legend(artists, blank, loc="outside lower center", ncols=columns)
                self.figure.set_figheight(
                    self.figure.get_figheight() + LEGEND_ROW * ceil(len(labels) / columns)
                )
            else:
                down = ScaledTranslation(0.0, -LABELS, self.figure.dpi_scale_trans)
                drawn = self.ax.legend(
                    artists, blank, loc="upper center", ncols=columns, borderaxespad=0.0,
                    bbox_to_anchor=(0.5, 0.0), bbox_transform=self.ax.transAxes + down,
                )  # fmt: skip
        else:
            drawn = self.ax.legend(artists, blank)
        _write(drawn, labels)


def _fitting(label: str, width: float) -> str:
    """A label, or beginning and end of one that is wider than a legend of ``width`` inches."""
    room = width * 72 / LEGEND_FONT - HANDLE
    if text_width(label) <= room:
        return label
    kept = int(len(label) * room / text_width(label)) - 2
    return f"{label[: kept * 2 // 3]} … {label[len(label) - kept // 3 :]}"


def _columns(width: float, labels: Sequence[str]) -> int:
    """How many of the labels have room beside each other; ``width`` in inches."""
    room = width * 72 / LEGEND_FONT / (HANDLE + max(map(text_width, labels)))
    most = min(max(1, int(room)), len(labels))
    return ceil(len(labels) / ceil(len(labels) / most))  # rows of the same length


def _write(drawn: Legend, labels: Sequence[str]) -> None:
    for text, label in zip(drawn.get_texts(), labels, strict=True):
        text.set_parse_math(False)
        text.set_usetex(False)
        text.set_text(label)


@contextmanager
def drawing(ax: Axes | None, size: Size, ratio: float | None = None) -> Iterator[Drawing]:
    """The caller's axes, in the caller's style, or those of a new figure in ours; with a legend in the end.

    The caller's may be those of :func:`panels`, which are in ours.
    """
    if ax is not None:
        own = isinstance(ax.figure, PaperFigure)
        with applied() if own else nullcontext():
            drawn = Drawing(ax, own=own, columns=_beside(ax))
            yield drawn
            drawn.finish(alone=False)
        return
    with drawings(size, ratio=ratio) as [drawn]:
        yield drawn


@contextmanager
def drawings(
    size: Size, rows: int = 1, columns: int = 1, *, ratio: float | None = None, **options: Any
) -> Iterator[list[Drawing]]:
    """The axes of a new figure, row by row, made and to be drawn on in the style of papers.

    As :func:`panels`. What the size leaves open is the height: it is the width times ``ratio``, and grows by what a
    legend takes.
    """
    with panels(size, rows, columns, ratio=ratio, **options) as axes:
        drawn = [Drawing(ax, own=True, columns=columns) for ax in axes]
        yield drawn
        for each in drawn:
            each.finish(alone=len(drawn) == 1)
        if not isinstance(size, str):
            drawn[0].figure.set_size_inches(*inches(size))


@contextmanager
def panels(
    size: Size = "page", rows: int = 1, columns: int = 1, *, ratio: float | None = None, **options: Any
) -> Iterator[list[Axes]]:
    """The axes of a new figure in the style of papers, row by row, to draw several figures in: ``fit(…, ax=axes[0])``.

    ``size``: of the whole figure, of which ``ratio`` is height over width. ``options``: of
    :meth:`matplotlib.figure.Figure.subplots`.
    """
    with applied():
        shape = inches(size) if ratio is None else inches(size, ratio)
        figure = PaperFigure(figsize=shape, layout="constrained")
        yield list(np.ravel(figure.subplots(rows, columns, squeeze=False, **options)))


def _beside(ax: Axes) -> int:
    """How many axes stand beside each other where these do."""
    place = ax.get_subplotspec()
    return 1 if place is None else place.get_gridspec().ncols
