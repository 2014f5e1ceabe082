"""A least-squares question answered piece by piece: the fit first, then its condition, then every basis beside it.

Design matrices are factored once (``nnexpr.linear.factored``) and kept, so that another cut-off, ridge, solver or mode
costs what is kept of n modes. Imported on the engine's thread: it brings NumPy and torch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError

from nnexpr.linear.bases.base import FixedBasis, PiecewiseLinear
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.problem import Samples, choices_of, knots_of, samples_of
from nnexpr.linear.solvers import LinearFit, cut_off_of
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.specification import DTYPES, InputError
from nnexpr.training.modes import mode_amplitudes
from nnexpr_tui.spectrum.moment import Answer, BasisRow, Eigen, SpectrumQuestion

__all__ = ["Kept", "answers", "expected_seconds", "is_long"]

Array = NDArray[np.float64]

MOST_BYTES = 2**26  # of design matrices that are kept
MOST_POINTS = 2048  # of a curve: more than any terminal has dots across
MODE_POINTS = 401
LEAST_SAMPLES = 16  # of which Fourier modes are taken
EVEN_POINTS = 1025  # of the grid on which uneven samples are joined
LONG = 3e9  # operations: from about half a second on, a process of its own does it
COMPARED = 4e10  # beyond so many, other bases are not computed unasked
SPEED = 3e9  # operations a second, of one core


def operations(samples: int, n: int) -> float:
    """Of a QR factorisation and the singular values of a triangle."""
    return 2.0 * samples * n**2 + 22.0 * n**3


def is_long(specification: LstsqSpecification, samples: Samples) -> bool:
    """Whether it takes longer than the engine's thread may be busy."""
    return operations(len(samples.x), specification.knots) > LONG


def expected_seconds(specification: LstsqSpecification, samples: Samples) -> float:
    """About how long the first answer takes."""
    return operations(len(samples.x), specification.knots) / SPEED


class Kept:
    """Samples and designs of the last questions, the newest last, as many as ``MOST_BYTES`` hold, one at least."""

    def __init__(self) -> None:
        self._samples: tuple[Hashable, Samples] | None = None
        self._designs: OrderedDict[Hashable, FactoredDesign] = OrderedDict()

    def samples(self, specification: LstsqSpecification) -> Samples:
        """Those of its target; InputError where it has two inputs, or cannot be read."""
        names = ("target", "domain", "noise", "missing", "terms", "target_seed", "samples")
        key = tuple(getattr(specification, name) for name in names)
        if self._samples is None or self._samples[0] != key:
            samples = samples_of(specification)
            if samples.target.dimension > 1:
                raise InputError("target", samples.target.name, "it has two inputs; here knots lie on a line")
            self._samples = key, samples
            self._designs.clear()
        return self._samples[1]

    def design(self, specification: LstsqSpecification) -> FactoredDesign:
        """That of its basis on its knots, in its precision."""
        samples = self.samples(specification)
        given = {name: getattr(specification, name) for name in ("basis", "dtype", "power", "scale")}
        seed = specification.seed if specification.relevant("seed") else None
        key = (*given.values(), specification.knots, specification.biases, seed)
        found = self._designs.pop(key, None)
        if found is None:
            found = FactoredDesign(
                samples.x, samples.y, knots_of(specification, samples), domain=samples.domain, **given
            )
        self._designs[key] = found
        sizes = [_bytes(design) for design in self._designs.values()]
        while len(sizes) > 1 and sum(sizes) > MOST_BYTES:
            self._designs.popitem(last=False)
            sizes = sizes[1:]
        return found


def _bytes(design: FactoredDesign) -> int:
    """About: the matrix, R and the modes twice."""
    samples, n = len(design.problem.x), len(design.problem.functions.knots)
    return design.problem.precision.itemsize * n * (samples + 4 * n)


def answers(question: SpectrumQuestion, kept: Kept) -> Iterator[Answer | None]:
    """The answer as it grows; None after a piece of work that adds nothing yet. InputError where there is none."""
    specification = question.specification
    samples = kept.samples(specification)
    design = kept.design(specification)
    how = choices(specification, design)
    yield None
    if not SOLVERS[how["solver"]].squares:
        _ = design.triangle
        yield None
    _ = design.seen_by(how["solver"])
    yield None
    answer = _answer(question, samples, design, design.fit(**how))
    yield answer
    answer = replace(answer, condition=design.condition_of(how["solver"]))
    yield answer
    if operations(len(samples.x), specification.knots) > COMPARED:
        return
    for basis in BASES:
        for dtype in reversed(DTYPES):
            row = _row(specification.replace(basis=basis, dtype=dtype), kept)
            answer = replace(answer, rows=(*answer.rows, row))
            yield answer


def choices(specification: LstsqSpecification, design: FactoredDesign) -> dict[str, Any]:
    """Solver, cut-off and ridge; what the solver does not take is left out."""
    solver = choices_of(specification, design.problem.functions.knots.astype(np.float64))["solver"]
    told = specification.replace(solver=solver)
    return {"solver": solver} | {
        name: getattr(told, name) for name in ("rcond", "ridge") if told.relevant(name)
    }


