"""What makes each claim fail: a wrong engine, or numbers that say something else; as claims, by the name of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import count
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.concepts import (
    barron_rate,
    capacity,
    equal_parameters,
    forward_cost,
    parity_circuits,
    tensor_ranks,
    trajectories,
    triangle_waves,
    universality,
)
from nnexpr.experiments.concepts.lottery import Pruned, Round, at_the_end, somewhere
from nnexpr.experiments.concepts.random_regions import Counted, hardly_changed, whatever_the_depth
from nnexpr.experiments.concepts.region_bounds import Row, bracket, one_layer
from nnexpr.experiments.data import Claim
from nnexpr.experiments.manifold import bends, construction, draws, sparse, starts, steps, tables, theorems
from nnexpr.experiments.manifold.printed import PRINTED
from nnexpr.experiments.manifold.rows import Cells
from nnexpr.experiments.manifold.setup import CURVES, Curve, Setting
from nnexpr.experiments.manifold.setup import Row as Way
from nnexpr.networks.compositional import compositional, tent
from nnexpr.networks.network import Network
from nnexpr.splines.tent import theorem_scales
from nnexpr.theory import triangle_wave
from nnexpr.theory.barron import barron_bound, gaussian
from nnexpr.theory.triangle_wave import compose

__all__ = ["NOT_JUDGED", "WRONG", "counted", "printed_cells", "pruned"]

Patch = pytest.MonkeyPatch
Claims = Iterable[Claim]

NOT_JUDGED = {"C7", "C7 depth"}  # bounds of a calculator, which no outcome could contradict


# --- the concept page


def too_few_folds(patch: Patch) -> Claims:
    patch.setattr(triangle_wave, "tent", lambda folds: tent(folds - 1))
    return [triangle_waves.doubling([compose(k, ()) for k in (2, 3)])]


def other_error(knots: int, patch: Patch) -> Claims:
    fits = compose(6, tuple(triangle_waves.SHALLOW)).shallow
    wrong = {8: 0.9, 64: 1.02, 128: 0.98}
    return [
        triangle_waves.width(
            [replace(fit, mse=fit.mse * wrong[knots]) if fit.knots == knots else fit for fit in fits]
        )
    ]


def counted(excess: float, spread: float, networks: int) -> Counted:
    """Counts of a layer of 99 units whose mean exceeds 100 by so much, relatively."""
    sign = np.where(np.arange(networks) % 2 == 0, 1.0, -1.0)
    return Counted((99,), 100.0 * (1.0 + excess) + spread * sign)


def alike(patch: Patch) -> Claims:
    """Shapes with the same losses."""
    rng = np.random.default_rng(0)
    losses, groups = rng.random(30), []
    for name in equal_parameters.TARGETS:
        for widths in equal_parameters.SHAPES:
            groups.append(equal_parameters.Trained(name, widths, rng.random(30) + len(groups), losses))
    return [equal_parameters.differ(groups, quick=False)]


def one_labelling_missed(patch: Patch) -> Claims:
    patch.setattr(capacity, "shatters", lambda units: units != 4)
    return capacity.run(Attempt(quick=True)).claims


def no_biases(patch: Patch) -> Claims:
    patch.setattr(forward_cost, "parameter_count", forward_cost.forward_operations)
    return forward_cost.run(Attempt(quick=True)).claims


def restless_clock(patch: Patch) -> Claims:
    """A pass takes long or short, whatever it calculates."""
    ticks = count()
    patch.setattr(forward_cost, "_least_seconds", lambda module, repeats: 1e-3 * (1 + 5 * (next(ticks) % 2)))
    return forward_cost.run(Attempt(quick=True)).claims


def barron(power: float, scale: float) -> barron_rate.Measured:
    """Thirty draws whose errors fall by this power of the units, from ``scale`` times the bound with one."""
    units, function = np.arange(1.0, 129.0), gaussian(2)
    noise = 1.0 + 0.01 * np.random.default_rng(0).standard_normal((30, 1))
    errors = scale * float(barron_bound(function.norm, 1)) * noise * units**power
    return barron_rate.Measured(function, errors, errors)


def another_circuit(patch: Patch) -> Claims:
    patch.setattr(parity_circuits, "xor_tree", parity_circuits.dnf)
    return parity_circuits.run(Attempt(quick=True)).claims


def no_hierarchy(patch: Patch) -> Claims:
    patch.setattr(tensor_ranks, "hierarchical_tensor", tensor_ranks.cp_tensor)
    return tensor_ranks.run(Attempt(quick=True)).claims


def pruned(width: int, ticket: float, redrawn: float, kept: float = 0.1) -> Pruned:
    """Losses of 30 dense networks about 1, and of tickets and redrawn ones of a share of the weights about these."""
    about = np.linspace(0.9, 1.1, 30)
    return Pruned(width, 1e-3, [Round(1.0, about, about), Round(kept, ticket * about, redrawn * about)])


def errors(power: float, constructed: float) -> list[universality.Errors]:
    """What one hidden layer can do falls by this power of the units; what is constructed is so many times that."""
    best = {units: 1e-2 * float(units) ** power for units in universality.UNITS}
    deep = {units: constructed * error for units, error in best.items()}
    shown = {
        universality.POSSIBLE: best,
        universality.SHALLOW: best,
        universality.DEEP: {},
        universality.CONSTRUCTED: deep,
    }
    return [universality.Errors(name, 1.0, shown, best) for name in universality.TARGETS]


def lengths(*kinds: tuple[str, float, int, float]) -> list[trajectories.Case]:
    """Cases of this activation, variance and width, with this growth in each of six layers."""
    spread = np.linspace(0.99, 1.01, 30)[:, None]
    return [
        trajectories.Case(activation, variance, width, (growth * spread) ** np.arange(6.0))
        for activation, variance, width, growth in kinds
    ]


HARD, RELU = ("hardtanh", 8.0), ("relu", 2.0)
ROW = Row(inputs=1, widths=(6, 6), constructed=49, start=[13, 12], trained=[12, 14])


# --- the manifold paper


def printed_cells() -> Cells:
    """The printed numbers as if they had been measured, with a floor below all of them."""
    return {
        row: {
            curve: {"min": least, "mean": mean, "regions": 32, "floor": 1e-9}
            for curve, (least, mean) in numbers.items()
        }
        for row, numbers in PRINTED.items()
    }


def scaled(row: str, curve: str, key: str, factor: float, patch: Patch) -> Claims:
    cells = printed_cells()
    cells[row][curve][key] *= factor
    return tables.claims(cells, quick=False)


def four_times_print(row: Way, curve: Curve, trained: object, setting: Setting) -> Any:
    least, _ = PRINTED[row.name][curve.name]
    return SimpleNamespace(loss=torch.full((setting.members,), 4 * least))


def worse_draws(module: ModuleType, patch: Patch) -> Claims:
    patch.setattr(module, "train_rows", four_times_print)
    return module.run(Attempt()).claims


def only_at_the_training_points(patch: Patch) -> Claims:
    """The manifold's networks are right where they were trained and nowhere else; default ones a little off."""

    def train_rows(row: Way, curve: Curve, trained: object, setting: Setting) -> Any:
        function = setting.target(curve).function
        assert function is not None

        def network(x: torch.Tensor) -> torch.Tensor:
            values = function(x.numpy().reshape(-1, 1))
            seen = np.abs(9 * x.numpy().ravel() - np.round(9 * x.numpy().ravel())) < 1e-9
            wrong = 0.1 if row.start == "default" else np.where(seen, 0.0, 1.0)
            return torch.from_numpy(values + wrong).reshape(1, -1, 1)

        return SimpleNamespace(network=network, loss=torch.zeros(1))

    patch.setattr(sparse, "train_rows", train_rows)
    return sparse.run(Attempt()).claims


