"""What a subcommand writes: data on stdout, for people or as JSON; narration and progress on stderr."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any

import click

from nnexpr_tui.commands.group import clean
from nnexpr_tui.documents import plain

if TYPE_CHECKING:
    from rich.console import Console

    from nnexpr_tui.charts.series import ChartData, Markers

__all__ = [
    "Progress",
    "count",
    "figure",
    "number",
    "print_chart",
    "print_json",
    "print_table",
    "print_text",
    "say",
    "stdout_width",
]

_WIDTH = 100  # of tables and charts where stdout is no terminal
_CHART_WIDTH, _CHART_HEIGHT = 120, 22  # of charts at most


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
    """Print lines on stdout as they are, never read as markup."""
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

    ``narrow``: headings are wrapped to what stands below them, before anything else is.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table, rows = Table(box=box.SIMPLE_HEAD), list(rows)
    for place, column in enumerate(columns):
        longest = max(len(text) for text in [*column.split(), *(row[place] for row in rows)])
        table.add_column(
            Text(clean(column)),
            justify="right" if place and not words else "left",
            overflow="fold",
            max_width=longest if narrow else None,
        )
    for row in rows:
        table.add_row(*(Text(clean(cell)) for cell in row))
    print_text(clean(title), style="bold")
    _stdout().print(table)


def print_chart(chart: ChartData) -> None:
    """Print a chart on stdout, in colour where it is a terminal that has some."""
    from nnexpr_tui.charts.text import render_text

    console = _stdout()
    color = console.color_system is not None and not console.no_color
    markers: Markers = "braille" if "utf" in (sys.stdout.encoding or "").lower() else "ascii"
    width = min(console.width, _CHART_WIDTH)
    click.echo(render_text(chart, width, _CHART_HEIGHT, color=color, markers=markers), color=color)


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
