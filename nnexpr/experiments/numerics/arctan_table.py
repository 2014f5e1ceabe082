"""Z9: Table 1, all 32 numbers beside the printed ones, and the cube of basis, solver, cut-off and precision behind it.

FEM rows are the O(n) solver's, NN rows the ReLU basis by the singular values of its design matrix with the precision's
ε for a cut-off; n nodes with both ends. 10,000 even samples give the FEM rows, 20,001 that of adaptive n = 1000, whose
shortest elements have no sample of 10,000. Of the cube each basis is factored once for its solvers and cut-offs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nnexpr.experiments.attempt import Attempt
from nnexpr.experiments.data import Claim, Result, Table
from nnexpr.experiments.judging import judged
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.solvers import LinearFit, least_squares
from nnexpr.specification import InputError

__all__ = ["PRINTED", "claims", "run"]

Array = NDArray[np.float64]
Cell = tuple[str, str, int, str]  # method, biases, knots, precision
Errors = tuple[float, float]  # largest, mean square

COLUMNS = tuple(product(("float32", "float64"), (100, 1000)))
PRINTED: dict[Cell, Errors] = {
    (method, biases, n, dtype): errors
    for (method, biases), row in {
        ("NN", "uniform"): ((6.09e-2, 9.58e-5), (7.19e-2, 1.43e-4), (1.37e-2, 1.70e-6), (1.05e-4, 1.33e-10)),
        ("FEM", "uniform"): (
            (1.37e-2, 1.70e-6),
            (1.05e-4, 1.33e-10),
            (1.37e-2, 1.70e-6),
            (1.05e-4, 1.33e-10),
        ),
        ("NN", "adaptive"): ((6.83e-2, 7.54e-5), (1.89e-2, 1.06e-5), (3.93e-3, 1.42e-6), (4.74e-5, 1.17e-10)),
        ("FEM", "adaptive"): (
            (2.92e-3, 9.95e-7),
            (3.79e-5, 1.02e-10),
            (2.92e-3, 9.95e-7),
            (3.77e-5, 1.02e-10),
        ),
    }.items()
    for (dtype, n), errors in zip(COLUMNS, row, strict=True)
}
METHODS = {"NN": ("relu", "svd"), "FEM": ("hat", "hat")}  # basis, solver
SAMPLES = {("adaptive", 1000): 20_001}  # else 10,000
WAYS = (  # solver, cut-off over ε of the precision (None: it takes none)
    *product(("qr", "svd", "gram"), (1.0, 100.0)), ("normal", None), ("hat", None),
)  # fmt: skip
CUBE = tuple(product(("uniform", "adaptive"), (100, 1000), ("relu", "hat"), ("float32", "float64")))
# Of the normal equations at least, and at most; between them the least power of ten that AᵀA needs.
RIDGE, MOST_RIDGE = {"float32": 1e-1, "float64": 1e-6}, 1e6


def run(attempt: Attempt) -> Result:
    """The table, then the cube; quick, of uniform n = 100."""
    cells = [cell for cell in PRINTED if not attempt.quick or cell[2] == 100]
    table = {cell: _errors(*cell) for cell in attempt.over(cells, str, end=0.5)}
    sides = [side for side in CUBE if not attempt.quick or side[:2] == ("uniform", 100)]
    cube = [(*side, *row) for side in attempt.over(sides, str, begin=0.5) for row in _ways(*side)]
    rows = [
        (*cell, errors[0], PRINTED[cell][0], errors[1], PRINTED[cell][1]) for cell, errors in table.items()
    ]
    names = ("method", "biases", "n", "precision", "MAX", "MAX printed", "MSE", "MSE printed")
    behind = ("biases", "n", "basis", "precision", "solver", "cut-off / ε", "ridge", "MAX", "MSE", "rank")
    tables = Table("Table 1", names, rows), Table("What decides it", behind, cube)
    lost = {
        (basis, solver, cut, dtype): mse
        for biases, n, basis, dtype, solver, cut, _, _, mse, _ in cube
        if (biases, n) == ("uniform", 100)
    }
    return Result(tables, (), claims(table, lost))


def _knots(biases: str, n: int) -> Array:
    """Uniform, or with f evenly spaced at them: F(b_i) = (i − 1)/(n − 1) has this closed form."""
    if biases == "uniform":
        return np.linspace(-1, 1, n)
    knots = np.tan(np.linspace(-np.arctan(25), np.arctan(25), n)) / 25
    knots[[0, -1]] = -1, 1
    return knots


def _errors(method: str, biases: str, n: int, dtype: str) -> Errors:
    x = np.linspace(-1, 1, SAMPLES.get((biases, n), 10_000))
    basis, solver = METHODS[method]
    fit = least_squares(x, np.arctan(25 * x), _knots(biases, n), basis=basis, solver=solver, dtype=dtype)
    return fit.max_error, fit.mse


def _ways(
    biases: str, n: int, basis: str, dtype: str
) -> Iterator[tuple[str, float | None, float, float, float, int]]:
    """By each solver and cut-off: these, the ridge, the largest error, the mean square and the rank."""
    x = np.linspace(-1, 1, SAMPLES.get((biases, n), 10_000))
    design = FactoredDesign(x, np.arctan(25 * x), _knots(biases, n), basis=basis, dtype=dtype)
    for solver, cut in WAYS:
        rcond = None if cut is None else cut * float(np.finfo(dtype).eps)
        fit = _ridged(design, RIDGE[dtype]) if solver == "normal" else design.fit(solver, rcond=rcond)
        assert fit.rank is not None  # noqa: S101 - it is told on the line
        yield solver, cut, fit.ridge, fit.max_error, fit.mse, fit.rank


def _ridged(design: FactoredDesign, ridge: float) -> LinearFit:
    """By the normal equations, with a ridge that they can be factored with."""
    while True:
        try:
            return design.fit("normal", ridge=ridge)
        except InputError:
            if ridge >= MOST_RIDGE:
                raise
            ridge *= 10


def claims(
    table: Mapping[Cell, Errors], cube: Mapping[tuple[str, str, float | None, str], float]
) -> list[Claim]:
    """From the errors of the cells there are, and the mean squares of the cube."""
    apart = {
        cell: max(abs(found / printed - 1) for found, printed in zip(errors, PRINTED[cell], strict=True))
        for cell, errors in table.items()
    }
    fem = max(worst for cell, worst in apart.items() if cell[0] == "FEM")
    double = [
        ratio
        for cell, errors in table.items()
        if cell[0] == "NN" and cell[3] == "float64"
        for ratio in np.divide(errors, PRINTED[cell])
    ]
    truncated = cube["relu", "gram", 1.0, "float32"] / cube["hat", "hat", None, "float32"]
    whole = cube["relu", "svd", 1.0, "float32"] / cube["hat", "hat", None, "float32"]
    return [
        judged(
            "Z9", "Table 1: the errors of finite elements, both precisions", 0.0, fem, 0.02, fem <= 0.02,
            fails_if="a MAX or an MSE of a FEM row is more than 2 % from the printed one",
        ),
        judged(
            "Z9 float64", "Table 1: the ReLU basis in double precision", "within 2×",
            f"{min(double):.2f} to {max(double):.2f} of what is printed", "2×",
            bool(min(double) >= 0.5 and max(double) <= 2),
            fails_if="a MAX or an MSE of a NN row in float64 is not within a factor 2 of the printed one",
        ),
        judged(
            "Z9 float32", "In single precision the ReLU basis loses what finite elements keep, by the Gram matrix cut "
            "off at ε; by its design matrix it does not", "≥ 10 and ≤ 1.1 of the FEM mean square",
            f"{truncated:.3g} and {whole:.3g}", "", bool(truncated >= 10 and whole <= 1.1),
            fails_if="the cut-off Gram matrix loses less than ten times, or the design matrix more than 1.1",
        ),
    ]  # fmt: skip
