"""Bends by layer while all weights are trained, with and without the manifold before: claim M10 and figure 5.

Hidden layer l of a compositional network makes 2^{l-1} bends of the output. A layer counts as kept while a member has
at least half of them; a member's structure reaches to the last layer before the first that is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.manifold.setup import CURVES, RATES, Curve, Setting, start, train
from nnexpr.regions.line import linear_regions
from nnexpr.training.fit import session

__all__ = ["claims", "reach", "run"]

DEPTHS = (7, 8)
ALONE, FIRST, LATER = "gradient descent only", "stage 1 first", "stages 1, 2 first"
WAYS: dict[str, tuple[int, ...]] = {ALONE: (), FIRST: (1,), LATER: (1, 2)}
KEPT = 0.5
SHOTS = 10  # counts over the last stage

Found = dict[str, dict[str, Any]]  # by way


def run(attempt: Attempt) -> Result:
    """7 and 8 hidden layers, four curves, three ways."""

    def follow(case: tuple[int, Curve, str]) -> dict[str, Any]:
        depth, curve, way = case
        return _follow(WAYS[way], curve, Setting.of(attempt, depth=depth))

    cases = list(product(DEPTHS, CURVES, WAYS))
    made = attempt.each(cases, follow, lambda case: f"{case[0]} hidden layers, {case[1].label}: {case[2]}")
    found = dict(zip(cases, made, strict=True))
    tables, figures = [], []
    for depth, curve in product(DEPTHS, CURVES):
        ways = {way: found[depth, curve, way] for way in WAYS}
        tables.append(_table(depth, curve, ways))
        figures += _figures(depth, curve, ways) if curve is CURVES[0] else []
    reached = {way: [one["reach"] for (_, _, own), one in found.items() if own == way] for way in WAYS}
    return Result(tables, figures, claims(reached, attempt.quick))


def _follow(before: tuple[int, ...], curve: Curve, setting: Setting) -> dict[str, Any]:
    """Median bends of every layer at epochs 0 … of the last stage, and how far each member reaches at its end."""
    goal = setting.target(curve)
    network = train(start("theorem", curve.sign, setting), goal, before, setting).network
    last = session(network, goal, epochs=setting.epochs, lr=RATES[3])
    found: dict[str, Any] = {"epochs": [], "bends": []}
    while True:
        lines = linear_regions(last.current_network(), (0.0, 1.0), certify=False)
        found["epochs"].append(last.epoch)
        found["bends"].append(np.median([one.bends_by_layer for one in lines], axis=0).tolist())
        if last.epoch >= setting.epochs:
            return {
                **found,
                "loss": float(np.nanmin(last.losses())),
                "reach": [reach(one.bends_by_layer) for one in lines],
            }
        last.step(setting.epochs // SHOTS)


def reach(bends: Sequence[float]) -> int:
    """The layers from the first on that are kept."""
    lost = [layer for layer, count in enumerate(bends) if count < KEPT * 2**layer]
    return lost[0] if lost else len(bends)


def _table(depth: int, curve: Curve, found: Found) -> Table:
    columns = ("way", "least error", "reach, median", "most", *map(str, range(1, depth + 1)))
    rows: list[list[Any]] = [["constructed", None, depth, depth, *(2**layer for layer in range(depth))]]
    for way, one in found.items():
        rows.append([way, one["loss"], float(np.median(one["reach"])), max(one["reach"]), *one["bends"][-1]])
    return Table(
        f"Median bends by hidden layer after training, {depth} of them, {curve.label}", columns, rows
    )


def _figures(depth: int, curve: Curve, found: Found) -> list[Figure]:
    figures = []
    for way, one in found.items():
        series = {f"layer {layer + 1}": [row[layer] for row in one["bends"]] for layer in range(depth)}
        title = f"Bends by layer over training, {depth} hidden layers, {curve.label}: {way}"
        figures.append(Figure.over(one["epochs"], series, title, "epoch of the last stage", "bends"))
    return figures


def claims(reached: dict[str, list[list[int]]], quick: bool) -> list[Claim]:
    """The order, then the two depths that the source names: where structure is lost, and how deep it can be kept."""
    every = {way: np.concatenate(lists) for way, lists in reached.items()}
    middle = {way: float(np.median(numbers)) for way, numbers in every.items()}
    most = {way: int(numbers.max()) for way, numbers in every.items()}
    deepest = max(most[FIRST], most[LATER])
    alone = f"layer {middle[ALONE] + 1:g}, median over members, curves and depths; at the latest {most[ALONE] + 1}"
    kept_ = "; ".join(f"{way}: median {middle[way]:g}, most {most[way]}" for way in (FIRST, LATER))
    return [
        judged(
            "M10", "Trained on the manifold first, networks keep their bends to greater depths", "deeper than without",
            f"to layer {middle[FIRST]:g} against {middle[ALONE]:g}, medians over members, curves and depths", None,
            middle[FIRST] > middle[ALONE], quick=quick,
            fails_if="the median member keeps no more layers with stage 1 than without",
        ),
        judged(
            "M10 alone", "By gradient descent alone they usually lose their structure around layer 4 or 5",
            "the first layer that is lost is 4 or 5", alone, None, 4 <= middle[ALONE] + 1 <= 5, quick=quick,
            fails_if="the median member first loses another layer",
        ),
        judged(
            "M10 manifold", "By first using the manifold it is kept to around layer 6 or 7", "6 or 7", kept_,
            "the median",
            middle[FIRST] >= 6, quick=quick,
            fails_if="the median member keeps fewer than 6 layers",
            why=f"Only the best members reach layer {deepest}; which of its networks the source looked at, it does not "
            "say.",
        ),
    ]  # fmt: skip
