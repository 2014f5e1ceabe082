"""What a terminal shows of a frame: the explorer's charts and tables in boxes, as rows of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nnexpr_tui.charts.raster import rasterise
from nnexpr_tui.charts.rows import Row, Rows, fit_row, plain_text, row_width
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series
from nnexpr_tui.exports.clip import Clip
from nnexpr_tui.exports.counts import counts_of
from nnexpr_tui.exports.happened import Happened
from nnexpr_tui.exports.layout import are_early, shown_name
from nnexpr_tui.exports.picture import fit_limits
from nnexpr_tui.parts.charts import fit_chart
from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.numbers import count, member_of, number
from nnexpr_tui.parts.table import row

if TYPE_CHECKING:
    from nnexpr.regions.line import LineRegions
    from nnexpr.training.snapshots import Snapshot

__all__ = ["LEAST", "MOST", "Screens"]

LEAST, MOST = (40, 16), (400, 200)  # cells
NUMBERS_WIDE, NUMBERS_FROM = 32, 100  # the column of numbers, and from which width on there is one
LOSS_SHARE = 0.36  # of the height
COLORS = ("accent", "primary", "success", "error")


class Screens:
    """The screens of a clip at one size."""

    def __init__(self, clip: Clip, width: int, height: int, seen: Sequence[Happened] = ()) -> None:
        self._clip, self._width, self._height = clip, width, height
        self._seen = seen
        self._limits = fit_limits(clip)
        self._log_epochs = are_early(clip)

    def rows(self, frame: int) -> Rows:
        """``height`` rows of ``width`` cells."""
        clip, width, height = self._clip, self._width, self._height
        runs = range(len(clip.recordings))
        counts = [counts_of(clip.recordings[run], clip.shown[frame][run]) for run in runs]
        numbers = NUMBERS_WIDE if width >= NUMBERS_FROM and len(runs) == 1 else 0
        low = max(6, round(LOSS_SHARE * height))
        high = height - 2 - low
        fits = self._fits(frame, counts, width - numbers, high)
        losses = boxed("Loss", self._losses(frame, width - numbers - 2, low - 2), width - numbers)
        body = (*fits, *losses)
        if numbers:
            moment = self._moment(frame, clip.snapshot(frame, 0), counts[0])[: high + low - 2]
            filled = (*moment, *((),) * (high + low - 2 - len(moment)))
            body = beside(body, boxed("This moment", tuple(filled), numbers))
        return (self._status(frame, counts), *body, self._caption(frame))

    def _status(self, frame: int, counts: Sequence[LineRegions | None]) -> Row:
        """What it is, and of one run its numbers."""
        clip = self._clip
        told: list[tuple[str, str]] = [
            (" nnexpr  ", "key"),
            (shown_name(clip.scene), "value"),
            ("  ", ""),
        ]
        if len(clip.recordings) > 1:
            told.append((f"epoch {count(clip.epochs[frame])}", "accent"))
            return fit_row(told, self._width)
        snapshot = clip.snapshot(frame, 0)
        numbers = f"epoch {count(snapshot.epoch)}  loss {number(snapshot.loss)}"
        if counts[0] is not None:
            numbers += f"  regions {count(counts[0].count)}  bends {count(counts[0].bends)}"
        room = self._width - row_width(told) - len(numbers) - 2
        if room > 8:
            told += [(f"{plain_text(clip.labels[0])[:room]}  ", "label")]
        return fit_row([*told, (numbers, "accent")], self._width)

    def _caption(self, frame: int) -> Row:
        """What happened last."""
        before = [each.words for each in self._seen if each.frame <= frame]
        return fit_row([(f" {plain_text(before[-1])}" if before else "", "label")], self._width)

    def _fits(self, frame: int, counts: Sequence[LineRegions | None], width: int, height: int) -> Rows:
        """A chart for each run: two beside each other, further ones below."""
        runs = len(counts)
        columns, lines = min(runs, 2), -(-runs // 2)
        rows: Rows = ()
        for line in range(lines):
            high = height // lines + (line < height % lines)
            across: Rows = ()
            for column in range(columns):
                run, wide = columns * line + column, width // columns + (column < width % columns)
                made = (
                    self._fit(frame, run, counts[run], wide, high)
                    if run < runs
                    else (((" " * wide, ""),),) * high
                )
                across = beside(across, made) if across else made
            rows += across
        return rows

    def _fit(self, frame: int, run: int, counts: LineRegions | None, width: int, height: int) -> Rows:
        clip = self._clip
        scene, snapshot = clip.recordings[run].scene, clip.snapshot(frame, run)
        chart = fit_chart(scene, snapshot, counts, residual=False, y_limits=self._limits)
        title = "Fit"
        if len(clip.recordings) > 1:
            title = f"loss {number(snapshot.loss)}"
            title += f", regions {count(counts.count)}" if counts is not None else ""
            title += f": {plain_text(clip.labels[run])}"
            own = (replace(each, color=COLORS[run]) if each.label == "fit" else each for each in chart.series)
            chart = replace(chart, series=tuple(own))
        return boxed(
            title, rasterise(chart, Frame(width - 2, height - 2)), width, COLORS[run] if run else "axis"
        )

    def _losses(self, frame: int, width: int, height: int) -> Rows:
        """The losses of all runs, and where on them it is."""
        clip = self._clip
        first = 1 if self._log_epochs else 0
        lines, points = [], []
        for run, recording in enumerate(clip.recordings):
            snapshot, color = clip.snapshot(frame, run), COLORS[run]
            seen = recording.epochs >= first
            losses = recording.losses[seen, snapshot.member]
            label = "loss" if len(clip.recordings) == 1 else clip.labels[run]
            lines.append(Series(recording.epochs[seen], losses, label, color))
            if snapshot.epoch >= first:
                points.append(
                    Series((snapshot.epoch,), (snapshot.loss,), "", "warning", marker="◆", style="points")
                )
        x_axis = Axis(label="epoch", log=self._log_epochs, include=(first, max(clip.epochs[-1], first + 1)))
        chart = ChartData((*lines, *points), x_axis, Axis(log=True, label="mean squared error"))
        return rasterise(chart, Frame(width, height))

    def _moment(self, frame: int, snapshot: Snapshot, counts: LineRegions | None) -> Rows:
        """As Replay tells it."""
        clip = self._clip
        index, total = clip.shown[frame][0], len(clip.recordings[0].snapshots)
        lines = [
            row("Snapshot", f"{index + 1} of {total}", "accent"),
            row("Epoch", count(snapshot.epoch)),
            row("Loss", number(snapshot.loss)),
            row("Learning rate", number(snapshot.learning_rate)),
            row("Seconds", f"{snapshot.seconds:.2f}"),
        ]
        if len(snapshot.losses) > 1:
            lines.append(row("Member", member_of(snapshot.member, len(snapshot.losses))))
        return (*lines, *counted_lines(clip.scene, counts))


def boxed(title: str, rows: Rows, width: int, color: str = "axis") -> Rows:
    """The rows in a border, their title in its upper side."""
    inner = width - 2
    head = plain_text(title)[: max(inner - 4, 0)]
    above = fit_row([("╭─ ", color), (head, "value"), (" " + "─" * inner, color)], width - 1)
    middle = (fit_row([("│", color), *fit_row(each, inner), ("│", color)], width) for each in rows)
    return ((*above, ("╮", color)), *middle, (("╰" + "─" * inner + "╯", color),))


def beside(left: Rows, right: Rows) -> Rows:
    """Rows of as many, each behind the other's."""
    return tuple((*one, *other) for one, other in zip(left, right, strict=True))
