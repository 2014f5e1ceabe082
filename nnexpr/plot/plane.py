"""Figures in the plane: the exact cells of a network of two inputs, and target, fit and error as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize, PowerNorm
from numpy.typing import NDArray

from nnexpr.networks.network import Network
from nnexpr.plot.canvas import Drawing, drawing, drawings
from nnexpr.plot.fits import member_of, network_of, place_of
from nnexpr.plot.patterns import pattern_numbers
from nnexpr.plot.style import BLACK, MAP, SIGNED_MAP, Size
from nnexpr.regions.plane import PlaneRegions, plane_regions
from nnexpr.specification import InputError
from nnexpr.targets import build_target
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    from nnexpr.runs.recording import Recording

__all__ = ["MOST_VECTORS", "cells", "draw_borders", "maps", "set_limits", "target_map"]

Array = NDArray[np.float64]
Sides = tuple[tuple[float, float], ...]

MOST_VECTORS = 20_000  # cells that a vector file holds as polygons; more are a picture in it
LINES = ((1_000, 0.5), (5_000, 0.25), (MOST_VECTORS, 0.1))  # of borders, in points, up to so many cells
PIXELS = 256  # across a map
LONGEST = 3.0  # sides of a domain up to so much longer than the other are drawn to scale


class InPlane(NamedTuple):
    """A member at an epoch: its network, and the target it was trained on."""

    network: Network
    target: Target
    epoch: int
    member: int


def cells(
    of: PlaneRegions | FitResult | Recording,
    *,
    color: Literal["slope", "pattern"] = "slope",
    network: Network | None = None,
    epoch: int | None = None,
    member: int | None = None,
    ax: Axes | None = None,
    size: Size = "column",
    title: bool = False,
) -> Figure:
    """The cells of a network of two inputs, each a polygon, exactly: ``nnexpr.plane_regions`` or those of a fit.

    ``color``: by the steepness of the output on the cell, or by its pattern of active units, with which a cell keeps
    its colour from one figure to the next; that takes the ``network`` where ``of`` are regions. Edges at which the
    output bends are drawn darker than others. Raises :class:`~nnexpr.specification.InputError`, and what
    ``plane_regions`` raises.
    """
    regions, names, value, numbers = _cells_of(of, network, epoch, member, patterned=color == "pattern")
    with drawing(ax, size, ratio=0.86) as on:
        polygons = np.split(regions.vertices[regions.corners], regions.offsets[1:-1])
        many = len(polygons) > MOST_VECTORS
        drawn = PolyCollection(polygons, linewidths=0.2, edgecolors="face", rasterized=many)
        if numbers is None:
            drawn.set_array(regions.steepness)
            drawn.set_cmap(MAP)
            drawn.set_norm(PowerNorm(0.5, 0.0))  # else a few steep cells leave all others in the dark
        else:
            drawn.set_facecolor([(red, green, blue) for red, green, blue, _ in _paled(numbers)])
            drawn.set_edgecolor("face")
        on.ax.add_collection(drawn)
        draw_borders(on, regions)
        set_limits(on, regions.domain)
        if numbers is None:
            on.scale(drawn, f"steepness of {value}")
        told = f"{regions.count:,} linear regions" if title else ""
        on.name(x=names[0], y=names[1], title=told)
    return on.figure


def _cells_of(
    of: PlaneRegions | FitResult | Recording, network: Network | None, epoch: int | None, member: int | None, *,
    patterned: bool,
) -> tuple[PlaneRegions, tuple[str, ...], str, Array | None]:  # fmt: skip
    """The cells, the names of both inputs and of the value, and the number of each cell's pattern where wanted."""
    if isinstance(of, PlaneRegions):
        if patterned and network is None:
            raise InputError("network", "none", "colours by pattern need it: cells(regions, network=...)")
        numbers = (
            pattern_numbers(network.member(member or 0), _middles(of)) if patterned and network else None
        )
        return of, ("x1", "x2"), "the output", numbers
    shown = in_plane(of, epoch, member)
    target, found = shown.target, plane_regions(shown.network)
    numbers = pattern_numbers(shown.network, _middles(found)) if patterned else None
    across = target.input_scales
    return (
        found.rescaled((across[0], across[1]), target.value_scale),
        target.input_names,
        target.value_name,
        numbers,
    )


def _paled(numbers: Array) -> list[list[float]]:
    """The colours of numbers from 0 to 1, half way to white, on which borders are seen."""
    colors: list[list[float]] = ((colormaps[MAP](numbers) + 1.0) / 2).tolist()
    return colors


def _middles(regions: PlaneRegions) -> Array:
    """The mean of each cell's corners, ``(cells, 2)``: inside, for cells are convex."""
    corners = regions.vertices[regions.corners]
    counts = np.diff(regions.offsets)[:, None]
    middles: Array = np.add.reduceat(corners, regions.offsets[:-1], axis=0) / counts
    return middles


def draw_borders(on: Drawing, regions: PlaneRegions) -> None:
    width = next((width for most, width in LINES if regions.activation_regions <= most), 0.0)
    if not width:
        return
    inner = regions.edge_layer > 0
    for bends, strength in ((False, 0.25), (True, 0.8)):
        chosen = regions.edges[inner & (regions.edge_bends == bends)]
        on.ax.add_collection(
            LineCollection(list(regions.vertices[chosen]), colors=BLACK, alpha=strength, linewidths=width)
        )


