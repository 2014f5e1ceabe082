"""What the engine is asked of a fit, beside training it: its counts and frequencies, and its files.

Imported on the engine's thread, once the screen is there: it brings torch.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnexpr.atomic import write_atomically
from nnexpr.networks.network import Network
from nnexpr.plain import plain
from nnexpr.regions.line import LineRegions, linear_regions
from nnexpr.runs.file import save
from nnexpr.runs.recording import Scene
from nnexpr.specification import FitSpecification
from nnexpr.splines.floor import enclosure
from nnexpr.targets import CATALOGUE
from nnexpr.targets.build import idle_options
from nnexpr.targets.target import Target
from nnexpr.training.devices import device_memory
from nnexpr.training.fit import session_of
from nnexpr.training.modes import mode_amplitudes
from nnexpr.training.session import Session
from nnexpr.training.snapshots import Snapshot
from nnexpr.training.tangents import tangents_of
from nnexpr_tui.documents import domain_document, modes_document, tangent_document
from nnexpr_tui.training.moment import FitMoment, Library

__all__ = ["build", "export", "frequencies", "library", "lines", "memory"]

Array = NDArray[np.float64]

# What is written of the counts, beside the regions
COUNTED = (
    "bends",
    "activation_regions",
    "bends_by_layer",
    "breakpoints",
    "slopes",
    "dead_units",
    "collapsed",
)


def library() -> Library:
    """Torch, loaded, with the targets that need one input first."""
    names = sorted(CATALOGUE, key=lambda name: CATALOGUE[name].dimension)
    planar = tuple(name for name in names if CATALOGUE[name].dimension == 2)
    return Library(tuple(names), build, planar, idle_options)


def build(specification: FitSpecification) -> Session:
    """A session at epoch 0, which leaves one core to the screens; raises InputError for what cannot be."""
    threads = specification.threads or max(1, (os.cpu_count() or 2) - 1)
    return session_of(specification.replace(threads=threads), modes=True)


def memory(session: Session) -> tuple[int, int] | None:
    """Bytes in use and in all of a graphics processor."""
    return device_memory(session.network.parameters.device)


def lines(network: Network, target: Target) -> LineRegions | None:
    """The linear regions of a network of one member, in own units; None where they cannot be counted."""
    try:
        [found] = linear_regions(network, target.domain[0])
    except ValueError:  # not piecewise linear, or weights that are not finite
        return None
    return found.rescaled(target.input_scales[0], target.value_scale)


def frequencies(scene: Scene, snapshot: Snapshot) -> Array | None:
    """Amplitude of the error in each Fourier mode of the domain, (modes,); mode 0 is the mean."""
    if scene.dimension > 1 or not np.isfinite(snapshot.prediction).all():
        return None
    return mode_amplitudes(snapshot.prediction.astype(np.float64) - scene.truth)


def export(session: Session, moment: FitMoment, stem: Path, cells: dict[str, Any] | None) -> None:
    """``stem.safetensors``, all members, and ``stem.json``, the numbers."""
    weights, numbers = stem.with_name(stem.name + ".safetensors"), stem.with_name(stem.name + ".json")
    at = {"epoch": moment.epoch, "losses": plain(moment.snapshot.losses)}
    save(weights, session.current_network(), session.specification, target=session.target, extra=at)
    document = _document(moment, session.specification, cells) | {"tangent": _tangent(session, moment)}
    text = json.dumps(plain(document), allow_nan=False, indent=1)
    write_atomically(numbers, text + "\n")


def _document(
    moment: FitMoment, specification: FitSpecification, cells: dict[str, Any] | None
) -> dict[str, Any]:
    """What is on the screen, as JSON."""
    counts, (epochs, losses) = moment.counts, moment.history
    counted = None
    if counts is not None:
        counted = {"linear_regions": counts.count} | {name: getattr(counts, name) for name in COUNTED}
        counted |= {"certified": counts.check.certified}
        counted |= enclosure(moment.floor)
    return {
        "schema": 1,
        "run": moment.run,
        "config": specification.as_config(),
        "device": moment.scene.device,
        "parameters": moment.scene.parameters,
        "domain": domain_document(moment.scene.domain),
        "epochs": moment.epoch,
        "seconds": moment.snapshot.seconds,
        "member": moment.snapshot.member,
        "losses": moment.snapshot.losses,
        "counts": counted,
        "cells": cells,
        "frequencies": [] if moment.frequencies is None else moment.frequencies,
        "modes": _modes(moment),
        "history": {"epochs": epochs, "loss": losses},
        "fit": {"x": moment.scene.x, "target": moment.scene.truth, "prediction": moment.snapshot.prediction},
    }


def _tangent(session: Session, moment: FitMoment) -> dict[str, Any] | None:
    """The tangent kernel of the shown member; None where there is none."""
    member = moment.snapshot.member
    if moment.diverged_at is not None:
        return None
    try:
        found = tangents_of(
            session.network, session.current_network(), session.target, session.specification, member, moment.epoch
        )  # fmt: skip
    except ValueError:
        return None
    return tangent_document(found, member)


def _modes(moment: FitMoment) -> dict[str, Any] | None:
    modes, member = moment.modes, moment.snapshot.member
    if modes is None:
        return None
    target = mode_amplitudes(moment.scene.truth)[: modes.member.shape[1]]
    median = modes.median if len(moment.snapshot.losses) > 1 else None
    return modes_document(modes.epochs, target, member, modes.member, median)
