"""What the engine is asked of a fit, beside training it: its scene, counts, floor and frequencies, and its files.

Imported on the engine's thread, once the screen is there: it brings torch.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.atomic import write_atomically
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import lower_bound, serra_bound, upper_bound
from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.runs.file import save
from nnexpr.specification import FitSpecification
from nnexpr.splines.spline_floor import spline_floor
from nnexpr.targets import CATALOGUE
from nnexpr.training.devices import device_memory
from nnexpr.training.resolve import session_of
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.training.moment import FitMoment, Library, Scene

__all__ = ["alone", "build", "export", "floor", "frequencies", "library", "lines", "memory", "scene_of"]

Array = NDArray[np.float64]

MOST_DATA = 2000  # training points that are drawn
MOST_FLOOR_REGIONS = 512
MOST_COUNTED_UNITS = 20_000


def library() -> Library:
    """Torch, loaded, with the targets that need one input first."""
    names = sorted(CATALOGUE, key=lambda name: CATALOGUE[name].dimension)
    return Library(tuple(names), build, tuple(name for name in names if CATALOGUE[name].dimension == 2))


def build(specification: FitSpecification) -> Session:
    """A session at epoch 0, which leaves one core to the screens; raises InputError for what cannot be."""
    threads = specification.threads or max(1, (os.cpu_count() or 2) - 1)
    return session_of(specification.replace(threads=threads))


def memory(session: Session) -> tuple[int, int] | None:
    """Bytes in use and in all of a graphics processor."""
    return device_memory(session.network.parameters.device)


def alone(session: Session, snapshot: Snapshot) -> Network:
    """The snapshot's member as a network of its own, as it was."""
    parameters = torch.as_tensor(snapshot.parameters)[None, :]
    return session.network.to(device="cpu").member(snapshot.member).with_parameters(parameters)


def lines(session: Session, snapshot: Snapshot) -> LineRegions | None:
    """The linear regions of the snapshot's network, in own units; None where they cannot be counted."""
    target = session.target
    try:
        [found] = linear_regions(alone(session, snapshot), target.domain[0], certify=False)
    except ValueError:  # not piecewise linear, or weights that are not finite
        return None
    return found.rescaled(target.input_scales[0], target.value_scale)


def floor(session: Session, regions: int) -> float | None:
    """Mean squared error, own units, of the best linear spline with so many pieces on the training points."""
    target = session.target
    if regions > MOST_FLOOR_REGIONS or target.points > 20_000:
        return None
    return float(spline_floor(target.own_inputs[:, 0], target.own_values, regions).mse)


def frequencies(scene: Scene, snapshot: Snapshot) -> Array | None:
    """Amplitude of the error in each Fourier mode of the domain, (modes,); mode 0 is the mean."""
    if scene.dimension > 1 or not np.isfinite(snapshot.prediction).all():
        return None
    error = (snapshot.prediction.astype(np.float64) - scene.truth)[
        :-1
    ]  # the last grid point repeats the first
    amplitude = 2.0 * np.abs(np.fft.rfft(error)) / len(error)
    amplitude[0] /= 2.0
    return amplitude[: len(error) // 8]  # beyond, the grid no longer tells the modes apart well


def scene_of(session: Session, specification: FitSpecification) -> Scene:
    """What stays the same while the session trains; ``specification``: as it was asked for."""
    network, target = session.network, session.target
    line = target.dimension == 1
    x = target.input_scales[0].to_own(session.grid[:, 0])
    data = None
    truth = np.full_like(x, np.nan)
    if target.function is not None:
        with np.errstate(all="ignore"):
            truth = target.value_scale.to_own(np.asarray(target.function(session.grid), dtype=np.float64))
    elif line:
        order = np.argsort(target.own_inputs[:, 0], kind="stable")
        truth = np.interp(x, target.own_inputs[order, 0], target.own_values[order])
    if line and (target.function is None or specification.noise > 0):
        stride = max(1, target.points // MOST_DATA)
        data = np.stack([target.own_inputs[::stride, 0], target.own_values[::stride]])
    hidden = tuple(layer.outputs for layer in network.layers if layer.activation != "identity")
    folding = all(layer.activation in ("identity", "relu", "leaky_relu") for layer in network.layers)
    bounded = folding and bool(hidden) and network.encoding is None
    pieces = sum(ACTIVATIONS[layer.activation].pieces is not None for layer in network.layers)
    countable = network.is_piecewise_linear and pieces > 0 and sum(hidden) <= MOST_COUNTED_UNITS
    return Scene(
        specification=specification,
        name=target.name,
        formula=target.formula,
        dimension=target.dimension,
        domain=target.own_domain[0],
        x=x,
        truth=truth,
        data=data,
        parameters=network.parameter_count,
        countable=line and countable,
        upper_bound=(upper_bound(hidden) if line else serra_bound(hidden, 2)) if bounded else None,
        lower_bound=lower_bound(hidden) if bounded and line else None,
        device=session.device_name,
        input_name=target.section_name,
        value_name=target.value_name,
        plane=None if line else (target.own_domain[0], target.own_domain[1]),
        has_cells=not line and countable,
    )


def export(session: Session, moment: FitMoment, stem: Path, cells: dict[str, Any] | None) -> None:
    """``stem.safetensors``, all members, and ``stem.json``, the numbers."""
    weights, numbers = stem.with_name(stem.name + ".safetensors"), stem.with_name(stem.name + ".json")
    save(weights, session.current_network(), session.specification, target=session.target)
    text = json.dumps(_document(moment, session.specification, cells), allow_nan=False, indent=1)
    write_atomically(numbers, text + "\n")


def _document(
    moment: FitMoment, specification: FitSpecification, cells: dict[str, Any] | None
) -> dict[str, Any]:
    """What is on the screen, as JSON; numbers that are not finite become null."""
    counts = moment.counts
    counted = None
    if counts is not None:
        counted = {
            "linear_regions": counts.count,
            "bends": counts.bends,
            "activation_regions": counts.activation_regions,
            "bends_by_layer": list(counts.bends_by_layer),
            "breakpoints": counts.breakpoints.tolist(),
            "slopes": [_finite(slope) for slope in counts.slopes.tolist()],
            "dead_units": [list(unit) for unit in counts.dead_units],
            "collapsed": counts.collapsed,
        }
    return {
        "schema": 1,
        "run": moment.run,
        "config": specification.as_config(),
        "device": moment.scene.device,
        "parameters": moment.scene.parameters,
        "epochs": moment.epoch,
        "seconds": moment.snapshot.seconds,
        "member": moment.snapshot.member,
        "losses": [_finite(loss) for loss in moment.snapshot.losses.tolist()],
        "counts": counted,
        "cells": cells,
        "spline_floor": _finite(moment.floor),
        "frequencies": [_finite(value) for value in _listed(moment.frequencies)],
        "history": {
            "epochs": moment.history_epochs.tolist(),
            "loss": [_finite(loss) for loss in moment.history_losses.tolist()],
        },
        "fit": {
            "x": _listed(moment.scene.x),
            "target": [_finite(value) for value in _listed(moment.scene.truth)],
            "prediction": [_finite(value) for value in moment.snapshot.prediction.tolist()],
        },
    }


def _listed(values: Array | None) -> list[float]:
    return [] if values is None else list(map(float, values))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
