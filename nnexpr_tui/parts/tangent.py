"""The tangent kernel of the network being trained: four charts of it, and its numbers beside them."""

from __future__ import annotations

from dataclasses import replace
from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from nnexpr_tui.charts.rows import AXIS, TEXT, Row, Rows, fit_row
from nnexpr_tui.charts.series import Axis, ChartData, Frame, Series
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.table import entitle

if TYPE_CHECKING:
    from nnexpr.training.tangents import Foretold, Tangents
    from nnexpr_tui.controller import Look
    from nnexpr_tui.training.moment import FitMoment
    from nnexpr_tui.training.tangent import TangentMoment

__all__ = [
    "ERROR",
    "LOSS",
    "MODES",
    "MOVED",
    "SPECTRUM",
    "WAYS",
    "TangentPane",
    "kernel_rows",
    "tangent_chart",
]

SPECTRUM, ERROR, LOSS, MOVED, MODES = "spectrum", "error", "loss", "moved", "modes"
WAYS = (SPECTRUM, ERROR, LOSS, MOVED, MODES)
TITLES = {
    SPECTRUM: "eigenvalues of K / n",
    ERROR: "error in k modes",
    LOSS: "loss if it stood still",
    MOVED: "how it moves",
    MODES: "its first modes",
}
LABEL, VALUE = 12, 13
TABLE = LABEL + VALUE + 1  # cells, with one between it and the chart
LEAST_CHART = 27
LEADING = 10  # modes
HIGHER = 3.0  # times the greatest loss, up to which a foretold one is drawn
DRAWN = ("accent", "warning", "secondary")  # modes, by their colours


class TangentPane(ChartPane):
    """Stands in the place of the loss."""

    HELP: ClassVar[str] = """\
The empirical tangent kernel K(x, x') = Σ dy(x)/dp dy(x')/dp over the trained weights p of the shown member, at n of the
training points: 256 at most, evenly spread, or drawn in the plane. Under gradient descent the error along the mode of
an eigenvalue v of K / n shrinks by 1 - 2 lr v a step: what lies along small ones is learned late, or never.
K turns the page: eigenvalues now and at the start, beside the ReLU Gram spectrum (of fixed knots), which is scaled to
the first one at the start; which share of the squared error lies in the first k modes; the loss as it would be if K had
stood still at the start, or from an epoch on the way; how far it moved and up to which rate descent would be stable,
wherever it was found; the first modes over x, of mean square 1; the loss again.
Moved: |K - K0| / |K0|. Alignment: the cosine between both, 1 where K has only grown. Effective rank: exp of the
eigenvalues' entropy. Error in 10: of the squared error, in the first ten modes. × foretold: the loss, as a multiple of
that foretold by the kernel of the start. Stable lr: 1 / v of the first, up to which gradient descent without momentum
would not diverge; with all points at once it often trains at that edge (Cohen et al., ICLR 2021). A foretold loss that
diverges is drawn no further. Resolved: eigenvalues above rounding; the condition is over these. Slope: of the
eigenvalues over modes 10 to 100."""

    def __init__(self, *, id: str, classes: str) -> None:  # noqa: A002
        super().__init__("Tangent kernel", self.HELP, id=id)
        self.set_classes(classes)
        self._said = ""
        self._numbers: tuple[Row, ...] = ()

    @property
    def frame(self) -> Frame:
        whole = super().frame
        return replace(whole, width=whole.width - TABLE) if self._has_table else whole

    @property
    def _has_table(self) -> bool:
        return bool(self._numbers) and self.content_size.width >= TABLE + LEAST_CHART

    def show_tangent(self, fit: FitMoment, moment: TangentMoment | None, look: Look) -> int:
        """Show it, if it is of this fit, as ``look`` says. Returns about how many bytes that sends."""
        way = look.tangent
        if moment is None or moment.scene is not fit.scene:
            self._said, self._numbers = "The tangent kernel is being found …", ()
        else:
            dimension = fit.scene.dimension
            in_plane = "Modes are drawn over one input, and there are two."
            self._said = moment.why or (in_plane if way == MODES and dimension > 1 else "")
            self._numbers = kernel_rows(moment)
        entitle(self, _title(fit, moment, way), _note(moment, way) if not self._said else "")
        if self._said or moment is None:
            return self.update_chart(ChartData())
        return self.update_chart(tangent_chart(fit, moment, look))

    def _rows(self, chart: Rows) -> Rows:
        """The chart, or a sentence in its place, with the numbers beside it where there is room."""
        frame = self.frame
        if self._said:
            lines = wrap(self._said, max(frame.width - 1, 1))
            said = [fit_row([(line, TEXT)], frame.width) for line in lines[: frame.height]]
            chart = (*said, *[fit_row((), frame.width)] * (frame.height - len(said)))
        if not self._has_table:
            return chart
        blank: Row = ()
        numbers = (*self._numbers, *[blank] * frame.height)
        return tuple(
            fit_row([*row, (" ", TEXT), *beside], frame.width + TABLE)
            for row, beside in zip(chart, numbers, strict=False)
        )

    def show(self, rows: Rows) -> int:
        return super().show(self._rows(rows))


