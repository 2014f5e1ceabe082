"""What the Spectrum screen draws of an answer: pure functions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.parts.lines import Line, clean
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row as table_row
from nnexpr_tui.spectrum.maps import Map
from nnexpr_tui.spectrum.moment import Answer, BasisRow, Curves, Maps, SpectrumMoment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nnexpr.linear.specification import LstsqSpecification

    Array = NDArray[np.float64]

__all__ = [
    "BASES_HELP", "EIGEN_HELP", "FIT_HELP", "FREQUENCIES_HELP", "MODE_HELP", "NUMBERS_HELP", "bases_lines",
    "eigen_chart", "eigen_title", "fit_drawing", "fit_title", "frequencies_chart", "frequencies_title",
    "mode_drawing", "mode_title", "number_lines", "status_items",
]  # fmt: skip

row = partial(table_row, width=12)
DTYPES = {"float64": "double", "float32": "single"}
BITS = {"float64": "64", "float32": "32"}
FARTHEST = 1e4  # below the least eigenvalue neither a cut-off nor rounding is drawn: it would press all others together

FIT_HELP = """\
The target at its samples and the least-squares fit in the chosen basis, with the chosen solver, cut-off and precision.
The marks under the canvas are the knots. e shows the error, fit minus target, in place of both.
Of two inputs there are maps: on the left the target, of which each pixel shows the sample nearest to it, on the right
the fit, on the target's scale; the error is blue where the fit is too low and orange where it is too high.
What a cut-off takes away first are the fast modes: the fit is a low-pass filter of the target. + and - move the cut-off
by a factor of ten, s changes the solver, p the precision, b the basis, [ ] { } the knots, a where they lie."""
EIGEN_HELP = """\
The eigenvalues of the basis' Gram matrix at the samples, largest first, both axes logarithmic: kept ones, those that
the cut-off takes away, and those that are no more than rounding in this precision. The level line is the cut-off, or
the ridge. qr and svd work with the design matrix A and cut at rcond² of the largest eigenvalue of AᵀA; gram and normal
compute AᵀA itself, in which all below ε of the largest is lost: that is half the digits.
Exact: the eigenvalues of the continuous kernel (of ReLUs those of a cantilever beam, falling like k⁻⁴), which evenly
spread knots and samples approach. The polynomials beside the units (the constant) move the points by a mode at most.
In the plane no exact ones are known; those of ReLU ridges fall like k to the power −5/2.
Of qr the rank is known but not which modes it is made of: as many of the largest are shown as kept."""
MODE_HELP = """\
An eigenmode u of the Gram matrix at the samples, of mean square 1: what a fit can be made of, in the order in which a
cut-off takes it away. Share: what the target has of it, of the sum of its squares.
Of two inputs it is a map, blue below 0 and orange above.
. and , draw the next mode and the one before, l the last one that is kept."""
FREQUENCIES_HELP = """\
The target, and the error that is left of it, in Fourier modes of the domain: mode k makes k turns over it. Where the
two curves meet nothing survives of that frequency; where the error is far below, it is represented.
A target that is not periodic on the domain has modes that fall off like 1/k however smooth it is.
Samples that are not evenly spaced are joined by straight lines first. Of two inputs mode (k₁, k₂) makes so many turns
over each side, and those whose |k| is nearest to a whole number are taken together, of samples on an even grid."""
NUMBERS_HELP = """\
Max error and mse (mean squared error): at the samples, in the target's own units. Rank: directions kept, of all there
are. Condition: of the matrix that is solved with (of the design matrix, not of AᵀA), in double precision.
Gradient: the largest component at the solution; at the minimiser 0 but for rounding, and where directions were dropped
what they would have gained.
Kept: the target's share in the modes that are kept."""
BASES_HELP = """\
The same target fitted on the same knots by every basis in double (64 bits) and single precision, with this solver (qr
where a basis does not have it), cut-off, ridge, power and scale. A star marks the least mean squared error. Errors are
in the target's own units, at the samples: of noisy data a smaller one may mean only that more noise is fitted."""


def fit_title(answer: Answer, *, residual: bool) -> str:
    """Of maps, which they are."""
    if not answer.is_plane:
        return "Fit"
    return "Fit − target" if residual else "Target, and its fit"