def set_limits(on: Drawing, sides: Sides) -> None:
    on.ax.set_xlim(*sides[0])
    on.ax.set_ylim(*sides[1])
    if on.own:
        on.ax.locator_params(nbins=5)  # more numbers than these touch each other in a column
    first, second = (high - low for low, high in sides)
    if max(first, second) <= LONGEST * min(first, second):
        on.ax.set_aspect("equal")


def in_plane(fit: FitResult | Recording, epoch: int | None, member: int | None) -> InPlane:
    """What is drawn of a fit with two inputs. Raises InputError where there is one, or no weights at the epoch."""
    if isinstance(fit, FitResult):
        network, shown = network_of(fit, epoch), member_of(fit, member)
        found = InPlane(network.member(shown), fit.target, 0 if network is fit.begun else fit.epochs, shown)
    else:
        place = place_of(fit, epoch)
        snapshot, own = fit.snapshots[place], fit.network_at(place)
        if member not in (None, snapshot.member):
            raise InputError("member", member, f"at epoch {snapshot.epoch} it has member {snapshot.member}")
        if own is None:
            raise InputError("epoch", snapshot.epoch, "the weights of so large a network are not recorded")
        found = InPlane(own, build_target(fit.specification), snapshot.epoch, snapshot.member)
    if found.target.dimension != 2:
        raise InputError("target", found.target.name, "it has one input; in the plane there are two")
    return found


def maps(
    fit: FitResult | Recording,
    *,
    epoch: int | None = None,
    member: int | None = None,
    size: Size = "page",
    title: bool = True,
) -> Figure:
    """With two inputs: the target, what was fitted to it in the same colours, and the difference.

    Of data the target is not known between the points; they are drawn in its place. Raises
    :class:`~nnexpr.specification.InputError` as :func:`cells` does.
    """
    shown = in_plane(fit, epoch, member)
    target, points = shown.target, _pixels(shown.target)
    found = target.value_scale.to_own(shown.network(points)[0, :, 0].astype(np.float64)).reshape(
        PIXELS, PIXELS
    )
    truth = _values(target, points)
    least, most = _ends(target.own_values if truth is None else truth)
    same = Normalize(least, most)
    with drawings(size, 1, 3, ratio=0.3, sharex=True, sharey=True) as [left, middle, right]:
        if truth is None:
            colors = _scatter(left, target, target.own_values, MAP, same)
        else:
            colors = _map(left, target, truth, MAP, same)
        _map(middle, target, found, MAP, same)
        middle.scale(colors, target.value_name)
        if truth is None:
            inputs = shown.network(target.inputs)[0, :, 0].astype(np.float64)
            error = target.value_scale.to_own(inputs) - target.own_values
            reach = float(np.abs(error).max()) or 1.0
            colors = _scatter(right, target, error, SIGNED_MAP, Normalize(-reach, reach))
        else:
            error = found - truth
            reach = float(np.nanmax(np.abs(error))) or 1.0
            colors = _map(right, target, error, SIGNED_MAP, Normalize(-reach, reach))
        right.scale(colors, "difference")
        left.name(y=target.input_names[1])
        titles = (target.name, f"network, epoch {shown.epoch:,}", "network minus target")
        for on, text in zip((left, middle, right), titles, strict=True):
            on.name(x=target.input_names[0], title=text if title else "")
    return left.figure


def target_map(target: Target, *, size: Size = "column", title: bool = True) -> Figure:
    """A target of two inputs as a map; of data its points."""
    with drawings(size, ratio=0.8) as [on]:
        truth = _values(target, _pixels(target))
        ends = Normalize(*_ends(target.own_values if truth is None else truth))
        if truth is None:
            colors = _scatter(on, target, target.own_values, MAP, ends)
        else:
            colors = _map(on, target, truth, MAP, ends)
        on.scale(colors, target.value_name)
        on.name(x=target.input_names[0], y=target.input_names[1], title=target.name if title else "")
    return on.figure


def _pixels(target: Target) -> Array:
    """The middles of the pixels, in the network's units, ``(pixels, 2)``: row by row from below."""
    steps = (np.arange(PIXELS) + 0.5) / PIXELS
    first, second = (low + (high - low) * steps for low, high in target.domain)
    return np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)


def _values(target: Target, points: Array) -> Array | None:
    if target.function is None:
        return None
    with np.errstate(all="ignore"):
        values = np.asarray(target.function(points), dtype=np.float64)
    return target.value_scale.to_own(values).reshape(PIXELS, PIXELS)


def _ends(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)


def _map(on: Drawing, target: Target, values: Array, colors: str, norm: Normalize) -> ScalarMappable:
    (left, right), (bottom, top) = target.own_domain
    drawn = on.ax.imshow(
        values,
        extent=(left, right, bottom, top),
        origin="lower",
        cmap=colors,
        norm=norm,
        interpolation="nearest",
    )
    on.ax.set_aspect("auto")
    set_limits(on, target.own_domain)
    return drawn


def _scatter(on: Drawing, target: Target, values: Array, colors: str, norm: Normalize) -> ScalarMappable:
    x, y = target.own_inputs.T
    many = len(values) > MOST_VECTORS
    drawn = on.ax.scatter(x, y, c=values, s=3, linewidths=0, cmap=colors, norm=norm, rasterized=many)
    set_limits(on, target.own_domain)
    return drawn
