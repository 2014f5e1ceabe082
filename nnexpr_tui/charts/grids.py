"""The map of an experiment, with its axes, as a picture: ``x`` to the right, ``y`` upwards.

A pure function of the map and its ground, as in ``maps``. A pixel has the value of the sample that is nearest to its
middle on the axes as they are drawn. Above stand the names of the vertical axis and of the values, beneath the
horizontal axis and a bar of the colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import TYPE_CHECKING

import numpy as np
from rich.cells import cell_len

from nnexpr_tui.charts.heat import Floats, Picture, blank, write
from nnexpr_tui.charts.limits import Limits, Tick, linear_ticks, log_ticks, snap_log
from nnexpr_tui.charts.maps import Ground, held_limit, image_size, value_limits, value_map
from nnexpr_tui.charts.rows import plain_text

if TYPE_CHECKING:
    from nnexpr.experiments.data import Map

__all__ = ["grid_limits", "grid_map"]

ROOM = 24, 8  # cells across and rows; with less there are no axes
BETWEEN_X, BETWEEN_Y = 10, 4  # cells between two numbers of an axis


def grid_map(figure: Map, ground: Ground) -> Picture:
    """The map with its axes; alone where there is no room for them."""
    across, up = _Scale.of(figure.x, figure.log_x), _Scale.of(figure.y, figure.log_y)
    if ground.width < ROOM[0] or ground.height < ROOM[1]:
        return _values(figure, across, up, ground)
    rows = ground.height - 3  # beside the names, the horizontal axis and the bar
    ticks = up.ticks(max(2, rows // BETWEEN_Y))
    margin = max(len(tick.label) for tick in ticks) + 1
    inner = _values(figure, across, up, replace(ground, width=ground.width - margin, height=rows + 1))
    picture = blank(ground.width, ground.height)
    picture[1 : rows + 1, margin:], picture[-1, margin:] = inner[:rows], inner[rows]
    for tick in ticks:
        row = min(int((1.0 - up.share(tick.position)) * rows), rows - 1)
        write(picture, row + 1, 0, tick.label.rjust(margin - 1))
    _name(picture, figure)
    _number_across(picture, across, plain_text(figure.x_label), rows + 1, margin)
    return picture


def grid_limits(figure: Map) -> Limits:
    """The least and the greatest value that are told apart; exponents of ten where the values are logarithmic."""
    limits = np.array(figure.limits, dtype=np.float64)
    if len(limits):
        return (float(limits[0]), float(limits[1])) if not figure.log else _ends(np.log10(limits))
    values = _shown(figure)
    if figure.diverging:
        most = held_limit(values, None)
        return -most, most
    finite = values[np.isfinite(values)]
    return snap_log(*_ends(finite)) if figure.log and finite.size else value_limits(values)


def _ends(values: Floats) -> Limits:
    return float(values.min()), float(values.max())


def _shown(figure: Map) -> Floats:
    """The values ``(m, n)``, or their exponents: NaN below zero, which has the least."""
    values = np.array(figure.values, dtype=np.float64)
    if not figure.log:
        return values
    with np.errstate(divide="ignore"):
        return np.log10(np.where(values >= 0, values, np.nan))


def _values(figure: Map, across: _Scale, up: _Scale, ground: Ground) -> Picture:
    """The map and its bar."""
    width, height = image_size(ground)
    image = _shown(figure)[up.nearest(height)[::-1][:, None], across.nearest(width)[None, :]]
    label = _power if figure.log else None
    drawn, _ = value_map(image, grid_limits(figure), ground, signed=figure.diverging, label=label)
    return drawn


def _power(exponent: float) -> str:
    whole = floor(exponent + 1e-9)
    return f"{10.0**exponent:.3g}" if abs(whole) < 4 else f"{10.0 ** (exponent - whole):.3g}e{whole}"


def _name(picture: Picture, figure: Map) -> None:
    """The vertical axis at the left, what the values are at the right, as far as both have room."""
    columns = picture.shape[1]
    left, right = plain_text(figure.y_label), plain_text(figure.label)
    write(picture, 0, 0, left)
    if cell_len(left) + 2 + cell_len(right) <= columns:
        write(picture, 0, columns - cell_len(right), right)


def _number_across(picture: Picture, across: _Scale, name: str, row: int, margin: int) -> None:
    """Numbers under their places, and the name of the axis in the last room between them, where there is one."""
    columns = picture.shape[1]
    width, ends = columns - margin, [margin - 1]
    starts = []
    for tick in across.ticks(max(2, width // BETWEEN_X)):
        middle = margin + int(across.share(tick.position) * width)
        start = min(max(middle - len(tick.label) // 2, margin), columns - len(tick.label))
        if start > ends[-1]:
            write(picture, row, start, tick.label)
            starts.append(start)
            ends.append(start + len(tick.label))
    gaps = zip(ends, [*starts, columns + 1], strict=True)
    rooms = [stop - 1 - cell_len(name) for end, stop in gaps if stop - end >= cell_len(name) + 2]
    if rooms:
        write(picture, row, rooms[-1], name)


@dataclass(frozen=True, eq=False)
class _Scale:
    """An axis: the places of its samples, exponents where it is logarithmic, and how far it reaches beyond them."""

    places: Floats
    is_log: bool

    @classmethod
    def of(cls, values: Sequence[float], is_log: bool) -> _Scale:
        places = np.array(values, dtype=np.float64)
        return cls(np.log10(places) if is_log else places, is_log)

    @property
    def limits(self) -> Limits:
        """Half a step beyond the first and the last, so that all samples have a place of their own."""
        places = self.places
        if len(places) == 1:
            return float(places[0]) - 0.5, float(places[0]) + 0.5
        first, last = places[1] - places[0], places[-1] - places[-2]
        return float(places[0] - first / 2), float(places[-1] + last / 2)

    def share(self, place: float) -> float:
        low, high = self.limits
        return (place - low) / (high - low)

    def nearest(self, pixels: int) -> np.ndarray:
        """``(pixels,)``: which sample is nearest to the middle of each of so many pixels."""
        low, high = self.limits
        middles = low + (high - low) * (np.arange(pixels) + 0.5) / max(pixels, 1)
        return np.searchsorted((self.places[1:] + self.places[:-1]) / 2, middles)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        return (log_ticks if self.is_log else linear_ticks)(self.limits, most)
