"""A window of a plane in pixels, and how it is moved and zoomed. Nothing here needs NumPy to be imported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Point", "Viewport", "Window", "around", "holds", "zoomed"]

Point = tuple[float, float]
Window = tuple[tuple[float, float], tuple[float, float]]  # of x1 and of x2


@dataclass(frozen=True)
class Viewport:
    """A window of the domain in ``width`` x ``height`` pixels; a pixel stands for the point in its middle."""

    window: Window
    width: int
    height: int

    def place(self, point: Point) -> tuple[int, int]:
        """Column and row, the top one 0, of the pixel that holds the point, or of the nearest one."""
        (left, right), (bottom, top) = self.window
        column = int((point[0] - left) / (right - left) * self.width)
        row = int((top - point[1]) / (top - bottom) * self.height)
        return min(max(column, 0), self.width - 1), min(max(row, 0), self.height - 1)

    def cross(self, point: Point) -> Point:
        """Where the middle of that pixel is, in shares from the left and from the top."""
        column, row = self.place(point)
        return (column + 0.5) / self.width, (row + 0.5) / self.height

    def points(self) -> Array:
        """The middles of the pixels, ``(height * width, 2)``, row by row from the top."""
        import numpy as np

        (left, right), (bottom, top) = self.window
        x1 = left + (np.arange(self.width) + 0.5) / self.width * (right - left)
        x2 = top - (np.arange(self.height) + 0.5) / self.height * (top - bottom)
        return np.stack([np.tile(x1, self.height), np.repeat(x2, self.width)], axis=1)

    def point(self, column: int, row: int) -> Point:
        """The middle of a pixel."""
        (left, right), (bottom, top) = self.window
        x1 = left + (column + 0.5) / self.width * (right - left)
        return x1, top - (row + 0.5) / self.height * (top - bottom)


def holds(window: Window, point: Point) -> bool:
    """Whether the point lies in the window, or on its edge."""
    return all(low <= p <= high for p, (low, high) in zip(point, window, strict=True))


def around(point: Point, window: Window) -> Window:
    """The window, moved no further than needed to hold the point."""
    sides = [
        (low + shift, high + shift)
        for p, (low, high) in zip(point, window, strict=True)
        for shift in (min(p - low, 0.0) + max(p - high, 0.0),)
    ]
    return sides[0], sides[1]


def zoomed(window: Window, point: Point, factor: float) -> Window:
    """The window with sides so many times as long, the point where it was in it."""
    sides = [
        (p + factor * (low - p), p + factor * (high - p))
        for p, (low, high) in zip(point, window, strict=True)
    ]
    return sides[0], sides[1]
