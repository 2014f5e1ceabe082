"""C8: the formulas for parameters and arithmetic, against the tensors and against a clock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import thread_time
from timeit import repeat

import numpy as np
import torch
from torch import nn

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import words
from nnexpr.networks.builders import mlp
from nnexpr.networks.interchange import to_torch
from nnexpr.theory.cost import forward_operations, parameter_count

__all__ = ["run"]

SHAPES = (
    (64,), (256, 256), (256,) * 4, (512, 512), (384,) * 4, (512,) * 4, (1024, 1024), (768,) * 3,
    (640,) * 6, (1024,) * 4,
)  # by work  # fmt: skip
POINTS = 256
REPEATS, QUICK_REPEATS = 15, 5
DETERMINATION = 0.95  # of the straight line: how much of the variance of the times it explains


def run(attempt: Attempt) -> Result:
    """Ten shapes: counts by formula, by the flat tensor and by torch's modules; the least of several times."""
    rows, operations, seconds = [], [], []
    repeats = attempt.choose(REPEATS, QUICK_REPEATS)
    for widths in attempt.over(SHAPES, words):
        shape = [1, *widths, 1]
        network = mlp(depth=len(widths) + 1, width=widths)
        module = to_torch(network)
        counts = parameter_count(shape), network.parameter_count, sum(p.numel() for p in module.parameters())
        operations.append(forward_operations(shape))
        with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as alone:
            seconds.append(alone.submit(_least_seconds, module, repeats).result())
        speed = operations[-1] * POINTS / seconds[-1] / 1e9
        rows.append((words(widths), *counts, operations[-1], 1e6 * seconds[-1] / POINTS, speed))
    work = np.array(operations, dtype=np.float64) * POINTS
    slope, start = np.polyfit(work, seconds, 1, w=1.0 / np.array(seconds))  # by relative errors
    left = np.array(seconds) - (slope * work + start)
    determination = float(1.0 - left.var() / np.var(seconds))
    columns = ("hidden widths", "parameters by formula", "flat tensor", "torch modules", "operations a point",
               "µs a point", "GFLOP/s")  # fmt: skip
    table = Table(
        f"Parameters and forward time ({POINTS} points at once, one thread, least of several)", columns, rows
    )
    series = {"measured": np.array(seconds), "straight line": slope * work + start}
    figure = Figure.over(work, series, "Time of a forward pass", "operations", "seconds")
    exact = all(len(set(counts)) == 1 for _, *counts, _, _, _ in rows)
    claims = (
        judged(
            "C8",
            "A fully connected network has Σ n_l (n_{l-1} + 1) parameters",
            "equal to the tensors",
            f"{'equal' if exact else 'not equal'} in {len(SHAPES)} shapes",
            "exact",
            exact,
            fails_if="a flat tensor or torch's modules hold another number of parameters than the formula",
        ),
        judged(
            "C8 time",
            "The time of a forward pass is linear in the multiplications and additions",
            "a straight line",
            f"R² = {determination:.4f}, {slope * 1e12:.3g} ps an operation and {start * 1e6:.3g} µs a pass",
            f"R² >= {DETERMINATION}",
            determination >= DETERMINATION,
            fails_if=f"a straight line explains less than {100 * DETERMINATION:.0f} % of the variance of the times",
        ),
    )
    return Result((table,), (figure,), claims)


def _least_seconds(module: nn.Module, repeats: int) -> float:
    """The processor's time of one thread, which what else the machine does touches least."""
    x = torch.linspace(0.0, 1.0, POINTS).unsqueeze(1)
    with torch.no_grad():
        module(x)
        return min(repeat(lambda: module(x), timer=thread_time, repeat=repeats, number=1))