def kept_to(alone: int, first: int, patch: Patch) -> Claims:
    reached = {way: [[depth] * 6] for way, depth in zip(bends.WAYS, (alone, first, first), strict=True)}
    return bends.claims(reached, quick=False)


def shares(**changed: float) -> dict[str, starts.Counts]:
    one = {
        "collapsed": 0.4,
        "dead units, share": 0.0,
        "mean bends": 5.0,
        starts.MOST: 9.0,
        "idle layers, mean": 2.0,
    }
    return {kind: {**one, "collapsed": 0.05 if kind == "raai" else 0.4, **changed} for kind in starts.KINDS}


def after_training(changed: dict[str, float], patch: Patch) -> Claims:
    found = shares(**changed)
    return [*starts.dead(found, found, quick=False), *starts.wasted(found, found, quick=False)]


def shallow(patch: Patch) -> None:
    """Few layers, so that the whole of it takes no time."""
    for name, value in {"DEEPEST": 4, "DEEPEST_QUICK": 4, "COUNTED": 3, "MANY": 2}.items():
        patch.setattr(construction, name, value)


def a_layer_less(patch: Patch) -> Claims:
    shallow(patch)
    patch.setattr(
        construction,
        "compositional",
        lambda depth, *given, **more: compositional(max(1, depth - 1), *given, **more),
    )
    return construction.regions(2, 0)[1]


def with_scales(scales: Callable[..., Any], step: Callable[..., Any], patch: Patch) -> Claims:
    patch.setattr(theorems, "theorem_scales", scales)
    return step(3, 0)[1]


def all_ones(peaks: Any, sign: int = -1) -> list[Fraction]:
    return [Fraction(1)] * len(peaks)


def twice(peaks: Any, sign: int = -1) -> list[Fraction]:
    return [2 * scale for scale in theorem_scales(peaks, sign)]


def the_second_twice(peaks: Any, sign: int = -1) -> list[Fraction]:
    first, second, *others = theorem_scales(peaks, sign)
    return [first, 2 * second, *others]