def fit_drawing(answer: Answer, *, residual: bool) -> ChartData | tuple[Map, ...]:
    """Target and fit, or the error."""
    if isinstance(answer.drawn, Maps):
        return _fit_maps(answer.drawn, residual=residual)
    return _fit_chart(answer, answer.drawn, residual=residual)


def _fit_chart(answer: Answer, curves: Curves, *, residual: bool) -> ChartData:
    """With the knots."""
    knots = Series(curves.knots, (), "knots", "warning", style="ticks")
    axes = Axis(label=clean(answer.names[0]), limits=answer.domain[0]), Axis(label=clean(answer.names[-1]))
    error = Series(*curves.error, "fit − target", "error")
    if residual:
        level = Series(answer.domain[0], (0.0, 0.0), "", "foreground")
        return ChartData((level, error, knots), *axes)
    if answer.is_data:
        known = Series(*curves.data, "data", "foreground", style="points")
    else:
        known = Series(*curves.data, "target", "foreground")
    return ChartData((known, Series(*curves.fit, "fit", "accent"), knots), *axes, facts=lambda: (error,))


def _fit_maps(maps: Maps, *, residual: bool) -> tuple[Map, ...]:
    from nnexpr_tui.charts.maps import value_limits

    if residual:
        return (_signed(maps.error),)
    limits = value_limits(maps.data)
    return Map(maps.data, limits), Map(maps.fit, limits)


def _signed(values: Array) -> Map:
    from nnexpr_tui.charts.maps import held_limit

    limit = held_limit(values, None)
    return Map(values, (-limit, limit), signed=True)


def eigen_title(answer: Answer) -> str:
    """What of them is kept."""
    eigen = answer.eigen
    return f"Gram eigenvalues: {count(eigen.kept)} of {count(len(eigen.values))} kept"


def eigen_chart(answer: Answer) -> ChartData:
    """Eigenvalues, the exact law and the cut-off, log-log."""
    import numpy as np

    eigen = answer.eigen
    modes = np.arange(1, len(eigen.values) + 1)
    kept = modes <= eigen.kept
    told = modes <= eigen.resolved
    near = eigen.values > eigen.values[max(eigen.resolved, 1) - 1] / FARTHEST
    series = []
    if eigen.exact is not None:
        series.append(Series(modes[: len(eigen.exact)], eigen.exact, "exact", "secondary"))
    if eigen.line is not None and eigen.line > eigen.values[near][-1] / FARTHEST:
        name = "ridge" if eigen.is_ridge else "cut-off"
        series.append(Series((1, max(len(modes), 2)), (eigen.line, eigen.line), name, "warning"))
    for name, which, color, marker in (
        ("rounding", ~told & near, "error", "x"),
        ("left out", told & ~kept, "foreground", "o"),
        ("kept", told & kept, "accent", "●"),
    ):
        if which.any():
            series.append(Series(modes[which], eigen.values[which], name, color, marker, style="points"))
    shown = Series(
        (eigen.number,), eigen.values[eigen.number - 1 : eigen.number], "drawn", "success", "◆", "points"
    )
    share = Series(modes, eigen.shares, "share of the target")
    return ChartData(
        (*series, shown),
        Axis(log=True, label="mode"),
        Axis(log=True, label="eigenvalue"),
        facts=lambda: (share,),
    )


def mode_title(answer: Answer) -> str:
    """Which it is, what the target has of it, and what becomes of it."""
    eigen = answer.eigen
    fate = (
        "rounding" if eigen.number > eigen.resolved else "kept" if eigen.number <= eigen.kept else "left out"
    )
    return f"Mode {count(eigen.number)}: share {number(float(eigen.shares[eigen.number - 1]), 2)}, {fate}"


def mode_drawing(answer: Answer) -> ChartData | tuple[Map, ...]:
    """The eigenmode over the domain."""
    if isinstance(answer.drawn, Maps):
        return (_signed(answer.drawn.mode),)
    series = Series(*answer.drawn.mode, "u", "success")
    return ChartData((series,), Axis(label=clean(answer.names[0]), limits=answer.domain[0]))


