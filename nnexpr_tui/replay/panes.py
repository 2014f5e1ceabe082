"""What Replay is made of: the fits, the table of the runs, and the moment of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.style import Style
from textual.color import Color

from nnexpr_tui.charts.limits import LimitKeeper
from nnexpr_tui.charts.rows import TEXT, Rows, fit_row, shortened, told_apart
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.lines import STYLES, Line, LinePane, clean
from nnexpr_tui.parts.numbers import count, member_of, number
from nnexpr_tui.parts.status import SIGNS
from nnexpr_tui.parts.table import row

if TYPE_CHECKING:
    from nnexpr_tui.replay.charts import Standing

__all__ = ["BENDS_HELP", "FITS_HELP", "FRONTS_HELP", "MAPS_HELP", "FitsPane", "MomentPane", "RunsPane"]

LEAST_PART = 25  # cells of a chart beside others
FITS_HELP = """\
The target, and the fit of each run at the time that is shown, with its bends as marks under the canvas. The axes are
those of all snapshots, up to ten times as high as the target, and the same for all runs. o puts all runs into one
chart, or each into its own. e shows the error, fit minus target, in place of both. V puts a cursor on the chart, at the
same x in all of them."""
MAPS_HELP = """\
A column is a time, on the logarithmic axis of the clock; maps of several runs stand on one axis and one scale.
Bends (b): how many of them lie in each part of the domain, a row, at the snapshots that are counted by now: they
wander, meet and gather where the target is curved. Once more: how many there are in all.
Error (w): the error on each of twenty subintervals of the domain, as a share of the target's size, its standard
deviation; lighter is more, from a hundredth to one. The mark in a row is the time from which on it stays below a tenth:
there it is learned. Once more: these times alone, over x.
Modes (F): the error's Fourier modes, mode 0 at the top."""
BENDS_HELP = """\
How many bends each run's network has, at the snapshots that are counted by now."""
FRONTS_HELP = """\
For each of twenty subintervals of the domain, from when on the error there stays below a tenth of the target's size,
its standard deviation; where it never does, there is no mark. Where the target is slow it is mostly learned first."""


class FitsPane(ChartPane):
    """The fits of several runs in one chart, or each in one of its own where there is room for them."""

    _parts: tuple[ChartData, ...] = ()

    def show_fits(self, whole: ChartData, parts: tuple[ChartData, ...] = ()) -> int:
        """Show the ``parts`` beside one another, where there are several and room for them, else the whole."""
        self._parts = parts
        return self.update_chart(whole)

    def _build(self) -> int:
        from nnexpr_tui.charts.raster import rasterise

        frame, count = self.frame, len(self._parts)
        room = frame.width - (count - 1)
        if self._data is None or count < 2 or room < count * LEAST_PART:
            return super()._build()
        self._is_stale = False
        cursor = self.marked(self._data).cursor
        columns = [
            rasterise(
                replace(part, cursor=cursor), replace(frame, width=_share(room, count, at)), LimitKeeper()
            )
            for at, part in enumerate(self._parts)
        ]
        return self.show(_beside(columns, frame.width))


def _share(room: int, count: int, at: int) -> int:
    return room * (at + 1) // count - room * at // count


def _beside(columns: Sequence[Rows], width: int) -> Rows:
    rows = []
    for parts in zip(*columns, strict=True):
        joined = [run for part in parts for run in ((" ", TEXT), *part)]
        rows.append(fit_row(joined[1:], width))
    return tuple(rows)


class RunsPane(LinePane, can_focus=True):
    """A run a row."""

    HELP: ClassVar[str] = """\
The runs side by side, each at the time that is shown: its letter, what it is or what it was varied by, how it trains,
and its epoch, loss, exact counts, parameters and seconds of training. A run that has ended stays at its end.
▸ is the chosen one: n chooses the next, a varies it, p trains it on or pauses it, d takes it away, S keeps it."""

    NAME: ClassVar[int] = 16  # cells at least
    COLUMNS: ClassVar[tuple[tuple[str, int], ...]] = (
        ("epoch", 10), ("loss", 12), ("regions", 9), ("bends", 7), ("seconds", 9), ("parameters", 12),
    )  # fmt: skip

    _shown: tuple[Sequence[Standing], str, str] | None = None

    def on_resize(self) -> None:
        """Columns of the new width."""
        if self._shown is not None:
            self.show_runs(*self._shown)

    def show_runs(self, runs: Sequence[Standing], chosen: str, when: str) -> int:
        """Show these, under ``when`` it is. About how many bytes that sends."""
        self._shown = runs, chosen, when
        room = self.size.width - self.NAME - 4
        columns = list(self.COLUMNS)
        while columns and sum(width for _, width in columns) > room:
            columns.pop()
        name = self.size.width - 4 - sum(width for _, width in columns)
        heads = "".join(f"{label:>{width}}" for label, width in columns)
        lines: list[Line] = [((f"{shortened(when, name + 3):<{name + 4}}", "accent"), (heads, "label"))]
        names = told_apart([clean(run.lane.name) for run in runs], name - len("‖ "))
        for run, known in zip(runs, names, strict=True):
            values = self._values(run)
            told = "".join(f"{values[label]:>{width}}" for label, width in columns)
            sign = "▸" if run.lane.mark == chosen else " "
            shown = set_cell_size(f"{SIGNS.get(run.lane.state, '·')} {known}", name)
            style = "value" if run.lane.mark == chosen else ""
            lines.append(
                ((sign, "accent"), (f"{run.lane.mark} ", run.color), (f"{shown} ", style), (told, style))
            )
        return self.show_lines(lines)

    def named_style(self, name: str) -> Style:
        """A style of lines, or a role of the theme in which a run's curves are drawn."""
        if name in STYLES:
            return super().named_style(name)
        return Style(color=Color.parse(self.app.theme_variables[name]).rich_color)

    @staticmethod
    def _values(run: Standing) -> dict[str, str]:
        snapshot, scene, counts = run.snapshot, run.recording.scene, run.counts
        none = "…" if scene.countable else "n/a"
        return {
            "epoch": count(snapshot.epoch),
            "loss": number(snapshot.loss),
            "regions": none if counts is None else count(counts.count),
            "bends": none if counts is None else count(counts.bends),
            "seconds": f"{snapshot.seconds:.2f}",
            "parameters": count(scene.parameters),
        }


class MomentPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
The snapshot that is shown: its epoch, its loss, and the counts of the network as it was then."""

    def show_moment(self, run: Standing, playing: bool) -> int:
        """Show where this run stands. About how many bytes that sends."""
        snapshot, snapshots = run.snapshot, run.recording.snapshots
        lines: list[Line] = [
            row("Snapshot", f"{run.index + 1} of {len(snapshots)}" + (" ▶" if playing else ""), "accent"),
            row("Epoch", count(snapshot.epoch)),
            row("Loss", number(snapshot.loss)),
            row("Learning rate", number(snapshot.learning_rate)),
            row("Seconds", f"{snapshot.seconds:.2f}"),
        ]
        if len(snapshot.losses) > 1:
            lines.append(row("Member", member_of(snapshot.member, len(snapshot.losses))))
        return self.show_lines([*lines, *counted_lines(run.recording.scene, run.counts)])
