"""Figures of linear representations: a Gram spectrum with its law and its modes, and a least-squares fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import Normalize
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.solvers import LinearFit
from nnexpr.linear.spectrum import Spectrum
from nnexpr.plot.canvas import Drawing, drawing, drawings
from nnexpr.plot.style import COLORS, PALE, SIGNED_MAP, Size
from nnexpr.specification import InputError
from nnexpr.targets.target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["least_squares", "spectrum"]

Array = NDArray[np.float64]

ACROSS = 801  # points of a mode, or of a fit
PIXELS = 128  # across a mode in the plane
MOST_MODES = 12  # of a figure


def spectrum(
    spectrum: Spectrum,
    *,
    modes: Sequence[int] = (),
    ax: Axes | None = None,
    size: Size | None = None,
    title: bool = False,
) -> Figure:
    """The eigenvalues on logarithmic axes as far as they are told from rounding, the law that they follow, the slope.

    The law is that of the continuous kernel, where it is known. ``modes``: numbers from 1, of which the functions are
    drawn beside it, on the line as curves, in the plane as maps; not in axes of one's own. Raises
    :class:`~nnexpr.specification.InputError` for modes that are not resolved.
    """
    if any(not 1 <= mode <= spectrum.resolved for mode in modes) or len(modes) > MOST_MODES:
        allowed = f"at most {MOST_MODES} numbers from 1 to {spectrum.resolved}"
        raise InputError("modes", ", ".join(map(str, modes)), allowed)
    if ax is not None or not modes:
        with drawing(ax, size or "column") as on:
            _eigenvalues(on, spectrum, title=title)
        return on.figure
    if spectrum.functions.dimension == 2:
        return _with_maps(spectrum, list(modes), size or "page", title=title)
    with drawings(size or "page", 1, 2, ratio=0.36) as [left, right]:
        _eigenvalues(left, spectrum, title=title)
        x = np.linspace(float(spectrum.functions.low), float(spectrum.functions.high), ACROSS)
        values = spectrum.modes(x, max(modes))
        for mode in modes:
            right.line(x, values[:, mode - 1], f"mode {mode}")
        right.ax.margins(x=0.02)
        right.name(x="x", y="mode, of norm 1")
    return left.figure


def _eigenvalues(on: Drawing, spectrum: Spectrum, *, title: bool) -> None:
    on.ax.set_xscale("log")
    on.ax.set_yscale("log")
    resolved = spectrum.eigenvalues[: spectrum.resolved]
    if spectrum.exact is not None:
        exact = spectrum.exact[: len(resolved)]
        on.line(np.arange(1, len(exact) + 1), exact, "kernel, exact", color=COLORS[1], linestyle="-")
    slope = f", slope {spectrum.slope:.2f}" if spectrum.slope is not None else ""
    on.dots(np.arange(1, len(resolved) + 1), resolved, f"Gram matrix{slope}", color=COLORS[0], markersize=2.2)
    units = f"{spectrum.basis}, {len(spectrum.functions.knots):,} knots"
    on.name(x="mode", y="eigenvalue", title=units if title else "")


def _with_maps(spectrum: Spectrum, modes: list[int], size: Size, *, title: bool) -> Figure:
    (left, bottom), (right, top) = np.asarray(spectrum.functions.low), np.asarray(spectrum.functions.high)
    steps = (np.arange(PIXELS) + 0.5) / PIXELS
    x1, x2 = left + (right - left) * steps, bottom + (top - bottom) * steps
    points = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    values = spectrum.modes(points, max(modes)).T.reshape(-1, PIXELS, PIXELS)
    columns = min(4, len(modes) + 1)
    rows = -(-(len(modes) + 1) // columns)
    with drawings(size, rows, columns, ratio=0.27 * rows) as panels:
        _eigenvalues(panels[0], spectrum, title=title)
        for on, mode in zip(panels[1:], modes, strict=False):
            own = values[mode - 1]
            reach = float(np.abs(own).max()) or 1.0
            on.ax.imshow(own, extent=(left, right, bottom, top), origin="lower", cmap=SIGNED_MAP,
                         norm=Normalize(-reach, reach), interpolation="nearest")  # fmt: skip
            on.name(title=f"mode {mode}")
        for on in panels[len(modes) + 1 :]:
            on.ax.set_axis_off()
    return panels[0].figure


def least_squares(
    fit: LinearFit,
    target: Target | tuple[ArrayLike, ArrayLike] | None = None,
    *,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """A least-squares fit over the line, its knots as ticks, and the target, or samples (x, y), that it was made for.

    Raises :class:`~nnexpr.specification.InputError` for a fit in the plane.
    """
    if fit.functions.dimension != 1:
        raise InputError("fit", f"{fit.basis} in the plane", "it is drawn over a line")
    low, high = float(fit.functions.low), float(fit.functions.high)
    x = np.union1d(np.linspace(low, high, ACROSS), fit.knots.astype(np.float64))
    names = ("x", "y", "target")
    with drawing(ax, size) as on:
        if isinstance(target, Target):
            names = (target.section_name, target.value_name, target.name)
            truth = target.truth(target.to_network(x[:, None]))
            on.line(x, truth, names[2], color=PALE, linewidth=2.4, linestyle="-")
        elif target is not None:
            on.dots(*target, "samples", color=PALE, markersize=1.5)
        on.line(x, fit.predict(x), f"{fit.basis}, {fit.solver}, {fit.dtype}", color=COLORS[0], linestyle="-")
        on.ticks(fit.knots, f"{len(fit.knots):,} knots")
        on.ax.margins(x=0.02)
        on.name(x=names[0], y=names[1], title=f"largest error {fit.max_error:.2e}" if title else "")
    return on.figure
