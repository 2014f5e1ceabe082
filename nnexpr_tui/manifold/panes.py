"""The manifold: the network and its twin as charts and tables; pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnexpr_tui.charts.series import Axis, ChartData, Series
from nnexpr_tui.manifold.moment import ManifoldMoment, Trained
from nnexpr_tui.parts.lines import Line
from nnexpr_tui.parts.numbers import compact, count, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnexpr.splines.floor import SplineFloor

__all__ = [
    "FIT_HELP", "GAPS_HELP", "LAYER_HELP", "LOSS_HELP", "NUMBERS_HELP", "PEAKS_HELP", "SLOPES_HELP", "TWIN_HELP",
    "fit_chart", "gaps_chart", "layer_chart", "layer_title", "loss_chart", "number_lines", "peak_lines", "slopes_chart",
    "status_items",
]  # fmt: skip

NETWORK, TWIN, TARGET = "accent", "secondary", "foreground"
ALONE = "GD alone"

FIT_HELP = "\n".join(
    (
        "A compositional network: hidden layers of four units (t1, t2, sum, bias) that fold the interval into 2^L "
        "linear regions for any peaks. Its output is F(x) = x ± Σ s W(x): the W of a layer is the triangle with that "
        "layer's peak of the W before it, s that layer's scale. The marks under the canvas are its bends. Where there "
        "is room for one chart only, its twin is drawn into it. e shows the error, network minus target.",
        "Source: A trainable manifold for accurate approximation with ReLU networks, sections 3 and 4.",
    )
)
TWIN_HELP = (
    "The twin: the same initial network, whose weights gradient descent (Adam) alone trains from the first epoch "
    "on, for as many epochs and at the same learning rate as the network beside it. Before training the two are "
    "the same."
)
LAYER_HELP = "\n".join(
    (
        "The opened layer's own units over the input. t1 carries the wave of the layer before; t2 the same, less the "
        "peak and cut off at 0, so that t1/a - t2/(a - a²) is the next wave. Both shrink from layer to layer by the "
        "ratios of the scales: that is how the network scales its waves without small weights. Its sum, drawn beside "
        "the target, carries x and the waves of the layers before.",
        "← and → open the layer before and the next one. Pieces too fine for the screen are shown by the leftmost "
        "ones; w shows all. o changes what is shown here.",
    )
)
SLOPES_HELP = (
    "The slope of every linear region, and the target's. Under Theorem 3.4 neighbouring slopes come together as "
    "layers are added, so that the limit is differentiable. o changes what is shown here."
)
GAPS_HELP = (
    "By how much the slope changes at each bend, on a logarithmic axis: exact bends, counted from the weights. A "
    "layer's peaks all have the gap of that layer times the change of its wave's slope. Under Theorem 3.4 the "
    "largest goes to 0 with more layers; with other scales it need not. The sum of all changes is the last slope "
    "minus the first. o changes what is shown here."
)
LOSS_HELP = "\n".join(
    (
        "The mean squared error over 512 evenly spaced points before each epoch, of the network that is trained by "
        "stages and of its twin. The marks under the canvas are the epochs at which a stage began.",
        "space starts and pauses. A stage begins slowly, so that it can be watched, and grows to full speed within "
        "seconds; s trains 1000 epochs, as the paper does in each stage, at full speed. n ends the stage and begins "
        "the next.",
    )
)
NUMBERS_HELP = "\n".join(
    (
        "Of the network trained by stages, and of its twin.",
        "Regions, bends: linear regions and the bends between them, counted exactly from the weights. On the manifold "
        "there are 2^L regions. By the gaps: counted in rational arithmetic from peaks and scales; more than the "
        "weights show where bends fade below what rounded numbers tell from none.",
        "Floor: proved: no linear spline with as many pieces, so no network with so many regions, has a smaller mean "
        'squared error on the same points. Found: the least error of such a spline that a search found; "proved" where '
        "it is the floor, and so the best there is. × floor: how far above the floor the loss is.",
        "Slope gap: the largest change of slope at a bend. Dead units are active nowhere.",
    )
)
PEAKS_HELP = "\n".join(
    (
        "Each layer's peak a, its scale s, and the largest gap of the slopes at its bends. The brackets are around "
        "what ↑ and ↓ move: p changes between peak and scale. ← and → choose a layer. Keys move a peak by 0.01 or "
        "0.05, from 0.02 to 0.98; a scale by 2 or 10 percent.",
        "Scales follow the peaks by Theorem 3.4, the next being s (1 - b) c with the peaks b and c of the next two "
        "layers, until one is moved or f frees them; f again makes them follow.",
        "Stage 1 trains the peaks, and the scales follow; stage 2 peaks and free scales; stage 3 all weights. After "
        "stages 1 and 2 peaks are moved from where training has brought them. After stage 3 the weights have left the "
        "manifold and there is nothing left to move: r brings the first network back. d puts all peaks to 1/2, R "
        "draws them.",
    )
)


def fit_chart(
    moment: ManifoldMoment, fits: Sequence[str], *, error: bool, opened: int | None = None
) -> ChartData:
    """The target with the fits named (``network``, ``twin``), or their errors; with the first one's bends.

    ``opened``: the layer whose unit sum is drawn too.
    """
    low, high = moment.domain
    both = [_named(moment, name) for name in ("network", "twin")]
    curves = [
        trained.error if error else (trained.lines.knots, trained.lines.values) for trained, _, _ in both
    ]
    series = (
        [Series((low, high), (0.0, 0.0), "", TARGET)] if error else [Series(*moment.truth, "target", TARGET)]
    )
    if opened is not None and not error:
        series.append(Series(moment.units_x, moment.units[opened, 2], f"sum {opened + 1}", "success"))
    for name in reversed(fits):
        at = ("network", "twin").index(name)
        _, label, color = both[at]
        series.append(Series(*curves[at], f"{label} − target" if error else label, color))
    first, _, _ = _named(moment, fits[0])
    series.append(Series(first.lines.breakpoints, (), "bends", "warning", style="ticks"))
    values = [y for _, y in curves] + ([] if error else [moment.truth[1]])
    limits = float(min(y.min() for y in values)), float(max(y.max() for y in values))
    return ChartData(tuple(series), Axis(label="x", limits=moment.domain), Axis(include=limits))


def _named(moment: ManifoldMoment, name: str) -> tuple[Trained, str, str]:
    return (moment.network, "network", NETWORK) if name == "network" else (moment.twin, ALONE, TWIN)


def _different(moment: ManifoldMoment) -> list[tuple[Trained, str, str]]:
    """The twin and, over it, the network; the network alone as long as they are the same."""
    return [_named(moment, name) for name in (("twin", "network") if moment.epoch else ("network",))]


def layer_chart(moment: ManifoldMoment, opened: int, shown: int | None) -> ChartData:
    """The opened layer's t1 and t2; over the first ``shown`` of its pieces, or the whole interval."""
    low, high = moment.domain
    bends = moment.network.lines.breakpoints[moment.network.lines.bend_layers <= opened + 1]
    if shown is not None and shown <= len(bends):
        high = float(bends[shown - 1])
    names = (("t1", "accent"), ("t2", "secondary"))
    keep = moment.units_x <= high
    x, units = moment.units_x[keep], moment.units[opened]
    series = [Series(x, units[row][keep], label, color) for row, (label, color) in enumerate(names)]
    return ChartData(tuple(series), Axis(label="x", limits=(low, high)))


