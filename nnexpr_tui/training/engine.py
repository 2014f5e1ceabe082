"""The real engine behind the explorer: a training session with everything that is measured of it.

Imported on the worker's thread, once the screen is there: it brings torch.
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nnexpr.activations import ACTIVATIONS
from nnexpr.atomic import write_atomically
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import lower_bound, serra_bound, upper_bound
from nnexpr.regions.line import linear_regions
from nnexpr.runs.file import save
from nnexpr.runs.store import store
from nnexpr.specification import FitSpecification
from nnexpr.splines.spline_floor import spline_floor
from nnexpr.targets import CATALOGUE
from nnexpr.targets.target import Target
from nnexpr.training.devices import device_memory
from nnexpr.training.resolve import session_of
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot
from nnexpr_tui.plane.engine import cells_of, heights
from nnexpr_tui.plane.moment import Cells, PlaneView
from nnexpr_tui.training.moment import Counts, FitMoment, Library, Scene
from nnexpr_tui.worker.warming import compiling

__all__ = ["LiveEngine", "library"]

Array = NDArray[np.float64]

MOST_DATA = 2000  # training points that are drawn
MOST_FLOOR_REGIONS = 512
QUICK = 0.1  # seconds
MOST_COUNTED_UNITS = 20_000


def library() -> Library:
    """Torch, loaded, with the targets that need one input first."""
    names = sorted(CATALOGUE, key=lambda name: CATALOGUE[name].dimension)
    return Library(tuple(names), LiveEngine, tuple(name for name in names if CATALOGUE[name].dimension == 2))


class LiveEngine:
    """One session. See :class:`nnexpr_tui.training.moment.Engine`."""

    def __init__(self, specification: FitSpecification) -> None:
        threads = specification.threads or max(1, (os.cpu_count() or 2) - 1)
        self._session = session_of(specification.replace(threads=threads))
        self._network, self._target = self._session.network, self._session.target
        self._snapshot_seconds = 0.0
        self.scene = _scene(specification, self._network, self._target, self._session)

    @property
    def state(self) -> str:
        """Of the session."""
        return self._session.state

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return self._session.epoch

    @property
    def seconds(self) -> float:
        """Spent training."""
        return self._session.seconds

    @property
    def memory(self) -> tuple[int, int] | None:
        """Bytes in use and in all of a graphics processor."""
        return device_memory(self._network.parameters.device)

    def start(self) -> None:
        """Begin, or go on."""
        self._session.start()

    def pause(self) -> None:
        """Hold."""
        self._session.pause()

    def advance(self, seconds: float) -> bool:
        """Train for about so long; True while there is more to do."""
        return self._session.advance(seconds)

    def step(self, epochs: int) -> None:
        """Exactly so many epochs."""
        self._session.step(epochs)

    def reconfigure(self, specification: FitSpecification) -> None:
        """Take over the live options."""
        changes = {
            name: getattr(specification, name)
            for name in ("lr", "schedule", "epochs", "stop_loss")
            if getattr(specification, name) != getattr(self._session.specification, name)
        }
        self._session.reconfigure(**changes)

    def snapshot(self, member: int) -> Snapshot:
        """This moment."""
        began = monotonic()
        snapshot = self._session.snapshot(member)
        self._snapshot_seconds = monotonic() - began
        return snapshot

    def diverged_at(self, member: int) -> int | None:
        """The epoch at which the member's loss ceased to be finite."""
        return self._session.diverged.get(member)

    def history(self, member: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Epochs and the member's losses."""
        return self._session.history.epochs, self._session.history.member(member)

    def count(self, snapshot: Snapshot) -> Counts | None:
        """The exact counts of the snapshot's network, in own units; None where there are none."""
        if not self.scene.countable:
            return None
        try:
            [lines] = linear_regions(self._alone(snapshot), self._target.domain[0], certify=False)
        except ValueError:  # not piecewise linear, or weights that are not finite
            return None
        own = lines.rescaled(self._target.input_scales[0], self._target.value_scale)
        return Counts(
            epoch=snapshot.epoch,
            member=snapshot.member,
            regions=own.count,
            bends=own.bends,
            activation_regions=own.activation_regions,
            bends_by_layer=tuple(own.bends_by_layer),
            positions=own.breakpoints,
            dead_units=tuple((int(layer), int(unit)) for layer, unit in own.dead_units),
            collapsed=own.collapsed,
            slopes=own.slopes,
        )

    def floor(self, regions: int) -> float | None:
        """Mean squared error, own units, of the best linear spline with so many pieces on the training points."""
        if regions > MOST_FLOOR_REGIONS or self._target.points > 20_000:
            return None
        return float(spline_floor(self._target.own_inputs[:, 0], self._target.own_values, regions).mse)

    def frequencies(self, snapshot: Snapshot) -> Array | None:
        """Amplitude of the error in each Fourier mode of the domain, (modes,); mode 0 is the mean."""
        truth = self.scene.truth
        if self.scene.dimension > 1 or not np.isfinite(snapshot.prediction).all():
            return None
        error = (snapshot.prediction.astype(np.float64) - truth)[:-1]  # the last grid point repeats the first
        amplitude = 2.0 * np.abs(np.fft.rfft(error)) / len(error)
        amplitude[0] /= 2.0
        return amplitude[: len(error) // 8]  # beyond, the grid no longer tells the modes apart well

    def heights(self, view: PlaneView, snapshot: Snapshot | None) -> Array:
        """The values of the snapshot's network, or of the target, at the pixels: ``(height, width)``, own units."""
        network = self._network if snapshot is None else self._alone(snapshot)
        return heights(network, self._target, view, of_target=snapshot is None)

    def can_count(self, seconds: float = 0.0) -> bool:
        """Whether what counts is compiled; waits so long for it.

        Training comes first: while it waits for its own loops to be compiled, nothing else is begun.
        """
        if self._session.state == "running" and self._session.epoch == 0:
            return False
        return compiling("line" if self.scene.dimension == 1 else "plane").wait(seconds)

    def cells(self, snapshot: Snapshot) -> Cells:
        """The exact cells of the snapshot's network; ``ValueError`` where they cannot be counted."""
        return cells_of(self._alone(snapshot), self._target, snapshot)

    def _alone(self, snapshot: Snapshot) -> Network:
        """The snapshot's member as a network of its own, as it was."""
        parameters = torch.as_tensor(snapshot.parameters)[None, :]
        return self._network.to(device="cpu").member(snapshot.member).with_parameters(parameters)

    def keep(self, run: str | None) -> str | None:
        """Write all members to the store; the run's id."""
        session = self._session
        network = session.current_network().to(device="cpu")
        # On leaving there is no time for another pass over very many points: then the last loss of the history.
        is_quick = self._snapshot_seconds < QUICK or not len(session.history)
        losses = (session.losses() if is_quick else session.history.losses[-1]).tolist()
        return store().keep(
            network, session.specification, self._target, epoch=session.epoch, losses=losses, run=run
        )

    def export(self, stem: Path, moment: FitMoment, cells: dict[str, Any] | None) -> list[Path]:
        """``stem.safetensors``, all members, and ``stem.json``, the numbers."""
        session = self._session
        weights, numbers = stem.with_name(stem.name + ".safetensors"), stem.with_name(stem.name + ".json")
        save(weights, session.current_network().to(device="cpu"), session.specification, target=self._target)
        document = json.dumps(_document(moment, session.specification, cells), allow_nan=False, indent=1)
        write_atomically(numbers, document + "\n")
        return [numbers, weights]


def _scene(specification: FitSpecification, network: Network, target: Target, session: Session) -> Scene:
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
        hidden_widths=hidden,
        parameters=network.parameter_count,
        countable=line and countable,
        upper_bound=(upper_bound(hidden) if line else serra_bound(hidden, 2)) if bounded else None,
        lower_bound=lower_bound(hidden) if bounded and line else None,
        device=session.device_name,
        input_name=target.section_name,
        value_name=target.value_name,
        notes=target.notes,
        plane=None if line else (target.own_domain[0], target.own_domain[1]),
        has_cells=not line and countable,
    )


def _document(
    moment: FitMoment, specification: FitSpecification, cells: dict[str, Any] | None
) -> dict[str, Any]:
    """What is on the screen, as JSON; numbers that are not finite become null."""
    counts = moment.counts
    counted = None
    if counts is not None:
        counted = {
            "linear_regions": counts.regions,
            "bends": counts.bends,
            "activation_regions": counts.activation_regions,
            "bends_by_layer": list(counts.bends_by_layer),
            "breakpoints": counts.positions.tolist(),
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
