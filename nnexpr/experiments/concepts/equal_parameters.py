"""C6: shapes with exactly as many parameters, and how their linear regions and losses differ."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import kruskal

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import Array, median_interval, words
from nnexpr.networks.builders import mlp
from nnexpr.regions.bounds import upper_bound
from nnexpr.regions.line import linear_regions
from nnexpr.targets import target
from nnexpr.theory.cost import parameter_count
from nnexpr.training.many import fit_many

__all__ = ["Trained", "differ", "run"]

PARAMETERS = 97
SHAPES = (
    (32,),
    (8, 8),
    (23, 2),
    (2, 23),
    (5, 5, 8),
)  # of all the ways to 97: nnexpr.theory.cost.equal_shapes
TARGETS = ("fourier", "triangle", "tanh3")
MEMBERS, QUICK_MEMBERS = 100, 10
EPOCHS, QUICK_EPOCHS = 2000, 100
TERMS = 4  # of the Fourier series; folds of the triangle wave
SIGNIFICANT = 0.01


class Trained(NamedTuple):
    target: str
    widths: tuple[int, ...]
    regions: Array  # on the target's domain
    losses: Array


def run(attempt: Attempt) -> Result:
    """A hundred networks of each shape on three targets, trained alike."""
    members, epochs = attempt.choose((MEMBERS, EPOCHS), (QUICK_MEMBERS, QUICK_EPOCHS))

    def measure(name: str) -> list[tuple[Array, Array]]:
        """Of every shape, the members' regions on the target's domain, and their losses."""
        goal = target(name, terms=TERMS, points=256, seed=attempt.seed)
        networks = [mlp(len(widths) + 1, widths, members=members, seed=attempt.seed) for widths in SHAPES]
        results = fit_many(networks, goal, epochs=epochs, lr=3e-3)
        found = [linear_regions(result.network, goal.domain[0], certify=False) for result in results]
        counts = [np.array([each.count for each in lines]) for lines in found]
        return [(regions, result.loss.numpy()) for regions, result in zip(counts, results, strict=True)]

    trained = [
        Trained(name, widths, np.array(regions), np.array(losses))
        for name, found in zip(TARGETS, attempt.each(TARGETS, measure), strict=True)
        for widths, (regions, losses) in zip(SHAPES, found, strict=True)
    ]
    columns = ("target", "hidden widths", "parameters", "regions at most", "regions, median", "regions from",
               "regions to", "loss, median", "loss from", "loss to")  # fmt: skip
    rows = [
        (each.target, words(each.widths), parameter_count([1, *each.widths, 1]), upper_bound(each.widths),
         *median_interval(each.regions), *median_interval(each.losses))
        for each in trained
    ]  # fmt: skip
    table = Table(
        f"{PARAMETERS} parameters, {members} networks each (95 % intervals of the medians)", columns, rows
    )
    series = {
        name: [np.nanmedian(each.losses) for each in trained if each.target == name] for name in TARGETS
    }
    title = "Median loss by shape: " + ", ".join(map(words, SHAPES))
    figure = Figure.over(range(1, len(SHAPES) + 1), series, title, "shape", "loss", log_y=True)
    return Result((table,), (figure,), (differ(trained, attempt.quick),))


def differ(trained: list[Trained], quick: bool) -> Claim:
    """By the rank test of Kruskal and Wallis across the shapes, on every target."""
    levels = []
    for name in TARGETS:
        groups = [each for each in trained if each.target == name]
        levels.append(float(kruskal(*(each.regions for each in groups)).pvalue))
        levels.append(float(kruskal(*(each.losses for each in groups), nan_policy="omit").pvalue))
    same = all(parameter_count([1, *widths, 1]) == PARAMETERS for widths in SHAPES)
    return judged(
        "C6",
        "Networks with equal parameter counts can have very different function classes",
        "regions and losses differ between shapes",
        f"rank tests on {len(TARGETS)} targets: p <= {max(levels):.1g}",
        f"p < {SIGNIFICANT}",
        same and max(levels) < SIGNIFICANT,
        fails_if=f"on some target regions or losses of the shapes are not told apart, p >= {SIGNIFICANT}",
        quick=quick,
    )
