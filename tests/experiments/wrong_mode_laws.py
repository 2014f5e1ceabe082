"""What makes the claims on the time that modes take fail; see ``wrong.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from nnexpr.experiments.data import Claim
from nnexpr.experiments.numerics import halving, mode_laws, smoother_units
from nnexpr.experiments.numerics.timed_modes import Case, Timed

__all__ = ["WRONG_MODE_LAWS", "power"]

Patch = pytest.MonkeyPatch


def power(exponent: float, spread: float = 0.01) -> Timed:
    """Times of 30 starts that rise by this power of the turns, give or take."""
    turns = np.array([1.0, 1.5, 2.0, 4.0])
    own = exponent + spread * np.linspace(-1, 1, 30)
    return Timed(tuple(turns), 0.3 * turns[:, None] ** own)


SMALL = halving.Setting(members=3, units=100)


def timed(setting: halving.Setting, modes: halving.Modes, *, by_formula: bool = False) -> Timed:
    return Timed(modes.turns, np.array(Case("", setting, modes, by_formula=by_formula).times()))


def biases_that_stay(patch: Patch) -> Iterable[Claim]:
    """What is said to train a and b trains a alone."""
    patch.setattr(halving, "start", lambda setting, start=halving.start: start(setting.fixed))
    found = {"Fourier modes": timed(SMALL, halving.waves(0.5, 1))}
    return [mode_laws.near("Z13 a and b", "", 2, found, quick=False)]


def smoother_than_said(patch: Patch) -> Iterable[Claim]:
    """Squares of ReLUs for ReLUs."""
    setting = replace(SMALL, activation="relu2")
    found = {"Fourier modes": timed(setting, halving.waves(2, 3, 4), by_formula=True)}
    return [mode_laws.near("Z13 fixed biases", "", 4, found, quick=False)]


def all_alike(patch: Patch) -> Iterable[Claim]:
    """Every unit is a ReLU, whatever it is said to be."""
    found = {
        label: timed(SMALL, halving.waves(*smoother_units.COMMON), by_formula=True)
        for label in smoother_units.ACTIVATIONS
    }
    return [smoother_units.ordered("Z14 fixed biases", "", found, quick=False)]


WRONG_MODE_LAWS: dict[str, Callable[[Patch], Iterable[Claim]]] = {
    "Z13": lambda patch: [mode_laws.at_least_linear({"a": power(2.0), "b": power(1.0)})],
    "Z13 a and b": biases_that_stay,
    "Z13 fixed biases": smoother_than_said,
    "Z14": lambda patch: [
        smoother_units.ordered(
            "Z14", "", {"ReLU": power(2.4), "ReLU²": power(4.0), "tanh": power(4.0)}, quick=False
        )
    ],
    "Z14 fixed biases": all_alike,
    "Z14 Adam": lambda patch: [
        smoother_units.follows(
            {"a": power(2.2), "b": power(4.0)},
            {"a": power(1.1), "b": power(2.6)},
            {"a": power(2.2), "b": power(4.0)},
            quick=False,
        )
    ],
}
