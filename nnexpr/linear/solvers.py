"""The linear representation: least squares on fixed knots, by choice of basis, solver and precision.

On the line ReLUs and hats span the same functions; what differs is the digits that survive. ``hat`` is the O(n) way of
theirs (``hat.py``) and the reference; the dense ways (``dense.py``) solve in any basis, and are there to be compared
with it. In the plane ``hat`` solves for hats on triangles by a sparse factor (``scattered.py``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import psutil
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import Functions, PiecewiseLinear, Solution
from nnexpr.linear.bases.linear_splines import LinearSplines
from nnexpr.linear.basis import BASES, SOLVERS, Solver
from nnexpr.linear.dense import design_condition
from nnexpr.linear.functions import Domain, functions_for
from nnexpr.networks.network import Network
from nnexpr.shown import Shown
from nnexpr.specification import InputError
from nnexpr.splines.linear import LinearSpline
from nnexpr.splines.p1 import Floats, checked_samples

__all__ = ["LinearFit", "Problem", "check_choices", "check_memory", "cut_off_of", "least_squares", "pose"]

TRIED = 64  # columns that are solved for to see how long all of them take


@dataclass(frozen=True, eq=False)
class LinearFit(Shown):
    """A least-squares fit f(x) = Σ c_i ψ_i(x) on fixed knots.

    ``coefficients (n,)`` are those of ``basis``, ``values (samples,)`` is f at the samples in their order; both are in
    ``dtype``, as the solver's own arithmetic gives them. ``max_error`` and ``mse`` are of ``values`` against the y that
    was given, in double precision. ``rank``: directions kept. ``gradient``: the largest component of Aᵀ(Ac − y) + λc,
    with A the matrix that was solved with and c its coefficients; at the minimiser it is 0 but for rounding, and where
    directions were dropped it says what they would have gained. ``seconds``: for the solve, the design matrix included.
    """

    basis: str
    solver: str
    dtype: str
    functions: Functions  # on the knots
    coefficients: Floats
    values: Floats
    max_error: float
    mse: float
    rank: int | None
    gradient: float
    rcond: float | None
    ridge: float
    seconds: float
    samples: Floats  # (samples,), in the plane (samples, 2): where it was fitted

    def __repr__(self) -> str:
        what = f"{self.basis} by {self.solver} in {self.dtype}, {len(self.knots):,} knots"
        return f"<LinearFit: {what}, mean squared error {self.mse:.3g} on {len(self.samples):,} samples>"

    @property
    def knots(self) -> Floats:
        """``(n,)``, ascending; in the plane nodes ``(n, 2)`` of hats, or lines ``(n, 3)`` of ridges."""
        return self.functions.knots

    @cached_property
    def condition(self) -> float | None:
        """cond₂ of the matrix that was solved with: the design matrix of the basis, for ``hat`` that of the hats.

        Of the design matrix itself, not of AᵀA; inf where it is singular, None where the rank is not told. Computed in
        double precision when first asked for: O(n) for ``hat``, as costly as the solve for the dense ways.
        """
        if isinstance(self.functions, PiecewiseLinear) and not SOLVERS[self.solver].dense:
            return self.functions.condition(self.samples)
        return design_condition(self.functions.design(self.samples))

    @cached_property
    def spline(self) -> LinearSpline:
        """f as a linear spline, for a basis of them: constant left of the first knot, as ReLUs are. ValueError else."""
        if not isinstance(self.functions, LinearSplines):
            raise ValueError(f"the basis {self.basis} is not one of linear splines")
        return self.functions.spline(self.coefficients)

    def predict(self, x: ArrayLike) -> NDArray[np.float64]:
        """f at x, in double precision, by the basis' own way to evaluate.

        x of any shape, in the plane ``(…, 2)``: ValueError for another. On the line no digits cancel.
        """
        points = np.asarray(x, dtype=np.float64)
        if self.functions.dimension == 1:
            return self.functions.evaluate(self.coefficients, points.ravel()).reshape(points.shape)
        if points.shape[-1:] != (2,):
            raise ValueError(f"x has shape {points.shape}; it must be (…, 2)")
        return self.functions.evaluate(self.coefficients, points.reshape(-1, 2)).reshape(points.shape[:-1])

    def to_network(self) -> Network:
        """f as a network; ValueError for a basis that has none."""
        return self.functions.to_network(self.coefficients)


def least_squares(
    x: ArrayLike,
    y: ArrayLike,
    knots: int | ArrayLike,
    *,
    basis: str = "hat",
    solver: str = "hat",
    rcond: float | None = None,
    ridge: float | None = None,
    dtype: str = "float64",
    power: int = 1,
    scale: float = 10.0,
    domain: Domain | None = None,
    announce: Callable[[float], None] | None = None,
) -> LinearFit:
    """Minimise Σ (f(x_k) − y_k)² over f in a basis on ``knots``; see :class:`LinearFit`.

    ``x``: ``(samples,)``, or ``(samples, 2)`` in the plane, and ``y (samples,)``, in any order, repeated x allowed.

    ``knots``: ``(n,)`` in any order, distinct, both ends included; they must cover the samples. In the plane, of
    hats, nodes ``(n, 2)``: all crossings of a grid, each rectangle of which is two triangles; of the other bases,
    lines ``(n, 3)``: (w_1, w_2, b), for functions of w·x − b. Or how many: then evenly spread over the ``domain``,
    (low, high) or ((low, high), (low, high)), which is the range of the samples unless given; hats take the grid
    nearest to it.

    ``rcond``: the relative cut-off of ``qr``, ``svd`` and ``gram`` (default: the ε of ``dtype``). ``ridge``: λ in Σ
    (f − y)² + λ‖c‖², of ``normal`` (default 1e-6) and ``hat`` (default 0). ``power``: of the ReLUs (from 2 on they
    are no linear splines, and need a dense solver); ``scale``: the steepness of tanh and the inverse width of
    Gaussians on a domain of length 2. All arithmetic is in ``dtype``, ``float32`` or ``float64``. ``announce`` is
    told the seconds that a dense solver is expected to take, before it begins.

    With fewer samples than knots, or elements left without samples, ``hat`` takes the minimiser of least energy
    (straight across gaps, harmonic in the plane), ``qr`` and ``svd`` that of the shortest coefficients, ``gram`` that
    of the modes it keeps.

    Raises :class:`InputError` for anything else, a dense matrix that memory cannot hold included.
    """
    ridge = check_choices(solver, rcond, ridge)
    problem = pose(x, y, knots, basis=basis, dtype=dtype, power=power, scale=scale, domain=domain)
    way = SOLVERS[solver]
    start = time.perf_counter()
    if not way.dense:
        found = problem.elements(solver, ridge)
    else:
        check_memory(len(problem.x), len(problem.functions.knots), problem.precision)
        matrix = problem.functions.design(problem.x)
        cut_off = cut_off_of(rcond, problem.precision)
        if announce is not None:
            announce(_expected_seconds(way, matrix, problem.y, cut_off, ridge))
        found = problem.measured(matrix, *way.solve(matrix, problem.y, cut_off, ridge), ridge)
    seconds = time.perf_counter() - start
    return problem.fit(found, solver, rcond, ridge, seconds)


@dataclass(frozen=True, eq=False)
class Problem:
    """Samples ``y (samples,)`` and x in the precision of the ``functions``' knots; ``given``: y as it came."""

    basis: str
    power: int
    functions: Functions
    x: Floats
    y: Floats
    given: NDArray[np.float64]

    @property
    def precision(self) -> np.dtype[np.floating]:
        """Of all arithmetic."""
        return self.x.dtype

    def elements(self, solver: str, ridge: float) -> Solution:
        """Solve by finite elements. InputError for other functions."""
        if isinstance(self.functions, PiecewiseLinear):
            return self.functions.solve(self.x, self.y, ridge)
        if self.functions.dimension == 2:
            allowed = (
                f"in two dimensions it solves for hats only, and {self.basis} ridges are none; take svd or qr"
            )
        else:
            powers = self.power > 1 and self.basis == "relu"
            what = f"{self.basis}s to the power {self.power}" if powers else self.basis
            allowed = f"it solves for linear splines only, and {what} are none; take svd or qr"
        raise InputError("solver", solver, allowed)

    def measured(self, matrix: Floats, coefficients: Floats, rank: int, ridge: float) -> Solution:
        """What coefficients make of the samples; ``matrix`` is the design there."""
        values = matrix @ coefficients
        uphill = matrix.T @ (values - self.y) + self.precision.type(ridge) * coefficients
        return Solution(coefficients, values, rank, float(np.abs(uphill).max()))

    def fit(
        self, found: Solution, solver: str, rcond: float | None, ridge: float, seconds: float
    ) -> LinearFit:
        """What was found, with its errors."""
        error = np.abs(found.fitted.astype(np.float64) - self.given)
        return LinearFit(
            basis=self.basis, solver=solver, dtype=self.precision.name, functions=self.functions,
            coefficients=found.coefficients, values=found.fitted, max_error=float(error.max()),
            mse=float((error**2).mean()), rank=found.rank, gradient=found.gradient, rcond=rcond, ridge=ridge,
            seconds=seconds, samples=self.x,
        )  # fmt: skip


