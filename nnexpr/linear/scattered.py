"""Least squares by linear finite elements in the plane, from samples that lie anywhere in the grid.

With the sparse matrix A of the hats at the samples the normal equations AᵀA c = Aᵀ y have seven entries a row. A sparse
Cholesky-like factor (SuperLU without pivoting, minimum degree) is O(n^1.5); the step is repeated with the residual
y − Ac, which removes what squaring the matrix had cost, as on the line (``nnexpr.linear.hat``).

**Where the samples do not determine the function** (nodes without a sample, fewer samples than nodes, samples on a
line) the answer is, of all minimisers, the one of least energy ∫ |∇f|² = cᵀKc: harmonic across gaps. The factor is
then that of AᵀA + δK, with δ = ε^0.8 of its size, in two rounds of steps:

- *fit*: c ← c + (AᵀA + δK)⁻¹ Aᵀ(y − Ac), iterated Tikhonov, until the fitted values stand still;
- *smooth*: c ← c + z, where z makes the energy least among those with Az = 0. That is the augmented Lagrangian method
  (Bregman's): z ← z + (AᵀA + δK)⁻¹ (Aᵀ(u − Az) − δK(c + z)), u ← u − Az. At its end Aᵀu = δK(c + z): no change of c
  that leaves the fitted values alone has less energy.

The two are apart because the residual y − Ac need not be small: its rounding, over δ, would be what gaps are filled
with. In the second round everything is as small as δ, and each direction keeps its digits. Singular values of A above
about ε^0.4 of the largest halve their error at each step; much smaller ones count as open.

**Rank.** Samples in general position in a triangle determine its three values. The rank is the number of such nodes,
and of the rest that of the rows which tell them apart: at most two a triangle (its mean sample and, of collinear ones,
their direction), piece by piece of what hangs together. Pieces of more than PIECE nodes are not told: the rank is None.

**Certificate.** The gradient Aᵀ(Ac − y) + λc is 0 at a minimiser; its largest component is returned.

Sources: Å. Björck, *Numerical Methods for Least Squares Problems*, §2.9 and §4.5; W. Yin et al., SIAM J. Imaging Sci. 1
(2008) 143, for the equality of Bregman iteration and the augmented Lagrangian; X. Li, SuperLU.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, eigsh, splu

from nnexpr.linear.bases.base import Solution
from nnexpr.linear.triangles import Grid, TriangleHats
from nnexpr.specification import InputError
from nnexpr.splines.p1 import Floats

__all__ = ["hats_condition", "solve_scattered"]

ROUNDS = 40  # of steps at most; three to five are the rule
ROUNDING = 4  # ε of what a value is summed from, which is no movement
SLIGHT = 0.8  # the power of ε: from 0.6 to 0.85 the results are the same to their digits, with fewer rounds
COINCIDENT = 2.0**-20  # samples closer than this part of a triangle are one position
PIECE = 1500  # nodes whose rank is found by a dense matrix
PER_SAMPLE, PER_NODE = 200, 180  # bytes; the latter for each doubling of the nodes

Solve = Callable[[Floats], Floats]


def solve_scattered(grid: Grid, x: Floats, y: Floats, ridge: float) -> Solution:
    """Minimise Σ (f(x_k) − y_k)² + ridge ‖c‖² over f on the grid; c are its values at the nodes.

    ``x (samples, 2)`` within the grid and ``y (samples,)``, of one dtype with it, which is that of every sum.
    InputError where memory cannot hold the matrices.
    """
    _check_memory(len(x), grid.size)
    samples = grid.hats(x)
    kind = samples.weights.dtype.type
    matrix, back = samples.matrix, samples.transposed
    rank = _rank(samples) if ridge == 0 else grid.size
    normal = (back @ matrix + kind(ridge) * scipy.sparse.eye_array(grid.size, dtype=kind)).tocsc()

    def downhill(c: Floats) -> Floats:
        return np.asarray(back @ (y - matrix @ c) - kind(ridge) * c)

    values, sound = np.zeros(0, dtype=kind), False
    if rank == grid.size:
        values, sound = _solved(samples, y, downhill, _factor(normal))
    if not sound:
        energy = _scaled_energy(grid, normal)
        solve = _factor((normal + energy).tocsc())
        values, _ = _solved(samples, y, downhill, solve, patient=True)
        if ridge == 0:
            values = values + _smoothing(samples, values, energy, solve)
    return Solution(values, np.asarray(matrix @ values), rank, float(np.abs(downhill(values)).max()))


def _check_memory(samples: int, nodes: int) -> None:
    """As measured: the matrix of the hats and what it is made of, and the factor, whose fill grows by the logarithm."""
    needed = PER_SAMPLE * samples + PER_NODE * nodes * math.log2(nodes)
    available = psutil.virtual_memory().available
    if needed > available:
        raise InputError(
            "knots", nodes,
            f"hats on triangles would need {needed / 2**30:.1f} GiB with {samples} samples and "
            f"{available / 2**30:.1f} GiB are free; take fewer of either",
        )  # fmt: skip


def _factor(matrix: Any) -> Solve:
    """The solution by a factor of a sparse positive definite matrix; of what is singular anything may come out."""
    try:
        options = {"SymmetricMode": True}
        factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options=options)
    except RuntimeError:  # exactly singular
        return lambda right: np.full_like(right, np.nan)
    solve: Solve = factor.solve
    return solve


def _scaled_energy(grid: Grid, normal: Any) -> Any:
    """δK: as large as the part SLIGHT of the normal equations where there are samples."""
    energy, seen = grid.stiffness, normal.diagonal()
    share = seen.sum(dtype=np.float64) / energy.diagonal()[seen > 0].sum()
    return (energy * (np.finfo(seen.dtype).eps ** SLIGHT * share)).astype(seen.dtype)


def _solved(
    samples: TriangleHats, y: Floats, downhill: Solve, solve: Solve, *, patient: bool = False
) -> tuple[Floats, bool]:
    """Steps until none moves a fitted value by more than rounding, and whether that was reached.

    Where a step is not less than half of the last the factor is made of rounding, and one not ``patient`` gives up.
    """
    matrix, before = samples.matrix, math.inf
    values = np.zeros(samples.grid.size, dtype=y.dtype)
    for _ in range(ROUNDS):
        step = solve(downhill(values))
        values = values + step
        rounding = ROUNDING * np.finfo(y.dtype).eps * (np.abs(y) + matrix @ np.abs(values))
        if (np.abs(matrix @ step) <= rounding).all():
            return values, True
        size = float(np.abs(step).max())
        if not (patient or size < before / 2):
            break
        before = size
    return values, False


def _smoothing(samples: TriangleHats, values: Floats, energy: Any, solve: Solve) -> Floats:
    """The change z that takes the energy of ``values`` to its least and leaves the fitted values alone."""
    matrix, back = samples.matrix, samples.transposed
    z, u = np.zeros_like(values), np.zeros(matrix.shape[0], dtype=values.dtype)
    for _ in range(ROUNDS):
        step = solve(back @ (u - matrix @ z) - energy @ (values + z))
        z = z + step
        u = u - matrix @ z
        if np.abs(step).max() <= ROUNDING * np.finfo(z.dtype).eps * np.abs(values + z).max():
            break
    return z


def _rank(samples: TriangleHats) -> int | None:
    """The rank of the matrix of the hats; see above."""
    grid, count = samples.grid, len(samples.grid.triangles)
    held = np.bincount(samples.triangle, minlength=count)
    hats = samples.weights.astype(np.float64)

    def sums(terms: Floats) -> Floats:
        return np.asarray(np.bincount(samples.triangle, terms, count))

    mean = np.stack([sums(hat) for hat in hats.T], axis=1) / np.maximum(held, 1)[:, None]
    second, third = (hats - mean[samples.triangle])[:, 1:].T
    a, b, c = sums(second**2), sums(second * third), sums(third**2)
    along = a + c
    spread = along > COINCIDENT**2  # two positions, or more
    whole = spread & (a * c - b * b > (COINCIDENT * along) ** 2)  # three that are not on a line
    known = np.zeros(grid.size, dtype=bool)
    known[grid.triangles[whole]] = True
    if known.all():
        return grid.size
    # The longer column of the scatter is along the line of collinear samples; hats add up to 1, their changes to 0.
    line = np.where((a > c)[:, None], np.stack([-a - b, a, b], axis=1), np.stack([-b - c, b, c], axis=1))
    one, two = np.flatnonzero((held > 0) & ~whole), np.flatnonzero(spread & ~whole)
    rows = np.concatenate([mean[one], line[two] / along[two, None]])
    columns = grid.triangles[np.concatenate([one, two])]
    found = _rank_of_pieces(rows, columns, known)
    return None if found is None else int(known.sum()) + found


def _rank_of_pieces(rows: Floats, columns: NDArray[np.intp], known: NDArray[np.bool_]) -> int | None:
    """Of the sparse matrix with three entries a row, without the columns that are ``known``."""
    ends = np.arange(0, 3 * len(rows) + 1, 3)
    matrix = scipy.sparse.csr_array((rows.ravel(), columns.ravel(), ends), shape=(len(rows), len(known)))
    rest = matrix[:, np.flatnonzero(~known)].tocsr()
    blocks: Any = [[None, rest], [rest.T, None]]
    joined: Any = scipy.sparse.block_array(blocks)
    pieces, label = connected_components(joined, directed=False)
    sizes = np.bincount(label[len(rows) :], minlength=pieces)
    if sizes.max() > PIECE:
        return None
    order = np.argsort(label, kind="stable")
    rank = 0
    for members in np.split(order, np.cumsum(np.bincount(label))[:-1]):
        inside, nodes = members[members < len(rows)], members[members >= len(rows)] - len(rows)
        if len(inside) and len(nodes):
            rank += int(np.linalg.matrix_rank(rest[inside][:, nodes].toarray(), tol=COINCIDENT))
    return rank


def hats_condition(grid: Grid, x: Floats) -> float | None:
    """The 2-norm condition of the matrix of the hats, √(λ_max/λ_min) of AᵀA by Lanczos on it and on its inverse.

    inf where it is singular, None where that is not known.
    """
    samples = grid.hats(x)
    rank = _rank(samples)
    if rank is None or rank < grid.size:
        return None if rank is None else math.inf
    normal = (samples.transposed @ samples.matrix).tocsc().astype(np.float64)
    start = np.random.default_rng(0).normal(size=grid.size)
    inverse = LinearOperator(normal.shape, matvec=_factor(normal), dtype=np.float64)
    ends = [float(eigsh(each, k=1, which="LA", v0=start, tol=1e-9)[0][0]) for each in (normal, inverse)]
    product = ends[0] * ends[1]
    return math.sqrt(product) if product > 0 else math.inf
