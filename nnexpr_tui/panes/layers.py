"""Layers: a compositional network opened layer by layer, with its peaks and scales; pure functions."""

from __future__ import annotations

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.compositions import Layered
from nnexpr_tui.panes.lines import Line
from nnexpr_tui.panes.numbers import count, number
from nnexpr_tui.panes.table import row

__all__ = [
    "PEAKS_HELP",
    "SUM_HELP",
    "UNITS_HELP",
    "peak_lines",
    "sum_chart",
    "sum_lines",
    "units_chart",
    "units_title",
]

SUM_HELP = "\n".join(
    (
        "A compositional network: hidden layers of four units (t1, t2, sum, bias) that fold [0, 1] into 2^L "
        "linear regions for any peaks. Its output is F(x) = x - Σ s W(x), where the W of a layer is the triangle "
        "with that layer's peak of the W before it. The unit sum of the opened layer carries x minus the waves of "
        "the layers before it.",
        "With all peaks at 1/2 the scales s are 1/4, 1/16, … and F is within 4^-(L+1) of x². e shows F - x².",
        "Linear regions are counted exactly, in whole numbers. Float64 says what is counted from the network's "
        "rounded weights: with peaks far from 1/2 its smallest regions are below the rounding.",
        "Slope gap: the greatest change of slope at a bend. Under Theorem 3.4 it goes to 0 with more layers, so "
        "the limit is differentiable.",
        "Source: A trainable manifold for accurate approximation with ReLU networks, section 3.",
    )
)
UNITS_HELP = "\n".join(
    (
        "The opened layer's own units over the input. t1 carries the wave of the layer before; t2 the same, less "
        "the peak and cut off at 0, so that t1/a - t2/(a - a²) is the next wave. Both shrink from layer to layer "
        "by the ratios of the scales: that is how the network scales its waves without small weights.",
        "← and → open the layer before and the next one, space opens them all in turn. Pieces too fine for the "
        "screen are shown by the leftmost ones; w shows all.",
    )
)
PEAKS_HELP = "\n".join(
    (
        "Each layer's peak a and scale s. The scales follow the peaks by Theorem 3.4: the next scale is s (1 - b) "
        "c, where b and c are the peaks of the next two layers; the first is the product of the first two peaks.",
        "← and → choose a layer; ↑ and ↓ move its peak by 0.01, page up and page down by 0.05, from 0.02 to 0.98; "
        "r puts all peaks back to 1/2.",
    )
)


def sum_chart(answer: Layered, opened: int, *, error: bool) -> ChartData:
    """The network's output with the sum that enters the opened layer, and x²; or the output's error against x²."""
    x_axis = Axis(label="x", limits=(0.0, 1.0))
    if error:
        return ChartData((Series(*answer.error, "F − x²", "error"),), x_axis)
    curve = [i / 128 for i in range(129)]
    series = (
        Series(curve, [value * value for value in curve], "x²", "foreground"),
        Series(answer.x, answer.units[opened, 2], f"sum {opened + 1}", "secondary"),
        Series(answer.x, answer.output, "F", "accent"),
    )
    return ChartData(series, x_axis)


def units_chart(answer: Layered, opened: int, shown: int) -> ChartData:
    """The opened layer's triangles, over the first ``shown`` of the 2^(opened + 1) pieces that they have."""
    end = shown * 2 ** (len(answer.question.peaks) - 1 - opened) + 1
    x, (t1, t2, _) = answer.x[:end], answer.units[opened, :, :end]
    series = (Series(x, t1, "t1", "accent"), Series(x, t2, "t2", "secondary"))
    return ChartData(series, Axis(label="x", limits=(0.0, float(x[-1]))))


def units_title(answer: Layered, opened: int, shown: int) -> str:
    """Which layer is opened, and what of it is seen."""
    layer = f"Layer {opened + 1} of {len(answer.question.peaks)}"
    if shown < 2 ** (opened + 1):
        return f"{layer}: {shown} of {count(2 ** (opened + 1))} pieces"
    return f"{layer}, peak {answer.question.peaks[opened] / 100:.2f}"


def sum_lines(answer: Layered) -> list[Line]:
    """What the network is, and how near to x² and to smooth."""
    layers = len(answer.question.peaks)
    regions, floats = answer.linear_regions, answer.float_regions
    power = f" = 2^{layers}" if regions == 2**layers else ""
    if floats == regions:
        said = row("Float64 says", f"{count(floats)} ok")
    else:
        said = row("Float64 says", f"{count(floats)} wrong", "error")
    return [
        row("Hidden layers", f"{layers}, 4 wide", "accent"),
        row("Linear regions", count(regions) + power, "accent"),
        row("Bends", count(regions - 1), "accent"),
        said,
        row("max |F − x²|", number(answer.max_error)),
        row("Slope gap", number(answer.gap)),
        row("Parameters", count(answer.parameters)),
    ]


def peak_lines(answer: Layered, opened: int, pointer: str) -> list[Line]:
    """One line a layer; the opened one has the pointer."""
    lines: list[Line] = [((f"  {'layer':<7}peak   scale", "label"),)]
    for layer, (peak, scale) in enumerate(zip(answer.question.peaks, answer.scales, strict=True)):
        sign, style = (pointer, "accent") if layer == opened else (" ", "value")
        lines.append(((f"{sign} {layer + 1:<7}", style), (f"{peak / 100:.2f}   {number(scale)}", style)))
    return lines
