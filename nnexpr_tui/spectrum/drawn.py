"""What is drawn of a fit: curves on a line and maps in the plane, and the frequencies of target and error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nnexpr.linear.functions import rectangle_of
from nnexpr.linear.problem import Samples
from nnexpr.linear.solvers import LinearFit
from nnexpr.training.modes import mode_amplitudes, shell_amplitudes
from nnexpr_tui.charts.maps import picture_points
from nnexpr_tui.spectrum.moment import Curves, Maps

__all__ = ["amplitudes", "drawn", "sides"]

Array = NDArray[np.float64]

MOST_POINTS = 2048  # of a curve: more than any terminal has dots across
MODE_POINTS = 401
PIXELS = (96, 72)  # of a map: more than it has in most panes
LEAST_SAMPLES = 16  # of which Fourier modes are taken, along each input
EVEN_POINTS = 1025  # of the grid on which uneven samples are joined
UNEVEN = 1e-6  # of the mean step: by how much steps of an even grid may differ


def sides(samples: Samples) -> tuple[tuple[float, float], ...]:
    """The domain of each input."""
    if samples.target.dimension > 1:
        return rectangle_of(samples.domain)
    low, high = samples.domain
    return ((float(low), float(high)),)  # type: ignore[arg-type]


def drawn(samples: Samples, values: Array, fit: LinearFit, mode: Callable[[Array], Array]) -> Curves | Maps:
    """Of a fit with these ``values (samples,)``, and of the ``mode``, a function of x."""
    make = _maps if samples.target.dimension > 1 else _curves
    return make(samples, values, fit, mode)


# On a line


def _curves(samples: Samples, values: Array, fit: LinearFit, mode: Callable[[Array], Array]) -> Curves:
    order = np.argsort(samples.x, kind="stable")
    x, y, found = samples.x[order], samples.y[order], values[order]
    even = np.linspace(float(fit.functions.low), float(fit.functions.high), MODE_POINTS)
    if len(x) >= MODE_POINTS:
        line = _thinned(x, found)
    else:  # where samples are few, in between too
        between = np.union1d(even, x)
        line = between, fit.predict(between)
    knots = fit.knots[:: max(1, len(fit.knots) // MOST_POINTS)].astype(np.float64)
    return Curves(_thinned(x, y), line, _thinned(x, found - y), (even, mode(even)), knots)


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """The least and the greatest point of each of at most ``MOST_POINTS`` stretches; all points where they are few."""
    stretch = -(-len(x) // MOST_POINTS)
    if stretch <= 2:
        return x, y
    starts = np.arange(0, len(x), stretch)
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).ravel()


# In the plane


def _maps(samples: Samples, values: Array, fit: LinearFit, mode: Callable[[Array], Array]) -> Maps:
    points = picture_points(sides(samples), PIXELS)
    size = np.ptp(np.asarray(sides(samples)), axis=1)  # near is meant on the screen, whatever the units
    nearest = KDTree(samples.x / size).query(points / size)[1]
    shape = points.shape[:2]
    return Maps(
        samples.y[nearest],
        fit.predict(points),
        (values - samples.y)[nearest],
        mode(points.reshape(-1, 2)).reshape(shape),
    )


# Frequencies


def amplitudes(x: Array, *values: Array) -> tuple[Array, ...]:
    """Of each of the ``values (samples,)`` at x the Fourier amplitudes over the domain, from mode 0.

    On a line of what joins the samples by straight lines, where these are not evenly spaced. In the plane by shells of
    |k|; nothing where the samples are no even grid.
    """
    found = _on_a_grid(x, values) if x.ndim == 2 else _on_a_line(x, values)
    return found or tuple(np.zeros(0) for _ in values)


def _on_a_line(x: Array, values: tuple[Array, ...]) -> tuple[Array, ...]:
    order = np.argsort(x, kind="stable")
    x, ordered = x[order], [each[order] for each in values]
    if len(x) < LEAST_SAMPLES or not x[-1] > x[0]:
        return ()
    if not _is_even(x):
        grid = np.linspace(x[0], x[-1], EVEN_POINTS)
        ordered = [np.interp(grid, x, each) for each in ordered]
    return tuple(mode_amplitudes(each) for each in ordered)


def _on_a_grid(x: Array, values: tuple[Array, ...]) -> tuple[Array, ...]:
    axes = [np.unique(column) for column in x.T]
    shape = len(axes[0]), len(axes[1])
    if min(shape) < LEAST_SAMPLES or shape[0] * shape[1] != len(x) or not all(map(_is_even, axes)):
        return ()
    order = np.lexsort(x.T[::-1])
    ordered = x[order].reshape(*shape, 2)
    if (ordered[..., 0] != axes[0][:, None]).any() or (ordered[..., 1] != axes[1]).any():
        return ()
    return tuple(shell_amplitudes(each[order].reshape(shape)) for each in values)


def _is_even(x: Array) -> bool:
    """Of ascending places."""
    steps = np.diff(x)
    return bool(steps.max() - steps.min() <= UNEVEN * (x[-1] - x[0]) / len(x))
