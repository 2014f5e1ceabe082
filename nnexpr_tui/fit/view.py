"""Explore: forms on the left, the fit over the loss in the middle, counts and frequencies on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical

from nnexpr.specification import OPTIONS, InputError
from nnexpr_tui.fit import VIEW
from nnexpr_tui.parts.charts import FIT_HELP, ChartPane, fit_chart, loss_chart
from nnexpr_tui.parts.counts import counted_lines
from nnexpr_tui.parts.form import Form
from nnexpr_tui.parts.frequencies import FrequenciesPane
from nnexpr_tui.parts.lines import Line, LinePane
from nnexpr_tui.parts.modes import ModesPane
from nnexpr_tui.parts.numbers import count, number
from nnexpr_tui.parts.over_time import OverTime
from nnexpr_tui.parts.table import entitle, row
from nnexpr_tui.parts.tangent import TangentPane
from nnexpr_tui.parts.training import TrainingView
from nnexpr_tui.parts.views import CHART_INTERVAL, NUMBERS_INTERVAL
from nnexpr_tui.training.moment import FitMoment, Refused
from nnexpr_tui.training.tangent import TangentSubject

__all__ = ["FitView"]

# The widths at which a column has a place of its own
ROOM = {"forms": ("-wide",), "numbers": ("-wide", "-medium")}


class CountsPane(LinePane, can_focus=True):
    """A table of two columns."""

    HELP: ClassVar[str] = """\
