"""What a subcommand writes: data on stdout, for people or as JSON; narration and progress on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

import click

from nnexpr.plain import plain
from nnexpr_tui.commands.group import clean, harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style

    from nnexpr.experiments.data import Map
    from nnexpr_tui.charts.heat import Floats, Picture
    from nnexpr_tui.charts.maps import Ground
    from nnexpr_tui.charts.series import ChartData, Markers

__all__ = [
    "MAP_SIZE",
    "Progress",
    "count",
    "figure",
    "number",
    "print_chart",
    "print_drawn",
    "print_grid",
    "print_json",
    "print_maps",
    "print_table",
    "print_text",
    "say",
    "stdout_width",
]

_WIDTH = 100  # of tables and charts where stdout is no terminal
_CHART_WIDTH, _CHART_HEIGHT = 120, 22  # of charts at most
MAP_SIZE = (
    32,
    32,
)  # pixels of a map, two in a character cell, one above the other: three maps beside each other
_GRID_SIZE = 56, 26  # cells of a map with its axes, in which a square is about square
_GAP = 2  # columns between maps


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON document on stdout."""
    click.echo(json.dumps(plain(document), allow_nan=False))


def say(sentence: str) -> None:
    """Tell people something on stderr; where nobody listens any more, nothing is told."""
    with suppress(OSError):
        click.echo(clean(sentence), err=True)


def number(value: float | None, digits: int = 3) -> str:
    """A number as a table shows it; a dash for none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.{digits}g}"


def count(number: int, one: str) -> str:
    """``1 epoch``, ``2,000 epochs``: the number with its noun."""
    return f"{number:,} {one}{'s' if number != 1 else ''}"


def figure(value: float) -> str:
    """A loss or an error as a table shows it."""
    return f"{value:.3e}" if math.isfinite(value) else "diverged"


def _stdout() -> Console:
    from rich.console import Console

    terminal = sys.stdout.isatty()  # whatever FORCE_COLOR says: into a file go no control characters
    width = None if terminal else _WIDTH
    return Console(width=width, force_terminal=terminal, highlight=False, markup=False, emoji=False)


def stdout_width() -> int:
    """How many columns there are to print on."""
    return _stdout().width


def print_text(text: str = "", *, style: str | None = None) -> None:
    """Print lines on stdout, never read as markup and without a character that a terminal would obey."""
    text = "\n".join(map(harmless, text.split("\n")))
    _stdout().print(text, style=style, soft_wrap=True)


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    words: bool = False,
    narrow: bool = False,
) -> None:
    """Print a table on stdout: the first column to the left; the others, unless they hold words, to the right.

    Where it is wider than there is room, texts are wrapped between words, and columns that are left over stand below.
    ``narrow``: headings are wrapped to what stands below them, and columns stand closer, in any case.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from nnexpr_tui.commands.columns import laid_out

    console = _stdout()
    columns, rows = [clean(column) for column in columns], [[clean(cell) for cell in row] for row in rows]
    print_text(clean(title), style="bold")
    for group in laid_out(columns, rows, console.width, narrow=narrow):
        table = Table(box=box.SIMPLE_HEAD, collapse_padding=group.close, pad_edge=not group.close)
        for place, width in zip(group.places, group.widths, strict=True):
            table.add_column(
                Text(columns[place]),
                justify="right" if place and not words else "left",
                overflow="fold",
                width=width,
            )
        for row in rows:
            table.add_row(*(Text(row[place]) for place in group.places))
        console.print(table)


def print_chart(chart: ChartData) -> None:
    """Print a chart on stdout, in colour where it is a terminal that has some."""
    from nnexpr_tui.charts.text import render_text

    console = _stdout()
    color = console.color_system is not None and not console.no_color
    width = min(console.width, _CHART_WIDTH)
    click.echo(render_text(chart, width, _CHART_HEIGHT, color=color, markers=_markers()), color=color)


