"""Figures over the inputs: a fit with its target, a target alone, a network alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.fits import GRID, FitAt, at_epoch, bends_of, telling_data
from nnexpr.plot.style import BLACK, COLORS, PALE, Size
from nnexpr.runs.file import SavedNetwork
from nnexpr.scale import SAME
from nnexpr.specification import InputError
from nnexpr.targets import build_target
from nnexpr.targets.target import Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnexpr.networks.network import Network
    from nnexpr.runs.recording import Recording
    from nnexpr.training.fit import FitResult

__all__ = ["fit", "network", "target"]


def fit(
    fit: FitResult | Recording,
    *,
    epoch: int | None = None,
    member: int | None = None,
    error: bool = False,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """The target, what was fitted to it, where it bends, the band of all members, and the data where there are any.

    ``epoch``: of a recording, that of the snapshot at it or before it; the last unless given. ``member``: the one of
    the least loss unless given. ``error``: fit minus target in place of both. Bends are ticks above the lower border:
    exact, from the weights. With two inputs it is along the first, through the middle of the domain.

    Raises :class:`~nnexpr.specification.InputError` for an epoch or a member that is not known.
    """
    at = at_epoch(fit, epoch, member)
    with drawing(ax, size) as on:
        if error:
            _draw_error(on, at)
        else:
            _draw_fit(on, at)
        if at.bends is not None and len(at.bends):
            on.ticks(at.bends, f"{len(at.bends):,} bend{'s' * (len(at.bends) != 1)}")
        on.ax.margins(x=0.02)
        value = f"{at.value_name}, fit minus target" if error else at.value_name
        on.name(x=at.input_name, y=value, title=_title(at) if title else "")
    return on.figure


def _title(at: FitAt) -> str:
    whose = f", member {at.member} of {at.members}" if at.members > 1 else ""
    return f"epoch {at.epoch:,}{whose}, MSE {at.loss:.3g}"


def _draw_fit(on: Drawing, at: FitAt) -> None:
    if at.band is not None:
        x, low, high = at.band
        on.band(x, low, high, f"all {at.members} members")
    if np.isfinite(at.truth).any():
        on.line(at.x, at.truth, at.name, color=PALE, linewidth=2.4, linestyle="-")
    if at.data is not None:
        on.dots(at.data[0], at.data[1], "data", color=BLACK, markersize=1.5, markeredgewidth=0)
    on.line(at.x, at.prediction, "network", color=COLORS[0], linestyle="-")


def _draw_error(on: Drawing, at: FitAt) -> None:
    if at.band is not None:
        x, low, high = at.band
        truth = np.interp(x, at.x, at.truth)
        on.band(x, low - truth, high - truth, f"all {at.members} members")
    on.level(0.0, color=PALE, linestyle="-")
    on.line(at.x, at.prediction - at.truth, "network", color=COLORS[1], linestyle="-")


def target(target: Target, *, ax: Axes | None = None, size: Size = "column", title: bool = True) -> Figure:
    """A target of one input over its domain, and its training points where they tell more; of two inputs as a map."""
    if target.dimension == 2 and ax is None:
        from nnexpr.plot.plane import target_map

        return target_map(target, size=size, title=title)
    section = target.section(GRID)
    x, truth = target.input_scales[0].to_own(section[:, 0]), target.truth(section)
    with drawing(ax, size) as on:
        if np.isfinite(truth).any():
            on.line(x, truth, target.formula, color=COLORS[0], linestyle="-")
        if (data := telling_data(target)) is not None:
            on.dots(
                data[0], data[1], f"{target.points:,} points", color=BLACK, markersize=1.5, markeredgewidth=0
            )
        on.ax.margins(x=0.02)
        on.name(x=target.section_name, y=target.value_name, title=target.name if title else "")
    return on.figure


def network(
    network: Network | SavedNetwork,
    *,
    domain: tuple[float, float] | None = None,
    member: int = 0,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = True,
) -> Figure:
    """A network of one input over a domain, with its exact bends and the band of all members.

    Of a file also the target, where it can be built again; then units are the target's own. ``domain``: where it was
    trained unless given, 0 to 1 where it was not. Raises :class:`~nnexpr.specification.InputError`.
    """
    saved = network if isinstance(network, SavedNetwork) else SavedNetwork(network, (SAME,) * network.inputs)
    held, across, up = saved.network, saved.input_scales[0], saved.value_scale
    if held.inputs != 1 or held.outputs != 1:
        sizes = f"{held.inputs} inputs and {held.outputs} outputs"
        raise InputError("network", sizes, "it is drawn over one input; of two there are cells")
    if not 0 <= member < held.members:
        raise InputError("member", member, f"it must be from 0 to {held.members - 1}")
    low, high = domain or (saved.domain or held.domain or ((0.0, 1.0),))[0]
    ends = across.to_network(np.array([low, high], dtype=np.float64))
    lines = bends_of(held.member(member), (float(ends.min()), float(ends.max())))
    x = np.linspace(low, high, GRID)
    every = up.to_own(held(across.to_network(x))[..., 0].astype(np.float64))
    exact = None if lines is None else lines.rescaled(across, up)
    at = x if exact is None else np.union1d(x, exact.breakpoints)
    with drawing(ax, size) as on:
        if held.members > 1:
            on.band(x, np.nanmin(every, axis=0), np.nanmax(every, axis=0), f"all {held.members} members")
        if (known := _target_of(saved)) is not None:
            truth = known.truth(known.to_network(at[:, None]))
            on.line(at, truth, known.name, color=PALE, linewidth=2.4, linestyle="-")
        values = every[member] if exact is None else exact(at)
        on.line(at, values, "network", color=COLORS[0], linestyle="-")
        if exact is not None and exact.bends:
            on.ticks(exact.breakpoints, f"{exact.bends:,} bend{'s' * (exact.bends != 1)}")
        on.ax.margins(x=0.02)
        names = ("x", "y") if known is None else (known.section_name, known.value_name)
        whose = f"member {member} of {held.members}" if held.members > 1 else ""
        on.name(x=names[0], y=names[1], title=whose if title else "")
    return on.figure


def _target_of(saved: SavedNetwork) -> Target | None:
    """What it was trained on, where that is still there."""
    if saved.specification is None:
        return None
    try:
        return build_target(saved.specification)
    except InputError:
        return None
