"""The named targets: those of the sources, and those that the literature keeps returning to.

Where a formula is written in the grammar of ``expr:``, the entry is that formula: what is shown is what runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nnexpr.declarations import Declared
from nnexpr.targets import families
from nnexpr.targets.formula import parse_formula

__all__ = ["CATALOGUE", "CatalogueEntry"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

HU = "Hu 2023, An Exploration of Neural Network Expressivity and Approximation Dynamics"
ZHAO = "Zhao, Numerical Understanding of Neural Networks: From Representation to Learning Dynamics"
MANIFOLD = "A Trainable Manifold for Accurate Approximation with ReLU Networks"
EXPRESSIVITY = "Neural Network Expressivity (concept page)"
YAROTSKY = "Yarotsky 2017, Error Bounds for Approximations with Deep ReLU Networks"
DONOHO = "Donoho and Johnstone 1994, Ideal Spatial Adaptation by Wavelet Shrinkage"

UNIT, SYMMETRIC = (0.0, 1.0), (-1.0, 1.0)


@dataclass(frozen=True)
class CatalogueEntry:
    """One named target.

    ``make(terms, seed)`` gives its function, from inputs ``(points, dimension)`` to values ``(points,)``,
    float64. ``domain`` is the interval of each input on which it is approximated unless another is given.
    """

    name: str
    formula: str  # "terms" stands for the option --terms
    domain: tuple[float, float]
    dimension: int
    source: str
    make: Callable[[int, int], Function]
    points_needed: Callable[[int], int] = lambda _: 1  # evenly spaced, to show all of its terms
    options: tuple[str, ...] = ()  # "terms" and "target_seed", where they change it


def _written(name: str, formula: str, domain: tuple[float, float], source: str) -> CatalogueEntry:
    """An entry that is its formula, in the grammar of ``expr:``."""
    parsed = parse_formula(formula)
    return CatalogueEntry(name, formula, domain, parsed.dimension, source, lambda *_: parsed)


_FRANKE = (
    "0.75*exp(-((9*x1-2)**2+(9*x2-2)**2)/4)+0.75*exp(-(9*x1+1)**2/49-(9*x2+1)/10)"
    "+0.5*exp(-((9*x1-7)**2+(9*x2-3)**2)/4)-0.2*exp(-(9*x1-4)**2-(9*x2-7)**2)"
)
_WAVES = "sum_ij a_ij sin({s}b_i x_i + {s}c_ij x_i x_j) cos({s}b_j x_j + {s}d_ij x_i^2), i, j in {{1, 2}}"

_ENTRIES = (
    CatalogueEntry(
        "fourier",
        "sum_(i<=terms) a_i sin(2 pi i x) + b_i cos(2 pi i x), a_i, b_i ~ N(0,1)/sqrt(terms)",
        UNIT, 1, HU, lambda terms, seed: partial(families.fourier, terms, seed), lambda terms: 2 * terms + 1,
        options=("terms", "target_seed"),
    ),
    _written("cube", "x**3", UNIT, MANIFOLD),
    _written("power11", "x**11", UNIT, MANIFOLD),
    _written("tanh3", "tanh(3*x)", UNIT, MANIFOLD),
    _written("quarter_sine", "sin(pi*x/2)", UNIT, MANIFOLD),
    _written("square", "x**2", UNIT, YAROTSKY),
    _written("arctan25", "arctan(25*x)", SYMMETRIC, ZHAO + ", Table 1"),
    _written("two_tone", "cos(6*pi*x) - sin(2*pi*x)", SYMMETRIC, ZHAO),
    _written("gaussian_bump", "exp(-(10*x)**2)", SYMMETRIC, ZHAO + ", Example 1"),
    _written("sine16", "sin(16*pi*x)", SYMMETRIC, ZHAO),
    _written("chirp", "sin(16*pi*abs(x)**1.5)", SYMMETRIC, ZHAO),
    _written("localized_sine", "(abs(x) < 0.02)*sin(50*pi*x)", SYMMETRIC, ZHAO),
    CatalogueEntry(
        "triangle", "T(T(...T(x))), T(x) = max(0, 2 min(x, 1 - x)), terms times",
        UNIT, 1, EXPRESSIVITY + "; Telgarsky 2016",
        lambda terms, _: partial(families.folded_triangle, terms), lambda terms: 2**terms + 1,
        options=("terms",),
    ),
    CatalogueEntry(
        "takagi", "sum_(i<terms) 2^-i |2^i x - round(2^i x)|",
        UNIT, 1, "Takagi 1901", lambda terms, _: partial(families.takagi, terms), options=("terms",),
    ),
    CatalogueEntry(
        "weierstrass", "sum_(i<terms) 2^-i cos(3^i pi x)",
        SYMMETRIC, 1, "Weierstrass 1872, Hardy 1916",
        lambda terms, _: partial(families.weierstrass, terms), options=("terms",),
    ),
    _written("abs", "abs(x)", SYMMETRIC, "Newman 1964, Rational Approximation to |x|"),
    _written("step", "step(x)", SYMMETRIC, "Heaviside's step"),
    _written("runge", "1/(1 + 25*x**2)", SYMMETRIC, "Runge 1901"),
    _written("sqrt", "sqrt(x)", UNIT, "the end-point singularity of adaptive approximation, DeVore 1998"),
    _written("sine", "sin(2*pi*x)", UNIT, "one period of a sine"),
    _written("sawtooth", "4*x - floor(4*x)", UNIT, "four teeth; jumps that no continuous network follows"),
    _written("square_wave", "sign(sin(8*pi*x))", UNIT, "four periods of a square wave"),
    _written("doppler", "sqrt(x*(1 - x))*sin(2.1*pi/(x + 0.05))", UNIT, DONOHO),
    _written("heavisine", "4*sin(4*pi*x) - sign(x - 0.3) - sign(0.72 - x)", UNIT, DONOHO),
    CatalogueEntry(
        "blocks", "sum_(j<=11) h_j step(x - t_j)",
        UNIT, 1, DONOHO, lambda *_: families.blocks,
    ),
    CatalogueEntry(
        "bumps", "sum_(j<=11) h_j (1 + |x - t_j|/w_j)^-4",
        UNIT, 1, DONOHO, lambda *_: families.bumps,
    ),
    CatalogueEntry(
        "waves2d", _WAVES.format(s=""), SYMMETRIC, 2, ZHAO, lambda *_: partial(families.waves, 1.0)
    ),
    CatalogueEntry(
        "waves2d_fine", _WAVES.format(s="3 "), SYMMETRIC, 2, ZHAO, lambda *_: partial(families.waves, 3.0)
    ),
    CatalogueEntry(
        "star2d", "clip(25 (rho - r) + 0.5, 0, 1), rho = 0.1 + 0.02 cos(pi theta^2)",
        SYMMETRIC, 2, ZHAO, lambda *_: families.star,
    ),
    _written("product2d", "x1*x2", SYMMETRIC, YAROTSKY),
    _written("cone2d", "sqrt(x1**2 + x2**2)", SYMMETRIC, "a radial function, as in Eldan and Shamir 2016"),
    _written("xor2d", "sign(x1*x2)", SYMMETRIC, "exclusive or, Minsky and Papert 1969"),
    _written("franke2d", _FRANKE, UNIT, "Franke 1979"),
)  # fmt: skip

CATALOGUE: Declared[CatalogueEntry] = Declared("a target")
for _entry in _ENTRIES:
    CATALOGUE.declare(_entry)
