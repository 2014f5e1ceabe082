"""The bases of the linear representation and the solvers: one declaration each, which everything else asks.

The command line learns from it what may be chosen, least squares how it is done. The code itself is named by its home,
so nothing here imports NumPy. A new basis is a function from knots (n,) and x (samples,) to a matrix (samples, n) in
the knots' dtype, and its declaration, here or anywhere:

    declare(Basis(name="cosine", functions="mine.cosines:cosines"))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnexpr.declarations import Declared, Home, load

if TYPE_CHECKING:
    from nnexpr.splines.p1 import Floats

__all__ = ["BASES", "SOLVERS", "Basis", "Solver", "declare"]


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What is to be known of a basis on fixed knots. One of the linear splines says how to come from hats and back."""

    name: str  # as it is chosen
    functions: Home  # (knots, x) -> the basis functions at x, dense (samples, n) in the knots' dtype
    from_values: Home = ""  # (knots, values at the knots) -> coefficients
    to_values: Home = ""  # the inverse
    penalty: Home = ""  # knots -> the lower bands of DᵀD, where D takes values to coefficients
    network: Home = ""  # (knots, coefficients) -> Network, the same function

    @property
    def is_splines(self) -> bool:
        """Whether it spans the linear splines on the knots, so that the O(n) solver finds its coefficients."""
        return bool(self.from_values and self.to_values and self.penalty)

    def design(self, knots: Floats, x: Floats) -> Floats:
        """The dense matrix ``(samples, n)`` of the basis functions at x."""
        made: Floats = load(self.functions)(knots, x)
        return made


@dataclass(frozen=True, kw_only=True)
class Solver:
    """What is to be known of a solver."""

    name: str
    dense: Home = ""  # (matrix, y, rcond, ridge) -> coefficients, rank; empty: of linear splines only
    cut_off: bool = False  # whether it takes rcond
    ridge: float | None = None  # unless given; None where it takes none

    def solve(self, matrix: Floats, y: Floats, rcond: float, ridge: float) -> tuple[Floats, int]:
        """The coefficients ``(n,)`` and the rank kept, in the dtype of ``matrix`` and ``y``; TypeError where not."""
        work: Callable[..., Any] = load(self.dense)
        coefficients, rank = work(matrix, y, rcond, ridge)
        if coefficients.dtype != matrix.dtype:
            raise TypeError(f"{self.name} computed in {coefficients.dtype}, not in {matrix.dtype}")
        return coefficients, rank


_DENSE, _PIECEWISE = "nnexpr.linear.dense:", "nnexpr.linear.piecewise:"
SOLVERS: Declared[Solver] = Declared("a solver")
for _solver in (
    Solver(name="hat", ridge=0.0),
    Solver(name="qr", dense=_DENSE + "qr", cut_off=True),
    Solver(name="svd", dense=_DENSE + "svd", cut_off=True),
    Solver(name="normal", dense=_DENSE + "normal", ridge=1e-6),  # the concept page's
    Solver(name="gram", dense=_DENSE + "gram", cut_off=True),
):
    SOLVERS.declare(_solver)

BASES: Declared[Basis] = Declared("a basis")
declare = BASES.declare
for _name, _functions, _from_values, _to_values in (
    ("relu", "relus", "hat_to_relu", "relu_to_hat"),
    ("hat", "hats", "same", "same"),
):
    declare(
        Basis(
            name=_name, functions=_PIECEWISE + _functions, from_values=_PIECEWISE + _from_values,
            to_values=_PIECEWISE + _to_values, penalty=f"{_PIECEWISE}{_name}_penalty",
            network=f"{_PIECEWISE}{_name}_network",
        )
    )  # fmt: skip
