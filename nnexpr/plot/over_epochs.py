"""Figures over the epochs: the losses of all members, and exact counts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from nnexpr.plot.canvas import Drawing, drawing
from nnexpr.plot.fits import bends_of, losses_of
from nnexpr.plot.style import BLACK, COLORS, MARKERS, Size, dash
from nnexpr.regions.plane import plane_regions
from nnexpr.runs.events import events
from nnexpr.specification import InputError
from nnexpr.training.fit import FitResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnexpr.networks.network import Network
    from nnexpr.regions.line import LineRegions
    from nnexpr.regions.plane import PlaneRegions
    from nnexpr.runs.recording import Recording, Scene

__all__ = ["counts", "loss"]

Array = NDArray[np.float64]

MOST_CELLS = 200_000  # of a network in the plane; beyond, it is not counted for a figure
MOST_COUNTED = 60  # snapshots in the plane, of which each may take a second
FAR = 3  # times the largest count: bounds beyond are told and not drawn


def loss(
    fit: FitResult | Recording,
    *,
    member: int | None = None,
    log_epochs: bool = True,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = False,
) -> Figure:
    """The mean squared error over the epochs, on logarithmic axes: all members' band, their median, and the best.

    The best is the member whose loss is least in the end; ``member`` shows another in its place. What happened to it is
    marked where the program finds it in a recording: knee, first bend, collapse, divergence. A logarithmic axis has no
    place for epoch 0, and none for a loss of 0. Raises :class:`~nnexpr.specification.InputError` for another member.
    """
    told = losses_of(fit)
    seen = told.epochs >= (1 if log_epochs else 0)
    epochs, losses = told.epochs[seen], told.losses[seen]
    if member is not None and not 0 <= member < losses.shape[1]:
        raise InputError("member", member, f"it must be from 0 to {losses.shape[1] - 1}")
    with drawing(ax, size) as on:
        on.ax.set_xscale("log" if log_epochs else "linear")
        on.ax.set_yscale("log")
        shown = _draw_losses(on, epochs, losses, member)
        if not isinstance(fit, FitResult) and len(epochs):
            _draw_events(on, fit, shown, epochs, losses[:, shown])
        named = f"{losses.shape[1]:,} members" if losses.shape[1] > 1 else ""
        on.name(x="epoch", y=f"mean squared error of {told.value_name}", title=named if title else "")
    return on.figure


def _draw_losses(on: Drawing, epochs: NDArray[np.int64], losses: Array, member: int | None) -> int:
    """Draws them, and tells which member is shown."""
    alive = np.isfinite(losses).any(axis=1)
    epochs, losses = epochs[alive], losses[alive]
    best = _best(losses)
    if losses.shape[1] > 1:
        least, middle, most = (each(losses, axis=1) for each in (np.nanmin, np.nanmedian, np.nanmax))
        on.band(epochs, least, most, f"all {losses.shape[1]} members")
        on.line(epochs, middle, "median", color=BLACK, linestyle=dash(1))
    shown = best if member is None else member
    several = f"best, member {best}" if losses.shape[1] > 1 else "loss"
    on.line(
        epochs,
        losses[:, shown],
        several if member is None else f"member {member}",
        color=COLORS[0],
        linestyle="-",
    )
    return shown


def _draw_events(
    on: Drawing, recording: Recording, member: int, epochs: NDArray[np.int64], losses: Array
) -> None:
    """A mark on the curve at each event; of one at an epoch that was not recorded, at the one before it."""
    for place, event in enumerate(events(recording, member)):
        at = int(np.searchsorted(epochs, event.epoch, side="right")) - 1
        if at >= 0 and event.kind != "best":
            look = {"color": BLACK, "marker": MARKERS[place % len(MARKERS)], "markerfacecolor": "white"}
            on.dots([event.epoch], [losses[at]], event.kind, markersize=3.5, zorder=3, **look)


def _best(losses: Array) -> int:
    last = losses[-1] if len(losses) else np.zeros(losses.shape[1])
    return int(np.nanargmin(last)) if np.isfinite(last).any() else 0


def counts(
    recording: Recording,
    *,
    log_epochs: bool = True,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = False,
) -> Figure:
    """Linear regions over the epochs, counted exactly at each snapshot, and the bends of each hidden layer.

    With them the bounds of the architecture, where they are in reach; else they are told. With two inputs, at 60 of the
    snapshots at most, the linear regions and the edges that bend. Raises :class:`~nnexpr.specification.InputError`
    where no snapshot can be counted.
    """
    counted = counts_of(recording)
    if not counted:
        raise InputError(
            "recording", recording.scene.name, "no snapshot of it has weights that can be counted"
        )
    epochs, regions = (np.array([each[part] for each in counted]) for part in ("epoch", "regions"))
    layers = np.array([each["bends"] for each in counted])
    seen = epochs >= (1 if log_epochs else 0)
    what = "bends" if recording.scene.dimension == 1 else "edges that bend"
    with drawing(ax, size) as on:
        on.ax.set_xscale("log" if log_epochs else "linear")
        on.line(epochs[seen], regions[seen], "linear regions", linestyle="-", drawstyle="steps-post")
        for layer, bends in enumerate(layers.T, 1):
            label = f"{what}, layer {layer}" if layers.shape[1] > 1 else what
            on.line(epochs[seen], bends[seen], label, linewidth=0.8, drawstyle="steps-post")
        _draw_bounds(on, recording.scene, int(regions.max()))
        on.name(x="epoch", y="count", title=f"member {recording.snapshots[-1].member}" if title else "")
    return on.figure


def _draw_bounds(on: Drawing, scene: Scene, most: int) -> None:
    for bound, words in ((scene.lower_bound, "reachable"), (scene.upper_bound, "at most")):
        if bound is None:
            continue
        size = f"{bound:,}" if bound < 10**9 else f"10^{int((bound.bit_length() - 1) * math.log10(2))}"
        if bound <= FAR * most:
            on.level(bound, f"{words} {size}")
        else:
            on.line([], [], f"{words} {size}", linestyle="none")


class Counts(TypedDict):
    """Of a snapshot; ``bends``: by hidden layer."""

    epoch: int
    regions: int
    bends: tuple[int, ...]


def counts_of(recording: Recording) -> list[Counts]:
    """Of each snapshot whose weights were kept and can be counted."""
    places = range(len(recording.snapshots))
    chosen = list(places)
    if recording.scene.dimension > 1:
        spread = np.linspace(0, len(places) - 1, min(MOST_COUNTED, len(places)))
        chosen = np.unique(spread.round().astype(int)).tolist()
    found: list[Counts] = []
    for place in chosen:
        network = recording.network_at(place)
        counted = None if network is None else _counted(network)
        if counted is not None:
            epoch = recording.snapshots[place].epoch
            found.append({"epoch": epoch, "regions": counted.count, "bends": counted.bends_by_layer})
    return found


def _counted(network: Network) -> LineRegions | PlaneRegions | None:
    """None where they cannot be counted, or are too many."""
    if network.inputs == 1:
        return bends_of(network)
    try:
        return plane_regions(network, most_cells=MOST_CELLS)
    except ValueError:
        return None
