"""What the card of each kind of object says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.data import Claim, Figure, Map, Result, Table
from nnexpr.experiments.wording import cell_text, verdict_text
from nnexpr.kinds import AffineLayer
from nnexpr.linear.solvers import LinearFit
from nnexpr.linear.spectrum import Spectrum
from nnexpr.networks.graph.graph import Graph
from nnexpr.networks.network import Network
from nnexpr.notebook.html import box, chart, facts, polygons, table
from nnexpr.regions.line import LineRegions
from nnexpr.regions.plane import PlaneRegions
from nnexpr.runs.recording import Recording
from nnexpr.targets.target import Target
from nnexpr.training.fit import FitResult
from nnexpr.training.history import History

__all__ = ["MOST_WORK", "best_member", "card"]

Array = NDArray[np.float64]

GRID = 201  # points of a curve
MOST_WORK = 2_000_000  # parameters times members that are evaluated for a card
MOST_CELLS = 300  # polygons
MOST_LAYERS = 12
MOST_TABLES = 4


@singledispatch
def card(thing: object) -> str:
    """The HTML of an object; of one that has none, TypeError."""
    raise TypeError(f"a {type(thing).__name__} has no card")


@card.register
def _(thing: Target) -> str:
    sides = " × ".join(f"[{low:g}, {high:g}]" for low, high in thing.own_domain)
    told = {
        "formula": thing.formula,
        f"{thing.value_name} of {', '.join(thing.input_names)}": f"on {sides}",
        "training points": f"{thing.points:,}",
        "source": thing.source,
        "notes": " ".join(thing.notes),
    }
    drawn = chart([_truth(thing)]) if thing.dimension == 1 else ""
    return box(f"Target {thing.name}", facts(told), drawn)


def _truth(target: Target) -> tuple[Array, Array]:
    section = target.section(GRID)
    return target.input_scales[0].to_own(section[:, 0]), target.truth(section)


@card.register
def _(thing: Network) -> str:
    trained = thing.trained_parameter_count
    told = {
        "members": f"{thing.members:,}",
        "parameters": f"{thing.parameter_count:,}"
        + (f", {trained:,} trained" * (trained < thing.parameter_count)),
        "encoding": f"{thing.encoding.bands} bands" if thing.encoding else "",
        "piecewise linear": "yes" if thing.is_piecewise_linear else "no",
        "kept as": f"{thing.parameters.dtype} on {thing.parameters.device}".removeprefix("torch."),
    }
    rows = [
        (number, layer.inputs, layer.outputs, layer.activation, ", ".join(_more(number, layer)))
        for number, layer in enumerate(thing.layers, 1)
    ]
    shown = rows if len(rows) <= MOST_LAYERS else [*rows[: MOST_LAYERS - 1], ("…", "", "", "", ""), rows[-1]]
    return box("Network", facts(told), table(("layer", "inputs", "outputs", "activation", ""), shown))


@card.register
def _(thing: Graph) -> str:
    told = {
        "inputs": "×".join(map(str, thing.input_shape)),
        "outputs": "×".join(map(str, thing.output_shape)),
        "units that bend": f"{sum(thing.nodes[number].units for number in thing.bending):,}",
        "kept as": "float64",
    }
    nodes = list(zip(thing.nodes, thing.names, strict=True))
    rows = [
        (number, name, type(getattr(node, "map", node)).__name__, ", ".join(map(str, node.of)), node.units)
        for number, (node, name) in enumerate(nodes)
    ]
    shown = rows if len(rows) <= MOST_LAYERS else [*rows[: MOST_LAYERS - 1], ("…", "", "", "", ""), rows[-1]]
    return box("Graph", facts(told), table(("node", "name", "is", "takes", "units"), shown))


def _more(number: int, layer: AffineLayer) -> Iterator[str]:
    """What else there is to say of the layer of this number, the first's being 1."""
    if layer.adds:
        below = number - layer.adds
        yield f"adds layer {below}" if below else "adds the features"
    if not layer.trained:
        yield "frozen"


def best_member(fit: FitResult) -> int:
    """The one of the least loss; 0 where all have diverged."""
    losses = fit.loss.numpy()
    return int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0


@card.register
def _(thing: FitResult) -> str:
    losses, member = thing.loss.numpy(), best_member(thing)
    told = {
        "network": repr(thing.network).strip("<>"),
        "loss": f"{losses[member]:.4g}"
        + f" (member {member}; median {np.nanmedian(losses):.4g})" * (len(losses) > 1),
        "largest error": f"{thing.max_error[member]:.4g}",
        "epochs": f"{thing.epochs:,} in {thing.seconds:.2f} s, {thing.state}",
        "diverged": ", ".join(
            f"member {each} at {epoch:,}" for each, epoch in list(thing.diverged.items())[:8]
        ),
        "device": thing.device,
    }
    drawn = ""
    if thing.target.dimension == 1 and thing.network.parameter_count <= MOST_WORK:
        x, truth = _truth(thing.target)
        own = thing.network.member(member)(thing.target.to_network(x[:, None]))[0, :, 0].astype(np.float64)
        drawn = chart([(x, truth), (x, thing.target.value_scale.to_own(own))])
    return box(f"Fit of {thing.target.name}", facts(told), drawn, _losses(thing.history))


def _losses(history: History) -> str:
    """Least and median loss over the epochs."""
    losses = history.losses.astype(np.float64)
    alive = np.isfinite(losses).any(axis=1)
    if not alive.any():
        return ""
    epochs, losses = history.epochs[alive], losses[alive]
    return chart(
        [(epochs, np.nanmedian(losses, axis=1)), (epochs, np.nanmin(losses, axis=1))], log_x=True, log_y=True
    )