def print_maps(maps: Mapping[str, Floats]) -> None:
    """Print maps of values ``(rows, columns)`` on stdout, as many side by side as there is room for.

    Each has its title above and its colours, or shades where there are few, from least to greatest below.
    """
    import numpy as np

    from nnexpr_tui.charts.heat import blank, write
    from nnexpr_tui.charts.maps import Ground, value_limits, value_map

    console = _stdout()
    columns, rows = MAP_SIZE[0], MAP_SIZE[1] // 2
    ground = Ground(columns, rows + 1, _markers(), plain=_lacks_colors(console))
    pictures = []
    for title, values in maps.items():
        picture, _ = value_map(values, value_limits(values), ground)
        heading = blank(columns, 1)
        write(heading, 0, 0, clean(title))
        pictures.append(np.vstack([heading, picture, blank(columns, 1)]))
    beside = max(1, (console.width + _GAP) // (columns + _GAP))
    for first in range(0, len(pictures), beside):
        gap = blank(_GAP, rows + 3)
        parts = [part for picture in pictures[first : first + beside] for part in (gap, picture)][1:]
        _print_picture(console, np.hstack(parts))


def print_grid(figure: Map) -> None:
    """Print a map of an experiment on stdout with its axes, in colours or shades."""
    from nnexpr_tui.charts.grids import grid_map
    from nnexpr_tui.charts.maps import Ground

    console = _stdout()
    ground = Ground(
        min(console.width, _GRID_SIZE[0]), _GRID_SIZE[1], _markers(), plain=_lacks_colors(console)
    )
    _print_picture(console, grid_map(figure, ground))
    console.print()


def print_drawn(draw: Callable[[Ground], Picture], columns: int, rows: int) -> None:
    """Print what ``draw`` makes of a ground of so many cells at most, in colours or shades."""
    from nnexpr_tui.charts.maps import Ground

    console = _stdout()
    ground = Ground(min(console.width, columns), rows, _markers(), plain=_lacks_colors(console))
    _print_picture(console, draw(ground))


def _lacks_colors(console: Console) -> bool:
    return console.no_color or console.color_system not in ("256", "truecolor")


def _print_picture(console: Console, picture: Picture) -> None:
    import numpy as np
    from rich.text import Text

    from nnexpr_tui.charts.heat import BLANK, runs_of

    for row in picture:
        line, drawn = Text(no_wrap=True), np.flatnonzero(row != BLANK)  # spaces in a colour are drawn
        for text, ink, paper in runs_of(row[: drawn[-1] + 1 if len(drawn) else 0].tolist()):
            line.append(text, style=_style(ink, paper))
        console.print(line)


def _style(ink: int, paper: int) -> Style:
    """Of packed colours; below 0 is the terminal's own."""
    from rich.color import Color
    from rich.style import Style

    colors = [
        Color.from_rgb(each >> 16, each >> 8 & 255, each & 255) if each >= 0 else None
        for each in (ink, paper)
    ]
    return Style(color=colors[0], bgcolor=colors[1])


def _markers() -> Markers:
    return "braille" if "utf" in (sys.stdout.encoding or "").lower() else "ascii"


class Progress(AbstractContextManager["Progress"]):
    """A bar on stderr while inside, where that is a terminal; where the terminal has gone, nothing."""

    def __init__(self, title: str, total: float) -> None:
        from rich import progress as bars
        from rich.console import Console

        self.visible = sys.stderr.isatty()
        self._bar = bars.Progress(
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TimeRemainingColumn(),
            bars.TextColumn("{task.fields[note]}", markup=False),
            console=Console(stderr=True, highlight=False, markup=False, emoji=False),
            transient=True,
            auto_refresh=False,
            disable=not self.visible,
        )
        self._task = self._bar.add_task(clean(title), total=total, note="")

    def __enter__(self) -> Progress:
        with suppress(OSError):
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._bar.stop()

    def show(self, done: float, note: str) -> None:
        """So much is done, with a note beside the bar."""
        with suppress(OSError):
            self._bar.update(self._task, completed=done, note=clean(note), refresh=True)
