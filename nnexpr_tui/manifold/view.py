"""Manifold: peaks and scales moved with the keys, then trained by stages beside a twin.

The network lives on the engine's thread; the keys ask it what to do, and moments come of it while this view is looked
at.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Container, Vertical

from nnexpr.specification import command_line
from nnexpr_tui.charts.series import ChartData
from nnexpr_tui.controller import Controller
from nnexpr_tui.manifold import VIEW, moves, panes
from nnexpr_tui.manifold.moment import ManifoldMoment, ManifoldStart
from nnexpr_tui.manifold.report import summary
from nnexpr_tui.manifold.subject import ManifoldSubject
from nnexpr_tui.parts.charts import ChartPane
from nnexpr_tui.parts.status import StatusLine
from nnexpr_tui.parts.table import TablePane, entitle
from nnexpr_tui.parts.views import CHART_INTERVAL, NUMBERS_INTERVAL, View
from nnexpr_tui.parts.waves import shown_regions
from nnexpr_tui.training.moment import FitMoment

__all__ = ["ManifoldView"]

LOWER_CHARTS = {
    "slopes": ("Slopes", panes.SLOPES_HELP, panes.slopes_chart),
    "gaps": ("Slope gaps at the bends", panes.GAPS_HELP, panes.gaps_chart),
    "loss": ("Loss", panes.LOSS_HELP, panes.loss_chart),
}
LOWER = ("layer", *LOWER_CHARTS)
SLOW_PANES = 2  # drawn by one frame at most while training: the others wait for the next, so that keys do not


class ManifoldView(View, entry=VIEW):
    """A compositional network on its way through the stages, beside its twin."""

    HELP = "A network that sums waves, to be moved along its manifold and trained."
    FIRST = "#manifold-fit"
    TOPICS = (ManifoldSubject,)

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._opened = 0
        self._moves_scale = False
        self._seed = -1  # with which peaks were last drawn
        self._room = SLOW_PANES
        self._lower = LOWER[0]
        self._seen_start: ManifoldStart | None = None

    def compose(self) -> ComposeResult:
        with Container(id="manifold-charts", classes="column"):
            yield ChartPane("Network", panes.FIT_HELP, id="manifold-fit")
            yield ChartPane("Gradient descent alone", panes.TWIN_HELP, id="manifold-twin")
            yield ChartPane("Layer", panes.LAYER_HELP, id="manifold-lower")
            yield ChartPane("Loss", panes.LOSS_HELP, id="manifold-loss")
        with Vertical(id="manifold-tables", classes="column"):
            yield TablePane("Numbers", id="manifold-numbers")
            yield TablePane("Peaks", id="manifold-peaks")

    def _tell(self, question: Callable[[ManifoldSubject], str | None]) -> None:
        self.footer.clear()
        self.controller.ask(ManifoldSubject, question)

    # Drawing

    @property
    def moment(self) -> ManifoldMoment | None:
        """The newest one."""
        return self.controller.moment(ManifoldSubject)

    @property
    def _four(self) -> bool:
        """Whether there is room for four charts."""
        return not self.screen.has_class("-narrow")

    def show_status(self, status: StatusLine, fit: FitMoment | None) -> int:
        moment = self.moment
        if fit is None:
            return super().show_status(status, fit)
        items = panes.status_items(moment, roomy=status.is_roomy) if moment is not None else []
        return status.show_items(moment.state if moment is not None else "ready", items)

    def show(self, fit: FitMoment | None) -> int:
        charts, moment = self.set_markers(), self.moment
        if moment is None:
            loads = ("loading torch", "the keys already work")
            lines = loads if fit is None else ("counting…", "a first start compiles for", "half a minute")
            table = self.query_one("#manifold-numbers", TablePane)
            return table.show_lines([((line, "label"),) for line in lines])
        self._room = SLOW_PANES
        self._opened = min(self._opened, moment.layers - 1)
        if moment.start != self._seen_start:
            self._seen_start = moment.start
            for pane in charts:
                pane.reset_limits()
        return self._show_charts(moment) + self._show_tables(moment)

    def on_chart_frame_changed(self) -> None:
        """Another size: more or fewer regions can be told apart."""
        self._drawn.clear()
        self.redraw()

    def _due(self, name: str, moment: ManifoldMoment, key: Hashable, interval: float) -> bool:
        """Whether to draw a pane: at once what a key changed and what stands still, else as there is room for it."""
        running = self.is_hurried(moment.state)
        key = (key, moment.start, self.look.markers, None if running else moment)
        if not (running and interval):
            return self.is_due(name, key, interval if running else float("inf"))
        is_asked = self._drawn.get(name, (None,))[0] != key
        if not (is_asked or self._room) or not self.is_due(name, key, interval):
            return False
        self._room -= not is_asked
        return True

    def _show_charts(self, moment: ManifoldMoment) -> int:
        lower = "layer" if self._lower == "loss" and self._four else self._lower
        opened = self._opened if lower == "layer" else None
        fits = ("network",) if self._four else ("network", "twin")
        waves = "x + waves" if moment.start.sign > 0 else "x − waves"
        sent = 0
        if self._due("fit", moment, (fits, opened, self.look.error), 0.0):
            chart = panes.fit_chart(moment, fits, error=self.look.error, opened=opened)
            sent += self._draw_chart("fit", f"{moment.formula} by {waves}", panes.FIT_HELP, chart)
        if self._is_seen("twin") and self._due("twin", moment, self.look.error, CHART_INTERVAL):
            chart = panes.fit_chart(moment, ("twin",), error=self.look.error)
            sent += self._draw_chart("twin", "The same by gradient descent alone", panes.TWIN_HELP, chart)
        if self._is_seen("loss") and self._due("loss", moment, "", CHART_INTERVAL):
            sent += self._draw_chart("loss", "Loss", panes.LOSS_HELP, panes.loss_chart(moment))
        return sent + self._show_lower(moment, lower)

    def _is_seen(self, name: str) -> bool:
        return self.query_one(f"#manifold-{name}", ChartPane).is_wanted

    def _show_lower(self, moment: ManifoldMoment, lower: str) -> int:
        opened, shown = self._opened, None
        if not self.look.whole and moment.peaks is not None:
            width = self.query_one("#manifold-lower").content_size.width
            shown = shown_regions(opened + 1, width, self.look.markers)
        if not self._due("lower", moment, (lower, opened, shown), CHART_INTERVAL):
            return 0
        if lower == "layer":
            title, chart = panes.layer_title(moment, opened, shown), panes.layer_chart(moment, opened, shown)
            return self._draw_chart("lower", title, panes.LAYER_HELP, chart)
        title, help_text, make = LOWER_CHARTS[lower]
        return self._draw_chart("lower", title, help_text, make(moment))

    def _draw_chart(self, name: str, title: str, help_text: str, chart: ChartData) -> int:
        pane = self.query_one(f"#manifold-{name}", ChartPane)
        if pane.border_title != title:
            pane.reset_limits()
        entitle(pane, title)
        pane.help_text = help_text
        return pane.update_chart(chart)

    def _show_tables(self, moment: ManifoldMoment) -> int:
        if not self._due("tables", moment, (self._opened, self._moves_scale), NUMBERS_INTERVAL):
            return 0
        numbers, peaks = (
            self.query_one("#manifold-numbers", TablePane),
            self.query_one("#manifold-peaks", TablePane),
        )
        sent = numbers.show_table(
            f"{moment.start.target}, {moment.layers} layer{'s' if moment.layers > 1 else ''}",
            panes.NUMBERS_HELP,
            panes.number_lines(moment),
        )
        pointer = ">" if self.look.markers == "ascii" else "▸"
        lines = panes.peak_lines(moment, self._opened, moves_scale=self._moves_scale, pointer=pointer)
        free = moment.start.scales is not None or moment.stage > 1
        title = "Peaks, free scales" if free else "Peaks, scales follow"
        return sent + peaks.show_table(title, panes.PEAKS_HELP, lines, chosen=self._opened + 1)

    # Actions: what they mean is in the declaration

    def action_start_or_pause(self) -> None:
        self._tell(ManifoldSubject.toggle)

    def action_share(self) -> None:
        self._tell(ManifoldSubject.train_share)

    def action_next_stage(self) -> None:
        self._tell(ManifoldSubject.next_stage)

    def action_restart(self) -> None:
        self._tell(ManifoldSubject.restart)

    def action_undo(self) -> None:
        self._tell(ManifoldSubject.undo)

    def action_handle(self, steps: int) -> None:
        moved = moves.scale_moved if self._moves_scale else moves.peak_moved
        layer = self._opened
        self._tell(lambda manifold: manifold.move(lambda start: moved(start, layer, steps)))

    def action_layer(self, step: int) -> None:
        layers = self.moment.layers if self.moment is not None else len(ManifoldStart().peaks)
        self._opened = min(max(self._opened + step, 0), layers - 1)
        if self._lower == "loss" or (self._four and self._lower != "layer"):
            self._lower = "layer"
        self.redraw()

    def action_choose(self) -> None:
        self._moves_scale = not self._moves_scale
        what = "scale: from the first move on, scales are free" if self._moves_scale else "peak"
        self.footer.say(f"↑ and ↓ move the layer's {what}")
        self.redraw()

    def action_lower(self) -> None:
        names = LOWER[:-1] if self._four else LOWER
        at = names.index(self._lower) if self._lower in names else -1
        self._lower = names[(at + 1) % len(names)]
        self.redraw()

    def action_target(self, step: int) -> None:
        self._tell(lambda manifold: manifold.begin_anew(lambda start: moves.aimed(start, step)))

    def action_waves(self) -> None:
        self._tell(lambda manifold: manifold.begin_anew(moves.turned))

    def action_free(self) -> None:
        self._tell(ManifoldSubject.free)

    def action_halves(self) -> None:
        self._tell(lambda manifold: manifold.begin_anew(moves.halved))

    def action_reseed(self) -> None:
        self._seed = seed = self._seed + 1
        self._tell(lambda manifold: manifold.begin_anew(lambda start: moves.drawn(start, seed)))
        self.footer.say(f"The peaks that fit draws with --seed {seed}")

    def action_deepen(self, step: int) -> None:
        self._tell(lambda manifold: manifold.move(lambda start: moves.deepened(start, step)))

    def action_rate(self, direction: int) -> None:
        self._tell(lambda manifold: manifold.learn(direction))

    # Taking it elsewhere

    def copied(self) -> tuple[str, str]:
        from nnexpr_tui.manifold.engine import specification_of

        moment = self.moment
        if moment is None:
            return "", "There is nothing to copy yet"
        lr, schedule = moment.learned
        spec = specification_of(moment.start).replace(stages=None, epochs=1000, lr=lr, schedule=schedule)
        return summary(moment, command_line(spec)), "Copied the command line and the numbers"

    def export(self, folder: Path) -> None:
        """Both networks and the numbers."""
        self._tell(lambda manifold: manifold.export(folder))
