"""Dead units, collapse and bends, exactly, over ten thousand networks of each kind: as they start, and after training.

Claims M6 and M11. Training goes in parts, so that it can be cancelled and goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from statistics import fmean as mean

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, Setting, start, train
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.regions.line import linear_regions

__all__ = ["counts", "dead", "run", "together", "wasted"]

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
MOST = "most bends"

Counts = dict[str, float]  # by the columns of the tables


def run(attempt: Attempt) -> Result:
    """10⁴ networks of each kind as they start; as many default and RAAI networks after training on x³."""
    many, trained, parts = attempt.choose((MANY, MANY, PARTS), (QUICK_MANY, QUICK_TRAINED, 1))
    started = {
        kind: counts(_networks(kind, many, attempt.seed))
        for kind in attempt.over(KINDS, LABELS.__getitem__, end=0.1)
    }

    def train_part(case: tuple[str, int]) -> Counts:
        kind, part = case
        seed = attempt.seed + part * trained // parts
        return _trained(kind, Setting.of(attempt, members=trained // parts, seed=seed))

    cases = list(product(TRAINED, range(parts)))
    made = attempt.each(
        cases, train_part, lambda case: f"{LABELS[case[0]]}, trained, part {case[1] + 1}", begin=0.1
    )
    after = {
        kind: together([part for (own, _), part in zip(cases, made, strict=True) if own == kind])
        for kind in TRAINED
    }
    tables = [
        Table.of(title, ({"start": LABELS[kind], **one} for kind, one in found.items()))
        for title, found in (
            (f"{many:,} networks of each kind as they start", started),
            (f"{trained:,} networks of each kind, trained on x³", after),
        )
    ]
    claims = [*dead(started, after, attempt.quick), *wasted(started, after, attempt.quick)]
    return Result(tables, claims=claims)


def _networks(kind: str, members: int, seed: int) -> Network:
    if kind in ("theorem", "free"):
        return start(kind, CUBE.sign, Setting(members=members, depth=HIDDEN, seed=seed))
    return mlp(HIDDEN + 1, WIDTH, init=kind, members=members, seed=seed)


def _trained(kind: str, setting: Setting) -> Counts:
    network = _networks(kind, setting.members, setting.seed)
    return counts(train(network, setting.target(CUBE), (3,), setting, DEFAULT_RATE).network)


def together(parts: Sequence[Counts]) -> Counts:
    """The :func:`counts` of all members, from those of parts of equal size."""
    return {key: (max if key == MOST else mean)(part[key] for part in parts) for key in parts[0]}


def counts(network: Network) -> Counts:
    """Shares over the members, exact on [0, 1]: dead units, members with some, collapsed ones; bends; idle layers.

    A layer is idle where none of its pre-activations changes its sign.
    """
    lines = linear_regions(network, (0.0, 1.0), certify=False)
    units = sum(layer.outputs for layer in network.layers[:-1])
    idle = [float(np.mean(_is_idle(network, layer))) for layer in range(len(network.layers) - 1)]
    return {
        "dead units, share": mean(len(one.dead_units) for one in lines) / units,
        "members with some": mean(bool(one.dead_units) for one in lines),
        "collapsed": mean(one.collapsed for one in lines),
        "mean bends": mean(one.bends for one in lines),
        MOST: max(one.bends for one in lines),
        "idle layers, mean": sum(idle),
        **{f"layer {layer} idle": share for layer, share in enumerate(idle, 1)},
    }


def _is_idle(network: Network, layer: int) -> list[bool]:
    """Of every member, whether all pre-activations of a layer keep their sign; they are extreme where they bend."""
    layers = (*network.layers[:layer], replace(network.layers[layer], activation="identity"))
    below = network.parameters[:, : sum(each.outputs * (each.inputs + 1) for each in layers)]
    found = linear_regions(Network(layers, below), (0.0, 1.0), certify=False)
    return [bool(np.all((one.values > 0).all(axis=0) | (one.values <= 0).all(axis=0))) for one in found]


def dead(started: dict[str, Counts], after: dict[str, Counts], quick: bool) -> list[Claim]:
    default, trained = started["torch"]["collapsed"], after["torch"]["collapsed"]
    raai, raai_trained = started["raai"]["collapsed"], after["raai"]["collapsed"]
    normal = started["kaiming"]["collapsed"]
    born = [started[kind]["dead units, share"] for kind in ("theorem", "free")]
    return [
        judged(
            "M6 default", "About half of the default networks collapse", "0.3 to 0.7",
            f"{default:.3g} at the start ({normal:.3g} with Kaiming normal weights), {trained:.3g} after training",
            None, 0.3 <= trained <= 0.7, quick=quick,
            fails_if="fewer than 0.3 or more than 0.7 of the trained networks are constant on [0, 1]",
        ),
        judged(
            "M6 RAAI", "RAAI removes most, not all, of the collapsed networks", "far fewer, not 0",
            f"{raai:.3g} at the start, {raai_trained:.3g} after training", None,
            max(raai, raai_trained) > 0 and raai < 0.5 * default and raai_trained < 0.5 * trained, quick=quick,
            fails_if="with RAAI at least half as many collapse, or none does",
        ),
        judged(
            "M6 compositional", "Compositional networks never start with a dead unit", 0.0, max(born), "exact",
            max(born) == 0.0, fails_if="one of the networks has a unit that is never active on [0, 1]",
        ),
    ]  # fmt: skip


def wasted(started: dict[str, Counts], after: dict[str, Counts], quick: bool) -> list[Claim]:
    units = HIDDEN * WIDTH
    bends, most, idle = (after["torch"][key] for key in ("mean bends", MOST, "idle layers, mean"))
    return [
        judged(
            "M11 bends", f"Default networks make fewer bends than they have units ({units})", f"mean below {units}",
            f"{started['torch']['mean bends']:.3g} at the start, {bends:.3g} after training; the most is {most}",
            None, bends < units, quick=quick,
            fails_if=f"the trained networks make {units} bends or more on average",
        ),
        judged(
            "M11 layers", "Whole layers are wasted: no pre-activation changes its sign, so ReLU is not used there",
            "at least one layer on average", f"{idle:.3g} of {HIDDEN} hidden layers on average after training", ">= 1",
            idle >= 1.0, quick=quick,
            fails_if="in the trained networks fewer than one layer on average has no change of sign on [0, 1]",
        ),
    ]  # fmt: skip
