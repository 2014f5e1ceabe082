"""C4: bounds on linear regions beside networks that are constructed to reach them, random, and trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import log2
from typing import Any

import numpy as np

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Cell, Claim, Figure, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.experiments.measures import words
from nnexpr.networks.builders import mlp
from nnexpr.networks.network import Network
from nnexpr.regions.bounds import hyperplanes, lower_bound, serra_bound
from nnexpr.regions.line import linear_regions
from nnexpr.regions.path import path_regions
from nnexpr.regions.plane import plane_regions
from nnexpr.targets import target
from nnexpr.theory.folding import folded_regions, folding_network
from nnexpr.theory.homogeneous import WHOLE_LINE, homogenised
from nnexpr.theory.sawtooth import telgarsky_pieces
from nnexpr.training.fit import fit

__all__ = ["Row", "bracket", "one_layer", "run"]

SHAPES: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((12,), (6, 6), (4, 4, 4), (3, 3, 3, 3), (8, 8, 8), (16, 16, 16)),
    2: ((12,), (6, 6), (8, 8), (6, 6, 6), (8, 8, 8)),
}
QUICK_SHAPES: dict[int, tuple[tuple[int, ...], ...]] = {1: ((12,), (4, 4, 4)), 2: ((12,), (6, 6))}
MEMBERS, QUICK_MEMBERS = 30, 6
EPOCHS, QUICK_EPOCHS = 600, 50
PLANE_BOX = (
    (-50.0, 50.0),
    (-50.0, 50.0),
)  # wide enough for nearly all cells; bounds hold on any part of the plane


@dataclass(frozen=True)
class Row:
    inputs: int
    widths: tuple[int, ...]
    constructed: int
    start: Sequence[int]
    trained: Sequence[int]

    @property
    def lower(self) -> int:
        return lower_bound(self.widths, self.inputs)

    @property
    def upper(self) -> int:
        return serra_bound(self.widths, self.inputs)

    @property
    def shallow(self) -> int:
        return hyperplanes(sum(self.widths), self.inputs)

    @property
    def most(self) -> int:
        """Of all its networks."""
        return max(self.constructed, *self.start, *self.trained)

    @property
    def bracketed(self) -> bool:
        return self.lower <= self.constructed and self.most <= self.upper

    def cells(self) -> tuple[Cell, ...]:
        telgarsky = telgarsky_pieces(max(self.widths), len(self.widths)) if self.inputs == 1 else None
        found = [
            number for each in (self.start, self.trained) for number in (float(np.mean(each)), max(each))
        ]
        logs = map(log2, (self.lower, self.constructed, self.upper))
        return (self.inputs, words(self.widths), self.shallow, self.lower, self.constructed, self.upper, telgarsky,
                *logs, *found)  # fmt: skip


def run(attempt: Attempt) -> Result:
    """Every shape with 1 and 2 inputs: bounds, construction, random start, after training."""
    shapes = attempt.choose(SHAPES, QUICK_SHAPES)
    cases = [(inputs, widths) for inputs in shapes for widths in shapes[inputs]]
    found = attempt.each(cases, partial(_found, attempt), lambda case: f"{case[0]} inputs, {words(case[1])}")
    rows = [Row(*case, **one) for case, one in zip(cases, found, strict=True)]
    columns = ("inputs", "hidden widths", "Zaslavsky", "Montúfar, lower", "built", "Serra, upper", "Telgarsky",
               "log2 lower", "log2 built", "log2 upper", "start, mean", "start, most", "trained, mean", "trained, most"
    )  # fmt: skip
    title = (
        "Linear regions: Zaslavsky's Σ C(N, j) (of one hidden layer), Montúfar's lower, Serra's upper and Telgarsky's "
        "bound (2m)^L (one input), beside networks"
    )
    table = Table(title, columns, [row.cells() for row in rows])
    return Result((table,), [_figure(rows, inputs) for inputs in shapes], (bracket(rows), one_layer(rows)))


def _found(attempt: Attempt, case: tuple[int, tuple[int, ...]]) -> dict[str, Any]:
    """Regions of a shape's constructed network, of random ones and of those after training."""
    inputs, widths = case
    members, epochs = attempt.choose((MEMBERS, EPOCHS), (QUICK_MEMBERS, QUICK_EPOCHS))
    network = mlp(
        depth=len(widths) + 1, width=widths, init="kaiming", inputs=inputs,
        members=members, seed=attempt.seed, dtype="float64",
    )  # fmt: skip
    goal = target("fourier", points=128, seed=attempt.seed) if inputs == 1 else target("franke2d", points=256)
    trained = fit(network, goal, epochs=epochs, lr=3e-3).network
    made = folding_network(widths, inputs)
    constructed = (linear_regions(made)[0] if inputs == 1 else plane_regions(made)).count
    if constructed != (folded := folded_regions(widths, inputs)):
        raise ArithmeticError(f"{widths}: {constructed} regions counted, {folded} made")
    return {"constructed": constructed, "start": _counts(network), "trained": _counts(trained)}


def _counts(network: Network) -> list[int]:
    """On the whole line, or on a box of the plane."""
    if network.inputs == 1:
        return [each.bends + 1 for each in path_regions(homogenised(network), WHOLE_LINE, certify=False)]
    return [plane_regions(network, PLANE_BOX, member).count for member in range(network.members)]


def _figure(rows: Sequence[Row], inputs: int) -> Figure:
    chosen = sorted((row for row in rows if row.inputs == inputs), key=lambda row: row.upper)
    series: dict[str, list[Any]] = {
        "upper bound": [row.upper for row in chosen],
        "constructed": [row.constructed for row in chosen],
        "lower bound": [row.lower for row in chosen],
        "after training": [np.mean(row.trained) for row in chosen],
        "at start": [np.mean(row.start) for row in chosen],
    }
    title = f"Linear regions, {inputs} inputs: " + ", ".join(words(row.widths) for row in chosen)
    logs = {name: np.log2(counts) for name, counts in series.items()}
    return Figure.over(range(1, len(chosen) + 1), logs, title, "shape", "log2 regions")


def bracket(rows: Sequence[Row]) -> Claim:
    crossed = [words(row.widths) for row in rows if not row.bracketed]
    attained = sum(row.constructed == row.upper for row in rows)
    return judged(
        "C4",
        "Montúfar's lower bound and the upper bound (Π(n_l + 1) on the line, Serra's sum in the plane) bracket what "
        "networks reach",
        "never crossed",
        f"crossed by {', '.join(crossed)}" if crossed
        else f"never crossed in {len(rows)} shapes; upper bound attained in {attained}",
        "exact integers",
        not crossed,
        fails_if="a network has more regions than the upper bound, or the constructed one fewer than the lower",
    )  # fmt: skip


def one_layer(rows: Sequence[Row]) -> Claim:
    above = [row for row in rows if row.most > row.shallow]
    shallow = sum(len(row.widths) == 1 for row in above)
    return judged(
        "C4 hyperplanes",
        "With N units in all, Σ C(N, j) bounds the regions (printed for any depth; corrected to one hidden layer)",
        "one hidden layer: never above",
        f"{len(above)} of {len(rows)} shapes above, {shallow} of them with one hidden layer",
        "exact integers",
        shallow == 0,
        fails_if="a network of one hidden layer has more regions than its hyperplanes cut",
        corrected=len(above) > shallow,
    )
