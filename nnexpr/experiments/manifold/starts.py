"""How networks start: dead units, collapse and bends, exactly, over ten thousand of each kind. Claims M6 and M11."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, Setting, start, train
from nnexpr.experiments.parts import kept
from nnexpr.experiments.registry import Cell, Claim, Report, Result, Table, judged
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions

__all__ = ["counts", "run"]

MANY, MANY_TRAINED = 10_000, 1000
HIDDEN, WIDTH = 5, 4
KINDS = ("torch", "kaiming", "xavier", "raai", "theorem", "free")
LABELS = {
    "torch": "default", "kaiming": "Kaiming", "xavier": "Xavier", "raai": "RAAI", "theorem": "manifold",
    "free": "free scales",
}  # fmt: skip
CUBE = CURVES[0]


def run(quick: bool, report: Report) -> Result:
    """10⁴ networks of each kind as they start; 10³ default and RAAI networks after training on x³."""
    many, trained = (1000, 60) if quick else (MANY, MANY_TRAINED)
    started: dict[str, dict[str, Any]] = {}
    for number, kind in enumerate(KINDS):
        report(0.5 * number / len(KINDS), LABELS[kind])
        started[kind] = counts(_networks(kind, many))
    after: dict[str, dict[str, Any]] = {}
    for number, kind in enumerate(("torch", "raai")):
        report(0.5 + 0.25 * number, f"{LABELS[kind]}, trained")
        after[kind] = kept(f"trained {kind}", partial(_trained, kind, trained, quick))
    tables = [
        _table(f"{many:,} networks of each kind as they start", started),
        _table(f"{trained:,} networks of each kind, trained on x³", after),
    ]
    return Result(tables, claims=[*_dead(started, after), *_wasted(started, after)])


def _networks(kind: str, members: int) -> Network:
    if kind in ("theorem", "free"):
        return start(kind, CUBE.sign, Setting(members=members, depth=HIDDEN))
    return mlp(HIDDEN + 1, WIDTH, init=kind, members=members)


def _trained(kind: str, members: int, quick: bool) -> dict[str, Any]:
    setting = Setting(members=members, epochs=Setting.of(quick).epochs)
    return counts(train(_networks(kind, members), setting.target(CUBE), (3,), setting, DEFAULT_RATE).network)


def counts(network: Network) -> dict[str, Any]:
    """Shares over the members, exact on [0, 1]: dead units, members with some, collapsed ones; bends; idle layers.

    An idle layer adds no bend to the output.
    """
    lines = linear_regions(network, (0.0, 1.0), certify=False)
    units = sum(layer.outputs for layer in network.layers[:-1])
    by_layer = np.array([one.bends_by_layer for one in lines])
    return {
        "dead units": float(np.mean([len(one.dead_units) for one in lines])) / units,
        "with dead units": float(np.mean([bool(one.dead_units) for one in lines])),
        "collapsed": float(np.mean([one.collapsed for one in lines])),
        "bends": float(np.mean([one.bends for one in lines])),
        "most bends": max(one.bends for one in lines),
        "below units": float(np.mean([one.bends < units for one in lines])),
        "idle layers": float((by_layer == 0).sum(axis=1).mean()),
        "idle by layer": [float(share) for share in (by_layer == 0).mean(axis=0)],
    }


def _table(title: str, found: dict[str, dict[str, Any]]) -> Table:
    columns = (
        "start", "dead units", "members with some", "collapsed", "mean bends", "most bends", "idle layers",
        *(f"idle {layer}" for layer in range(1, HIDDEN + 1)),
    )  # fmt: skip
    keys = ("dead units", "with dead units", "collapsed", "bends", "most bends", "idle layers")
    rows: list[Sequence[Cell]] = [
        [LABELS[kind], *(one[key] for key in keys), *one["idle by layer"]] for kind, one in found.items()
    ]
    return Table(title, columns, rows)


def _dead(started: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[Claim]:
    default, trained = started["torch"]["collapsed"], after["torch"]["collapsed"]
    raai, raai_trained = started["raai"]["collapsed"], after["raai"]["collapsed"]
    normal = started["kaiming"]["collapsed"]
    born = [started[kind]["dead units"] for kind in ("theorem", "free")]
    return [
        judged(
            "M6 default", "About half of the default networks collapse", "0.3 to 0.7",
            f"{default:.3g} at the start ({normal:.3g} with Kaiming normal weights), {trained:.3g} after training",
            None, 0.3 <= trained <= 0.7,
        ),
        judged(
            "M6 RAAI", "RAAI removes most, not all, of the collapsed networks", "far fewer, not 0",
            f"{raai:.3g} at the start, {raai_trained:.3g} after training", None,
            max(raai, raai_trained) > 0 and raai < 0.5 * default and raai_trained < 0.5 * trained,
        ),
        judged(
            "M6 compositional", "Compositional networks never start with a dead unit", 0.0, max(born), "exact",
            max(born) == 0.0,
        ),
    ]  # fmt: skip


def _wasted(started: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[Claim]:
    units = HIDDEN * WIDTH
    bends, most = after["torch"]["bends"], after["torch"]["most bends"]
    idle = after["torch"]["idle layers"]
    return [
        judged(
            "M11 bends", f"Default networks make fewer bends than they have units ({units})", f"mean below {units}",
            f"{started['torch']['bends']:.3g} at the start, {bends:.3g} after training; the most is {most}",
            None, bends < units,
        ),
        judged(
            "M11 layers", "Whole layers are wasted: none of their units bends the output", "some",
            f"{idle:.3g} of {HIDDEN} hidden layers on average after training", None, idle >= 1.0,
        ),
    ]  # fmt: skip
