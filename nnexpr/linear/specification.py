"""The descriptions of a least-squares fit and of a Gram spectrum; the command line and forms are rendered from them.

What a fit of a network declares too (the target, the placement of knots, the seed) is that option, with other defaults.
Nothing here imports NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from nnexpr.declarations import Option, Specified, option
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.placements import PLACEMENTS
from nnexpr.specification import DTYPES, OPTIONS

__all__ = ["LstsqSpecification", "SpectrumSpecification", "idle"]


def _same(name: str, **changes: Any) -> Any:
    """A fit's option, but for ``changes``."""
    declared = {f.name: getattr(OPTIONS[name], f.name) for f in fields(Option) if f.name != "name"} | changes
    return field(default=declared.pop("default"), metadata=declared)


def _basis(default: str) -> Any:
    return option("choice", default, "what spans the functions", group="basis", label="Basis", offered=BASES)


def _power() -> Any:
    return option("integer", 1, "power of the ReLUs", group="basis", label="Power", minimum=1, maximum=8)


def _scale() -> Any:
    return option(
        "number", 10.0, "steepness of tanh, inverse width of Gaussians, on a domain of length 2",
        group="basis", label="Scale", minimum=1e-3, maximum=150,
    )  # fmt: skip


def _biases() -> Any:
    return _same("biases", group="basis", help="where the knots are placed")


def _seed() -> Any:
    return _same("seed", help="of knots that are placed at random")


def _of_no_use(name: str, basis: str, biases: str) -> bool:
    """Whether the option means nothing for this basis on knots that are placed so."""
    of_some = {option for each in BASES.values() for option in each.options}
    if name in of_some:
        return name not in BASES[basis].options
    return name == "seed" and not PLACEMENTS[biases].is_drawn


@dataclass(frozen=True, kw_only=True)
class LstsqSpecification(Specified):
    """A least-squares fit of a target in a basis on fixed knots."""

    target: str = _same("target", default="arctan25")
    domain: tuple[float, float] | None = _same("domain")
    noise: float = _same("noise", help="standard deviation of the Gaussian noise added to the samples")
    missing: str = _same("missing")
    terms: int = _same("terms")
    target_seed: int = _same("target_seed")
    samples: int = option(
        "integer", 10_000, "evenly spaced samples of the target (a file's target uses all of its own)",
        group="target", label="Samples", minimum=1, maximum=100_000_000,
    )  # fmt: skip
    basis: str = _basis("hat")
    power: int = _power()
    scale: float = _scale()
    biases: str = _biases()
    knots: int = _same(
        "knots",
        default=100,
        group="basis",
        help="fixed knots, both ends included; of a target of two inputs, lines of ridges or nodes of hats",
    )
    solver: str | None = option(
        "choice", None, "how the problem is solved: hat for linear splines, qr for others unless given",
        group="solver", label="Solver", offered=SOLVERS, nullable=True,
    )  # fmt: skip
    rcond: float | None = option(
        "number", None, "relative cut-off of qr, svd and gram; the precision's epsilon unless given",
        group="solver", label="Cut-off", minimum=0, nullable=True,
    )  # fmt: skip
    ridge: float | None = option(
        "number", None, "added to the squares of the coefficients, of hat (0) and normal (1e-6)",
        group="solver", label="Ridge", minimum=0, nullable=True,
    )  # fmt: skip
    dtype: str = option(
        "choice", "float64", "precision of the whole computation",
        group="solver", label="Precision", offered=DTYPES,
    )  # fmt: skip
    seed: int = _seed()

    def relevant(self, name: str) -> bool:
        """Whether the option has a meaning for this basis, placement and solver; of one that is not named, no."""
        solver = SOLVERS.get(self.solver or "")
        if name == "rcond":
            return solver is not None and solver.cut_off
        if name == "ridge":
            return solver is not None and solver.ridge is not None
        return not _of_no_use(name, self.basis, self.biases)


@dataclass(frozen=True, kw_only=True)
class SpectrumSpecification(Specified):
    """The Gram spectrum of a basis, and what a target has of each mode."""

    basis: str = _basis("relu")
    power: int = _power()
    scale: float = _scale()
    dimension: int = option(
        "integer", 1, "1: the line; 2: the plane, ridges of units along lines, or hats on triangles",
        group="basis", label="Dimension", minimum=1, maximum=2,
    )  # fmt: skip
    biases: str = _biases()
    knots: int = _same(
        "knots", default=1000, group="basis", help="units: a knot in the middle of each cell, or a line"
    )
    modes: int = option(
        "integer", 10, "eigenvalues to show, the largest first", group="basis", label="Modes", minimum=1, maximum=1000,
    )  # fmt: skip
    target: str | None = option(
        "text", None, "adaptive knots share its variation; its share in each mode is shown",
        group="target", label="Target", nullable=True,
    )  # fmt: skip
    domain: tuple[float, float] | None = _same(
        "domain", help="the interval of the knots, of each input; the target's own, or -1 to 1, unless given"
    )
    missing: str = _same("missing")
    terms: int = _same("terms")
    target_seed: int = _same("target_seed")
    samples: int = option(
        "integer", 10_000, "evenly spaced samples of the target", group="target", label="Samples",
        minimum=2, maximum=10_000_000,
    )  # fmt: skip
    seed: int = _seed()

    def relevant(self, name: str) -> bool:
        """Whether the option has a meaning for this basis and placement."""
        return not _of_no_use(name, self.basis, self.biases)


def idle(specification: LstsqSpecification | SpectrumSpecification, given: Iterable[str]) -> list[str]:
    """Which of the options given mean nothing for the basis."""
    of_some = {name for basis in BASES.values() for name in basis.options}
    return [name for name in given if name in of_some and not specification.relevant(name)]
