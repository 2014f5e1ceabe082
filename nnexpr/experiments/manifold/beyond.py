"""Beyond the paper: what a better last stage, deeper networks and other amplitudes reach, against the spline floor.

How close can a network of 2^L regions come, and what stands in the way? The first table takes the floor of 2^5 pieces
as its unit and names the obstacles one by one: the manifold (after Stage 1 all 32 regions are there, but five peaks
place them), the optimiser (all weights trained, by Adam, L-BFGS and Levenberg-Marquardt), and depth under Adam.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain, product
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
from nnexpr.training.fit import FitResult, Training, fit

__all__ = ["amplitudes", "respread", "run", "whole_floor"]

ITERATIONS = {"adam": 1000, "lbfgs": 300, "levenberg-marquardt": 60}
NAMES = {"adam": "Adam", "lbfgs": "L-BFGS", "levenberg-marquardt": "Lev.-Marq."}
THEIRS = "adam"  # the paper's
ENDING = tuple(row for row in ROWS if row.stages[-1] == 3)
DEPTHS = (5, 6, 7, 8, 10, 12)
SPREADS = ("by layer", "even", "at the output")
FOUND = ("min", "median", "mean", "regions", "floor")

Rows = list[list[Any]]


def run(attempt: Attempt) -> Result:
    """Four tables for all curves, kept curve by curve."""
    setting = Setting.of(attempt)
    depths = attempt.choose(DEPTHS, DEPTHS[:3])
    parts: dict[str, Callable[[Setting, Curve], Rows]] = {
        "stage 1 only": _on_manifold,
        "second-order last stages": partial(_last_stages, attempt.choose(1, 10)),
        "deeper networks": partial(_deeper, depths),
        "amplitudes": _spreads,
    }

    def rows(case: tuple[Curve, str]) -> Rows:
        curve, part = case
        return parts[part](setting, curve)

    cases = list(product(CURVES, parts))
    made = attempt.each(cases, rows, lambda case: f"{case[0].label}: {case[1]}")
    alone, last, deeper, spread = (
        list(chain(*(rows for (_, own), rows in zip(cases, made, strict=True) if own == part)))
        for part in parts
    )
    columns = (*FOUND, "min / floor")
    return Result([
        _obstacles(2**setting.depth, alone, last, deeper, depths[-1]),
        Table(
            "Tables 1 and 2 with other last stages (float64)",
            ("curve", "network", "last stage", *columns, "min, printed"), last,
        ),
        Table("All stages, deeper networks", ("curve", "hidden layers", *columns, "floor of 2^L pieces"), deeper),
        Table("Stages 1 and 3: amplitudes before stage 3", ("curve", "spread", *columns), spread),
    ])  # fmt: skip


def whole_floor(curve: Curve, setting: Setting) -> float:
    """The proved bound of the error of splines of 2^L pieces, L the hidden layers; 0 from as many as samples on."""
    goal = setting.target(curve)
    return spline_floor(goal.own_inputs[:, 0], goal.own_values, 2**setting.depth).lower_bound


def _obstacles(pieces: int, alone: Rows, last: Rows, deeper: Rows, deepest: int) -> Table:
    """The least errors of the other tables as multiples of the floor of ``pieces``."""
    after = {(curve, network, name): least for curve, network, name, least, *_ in last}
    by_depth = {(curve, depth): least for curve, depth, least, *_ in deeper}
    rows: Rows = []
    for curve, floor, on_manifold in alone:
        stages = [after[curve, "All stages", NAMES[optimizer]] for optimizer in ITERATIONS]
        errors = on_manifold, *stages, by_depth[curve, deepest]
        rows.append([curve, floor, *(error and error / floor for error in errors)])
    columns = (
        "curve", f"floor of {pieces} pieces", "stage 1 only", *(f"all stages, {NAMES[name]}" for name in ITERATIONS),
        f"{deepest} layers, Adam",
    )  # fmt: skip
    return Table("What stands in the way: least errors in multiples of the floor", columns, rows)


def _on_manifold(setting: Setting, curve: Curve) -> Rows:
    result = train(start("theorem", curve.sign, setting), setting.target(curve), (1,), setting)
    return [[curve.label, whole_floor(curve, setting), float(np.nanmin(result.loss.numpy()))]]


def _last_stages(divisor: int, setting: Setting, curve: Curve) -> Rows:
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
            how: Training = {"optimizer": optimizer, "epochs": iterations // divisor}
            if OPTIMIZERS[optimizer].takes("lr"):
                how["lr"] = DEFAULT_RATE if random else RATES[3]
            result = fit(network, goal, **how)
            rows.append([
                curve.label, row.label, NAMES[optimizer], *_found(result), printed if optimizer == THEIRS else None
            ])  # fmt: skip
    return rows


def _deeper(depths: tuple[int, ...], setting: Setting, curve: Curve) -> Rows:
    goal, rows = setting.target(curve), []
    for depth in depths:
        own = replace(setting, depth=depth)
        result = train(start("theorem", curve.sign, own), goal, (1, 2, 3), own)
        rows.append([curve.label, depth, *_found(result), whole_floor(curve, own)])
    return rows


def _spreads(setting: Setting, curve: Curve) -> Rows:
    goal = setting.target(curve)
    network = train(start("theorem", curve.sign, setting), goal, (1,), setting).network
    results = (train(respread(network, spread), goal, (3,), setting) for spread in SPREADS)
    return [[curve.label, spread, *_found(result)] for spread, result in zip(SPREADS, results, strict=True)]


def _found(result: FitResult) -> list[float | None]:
    if not result.loss.isfinite().any():
        return [None] * 6
    cell = cell_of(result)
    return [*(cell[key] for key in FOUND), cell["min"] / cell["floor"] if cell["floor"] > 0 else None]


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
    wanted = {
        "by layer": now,
        "even": now[:, -1:] ** (torch.arange(depth) / (depth - 1)),
        "at the output": torch.ones_like(now),
    }
    factor = (wanted[spread] / now)[:, :, None, None]
    made = network.with_parameters(network.parameters.clone())
    for index in range(depth):
        made.affine(index)[:, 1:, :] *= factor[:, index]
        made.affine(index + 1)[:, :, 1:4] /= factor[:, index]
    return made
