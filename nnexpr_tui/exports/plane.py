"""The picture of a clip on a target of two inputs: maps of target, fit and error over the plane, the losses under them.

Values are those of the snapshots' own networks on an even grid from side to side, so it can be drawn where their
weights were kept. The error's colours hold for all frames: its map fades as it is learned. Where the target is not
known on the plane, because what the specification builds is not what was recorded, the fit stands alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnexpr.exports.curves import plane_grid, plane_truth
from nnexpr.runs.recording import Recording
from nnexpr_tui.charts import palettes
from nnexpr_tui.charts.heat import EMPTY, levels_of
from nnexpr_tui.charts.limits import Limits
from nnexpr_tui.charts.maps import held_limit, value_limits
from nnexpr_tui.charts.rows import plain_text
from nnexpr_tui.exports.axes import Panel, Scale
from nnexpr_tui.exports.clip import Clip
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
from nnexpr_tui.exports.marks import Image, Mark, Picture, Text
from nnexpr_tui.parts.numbers import count, number

__all__ = ["PlanePicture", "has_maps"]

Floats = NDArray[np.float64]

SIDE = 48  # pixels of a map, each way
BAR = (54.0, 7.0)  # what its colours mean: width and height
MISSING = 0x808080


def has_maps(recording: Recording) -> bool:
    """Whether it is of two inputs, and all its snapshots have their weights."""
    is_plane = recording.scene.dimension == 2 and recording.network.domain is not None
    return is_plane and all(snapshot.parameters.size for snapshot in recording.snapshots)


class PlanePicture:
    """Three maps beside each other, of one run."""

    def __init__(self, clip: Clip, width: int, height: int) -> None:
        self._clip, [self._recording] = clip, clip.recordings
        truth = plane_truth(self._recording, SIDE)
        self._truth = None if truth is None else truth.astype(np.float64)
        fits = [self._fit(frame) for frame in range(len(clip))]
        self._fits = fits
        known = fits[-1] if self._truth is None else self._truth
        self._limits = value_limits(known)
        if self._truth is not None:
            most = held_limit(np.abs(np.stack(fits) - self._truth), None)
            self._errors: Limits = (-most, most)
        self._losses = LossPanel(clip, width, height)
        self._panels = self._places(width)
        still = (*self._still(width), *self._losses.still())
        told = description_of(clip, "the network over the plane, beside the target and its error")
        self.picture = Picture(width, height, still, title_of(clip), told)

    def _fit(self, frame: int) -> Floats:
        """``(SIDE, SIDE)``, the second input upwards."""
        network = self._recording.network_at(self._clip.shown[frame][0])
        domain = self._recording.network.domain
        assert network is not None and domain is not None  # noqa: S101, PT018 - has_maps was asked
        values = network(plane_grid(domain, SIDE))[0, :, 0].reshape(SIDE, SIDE)
        return np.asarray(values, dtype=np.float64)

    def _places(self, width: int) -> list[Panel]:
        """As large as there is room for, with the sides of the domain."""
        columns = 1 if self._truth is None else 3
        (low1, high1), (low2, high2) = self._recording.scene.domain
        top, bottom = HEADER + TITLE, self._losses.top - FOOT
        wide = (width - MARGIN - RIGHT) / columns
        scale = min((wide - NUMBERS) / (high1 - low1), (bottom - top) / (high2 - low2))
        across, high = scale * (high1 - low1), scale * (high2 - low2)
        return [
            Panel(Scale((low1, high1), left, left + across), Scale((low2, high2), top + high, top))
            for left in (MARGIN + NUMBERS + column * wide for column in range(columns))
        ]

    def _still(self, width: int) -> list[Mark]:
        name = f"{shown_name(self._recording.scene)}: {self._clip.labels[0]}"
        marks: list[Mark] = [
            Text(MARGIN, 22, shortened(name, width - MARGIN - RIGHT, 14), size=14, bold=True)
        ]
        for panel in self._panels:
            marks += panel.axes(x_name=plain_text(self._recording.scene.input_name).partition(",")[0])
        if self._truth is not None:
            target, _, error = self._panels
            marks.append(_map(target, self._truth, self._limits, signed=False))
            marks += [_named(target, "target"), _named(error, "fit − target")]
            marks += _meaning(target, self._limits, signed=False) + _meaning(error, self._errors, signed=True)
        return marks

    def frame(self, frame: int) -> list[Mark]:
        """The fit, its error, and what it is in numbers."""
        snapshot, values = self._clip.snapshot(frame, 0), self._fits[frame]
        panel = self._panels[0 if self._truth is None else 1]
        marks = [*self._losses.frame(frame), _map(panel, values, self._limits, signed=False)]
        told = f"epoch {count(snapshot.epoch)} · MSE {number(snapshot.loss)}"
        marks.append(_named(panel, told))
        if self._truth is not None:
            marks.append(_map(self._panels[2], values - self._truth, self._errors, signed=True))
        return marks


def _named(panel: Panel, name: str) -> Text:
    left, top = panel.corner
    return Text(left, top - 7, name, size=12)


def _colors(levels: NDArray[np.int16], *, signed: bool) -> NDArray[np.int32]:
    table = palettes.diverging(dark=False) if signed else palettes.sequential(dark=True)
    return np.where(levels == EMPTY, MISSING, table[np.maximum(levels, 0)]).astype(np.int32)


def _map(panel: Panel, values: Floats, limits: Limits, *, signed: bool) -> Image:
    """Values by lightness; signed ones by hue and distance from zero."""
    (left, top), levels = panel.corner, levels_of(values[::-1], limits, palettes.LEVELS)
    return Image(left, top, panel.x.end - left, panel.y.start - top, _colors(levels, signed=signed))


def _meaning(panel: Panel, limits: Limits, *, signed: bool) -> list[Mark]:
    """The colours from the least to the greatest, over the right end of the map."""
    levels = np.arange(palettes.LEVELS, dtype=np.int16)[None]
    right, y = panel.x.end, panel.y.end - 14
    most = Text(right, y + 7, f"{limits[1]:g}", "faint", 10, "end")
    at = right - 8 * len(most.text) - BAR[0]
    bar = Image(at, y, *BAR, _colors(levels, signed=signed))
    return [bar, most, Text(at - 4, y + 7, f"{limits[0]:g}".replace("-", "−"), "faint", 10, "end")]