def layer_title(moment: ManifoldMoment, opened: int, shown: int | None) -> str:
    """Which layer is opened, and what of it is seen."""
    layer, pieces = f"Layer {opened + 1} of {moment.layers}", 2 ** (opened + 1)
    if shown is not None and shown < pieces:
        return f"{layer}: {shown} of {count(pieces)} pieces"
    return layer


def slopes_chart(moment: ManifoldMoment) -> ChartData:
    """The slopes of the linear regions as steps, and the target's."""
    series = [Series(*moment.truth_slopes, "target", TARGET)]
    for trained, label, color in _different(moment):
        series.append(
            Series(trained.lines.knots.repeat(2)[1:-1], trained.lines.slopes.repeat(2), label, color)
        )
    return ChartData(tuple(series), Axis(label="x", limits=moment.domain), Axis(label="slope"))


def gaps_chart(moment: ManifoldMoment) -> ChartData:
    """The size of the change of slope at each bend."""
    series = [
        Series(trained.lines.breakpoints, abs(trained.lines.gaps), label, color, style="points")
        for trained, label, color in _different(moment)
    ]
    return ChartData(tuple(series), Axis(label="x", limits=moment.domain), Axis(log=True, label="slope gap"))


def loss_chart(moment: ManifoldMoment) -> ChartData:
    """Both losses, and where stages began."""
    epochs = moment.history_epochs
    series = (
        Series(epochs, moment.twin_losses, ALONE, TWIN),
        Series(epochs, moment.history_losses, "by stages", NETWORK),
        Series(moment.stage_begins, (), "stages", "warning", style="ticks"),
    )
    x_axis = Axis(label="epoch", limits=None if moment.epoch else (0.0, 1.0))
    return ChartData(series, x_axis, Axis(log=True, label="mean squared error"))


