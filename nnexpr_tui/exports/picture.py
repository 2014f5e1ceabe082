"""A clip as a picture: for each run a panel with target and fit over x, and the losses under them.

As in the figures of those who train on a line: the target and the network's fit, and in the title the epoch and the
mean squared error; on the lower axis a stroke at each bend, counted exactly. All panels have the same axes.

Nothing here draws: it says in pixels what is to be drawn (:mod:`marks`), for whatever writes it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.runs.recording import Scene
from nnexpr_tui.charts.limits import snap, snap_log
from nnexpr_tui.charts.rows import plain_text
from nnexpr_tui.exports.axes import Panel, Scale
from nnexpr_tui.exports.clip import Clip
from nnexpr_tui.exports.counts import counts_of
from nnexpr_tui.exports.happened import happened
from nnexpr_tui.exports.marks import CURVES, Curve, Mark, Picture, Rule, Text, text_width
from nnexpr_tui.parts.numbers import count, number

__all__ = ["LinePicture", "are_early", "fit_limits", "shown_name"]

Floats = NDArray[np.float64]

MARGIN = 14.0
RIGHT = 22.0  # where a number may reach beyond its axis
HEADER = 34.0  # above everything: the target
TITLE = 24.0  # above each panel: what it shows in this frame
LABEL = 18.0  # above that, of several: which run it is of
NUMBERS = 46.0  # left of each panel
FOOT = 34.0  # under the lowest panels: numbers, and what x is
LOSS_SHARE = 0.2  # of the height
SAMPLE = 22.0  # of a line, in the legend
BEYOND = 1.0  # of the target's height, how far beyond it a fit is shown
MOST_DOTS = 400
EARLY = 0.25  # epochs are logarithmic where half of the frames are in this first share of them


class LinePicture:
    """The picture of a clip on targets of one input."""

    def __init__(self, clip: Clip, width: int, height: int) -> None:
        self._clip = clip
        self._runs = len(clip.recordings)
        losses_high = LOSS_SHARE * height
        self._panels = _panels(clip, width, height - losses_high - FOOT)
        left, right = MARGIN + NUMBERS, width - RIGHT
        x, y = _loss_scales(clip, (left, right), (height - FOOT, height - FOOT - losses_high + TITLE))
        self._losses = Panel(x, y)
        self.picture = Picture(width, height, tuple(self._still(width)), _title(clip), self._description())

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
                marks += panel.curve(shown.x, shown.truth, "target", 3.4)
            if self._runs > 1:
                (at, top), room = panel.corner, panel.x.end - panel.x.start
                marks.append(
                    Text(at, top - TITLE, shortened(clip.labels[run], room, 13), CURVES[run], 13, bold=True)
                )
        marks += self._losses.axes(x_name="epoch")
        at, top = self._losses.corner
        marks.append(Text(at, top - 7, "mean squared error", "faint", 11))
        marks += self._events()
        for run, recording in enumerate(clip.recordings):
            member = clip.snapshot(-1, run).member
            marks += self._losses.curve(recording.epochs, recording.losses[:, member], CURVES[run], 1.3)
        return marks

    def _events(self) -> list[Mark]:
        """Of one run: where on the epochs something happened, as far as there is room for its name."""
        if self._runs > 1:
            return []
        panel, marks, free = self._losses, list[Mark](), self._losses.x.start + 130
        for each in happened(self._clip):
            at = float(panel.x(each.epoch))
            if np.isfinite(at) and at - text_width(each.name, 10) / 2 > free and at <= panel.x.end:
                marks.append(Rule(at, panel.y.end, at, panel.y.start, "axis"))
                marks.append(Text(at, panel.y.end - 6, each.name, "faint", 10, "middle"))
                free = at + text_width(each.name, 10) / 2
        return marks

    def _description(self) -> str:
        clip = self._clip
        told = [f"{len(clip)} moments of a training, each with the target and the network's fit over x."]
        for run, label in enumerate(clip.labels):
            first, last = clip.snapshot(0, run), clip.snapshot(len(clip) - 1, run)
            told.append(
                f"{plain_text(label)}: mean squared error {number(first.loss)} at epoch {count(first.epoch)}, "
                f"{number(last.loss)} at epoch {count(last.epoch)}."
            )
        return " ".join(told)

    # What each frame shows

    def frame(self, frame: int) -> list[Mark]:
        """The fits, their bends, what the titles say, and where on the losses it is."""
        marks: list[Mark] = []
        for run, panel in enumerate(self._panels):
            snapshot, recording = self._clip.snapshot(frame, run), self._clip.recordings[run]
            marks += panel.curve(recording.scene.x, snapshot.prediction, CURVES[run])
            told = f"epoch {count(snapshot.epoch)} · MSE {number(snapshot.loss)}"
            if (counts := counts_of(recording, self._clip.shown[frame][run])) is not None:
                marks += panel.bends(np.asarray(counts.breakpoints), "bends")
                told += f" · {count(counts.count)} regions"
            left, top = panel.corner
            marks.append(Text(left, top - 7, shortened(told, panel.x.end - left, 12), size=12))
            marks += self._losses.dots([snapshot.epoch], [snapshot.loss], CURVES[run], 4.0)
        return marks


def shown_name(scene: Scene) -> str:
    """The target's; of a file without its folders."""
    name = plain_text(scene.name)
    return name.rpartition("/")[2] if name.startswith("csv:") else name


def shortened(text: str, room: float, size: float) -> str:
    """As it is shown: plain, on one line, and no wider than the room."""
    plain = plain_text(text)
    most = max(1, int(room / text_width("x", size)))
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _title(clip: Clip) -> str:
    names = " against ".join(map(plain_text, clip.labels))
    return (
        f"{plain_text(clip.scene.name)}: {names}, epochs {count(clip.epochs[0])} to {count(clip.epochs[-1])}"
    )


def _legend(clip: Clip, width: int) -> list[Mark]:
    """A sample of each line, from the right."""
    marks: list[Mark] = []
    at = width - RIGHT
    known = "target" if clip.scene.data is None else "data"
    for name, ink, thick in (
        ("fit", CURVES[0] if len(clip.recordings) == 1 else "text", 1.6),
        (known, "target", 3.4),
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
        x = Scale(x_limits, left + NUMBERS, left + wide - (10 if columns > 1 and not run % columns else 0))
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


def _loss_scales(clip: Clip, across: tuple[float, float], down: tuple[float, float]) -> tuple[Scale, Scale]:
    last, log = clip.epochs[-1], are_early(clip)
    x = Scale(snap_log(0.0, float(np.log10(last))) if log else (0.0, float(last)), *across, log=log)
    losses = np.concatenate(
        [r.losses[:, clip.snapshot(-1, run).member] for run, r in enumerate(clip.recordings)]
        + [
            np.array([clip.snapshot(k, run).loss for k in range(len(clip))])
            for run in range(len(clip.recordings))
        ]
    )
    losses = losses[np.isfinite(losses) & (losses > 0)]
    limits = (
        snap_log(float(np.log10(losses.min())), float(np.log10(losses.max()))) if losses.size else (-1.0, 0.0)
    )
    return x, Scale(limits, *down, log=True)


def are_early(clip: Clip) -> bool:
    """Whether the frames crowd in the first epochs, so that a logarithmic axis parts them."""
    return clip.epochs[len(clip) // 2] < EARLY * clip.epochs[-1]
