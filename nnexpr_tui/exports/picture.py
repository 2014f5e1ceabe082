"""A clip as a picture: for each run a panel with target and fit over x, and the losses under them.

As in the figures of those who train on a line: the target and the network's fit, and in the title the epoch and the
mean squared error; on the lower axis a stroke at each bend, counted exactly. All panels have the same axes.

Nothing here draws: it says in pixels what is to be drawn (:mod:`marks`), for whatever writes it.
"""

from __future__ import annotations

import numpy as np

from nnexpr_tui.charts.limits import snap
from nnexpr_tui.charts.rows import plain_text
from nnexpr_tui.exports.axes import Panel, Scale
from nnexpr_tui.exports.clip import Clip
from nnexpr_tui.exports.counts import counts_of
from nnexpr_tui.exports.layout import (
    FOOT,
    HEADER,
    MARGIN,
    NUMBERS,
    RIGHT,
    TITLE,
    description_of,
    shortened,
    shown_name,
    title_of,
)  # fmt: skip
from nnexpr_tui.exports.losses import LossPanel
from nnexpr_tui.exports.marks import CURVES, Curve, Mark, Picture, Text, text_width
from nnexpr_tui.parts.numbers import count, number

__all__ = ["LinePicture", "fit_limits"]

LABEL = 18.0  # above the title of a panel, where there are several: which run it is of
BETWEEN = 10.0  # panels
SAMPLE = 22.0  # of a line, in the legend
BEYOND = 1.0  # of the target's height, how far beyond it a fit is shown
MOST_DOTS = 400
TARGET_WIDTH = 3.4


class LinePicture:
    """The picture of a clip on targets of one input."""

    def __init__(self, clip: Clip, width: int, height: int) -> None:
        self._clip = clip
        self._runs = len(clip.recordings)
        self._losses = LossPanel(clip, width, height)
        self._panels = _panels(clip, width, self._losses.top)
        still = (*self._still(width), *self._losses.still())
        told = description_of(clip, "the target and the network's fit over x")
        self.picture = Picture(width, height, still, title_of(clip), told)

    # What stands still

    def _still(self, width: int) -> list[Mark]:
        clip, scene = self._clip, self._clip.scene
        marks: list[Mark] = _legend(clip, width)
        left = width - RIGHT - sum(text_width(name, 12) + SAMPLE + 18 for name in ("target", "fit"))
        name = shown_name(scene) if self._runs > 1 else f"{shown_name(scene)}: {clip.labels[0]}"
        marks.append(Text(MARGIN, 22, shortened(name, left - MARGIN, 14), size=14, bold=True))
        for run, (panel, recording) in enumerate(zip(self._panels, clip.recordings, strict=True)):
            shown = recording.scene
            marks += panel.axes(
                x_name=plain_text(shown.input_name) if panel.y.start == self._panels[-1].y.start else ""
            )
            if shown.data is not None:
                stride = -(-shown.data.shape[1] // MOST_DOTS)
                marks += panel.dots(shown.data[0, ::stride], shown.data[1, ::stride], "target", 1.6)
            else:
                marks += panel.curve(shown.x, shown.truth, "target", TARGET_WIDTH)
            if self._runs > 1:
                (at, top), room = panel.corner, panel.x.end - panel.x.start
                marks.append(
                    Text(at, top - TITLE, shortened(clip.labels[run], room, 13), CURVES[run], 13, bold=True)
                )
        return marks

    # What each frame shows

    def frame(self, frame: int) -> list[Mark]:
        """The fits, their bends, what the titles say, and where on the losses it is."""
        marks = self._losses.frame(frame)
        for run, panel in enumerate(self._panels):
            snapshot, recording = self._clip.snapshot(frame, run), self._clip.recordings[run]
            marks += panel.curve(recording.scene.x, snapshot.prediction, CURVES[run])
            told = f"epoch {count(snapshot.epoch)} · MSE {number(snapshot.loss)}"
            if (counts := counts_of(recording, self._clip.shown[frame][run])) is not None:
                marks += panel.bends(np.asarray(counts.breakpoints), "bends")
                told += f" · {count(counts.count)} regions"
            left, top = panel.corner
            marks.append(Text(left, top - 7, shortened(told, panel.x.end - left, 12), size=12))
        return marks


def _legend(clip: Clip, width: int) -> list[Mark]:
    """A sample of each line, from the right."""
    marks: list[Mark] = []
    at = width - RIGHT
    known = "target" if clip.scene.data is None else "data"
    for name, ink, thick in (
        ("fit", CURVES[0] if len(clip.recordings) == 1 else "text", 1.6),
        (known, "target", TARGET_WIDTH),
    ):
        marks.append(Text(at, 22, name, "faint", 12, "end"))
        at -= text_width(name, 12)
        marks.append(Curve(np.array([[at - SAMPLE, 18.0], [at - 2, 18.0]]), ink, thick))
        at -= SAMPLE + 18
    return marks


def _panels(clip: Clip, width: int, bottom: float) -> list[Panel]:
    """One for each run: two beside each other, further ones below; all with the same limits."""
    runs = len(clip.recordings)
    columns, rows = min(runs, 2), -(-runs // 2)
    wide, high = (width - MARGIN - RIGHT) / columns, (bottom - HEADER) / rows
    x_limits = (
        min(recording.scene.domain[0][0] for recording in clip.recordings),
        max(recording.scene.domain[0][1] for recording in clip.recordings),
    )
    y_limits = fit_limits(clip)
    head = TITLE + (LABEL if runs > 1 else 0)
    panels = []
    for run in range(runs):
        left, top = MARGIN + run % columns * wide, HEADER + run // columns * high
        x = Scale(
            x_limits, left + NUMBERS, left + wide - (BETWEEN if columns > 1 and not run % columns else 0)
        )
        panels.append(Panel(x, Scale(y_limits, top + high - FOOT, top + head)))
    return panels


def fit_limits(clip: Clip) -> tuple[float, float]:
    """Round limits that hold every target, and the fits as far as they are not too far beyond."""
    known = [r.scene.truth if r.scene.data is None else r.scene.data[1] for r in clip.recordings]
    truth = np.concatenate(known)
    fits = np.concatenate(
        [clip.snapshot(frame, run).prediction for frame in range(len(clip)) for run in range(len(known))]
    )
    truth, fits = truth[np.isfinite(truth)], fits[np.isfinite(fits)]
    if not truth.size:
        truth = fits[-1:] if fits.size else np.zeros(1)
    low, high = float(truth.min()), float(truth.max())
    beyond = BEYOND * max(high - low, 1e-12 * max(abs(low), abs(high)), 1e-300)
    if fits.size:
        low = min(low, max(float(fits.min()), low - beyond))
        high = max(high, min(float(fits.max()), high + beyond))
    return snap(low, high)