@card.register
def _(thing: History) -> str:
    return box(repr(thing).strip("<>"), _losses(thing))


@card.register
def _(thing: Recording) -> str:
    told = {
        "target": thing.scene.formula,
        "snapshots": f"{len(thing.snapshots):,}, epochs {thing.snapshots[0].epoch:,} to {thing.snapshots[-1].epoch:,}",
        "loss": f"{thing.snapshots[-1].loss:.4g} (member {thing.snapshots[-1].member})",
        "run": thing.run or "",
    }
    drawn = ""
    if thing.scene.dimension == 1:
        drawn = chart([(thing.scene.x, thing.scene.truth), (thing.scene.x, thing.snapshots[-1].prediction)])
    return box(f"Recording of {thing.scene.name}", facts(told), drawn)


@card.register
def _(thing: LineRegions) -> str:
    told = {
        "linear regions": f"{thing.count:,}",
        "bends": f"{thing.bends:,}, by layer {', '.join(map(str, thing.bends_by_layer))}",
        "activation regions": f"{thing.activation_regions:,}",
        "dead units": f"{len(thing.dead_units):,}",
        "collapsed": "yes" if thing.collapsed else "",
        "certified": "yes" if thing.check.certified else "no",
    }
    drawn = chart([(thing.knots, thing.values)]) if thing.values.ndim == 1 else ""
    return box("Linear regions on a line", facts(told), drawn)


@card.register
def _(thing: PlaneRegions) -> str:
    told = {
        "linear regions": f"{thing.count:,}",
        "cells": f"{thing.activation_regions:,}",
        "edges that bend": f"{thing.bends:,}",
        "dead units": f"{len(thing.dead_units):,}",
        "certified": "yes" if thing.check.certified else "no",
    }
    drawn = ""
    if thing.activation_regions <= MOST_CELLS:
        corners = np.split(thing.vertices[thing.corners], thing.offsets[1:-1])
        steep = thing.steepness
        drawn = polygons(
            [[(x, y) for x, y in each.tolist()] for each in corners], (steep / (steep.max() or 1)).tolist()
        )
    return box("Linear regions in the plane", facts(told), drawn)


@card.register
def _(thing: Spectrum) -> str:
    told = {
        "units": f"{len(thing.functions.knots):,} of {thing.basis}",
        "largest eigenvalues": ", ".join(f"{value:.4g}" for value in thing.eigenvalues[:5]),
        "slope": ""
        if thing.slope is None
        else f"{thing.slope:.3f} over modes {thing.slope_modes[0]} to {thing.slope_modes[1]}",
        "condition": f"{'' if thing.certified else 'at least '}{thing.condition:.3g}",
        "told from rounding": f"{thing.resolved:,}",
    }
    modes = np.arange(1, thing.resolved + 1)
    curves = [(modes, thing.eigenvalues[: thing.resolved])]
    if thing.exact is not None:
        curves.insert(0, (modes[: len(thing.exact)], thing.exact[: thing.resolved]))
    return box("Gram spectrum", facts(told), chart(curves, log_x=True, log_y=True))


@card.register
def _(thing: LinearFit) -> str:
    told = {
        "basis": f"{thing.basis}, {len(thing.knots):,} knots",
        "solved by": f"{thing.solver} in {thing.dtype}, {thing.seconds:.2g} s",
        "largest error": f"{thing.max_error:.4g}",
        "mean squared error": f"{thing.mse:.4g}",
        "rank": "" if thing.rank is None else f"{thing.rank:,} of {len(thing.coefficients):,}",
    }
    drawn = ""
    if thing.functions.dimension == 1:
        x = np.linspace(float(thing.functions.low), float(thing.functions.high), GRID)
        drawn = chart([(x, thing.predict(x))])
    return box("Least squares", facts(told), drawn)


# --- experiments

CLAIM = ("claim", "statement", "expected", "measured", "verdict", "fails if")


def _row(claim: Claim) -> tuple[str, ...]:
    expected, measured = cell_text(claim.expected), cell_text(claim.measured)
    return claim.id, claim.statement, expected, measured, verdict_text(claim.verdict), claim.fails_if


@card.register
def _(thing: Claim) -> str:
    return box(
        f"{thing.id}: {verdict_text(thing.verdict)}",
        facts(dict(zip(CLAIM[1:], _row(thing)[1:], strict=True))),
    )


@card.register
def _(thing: Table) -> str:
    return box(thing.title, table(thing.columns, [[cell_text(cell) for cell in row] for row in thing.rows]))


@card.register
def _(thing: Figure) -> str:
    drawn = chart([(each.x, each.y) for each in thing.series], log_x=thing.log_x, log_y=thing.log_y)
    told = {
        "over": thing.x_label,
        "shown": thing.y_label,
        "curves": ", ".join(each.label for each in thing.series),
    }
    return box(thing.title, facts(told), drawn)


@card.register
def _(thing: Map) -> str:
    told = {
        "over": f"{thing.x_label} and {thing.y_label}",
        "shown": thing.label,
        "size": f"{len(thing.y)} × {len(thing.x)}",
    }
    return box(thing.title, facts(told))


@card.register
def _(thing: Result) -> str:
    parts = [table(CLAIM, map(_row, thing.claims))] if thing.claims else []
    parts += [
        table(each.columns, [[cell_text(cell) for cell in row] for row in each.rows], each.title)
        for each in thing.tables[:MOST_TABLES]
    ]
    each_of = {"claim": thing.claims, "table": thing.tables, "figure": thing.figures}
    counted = ", ".join(f"{len(found)} {what}{'s' * (len(found) != 1)}" for what, found in each_of.items())
    return box(f"Result of an experiment: {counted}", *parts)