def tangent_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:
    """That way of looking at it."""
    charts = {
        SPECTRUM: _spectrum_chart,
        ERROR: _error_chart,
        LOSS: _loss_chart,
        MOVED: _moved_chart,
        MODES: _modes_chart,
    }
    return charts[look.tangent](fit, moment, look)


def _spectrum_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:  # noqa: ARG001
    import numpy as np

    tangents, gram = _tangents(moment), moment.gram
    assert gram is not None  # noqa: S101 - it is there where a kernel is
    k = np.arange(1, len(gram) + 1)
    series = [Series(k, gram, "ReLU Gram", "foreground")]
    for tangent, label, color, marker in (
        (tangents.start, "start", "secondary", "◦"),
        (tangents.now, "now", "accent", "•"),
    ):
        kept, own = tangent.resolved, "" if look.markers == "ascii" else marker
        series.append(Series(k[:kept], tangent.eigenvalues[:kept], label, color, own, style="points"))
    return ChartData(tuple(series), Axis(log=True, label="mode k", limits=(1, len(gram))), Axis(log=True))


def _error_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:  # noqa: ARG001
    import numpy as np

    tangents = _tangents(moment)
    k = np.arange(1, tangents.now.points + 1)
    series = tuple(
        Series(k, np.cumsum(tangent.shares), label, color)
        for tangent, label, color in (
            (tangents.start, "start", "secondary"),
            (tangents.now, "now", "accent"),
        )
    )
    x_axis = Axis(log=True, label="first k modes", limits=(1, len(k)))
    return ChartData(series, x_axis, Axis(limits=(0.0, 1.0), label="share"))


def _loss_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:
    recording, begun = fit.recording, _tangents(moment).foretold
    first = 1 if look.log_epochs else 0
    epochs, losses = recording.epochs, recording.losses[:, moment.member]
    seen = epochs >= first
    most = HIGHER * max([float(begun.losses[0]), *losses[seen].tolist()])
    series = [Series(epochs[seen], losses[seen], "loss", "accent")]
    series.append(_foretold(begun, "from 0", "secondary", first, most))
    if moment.onward is not None:
        since = f"from {count(int(moment.onward.epochs[0]))}"
        series.append(_foretold(moment.onward, since, "warning", first, most))
    if moment.epoch >= first:
        series.append(Series((moment.epoch,), (moment.loss,), "", "accent", marker="◆", style="points"))
    last = epochs[-1] if len(epochs) else 0
    x_axis = Axis(label="epoch", log=look.log_epochs, include=(first, max(last, first + 1)))
    return ChartData(tuple(series), x_axis, Axis(log=look.log_axis, label="mean squared error"))


def _foretold(losses: Foretold, label: str, color: str, first: int, most: float) -> Series:
    """Where it grows beyond what is of interest it is drawn no further."""
    seen = (losses.epochs >= first) & (losses.losses <= most)
    return Series(losses.epochs[seen], losses.losses[seen], label, color)