def no_gap(patch: Patch) -> Claims:
    patch.setattr(theorems.exact, "gap", lambda peaks, scales, layer: Fraction(0))
    return theorems.differentiable(3, 0)[1]


def slopes_exchanged(patch: Patch) -> Claims:
    right = theorems._with_slope
    patch.setattr(theorems, "_with_slope", lambda sign: right(-sign))
    return [theorems._printed_slope()]


def another_square(patch: Patch) -> Claims:
    patch.setattr(theorems, "HALF", Fraction(1, 3))
    return theorems.second_derivative(3, 0)[1]


def another_weight(patch: Patch) -> Claims:
    def changed(*given: Any, **more: Any) -> Network:
        network = compositional(*given, **more)
        network.affine(3)[0, 2, 1] *= 1.5
        return network

    patch.setattr(construction, "compositional", changed)
    return construction.layers(3, 0)[1]


WRONG: dict[str, Callable[[Patch], Claims]] = {
    "C1": too_few_folds,
    "C2": lambda patch: [triangle_waves.sampling([compose(k, ()) for k in range(1, 7)])],  # 96 for 64
    "C3": partial(other_error, 128),
    "C4": lambda patch: [bracket([replace(ROW, trained=[4, 50])])],  # above Π (n + 1) = 49
    "C4 hyperplanes": lambda patch: [one_layer([replace(ROW, widths=(6,), constructed=8)])],
    "C5": lambda patch: [whatever_the_depth([counted(0.0, 5.0, 1000), counted(-0.011, 5.0, 1000)])],
    "C5 training": lambda patch: [
        hardly_changed([(counted(0.0, 5.0, 30), counted(-0.06, 5.0, 30), 0.0)], quick=False)
    ],
    "C6": alike,
    "C7 exact": one_labelling_missed,
    "C8": no_biases,
    "C8 time": restless_clock,
    "C9": lambda patch: [barron_rate.below([barron(-1.2, 0.5), barron(-1.0, 1.1)])],
    "C9 rate": lambda patch: [barron_rate.rate([barron(-1.2, 0.5), barron(-0.5, 0.5)], quick=False)],
    "C10": another_circuit,
    "C11": no_hierarchy,
    "C12": lambda patch: at_the_end([pruned(64, 1.2, 1.6, kept=0.2)], quick=False),
    "C12 small": lambda patch: at_the_end([pruned(32, 1.7, 90.0), pruned(64, 1.1, 1.6)], quick=False),
    "C12 exists": lambda patch: [somewhere([pruned(64, 1.2, 1.0)], quick=False)],
    "C13": lambda patch: [universality.accurate(errors(-2.0, 0.5))],
    "C13 depth": lambda patch: [universality.fewer(errors(-4.0, 2.0))],
    "C14": lambda patch: [trajectories.grows(lengths((*HARD, 8, 1.6), (*HARD, 128, 1.5)), quick=False)],
    "C14 He": lambda patch: [trajectories.stays(lengths((*RELU, 32, 0.95), (*RELU, 128, 1.1)), quick=False)],
    "M1": a_layer_less,
    "M1 float64": a_layer_less,
    **{f"M2 {curve.label}": partial(scaled, "stage 1", curve.name, "min", 1.021) for curve in CURVES},
    "M3": partial(scaled, "all stages", "power11", "min", 3.01),
    "M3 own step": partial(worse_draws, steps),
    "M3 draws": partial(worse_draws, draws),
    "M4 order": partial(scaled, "stage 3", "cube", "min", 100.0),
    "M4 factor": partial(scaled, "raai", "tanh3", "min", 0.01),
    "M4 as worded": lambda patch: tables.claims(printed_cells(), quick=False),  # 184
    "M4 every curve": lambda patch: tables.claims(printed_cells(), quick=False),  # 29 on x¹¹
    "M5": partial(scaled, "default", "cube", "mean", 1e-4),
    "M6 default": partial(after_training, {"collapsed": 0.71}),
    "M6 RAAI": partial(after_training, {"collapsed": 0.4}),
    "M6 compositional": partial(after_training, {"dead units, share": 1e-4}),
    "M7 sufficient": partial(with_scales, the_second_twice, theorems.differentiable),
    "M7 necessary": no_gap,
    "M7 equation (1)": slopes_exchanged,
    "M8 ratio": partial(with_scales, all_ones, theorems.convex),
    "M8 shape": partial(with_scales, all_ones, theorems.convex),
    "M8 error": partial(with_scales, all_ones, theorems.convex),
    "M9 error": another_square,
    "M9 only x²": partial(with_scales, twice, theorems.second_derivative),
    "M10": partial(kept_to, 5, 5),
    "M10 alone": partial(kept_to, 2, 6),
    "M10 manifold": partial(kept_to, 3, 4),
    "M11 bends": partial(after_training, {"mean bends": 20.0}),
    "M11 layers": partial(after_training, {"idle layers, mean": 0.9}),
    "M12": another_weight,
    "M13": only_at_the_training_points,
    "M14": partial(scaled, "raai", "quarter_sine", "floor", 1e6),
}
