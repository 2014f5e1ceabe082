"""Recordings as one JSON document, which pages and scripts read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nnexpr.atomic import write_atomically
from nnexpr.plain import plain, shortest
from nnexpr.runs.recording import Recording, Scene
from nnexpr.training.snapshots import Snapshot

__all__ = ["recording_document", "write"]


def write(recordings: Sequence[Recording], path: Path) -> None:
    """``{"schema": 1, "recordings": [...]}``, numbers that are not finite as null beside a note."""
    document = {"schema": 1, "recordings": [recording_document(each) for each in recordings]}
    write_atomically(path, json.dumps(plain(document), allow_nan=False) + "\n")


def recording_document(recording: Recording) -> dict[str, Any]:
    """All of a recording but weights, in own units: arrays stay arrays, for :func:`~nnexpr.plain.plain` to write."""
    return {
        "run": recording.run,
        "config": recording.specification.as_config(),
        "seeds": recording.network.seeds,
        "scene": _scene(recording.scene),
        "snapshots": [_snapshot(each) for each in recording.snapshots],
        "history": {"epochs": recording.epochs, "losses": shortest(recording.losses)},
    }


def _scene(scene: Scene) -> dict[str, Any]:
    return {
        "name": scene.name,
        "formula": scene.formula,
        "domain": scene.domain,
        "input": scene.input_name,
        "value": scene.value_name,
        "x": scene.x,
        "target": scene.truth,
        "data": scene.data,
        "parameters": scene.parameters,
        "device": scene.device,
        "notes": scene.notes,
    }


def _snapshot(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "epoch": snapshot.epoch,
        "seconds": snapshot.seconds,
        "learning_rate": snapshot.learning_rate,
        "losses": snapshot.losses,
        "member": snapshot.member,
        "prediction": shortest(snapshot.prediction),
        "band": None if snapshot.band is None else shortest(snapshot.band),
    }
