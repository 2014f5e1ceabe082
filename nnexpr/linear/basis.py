"""The bases of the linear representation and the solvers: one declaration each, which everything else asks.

The command line learns from it what may be chosen, least squares and spectra how it is done. The code itself is named
by its home, so nothing here imports NumPy. A new basis is a class (``nnexpr.linear.bases.base``) and its declaration,
here or anywhere:

    declare(Basis(name="chebyshev", functions="T_k(x) over the domain", home="mine.chebyshev:Chebyshev"))

A basis that is there in the plane too names a second class (``nnexpr.linear.plane``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home, InputError, load

if TYPE_CHECKING:
    from nnexpr.linear.bases.base import FixedBasis
    from nnexpr.linear.plane import PlaneBasis, Rectangle
    from nnexpr.splines.p1 import Floats

__all__ = ["BASES", "SOLVERS", "Basis", "Solver", "declare"]


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What is to be known of a basis on fixed knots."""

    name: str  # as it is chosen
    functions: str  # what they are, in a few words
    home: Home  # (knots, domain, its options by name) -> FixedBasis
    plane: Home = ""  # (knots, rectangle, its options by name) -> PlaneBasis; empty: on a line only
    options: tuple[str, ...] = ()  # of power and scale, those that mean something for it

    def on(self, knots: Floats, domain: tuple[float, float] | None = None, **options: Any) -> FixedBasis:
        """The basis on these knots; see :class:`FixedBasis`. Options that mean nothing for it are not passed on."""
        made: FixedBasis = load(self.home)(knots, domain, **self._taken(options))
        return made

    @property
    def in_the_plane(self) -> type[PlaneBasis]:
        """Its class in the plane; InputError where there is none."""
        if not self.plane:
            having = ", ".join(name for name, each in BASES.items() if each.plane)
            raise InputError("basis", self.name, f"in two dimensions it must be one of {having}")
        made: type[PlaneBasis] = load(self.plane)
        return made

    def on_plane(self, knots: Floats, domain: Rectangle, **options: Any) -> PlaneBasis:
        """The basis in the plane on knots that it has checked; options as for :meth:`on`."""
        return self.in_the_plane(knots, domain, **self._taken(options))

    def _taken(self, options: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in options.items() if name in self.options}


@dataclass(frozen=True, kw_only=True)
class Solver:
    """What is to be known of a solver."""

    name: str
    dense: Home = ""  # (matrix, y, rcond, ridge) -> coefficients, rank; empty: of finite elements only
    factored: Home = (
        ""  # (FactoredDesign, rcond, ridge) -> the same, the next ones sooner; empty: solved each time
    )
    squares: bool = (
        False  # whether it solves with AᵀA, of which it knows the small eigenvalues less well than A
    )
    cut_off: bool = False  # whether it takes rcond
    ridge: float | None = None  # unless given; None where it takes none

    def solve(self, matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:
        """The coefficients ``(n,)`` and the rank kept, in the dtype of ``matrix`` and ``y``; TypeError where not."""
        work: Callable[..., Any] = load(self.dense)
        coefficients, rank = work(matrix, y, rcond, ridge)
        if coefficients.dtype != y.dtype:
            raise TypeError(f"{self.name} computed in {coefficients.dtype}, not in {y.dtype}")
        return coefficients, rank


_DENSE, _FACTORED, _HOME = "nnexpr.linear.dense:", "nnexpr.linear.factored:", "nnexpr.linear.bases."
SOLVERS: Declared[Solver] = Declared("a solver")
for _solver in (
    Solver(name="hat", ridge=0.0),
    Solver(name="qr", dense=_DENSE + "qr", factored=_FACTORED + "qr", cut_off=True),
    Solver(name="svd", dense=_DENSE + "svd", factored=_FACTORED + "svd", cut_off=True),
    Solver(
        name="normal", dense=_DENSE + "normal", factored=_FACTORED + "normal", squares=True, ridge=1e-6
    ),  # the concept page's
    Solver(name="gram", dense=_DENSE + "gram", factored=_FACTORED + "gram", squares=True, cut_off=True),
):
    SOLVERS.declare(_solver)

BASES: Declared[Basis] = Declared("a basis")
declare = BASES.declare
for _basis in (
    Basis(
        name="relu", functions="σ(x − b)^power, with the polynomials below that degree",
        home=_HOME + "relu:relu", plane=_HOME + "ridges:ReluRidges", options=("power",),
    ),
    Basis(
        name="hat", functions="1 at a knot, 0 at the others, linear between",
        home=_HOME + "hat:Hat", plane=_HOME + "triangles:Triangles",
    ),
    Basis(
        name="tanh", functions="tanh(scale (x − b)), and 1",
        home=_HOME + "tanh:Tanh", plane=_HOME + "ridges:TanhRidges", options=("scale",),
    ),
    Basis(
        name="gaussian", functions="exp(−scale² (x − b)²), and 1",
        home=_HOME + "gaussian:Gaussian", plane=_HOME + "ridges:GaussianRidges", options=("scale",),
    ),
    Basis(name="sine", functions="sin kπs of the domain's share s, and 1", home=_HOME + "sine:Sine"),
    Basis(name="cosine", functions="cos kπs of the domain's share s", home=_HOME + "cosine:Cosine"),
    Basis(name="fourier", functions="1, cos 2πks, sin 2πks of the domain's share s", home=_HOME + "fourier:Fourier"),
):  # fmt: skip
    declare(_basis)
