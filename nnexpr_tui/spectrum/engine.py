"""A least-squares question answered piece by piece: the fit first, then its condition, then every basis beside it.

Design matrices are factored once (``nnexpr.linear.factored``) and kept, so that another cut-off, ridge, solver or mode
costs what is kept of n modes. Imported on the engine's thread: it brings NumPy and torch.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError

from nnexpr.linear.bases.base import PiecewiseLinear
from nnexpr.linear.basis import BASES, SOLVERS
from nnexpr.linear.continuous import cantilever, relu_kernel
from nnexpr.linear.factored import FactoredDesign
from nnexpr.linear.problem import Samples, choices_of, knots_of, samples_of
from nnexpr.linear.solvers import LinearFit, cut_off_of
from nnexpr.linear.specification import LstsqSpecification
from nnexpr.specification import DTYPES, InputError
from nnexpr_tui.spectrum.drawn import amplitudes, drawn, sides
from nnexpr_tui.spectrum.moment import Answer, BasisRow, Eigen, SpectrumQuestion

__all__ = ["Kept", "answers", "expected_seconds", "is_long"]

Array = NDArray[np.float64]

MOST_BYTES = 2**26  # of design matrices that are kept
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
        """Those of its target; InputError where it cannot be read."""
        names = ("target", "domain", "noise", "missing", "terms", "target_seed", "samples")
        key = tuple(getattr(specification, name) for name in names)
        if self._samples is None or self._samples[0] != key:
            self._samples = key, samples_of(specification)
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
    condition = design.condition_of(how["solver"])
    answer = replace(answer, condition=float("nan") if condition is None else condition)
    yield answer
    if operations(len(samples.x), specification.knots) > COMPARED:
        return
    for basis in (name for name, known in BASES.items() if known.plane or not answer.is_plane):
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
    target, eigen = samples.target, _eigen(question, samples, design, fit)
    values = fit.values.astype(np.float64)
    target_modes, error_modes = amplitudes(samples.x, samples.y, values - samples.y)
    return Answer(
        target=target.name, formula=target.formula, names=(*target.input_names, target.value_name),
        notes=target.notes, is_data=target.function is None, domain=sides(samples), samples=len(samples.x),
        size=len(fit.coefficients), drawn=drawn(samples, values, fit, partial(_mode, design, eigen.number, fit.solver)),
        is_splines=isinstance(fit.functions, PiecewiseLinear), solver=fit.solver,
        max_error=fit.max_error, mse=fit.mse, rank=fit.rank, gradient=fit.gradient, condition=None,
        eigen=eigen, target_modes=target_modes, error_modes=error_modes,
    )  # fmt: skip


def _mode(design: FactoredDesign, number: int, solver: str, x: Array) -> Array:
    return design.mode(number, x.astype(design.problem.precision), solver).astype(np.float64)


def _eigen(question: SpectrumQuestion, samples: Samples, design: FactoredDesign, fit: LinearFit) -> Eigen:
    """In the units of the continuous kernel: σ² times the share of a sample times the cell of a knot."""
    specification, way = question.specification, SOLVERS[fit.solver]
    seen, functions = design.seen_by(fit.solver), design.problem.functions
    values = seen.values.astype(np.float64)
    size = float(np.prod(np.asarray(functions.high, np.float64) - np.asarray(functions.low, np.float64)))
    cells = functions.measure / len(values) * size / len(samples.x)
    line, whole = None, float(samples.y @ samples.y)
    if way.cut_off:
        cut_off = cut_off_of(fit.rcond, design.problem.precision)
        line = values[0] ** 2 * (cut_off if way.squares else cut_off**2) * cells
    elif way.squares and fit.ridge > 0:
        line = fit.ridge * cells
    return Eigen(
        values=values**2 * cells, kept=seen.resolved if fit.rank is None else fit.rank, resolved=seen.resolved,
        line=line, is_ridge=not way.cut_off, exact=_law(specification, samples, len(values)),
        shares=seen.shares.astype(np.float64) ** 2 / (whole or 1.0), number=min(max(question.mode, 1), len(values)),
    )  # fmt: skip


def _law(specification: LstsqSpecification, samples: Samples, modes: int) -> Array | None:
    """The kernel's own eigenvalues: of ReLUs on a line whose knots and samples are evenly spread."""
    is_even = specification.biases == "uniform" and samples.target.function is not None
    if specification.basis != "relu" or not is_even or samples.target.dimension > 1:
        return None
    [(low, high)] = sides(samples)
    if specification.power == 1:
        return cantilever(modes, high - low)
    return relu_kernel(specification.power, min(modes, 100), high - low)
