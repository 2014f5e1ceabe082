"""What is broken on purpose for the claims on linear representation and on MMNNs; see ``broken.py``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from broken import Broken, Claims, Patch, given, never_learns, whole
from wrong_mode_laws import power
from wrong_numerics import features
from wrong_oscillations import errors
from wrong_planar import looks

from nnexpr.experiments.attempt import Attempt
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
    planar,
    random_features,
    rashomon_sets,
    smoother_units,
    star,
    structured,
    waves,
)
from nnexpr.experiments.numerics.features import ACTIVATIONS, Goal
from nnexpr.experiments.numerics.features import errors as errors_of
from nnexpr.experiments.numerics.features import random_features as random_units
from nnexpr.experiments.numerics.global_local import TARGETS
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.relu_gram import ReluGram
from nnexpr.linear.solvers import least_squares
from nnexpr.linear.spectrum import spectrum
from nnexpr.networks.builders import mmnn
from nnexpr.targets import target
from nnexpr.theory.decomposition import waves_in_turn
from nnexpr.theory.rashomon.waves import orthogonal_waves
from nnexpr.theory.splitting import Chance

__all__ = ["NUMERICS"]

Z = "nnexpr.experiments.numerics"


def every_unit(basis: str) -> Any:
    """Of one kind, whatever is asked for."""
    return lambda *asked, **more: spectrum(basis, **more)


def another(**changes: Any) -> Any:
    """With other options than are asked for."""
    return lambda *basis, **asked: spectrum(*basis, **{**asked, **changes})


def smoother(basis: str = "relu", *, power: int = 1, **asked: Any) -> Any:
    """ReLUs of one power more."""
    return spectrum(basis, power=power + 1, **asked)


def backwards(*basis: str, **asked: Any) -> Any:
    """Modes in the order in which LAPACK gives them."""
    found = spectrum(*basis, **asked)
    return replace(found, vectors=found.vectors[:, ::-1])


def other_condition(change: Callable[[float], float]) -> Callable[[Patch], None]:
    """What becomes of condition numbers."""

    def fault(patch: Patch) -> None:
        right = ReluGram.__dict__["condition"]
        found = right.fget if isinstance(right, property) else right.func
        patch.setattr(ReluGram, "condition", property(lambda gram: change(found(gram))))

    return fault


def ten_times_the_noise(x: Any, y: Any, *how: Any, **more: Any) -> Any:
    truth = np.arctan(25 * x)
    return least_squares(x, truth + 10 * (y - truth), *how, **more)


def eigenvalues_too_large(patch: Patch) -> None:
    right = np.linalg.eigh
    patch.setattr(np.linalg, "eigh", lambda matrix: (right(matrix)[0] * 1.03, right(matrix)[1]))


def in_turn() -> Claims:
    eigenvalues, ends, _, solved = gradient_flow.both_ways()
    return [gradient_flow.in_turn(eigenvalues[:4], solved[:, :4] / ends[:4])]


def by_frequency() -> Claims:
    """Z15: of sets whose exponents grow by the fourth power of the frequency."""
    zero = [Chance(error, 1.0, 1.0, 1.0, 0.0, "splitting") for error in rashomon_sets.ERRORS]
    found = {}
    for frequency in (6.0, 7.0, 9.0, 12.0):
        rare = [replace(each, probability=math.exp(-0.01 * frequency**4)) for each in zero]
        cell = rashomon_sets.Cell(orthogonal_waves(1)[0], 64, zero, rare)
        found[frequency] = rashomon_sets._price(cell, zero)
    return [rashomon_sets.by_frequency(found, quick=False)]


def of_features() -> Claims:
    """Z16: of errors like 1/n, that training halves, and of a spline a tenth of what ReLUs reach."""
    dense = {name: features(1.9) for name in ("relu", "tanh")}
    yield random_features.falls(dense)
    yield random_features.gain(dense, quick=False)
    yield random_features.per_freedom(dense, quick=False)
    yield random_features.too_hard(features(1.0), {8: 1.0, 16: 0.05}, quick=False)


def of_elements() -> Claims:
    """Z21: an MMNN a little nearer to the sine than elements, as these are solved; bends that gather there."""
    goal, network = target("localized_sine", points=localized.SAMPLES), mmnn(10, 3, 5)
    counts = network.trained_parameter_count, network.parameter_count
    for name, what, knots, error in zip(
        ("Z21", "Z21 total"), (localized.TRAINED, localized.ALL), counts, (0.4, 0.05), strict=True
    ):
        yield localized.nearer(name, what, np.full(3, error), localized.of_elements(goal, knots), False)
    yield localized.adapted(np.full(3, 0.3), False)


def more_knots(x: Any, y: Any, knots: Any) -> Any:
    return least_squares(x, y, np.linspace(knots[0], knots[-1], 10 * len(knots)))


def of_oscillations() -> Claims:
    """Z22, Z23, Z26: of MMNNs that learn, and better than the others."""
    found = errors(0.04, 0.2, 0.3)
    for activation in oscillations.STARTS:
        for name in oscillations.CASES:
            yield oscillations.learns(name, activation, found, False)
        yield oscillations.beats(activation, found, False)


def an_error_ten_times_less(patch: Patch) -> None:
    cases = {name: case._replace(error=case.error / 10) for name, case in oscillations.CASES.items()}
    patch.setattr(f"{Z}.oscillations.CASES", cases)


def in_the_plane() -> Claims:
    """Z24: of errors that fall."""
    for name, case in waves.CASES.items():
        yield waves.falling(name, case, looks(0.3, 0.1, 0.05), Attempt())


def of_the_star() -> Claims:
    """Z25: an MMNN a little nearer to the star than elements, as these are solved."""
    case = star.QUICK
    network = planar.network_of(case, 0, 1)
    for name, what, unknowns in (
        ("Z25", star.TRAINED, network.trained_parameter_count), ("Z25 total", star.ALL, network.parameter_count),
    ):  # fmt: skip
        error = RIGHT_ELEMENTS(case, unknowns)["between"]
        last = looks(0.1)[-1]._replace(between=[0.9 * error] * 3)
        yield star.nearer(name, what, case, last, star.elements(case, unknowns)["between"], Attempt())


RIGHT_ELEMENTS = planar.elements
RIGHT_FALLS = planar.falls


def of_the_line() -> Claims:
    """Z2."""
    return gram_spectra.on_the_line(gram_spectra.spectrum(knots=250))


def of_powers() -> Claims:
    """Z5."""
    slopes = {
        power: gram_spectra.spectrum(knots=250, power=power).slope or 0.0 for power in gram_spectra.POWERS
    }
    return [gram_spectra.powers(slopes)]


def in_planes() -> Claims:
    """Z4."""
    return [
        gram_spectra.in_the_plane(gram_spectra.spectrum(knots=1000, dimension=2).eigenvalues, quick=False)
    ]


def of_other_units() -> Claims:
    """Z3, Z6."""
    smooth = {
        name: gram_spectra.spectrum(name, knots=150, scale=gram_spectra.SCALE)
        for name in ("tanh", "gaussian")
    }
    yield gram_spectra.analytic({name: gram_spectra.octaves(each) for name, each in smooth.items()})
    sizes = 50, 100, 200
    uniform = [gram_spectra.ReluGram(np.linspace(-1, 1, n, endpoint=False), 1.0).condition for n in sizes]
    yield gram_spectra.conditions(sizes, uniform, uniform)


X = np.linspace(-1, 1, 1001)


def of_precision() -> Claims:
    """Z7."""
    return low_pass.kept_modes({"single": low_pass.largest_kept(low_pass.EPSILONS["single"])})


def of_cut_offs() -> Claims:
    """Z8."""
    found = low_pass.spectrum(knots=150)
    return [
        low_pass.captured(
            {n: low_pass.relative_errors(found, X, low_pass._waves(n * X)) for n in low_pass.SCALES}
        )
    ]


def of_adaptive_knots() -> Claims:
    """Z11."""
    return [low_pass.concentrated({(60, biases): low_pass.modes_needed(60, biases, X)
                                   for biases in ("uniform", "adaptive")})]  # fmt: skip


def of_noise() -> Claims:
    """Z10."""
    return [low_pass.stable({(0.1, n): low_pass.noise_ratio(n, 0.1, 0) for n in (30, low_pass.OVER)})]


FEW_SAMPLES = {f"{Z}.low_pass.SAMPLES": 200, f"{Z}.low_pass.OVER": 300}


right_fit = FactoredDesign.fit


def by_design(design: FactoredDesign, solver: str, **how: Any) -> Any:
    return right_fit(design, "svd" if solver == "gram" else solver, **how)


def of_table_1() -> Claims:
    """Z9: of evenly spaced knots."""
    cells = [cell for cell in arctan_table.PRINTED if cell[1:3] == ("uniform", 100)]
    found = {cell: arctan_table._errors(*cell) for cell in cells}
    lost = {
        (basis, solver, cut, "float32"): square
        for basis in ("relu", "hat")
        for solver, cut, _, _, square, _ in arctan_table._ways("uniform", 100, basis, "float32")
    }
    return arctan_table.claims(found, lost)


def by_time() -> Claims:
    """Z13, Z14: of times that rise by known powers."""
    yield mode_laws.at_least_linear({"a": power(2.0), "b": power(1.2)})
    kinds = {"ReLU": power(2.0), "ReLU²": power(4.0), "tanh": power(6.0)}
    yield smoother_units.ordered("Z14", "", kinds, quick=False)
    descent, adam = {"a": power(2.0), "b": power(4.0)}, {"a": power(1.0), "b": power(2.0)}
    yield smoother_units.follows(descent, adam, descent, quick=False)


def other_exponents(change: Callable[[Any], Any]) -> Any:
    return given(f"{Z}.timed_modes.exponents", lambda turns, found: change(halving.exponents(turns, found)))


def of_random_units() -> Claims:
    """Z16."""
    goal = Goal("smooth", TARGETS["smooth"], 200)
    dense = {}
    for activation in ACTIVATIONS:
        found = {n: errors_of(goal, random_units(goal, activation, n, 4, 0)) for n in (4, 8)}
        dense[activation] = random_features.Errors(found, found)
    return [random_features.falls(dense)]


def of_parts() -> Claims:
    """Z18, Z19: of gradients."""
    x = np.linspace(-1, 1, 20_001)
    bumps = [
        structured.gradients(structured.stretched_bump(at), x) for at in (structured.PRINTED, structured.FLAT)
    ]
    yield structured.smoother(*bumps)
    yield structured.waves_are_halved(structured.gradients(structured.waves_in_turn(structured.WAVES), x))


def of_pieces() -> Claims:
    """Z20: of a sine."""
    wave = structured.function_of("sine16")
    return pieces.lower({("sine16", way): pieces.both(wave, pieces.PIECES, way, 1, 0) for way in pieces.WAYS})


SHORT = {f"{Z}.pieces.EPOCHS": 400, f"{Z}.pieces.RATE": 0.03, f"{Z}.pieces.SAMPLES": 800}


def of_winners() -> Claims:
    """Z17."""
    cases = (("smooth", "sparse"), ("rough", "dense"))
    return [global_local.winner_changes({
        (*case, basis): global_local.relative_error(*case, basis)
        for case, basis in product(cases, ("hat", *global_local.GLOBAL))
    })]  # fmt: skip


def every_basis_a_hat(x: Any, y: Any, knots: Any, **asked: Any) -> Any:
    return least_squares(x, y, knots, basis="hat", solver="hat")


NUMERICS = (
    Broken("ReLUs of one power more", given(f"{Z}.gram_spectra.spectrum", smoother), of_the_line,
           ("Z2", "Z2 cantilever")),
    Broken("ReLUs of one power more", given(f"{Z}.gram_spectra.spectrum", smoother), of_powers, ("Z5",)),
    Broken("modes the least first", given(f"{Z}.gram_spectra.spectrum", backwards), of_the_line, ("Z2 order",)),
    Broken("every unit a ReLU", given(f"{Z}.gram_spectra.spectrum", every_unit("relu")), of_other_units, ("Z6",)),
    Broken("the line for the plane", given(f"{Z}.gram_spectra.spectrum", another(dimension=1)), in_planes,
           ("Z4",)),
    Broken("roots of condition numbers", other_condition(lambda found: found**0.5), of_other_units, ("Z3",)),
    Broken("condition numbers twenty times as large", other_condition(lambda found: 20 * found), of_precision, ("Z7",)),
    Broken("ReLUs of one power more", given(f"{Z}.low_pass.spectrum", smoother), of_cut_offs, ("Z8",)),
    Broken("knots that follow nothing", given(f"{Z}.low_pass.spectrum", another(biases="uniform")), of_adaptive_knots,
           ("Z11",)),
    Broken("noise ten times as large as is told", given(f"{Z}.low_pass.least_squares", ten_times_the_noise),
           of_noise, ("Z10",), FEW_SAMPLES),
    Broken("half of the knots", given(f"{Z}.arctan_table._knots", lambda biases, n: np.linspace(-1, 1, n // 2)),
           of_table_1, ("Z9", "Z9 float64")),
    Broken("the design matrix for its Gram matrix", given("nnexpr.linear.factored.FactoredDesign.fit", by_design),
           of_table_1, ("Z9 float32",)),
    Broken("eigenvalues 3 % too large", eigenvalues_too_large, in_turn, ("Z12 in turn",)),
    Broken("every basis the hats", given(f"{Z}.global_local.least_squares", every_basis_a_hat), of_winners, ("Z17",)),
    Broken("samples without noise", given(f"{Z}.gradient_flow.NOISE", 0.0), whole("gradient-flow"),
           ("Z12 stopping",)),
    Broken("halved exponents", other_exponents(lambda found: found / 2), by_time, ("Z13",)),
    Broken("exponents of the other sign", other_exponents(np.negative), by_time, ("Z14",)),
    Broken("exponents three too large", other_exponents(lambda found: found + 3), by_time, ("Z14 Adam",)),
    Broken("one unit many times",
           given(f"{Z}.features._drawn", lambda activation, units, rng: (np.ones(units), np.zeros(units))),
           of_random_units, ("Z16",)),
    Broken("the split where it is printed", given(f"{Z}.structured.FLAT", 0.1), of_parts, ("Z18 gradients",)),
    Broken("an outer part that is the whole",
           given(f"{Z}.structured.waves_in_turn", lambda n: replace(waves_in_turn(n), outer=waves_in_turn(n).whole)),
           of_parts, ("Z19 gradients",)),
    Broken("two knots a piece", given(f"{Z}.pieces.KNOTS", 2), of_pieces, ("Z20 error",),
           SHORT),
    Broken("no learning", never_learns, of_pieces, ("Z20 trained",), SHORT),
    Broken("roots of exponents", given(f"{Z}.rashomon_sets._exponent", lambda chance: (-math.log(chance)) ** 0.5),
           by_frequency, ("Z15 frequency",)),
    Broken("random for trained", given(f"{Z}.random_features.Errors.ratio", lambda each, *units: 5.0), of_features,
           ("Z16 gain", "Z16 freedom")),
    Broken("a spline twice as far", given(f"{Z}.random_features.FAR", 20.0), of_features, ("Z16 adaptive",)),
    Broken("elements of ten times as many knots", given(f"{Z}.localized.least_squares", more_knots), of_elements,
           ("Z21", "Z21 total")),
    Broken("ten times as wide a part counted as near", given(f"{Z}.localized.NEAR", 0.4), of_elements,
           ("Z21 adapts",)),
    Broken("a digit lost in what counts as learned", an_error_ten_times_less, of_oscillations,
           ("Z22", "Z22 sine", "Z23", "Z23 sine")),
    Broken("one network for all", given(f"{Z}.oscillations.MMNN", oscillations.TRAINED), of_oscillations,
           ("Z26", "Z26 sine")),
    Broken("the last look first", given(f"{Z}.waves.falls", lambda found: RIGHT_FALLS(found[::-1])), in_the_plane,
           ("Z24", "Z24 s=3", "Z24 s=3 deep")),
    Broken("elements of eight times as many unknowns",
           given(f"{Z}.star.elements", lambda case, unknowns: RIGHT_ELEMENTS(case, 8 * unknowns)), of_the_star,
           ("Z25", "Z25 total")),
)  # fmt: skip
