"""Least squares and Gram spectra: ours beside SciPy's, NumPy's and scikit-fem's own, as ratios, in one run.

Each is left out where it would take minutes: dense solvers beyond 500 knots; SciPy's spline, whose time grows with
samples times knots, beyond 2000 (at 100,000 knots it took 86 s where ours took 0.06).

"scikit-fem" is what its examples do with as many elements: its mass matrix, a load integrated by quadrature in each
element, and its sparse ``solve``. That is another problem of the same size, given the function and not samples: its own
way to hats at scattered points compares each point with every element.

    python benchmarks/least_squares.py

Prints seconds (the best of a few), the ratio to the first line of each table, and how far the mean squared errors or
the hundredth eigenvalues are apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np
import scipy.linalg
import scipy.sparse
import skfem
from scipy.interpolate import make_lsq_spline
from scipy.sparse.linalg import eigsh, spsolve
from skfem.models.poisson import mass

from nnexpr.linear.relu_gram import ReluGram
from nnexpr.linear.solvers import least_squares
from nnexpr.linear.spectrum import spectrum
from nnexpr.linear.triangles import Grid

REPEATS = 3
DENSE = ("qr", "svd", "gram", "normal")
MODE = 99  # the eigenvalue that is compared


def best_of(work: Callable[[], float]) -> tuple[float, float]:
    """(seconds, the number found), the fastest of a few runs."""
    runs = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = work()
        runs.append((time.perf_counter() - start, found))
    return min(runs)


def table(title: str, ways: Mapping[str, Callable[[], float]], what: str) -> None:
    """One line a way; the first is what the others are compared with."""
    print(f"\n{title}")
    seconds, expected = best_of(next(iter(ways.values())))
    for name, work in ways.items():
        taken, found = best_of(work)
        apart = f"{found / expected - 1:+.0e}"
        print(f"  {name:34s}{taken:10.4f} s{taken / seconds:10.2f} ×   {what} {found:.4e} ({apart})")


def spline(x: np.ndarray, y: np.ndarray, knots: np.ndarray) -> float:
    """SciPy's least-squares B-spline of degree 1 on the same knots."""
    fitted = make_lsq_spline(x, y, np.concatenate([knots[:1], knots, knots[-1:]]), k=1)
    return float(np.mean((fitted(x) - y) ** 2))


def projected_line(x: np.ndarray, y: np.ndarray, knots: np.ndarray) -> float:
    """The function itself onto scikit-fem's elements in L2; how far it is from the samples."""
    functions = skfem.Basis(skfem.MeshLine(knots), skfem.ElementLineP1())
    load = skfem.LinearForm(lambda v, w: np.arctan(25 * w.x[0]) * v).assemble(functions)
    values = skfem.solve(mass.assemble(functions), load)
    return float(np.mean((np.interp(x, knots, values) - y) ** 2))


def by_hand(x: np.ndarray, y: np.ndarray, knots: np.ndarray, driver: str) -> float:
    """The dense ReLU matrix as people write it, and SciPy's ``lstsq``."""
    matrix = np.column_stack([np.ones(len(x)), np.maximum(x[:, None] - knots[:-1], 0)])
    coefficients = scipy.linalg.lstsq(matrix, y, lapack_driver=driver)[0]
    return float(np.mean((matrix @ coefficients - y) ** 2))


def fits(n: int, samples: int) -> None:
    """Of n uniform knots."""
    x = np.linspace(-1, 1, samples)
    y, knots = np.arctan(25 * x), np.linspace(-1, 1, n)
    ways: dict[str, Callable[[], float]] = {
        "nnexpr, O(n), hats": lambda: least_squares(x, y, knots).mse,
        "nnexpr, O(n), ReLUs": lambda: least_squares(x, y, knots, basis="relu").mse,
    }
    ways["scikit-fem, L2 projection"] = lambda: projected_line(x, y, knots)
    if n <= 2000:
        ways["SciPy make_lsq_spline"] = lambda: spline(x, y, knots)
    if n <= 500:
        for solver in DENSE:
            ways[f"nnexpr, dense {solver}, ReLUs"] = lambda solver=solver: (
                least_squares(x, y, knots, basis="relu", solver=solver).mse
            )
        for driver in ("gelsy", "gelsd"):
            ways[f"SciPy lstsq, {driver}, ReLUs"] = lambda driver=driver: by_hand(x, y, knots, driver)
    table(f"{n:,} knots, {samples:,} samples of arctan(25x)", ways, "mse")


def wave(x: np.ndarray) -> np.ndarray:
    """Of two inputs, the first axis: sin(3 x_1 x_2)."""
    return np.sin(3 * x[0] * x[1])


