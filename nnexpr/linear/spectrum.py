"""Gram spectra: the eigenvalues and eigenmodes of a basis, and what a target has of each mode.

Of n units ψ_i whose knots are spread over a domain of measure |V| the Gram matrix G_ij = ∫ ψ_i ψ_j, times h = |V|/n, is
the discretisation of the kernel (Kφ)(b) = ∫ φ(b′) ∫ ψ_b ψ_b′ dx db′ with a cell of the same size for each knot. Its
eigenvalues λ_k approach those of K. With (λ_k, g_k) the eigenpairs, g_k of length 1, the functions of x

    u_k = (h/λ_k)^{1/2} Σ_i g_ik ψ_i,    ∫ u_k u_l = δ_kl,

are what a fit can be made of, in the order in which a cut-off takes them away.

**Knots** lie in the middles of n cells of equal share (uniform: equal length; adaptive: equal variation of the
target), or are drawn. On both ends of the domain, as least squares has them, the last ReLU would vanish; in the middles
the discretisation is of second order. For hats and waves, which need the ends, the knots are those of least squares.

**In the plane** knots of ridges are lines, spread by the measure of those that meet the rectangle: |V| is that measure.
Of hats they are the nodes of a grid, and |V| is the area.

**How.** Up to DENSE units all eigenpairs, by LAPACK; ``resolved`` counts the eigenvalues above n ε λ_1, below which
they are rounding. Of ReLUs on the line eigenvalues are then taken as quotients and the condition from G⁻¹
(``relu_gram``), which resolve all of them; beyond DENSE units the leading ones by Lanczos, O(n) a step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from nnexpr.linear.bases.base import Functions
from nnexpr.linear.bases.relu import PowerOfRelu, Relu
from nnexpr.linear.basis import BASES
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.functions import Domain, rectangle_of
from nnexpr.linear.piecewise import check_knots
from nnexpr.linear.plane import check_sides
from nnexpr.linear.relu_gram import ReluGram
from nnexpr.placements import PLACEMENTS
from nnexpr.shown import Shown
from nnexpr.specification import InputError

__all__ = ["DENSE", "Spectrum", "spectrum"]

Array = NDArray[np.float64]

DENSE = 4000  # units up to which there are n × n matrices: 400 MB and about 10 s
SLOPE = (10, 100)  # the modes over which the decay is fitted
LIMIT = 200  # modes of the kernels of powers, beyond which rounding hides Gram matrices' own anyway
MOST = 1000  # modes by Lanczos
BLOCK = 4096  # points at which modes are evaluated at once


@dataclass(frozen=True, eq=False)
class Spectrum(Shown):
    """Eigenpairs of h G, largest first.

    ``eigenvalues (k,)``; ``vectors (units, k)``, columns g_k of length 1; ``cell``: h. ``condition``: of G; where it is
    not ``certified`` it is no more than 1/(n ε) and the true one may be larger. ``exact``: the leading
    eigenvalues of the continuous kernel, where they are known. ``gram_error``: a bound of the error in the entries of G
    beyond rounding.
    """

    basis: str
    functions: Functions
    cell: float
    eigenvalues: Array
    vectors: Array
    resolved: int
    condition: float
    certified: bool
    exact: Array | None
    gram_error: float

    def __repr__(self) -> str:
        slope = "" if self.slope is None else f" falling like k^{self.slope:.2f}"
        what = f"{self.basis}, {len(self.vectors):,} units"
        return f"<Spectrum: {what}, eigenvalues from {self.eigenvalues[0]:.3g} on{slope}>"

    @property
    def slope_modes(self) -> tuple[int, int]:
        """The first and the last mode of the fit of ``slope``: 10 and 100, or fewer where there are fewer."""
        last = min(SLOPE[1], self.resolved)
        return (SLOPE[0] if last >= 2 * SLOPE[0] else 1), last

    @property
    def slope(self) -> float | None:
        """s of the least-squares line ln λ_k = s ln k + c over those modes; None for fewer than two."""
        first, last = self.slope_modes
        if last <= first:
            return None
        modes = np.arange(first, last + 1)
        return float(np.polyfit(np.log(modes), np.log(self.eigenvalues[first - 1 : last]), 1)[0])

    def modes(self, x: ArrayLike, count: int | None = None) -> Array:
        """The first u_k at x ``(points,)``, in the plane ``(points, 2)``: ``(points, count)``; at most the resolved."""
        points = np.asarray(x, dtype=np.float64)
        kept = min(count or self.resolved, self.resolved)
        mixed = self.vectors[:, :kept] * np.sqrt(self.cell / self.eigenvalues[:kept])
        if isinstance(self.functions, PowerOfRelu):
            # The units of a mode alternate in sign and cancel: their sum is taken as a function is evaluated.
            no_polynomial = np.zeros((self.functions.power, kept))
            columns = np.concatenate([no_polynomial, mixed]).T
            return np.stack([self.functions.evaluate(column, points) for column in columns], axis=1)
        blocks = [
            self.functions.units(points[at : at + BLOCK]) @ mixed for at in range(0, len(points), BLOCK)
        ]
        return np.concatenate(blocks)

    def shares(self, x: ArrayLike, y: ArrayLike, count: int | None = None) -> Array:
        """What each mode captures of y, beyond the polynomials that stand beside the units: ``(count,)``.

        Polynomials and modes are orthonormalised at the samples, in this order; a share is the square of a projection
        over Σ y² less what the polynomials have of it. The samples stand for the integral, evenly spread. The shares of
        all modes add up to 1 where the basis spans y.
        """
        points, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        polynomials = self.functions.polynomials(points)
        columns, beside = (
            np.concatenate([polynomials, self.modes(points, count)], axis=1),
            polynomials.shape[1],
        )
        squares = (np.linalg.qr(columns)[0].T @ values) ** 2
        whole = float(values @ values)
        left = whole - float(squares[:beside].sum())
        rounding = len(values) * np.finfo(np.float64).eps * whole  # all that is left of a polynomial
        return squares[beside:] / left if left > rounding else np.zeros(len(squares) - beside)


def spectrum(
    basis: str = "relu",
    *,
    knots: int | ArrayLike = 1000,
    biases: str = "uniform",
    power: int = 1,
    scale: float = 10.0,
    dimension: int = 1,
    domain: Domain = (-1.0, 1.0),
    samples: tuple[ArrayLike, ArrayLike] | None = None,
    modes: int | None = None,
    seed: int = 0,
) -> Spectrum:
    """The Gram spectrum of a basis; see :class:`Spectrum`.

    ``knots``: how many, placed by ``biases``, or where. ``power``: of the ReLUs; ``scale``: of tanh and Gaussians.
    ``dimension`` 2: ridges along lines ``(n, 3)``, evenly spread or drawn, or hats on the nodes ``(n, 2)`` of a grid;
    ``domain`` is then a rectangle, or one interval for both inputs. ``samples (x, y)`` of a target, for adaptive knots.
    ``modes``: how many are wanted at least, which beyond 4000 ReLUs costs: at most 1000, 100 unless given; up to there
    all are found.

    Raises :class:`InputError` for anything else.
    """
    _check_choices(basis, power, scale, dimension, modes)
    generator = np.random.default_rng(seed)
    options = {"power": power, "scale": scale}
    if dimension == 2:
        return _dense(basis, _in_the_plane(basis, knots, biases, domain, generator, options))
    interval = cast("tuple[float, float]", domain)
    known, placed = BASES[basis], not isinstance(knots, (int, np.integer))
    ends_too = known.on(np.array(interval), interval, **options).spans_by_ends
    if placed:
        at = check_knots(knots, np.dtype(np.float64)).astype(np.float64)
        if at[0] < interval[0] or at[-1] > interval[1]:
            raise InputError(
                "knots", f"{at[0]:g} to {at[-1]:g}", f"they must lie in {interval[0]:g} to {interval[1]:g}"
            )
    else:
        at = _cells(int(np.asarray(knots)), biases, interval, samples, generator, ends_too)
    functions = known.on(at, interval, **options)
    exact = None
    found = _of_relus(functions, modes) if isinstance(functions, Relu) else _dense(basis, functions)
    if not placed and biases in ("uniform", "random") and isinstance(functions, PowerOfRelu):
        exact = _limit(functions.power, len(found.eigenvalues), functions.length)
    return replace(found, exact=exact)


def _check_choices(basis: str, power: int, scale: float, dimension: int, modes: int | None) -> None:
    if basis not in BASES:
        raise InputError("basis", basis, "it must be one of " + ", ".join(BASES))
    if not (isinstance(power, int) and power >= 1):
        raise InputError("power", power, "it must be a whole number, at least 1")
    if not 0 < scale <= 150:
        raise InputError("scale", scale, "it must be a number, above 0 and at most 150")
    if dimension not in (1, 2):
        raise InputError("dimension", dimension, "it must be 1 or 2")
    if modes is not None and not 1 <= modes <= MOST:
        raise InputError("modes", modes, f"it must be a whole number, at least 1 and at most {MOST}")


def _cells(
    n: int, biases: str, domain: tuple[float, float], samples: tuple[ArrayLike, ArrayLike] | None,
    generator: np.random.Generator, ends_too: bool,
) -> Array:  # fmt: skip
    """The knots: the middles of n cells of equal share, n draws, or n with both ends."""
    if biases not in PLACEMENTS:
        raise InputError("biases", biases, "it must be one of " + ", ".join(PLACEMENTS))
    placement = PLACEMENTS[biases]
    if n < 2:
        raise InputError("knots", n, "at least 2 are needed")
    if ends_too:
        return placement.place(n, domain, samples, generator)
    if placement.is_drawn:
        return placement.place(n + 2, domain, samples, generator)[1:-1]
    return placement.place(2 * n + 1, domain, samples, generator)[1::2]


def _of_relus(functions: Relu, modes: int | None) -> Spectrum:
    """Of ReLUs on the line: every eigenvalue with its digits, beyond DENSE of them the leading ones."""
    structured = ReluGram(functions.bends.astype(np.float64), float(functions.high))
    n = structured.size
    if n > DENSE:
        raw, vectors = structured.leading(max(modes or 0, SLOPE[1]))
    else:
        vectors = _eigenpairs(functions.gram()[0])[1]
        raw = structured.quotients(vectors)
    cell = functions.length / n
    condition = float(raw[0]) / structured.smallest
    return Spectrum("relu", functions, cell, raw * cell, vectors, len(raw), condition, True, None, 0.0)


def _dense(basis: str, functions: Functions) -> Spectrum:
    """By all eigenpairs of the matrix."""
    n = functions.units(functions.knots[:1]).shape[1] if functions.dimension == 1 else len(functions.knots)
    if n > DENSE:
        allowed = f"at most {DENSE}: only ReLUs on a line have a Gram matrix that is inverted in linear time"
        raise InputError("knots", n, allowed)
    gram, error = functions.gram()
    raw, vectors = _eigenpairs(gram)
    cell = functions.measure / n
    return Spectrum(basis, functions, cell, raw * cell, vectors, *_told_apart(raw, n), None, error)


def _limit(power: int, modes: int, length: float) -> Array:
    """The spectrum of the kernel: for powers beyond 1 its first LIMIT modes, which takes cubic time."""
    return cantilever(modes, length) if power == 1 else relu_kernel(power, min(modes, LIMIT), length)


def _in_the_plane(
    basis: str, knots: int | ArrayLike, biases: str, domain: Domain, generator: np.random.Generator,
    options: dict[str, Any],
) -> Functions:  # fmt: skip
    kind, rectangle = BASES[basis].in_the_plane, rectangle_of(domain)
    check_sides(*rectangle)
    if isinstance(knots, (int, np.integer)):
        if knots > DENSE:
            raise InputError("knots", knots, f"in two dimensions at most {DENSE}")
        knots = kind.placed(int(knots), rectangle, biases, generator, ends=False)
    return BASES[basis].on_plane(kind.checked(knots, np.dtype(np.float64)), rectangle, **options)


def _eigenpairs(gram: Array) -> tuple[Array, Array]:
    values, vectors = scipy.linalg.eigh(gram, driver="evd", check_finite=False, overwrite_a=True)
    return values[::-1], vectors[:, ::-1]


def _told_apart(eigenvalues: Array, n: int) -> tuple[int, float, bool]:
    """How many eigenvalues are above rounding, the condition, and whether all are."""
    least = n * np.finfo(np.float64).eps * eigenvalues[0]
    resolved = int((eigenvalues > least).sum())
    return resolved, float(eigenvalues[0] / max(eigenvalues[-1], least)), resolved == n