def _row(specification: LstsqSpecification, kept: Kept) -> BasisRow:
    """With the same solver, or qr where the basis does not have it."""
    basis, dtype = specification.basis, specification.dtype
    try:
        design = kept.design(specification)
        solver = SOLVERS.get(specification.solver or "")
        if (
            solver is not None
            and not solver.dense
            and not isinstance(design.problem.functions, PiecewiseLinear)
        ):
            specification = specification.replace(solver=None)
        how = choices(specification, design)
        fit = design.fit(**how)
    except InputError as error:
        return BasisRow(basis, dtype, note=error.allowed)
    except (LinAlgError, MemoryError) as error:
        return BasisRow(basis, dtype, note=str(error) or "there was not enough memory")
    condition = design.condition_of(how["solver"])
    return BasisRow(basis, dtype, how["solver"], fit.max_error, fit.mse, fit.rank, condition)


def _answer(question: SpectrumQuestion, samples: Samples, design: FactoredDesign, fit: LinearFit) -> Answer:
    target = samples.target
    order = np.argsort(samples.x, kind="stable")
    x, y = samples.x[order], samples.y[order]
    values = fit.values.astype(np.float64)[order]
    target_modes, error_modes = (_amplitudes(x, each) for each in (y, values - y))
    return Answer(
        target=target.name, formula=target.formula, names=(target.input_names[0], target.value_name),
        notes=target.notes, is_data=target.function is None, domain=_interval(samples), samples=len(x),
        size=len(fit.coefficients), data=_thinned(x, y), fit=_drawn(fit, x, values), error=_thinned(x, values - y),
        knots=fit.knots[:: max(1, len(fit.knots) // MOST_POINTS)].astype(np.float64),
        is_splines=isinstance(fit.functions, PiecewiseLinear), solver=fit.solver,
        max_error=fit.max_error, mse=fit.mse, rank=_rank(fit), gradient=fit.gradient, condition=None,
        eigen=_eigen(question, samples, design, fit), target_modes=target_modes, error_modes=error_modes,
    )  # fmt: skip


def _drawn(fit: LinearFit, x: Array, values: Array) -> tuple[Array, Array]:
    """The fit at the samples; where those are few, in between too."""
    if len(x) >= MODE_POINTS:
        return _thinned(x, values)
    between = np.union1d(np.linspace(float(fit.functions.low), float(fit.functions.high), MODE_POINTS), x)
    return between, fit.predict(between)


def _amplitudes(x: Array, y: Array) -> Array:
    """Fourier amplitudes over the domain, of the straight lines between samples where these are not evenly spaced."""
    if len(x) < LEAST_SAMPLES or not x[-1] > x[0]:
        return np.zeros(0)
    steps = np.diff(x)
    if steps.max() - steps.min() > 1e-6 * (x[-1] - x[0]) / len(x):
        grid = np.linspace(x[0], x[-1], EVEN_POINTS)
        y = np.interp(grid, x, y)
    return mode_amplitudes(y)


def _eigen(question: SpectrumQuestion, samples: Samples, design: FactoredDesign, fit: LinearFit) -> Eigen:
    """In the units of the continuous kernel: σ² times the share of a sample times the cell of a knot."""
    specification, way = question.specification, SOLVERS[fit.solver]
    seen, functions = design.seen_by(fit.solver), cast("FixedBasis", design.problem.functions)
    values = seen.values.astype(np.float64)
    cells = functions.length / len(values) * functions.length / len(samples.x)
    line, whole = None, float(samples.y @ samples.y)
    if way.cut_off:
        cut_off = cut_off_of(fit.rcond, design.problem.precision)
        line = values[0] ** 2 * (cut_off if way.squares else cut_off**2) * cells
    elif way.squares and fit.ridge > 0:
        line = fit.ridge * cells
    number = min(max(question.mode, 1), len(values))
    x = np.linspace(float(functions.low), float(functions.high), MODE_POINTS)
    mode = design.mode(number, x.astype(design.problem.precision), fit.solver).astype(np.float64)
    return Eigen(
        values=values**2 * cells, kept=_rank(fit), resolved=seen.resolved, line=line, is_ridge=not way.cut_off,
        exact=_law(specification, samples, len(values)), shares=seen.shares.astype(np.float64) ** 2 / (whole or 1.0),
        number=number, mode=(x, mode),
    )  # fmt: skip


def _law(specification: LstsqSpecification, samples: Samples, modes: int) -> Array | None:
    """The kernel's own eigenvalues: of ReLUs whose knots and samples are evenly spread."""
    if specification.basis != "relu" or specification.biases != "uniform" or samples.target.function is None:
        return None
    low, high = _interval(samples)
    if specification.power == 1:
        return cantilever(modes, high - low)
    return relu_kernel(specification.power, min(modes, 100), high - low)


def _interval(samples: Samples) -> tuple[float, float]:
    return cast("tuple[float, float]", samples.domain)  # of one input


def _rank(fit: LinearFit) -> int:
    assert fit.rank is not None  # noqa: S101 - on a line it is always known
    return fit.rank


def _thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """The least and the greatest point of each of at most ``MOST_POINTS`` stretches; all points where they are few."""
    stretch = -(-len(x) // MOST_POINTS)
    if stretch <= 2:
        return x, y
    starts = np.arange(0, len(x), stretch)
    low, high = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    return np.repeat(x[starts], 2), np.stack([low, high], axis=1).ravel()
