"""The lowest panel of every picture: the losses of all runs over the epochs, and where on them a frame is."""

from __future__ import annotations

import numpy as np

from nnexpr_tui.charts.limits import snap_log
from nnexpr_tui.exports.axes import Panel, Scale
from nnexpr_tui.exports.clip import Clip
from nnexpr_tui.exports.happened import happened
from nnexpr_tui.exports.layout import FOOT, MARGIN, NUMBERS, RIGHT, TITLE, are_early
from nnexpr_tui.exports.marks import CURVES, Mark, Rule, Text, text_width

__all__ = ["LossPanel"]

SHARE = 0.2  # of the height of the picture
NAME, SMALL = "mean squared error", 10


class LossPanel:
    """``top``: where what is above it must end, in pixels."""

    def __init__(self, clip: Clip, width: int, height: int) -> None:
        self._clip = clip
        self.top = height - FOOT - SHARE * height
        x, y = self._scales((MARGIN + NUMBERS, width - RIGHT), (height - FOOT, self.top + TITLE))
        self._panel = Panel(x, y)

    def _scales(self, across: tuple[float, float], down: tuple[float, float]) -> tuple[Scale, Scale]:
        clip, last, log = self._clip, self._clip.epochs[-1], are_early(self._clip)
        x = Scale(snap_log(0.0, float(np.log10(last))) if log else (0.0, float(last)), *across, log=log)
        curves = [r.losses[:, clip.snapshot(-1, run).member] for run, r in enumerate(clip.recordings)]
        points = [clip.snapshot(k, run).loss for k in range(len(clip)) for run in range(len(curves))]
        losses = np.concatenate([*curves, points])
        losses = losses[np.isfinite(losses) & (losses > 0)]
        limits = (-1.0, 0.0)
        if losses.size:
            limits = snap_log(float(np.log10(losses.min())), float(np.log10(losses.max())))
        return x, Scale(limits, *down, log=True)

    def still(self) -> list[Mark]:
        """Axes and curves; of one run also what happened."""
        clip, (left, top) = self._clip, self._panel.corner
        marks = [*self._panel.axes(x_name="epoch"), Text(left, top - 7, NAME, "faint", 11)]
        if len(clip.recordings) == 1:
            marks += self._events()
        for run, recording in enumerate(clip.recordings):
            losses = recording.losses[:, clip.snapshot(-1, run).member]
            marks += self._panel.curve(recording.epochs, losses, CURVES[run], 1.3)
        return marks

    def _events(self) -> list[Mark]:
        """A rule where something happened, as far as there is room for its name."""
        panel, marks = self._panel, list[Mark]()
        free = panel.x.start + text_width(NAME, 11)
        for each in happened(self._clip):
            at, half = float(panel.x(each.epoch)), text_width(each.name, SMALL) / 2
            if np.isfinite(at) and free < at - half and at <= panel.x.end:
                marks.append(Rule(at, panel.y.end, at, panel.y.start, "axis"))
                marks.append(Text(at, panel.y.end - 6, each.name, "faint", SMALL, "middle"))
                free = at + half
        return marks

    def frame(self, frame: int) -> list[Mark]:
        """A dot for each run."""
        marks: list[Mark] = []
        for run in range(len(self._clip.recordings)):
            snapshot = self._clip.snapshot(frame, run)
            marks += self._panel.dots([snapshot.epoch], [snapshot.loss], CURVES[run], 4.0)
        return marks
