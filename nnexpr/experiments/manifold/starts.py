"""Dead units, collapse and bends, exactly, over ten thousand networks of each kind: as they start, and after training.

Claims M6 and M11. Training goes in parts, so that it can be cancelled and goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, Setting, start, train
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions

__all__ = ["counts", "run", "together"]

MANY, PARTS = 10_000, 10
QUICK_MANY, QUICK_TRAINED = 1000, 60
HIDDEN, WIDTH = 5, 4
TRAINED = ("torch", "raai")
KINDS = ("torch", "kaiming", "xavier", "raai", "theorem", "free")
LABELS = {
    "torch": "default", "kaiming": "Kaiming", "xavier": "Xavier", "raai": "RAAI", "theorem": "manifold",
    "free": "free scales",
}  # fmt: skip
CUBE = CURVES[0]


def run(attempt: Attempt) -> Result:
    """10⁴ networks of each kind as they start; as many default and RAAI networks after training on x³."""
    many, trained, parts = attempt.choose((MANY, MANY, PARTS), (QUICK_MANY, QUICK_TRAINED, 1))
    started = {
        kind: counts(_networks(kind, many, attempt.seed))
        for kind in attempt.over(KINDS, LABELS.__getitem__, end=0.1)
    }
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in TRAINED}
    both = [(kind, part) for kind in TRAINED for part in range(parts)]
    for kind, part in attempt.over(both, lambda each: f"{LABELS[each[0]]}, trained", begin=0.1):
        setting = Setting.of(attempt, members=trained // parts, seed=attempt.seed + part * trained // parts)
        found[kind].append(attempt.kept(f"trained {kind} {part}", partial(_trained, kind, setting)))
    after = {kind: together(each) for kind, each in found.items()}
    tables = [
        _table(f"{many:,} networks of each kind as they start", started),
        _table(f"{trained:,} networks of each kind, trained on x³", after),
    ]
    return Result(
        tables, claims=[*_dead(started, after, attempt.quick), *_wasted(started, after, attempt.quick)]
    )


def _networks(kind: str, members: int, seed: int) -> Network:
    if kind in ("theorem", "free"):
        return start(kind, CUBE.sign, Setting(members=members, depth=HIDDEN, seed=seed))
    return mlp(HIDDEN + 1, WIDTH, init=kind, members=members, seed=seed)


def _trained(kind: str, setting: Setting) -> dict[str, Any]:
    network = _networks(kind, setting.members, setting.seed)
    return counts(train(network, setting.target(CUBE), (3,), setting, DEFAULT_RATE).network)


def together(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The :func:`counts` of all members, from those of parts of equal size."""
    joined: dict[str, Any] = {
        key: np.mean([part[key] for part in parts], axis=0).tolist() for key in parts[0]
    }
    return {**joined, "most bends": max(part["most bends"] for part in parts)}


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
        "start", "dead units, share", "members with some", "collapsed", "mean bends", "most bends", "idle layers, mean",
        *(f"layer {layer} idle" for layer in range(1, HIDDEN + 1)),
    )  # fmt: skip
    keys = ("dead units", "with dead units", "collapsed", "bends", "most bends", "idle layers")
    rows: list[Sequence[Cell]] = [
        [LABELS[kind], *(one[key] for key in keys), *one["idle by layer"]] for kind, one in found.items()
    ]
    return Table(title, columns, rows)


def _dead(started: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], quick: bool) -> list[Claim]:
    default, trained = started["torch"]["collapsed"], after["torch"]["collapsed"]
    raai, raai_trained = started["raai"]["collapsed"], after["raai"]["collapsed"]
    normal = started["kaiming"]["collapsed"]
    born = [started[kind]["dead units"] for kind in ("theorem", "free")]
    return [
        judged(
            "M6 default", "About half of the default networks collapse", "0.3 to 0.7",
            f"{default:.3g} at the start ({normal:.3g} with Kaiming normal weights), {trained:.3g} after training",
            None, 0.3 <= trained <= 0.7, quick=quick,
        ),
        judged(
            "M6 RAAI", "RAAI removes most, not all, of the collapsed networks", "far fewer, not 0",
            f"{raai:.3g} at the start, {raai_trained:.3g} after training", None,
            max(raai, raai_trained) > 0 and raai < 0.5 * default and raai_trained < 0.5 * trained, quick=quick,
        ),
        judged(
            "M6 compositional", "Compositional networks never start with a dead unit", 0.0, max(born), "exact",
            max(born) == 0.0,
        ),
    ]  # fmt: skip


def _wasted(started: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], quick: bool) -> list[Claim]:
    units = HIDDEN * WIDTH
    bends, most = after["torch"]["bends"], after["torch"]["most bends"]
    idle = after["torch"]["idle layers"]
    return [
        judged(
            "M11 bends", f"Default networks make fewer bends than they have units ({units})", f"mean below {units}",
            f"{started['torch']['bends']:.3g} at the start, {bends:.3g} after training; the most is {most}",
            None, bends < units, quick=quick,
        ),
        judged(
            "M11 layers", "Whole layers are wasted: none of their units bends the output", "some",
            f"{idle:.3g} of {HIDDEN} hidden layers on average after training", None, idle >= 1.0, quick=quick,
        ),
    ]  # fmt: skip
