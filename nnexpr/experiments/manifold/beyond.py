"""Beyond the paper: what a better last stage, deeper networks and other amplitudes reach, against the spline floor.

How close can a network of 2^L regions come, and what stands in the way? The first table takes the floor of 2^5 pieces
as its unit and names the obstacles one by one: the manifold (after Stage 1 all 32 regions are there, but five peaks
place them), the optimiser (all weights trained, by Adam, L-BFGS and Levenberg-Marquardt), and depth under Adam.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Result, Table
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import cell_of
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, RATES, ROWS, Curve, Setting, start, train
from nnexpr.networks.network import Network
from nnexpr.optimizers import OPTIMIZERS
from nnexpr.splines.floor import spline_floor
from nnexpr.training.fit import FitResult, fit

__all__ = ["amplitudes", "respread", "run", "whole_floor"]

ITERATIONS = {"adam": 1000, "lbfgs": 300, "levenberg-marquardt": 60}
NAMES = {"adam": "Adam", "lbfgs": "L-BFGS", "levenberg-marquardt": "Lev.-Marq."}
THEIRS = "adam"  # the paper's
ENDING = tuple(row for row in ROWS if row.stages[-1] == 3)
DEPTHS = (5, 6, 7, 8, 10, 12)
SPREADS = ("by layer", "even", "at the output")


def run(attempt: Attempt) -> Result:
    """Four tables for all curves, kept curve by curve."""
    setting = Setting.of(attempt)
    depths = attempt.choose(DEPTHS, DEPTHS[:3])
    last: list[list[Any]] = []
    deeper: list[list[Any]] = []
    spread: list[list[Any]] = []
    for number, curve in enumerate(CURVES):
        share = number / len(CURVES)
        attempt.report(share, f"{curve.label}: second-order last stages")
        last += attempt.kept(
            f"last {curve.name}", partial(_last_stages, curve, setting, attempt.choose(1, 10))
        )
        attempt.report(share + 0.15, f"{curve.label}: deeper networks")
        deeper += attempt.kept(f"deeper {curve.name}", partial(_deeper, curve, setting, depths))
        attempt.report(share + 0.22, f"{curve.label}: amplitudes")
        spread += attempt.kept(f"spread {curve.name}", partial(_spreads, curve, setting))
    attempt.report(1.0)
    columns = ("min", "median", "mean", "regions", "floor", "min / floor")
    return Result([
        _obstacles(setting, last, deeper, depths[-1]),
        Table(
            "Tables 1 and 2 with other last stages (float64)",
            ("curve", "network", "last stage", *columns, "min, printed"), last,
        ),
        Table("All stages, deeper networks", ("curve", "hidden layers", *columns, "floor of 2^L pieces"), deeper),
        Table("Stages 1 and 3: amplitudes before stage 3", ("curve", "spread", *columns), spread),
    ])  # fmt: skip


def whole_floor(curve: Curve, setting: Setting) -> float:
    """The mean squared error of the best spline of 2^L pieces, L the hidden layers; 0 from as many as samples on."""
    goal = setting.target(curve)
    return spline_floor(goal.own_inputs[:, 0], goal.own_values, 2**setting.depth).mse


def _obstacles(setting: Setting, last: list[list[Any]], deeper: list[list[Any]], deepest: int) -> Table:
    """The least errors of the other tables as multiples of the floor of 2^L pieces, L the paper's hidden layers."""
    after = {(curve, network, name): least for curve, network, name, least, *_ in last}
    by_depth = {(curve, depth): least for curve, depth, least, *_ in deeper}
    names = [NAMES[optimizer] for optimizer in ITERATIONS]
    rows: list[list[Any]] = []
    for curve in CURVES:
        floor = whole_floor(curve, setting)
        on_manifold = train(start("theorem", curve.sign, setting), setting.target(curve), (1,), setting)
        errors = [
            float(np.nanmin(on_manifold.loss.numpy())),
            *(after[curve.label, "All stages", name] for name in names),
            by_depth[curve.label, deepest],
        ]
        rows.append([curve.label, floor, *(error and error / floor for error in errors)])
    floors = f"floor of {2**setting.depth} pieces"
    columns = (
        "curve",
        floors,
        "stage 1 only",
        *(f"all stages, {name}" for name in names),
        f"{deepest} layers, Adam",
    )
    return Table("What stands in the way: least errors in multiples of the floor", columns, rows)


def _last_stages(curve: Curve, setting: Setting, divisor: int) -> list[list[Any]]:
    """The rows of the tables that end with all weights trained, by each optimiser from the same networks.

    ``divisor``: of the iterations.
    """
    goal, rows = setting.target(curve), []
    for row in ENDING:
        random = row.start in ("default", "raai")
        network = start(row.start, curve.sign, setting)
        network = train(network, goal, row.stages[:-1], setting).network.to(dtype=torch.float64)
        printed, _ = PRINTED[row.name][curve.name]
        for optimizer, iterations in ITERATIONS.items():
            rate = {"lr": DEFAULT_RATE if random else RATES[3]} if OPTIMIZERS[optimizer].takes("lr") else {}
            result = fit(network, goal, optimizer=optimizer, epochs=iterations // divisor, **rate)
            rows.append([
                curve.label, row.label, NAMES[optimizer], *_found(result), printed if optimizer == THEIRS else None
            ])  # fmt: skip
    return rows


def _deeper(curve: Curve, setting: Setting, depths: tuple[int, ...]) -> list[list[Any]]:
    goal, rows = setting.target(curve), []
    for depth in depths:
        own = replace(setting, depth=depth)
        result = train(start("theorem", curve.sign, own), goal, (1, 2, 3), own)
        rows.append([curve.label, depth, *_found(result), whole_floor(curve, own)])
    return rows


def _spreads(curve: Curve, setting: Setting) -> list[list[Any]]:
    goal = setting.target(curve)
    network = train(start("theorem", curve.sign, setting), goal, (1,), setting).network
    return [
        [curve.label, spread, *_found(train(respread(network, spread), goal, (3,), setting))]
        for spread in SPREADS
    ]


def _found(result: FitResult) -> list[float | None]:
    if not result.loss.isfinite().any():
        return [None] * 6
    cell = cell_of(result)
    ratio = cell["min"] / cell["floor"] if cell["floor"] > 0 else None
    return [*(cell[key] for key in ("min", "median", "mean", "regions", "floor")), ratio]


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
