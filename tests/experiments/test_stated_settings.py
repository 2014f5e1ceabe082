"""What an experiment is said to take is what it takes: the numbers of its two texts are those of its module."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.concepts import (
    barron_rate,
    capacity,
    equal_parameters,
    forward_cost,
    lottery,
    parity_circuits,
    random_regions,
    region_bounds,
    tensor_ranks,
    trajectories,
    triangle_waves,
    universality,
)
from nnexpr.experiments.discovery import every, find
from nnexpr.experiments.dynamics import depth, equiparameter, fronts, grid, width
from nnexpr.experiments.dynamics import settings as dynamics
from nnexpr.experiments.manifold import bends, beyond, construction, draws, sparse, starts, steps
from nnexpr.experiments.manifold.setup import CURVES, DEFAULT_RATE, RATES, ROWS, Setting
from nnexpr.experiments.numerics import (
    arctan_table,
    global_local,
    gradient_flow,
    gram_spectra,
    halving,
    localized,
    low_pass,
    mode_laws,
    oscillations,
    pieces,
    random_features,
    rashomon_sets,
    smoother_units,
    star,
    structured,
    timed_modes,
    waves,
)
from nnexpr.experiments.numerics.global_local import TARGETS
from nnexpr.theory.triangle_wave import SAMPLES

FULL, QUICK = Setting.of(Attempt()), Setting.of(Attempt(quick=True))
STAGES = (FULL.epochs,), (QUICK.epochs,)
BOTH = (FULL.members,), (QUICK.members,)


def shapes(given: dict[int, tuple[tuple[int, ...], ...]]) -> int:
    return sum(map(len, given.values()))


def most_turns(cases: Callable[[Attempt], list[timed_modes.Case]], *, quick: bool) -> float:
    return max(max(case.modes.turns) for case in cases(Attempt(quick)))


TAKEN: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "triangle-waves": (
        (triangle_waves.DEEPEST, triangle_waves.SHALLOW_DEPTH, SAMPLES),
        (triangle_waves.DEEPEST_QUICK,),
    ),
    "region-bounds": (
        (region_bounds.MEMBERS, shapes(region_bounds.SHAPES), region_bounds.EPOCHS),
        (region_bounds.QUICK_MEMBERS, shapes(region_bounds.QUICK_SHAPES), region_bounds.QUICK_EPOCHS),
    ),
    "random-regions": (
        (random_regions.MEMBERS, len(random_regions.SHAPES), random_regions.TRAINED_MEMBERS,
         len(random_regions.TRAINED_SHAPES), random_regions.EPOCHS),
        (random_regions.QUICK_MEMBERS, random_regions.QUICK_TRAINED_MEMBERS, random_regions.QUICK_EPOCHS),
    ),
    "equal-parameters": (
        (equal_parameters.MEMBERS, len(equal_parameters.SHAPES), len(equal_parameters.TARGETS),
         equal_parameters.EPOCHS),
        (equal_parameters.QUICK_MEMBERS, equal_parameters.QUICK_EPOCHS),
    ),
    "capacity": (
        (len(capacity.WIDTHS) + len(capacity.DEPTHS), capacity.EXACT_UNITS + 2),
        (capacity.QUICK_EXACT_UNITS + 2,),
    ),
    "forward-cost": ((len(forward_cost.SHAPES), forward_cost.REPEATS), (forward_cost.QUICK_REPEATS,)),
    "barron-rate": (
        (2, *barron_rate.DIMENSIONS, barron_rate.UNITS, barron_rate.SEEDS, barron_rate.POINTS),
        (*barron_rate.QUICK_DIMENSIONS, barron_rate.QUICK_UNITS, barron_rate.QUICK_SEEDS),
    ),
    "parity-circuits": ((2, parity_circuits.MOST_INPUTS), (2, parity_circuits.QUICK_MOST_INPUTS)),
    "tensor-ranks": (
        (len(tensor_ranks.CASES), tensor_ranks.SEEDS),
        (len(tensor_ranks.QUICK_CASES), tensor_ranks.QUICK_SEEDS),
    ),
    "lottery": (
        (lottery.MEMBERS, len({width for width, _ in lottery.CASES}), len({rate for _, rate in lottery.CASES}),
         lottery.ROUNDS, lottery.EPOCHS),
        (lottery.QUICK_MEMBERS, lottery.QUICK_ROUNDS, lottery.QUICK_EPOCHS),
    ),
    "universality": (
        (universality.MEMBERS, len(universality.TARGETS), universality.EPOCHS),
        (universality.QUICK_MEMBERS, universality.QUICK_EPOCHS),
    ),
    "trajectories": (
        (trajectories.MEMBERS, len(trajectories.CASES), trajectories.LAYERS),
        (trajectories.QUICK_MEMBERS, trajectories.QUICK_LAYERS),
    ),
    "manifold-tables": ((*BOTH[0], len(ROWS), len(CURVES), FULL.points, *STAGES[0]), (*BOTH[1], *STAGES[1])),
    "manifold-construction": (
        (construction.MANY, construction.DEEPEST),
        (construction.FEW, construction.DEEPEST_QUICK),
    ),
    "manifold-starts": (
        (starts.MANY, len(starts.KINDS), len(starts.TRAINED), *STAGES[0]),
        (starts.QUICK_MANY, starts.QUICK_TRAINED, *STAGES[1]),
    ),
    "manifold-bends": ((*BOTH[0], *bends.DEPTHS, len(CURVES), *STAGES[0]), (*BOTH[1], *STAGES[1])),
    "manifold-sparse": (
        (*BOTH[0], len(sparse.SHOWN), len(CURVES), sparse.POINTS, *STAGES[0]),
        (*BOTH[1], *STAGES[1]),
    ),
    "manifold-draws": (
        (draws.DRAWS, *BOTH[0], len(draws.SHOWN), len(CURVES), *STAGES[0]),
        (2, *BOTH[1], *STAGES[1]),
    ),
    "manifold-steps": (
        (len(steps.STEPS), *BOTH[0], len(steps.SHOWN), len(CURVES), *STAGES[0]),
        (2, *BOTH[1], *STAGES[1]),
    ),
    "manifold-beyond": (
        (*BOTH[0], len(beyond.ENDING), len(beyond.ITERATIONS), len(CURVES), beyond.DEPTHS[0], beyond.DEPTHS[-1]),
        (*BOTH[1], beyond.DEPTHS[0], beyond.DEPTHS[2]),
    ),
    "manifold-figures": ((6, *STAGES[0]), STAGES[1]),
    "gram-spectra": (
        (gram_spectra.KNOTS, gram_spectra.RANDOM[0], max(gram_spectra.RANDOM[1]), gram_spectra.LINES),
        (gram_spectra.QUICK_KNOTS, gram_spectra.QUICK_RANDOM[0], max(gram_spectra.QUICK_RANDOM[1]),
         gram_spectra.QUICK_LINES),
    ),
    "low-pass": ((low_pass.UNITS,), (low_pass.QUICK_UNITS,)),
    "arctan-table": (
        (*sorted({n for _, n in arctan_table.COLUMNS}), 10_000, *arctan_table.SAMPLES.values()),
        (min(n for _, n in arctan_table.COLUMNS),),
    ),
    "gradient-flow": (gradient_flow.NOISY, gradient_flow.QUICK_NOISY),
    "mode-laws": (
        (timed_modes.MEMBERS[0], halving.UNITS, halving.FIXED_UNITS, most_turns(mode_laws.cases, quick=False)),
        (timed_modes.MEMBERS[1], most_turns(mode_laws.cases, quick=True)),
    ),
    "smoother-units": (
        (timed_modes.MEMBERS[0], smoother_units.UNITS, halving.UNITS,
         most_turns(smoother_units.cases, quick=False)),
        (timed_modes.MEMBERS[1], most_turns(smoother_units.cases, quick=True)),
    ),
    "global-local": (
        (len(global_local.BASES), len(global_local.TARGETS), *(n for n, _ in global_local.SAMPLES.values())),
        (),
    ),
    "random-features": (
        (len(TARGETS), random_features.MEMBERS, *random_features.UNITS, *random_features.SAMPLES.values(),
         random_features.STEPS, random_features.EPOCHS),
        (random_features.QUICK_MEMBERS, *random_features.QUICK_UNITS, random_features.QUICK_STEPS),
    ),
    "rashomon-sets": (
        (rashomon_sets.WAVES, *rashomon_sets.WIDTHS, len(rashomon_sets.ERRORS), rashomon_sets.DRAWS,
         rashomon_sets.PLAN.repeats, rashomon_sets.PLAN.particles),
        (rashomon_sets.QUICK_WAVES, *rashomon_sets.QUICK_WIDTHS, rashomon_sets.QUICK_DRAWS,
         rashomon_sets.QUICK_PLAN.repeats, rashomon_sets.QUICK_PLAN.particles),
    ),
    "localized": (
        (localized.MEMBERS, localized.EPOCHS[-1]),
        (localized.QUICK_MEMBERS, localized.QUICK_EPOCHS[-1]),
    ),
    "oscillations": (
        (oscillations.MEMBERS, oscillations.SAMPLES, oscillations.BATCH),
        (oscillations.QUICK_MEMBERS, oscillations.QUICK_SAMPLES),
    ),
    "waves": (
        (waves.CASES["s=1"].members, waves.CASES["s=3"].members, waves.CASES["s=3"].side ** 2, waves.CASES["s=3"].batch,
         waves.CASES["s=3"].epochs[-1]),
        (waves.QUICK["s=3"].side ** 2, waves.QUICK["s=3"].epochs[-1]),
    ),
    "star": (
        (star.CASE.members, star.CASE.side**2, star.CASE.batch, star.CASE.epochs[-1]),
        (star.QUICK.members, star.QUICK.side**2, star.QUICK.epochs[-1]),
    ),
    "structured": (
        (len(structured.TARGETS), structured.MEMBERS, pieces.EPOCHS),
        (len(structured.QUICK_TARGETS), structured.QUICK_MEMBERS),
    ),
    "dynamics-over-time": (
        (dynamics.PAIRS, dynamics.EPOCHS), (dynamics.QUICK_PAIRS, dynamics.QUICK_EPOCHS)
    ),
    "dynamics-width": (
        (dynamics.PAIRS, *width.WIDTHS, dynamics.EPOCHS), (dynamics.QUICK_PAIRS, dynamics.QUICK_EPOCHS)
    ),
    "dynamics-depth": (
        (dynamics.PAIRS, *depth.DEPTHS, dynamics.EPOCHS), (dynamics.QUICK_PAIRS, dynamics.QUICK_EPOCHS)
    ),
    "dynamics-equiparameter": (
        (dynamics.PAIRS, len(equiparameter.shapes(dynamics.PRESETS["hu-report"])), dynamics.EPOCHS),
        (dynamics.QUICK_PAIRS, dynamics.QUICK_EPOCHS),
    ),
    "dynamics-encoding": (
        (dynamics.PAIRS, dynamics.EPOCHS), (dynamics.QUICK_PAIRS, dynamics.QUICK_EPOCHS)
    ),
    "dynamics-grid": (
        (len(grid.DEPTHS) * len(grid.WIDTHS) + len(grid.BESIDE), len(grid.ACTIVATIONS), grid.PAIRS, dynamics.EPOCHS),
        (len(grid.QUICK_DEPTHS) * len(grid.QUICK_WIDTHS), grid.QUICK_PAIRS, grid.QUICK_EPOCHS),
    ),
    "dynamics-fronts": (
        (fronts.MEMBERS, len({kind.target for kind in fronts.KINDS.values()}),
         len({kind.activation for kind in fronts.KINDS.values()}),
         *dict.fromkeys(kind.epochs for kind in fronts.KINDS.values()), fronts.MEMBERS),
        (fronts.QUICK_MEMBERS, fronts.QUICK_EPOCHS),
    ),
}  # fmt: skip


def numbers(text: str) -> tuple[float, ...]:
    return tuple(float(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", text))


@pytest.mark.parametrize("name", TAKEN)
def test_what_is_said_of_an_experiment_is_what_it_takes(name: str) -> None:
    [experiment] = find(name)
    assert (numbers(experiment.full), numbers(experiment.quick)) == TAKEN[name]


LARGE: dict[str, tuple[float, ...]] = {
    "oscillations": (oscillations.LARGE_MEMBERS,),
    "waves": (waves.LARGE["s=1"].side ** 2, waves.LARGE["s=1"].batch, waves.LARGE["s=1"].epochs[-1]),
    "star": (star.LARGE.members, star.LARGE.side**2, star.LARGE.batch, star.LARGE.epochs[-1]),
}


def test_and_so_are_those_of_the_larger_ones() -> None:
    assert {each.id: numbers(each.large) for each in every() if each.large} == LARGE


def test_every_experiment_says_so() -> None:
    assert set(TAKEN) == {experiment.id for experiment in every()}


def test_adams_steps_are_those_that_the_decision_names() -> None:
    steps_ = ", ".join(f"{rate:.0e}".replace("e-0", "e-") for rate in RATES.values())
    text = (Path(__file__).parents[2] / "docs" / "decisions" / "manifold.md").read_text()
    assert f"{steps_} in stages 1, 2, 3 (1e-3 for random starts)" in text
    assert (list(RATES), DEFAULT_RATE) == ([1, 2, 3], 1e-3)


def test_cases_are_the_sources() -> None:
    """Where a source names them: widths of two kinds of shapes, equal parameters, tensors of matching orders."""
    assert all(order in (2, 4, 8, 16) for order, _, _ in tensor_ranks.CASES)
    assert len(set(tensor_ranks.CASES)) == len(tensor_ranks.CASES)
    work = [sum(a * b for a, b in zip((1, *s), (*s, 1), strict=True)) for s in forward_cost.SHAPES]
    assert work == sorted(work)
    assert {width: max(w for _, _, w in trajectories.CASES) for width in ("hardtanh", "relu")} == {
        "hardtanh": 128, "relu": 128,
    }  # fmt: skip
    assert {variance for kind, variance, _ in trajectories.CASES if kind == "relu"} == {2.0}  # He's