def _moved_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:
    """Where a kernel was found: how far it had moved, and the stable rate beside that of training."""
    first, last = 1 if look.log_epochs else 0, max(fit.epoch, 1)
    way = [(epoch, *waypoint) for epoch, waypoint in moment.way if epoch >= first]
    epochs, movement, _, stable, rates = zip(*way, strict=True) if way else ((),) * 5
    moved = [(epoch, by) for epoch, by in zip(epochs, movement, strict=True) if by > 0]
    series = [
        Series(epochs, stable, "stable lr", "warning"),
        Series([epoch for epoch, _ in moved], [by for _, by in moved], "moved", "accent"),
    ]
    if fit.specification.method.takes("lr"):
        series.insert(0, Series(epochs, rates, "lr", "foreground"))
    if moment.movement > 0:
        series.append(Series((moment.epoch,), (moment.movement,), "", "accent", marker="◆", style="points"))
    x_axis = Axis(label="epoch", log=look.log_epochs, include=(first, last))
    return ChartData(tuple(series), x_axis, Axis(log=True))


def _modes_chart(fit: FitMoment, moment: TangentMoment, look: Look) -> ChartData:  # noqa: ARG001
    now, scene = _tangents(moment).now, fit.scene
    assert moment.x is not None  # noqa: S101 - this is asked for with one input only
    series = []
    for k, (mode, color) in enumerate(zip(now.modes, DRAWN, strict=False)):
        # Of a mode and its negative, that which ends above 0: it stays from one kernel to the next.
        scale = now.points**0.5 * (1 if mode[-1] >= 0 else -1)
        series.append(Series(moment.x, scale * mode, f"mode {k + 1}", color))
    return ChartData(tuple(series), Axis(label=scene.input_name, limits=scene.domain[0]), Axis())


def kernel_rows(moment: TangentMoment) -> tuple[Row, ...]:
    """What is known of it, a label and a value in each row: ``start → now``. Without a kernel there is none."""
    if moment.tangents is None:
        return ()
    start, now, begun = moment.tangents.start, moment.tangents.now, moment.tangents.foretold
    at = int(begun.epochs.searchsorted(moment.epoch, side="right")) - 1
    foretold = float(begun.losses[at])
    shares = [float(tangent.shares[:LEADING].sum()) for tangent in (start, now)]
    told = (
        ("Moved", number(moment.movement)),
        ("Alignment", f"{moment.alignment:.4f}"),
        ("Eff. rank", _pair(start.effective_rank, now.effective_rank)),
        (f"Error in {LEADING}", f"{_percent(shares[0])} → {_percent(shares[1])} %"),
        ("× foretold", number(moment.loss / foretold) if foretold else "n/a"),
        ("Stable lr", _pair(*(1 / each.eigenvalues[0] for each in (start, now)))),
        ("Resolved", f"{start.resolved} → {now.resolved}"),
        ("Condition", ("≥ " if now.resolved < now.points else "") + number(now.condition)),
        ("Slope", " → ".join(number(each.slope) for each in (start, now))),
        ("Points", f"{now.points} of {count(moment.points)}"),
    )
    return tuple(((label.ljust(LABEL), AXIS), (value[:VALUE], "foreground")) for label, value in told)


def _pair(before: float, after: float) -> str:
    return f"{number(before, 2)} → {number(after, 2)}"


def _percent(share: float) -> str:
    return number(100 * share, 2) if share >= 1e-4 else "<0.01" if share else "0"


def _title(fit: FitMoment, moment: TangentMoment | None, way: str) -> str:
    if moment is None or moment.scene is not fit.scene:
        return f"Tangent kernel: {TITLES[way]}"
    whose = "Tangent kernel" if len(fit.snapshot.losses) == 1 else f"Kernel of member {moment.member}"
    return f"{whose} at epoch {count(moment.epoch)}: {TITLES[way]}"


def _note(moment: TangentMoment | None, way: str) -> str:
    """What is to be known of the curves, for the lower border."""
    if moment is None or moment.tangents is None:
        return ""
    if way == SPECTRUM:
        return "ReLU Gram: scaled to the first at the start"
    if way == LOSS:
        return moment.method
    return ""


def _tangents(moment: TangentMoment) -> Tangents:
    assert moment.tangents is not None  # noqa: S101 - else it is said why, and no chart is asked for
    return moment.tangents