Linear regions: the maximal intervals of the domain on which the shown member is one straight line; bends: the points
between them. Both are counted exactly from the weights, not from samples.
Activation regions: intervals with one pattern of active units; some neighbours may have the same slope.
By layer: how many bends each hidden layer makes.
Dead units are active nowhere on the domain, written layer.unit; a collapsed network is constant. Certified NO: the
network is further from what was counted than rounding explains; this is shown only then.
At most: the regions this architecture cannot exceed. Reachable: regions that some network of this architecture has.
Proved floor: no linear spline with as many pieces, so no network with so many regions, has a smaller mean squared
error; best found: the least error of such a spline that a search found. Where both meet it is the proved best. While
training it is the floor of some more pieces, which is below that of as many. Times: how far above it the loss is.
Best and median loss: of all members; B shows the best one."""

    def show(self, fit: FitMoment) -> int:
        """Show the newest moment. About how many bytes that sends."""
        lines = counted_lines(fit.scene, fit.counts)
        if fit.scene.countable:
            lines += _floor_lines(fit)
        losses = fit.snapshot.losses
        if len(losses) > 1:
            # Those that are not finite come last.
            order = losses.argsort()
            lines.append(row("Best loss (B)", f"{number(losses[order[0]])}, {order[0]}"))
            lines.append(row("Median loss", number(losses[order[(len(order) - 1) // 2]])))
        lines.append(row("Parameters", count(fit.scene.parameters)))
        if fit.diverged_at is not None:
            lines.append((("Diverged", "error"), (f" at epoch {fit.diverged_at}: smaller lr (<)", "error")))
        return self.show_lines(lines)


def _floor_lines(fit: FitMoment) -> list[Line]:
    """What of a spline with as many pieces is proved, and what was found; in place of what is not known, dots."""
    floor, regions = fit.floor, fit.counts.count if fit.counts is not None else None
    if floor is None:
        return [row("Proved floor", "…"), row("times floor", "…")]
    ratio = number(fit.loss / floor.lower_bound) if floor.lower_bound else "none"
    proved, found = number(floor.lower_bound), number(floor.mse)
    if floor.regions != regions:
        return [row("Proved floor", proved), row("times floor", ratio)]
    if floor.certified:
        return [row("Proved best", found), row("times best", ratio)]
    return [row("Proved floor", proved), row("Best found", found), row("times floor", ratio)]


class FitView(TrainingView, OverTime, entry=VIEW):
    """Train a network and look at it."""

    FIRST = "#fit"
    KERNEL = TangentSubject

    _scene: object = None
    _counted: FitMoment | None = None  # that of which the numbers are

    def compose(self) -> ComposeResult:
        with Vertical(id="forms", classes="column"):
            yield Form("Architecture", ("network",), self._change, self._step, id="architecture")
            yield Form("Target", ("target",), self._change, self._step, id="target")
            yield Form("Training", ("training", "machine"), self._change, self._step, id="training")
        with Vertical(id="charts", classes="column"):
            yield ChartPane("Fit", FIT_HELP, id="fit")
            yield from self.compose_over_time()
        with Vertical(id="numbers", classes="column"):
            yield CountsPane("Counts", id="counts")
            yield FrequenciesPane("Frequencies of the error", id="frequencies")

    def seen(self, fit: FitMoment | None) -> FitMoment | None:
        """With the counts that the table shows: all parts of the screen have the same."""
        if fit is None:
            return None
        hurried = self.is_hurried(fit.state)
        if self.is_due("numbers", (fit.scene, fit.snapshot.member), NUMBERS_INTERVAL * hurried):
            self._counted = fit
        known = self._counted or fit
        return replace(fit, counts=known.counts, counted=known.counted, floor=known.floor)

    def _change(self, name: str, value: Any) -> None:
        self.controller.change(name, value)
        self._show_forms()

    def _step(self, name: str, direction: int) -> None:
        self.controller.step(name, direction)
        self._show_forms()

    def _show_forms(self) -> None:
        """The options as they are asked for: what the engine makes of them is seen later."""
        specification = self.controller.specification
        for form in self.query(Form):
            form.show(specification, self.controller.idle(specification))

    def show(self, fit: FitMoment | None) -> int:
        self._show_forms()
        if fit is None:
            return 0
        look, hurried = self.look, self.is_hurried(fit.state)
        curves, loss = self.query_one("#fit", ChartPane), self.query_one("#loss", ChartPane)
        charts = self.set_markers()
        if fit.scene is not self._scene:
            self._scene = fit.scene
            for chart in charts:
                chart.reset_limits()
        sent = curves.update_chart(fit_chart(fit.scene, fit.snapshot, fit.counts, residual=look.residual))
        way = fit.scene, look.log_axis, look.log_epochs, fit.snapshot.member
        pane = self.place()
        if isinstance(pane, ModesPane):
            if self.is_due("modes", (*way, look.modes, look.markers), CHART_INTERVAL * hurried):
                sent += pane.show_modes(fit, look.modes)
        elif isinstance(pane, TangentPane):
            kernel = self.controller.moment(TangentSubject)
            if self.is_due("tangent", (*way, look.tangent, look.markers, kernel)):
                sent += pane.show_tangent(fit, kernel, look)
        elif self.is_due("loss", way, CHART_INTERVAL * hurried):
            recording = fit.recording
            sent += loss.update_chart(
                loss_chart(
                    *fit.history, look=look, members=recording.losses, before=fit.before, recording=recording
                )
            )
        if self._counted is not None and self._counted.epoch == fit.epoch:
            frequencies, counts = self.query_one(FrequenciesPane), self.query_one(CountsPane)
            frequencies.ascii = look.markers == "ascii"
            is_past = fit.counts is not None and (hurried or fit.counted != fit.epoch)
            entitle(counts, f"Counts at epoch {count(fit.counted)}" if is_past else "Counts")
            entitle(
                frequencies, f"Error modes at {count(fit.epoch)}" if hurried else "Frequencies of the error"
            )
            sent += counts.show(fit) + frequencies.show(fit.scene, fit.frequencies)
        return sent

    # Actions: what they mean is in the declaration

    def action_forms(self) -> None:
        self.toggle_column(self.query_one("#forms"), ROOM["forms"], "#architecture")

    def action_numbers(self) -> None:
        self.toggle_column(self.query_one("#numbers"), ROOM["numbers"], "#counts")

    def refused(self, message: Refused) -> None:
        """Offer what was typed again, to be mended."""
        name = message.error.option if isinstance(message.error, InputError) else ""
        if name in OPTIONS:
            text = OPTIONS[name].format(getattr(message.refused, name))
            for form in self.query(Form):
                form.refused(name, text)