def pose(
    x: ArrayLike, y: ArrayLike, knots: int | ArrayLike, *, basis: str, dtype: str, power: int, scale: float,
    domain: Domain | None = None,
) -> Problem:  # fmt: skip
    """The problem of :func:`least_squares`, in its precision; raises its errors but those of the solver."""
    for option, value, choices in (("basis", basis, BASES), ("dtype", dtype, ("float32", "float64"))):
        if value not in choices:
            raise InputError(option, value, "it must be one of " + ", ".join(choices))
    x_given, y_given = checked_samples(x, y, plane=True)
    precision = np.dtype(dtype)
    functions = functions_for(basis, x_given, knots, domain, precision, power=power, scale=scale)
    with np.errstate(over="ignore"):
        x_used, y_used = x_given.astype(precision), y_given.astype(precision)
    if not np.isfinite(y_used).all():
        largest = float(np.abs(y_given).max())
        raise InputError("dtype", dtype, f"it has no place for a value of {largest:.3g}; take float64")
    if (x_used < functions.low).any() or (x_used > functions.high).any():
        ends = (functions.low, functions.high, x_used.min(axis=0), x_used.max(axis=0))
        low, high, least, most = (", ".join(f"{place:g}" for place in np.atleast_1d(end)) for end in ends)
        allowed = f"they must cover the samples, which run from {least} to {most}"
        raise InputError("knots", f"{low} to {high}", allowed)
    return Problem(basis, power, functions, x_used, y_used, y_given)


