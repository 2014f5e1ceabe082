"""What a page holds as JSON, and curves from it again.

``{"format": "nnexpr page", "schema": 1, "runs": [...]}``, a run with the fields of
:class:`~nnexpr.exports.curves.Curves`: arrays are packed (:mod:`nnexpr.exports.packed`), predictions quantised in
65,534 steps a snapshot, bands and maps in 254; the rest is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from nnexpr import __version__
from nnexpr.experiments.data import from_json
from nnexpr.exports.curves import FINE, SIDE, Bends, Curves, Maps
from nnexpr.exports.packed import packed, quantised, unpacked, unquantised
from nnexpr.runs.events import Event
from nnexpr.runs.recording import Scene
from nnexpr.specification import FitSpecification

__all__ = ["curves_from", "document"]

FORMAT, SCHEMA = "nnexpr page", 1
MOST_SNAPSHOTS = 100_000  # of a page that is read


def document(runs: Sequence[Curves]) -> dict[str, Any]:
    """The JSON of a page that shows these."""
    return {"format": FORMAT, "schema": SCHEMA, "nnexpr": __version__, "runs": [_run(run) for run in runs]}


def curves_from(given: Any) -> tuple[Curves, ...]:
    """What :func:`document` wrote; raises ValueError, TypeError, LookupError or AttributeError for what it is not."""
    if given["format"] != FORMAT or given["schema"] != SCHEMA:
        raise ValueError("it is of another format")
    return tuple(_curves(run) for run in given["runs"])


# --- written


def _run(run: Curves) -> dict[str, Any]:
    return {
        "name": run.name,
        "scene": _scene(run.scene),
        "config": run.specification.as_config(),
        "epochs": packed(run.epochs, "float64"),
        "seconds": packed(run.seconds, "float64"),
        "learning_rates": packed(run.learning_rates, "float64"),
        "losses": packed(run.losses, "float64"),
        "members": packed(run.members, "int32"),
        "predictions": quantised(run.predictions, "uint16"),
        "bands": None if run.bands is None else quantised(run.bands, "uint8"),
        "bends": None if run.bends is None else _bends(run.bends),
        "modes": packed(run.modes, "float32"),
        "target_modes": packed(run.target_modes, "float64"),
        "maps": None if run.maps is None else _maps(run.maps),
        "history": {
            "epochs": packed(run.history_epochs, "float64"),
            "losses": packed(run.history_losses, "float32"),
            "spread": None if run.history_spread is None else packed(run.history_spread, "float32"),
        },
        "events": [asdict(event) for event in run.events],
    }


def _scene(scene: Scene) -> dict[str, Any]:
    """Its fields: plain ones as they are, arrays packed."""
    values = {field.name: getattr(scene, field.name) for field in fields(scene)}
    return {
        name: packed(value, "float64") if isinstance(value, np.ndarray) else value
        for name, value in values.items()
    }


def _bends(bends: Bends) -> dict[str, Any]:
    return {
        "regions": packed(bends.regions, "float64"),
        "ends": packed(bends.ends, "int32"),
        "positions": packed(bends.positions, "float32"),
        "layers": packed(bends.layers, "uint8"),
    }


def _maps(maps: Maps) -> dict[str, Any]:
    """Each map is one row of steps, so that its shades are told apart evenly."""
    flat = maps.predictions.reshape(len(maps.predictions), -1)
    truth = None if maps.truth is None else quantised(maps.truth.reshape(-1), "uint8")
    return {"predictions": quantised(flat, "uint8"), "truth": truth}


# --- read


def _curves(run: Any) -> Curves:
    scene = _scene_from(run["scene"])
    epochs = unpacked(run["epochs"], "float64", None)
    count, history = len(epochs), run["history"]
    if not 0 < count <= MOST_SNAPSHOTS:
        raise ValueError(f"{count} snapshots")
    entries = unpacked(history["epochs"], "float64", None)
    target_modes = unpacked(run["target_modes"], "float64", None)
    bands, maps, spread = run["bands"], run["maps"], history["spread"]
    return Curves(
        name=_text(run["name"]),
        scene=scene,
        specification=FitSpecification.from_config(run["config"]),
        epochs=epochs.astype(np.int64),
        seconds=unpacked(run["seconds"], "float64", count),
        learning_rates=unpacked(run["learning_rates"], "float64", count),
        losses=unpacked(run["losses"], "float64", count),
        members=unpacked(run["members"], "int32", count).astype(np.int64),
        predictions=unquantised(run["predictions"], "uint16", count, len(scene.x)),
        bands=None if bands is None else unquantised(bands, "uint8", count, 2, len(scene.x)),
        bends=None if run["bends"] is None else _bends_from(run["bends"], count),
        modes=unpacked(run["modes"], "float32", count, len(target_modes)),
        target_modes=target_modes,
        maps=None if maps is None else _maps_from(maps, count),
        history_epochs=entries.astype(np.int64),
        history_losses=unpacked(history["losses"], "float32", len(entries)),
        history_spread=None if spread is None else unpacked(spread, "float32", len(entries), 3),
        events=tuple(_event(event, count) for event in run["events"]),
    )


def _event(given: Any, count: int) -> Event:
    event = from_json(Event, given)
    if not 0 <= event.snapshot < count:
        raise ValueError("an event of no snapshot")
    return event


def _scene_from(given: Any) -> Scene:
    x = unpacked(given["x"], "float64", None)
    return Scene(
        name=_text(given["name"]),
        formula=_text(given["formula"]),
        domain=tuple((float(low), float(high)) for low, high in given["domain"]),
        x=x,
        truth=unpacked(given["truth"], "float64", len(x)),
        data=None if given["data"] is None else unpacked(given["data"], "float64", 2, None),
        hidden_widths=tuple(map(int, given["hidden_widths"])),
        parameters=int(given["parameters"]),
        piecewise_linear=bool(given["piecewise_linear"]),
        upper_bound=_count(given["upper_bound"]),
        lower_bound=_count(given["lower_bound"]),
        device=_text(given["device"]),
        input_name=_text(given["input_name"]),
        value_name=_text(given["value_name"]),
        notes=tuple(map(_text, given["notes"])),
    )


def _bends_from(given: Any, count: int) -> Bends:
    ends = unpacked(given["ends"], "int32", count)
    positions = unpacked(given["positions"], "float32", None)
    if np.any(np.diff(ends, prepend=0) < 0) or ends[-1] != len(positions):
        raise ValueError("bends that belong to no snapshot")
    return Bends(
        regions=unpacked(given["regions"], "float64", count).astype(np.int64),
        ends=ends.astype(np.int64),
        positions=positions.astype(np.float64),
        layers=unpacked(given["layers"], "uint8", len(positions)),
    )


def _maps_from(given: Any, count: int) -> Maps:
    flat = unquantised(given["predictions"], "uint8", count, SIDE * SIDE)
    truth = None if given["truth"] is None else unquantised(given["truth"], "uint8", FINE * FINE)
    return Maps(flat.reshape(count, SIDE, SIDE), None if truth is None else truth.reshape(FINE, FINE))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(value: Any) -> int | None:
    return None if value is None else int(value)
