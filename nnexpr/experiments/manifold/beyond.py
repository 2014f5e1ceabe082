"""Beyond the paper: what a better last stage, deeper networks and other amplitudes reach, against the spline floor."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from nnexpr.experiments.manifold.rows import floor_of
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, RATES, Curve, Setting, start, train
from nnexpr.experiments.parts import kept
from nnexpr.experiments.registry import Report, Result, Table
from nnexpr.networks.network import Network
from nnexpr.training.fit import FitResult, fit

__all__ = ["amplitudes", "respread", "run"]

ITERATIONS = {"adam": 1000, "lbfgs": 300, "levenberg-marquardt": 60}
NAMES = {"adam": "Adam", "lbfgs": "L-BFGS", "levenberg-marquardt": "Lev.-Marq."}
BEFORE = {"default": (), "GD only": (), "stage 1": (1,), "stages 1, 2": (1, 2)}
DEPTHS = (5, 6, 7, 8, 10, 12)
SPREADS = ("by layer", "even", "at the output")


def run(quick: bool, report: Report) -> Result:
    """Three tables for all curves; ``kept`` curve by curve."""
    setting = Setting.of(quick)
    depths = DEPTHS[:3] if quick else DEPTHS
    last: list[list[Any]] = []
    deeper: list[list[Any]] = []
    spread: list[list[Any]] = []
    for number, curve in enumerate(CURVES):
        share = number / len(CURVES)
        report(share, f"{curve.label}: second-order last stages")
        last += kept(f"last {curve.name}", partial(_last_stages, curve, setting, quick))
        report(share + 0.15, f"{curve.label}: deeper networks")
        deeper += kept(f"deeper {curve.name}", partial(_deeper, curve, setting, depths))
        report(share + 0.22, f"{curve.label}: amplitudes")
        spread += kept(f"spread {curve.name}", partial(_spreads, curve, setting))
    columns = ("min", "median", "mean", "regions", "floor", "min / floor")
    return Result([
        Table("Last stage by another optimiser (float64)", ("curve", "start", "last stage", *columns), last),
        Table("All stages, deeper networks", ("curve", "hidden layers", *columns), deeper),
        Table("Stages 1 and 3: amplitudes before stage 3", ("curve", "spread", *columns), spread),
    ])  # fmt: skip


def _last_stages(curve: Curve, setting: Setting, quick: bool) -> list[list[Any]]:
    goal, rows = setting.target(curve), []
    for label, before in BEFORE.items():
        network = start("default" if label == "default" else "theorem", curve.sign, setting)
        if before:
            network = train(network, goal, before, setting).network
        for optimizer, iterations in ITERATIONS.items():
            step = DEFAULT_RATE if label == "default" else RATES[3]
            rate = {"lr": step} if optimizer == "adam" else {}
            result = fit(
                network.to(dtype=torch.float64),
                goal,
                optimizer=optimizer,
                epochs=iterations // (10 if quick else 1),
                **rate,
            )
            rows.append([curve.label, label, NAMES[optimizer], *_found(result)])
    return rows


def _deeper(curve: Curve, setting: Setting, depths: tuple[int, ...]) -> list[list[Any]]:
    goal, rows = setting.target(curve), []
    for depth in depths:
        own = Setting(**{**vars(setting), "depth": depth})
        result = train(start("theorem", curve.sign, own), goal, (1, 2, 3), own)
        rows.append([curve.label, depth, *_found(result)])
    return rows


def _spreads(curve: Curve, setting: Setting) -> list[list[Any]]:
    goal = setting.target(curve)
    network = train(start("theorem", curve.sign, setting), goal, (1,), setting).network
    return [
        [curve.label, spread, *_found(train(respread(network, spread), goal, (3,), setting))]
        for spread in SPREADS
    ]


def _found(result: FitResult) -> list[float | None]:
    losses = result.loss.numpy()
    if not np.isfinite(losses).any():
        return [None] * 6
    best = int(np.nanargmin(losses))
    regions, floor = floor_of(result, best)
    least = float(losses[best])
    ratio = least / floor if floor > 0 else None
    return [least, float(np.nanmedian(losses)), float(np.nanmean(losses)), regions, floor, ratio]


def amplitudes(network: Network) -> torch.Tensor:
    """What t1, t2 and the bias unit of each hidden layer carry, ``(members, L)``: 1, s_0, s_1, …"""
    ratios = [network.weight(index)[:, 3, 3] for index in range(1, len(network.layers) - 1)]
    return torch.cumprod(torch.stack([torch.ones_like(ratios[0]), *ratios], dim=1), dim=1)


def respread(network: Network, spread: str) -> Network:
    """The same functions with other amplitudes: ReLU lets a unit be scaled if the weights above are scaled back.

    ``by layer``: as they are built, s_i / s_{i-1} a layer. ``even``: the same ratio in every layer. ``at the output``:
    all amplitudes 1, and the coefficients s_i in the rows of ``sum``, as a naive network would have it.
    """
    now = amplitudes(network)
    depth = now.shape[1]
    if spread == "by layer":
        wanted = now
    elif spread == "even":
        wanted = now[:, -1:] ** (torch.arange(depth) / (depth - 1))
    else:
        wanted = torch.ones_like(now)
    factor = (wanted / now)[:, :, None, None]
    made = network.with_parameters(network.parameters.clone())
    for index in range(depth):
        made.affine(index)[:, 1:, :] *= factor[:, index]
        made.affine(index + 1)[:, :, 1:4] /= factor[:, index]
    return made