def number_lines(moment: ManifoldMoment) -> list[Line]:
    """What both networks are, side by side."""
    network, twin, power = moment.network, moment.twin, 2**moment.layers
    rows = [
        _row("", "by stages", ALONE, "label"),
        _row("Regions", count(network.lines.count), count(twin.lines.count), "accent"),
        _row("Bends", count(network.lines.bends), count(twin.lines.bends), "accent"),
        _row("Loss", _loss(network), _loss(twin), "accent"),
        _row("Max error", number(network.max_error), number(twin.max_error)),
        _row("Floor", *("…" if floor is None else number(floor.lower_bound) for floor in moment.floors)),
        _row(
            "Best found", *(_found(f, floor) for f, floor in zip((network, twin), moment.floors, strict=True))
        ),
        _row("× floor", *(_times(f, floor) for f, floor in zip((network, twin), moment.floors, strict=True))),
        _row("Slope gap", _largest(network), _largest(twin)),
        _row("Dead units", count(len(network.lines.dead_units)), count(len(twin.lines.dead_units))),
        _row(f"2^{moment.layers}", count(power), ""),
    ]
    if moment.exact_regions is not None:
        rows.append(_row("By the gaps", count(moment.exact_regions), ""))
    return rows


def _row(label: str, first: str, second: str, style: str = "value") -> Line:
    return ((label.ljust(11), "label"), (f"{first:>9}", style), (f"{second:>9}", style))


def _loss(trained: Trained) -> str:
    return "diverged" if trained.diverged else number(trained.loss)


def _found(trained: Trained, floor: SplineFloor | None) -> str:
    if floor is None or floor.regions != trained.lines.count:
        return "…"
    return "proved" if floor.certified else number(floor.mse)


def _times(trained: Trained, floor: SplineFloor | None) -> str:
    if floor is None:
        return "…"
    return number(trained.loss / floor.lower_bound) if floor.lower_bound else "none"


def _largest(trained: Trained, layer: int | None = None) -> str:
    gaps = abs(
        trained.lines.gaps if layer is None else trained.lines.gaps[trained.lines.bend_layers == layer]
    )
    return number(float(gaps.max())) if len(gaps) else "none"


def peak_lines(moment: ManifoldMoment, opened: int, *, moves_scale: bool, pointer: str) -> list[Line]:
    """One line a layer: peak, scale and largest gap, brackets around what is moved; or why there are none."""
    if moment.peaks is None or moment.scales is None:
        lines = ("The weights have left the", "manifold: no peaks to move.", "r: the first network again")
        return [((line, "error" if index < 2 else "value"),) for index, line in enumerate(lines)]
    lines_of_layers: list[Line] = [((f"   {'peak':>6}{'scale':>10}{'gap':>10}", "label"),)]
    for layer, (peak, scale) in enumerate(zip(moment.peaks, moment.scales, strict=True)):
        is_opened = layer == opened
        sign, style = (pointer, "accent") if is_opened else (" ", "value")
        peak_text = _held(f"{peak:.3f}", is_opened and not moves_scale)
        scale_text = _held(number(scale), is_opened and moves_scale)
        gap = _largest(moment.network, layer + 1)
        lines_of_layers.append(((f"{sign}{layer + 1:<2}{peak_text:>7}{scale_text:>10}{gap:>9}", style),))
    return lines_of_layers


def _held(text: str, is_held: bool) -> str:
    return f"[{text}]" if is_held else f"{text} "


def status_items(moment: ManifoldMoment, *, roomy: bool) -> list[tuple[str, str]]:
    """Names and values for the line at the top, the most watched first."""
    network = moment.network
    items = [
        ("stage", str(moment.stage)),
        ("epoch", count(moment.epoch).ljust(7 * roomy)),
        ("loss", _loss(network).ljust(8 * roomy)),
        ("regions", count(network.lines.count).ljust(3 * roomy)),
        ("bends", count(network.lines.bends).ljust(3 * roomy)),
        (ALONE, _loss(moment.twin).ljust(8 * roomy)),
    ]
    if moment.state == "running" and moment.rate and math.isfinite(moment.rate):
        items.append(("epochs/s", f"{compact(moment.rate):<5}"))
    return [*items, ("lr", number(moment.start.lr))]
