"""Folds: the triangle wave while it is folded, its counts, and the shallow fit beside it; pure functions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.folds.subject import FoldsMoment
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import row as table_row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = [
    "SHALLOW_HELP", "WAVE_HELP", "shallow_chart", "shallow_lines", "shallow_title", "wave_chart",
    "wave_lines", "wave_points", "wave_title",
]  # fmt: skip

row = partial(table_row, width=15)

MOST_SHOWN = 2048  # regions drawn of a whole wave: with more of them it fills the canvas just the same

WAVE_HELP = "\n".join(
    (
        "The triangle map T(x) = 2 relu(x) - 4 relu(x - 1/2) composed with itself. Each fold (+) stretches what "
        "is below 1/2 and folds down what is above it: the linear regions double, for one layer of two units. The "
        "marks under the canvas are the bends.",
        "Linear regions are counted exactly from the weights. Sampled says what the concept page's counter finds "
        "from 20,000 cells: it is right up to 5 folds and wrong from 6 on, because it counts a bend inside a cell "
        "twice and cannot see regions narrower than one.",
        "A wave too fine for the screen is shown by its leftmost regions, which all others repeat; w shows the "
        "whole of it. space folds from the first fold on.",
        "Telgarsky (2015): 2^k regions from k layers of constant width; a shallow network needs a width of about "
        "2^k.",
    )
)
SHALLOW_HELP = "\n".join(
    (
        "One hidden layer with n evenly spaced knots against the same wave: the least-squares fit by 1, x and "
        "relu(x - i/(n + 1)). It can bend at its knots (the marks under the canvas) and nowhere else, so it needs "
        "2^k - 1 of them. With far fewer it stays at the mean 1/2, and the error is 1/12, the variance of the "
        "wave. Knots that miss the bends fit badly even when there are enough: 64 knots against 63 for 6 folds.",
        "Error: the mean squared error of the exact fit, over 4096 samples, or integrated where those are too "
        "few. With ridge: with the concept page's penalty of 1e-6.",
        "[ and ] change the knots by one, { and } halve and double them, n takes as many as are needed, e shows "
        "fit minus wave.",
    )
)


def wave_points(depth: int, shown: int, share: float = 1.0) -> tuple[Array, Array]:
    """The corners of the wave's first ``shown`` regions, while the last fold is done to the share ``share``."""
    import numpy as np

    from nnexpr.splines.tent import composed, tent

    corners = np.linspace(0.0, shown * 0.5**depth, shown + 1)
    before = composed(depth - 1, corners)
    return corners, (1 - share) * before + share * tent(before)


def wave_chart(depth: int, shown: int, share: float = 1.0) -> ChartData:
    """The wave of ``depth`` folds over its first ``shown`` regions."""
    drawn = min(depth, MOST_SHOWN.bit_length() - 1) if shown == 2**depth else depth
    corners, heights = wave_points(drawn, min(shown, MOST_SHOWN), share)
    bends = corners[(corners > 0) & (corners < 1)]
    series = (
        Series(corners, heights, "wave", "accent"),
        Series(bends, (), "bends", "warning", style="ticks"),
    )
    return ChartData(series, Axis(label="x", limits=(0.0, float(corners[-1]))), Axis(limits=(0.0, 1.0)))


def wave_title(depth: int, shown: int, *, whole: bool) -> str:
    """What of the wave is seen."""
    regions = 2**depth
    if shown < regions:
        return f"First {count(shown)} of {count(regions)} regions"
    return f"Wave: {'all ' if whole else ''}{count(regions)} regions"


def wave_lines(answer: FoldsMoment) -> list[Line]:
    """What the wave is and costs."""
    wave = answer.wave
    regions, sampled = wave.linear_regions, wave.sampled_regions
    if sampled == regions:
        said = row("Sampled says", f"{count(sampled)} ok")
    else:
        said = row("Sampled says", f"{count(sampled)} wrong", "error")
    return [
        row("Folds", count(answer.question.depth), "accent"),
        row("Linear regions", count(regions), "accent"),
        row("Bends", count(regions - 1), "accent"),
        said,
        row("Units", f"{count(wave.units)}, 2 a fold"),
        row("Parameters", count(wave.parameters)),
    ]


def shallow_chart(answer: FoldsMoment, *, error: bool) -> ChartData:
    """The fit over the wave, or its error; with the knots."""
    question = answer.question
    knots = Series(answer.knots, (), "knots", "warning", style="ticks")
    x_axis = Axis(label="x", limits=(0.0, question.until))
    if error:
        return ChartData((Series(*answer.error, "fit − wave", "error"), knots), x_axis)
    wave = wave_chart(question.depth, question.shown).series[0]
    series = (
        Series(wave.x, wave.y, "wave", "foreground"),
        Series(*answer.fit, f"fit, {count(question.knots)} knots", "accent"),
        knots,
    )
    return ChartData(series, x_axis)


def shallow_title(answer: FoldsMoment, *, error: bool) -> str:
    """What the lower chart shows."""
    what = "error of " if error else ""
    return f"Shallow: {what}{count(answer.question.knots)} knots"


def shallow_lines(answer: FoldsMoment) -> list[Line]:
    """What the shallow fit is, how far off it is, and what it would need."""
    fit, needed = answer.shallow, answer.wave.knots_needed
    enough = fit.knots >= needed and fit.mse < 1e-12
    return [
        row("Knots", count(fit.knots), "accent"),
        row("Linear regions", count(fit.linear_regions), "accent"),
        row("Bends", count(fit.linear_regions - 1), "accent"),
        row("Error (mse)", number(fit.mse)),
        row("With ridge", number(fit.mse_ridge)),
        row("Knots needed", count(needed) + (" ok" if enough else "")),
        row("Features", count(fit.features)),
    ]