def at_nodes(coefficients: np.ndarray) -> float:
    """The root mean square of the values at the nodes."""
    return float(np.sqrt(np.mean(coefficients**2)))


def projected(side: int) -> float:
    """The function itself onto scikit-fem's triangles of [−1, 1]² in L2."""
    axis = np.linspace(-1, 1, side)
    functions = skfem.Basis(skfem.MeshTri.init_tensor(axis, axis), skfem.ElementTriP1())
    load = skfem.LinearForm(lambda v, w: wave(w.x) * v).assemble(functions)
    return at_nodes(skfem.solve(mass.assemble(functions), load))


def by_sparse_hand(x: np.ndarray, y: np.ndarray, side: int) -> float:
    """SciPy's sparse solver of the normal equations of our hats."""
    axis = np.linspace(-1, 1, side)
    matrix = Grid(axis, axis).hats(x).matrix
    return at_nodes(spsolve((matrix.T @ matrix).tocsc(), matrix.T @ y))


def by_dense_hand(x: np.ndarray, y: np.ndarray, side: int) -> float:
    """The dense matrix of the same hats, and SciPy's ``lstsq``."""
    axis = np.linspace(-1, 1, side)
    matrix = Grid(axis, axis).hats(x).matrix.toarray()
    return at_nodes(scipy.linalg.lstsq(matrix, y, lapack_driver="gelsy")[0])


def triangles(side: int, samples: int) -> None:
    """Of a grid of side × side nodes, from samples drawn anywhere."""
    x = np.random.default_rng(0).uniform(-1, 1, (samples, 2))
    y, domain = wave(x.T), (-1.0, 1.0)
    ways: dict[str, Callable[[], float]] = {
        "nnexpr, hats on triangles": lambda: at_nodes(
            least_squares(x, y, side * side, domain=domain).coefficients
        ),
        "SciPy spsolve, the same hats": lambda: by_sparse_hand(x, y, side),
        "scikit-fem, L2 projection": lambda: projected(side),
    }
    if side <= 20:
        ways["SciPy lstsq gelsy, the same hats"] = lambda: by_dense_hand(x, y, side)
    table(f"{side * side:,} nodes in the plane, {samples:,} samples of sin(3 x_1 x_2)", ways, "rms")


def middles(n: int) -> np.ndarray:
    """Of n equal cells of [−1, 1]."""
    return -1 + (np.arange(n) + 0.5) * 2 / n


def dense_spectrum(n: int) -> float:
    """The hundredth eigenvalue of h G by NumPy, the matrix by broadcasting."""
    b = middles(n)
    u, v = 1 - np.maximum.outer(b, b), 1 - np.minimum.outer(b, b)
    return float(np.linalg.eigh(u**2 * (3 * v - u) / 6)[0][-1 - MODE]) * 2 / n


def sparse_spectrum(n: int) -> float:
    """The same by SciPy's shift-and-invert of the banded pencil, factorised by SuperLU."""
    mesh = np.append(middles(n), 1.0)
    h = np.diff(mesh)
    slopes = scipy.sparse.diags_array([1 / h, -1 / h[1:]], offsets=[0, -1], shape=(n, n))
    change = scipy.sparse.diags_array([np.ones(n), -np.ones(n - 1)], offsets=[0, -1], shape=(n, n)) @ slopes
    diagonal = np.append((h[:-1] + h[1:]) / 3, h[-1] / 3)
    mass = scipy.sparse.diags_array([diagonal, h[1:] / 6, h[1:] / 6], offsets=[0, 1, -1], format="csc")
    found = eigsh((change.T @ change).tocsc(), k=MODE + 1, M=mass, sigma=0.0, which="LM")[0]
    return float(1 / found.max()) * 2 / n


def spectra(n: int) -> None:
    """A hundred modes of n ReLUs."""
    ways: dict[str, Callable[[], float]] = {}
    if n <= 2000:
        ways["nnexpr, all modes, condition"] = lambda: float(spectrum(knots=n).eigenvalues[MODE])
        ways["NumPy eigh"] = lambda: dense_spectrum(n)
    ways["nnexpr, O(n), 100 modes"] = lambda: (
        float(ReluGram(middles(n), 1.0).leading(MODE + 1)[0][-1]) * 2 / n
    )
    ways["SciPy eigsh, banded pencil"] = lambda: sparse_spectrum(n)
    table(f"Gram spectrum of {n:,} ReLUs", ways, "λ_100")


if __name__ == "__main__":
    fits(100, 10_000)
    fits(500, 10_000)
    fits(2000, 20_000)
    fits(100_000, 400_000)
    triangles(20, 10_000)
    triangles(100, 100_000)
    triangles(100, 1_000_000)
    triangles(316, 1_000_000)
    spectra(300)
    spectra(1000)
    spectra(20_000)
