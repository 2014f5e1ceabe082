"""Figures of a member's tangent kernel when training began and at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.fits import member_of
from nnexpr.plot.style import COLORS, Size, dash
from nnexpr.specification import InputError
from nnexpr.training.fit import FitResult
from nnexpr.training.tangents import Tangent, Tangents

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["tangent"]

Kind = Literal["spectrum", "error", "loss", "modes"]

HIGHER = 3.0  # times the greatest loss, up to which a foretold one is drawn
SHOWN = 3  # modes


def tangent(
    of: FitResult | Tangents,
    *,
    kind: Kind = "spectrum",
    member: int | None = None,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """The empirical tangent kernel K of a member, at n of the training points, when training began and at its end.

    ``kind``: the eigenvalues of K / n; which share of the squared error lies in the first k modes; the loss beside the
    one that was foretold if K had stood still; or the first modes over x. The last two take a result, of which the
    member is that of the least loss unless given. Raises :class:`~nnexpr.specification.InputError`, and ValueError as
    :meth:`~nnexpr.training.fit.FitResult.tangents` does.
    """
    ways = {"spectrum": _spectrum, "error": _error, "loss": _loss, "modes": _modes}
    if kind not in ways:
        raise InputError("kind", kind, "it must be one of " + ", ".join(ways))
    if kind == "modes" and isinstance(of, FitResult) and of.target.dimension > 1:
        raise InputError("kind", kind, "they are drawn over one input, and there are two")
    fit, tangents, shown = None, of, member or 0
    if isinstance(tangents, FitResult):
        fit, shown = tangents, member_of(tangents, member)
        tangents = tangents.tangents(shown)
    elif kind in ("loss", "modes"):
        raise InputError("kind", kind, "it takes a result, which has the losses and the target")
    with drawing(ax, size) as on:
        ways[kind](on, tangents, fit, shown)
        moved = f"moved by {tangents.movement:.3g}, alignment {tangents.alignment:.3f}"
        on.name(title=moved if title else "")
    return on.figure


def _both(tangents: Tangents) -> tuple[tuple[Tangent, str], ...]:
    return (tangents.start, "epoch 0"), (tangents.now, f"epoch {tangents.now.epoch:,}")


def _spectrum(on: Drawing, tangents: Tangents, fit: FitResult | None, member: int) -> None:  # noqa: ARG001
    on.ax.set_xscale("log")
    on.ax.set_yscale("log")
    for (each, label), marker in zip(_both(tangents), "so", strict=True):
        kept = each.resolved
        on.dots(np.arange(1, kept + 1), each.eigenvalues[:kept], label, marker=marker, markersize=2.2)
    on.name(x="mode", y="eigenvalue of K / n")


def _error(on: Drawing, tangents: Tangents, fit: FitResult | None, member: int) -> None:  # noqa: ARG001
    on.ax.set_xscale("log")
    for each, label in _both(tangents):
        on.line(np.arange(1, each.points + 1), np.cumsum(each.shares), label)
    on.ax.set_ylim(0.0, 1.02)
    on.name(x="first modes", y="share of the squared error")


def _loss(on: Drawing, tangents: Tangents, fit: FitResult | None, member: int) -> None:
    assert fit is not None  # noqa: S101 - it was asked for
    on.ax.set_xscale("log")
    on.ax.set_yscale("log")
    epochs, losses = fit.history.epochs, fit.history.member(member)
    seen = epochs >= 1
    on.line(epochs[seen], losses[seen], "loss", color=COLORS[0], linestyle="-")
    told = tangents.foretold
    most = HIGHER * float(np.nanmax(losses, initial=told.losses[0]))
    drawn = (told.epochs >= 1) & (told.losses <= most)
    on.line(told.epochs[drawn], told.losses[drawn], "if K stood still", color=COLORS[1], linestyle=dash(1))
    on.name(x="epoch", y=f"mean squared error of {fit.target.value_name}")


def _modes(on: Drawing, tangents: Tangents, fit: FitResult | None, member: int) -> None:  # noqa: ARG001
    assert fit is not None  # noqa: S101 - it was asked for
    now = tangents.now
    x = fit.target.own_inputs[now.chosen, 0]
    for place, mode in enumerate(now.modes[:SHOWN], 1):
        # Of a mode and its negative, that which ends above 0; of mean square 1.
        on.line(x, now.points**0.5 * mode * (1 if mode[-1] >= 0 else -1), f"mode {place}")
    on.ax.margins(x=0.02)
    on.name(x=fit.target.section_name, y="mode, of mean square 1")