def frequencies_title(answer: Answer) -> str:
    """Where there are none, why."""
    if answer.is_plane and not len(answer.target_modes):
        return "No frequencies: too few samples on a grid"
    return "Frequencies"


def frequencies_chart(answer: Answer) -> ChartData:
    """Target and error by Fourier mode, log-log; mode 0, the mean, has no place there."""
    import numpy as np

    modes = np.arange(1, max(len(answer.target_modes), 1))
    series = (
        Series(modes, answer.target_modes[1:], "target", "foreground"),
        Series(modes, answer.error_modes[1:], "error", "error"),
    )
    label = "Fourier modes by |k|" if answer.is_plane else "Fourier mode"
    return ChartData(series, Axis(log=True, label=label), Axis(log=True, label="amplitude"))


def number_lines(answer: Answer) -> list[Line]:
    """The fit in numbers."""
    eigen = answer.eigen
    kept = float(eigen.shares[: min(eigen.kept, eigen.resolved)].sum())
    condition = "…" if answer.condition is None else condition_text(answer.condition)
    lines = [
        row("Max error", number(answer.max_error, 4), "accent"),
        row("mse", number(answer.mse, 4), "accent"),
        row("Rank", f"{_rank_text(answer.rank)} of {count(answer.size)}", "accent"),
        row("Condition", condition),
        row("Gradient", number(answer.gradient, 2)),
        row("Kept", f"{100 * kept:.5g} %"),
        row("Samples", count(answer.samples)),
        row("Target", clean(answer.target)),
    ]
    return [*lines, *(((clean(note), "label"),) for note in answer.notes)]


def condition_text(condition: float) -> str:
    """Infinite where there are more coefficients than samples; NaN where it is not told."""
    if condition != condition:
        return "n/a"
    return "infinite" if condition == float("inf") else number(condition, 2)


def _rank_text(rank: int | None) -> str:
    return "n/a" if rank is None else count(rank)


def status_items(moment: SpectrumMoment, specification: LstsqSpecification) -> list[tuple[str, str]]:
    """The line at the top: numbers first, then how they came about."""
    answer = moment.answer
    if answer is None:
        return []
    condition = "…" if answer.condition is None else condition_text(answer.condition)
    items = [
        ("max error", number(answer.max_error)),
        ("mse", number(answer.mse)),
        ("rank", f"{_rank_text(answer.rank)}/{count(answer.size)}"),
        (specification.basis, f"{answer.solver} {DTYPES[specification.dtype]}"),
    ]
    if specification.relevant("rcond"):
        items.append(("cut-off", "ε" if specification.rcond is None else f"{specification.rcond:.0e}"))
    if specification.relevant("ridge"):
        items.append(("ridge", "usual" if specification.ridge is None else f"{specification.ridge:.0e}"))
    return [*items, ("knots", count(specification.knots)), ("condition", condition)]


def bases_lines(
    answer: Answer, specification: LstsqSpecification, *, pointer: str
) -> tuple[Line, list[Line]]:
    """The head, and a line for each basis and precision; the best is marked, the chosen one has the pointer."""
    head = ((f"  {'basis':<9}{'bit':<3}{'max err':>8}{'mse':>9}{'rank':>6}{'cond':>9}", "label"),)
    known = [each.mse for each in answer.rows if each.mse is not None]
    least = min(known, default=None)
    return head, [_basis_line(each, least, specification, pointer) for each in answer.rows]


def _basis_line(each: BasisRow, least: float | None, specification: LstsqSpecification, pointer: str) -> Line:
    is_chosen = (each.basis, each.dtype) == (specification.basis, specification.dtype)
    is_best = least is not None and each.mse == least
    marks = (pointer if is_chosen else " ") + ("*" if is_best else " ")
    name = f"{marks}{each.basis[:8]:<9}{BITS[each.dtype]:<3}"
    style = "accent" if is_best else "value" if is_chosen else "label"
    if each.mse is None or each.max_error is None:
        return ((name, style), (clean(each.note), "error"))
    rank = "n/a" if each.rank is None else each.rank
    condition = "n/a" if each.condition is None else condition_text(each.condition)
    numbers = f"{number(each.max_error, 2):>8}{number(each.mse, 2):>9}{rank:>6}{condition:>9}"
    return ((name + numbers, style),)
