"""Figures of the error's Fourier modes: over the epochs, as a map or as curves, and at one epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.fits import at_epoch, losses_of
from nnexpr.plot.style import BLACK, COLORS, MAP, Size
from nnexpr.specification import InputError
from nnexpr.training.fit import FitResult
from nnexpr.training.modes import MOST_MODES, mode_amplitudes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnexpr.runs.recording import Recording

__all__ = ["frequencies", "modes"]

Array = NDArray[np.float64]

DECADES = 4  # of amplitudes that a map tells apart
CURVES = 6


def modes(
    fit: FitResult | Recording,
    *,
    kind: Literal["map", "curves"] = "map",
    member: int | None = None,
    log_epochs: bool = True,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = False,
) -> Figure:
    """The error's amplitude in each Fourier mode of the domain over the epochs: which frequencies are learned first.

    ``kind``: a map of all modes, of which four powers of ten are told apart, or curves of the six modes that the target
    has most of. Of a result the median over its members unless ``member`` is given; it must have been fitted with
    ``modes=True``. Of a recording the modes are those of its snapshots.

    Raises :class:`~nnexpr.specification.InputError` where there are none: with two inputs, or a result without.
    """
    epochs, amplitudes, target = _over_epochs(fit, member)
    seen = epochs >= (1 if log_epochs else 0)
    epochs, amplitudes = epochs[seen], amplitudes[seen]
    if not len(epochs):
        raise InputError("epoch", 0, "modes over epochs need one after the first")
    with drawing(ax, size) as on:
        on.ax.set_xscale("log" if log_epochs else "linear")
        amplitude = f"amplitude of the error in {losses_of(fit).value_name}"
        if kind == "map":
            edges = _edges(epochs, log=log_epochs)
            finite = amplitudes[np.isfinite(amplitudes) & (amplitudes > 0)]
            top = float(finite.max()) if finite.size else 1.0
            norm = LogNorm(10.0 ** (np.ceil(np.log10(top)) - DECADES), 10.0 ** np.ceil(np.log10(top)))
            rows = np.arange(amplitudes.shape[1] + 1) - 0.5
            shown = np.clip(amplitudes.T, norm.vmin, None)  # what is too small is drawn as the least
            mesh = on.ax.pcolormesh(edges, rows, shown, norm=norm, cmap=MAP, rasterized=True)
            on.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
            on.scale(mesh, amplitude, extend="min")
            on.name(x="epoch", y="Fourier mode")
        else:
            on.ax.set_yscale("log")
            for mode in sorted(np.argsort(target, kind="stable")[::-1][:CURVES].tolist()):
                on.line(epochs, amplitudes[:, mode], f"mode {mode}")
            on.name(x="epoch", y=amplitude)
        on.name(title=_whose(fit, member) if title else "")
    return on.figure


def _whose(fit: FitResult | Recording, member: int | None) -> str:
    if isinstance(fit, FitResult):
        return "median of all members" if member is None else f"member {member}"
    return f"member {fit.snapshots[-1].member}"


def _over_epochs(fit: FitResult | Recording, member: int | None) -> tuple[NDArray[np.int64], Array, Array]:
    """Epochs, amplitudes ``(epochs, modes)``, and the target's own in each mode."""
    if isinstance(fit, FitResult):
        if fit.modes is None:
            raise InputError("modes", "none", "there are some where one input was fitted with modes=True")
        members = fit.network.members
        if member is not None and not 0 <= member < members:
            raise InputError("member", member, f"it must be from 0 to {members - 1}")
        own = fit.modes.median if member is None else fit.modes.member(member)
        return fit.modes.epochs, own.astype(np.float64), fit.modes.target
    if fit.scene.dimension > 1:
        raise InputError("modes", "none", "they are those of one input, and there are two")
    predictions = np.stack([snapshot.prediction for snapshot in fit.snapshots]).astype(np.float64)
    with np.errstate(invalid="ignore"):
        found = mode_amplitudes(predictions - fit.scene.truth)[:, :MOST_MODES]
    epochs = np.array([snapshot.epoch for snapshot in fit.snapshots])
    return epochs, found, mode_amplitudes(fit.scene.truth)[:MOST_MODES]


def _edges(epochs: NDArray[np.int64], *, log: bool) -> Array:
    """Each entry from its epoch to the next one; the last as wide as the one before it."""
    ends = epochs.astype(np.float64)
    after = 2 * ends[-1] if len(ends) < 2 else ends[-1] ** 2 / ends[-2] if log else 2 * ends[-1] - ends[-2]
    return np.append(ends, after)


def frequencies(
    fit: FitResult | Recording,
    *,
    epoch: int | None = None,
    member: int | None = None,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """The error's amplitude in each Fourier mode at an epoch, as bars, beside the target's own as dots.

    ``epoch``, ``member``: as of :func:`nnexpr.plot.fit`. Raises :class:`~nnexpr.specification.InputError` also with
    two inputs.
    """
    at = at_epoch(fit, epoch, member)
    if at.dimension > 1:
        raise InputError("frequencies", at.name, "they are those of one input, and there are two")
    error, own = (mode_amplitudes(values)[:MOST_MODES] for values in (at.even[1] - at.even[0], at.even[0]))
    numbers = np.arange(len(error))
    with drawing(ax, size) as on:
        on.ax.set_yscale("log")
        on.bars(numbers, error, "error", color=COLORS[1])
        on.dots(numbers, own, "target", color=BLACK, markersize=2.5)
        _leave_rounding_out(on, error, float(own.max(initial=0.0)))
        on.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ends = f"epoch {at.epoch:,}" + (f", member {at.member}" if at.members > 1 else "")
        on.name(x="Fourier mode", y=f"amplitude in {at.value_name}", title=ends if title else "")
    return on.figure


def _leave_rounding_out(on: Drawing, error: Array, target: float) -> None:
    """The axis holds every mode of the error that is above the rounding of float32; zeros of a target it need not."""
    top = max(float(np.nanmax(error, initial=0.0)), target)
    seen = error[np.isfinite(error) & (error > np.finfo(np.float32).eps * top)]
    if top > 0 and len(seen):
        on.ax.set_ylim(float(seen.min()) / 2, 2 * top)
