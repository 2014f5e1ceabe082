"""What makes each claim on linear representation fail; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from wrong_mode_laws import WRONG_MODE_LAWS
from wrong_oscillations import WRONG_OSCILLATIONS
from wrong_planar import WRONG_PLANAR
from wrong_structured import WRONG_STRUCTURED

from nnexpr.experiments.data import Claim
from nnexpr.experiments.numerics import (
    arctan_table,
    global_local,
    gradient_flow,
    gram_spectra,
    low_pass,
    random_features,
    rashomon_sets,
)
from nnexpr.linear.bases.relu import PowerOfRelu
from nnexpr.linear.flow import modal_flow
from nnexpr.linear.spectrum import spectrum
from nnexpr.theory.rashomon import hoeffding
from nnexpr.theory.rashomon.units import Units
from nnexpr.theory.rashomon.waves import orthogonal_waves
from nnexpr.theory.splitting import Chance, Plan, split

__all__ = ["WRONG_NUMERICS", "cube", "features", "prices", "rashomon_cell", "relative", "table"]

Patch = pytest.MonkeyPatch


def kernel_a_little_off(patch: Patch) -> Iterable[Claim]:
    right = PowerOfRelu.gram
    patch.setattr(PowerOfRelu, "gram", lambda self: (right(self)[0] * (1 + 1e-11), 0.0))
    return [gram_spectra.kernel(20)]


def decays_by(exponent: float) -> Callable[[Patch], Iterable[Claim]]:
    def claims(patch: Patch) -> Iterable[Claim]:
        found = spectrum(knots=120)
        return gram_spectra.on_the_line(
            replace(found, eigenvalues=found.eigenvalues * np.arange(1, 121) ** exponent)
        )

    return claims


def modes_exchanged(patch: Patch) -> Iterable[Claim]:
    found = spectrum(knots=120)
    return gram_spectra.on_the_line(replace(found, vectors=found.vectors[:, ::-1]))


def another_precision(patch: Patch) -> Iterable[Claim]:
    patch.setitem(low_pass.EPSILONS, "single", 2.0**-24)
    return low_pass.kept_modes({"single": 24, "double": 1351})


def table(**factors: float) -> dict[arctan_table.Cell, arctan_table.Errors]:
    """What is printed, the mean squares of a method and precision times a factor."""
    return {
        cell: (largest, square * factors.get(f"{cell[0]}_{cell[3]}", 1.0))
        for cell, (largest, square) in arctan_table.PRINTED.items()
    }


def cube(truncated: float = 60.0, whole: float = 1.0) -> dict[tuple[str, str, float | None, str], float]:
    """Mean squares in single precision: of the O(n) solver 1."""
    return {
        ("relu", "gram", 1.0, "float32"): truncated,
        ("relu", "svd", 1.0, "float32"): whole,
        ("hat", "hat", None, "float32"): 1.0,
    }


def relative(smooth: float, rough: float) -> dict[global_local.Case, float]:
    """Errors of tanh and Gaussians over those of hats."""
    ratios = {("smooth", "sparse"): smooth, ("rough", "dense"): rough}
    return {
        (*case, basis): 1.0 if basis == "hat" else ratio
        for case, ratio in ratios.items()
        for basis in ("hat", *global_local.GLOBAL)
    }


def slower_flow(patch: Patch) -> Iterable[Claim]:
    def slower(eigenvalues: Any, *others: Any) -> Any:
        return modal_flow(eigenvalues * (1 - 1e-8), *others)

    patch.setattr(gradient_flow, "modal_flow", slower)
    _, _, formula, solved = gradient_flow.both_ways()
    return [gradient_flow.agrees(formula, solved)]


def too_soon(patch: Patch) -> Iterable[Claim]:
    eigenvalues, ends, _, solved = gradient_flow.both_ways()
    return [gradient_flow.in_turn(eigenvalues[:4] * 1.03, solved[:, :4] / ends[:4])]


def prices(power: float) -> dict[float, float]:
    """Of four frequencies, by this power of them."""
    return {frequency: 1e-3 * frequency**power for frequency in (6.0, 7.0, 9.0, 12.0)}


def features(gained: float, power: int = 1) -> random_features.Errors:
    """Of three members: random errors 1/n^power of n units, trained ones of 4 and 8 so many times less."""
    random = {n: [0.9 / n**power, 1.0 / n**power, 1.1 / n**power] for n in (4, 8, 12, 16, 24)}
    return random_features.Errors(random, {n: [error / gained for error in random[n]] for n in (4, 8)})


def rashomon_cell(low: float, probability: float, plain: float = 0.0) -> rashomon_sets.Cell:
    """Of one error, 0.5: what splitting found, and plain sampling if anything."""
    wave = orthogonal_waves(5)[-1]
    rare = Chance(0.5, probability, low, 1.0, 0.1, "splitting")
    return rashomon_sets.Cell(wave, 64, [Chance(0.5, plain, 0.0, 1.0, 0.1, "sampling")], [rare])


def bound_of_a_thousand_times_the_exponent(patch: Patch) -> Iterable[Claim]:
    """Held to what splitting finds."""
    wave = orthogonal_waves(2)[-1]
    chances = split(Units(wave, 16, rashomon_sets.AMPLITUDE), rashomon_sets.ERRORS, Plan(60, 6), 0)
    patch.setattr(rashomon_sets, "hoeffding", lambda *case: hoeffding(*case) ** 1000)
    return [rashomon_sets.below([rashomon_sets.Cell(wave, 16, chances, chances)])]


WRONG_NUMERICS: dict[str, Callable[[Patch], Iterable[Claim]]] = {
    "Z1": kernel_a_little_off,
    "Z2": decays_by(-0.2),
    "Z2 cantilever": decays_by(0.01),
    "Z2 order": modes_exchanged,
    "Z3": lambda patch: [gram_spectra.conditions((50, 100), (1.0, 16.0), (1.0, 7.9))],
    "Z4": lambda patch: [gram_spectra.in_the_plane(np.arange(1, 251) ** -2.85, quick=False)],
    "Z5": lambda patch: [gram_spectra.powers({1: -4.0, 2: -5.5, 3: -8.0})],
    "Z6": lambda patch: [gram_spectra.analytic({"tanh": [-5.0, -9.0], "gaussian": [-2.0, -7.9]})],
    "Z7 numbers": another_precision,
    "Z7": lambda patch: low_pass.kept_modes({"single": 16, "double": 2703}),
    "Z8": lambda patch: [low_pass.captured({1: np.full(5, 0.1), 3: np.full(5, 0.5), 9: np.full(5, 0.99)})],
    "Z9": lambda patch: arctan_table.claims(table(FEM_float32=1.03), cube()),
    "Z9 float64": lambda patch: arctan_table.claims(table(NN_float64=2.1), cube()),
    "Z9 float32": lambda patch: arctan_table.claims(table(), cube(whole=1.2)),
    "Z10": lambda patch: [low_pass.stable({(0.1, 100): 0.5, (0.03, low_pass.OVER): 3.1})],
    "Z11": lambda patch: [low_pass.concentrated({(100, "uniform"): 9, (100, "adaptive"): 9})],
    "Z12": slower_flow,
    "Z12 in turn": too_soon,
    "Z15": bound_of_a_thousand_times_the_exponent,
    "Z15 frequency": lambda patch: [rashomon_sets.by_frequency(prices(2.0), quick=False)],
    "Z16": lambda patch: [random_features.falls({"relu": features(1.0), "tanh": features(1.0, power=0)})],
    "Z16 gain": lambda patch: [
        random_features.gain({"relu": features(1.0), "tanh": features(2.1)}, quick=False)
    ],
    "Z16 freedom": lambda patch: [random_features.per_freedom({"relu": features(4.1)}, quick=False)],
    "Z16 adaptive": lambda patch: [random_features.too_hard(features(1.0), {16: 0.06}, quick=False)],
    "Z17": lambda patch: [global_local.winner_changes(relative(smooth=0.4, rough=1.9))],
    "Z12 stopping": lambda patch: [gradient_flow.stopped(1 / np.arange(1.0, 91.0))],
    **WRONG_MODE_LAWS,
    **WRONG_STRUCTURED,
    **WRONG_OSCILLATIONS,
    **WRONG_PLANAR,
}