def cut_off_of(rcond: float | None, precision: np.dtype[np.floating]) -> float:
    """The relative cut-off: the precision's ε unless given."""
    return float(np.finfo(precision).eps) if rcond is None else rcond


def check_choices(solver: str, rcond: float | None, ridge: float | None) -> float:
    """The ridge, after each choice was found to be allowed and to have a meaning for the solver."""
    if solver not in SOLVERS:
        raise InputError("solver", solver, "it must be one of " + ", ".join(SOLVERS))
    way = SOLVERS[solver]
    if rcond is not None and not way.cut_off:
        having = ", ".join(name for name, each in SOLVERS.items() if each.cut_off)
        raise InputError("rcond", rcond, f"only {having} have a cut-off, {solver} has none")
    if rcond is not None and not 0 <= rcond < 1:
        raise InputError("rcond", rcond, "it must be at least 0 and below 1")
    if ridge is not None and way.ridge is None:
        having = ", ".join(name for name, each in SOLVERS.items() if each.ridge is not None)
        raise InputError("ridge", ridge, f"only {having} take a ridge, {solver} does not")
    if ridge is None:
        ridge = way.ridge or 0.0
    if not (ridge >= 0 and math.isfinite(ridge)):
        raise InputError("ridge", ridge, "it must be a number, at least 0")
    return float(ridge)


def _expected_seconds(way: Solver, matrix: Floats, y: Floats, cut_off: float, ridge: float) -> float:
    """By a solve on a few of the columns: the time grows with the square of their number."""
    count = matrix.shape[1]
    few = np.linspace(0, count - 1, min(count, TRIED)).astype(np.intp)
    start = time.perf_counter()
    way.solve(matrix[:, few], y, cut_off, ridge)
    return float((time.perf_counter() - start) * (count / len(few)) ** 2)


def check_memory(samples: int, n: int, precision: np.dtype[np.floating]) -> None:
    """Refuse what would not fit: the design matrix, the copy LAPACK overwrites, and three n × n matrices."""
    needed = precision.itemsize * (2 * samples * n + 3 * n * n)
    available = psutil.virtual_memory().available
    if needed > available:
        raise InputError(
            "knots", n,
            f"a dense solver would need {needed / 2**30:.1f} GiB on {samples} samples and {available / 2**30:.1f} GiB "
            "are free; take fewer knots or samples, or the solver hat",
        )  # fmt: skip
